"""The central spin with a few satellites on its whole space, solved in rational numbers: no rounding at all."""

from __future__ import annotations

from fractions import Fraction

import numpy as np


def central_spin(N, g, kappa, up, down):
    """Probabilities of up of the centre and of a satellite, for H = g sum_n (s0+ sn- + s0- sn+); parameters are Fractions."""
    one, raise_ = np.array([[1, 0], [0, 1]], dtype=object), np.array([[0, 1], [0, 0]], dtype=object)
    size = 2 ** (N + 1)

    def at(site, matrix):
        result = np.array([[1]], dtype=object)
        for k in range(N + 1):
            result = np.kron(result, matrix if k == site else one)
        return result

    satellites = range(1, N + 1)
    H = sum(g * (at(0, raise_) @ at(n, raise_.T) + at(0, raise_.T) @ at(n, raise_)) for n in satellites)
    jumps = [(kappa, at(0, raise_.T)), *((up, at(n, raise_)) for n in satellites), *((down, at(n, raise_.T)) for n in satellites)]
    unity = np.eye(size, dtype=int).astype(object)
    turn = np.kron(unity, H) - np.kron(H.T, unity)
    decay = sum(rate * (np.kron(x, x) - (np.kron(unity, x.T @ x) + np.kron((x.T @ x).T, unity)) * Fraction(1, 2)) for rate, x in jumps)
    matrix = np.block([[decay, turn], [-turn, decay]])  # of real and imaginary parts
    populations = [i * size + i for i in range(size)]
    x = _null_vector(matrix, populations)

    def probability(site):
        upper = at(site, raise_ @ raise_.T)
        return float(sum(upper[i, i] * x[k] for i, k in enumerate(populations)))

    return probability(0), probability(1)


def _null_vector(matrix, populations):
    """Of the unknowns that populations feed, with probability 1, by Gauss and Jordan; unknown -> value."""
    reached, open_ = set(populations), list(populations)
    while open_:
        new = [row for row in np.flatnonzero(matrix[:, open_.pop()] != 0).tolist() if row not in reached]
        reached |= set(new)
        open_ += new
    order = sorted(reached)
    rows = [[Fraction(matrix[row, column]) for column in order] + [Fraction(0)] for row in order]
    rows[0] = [Fraction(int(column in populations)) for column in order] + [Fraction(1)]
    for k in range(len(rows)):
        pivot = next(r for r in range(k, len(rows)) if rows[r][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for r in range(len(rows)):
            if r != k and rows[r][k]:
                factor = rows[r][k] / rows[k][k]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[k], strict=True)]
    return {column: rows[i][-1] / rows[i][i] for i, column in enumerate(order)}
