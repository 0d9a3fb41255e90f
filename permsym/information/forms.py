"""Fisher information of a family of states or distributions from one of them, its derivative, and what both are off by.

    quantum     F = sum over k, l of  2 |d_kl|^2 / (l_k + l_l),      d = d rho / d theta in the eigenbasis of rho
    classical   F = sum over n of  (dp_n)^2 / p_n

F = max over X of  2 tr(d X) - tr(rho X^2),  at the symmetric logarithmic derivative X_kl = 2 d_kl / (l_k + l_l).  Pairs whose l_k + l_l
are within what rho is off by are left out of X: the value is then below F, but for

    2 |X| e' + |X|^2 e        with the trace norms e, e' that rho and d are off by        (proved, given e and e')

What is left out may hold more.  An estimate of it: as much for its share of probability as the most sensitive of the others, |X|^2 a
unit, and what d itself shows there.  Where every pair is left out nothing is known, and the error is infinite.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from permsym.operators import ComplexArray

Real = NDArray[np.float64]
EPS = float(np.finfo(float).eps)
_CERTAIN = 4.0  # times what it is off by: a probability that counts


class Information(NamedTuple):
    """A Fisher information and an estimate of its error."""

    value: float
    error: float


def quantum(blocks: Iterable[tuple[ComplexArray, ComplexArray]], error: float, slope_error: float) -> Information:
    """Of a state and its derivative, block by block (n, n), each summed over its copies.

    error, slope_error   trace norms that they are off by
    """
    value = steepest = beyond = 0.0
    left_out, seen_any = error, False
    for rho, slope in (part for block in blocks for part in _apart(*block)):
        values, vectors = np.linalg.eigh(rho)  # of all parts of one size
        off = error + values.shape[1] * EPS
        d = np.abs(vectors.conj().swapaxes(1, 2) @ slope @ vectors)
        total = values[:, :, None] + values[:, None, :]
        certain = total > _CERTAIN * off
        X = np.divide(2 * d, total, out=np.zeros_like(d), where=certain)
        value, seen_any = value + float((X * d).sum()), seen_any or bool(certain.any())
        steepest = max(steepest, float(np.linalg.norm(X, 2, axis=(1, 2)).max()))  # of the moduli, and so above that of X itself
        left_out += float(np.abs(values[~np.einsum("pkk->pk", certain)]).sum()) + values.size * EPS
        seen = np.maximum(d - slope_error, 0.0)[~certain]
        beyond += float((2 * seen**2 / (np.abs(total[~certain]) + off)).sum())
    if not seen_any:
        return Information(value, math.inf)
    proved = 2 * steepest * slope_error + steepest**2 * error
    return Information(value, proved + 2 * steepest**2 * left_out + beyond)


def _apart(rho: ComplexArray, slope: ComplexArray) -> Iterator[tuple[ComplexArray, ComplexArray]]:
    """Parts of a block that no element connects, as a charge leaves them: (parts, n, n) of each size n."""
    connected = sparse.csr_array((rho != 0) | (slope != 0))
    _, part = csgraph.connected_components(connected, directed=False)
    sizes, order = np.bincount(part), np.argsort(part, kind="stable")
    for size in np.unique(sizes):
        members = order[sizes[part[order]] == size].reshape(-1, size)
        rows, columns = members[:, :, None], members[:, None, :]
        yield rho[rows, columns], slope[rows, columns]


def classical(p: Real, dp: Real, error: Real, slope_error: Real) -> Information:
    """Of a distribution (n,) and its derivative, with the errors of both, entry by entry."""
    certain = p > _CERTAIN * error
    q, dq, e, de = p[certain], dp[certain], error[certain], slope_error[certain]
    value = float((dq**2 / q).sum())
    known = float((2 * np.abs(dq) * de + de**2) @ (1 / q) + (dq**2) @ (e / (q * (q - e)))) + 4 * EPS * value
    numerator, denominator = (np.abs(dp) + slope_error)[~certain] ** 2, np.abs(p[~certain]) + error[~certain]
    if (numerator[denominator == 0] > 0).any():
        return Information(value, math.inf)
    rest = np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
    return Information(value, known + float(rest.sum()))
