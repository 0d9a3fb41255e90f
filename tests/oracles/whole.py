"""Everything about one small model in the whole product space: states, two times, counting, derivatives.

An ensemble of a fixed total spin j is one copy of it, averaged over all exchanges of its satellites.
"""

from __future__ import annotations

import itertools
from functools import cached_property

import numpy as np
import qutip
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

from oracles.brute_force import BruteForce
from oracles.product_states import density_matrices
from oracles.two_time import TwoTime

OPEN = 16
"""Levels of a mode whose cut-off is open, or which is displaced: of weak light, far more than enough."""


class Whole:
    """Dense matrices (D, D), superoperators (D^2, D^2), matrices stacked by columns."""

    def __init__(self, model):
        self.exact = not loose(model)
        self.model = model if self.exact else model.displaced(0).with_levels(OPEN)
        self.space = BruteForce(self.model)
        self.D = self.space.D

    @cached_property
    def liouvillian(self):
        return self.space.liouvillian()

    @cached_property
    def rho(self):
        """The steady state."""
        if not self.fixed:
            return self.space.steady_state()
        d = self.copy.shape[1]
        matrix = self.of_copy.copy()
        matrix[0] = np.eye(d).ravel()
        return self.lifted(np.linalg.solve(matrix, np.eye(d * d)[0]).reshape(d, d, order="F"))

    @property
    def fixed(self):
        """Whether a total spin is fixed, beside which the whole space has other steady states."""
        return any(each.j is not None for each in self.model.ensembles)

    @cached_property
    def copy(self):
        """(D, d) isometry from one copy of each fixed spin, beside all states of the other sites."""
        result = np.eye(self.model.centre.levels)
        for each in self.model.ensembles:
            factor = np.eye(each.levels**each.N) if each.j is None else _copy(each.N, each.j)
            result = np.kron(result, factor)
        return result

    @cached_property
    def of_copy(self):
        """(d^2, d^2) the Liouvillian on one copy of each fixed spin."""
        up = np.kron(self.copy.conj(), self.copy)
        return up.conj().T @ self.liouvillian @ up

    def lifted(self, small):
        """(D, D) of what one copy holds (d, d), on all copies alike."""
        return self.exchanged(self.copy @ small @ self.copy.conj().T)

    def exchanged(self, rho):
        """The average over all exchanges of satellites of fixed spins."""
        dims = self.space.dims
        for each in (each for each in self.model.ensembles if each.j is not None):
            sites = self.space.sites[each.name]
            tensor, total = rho.reshape(dims * 2), 0
            orders = list(itertools.permutations(sites))
            for order in orders:
                axes = list(range(len(dims)))
                for site, other in zip(sites, order, strict=True):
                    axes[site] = other
                total = total + tensor.transpose([*axes, *(len(dims) + axis for axis in axes)])
            rho = (total / len(orders)).reshape(self.D, self.D)
        return rho

    @cached_property
    def two_time(self):
        result = TwoTime.__new__(TwoTime)
        result.space, result.liouvillian, result.rho = self.space, sparse.csr_array(self.liouvillian), self.rho
        return result

    def moment(self, label, rho=None):
        return self.space.moment(self.rho if rho is None else rho, label)

    # -- in time ----------------------------------------------------------------------------------------------------------

    def start(self, words):
        """The density matrix that the words of an initial state mean; a fixed spin j < N/2 begins at m = -j."""
        sites = [site for site in (*self.space.own, *self.model.ensembles) if site.levels > 1]
        asked = dict(zip(sites, [word.partition("@")[0] for word in words.split()] or [""] * len(sites), strict=True))
        result = np.eye(1)
        for site in (*self.space.own, *self.model.ensembles):
            count = getattr(site, "N", 1)
            if getattr(site, "j", None) is not None and not asked[site]:
                one = _lowest(count, site.j)
            else:
                one = np.eye(1)
                if site.levels > 1:
                    (small,) = density_matrices(_Alone(site), asked[site])
                    for _ in range(count):
                        one = np.kron(one, small.astype(complex))
            result = np.kron(result, one)
        return result

    def later(self, rho, times):
        """States at ascending times."""
        state, now, matrix = rho.ravel(order="F").astype(complex), 0.0, sparse.csr_array(self.liouvillian)
        for t in times:
            state = expm_multiply((t - now) * matrix, state) if t > now else state
            now = t
            yield state.reshape(self.D, self.D, order="F")

    # -- resolvents -------------------------------------------------------------------------------------------------------

    def decaying(self, x, at=0.0):
        """(i w - L)^-1 of a matrix without trace."""
        matrix, rho, vector = self.liouvillian, self.rho, x
        if self.fixed:
            rho, vector = (self.copy.conj().T @ each @ self.copy for each in (rho, x))
            share = np.trace(rho)  # of all copies
            matrix, rho, vector = self.of_copy, rho / share, vector / share
        d = len(rho)
        never = np.outer(rho.ravel(order="F"), np.eye(d).ravel())  # moves no matrix without trace
        solved = np.linalg.solve(1j * at * np.eye(d * d) - matrix + never, vector.ravel(order="F")).reshape(d, d, order="F")
        return self.lifted(solved) if self.fixed else solved

    def power(self, of, right, frequencies):
        """S(w) = 2 Re tr[A (i w - L)^-1 (B rho - <B> rho)]."""
        a, b = self.two_time.operator(of), self.two_time.operator(right)
        x = b @ self.rho
        x = x - np.trace(x) * self.rho
        return np.array([2 * np.trace(a @ self.decaying(x, w)).real for w in frequencies])

    @cached_property
    def spectrum(self):
        """All eigenvalues of the Liouvillian."""
        return np.linalg.eigvals(self.liouvillian)

    # -- jumps ------------------------------------------------------------------------------------------------------------

    def counted(self, jump):
        """(current, zero-frequency noise) of a jump, by perturbation theory in its counting field."""
        gain = sum(qutip.sprepost(x, x.dag()) for x in self.space.collapse_of(jump)).full()
        jumped = (gain @ self.rho.ravel(order="F")).reshape(self.D, self.D, order="F")
        current = np.trace(jumped).real
        moved = self.decaying(jumped - current * self.rho)
        again = np.trace((gain @ moved.ravel(order="F")).reshape(self.D, self.D, order="F")).real
        return current, current + 2 * again

    # -- derivatives ------------------------------------------------------------------------------------------------------

    def slope(self, label, part):
        """Derivative of a moment with respect to a factor of "h", the Hamiltonian, or "r", all rates."""
        coherent = qutip.liouvillian(self.space.hamiltonian()).full()
        change = coherent if part == "h" else self.liouvillian - coherent
        pushed = (change @ self.rho.ravel(order="F")).reshape(self.D, self.D, order="F")
        return self.moment(label, self.decaying(pushed))


