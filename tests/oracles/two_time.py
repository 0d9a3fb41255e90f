"""Two-time functions in the whole product space, by the exponential of QuTiP's Liouvillian on B rho C."""

from __future__ import annotations

import re

import numpy as np
import qutip
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

from oracles.brute_force import BruteForce

SPIN = {"z": qutip.sigmaz(), "x": qutip.sigmax(), "y": qutip.sigmay(), "+": qutip.sigmap(), "-": qutip.sigmam()}


class TwoTime:
    """<C(0) A(tau) B(0)> of a model, from its steady state or any density matrix (D, D)."""

    def __init__(self, model, rho=None):
        self.space = BruteForce(model)
        self.liouvillian = sparse.csr_array(self.space.liouvillian())
        self.rho = self.space.steady_state() if rho is None else rho

    def operator(self, text):
        """The matrix that a text means: a digit names a satellite, its lack the sum over an ensemble."""
        space = self.space
        result = space.at()
        for word in text.split():
            if re.fullmatch(r"ad?(@\w+)?", word):
                result = result @ space.at(space.spelled(word))
                continue
            symbol, digit, name = re.fullmatch(r"([+\-xyz]|\|\d><\d\|)(\d*)(?:@(\w+))?", word).groups()
            if digit == "0":
                sites = [[site.name for site in space.own].index(name) if name else 0]
            else:
                sites = space.sites[name or next(iter(space.sites))]
                sites = sites if not digit else [sites[int(digit) - 1]]
            result = result @ sum(space.at((site, self.one(symbol, space.dims[sites[0]]))) for site in sites)
        return result.full()

    def one(self, symbol, levels):
        if symbol in SPIN:
            return SPIN[symbol].full()
        ket, bra = map(int, re.findall(r"\d", symbol))
        return (qutip.basis(levels, ket) @ qutip.basis(levels, bra).dag()).full()

    def evolved(self, vector, t):
        """exp(t L) of a matrix (D, D)."""
        D = self.space.D
        return expm_multiply(t * self.liouvillian, vector.ravel(order="F")).reshape(D, D, order="F") if t else vector

    def correlation(self, of, right, times, left=None):
        """At ascending times."""
        matrix = self.operator(right) @ self.rho @ (np.eye(self.space.D) if left is None else self.operator(left))
        values, now = [], 0.0
        for t in times:
            matrix, now = self.evolved(matrix, t - now), t
            values.append(np.sum(self.operator(of).T * matrix))
        return np.array(values)
