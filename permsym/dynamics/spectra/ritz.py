"""Eigenvalues of L that both sides of a two-sided Krylov space see.

    x = V K d,  y = U K' w:      (K'^T U^T V H) d = lambda (K'^T U^T V K) d,    and the same from the left with w

The error of lambda is of second order in the residuals:  |r_x| |r_y| / |y . x|  over the distance of the next eigenvalue.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from permsym.dynamics.spectra.resolvent import Complex, Reduced

_NEIGHBOURLY = 1e-6  # of an eigenvalue: what the residuals of a neighbour may leave, for it to count as one
_AROUND = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)  # widths from each eigenvalue at which the highest peak is looked for


def around(values: Complex) -> NDArray[np.float64]:
    """Frequencies at which S may be highest."""
    return np.unique(np.concatenate([values.imag + part * values.real for part in _AROUND]))


def highest_peak(values: Complex, power: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> float:
    """The frequency of the highest peak of S near eigenvalues; of peaks that are equally high, the lowest.

    power   frequencies (F,) -> S (F,)
    """
    w = around(values)
    s = power(w)
    return float(w[np.argmax(s >= (1 - 1e-9) * np.nanmax(s))])


def strongest(values: Complex, residues: Complex, w: float) -> int:
    """Position of the line with the largest part |r / (i w - lambda)| in G(w), where a narrow weak one may be nearer.

    Of equally large ones, that at the lowest frequency.
    """
    size = np.nan_to_num(np.abs(residues / (1j * w - values)))
    return int(np.argmin(np.where(size >= (1 - 1e-9) * size.max(), values.imag, np.inf)))


@dataclass(frozen=True)
class Ritz:
    """values, share (residues of G), missed (|r_x| |r_y| / |y . x|) (k,); x, y (m + 1, k) combinations of the vectors.

    apart   distance of the first from those that are not here, well known or not
    """

    values: Complex
    share: Complex
    missed: NDArray[np.float64]
    x: Complex
    y: Complex
    apart: float = math.inf

    def beside(self, one: int, count: int) -> Ritz:
        """One eigenvalue, first, and its nearest neighbours."""
        near = np.argsort(np.abs(self.values - self.values[one]), kind="stable")
        known = self.missed[near] < _NEIGHBOURLY * np.abs(self.values[near])
        chosen = np.concatenate([[one], near[known & (near != one)]])[:count]
        others = np.delete(self.values, chosen)
        apart = float(np.abs(others - self.values[one]).min(initial=abs(self.values[one])))
        return Ritz(self.values[chosen], self.share[chosen], self.missed[chosen], self.x[:, chosen], self.y[:, chosen], apart)


def ritz(reduced: Reduced) -> Ritz:
    """All eigenvalues of the small matrices that decay."""
    right, left = reduced.right, reduced.left
    m = min(right.size, left.size)
    k, h, k_left, h_left = (matrix[: m + 1, :m] for matrix in (right.k, right.h, left.k, left.h))
    cross = reduced.cross[: m + 1, : m + 1]
    values, w, d = linalg.eig(k_left.T @ cross @ h, k_left.T @ cross @ k, left=True)
    some = np.isfinite(values) & (values.real < 0)
    values, d, w = values[some], d[:, some], w.conj()[:, some]
    x, y = k @ d, k_left @ w
    overlap = np.einsum("ij,ik,kj->j", y, cross, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (reduced.seen[: m + 1] @ x) * (cross[:, 0] @ y) * right.start / overlap
        missed = np.linalg.norm(h @ d - x * values, axis=0) * np.linalg.norm(h_left @ w - y * values, axis=0) / np.abs(overlap)
    return Ritz(values, np.where(np.isfinite(share), share, 0), np.where(np.isfinite(missed), missed, math.inf), x, y)