def loose(model):
    """Whether the states of a model's mode are not those of the oracle: cut elsewhere, or displaced."""
    return model.centre.kind == "boson" and bool(model.centre.automatic or model.centre.displacement)


class _Alone:
    """A site by itself, as an ensemble of a model without a centre."""

    def __init__(self, site):
        self.centre, self.ensembles = site, ()


def _total(N, one):
    return sum(qutip.tensor([qutip.Qobj(one) if k == n else qutip.qeye(2) for k in range(N)]).full() for n in range(N))


def _copy(N, j):
    """(2^N, 2 j + 1) one copy of j: singlets of the first satellites, all others up, lowered."""
    vector = np.ones(1)
    for _ in range(round(N / 2 - j)):
        vector = np.kron(vector, np.array([0, 1, -1, 0]) / np.sqrt(2))
    for _ in range(round(2 * j)):
        vector = np.kron(vector, [1, 0])
    lower, columns = _total(N, [[0, 0], [1, 0]]).real, [vector]
    for _ in range(round(2 * j)):
        vector = lower @ vector
        vector = vector / np.linalg.norm(vector)
        columns.append(vector)
    return np.array(columns).T


def _lowest(N, j):
    """All copies of j at m = -j alike."""
    x, y, z = (_total(N, one) / 2 for one in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]))
    values, vectors = np.linalg.eigh(x @ x + y @ y + z @ z + np.pi * z)
    mine = vectors[:, np.abs(values - (j * (j + 1) - np.pi * j)) < 1e-9]
    return mine @ mine.conj().T / mine.shape[1]
