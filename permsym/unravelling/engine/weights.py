# mypy: disable-error-code="no-untyped-def"
"""Compiled numbers behind the terms of :mod:`permsym.unravelling.engine.terms`: of the centre by level, of words by spins up."""

from __future__ import annotations

import math

import numpy as np

import permsym.kernels  # noqa: F401  its settings of threads come before numba's
from permsym.unravelling.engine.terms import DOWN, ENTRY, ROOT, SAME, UP, Z

# isort: split
from numba import njit


@njit(cache=True, error_model="numpy", nogil=True)
def centre_weights(centre, first, rows, levels):
    """(C, rows) of <n'| C |n> at the levels n = first, first + 1, ...; zero where n' is no level."""
    out = np.zeros((len(centre), rows))
    for i in range(len(centre)):
        kind, p, q = centre[i]
        for r in range(rows):
            n = first + r
            if kind == ENTRY:
                out[i, r] = 1.0 if n == q else 0.0
            elif n >= q and n - q + p < levels:
                square = 1.0
                for k in range(q):
                    square *= n - k
                for k in range(p):
                    square *= n - q + 1 + k
                out[i, r] = math.sqrt(square)
    return out


@njit(cache=True, error_model="numpy", nogil=True)
def letter(code, j, m, N):
    """<j', m'| letter |j, m>"""
    a, b = j - m, j + m
    if code >= ROOT:
        share = 2 * j * (j + 1) / (N / 2 + 1)
        return math.sqrt(share) if code == ROOT else math.sqrt(max(N - share, 0.0))
    sign = code % 3
    if code < DOWN:
        value = m if sign == Z else math.sqrt(max(a * (b + 1), 0.0)) if sign == 0 else math.sqrt(max(b * (a + 1), 0.0))
        if code < SAME:
            return value
        return value * math.sqrt((N / 2 + 1) / (2 * j * (j + 1))) if j > 0 else 0.0
    if code < UP:
        if sign == Z:
            value = math.sqrt(max(a * b, 0.0))
        else:
            value = math.sqrt(max(a * (a - 1), 0.0)) if sign == 0 else -math.sqrt(max(b * (b - 1), 0.0))
        return value * math.sqrt((N / 2 + j + 1) / (2 * j * (2 * j + 1))) if j > 0 else 0.0
    value = math.sqrt((a + 1) * (b + 1))
    if sign != Z:
        value = -math.sqrt((b + 1) * (b + 2)) if sign == 0 else math.sqrt((a + 1) * (a + 2))
    return value * math.sqrt(max(N / 2 - j, 0.0) / (2 * (j + 1) * (2 * j + 1)))


@njit(cache=True, error_model="numpy", nogil=True)
def word_weights(words, J, N, first, number):
    """(W, number) of each word on \\|j = J/2, m = k - N/2> at k = first, first + 1, ...; zero where m is none of j."""
    out = np.zeros((len(words), number))
    j = J / 2
    for i in range(len(words)):
        for c in range(number):
            m = first + c - N / 2
            if abs(m) > j:
                continue
            value = 1.0
            for position in range(words.shape[1] - 1, -1, -1):
                code = words[i, position]
                if code >= 0:
                    value *= letter(code, j, m, N)
                    if code < ROOT:
                        m += (1 if code % 3 == 0 else 0) - (1 if code % 3 == 1 else 0)
            out[i, c] = value
    return out
