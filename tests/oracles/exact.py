"""Steady states in the whole product space with many digits, from a model's data alone: what double precision is measured against.

Complex matrices A + i B are real ones [[A, -B], [B, A]] of any number type: Decimal (50 digits, D <= 8 or so) or long double (64 bits).
Density matrices are stacked by rows.
"""

from __future__ import annotations

import re
from decimal import Decimal, getcontext

import numpy as np

from permsym.operators import Monomial

getcontext().prec = 50
PAULI = {"z": [[1, 0], [0, -1]], "+": [[0, 1], [0, 0]], "-": [[0, 0], [1, 0]]}


class Exact:
    """Liouvillian of a model, its steady state and moments of it.

    number   makes a number of a float, exactly
    """

    def __init__(self, model, number=Decimal):
        self.model, self.number = model, number
        self.dtype = object if number is Decimal else number
        self.dims = [model.centre.levels] + [each.levels for each in model.ensembles for _ in range(each.N)]
        self.D = int(np.prod(self.dims))
        self.sites = {}
        for each in model.ensembles:
            start = 1 + sum(map(len, self.sites.values()))
            self.sites[each.name] = range(start, start + each.N)

    # -- complex matrices as pairs of real ones --------------------------------------------------------------------------

    def numbers(self, array):
        flat = [self.number(float(entry)) for entry in np.asarray(array).ravel()]
        result = np.empty(len(flat), dtype=self.dtype)
        result[:] = flat
        return result.reshape(np.shape(array))

    def pair(self, array):
        array = np.asarray(array, dtype=complex)
        return self.numbers(array.real), self.numbers(array.imag)

    @staticmethod
    def times(x, y):
        return x[0] @ y[0] - x[1] @ y[1], x[0] @ y[1] + x[1] @ y[0]

    @staticmethod
    def kron(x, y):
        return np.kron(x[0], y[0]) - np.kron(x[1], y[1]), np.kron(x[0], y[1]) + np.kron(x[1], y[0])

    @staticmethod
    def total(pairs):
        return sum(p[0] for p in pairs), sum(p[1] for p in pairs)

    def scaled(self, x, factor):
        re, im = self.number(complex(factor).real), self.number(complex(factor).imag)
        return x[0] * re - x[1] * im, x[0] * im + x[1] * re

    # -- operators -------------------------------------------------------------------------------------------------------

    def lower(self):
        a = self.numbers(np.zeros((self.dims[0],) * 2))
        for n in range(1, self.dims[0]):
            a[n - 1, n] = self.number(n) ** self.number("0.5")
        return a

    def centre(self, operator):
        if not isinstance(operator, Monomial):
            return self.pair(operator)
        matrix = self.numbers(np.eye(self.dims[0]))
        for step in [self.lower().T] * operator.p + [self.lower()] * operator.q:
            matrix = matrix @ step
        return matrix, 0 * matrix

    def at(self, placed):
        """Tensor product of pairs on sites (site -> pair)."""
        result = self.pair([[1]])
        for site, d in enumerate(self.dims):
            result = self.kron(result, placed.get(site, self.pair(np.eye(d))))
        return result

    def product(self, key, only=None):
        """A product of collective operators; ``only``: of one satellite instead."""
        result = self.at({} if key.centre is None else {0: self.centre(key.centre)})
        for name, matrix in key.satellites:
            sites = self.sites[name] if only is None else [only]
            result = self.times(result, self.total([self.at({site: self.pair(matrix)}) for site in sites]))
        return result

    def operator(self, operator, only=None):
        terms = [self.scaled(self.product(key, only), value) for key, value in operator.terms.items()]
        return self.total([*terms, self.pair(np.zeros((self.D, self.D)))])

    def liouvillian(self):
        """(D^2, D^2) as a pair."""
        one = self.pair(np.eye(self.D))
        h = self.operator(self.model.hamiltonian)
        parts = [self.scaled(self.kron(h, one), -1j), self.scaled(self.kron(one, (h[0].T, h[1].T)), 1j)]
        for jump in self.model.jumps:
            (name,) = {name for key in jump.operator.terms for name, _ in key.satellites} if jump.kind == "individual" else (None,)
            for site in self.sites[name] if jump.kind == "individual" else [None]:
                x = self.operator(jump.operator, site)
                square = self.times((x[0].T, -x[1].T), x)
                sandwich = self.kron(x, (x[0], -x[1]))
                loss = self.total([self.kron(square, one), self.kron(one, (square[0].T, square[1].T))])
                parts.append(self.scaled(self.total([sandwich, self.scaled(loss, -0.5)]), jump.rate))
        return self.total(parts)

    # -- states ----------------------------------------------------------------------------------------------------------

    def steady_state(self):
        """rho (D, D) as a pair: L rho = 0 on the elements that couple to populations, the first row replaced by the trace."""
        re, im = self.liouvillian()
        coupled = np.array((re != 0) | (im != 0), dtype=bool)
        active = np.eye(self.D, dtype=bool).ravel()
        while True:
            wider = active | (coupled | coupled.T)[:, active].any(axis=1)
            if (wider == active).all():
                break
            active = wider
        keep = np.flatnonzero(active)
        re, im = re[np.ix_(keep, keep)], im[np.ix_(keep, keep)]
        matrix = np.block([[re, -im], [im, re]])
        n = len(keep)
        trace = self.numbers(np.eye(self.D).ravel()[keep])
        matrix[0], matrix[n] = 0 * matrix[0], 0 * matrix[n]
        matrix[0, :n] = matrix[n, n:] = trace
        right = self.numbers(np.eye(2 * n)[0])
        x = solved(matrix, right)
        rho = [self.numbers(np.zeros(self.D**2)) for _ in range(2)]
        rho[0][keep], rho[1][keep] = x[:n], x[n:]
        return rho[0].reshape(self.D, self.D), rho[1].reshape(self.D, self.D)

    def eigenvalue(self, near, rng):
        """The eigenvalue that two-sided inverse iteration in long double reaches from near it."""
        re, im = self.liouvillian()
        matrix = re.astype(np.longdouble) + 1j * im.astype(np.longdouble)
        value, one = np.clongdouble(near), np.eye(len(matrix))
        right, left = (rng.standard_normal(len(matrix)).astype(np.clongdouble) for _ in range(2))
        for _ in range(4):
            shifted = matrix - (value + 1e-13 * (1 + abs(value))) * one
            right, left = solved(shifted.copy(), right), solved(shifted.T.copy(), left)
            right, left = right / np.sqrt((abs(right) ** 2).sum()), left / np.sqrt((abs(left) ** 2).sum())
            value = (left @ (matrix @ right)) / (left @ right)
        return value

    def moment(self, rho, label):
        """(real, imaginary) part of a moment of distinct sites."""
        placed, ladder = {}, self.numbers(np.eye(self.dims[0]))
        for word in label.split():
            if word in ("a", "ad"):
                ladder = ladder @ (self.lower() if word == "a" else self.lower().T)
                placed[0] = ladder, 0 * ladder
                continue
            symbol, digit, name = re.fullmatch(r"(.*?)(\d+)(?:@(\w+))?", word).groups()
            site = 0 if digit == "0" else self.sites[name or next(iter(self.sites))][int(digit) - 1]
            if symbol in PAULI:
                matrix = np.array(PAULI[symbol])
            else:
                ket, bra = (int(each) for each in symbol.strip("|>").split("><"))
                matrix = np.zeros((self.dims[site],) * 2)
                matrix[ket, bra] = 1
            placed[site] = self.pair(matrix)
        o = self.at(placed)
        (a, b), (c, d) = (o[0].T, o[1].T), rho
        return (a * c - b * d).sum(), (a * d + b * c).sum()


def solved(matrix, right):
    """Gaussian elimination with pivots by column, in the numbers of its arguments; ``matrix`` is used up."""
    n = len(right)
    for k in range(n):
        pivot = k + max(range(n - k), key=lambda i: abs(matrix[k + i, k]))
        if pivot != k:
            matrix[[k, pivot]], right[[k, pivot]] = matrix[[pivot, k]], right[[pivot, k]]
        rows = k + 1 + np.flatnonzero(matrix[k + 1 :, k] != 0)
        factors = matrix[rows, k] / matrix[k, k]
        columns = k + np.flatnonzero(matrix[k, k:] != 0)
        matrix[np.ix_(rows, columns)] -= factors[:, None] * matrix[k, columns]
        right[rows] -= factors * right[k]
    x = right.copy()
    for k in reversed(range(n)):
        x[k] = (right[k] - (matrix[k, k + 1 :] * x[k + 1 :]).sum()) / matrix[k, k]
    return x
