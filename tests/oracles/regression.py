"""Two-time functions, spectra and lines with a known error: the whole product space in extended precision.

Some satellites of each ensemble keep to themselves; the others are one orbit.  X = B rho C is formed from matrices of the product space,
exp(tau L) X by Taylor series, (i w - L)^{-1} X by dense elimination with residuals in extended precision.
"""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
from scipy import linalg, sparse
from scipy.sparse import csgraph

from oracles.high_precision import PAULI, HighPrecision
from oracles.whole_numbers import ONE, NoTruth, adjoint, extended, ladder, matrix, product, total

SINGLE = {**PAULI, "x": [[0, 1], [1, 0]], "y": [[0, -1j], [1j, 0]]}
LONG = float(np.finfo(np.longdouble).eps)


class Regression(HighPrecision):
    """A model's functions of two times.

    alone   ensemble -> how many of its satellites are told from the others
    """

    def __init__(self, model, levels=None, alone=None):
        self.alone = alone or {}
        super().__init__(model, levels)

    def _orbit(self, ket, bra):
        key = [ket[0], bra[0]]
        for name, sites in self.sites.items():
            pairs = [(ket[s], bra[s]) for s in sites]
            count = self.alone.get(name, 0)
            key += [*pairs[:count], tuple(sorted(pairs[count:]))]
        return tuple(key)

    def moment_operator(self, label):
        """What a text means: factors in order, a digit for one satellite, its lack for the sum over an ensemble."""
        result = self.identity
        for word in label.split():
            result = product(result, self._spelled(word))
        return result

    def _spelled(self, word):
        if word in ("a", "ad"):
            return self.at(0, ladder(self.dims[0], int(word == "ad"), int(word == "a")))
        symbol, digit, ensemble = re.fullmatch(r"(.*?[+\-zxy|])(\d*)(?:@(\w+))?", word).groups()
        if digit == "0":
            sites = [0]
        else:
            sites = self.sites[ensemble or next(iter(self.sites))]
            sites = [sites[int(digit) - 1]] if digit else sites
        if symbol in SINGLE:
            entries = matrix(SINGLE[symbol])
        else:
            ket, bra = (int(each) for each in symbol.strip("|>").split("><"))
            entries = {(ket, bra): (ONE, 0)}
        return total([((ONE, 0), self.at(site, entries)) for site in sites])

    # -- vectors ----------------------------------------------------------------------------------------------------------

    @cached_property
    def rho(self):
        """The steady state on orbits (n,)."""
        return np.array([extended(v) for v in self.steady[0]]) + 1j * np.array([extended(v) for v in self.steady[1]])

    def between(self, right, rho, left=None):
        """B rho C on orbits (n,)."""
        b, c = self.moment_operator(right), adjoint(self.moment_operator(left or ""))
        result = np.zeros(self.n, dtype=np.clongdouble)
        for row, (i, j) in enumerate(self.sample):
            for k, first in b.get(i, {}).items():
                for m, second in c.get(j, {}).items():
                    result[row] += _number(first) * np.conj(_number(second)) * rho[self.orbit_of[k, m]]
        return result

    def seen(self, of):
        """Covector (n,) of A."""
        covector = np.zeros(self.n, dtype=np.clongdouble)
        for i, row in self.moment_operator(of).items():
            for j, factor in row.items():
                covector[self.orbit_of[j, i]] += _number(factor)
        return covector

    # -- delays -----------------------------------------------------------------------------------------------------------

    def correlation(self, of, right, times, left=None, rho=None):
        """[(value, own error)] at delays, of the steady state or of another rho (n,)."""
        rho = self.rho if rho is None else rho
        x, a = self.between(right, rho, left), self.seen(of)
        weight = float(np.abs(a).sum())
        size = float(np.abs(x).max(initial=0))
        values = []
        for t in times:
            state, own = self.evolved(x, t) if t and x.any() else (x, 0.0)
            values.append((complex(a @ state), weight * (own * max(size, 1.0) + 100 * LONG * size) + 1e-18))
        return values

    # -- frequencies ------------------------------------------------------------------------------------------------------

    def response(self, of, right):
        """The part of the product space that B rho moves into, without what never decays."""
        return Response(self, of, right)


class Response:
    """S(w) = 2 Re a . (i w - L)^{-1} (X - tr(X) rho) where X = B rho.

    coherent, decaying   <A><B>, and <A B> without it
    """

    def __init__(self, system, of, right):
        x, a = system.between(right, system.rho), system.seen(of)
        pattern = sparse.coo_array((np.ones(len(system.rows)), (system.rows, system.columns)), shape=(system.n, system.n))
        _, component = csgraph.connected_components(pattern, directed=False)
        self.inside = np.flatnonzero(np.isin(component, np.intersect1d(component[x != 0], component[a != 0])))
        self.system, i = system, self.inside
        trace, self.rho = system.trace[i].astype(np.longdouble), system.rho[i]
        mean = trace @ x[i]
        self.coherent = complex(mean * (system.seen(of) @ system.rho))
        self.x, self.a = x[i] - mean * self.rho, a[i]
        self.decaying = complex(self.a @ self.x)
        self.matrix = system._extended[np.ix_(i, i)]
        self.closed = self.matrix - np.outer(self.rho, trace)  # what it takes from L moves no vector without trace

    def power(self, frequencies):
        """[(S, own error, what changing every term by its own size would change)]."""
        return [self._power(np.longdouble(w)) for w in frequencies]

    def _power(self, w):
        if not len(self.x):
            return 0.0, 0.0, 0.0
        m = 1j * w * np.eye(len(self.x), dtype=np.clongdouble) - self.closed
        lu = linalg.lu_factor(m.astype(complex))
        x, own = refined(m, lu, self.x)
        y = linalg.lu_solve(lu, self.a.astype(complex), trans=1)
        value, size = self.a @ x, float(np.abs(self.a) @ np.abs(x))
        off = 10 * float(np.abs(self.a) @ own) + 1e3 * LONG * size
        sensitive = 2 * float(np.abs(y) @ (np.abs(self.matrix) @ np.abs(x)))
        return float(2 * value.real), 2 * off, sensitive

    def lines(self):
        """Eigenvalues, own errors, shares of <A B>, and what changing every element by its own size would move them by."""
        values, own, right, left = self.system.eigenpairs(self.inside)
        shares = (self.a.astype(complex) @ right) * (left @ self.x.astype(complex)) / self.decaying
        sensitive = np.einsum("kn,nk->k", np.abs(left), np.abs(self.matrix).astype(float) @ np.abs(right))
        return values, own, shares, sensitive


def refined(m, lu, b):
    """Solution of m x = b in extended precision, and the last change."""
    x = linalg.lu_solve(lu, b.astype(complex)).astype(np.clongdouble)
    for _ in range(12):
        step = linalg.lu_solve(lu, (b - m @ x).astype(complex))
        x = x + step
        if np.abs(step).max() <= 4 * LONG * float(np.abs(x).max()):
            return x, np.abs(step)
    if np.abs(step).max() > 1e-6 * np.abs(x).max():
        raise NoTruth("not refined")
    return x, np.abs(step)


def _number(pair):
    return extended(pair[0]) + 1j * extended(pair[1])
