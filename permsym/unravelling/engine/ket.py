# mypy: disable-error-code="no-untyped-def"
"""Compiled operations on a ket in its window: the window itself, bands of G, products, expectation values, displacements.

``place`` is (J, first row, first column) of a ket psi of shape (rows, columns); alpha is the frame of the mode.
"""

from __future__ import annotations

import numpy as np

import permsym.kernels  # noqa: F401  its settings of threads come before numba's
from permsym.unravelling.engine.weights import word_weights

# isort: split
from numba import njit

TRIM = 1e-14  # probability on each side that a window may leave out after a jump
_DISPLACED = 1e-14  # size at which the series of a displacement ends
_MOST_POWERS = 200


@njit(cache=True, error_model="numpy", nogil=True)
def power(alpha, u, v):
    """conj(alpha)^u alpha^v"""
    value = 1.0 + 0.0j
    for _ in range(u):
        value *= np.conj(alpha)
    for _ in range(v):
        value *= alpha
    return value


@njit(cache=True, error_model="numpy", nogil=True)
def span(place, rows, columns, shear):
    """The smallest number of spins up in a window, and how many numbers there are from it on."""
    return place[2] + min(shear * place[1], shear * (place[1] + rows - 1)), columns + abs(shear) * (rows - 1)


# -- the window -----------------------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy", nogil=True)
def cut(psi, place, low, high, tables):
    """The ket on rows and columns from ``low`` to below ``high``, as far as there are such; ``place`` follows."""
    low, high = low.copy(), high.copy()
    low[0], high[0] = max(low[0], 0), min(high[0], tables.levels)
    if tables.shear == 0:
        low[1], high[1] = max(low[1], (tables.N - place[0]) // 2), min(high[1], (tables.N + place[0]) // 2 + 1)
    out = np.zeros((high[0] - low[0], high[1] - low[1]), dtype=np.complex128)
    for n in range(max(low[0], place[1]), min(high[0], place[1] + psi.shape[0])):
        for c in range(max(low[1], place[2]), min(high[1], place[2] + psi.shape[1])):
            out[n - low[0], c - low[1]] = psi[n - place[1], c - place[2]]
    place[1], place[2] = low[0], low[1]
    return out


@njit(cache=True, error_model="numpy", nogil=True)
def _ends(masses, total):
    """First and last place that tails of less than TRIM leave."""
    first, last, tail = 0, len(masses) - 1, masses[0]
    while first < last and tail <= TRIM * total:
        first += 1
        tail += masses[first]
    tail = masses[last]
    while last > first and tail <= TRIM * total:
        last -= 1
        tail += masses[last]
    return first, last


@njit(cache=True, error_model="numpy", nogil=True)
def fitted(psi, place, tables):
    """The ket, of norm 1, in a window around what is not negligible of it."""
    rows, columns = np.zeros(psi.shape[0]), np.zeros(psi.shape[1])
    total = 0.0
    for r in range(psi.shape[0]):
        for c in range(psi.shape[1]):
            mass = psi[r, c].real ** 2 + psi[r, c].imag ** 2
            rows[r] += mass
            columns[c] += mass
        total += rows[r]
    (top, bottom), (left, right) = _ends(rows, total), _ends(columns, total)
    low, high = np.array([place[1] + top, place[2] + left]), np.array([place[1] + bottom + 1, place[2] + right + 1])
    out = cut(psi, place, low - tables.room, high + tables.room, tables)
    return out / np.sqrt(np.sum(out.real**2 + out.imag**2))


@njit(cache=True, error_model="numpy", nogil=True)
def leak(x, place, columns, tables):
    """The probability near those edges of a window beyond which the ket could go on."""
    rows = len(x) // columns
    low_row, high_row = place[1] > 0, place[1] + rows < tables.levels
    low_column, high_column = True, True
    if tables.shear == 0:
        low_column, high_column = place[2] > (tables.N - place[0]) // 2, place[2] + columns <= (tables.N + place[0]) // 2
    mass = 0.0
    for r in range(rows):
        whole = (low_row and r < tables.reach[0]) or (high_row and r >= rows - tables.reach[0])
        for c in range(columns):
            if whole or (low_column and c < tables.reach[1]) or (high_column and c >= columns - tables.reach[1]):
                mass += x[r * columns + c].real ** 2 + x[r * columns + c].imag ** 2
    return mass


# -- products -------------------------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy", nogil=True)
def built_bands(tables, place, alpha, on_centre, on_spins, shape):
    """(B, rows columns): what each band of G multiplies a ket with."""
    rows, columns = shape
    least, number = span(place, rows, columns, tables.shear)
    out = np.zeros((len(tables.bands), rows * columns), dtype=np.complex128)
    line = np.zeros(number, dtype=np.complex128)
    total = len(tables.g_value)
    for i in range(total):
        group, word, u, v = tables.g_index[i]
        factor = tables.g_value[i] * power(alpha, u, v)
        for k in range(number):
            line[k] += factor * on_spins[word, k]
        if i + 1 < total and tables.g_index[i + 1, 0] == group:
            continue
        band, centre = tables.groups[group]
        down, right = tables.bands[band]
        for r in range(max(0, -down), min(rows, rows - down)):
            weight = on_centre[centre, r]
            start = place[2] + tables.shear * (place[1] + r) - least
            if weight != 0:
                for c in range(max(0, -right), min(columns, columns - right)):
                    out[band, r * columns + c] += weight * line[start + c]
        line[:] = 0
    return out


@njit(cache=True, error_model="numpy", nogil=True)
def multiply(bands, offsets, x, out):
    """out = G x"""
    size = len(x)
    out[:] = 0
    for b in range(len(bands)):
        offset = offsets[b]
        band = bands[b]
        for i in range(max(0, -offset), min(size, size - offset)):
            out[i + offset] += band[i] * x[i]


@njit(cache=True, error_model="numpy", nogil=True)
def act(psi, place, terms, alpha, weights, tables):
    """K psi in a window wider by a kick on every side, for the terms of K from terms[0] to terms[1]."""
    on_centre, on_spins = weights
    rows, columns = psi.shape
    least, _ = span(place, rows, columns, tables.shear)
    out = np.zeros((rows + 2 * tables.kick[0], columns + 2 * tables.kick[1]), dtype=np.complex128)
    for i in range(terms[0], terms[1]):
        centre, word, down, right, u, v = tables.k_index[i]
        factor = tables.k_value[i] * power(alpha, u, v)
        for r in range(rows):
            weight = factor * on_centre[centre, r]
            start = place[2] + tables.shear * (place[1] + r) - least
            if weight != 0:
                for c in range(columns):
                    out[r + down + tables.kick[0], c + right + tables.kick[1]] += weight * on_spins[word, start + c] * psi[r, c]
    return out


@njit(cache=True, error_model="numpy", nogil=True)
def expectations(psi, place, alpha, on_centre, tables, out):
    """Fill ``out`` with <psi| O |psi> of every observable."""
    rows, columns = psi.shape
    least, number = span(place, rows, columns, tables.shear)
    on_spins = word_weights(tables.seen_words, place[0], tables.N, least, number)
    profiles = np.zeros((len(tables.pairs), number), dtype=np.complex128)
    for i in range(len(tables.pairs)):
        centre, down, right = tables.pairs[i]
        for r in range(max(0, -down), min(rows, rows - down)):
            weight = on_centre[centre, r]
            start = place[2] + tables.shear * (place[1] + r) - least
            if weight != 0:
                for c in range(max(0, -right), min(columns, columns - right)):
                    profiles[i, start + c] += weight * np.conj(psi[r + down, c + right]) * psi[r, c]
    seen = np.zeros(len(tables.seen), dtype=np.complex128)
    for i in range(len(tables.seen)):
        pair, word = tables.seen[i]
        for k in range(number):
            seen[i] += profiles[pair, k] * on_spins[word, k]
    out[:] = 0
    for i in range(len(tables.o_value)):
        observable, at, u, v = tables.o_index[i]
        out[observable] += tables.o_value[i] * power(alpha, u, v) * seen[at]


@njit(cache=True, error_model="numpy", nogil=True)
def field(psi, place):
    """<b> of a ket of norm 1, without shear."""
    total = 0.0j
    for r in range(1, psi.shape[0]):
        inner = 0.0j
        for c in range(psi.shape[1]):
            inner += np.conj(psi[r - 1, c]) * psi[r, c]
        total += np.sqrt(float(place[1] + r)) * inner
    return total


@njit(cache=True, error_model="numpy", nogil=True)
def displaced(psi, place, beta, tables):
    """D(-beta) psi, which describes the same state in a frame that has moved by beta."""
    rows, columns = psi.shape
    ahead = 8 + int(4 * abs(beta) * (abs(beta) + np.sqrt(float(place[1] + rows))))
    low = np.array([place[1] - ahead, place[2]])
    high = np.array([place[1] + rows + ahead, place[2] + columns])
    wide = cut(psi, place, low, high, tables)
    summand, out = wide.copy(), wide.copy()
    for k in range(1, _MOST_POWERS):
        turned = np.zeros_like(wide)
        for r in range(1, len(wide)):
            root = np.sqrt(float(place[1] + r)) / k
            for c in range(columns):
                turned[r, c] -= beta * root * summand[r - 1, c]
                turned[r - 1, c] += np.conj(beta) * root * summand[r, c]
        summand = turned
        out += summand
        if np.max(np.abs(summand)) < _DISPLACED:
            break
    return fitted(out, place, tables)
