"""Steady states, gradients, eigenvalues and evolutions with a known error, far below that of any double.  Long: on one set of orbits.

The whole product space, site by site, from a model's data alone.  Numbers are whole multiples of 2^-BITS.  An operator that
permutations of satellites leave alone has one value on each orbit of pairs (ket, bra), so that one row an orbit is kept:

    (L rho)_ij = sum_k K_ik rho_kj + sum_l rho_il K_jl^* + sum over jumps of rate x_ik rho_kl x_jl^*,   K = -i H - sum rate x^dag x / 2

A double-precision factorisation and residuals without any rounding refine a solution until its last correction is 1e-60.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from fractions import Fraction
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import splu

from oracles.whole_numbers import (
    BITS,
    ONE,
    NoTruth,
    adjoint,
    conjugate,
    doubles,
    exponential,
    extended,
    gaussian,
    ladder,
    matrix,
    product,
    shifted,
    times,
    total,
    whole,
)  # fmt: skip

_CONVERGED = 1e-60
_ROUNDS = 80
PAULI = {"z": [[1, 0], [0, -1]], "+": [[0, 1], [0, 0]], "-": [[0, 0], [1, 0]]}


class HighPrecision:
    """A model's Liouvillian on orbits, term by term.

    levels   Fock states of a boson, in place of the model's own
    terms    position of each entry's term: Hamiltonian terms, then jumps, in the order of ``model.terms``
    """

    def __init__(self, model, levels=None):
        self.model = model
        self.dims = [levels or model.centre.levels] + [each.levels for each in model.ensembles for _ in range(each.N)]
        self.strides = [math.prod(self.dims[k + 1 :]) for k in range(len(self.dims))]
        self.D = math.prod(self.dims)
        self.states = [tuple(i // stride % d for stride, d in zip(self.strides, self.dims, strict=True)) for i in range(self.D)]
        self.sites, start = {}, 1
        for each in model.ensembles:
            self.sites[each.name] = range(start, start + each.N)
            start += each.N
        self.orbits, self.sample, self.orbit_of = {}, [], {}
        for i in range(self.D):
            for j in range(self.D):
                key = self._orbit(self.states[i], self.states[j])
                if key not in self.orbits:
                    self.orbits[key] = len(self.sample)
                    self.sample.append((i, j))
                self.orbit_of[i, j] = self.orbits[key]
        self.n = len(self.sample)
        self.trace = np.bincount([self.orbit_of[i, i] for i in range(self.D)], minlength=self.n)
        self._assemble()

    def _orbit(self, ket, bra):
        return (ket[0], bra[0], *(tuple(sorted((ket[s], bra[s]) for s in sites)) for sites in self.sites.values()))

    # -- operators ------------------------------------------------------------------------------------------------------

    def at(self, site, entries):
        result = defaultdict(dict)
        for column, state in enumerate(self.states):
            for (i, j), value in entries.items():
                if state[site] == j:
                    result[column + (i - j) * self.strides[site]][column] = value
        return result

    @cached_property
    def identity(self):
        return {i: {i: (ONE, 0)} for i in range(self.D)}

    def centre(self, operator):
        """The centre's operator, which is a matrix or a pair (p, q) of powers of a^dag and a."""
        if operator is None:
            return self.identity
        return self.at(0, ladder(self.dims[0], *operator) if hasattr(operator, "p") else matrix(operator))

    def collective(self, key):
        """One product of the model's algebra: centre times sums over satellites, in order."""
        result = self.centre(key.centre)
        for name, rows in key.satellites:
            result = product(result, total([((ONE, 0), self.at(site, matrix(rows))) for site in self.sites[name]]))
        return result

    def _jumps(self, jump):
        """The operators of a jump, one a satellite where it is individual."""
        if jump.kind != "individual":
            return [total([(gaussian(value), self.collective(key)) for key, value in jump.operator.terms.items()])]
        (name,) = {name for key in jump.operator.terms for name, _ in key.satellites}
        return [
            total(
                [
                    (gaussian(value), product(self.centre(key.centre), self.at(site, matrix(key.satellites[0][1]))))
                    for key, value in jump.operator.terms.items()
                ]
            )
            for site in self.sites[name]
        ]

    def moment_operator(self, label):
        """What a moment label means, by a parser of its own."""
        words = label.split()
        result = self.at(0, ladder(self.dims[0], words.count("ad"), words.count("a"))) if {"ad", "a"} & set(words) else self.identity
        for word in (word for word in words if word not in ("ad", "a")):
            symbol, digit, ensemble = re.fullmatch(r"(.*?)(\d+)(?:@(\w+))?", word).groups()
            site = 0 if digit == "0" else self.sites[ensemble or next(iter(self.sites))][int(digit) - 1]
            if symbol in PAULI:
                entries = matrix(PAULI[symbol])
            else:
                ket, bra = (int(each) for each in symbol.strip("|>").split("><"))
                entries = {(ket, bra): (ONE, 0)}
            result = product(result, self.at(site, entries))
        return result

    # -- the Liouvillian ------------------------------------------------------------------------------------------------

    def _assemble(self):
        sums = defaultdict(lambda: [0, 0])

        def put(row, column, term, value):
            entry = sums[row, column, term]
            entry[0] += value[0]
            entry[1] += value[1]

        def put_sides(k, term):
            for row, (i, j) in enumerate(self.sample):
                for m, value in k.get(i, {}).items():
                    put(row, self.orbit_of[m, j], term, value)
                for m, value in k.get(j, {}).items():
                    put(row, self.orbit_of[i, m], term, conjugate(value))

        terms = self.model.hamiltonian.terms
        for term, (key, value) in enumerate(terms.items()):
            # a product and the conjugate of the coefficient times its adjoint make one hermitian term; half of either here
            half = total(
                [(gaussian(-0.5j * value), self.collective(key)), (gaussian(-0.5j * value.conjugate()), adjoint(self.collective(key)))]
            )
            put_sides(half, term)
        for term, jump in enumerate(self.model.jumps, start=len(terms)):
            rate = (whole(jump.rate), 0)
            for x in self._jumps(jump):
                put_sides(total([((-rate[0] // 2, 0), product(adjoint(x), x))]), term)
                for row, (i, j) in enumerate(self.sample):
                    for k, left in x.get(i, {}).items():
                        for m, right in x.get(j, {}).items():
                            put(row, self.orbit_of[k, m], term, times(rate, times(left, conjugate(right))))
        keys = sorted(key for key, value in sums.items() if value[0] or value[1])
        self.rows, self.columns, self.terms = (np.array([key[k] for key in keys], dtype=np.int64) for k in range(3))
        self.re, self.im = (np.array([sums[key][part] for key in keys], dtype=object) for part in (0, 1))

    def matrix(self, chosen=None):
        """L, or some of its entries, in double precision."""
        at = slice(None) if chosen is None else chosen
        values = doubles(self.re[at]) + 1j * doubles(self.im[at])
        return sparse.coo_array((values, (self.rows[at], self.columns[at])), shape=(self.n, self.n)).tocsr()

    def applied(self, x, weights=None):
        """L x, times ONE twice over, without any rounding; x = (re, im).  weights: of each term, whole numbers"""
        re_, im = (self.re, self.im) if weights is None else (self.re * weights[self.terms], self.im * weights[self.terms])
        xr, xi = x[0][self.columns], x[1][self.columns]
        result = np.zeros((2, self.n), dtype=object)
        np.add.at(result[0], self.rows, re_ * xr - im * xi)
        np.add.at(result[1], self.rows, re_ * xi + im * xr)
        return result

    # -- steady state -----------------------------------------------------------------------------------------------------

    @cached_property
    def active(self):
        """Unknowns that couple to populations; the others vanish in the steady state."""
        pattern = sparse.coo_array((np.ones(len(self.rows)), (self.rows, self.columns)), shape=(self.n, self.n))
        _, component = csgraph.connected_components(pattern, directed=False)
        kinds = np.unique(component[self.trace > 0])
        if len(kinds) > 1:
            raise NoTruth("several steady states")
        return np.flatnonzero(component == kinds[0])

    @cached_property
    def _factor(self):
        """(LU, scales of rows, the population whose row stands for the trace)."""
        inner = self.matrix()[self.active][:, self.active].tolil()
        pin = int(np.flatnonzero(self.trace[self.active])[0])
        inner[pin] = self.trace[self.active]
        inner = inner.tocsr()
        scale = abs(inner).max(axis=1).toarray().ravel()
        if not scale.all():
            raise NoTruth("a row without entries")
        try:
            return splu((sparse.diags_array(1 / scale) @ inner).tocsc()), scale, pin
        except RuntimeError:
            raise NoTruth("singular") from None

    def _solved(self, right):
        """x with L x = right (2, n) times ONE twice over, and tr x = right at the pin, by refinement without rounding."""
        lu, scale, pin = self._factor
        x, last, slow = np.zeros((2, self.n), dtype=object), math.inf, 0
        for _ in range(_ROUNDS):
            rest = right - self.applied(x)
            for part in (0, 1):
                rest[part][self.active[pin]] = right[part][self.active[pin]] - sum((self.trace * x[part]).tolist()) * ONE
            rest = rest[:, self.active]
            size = max(int(abs(value)).bit_length() for value in rest.ravel())
            if not size:
                return x, 0.0
            shift = size - 60
            scaled = np.array([[float(v >> shift) if shift > 0 else float(v << -shift) for v in row] for row in rest])
            step = lu.solve((scaled[0] + 1j * scaled[1]) / scale)
            if not np.isfinite(step).all():
                raise NoTruth("not refined")
            for part, values in ((0, step.real), (1, step.imag)):
                x[part][self.active] += np.array([shifted(value, shift - BITS) for value in values], dtype=object)
            change = float(np.ldexp(np.abs(step).max(), shift - 2 * BITS))
            if change < _CONVERGED:
                return x, change
            slow = slow + 1 if change > last / 2 else 0
            if slow > 3:
                raise NoTruth(f"not refined beyond {change:.1e}")
            last = change
        raise NoTruth(f"not refined beyond {last:.1e}")

    @cached_property
    def steady(self):
        right = np.zeros((2, self.n), dtype=object)
        right[0][self.active[self._factor[2]]] = ONE * ONE
        return self._solved(right)[0]

    def slope(self, weights):
        """d(steady state) where each term's coefficient changes by a share of itself: L dx = -sum_t weight_t L_t x, tr dx = 0."""
        right = -self.applied(self.steady, np.array([whole(w) for w in weights], dtype=object)) // ONE
        for part in (0, 1):
            right[part][self.active[self._factor[2]]] = 0
        return self._solved(right)[0]

    def value(self, label, x=None):
        """A moment as a pair of fractions."""
        x = self.steady if x is None else x
        sums = [0, 0]
        for i, row in self.moment_operator(label).items():
            for j, factor in row.items():
                at = self.orbit_of[j, i]
                part = times(factor, (x[0][at], x[1][at]))
                sums[0] += part[0]
                sums[1] += part[1]
        return Fraction(sums[0], ONE), Fraction(sums[1], ONE)

    def condition(self, label):
        """sum over terms of |coefficient d<..>/d coefficient|: what a relative change of every one of them by 1 could do."""
        covector = self._covector(label)[self.active]
        lu, scale, pin = self._factor
        mean = self.value(label)
        right = covector - complex(float(mean[0]), float(mean[1])) * self.trace[self.active]
        y = np.zeros(self.n, dtype=complex)
        y[self.active] = lu.solve(right.conj(), trans="H").conj() / scale
        y[self.active[pin]] = 0
        x = doubles(self.steady[0]) + 1j * doubles(self.steady[1])
        return float(sum(abs(y @ (self.matrix(self.terms == term) @ x)) for term in np.unique(self.terms)))

    def weight(self, label):
        """Sum of the moduli of a moment's covector."""
        return float(np.abs(self._covector(label)).sum())

    def _covector(self, label):
        covector = np.zeros(self.n, dtype=complex)
        for i, row in self.moment_operator(label).items():
            for j, factor in row.items():
                covector[self.orbit_of[j, i]] += factor[0] / ONE + 1j * (factor[1] / ONE)
        return covector

    # -- time, eigenvalues ------------------------------------------------------------------------------------------------

    def density(self, *sites):
        """A product state: matrices of the centre and of one satellite of each ensemble -> values on orbits (n,)."""
        per_site = [sites[0], *(m for m, each in zip(sites[1:], self.model.ensembles, strict=True) for _ in range(each.N))]
        pairs = [(self.states[i], self.states[j]) for i, j in self.sample]
        return np.array(
            [math.prod(m[k, b] for m, k, b in zip(per_site, ket, bra, strict=True)) for ket, bra in pairs], dtype=np.clongdouble
        )

    @cached_property
    def _extended(self):
        """L dense in extended precision."""
        result = np.zeros((self.n, self.n), dtype=np.clongdouble)
        values = np.array([extended(v) for v in self.re]) + 1j * np.array([extended(v) for v in self.im])
        np.add.at(result, (self.rows, self.columns), values)
        return result

    def evolved(self, start, time):
        """exp(t L) on a state (n,), and how far two ways of rounding it are apart at most, ten times over."""
        reached = self._reached(start)
        counts = np.sqrt(np.bincount(list(self.orbit_of.values()), minlength=self.n))[reached].astype(np.longdouble)
        generator = self._extended[np.ix_(reached, reached)] * (counts[:, None] / counts[None, :]) * np.longdouble(time)
        first, second = (exponential(generator, start[reached] * counts, more) / counts for more in (0, 1))
        state = np.zeros(self.n, dtype=np.clongdouble)
        state[reached] = first
        return state, 10 * float(np.abs(first - second).max()) + float(np.finfo(np.longdouble).eps)

    def _reached(self, start):
        """Unknowns that a state moves into."""
        pattern = sparse.coo_array((np.ones(len(self.rows)), (self.rows, self.columns)), shape=(self.n, self.n))
        _, component = csgraph.connected_components(pattern, directed=False)
        return np.flatnonzero(np.isin(component, np.unique(component[start != 0])))

    def expected(self, label, state):
        """A moment of values on orbits."""
        return self._covector(label).astype(np.clongdouble) @ state

    def eigenvalues(self, charge):
        """All eigenvalues of a sector with their errors: balanced, then moved by y . r / y . v with the residual in extended precision."""
        weights = [np.array(w) for w in self.model.charges]
        labels = np.array([[self._excitations(i) - self._excitations(j)] for i, j in self.sample])[:, 0]
        inside = (
            np.flatnonzero(np.all([labels @ w == q for w, q in zip(weights, charge, strict=True)], axis=0))
            if weights
            else np.arange(self.n)
        )
        return self.eigenpairs(inside)[:2]

    def eigenpairs(self, inside):
        """All eigenvalues among some unknowns that move into no others, their errors, and right and left vectors, columns and rows."""
        counts = np.sqrt(np.bincount(list(self.orbit_of.values()), minlength=self.n))[inside]
        extended = self._extended[np.ix_(inside, inside)] * counts[:, None] / counts[None, :]
        values, right = np.linalg.eig(extended.astype(complex))
        left = np.linalg.inv(right)
        moved = np.einsum("kn,nk->k", left.astype(np.clongdouble), extended @ right.astype(np.clongdouble))
        moved /= np.einsum("kn,nk->k", left.astype(np.clongdouble), right.astype(np.clongdouble))
        # second order: what the vectors are off by, through their conditions
        conditions = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=0)
        size = np.linalg.norm(extended.astype(complex), 2)
        apart = np.abs(values[:, None] - values[None, :]) + np.diag(np.full(len(values), np.inf))
        nearest = np.maximum(apart.min(axis=1), 1e-300)
        rough = 4 * np.finfo(float).eps * size * conditions * len(values)
        errors = np.minimum(rough, rough * np.minimum(1.0, rough * conditions.max() / nearest) + np.finfo(float).eps * np.abs(values))
        return np.asarray(moved, dtype=complex), errors, right / counts[:, None], left * counts

    def _excitations(self, i):
        state = self.states[i]
        sites = [(self.model.centre, [0]), *((each, self.sites[each.name]) for each in self.model.ensembles)]
        return np.array([sum(1 - state[k] if site.kind == "spin" else state[k] for k in at) for site, at in sites])
