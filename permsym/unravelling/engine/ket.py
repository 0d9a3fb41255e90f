# mypy: disable-error-code="no-untyped-def"
"""Compiled operations on a ket in its window: the window itself, bands of G, products, expectation values, displacements.

A ket is a flat array psi of rows x columns numbers; ``whole`` says where it stands.  Loops stand where whole arrays would do: they take a
third of the time to compile.  Inner ones have slices and unsigned indices, which the compiler vectorises: a product takes a third of the
time, too.
"""

from __future__ import annotations

import math

import numpy as np

import permsym.kernels  # noqa: F401  its settings of threads come before numba's
from permsym.unravelling.engine.tables import KICK, LEVELS, REACH, ROOM, SHEAR, SPINS
from permsym.unravelling.engine.weights import word_weights

# isort: split
from numba import njit

# numbers of a chain's state, as they stand in ``whole``: where its ket stands, its random numbers, what it says, what it has done
J, ROW, COLUMN, ROWS, COLUMNS, COUNTER, READY, STATUS, SAMPLES, LOGGED, JUMPS, STEPS, PRODUCTS, MOVES = range(14)
# and in ``real``
CLOCK, FIELD_X, FIELD_Y, THRESHOLD, DEFECT = range(5)

TRIM = 1e-14  # probability on each side that a window may leave out after a jump
_DISPLACED = 1e-14  # size at which the series of a displacement ends
_MOST_POWERS = 200


@njit(cache=True, error_model="numpy", nogil=True)
def squared(x):
    """<x|x>"""
    total = 0.0
    for i in range(np.uint64(len(x))):
        total += x[i].real ** 2 + x[i].imag ** 2
    return total


@njit(cache=True, error_model="numpy", nogil=True)
def scaled(x, factor, out):
    """out = factor x"""
    for i in range(np.uint64(len(x))):
        out[i] = factor * x[i]


@njit(cache=True, error_model="numpy", nogil=True)
def power(alpha, u, v):
    """conj(alpha)^u alpha^v"""
    value = 1.0 + 0.0j
    for _ in range(u):
        value *= np.conj(alpha)
    for _ in range(v):
        value *= alpha
    return value


# -- the window -----------------------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy", nogil=True)
def span(whole, limits):
    """The smallest number of spins up in a window, and how many numbers there are from it on."""
    last = whole[ROW] + whole[ROWS] - 1
    least = whole[COLUMN] + min(limits[SHEAR] * whole[ROW], limits[SHEAR] * last)
    return least, whole[COLUMNS] + abs(limits[SHEAR]) * (whole[ROWS] - 1)


@njit(cache=True, error_model="numpy", nogil=True)
def cut(psi, whole, limits, low_row, high_row, low, high):
    """The ket on rows and columns from the low to below the high ones, as far as there are such; ``whole`` follows."""
    low_row, high_row = max(low_row, 0), min(high_row, limits[LEVELS])
    if limits[SHEAR] == 0:
        low, high = max(low, (limits[SPINS] - whole[J]) // 2), min(high, (limits[SPINS] + whole[J]) // 2 + 1)
    columns = high - low
    out = np.zeros((high_row - low_row) * columns, dtype=np.complex128)
    for n in range(max(low_row, whole[ROW]), min(high_row, whole[ROW] + whole[ROWS])):
        here, there = (n - low_row) * columns - low, (n - whole[ROW]) * whole[COLUMNS] - whole[COLUMN]
        for c in range(max(low, whole[COLUMN]), min(high, whole[COLUMN] + whole[COLUMNS])):
            out[here + c] = psi[there + c]
    whole[ROW], whole[ROWS], whole[COLUMN], whole[COLUMNS] = low_row, high_row - low_row, low, columns
    return out


@njit(cache=True, error_model="numpy", nogil=True)
def widened(psi, whole, limits):
    """The ket with more room around it."""
    top, left = whole[ROW], whole[COLUMN]
    bottom, right = top + whole[ROWS] + limits[ROOM], left + whole[COLUMNS] + limits[ROOM + 1]
    return cut(psi, whole, limits, top - limits[ROOM], bottom, left - limits[ROOM + 1], right)


@njit(cache=True, error_model="numpy", nogil=True)
def _without_tail(masses, order, total):
    """Place where a tail of less than TRIM ends, from the first on (order 1) or from the last (-1)."""
    at = 0 if order > 0 else len(masses) - 1
    tail = masses[at]
    while tail <= TRIM * total and 0 <= at + order < len(masses):
        at += order
        tail += masses[at]
    return at


@njit(cache=True, error_model="numpy", nogil=True)
def fitted(psi, whole, limits):
    """The ket, of norm 1, in a window around what is not negligible of it."""
    rows, columns = np.zeros(whole[ROWS]), np.zeros(whole[COLUMNS])
    for r in range(len(rows)):
        for c in range(len(columns)):
            x = psi[r * len(columns) + c]
            mass = x.real**2 + x.imag**2
            rows[r] += mass
            columns[c] += mass
    total = 0.0
    for r in range(len(rows)):
        total += rows[r]
    top, bottom = whole[ROW] + _without_tail(rows, 1, total), whole[ROW] + _without_tail(rows, -1, total) + 1
    left, right = whole[COLUMN] + _without_tail(columns, 1, total), whole[COLUMN] + _without_tail(columns, -1, total) + 1
    down, across = limits[ROOM], limits[ROOM + 1]
    out = cut(psi, whole, limits, top - down, bottom + down, left - across, right + across)
    scaled(out, 1 / math.sqrt(squared(out)), out)
    return out


@njit(cache=True, error_model="numpy", nogil=True)
def at_edges(series, last, t, whole, limits):
    """A bound of the amplitude of sum_k s^k series[k], 0 <= s <= t, near those edges of a window beyond which the ket could go on."""
    rows, columns = whole[ROWS], whole[COLUMNS]
    top, bottom, left, right = limits[REACH], rows - limits[REACH], limits[REACH + 1], columns - limits[REACH + 1]
    if whole[ROW] == 0:
        top = 0
    if whole[ROW] + rows >= limits[LEVELS]:
        bottom = rows
    if limits[SHEAR] == 0 and whole[COLUMN] <= (limits[SPINS] - whole[J]) // 2:
        left = 0
    if limits[SHEAR] == 0 and whole[COLUMN] + columns > (limits[SPINS] + whole[J]) // 2:
        right = columns
    total, scale = 0.0, 1.0
    for k in range(last + 1):
        x, mass = series[k], 0.0
        for r in range(rows):
            inside = top <= r < bottom
            for c in range(left if inside else columns):
                mass += x[r * columns + c].real ** 2 + x[r * columns + c].imag ** 2
            for c in range(right if inside else columns, columns):
                mass += x[r * columns + c].real ** 2 + x[r * columns + c].imag ** 2
        total += math.sqrt(mass) * scale
        scale *= t
    return total


# -- products -------------------------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy", nogil=True)
def built_bands(generator, whole, limits, alpha, on_centre, on_spins):
    """(B, rows columns): what each band of G multiplies a ket with."""
    rows, columns, shear = whole[ROWS], whole[COLUMNS], limits[SHEAR]
    least, number = span(whole, limits)
    out = np.zeros((len(generator.bands), rows * columns), dtype=np.complex128)
    line = np.zeros(number, dtype=np.complex128)
    total = len(generator.value)
    for i in range(total):
        group, word = generator.numbers[i, 0], generator.numbers[i, 1]
        factor = generator.value[i] * power(alpha, generator.numbers[i, 2], generator.numbers[i, 3])
        for k in range(number):
            line[k] += factor * on_spins[word, k]
        if i + 1 < total and generator.numbers[i + 1, 0] == group:
            continue
        band, centre = generator.groups[group, 0], generator.groups[group, 1]
        down, right = generator.bands[band, 0], generator.bands[band, 1]
        for r in range(max(0, -down), min(rows, rows - down)):
            weight = on_centre[centre, r]
            start = whole[COLUMN] + shear * (whole[ROW] + r) - least
            first = max(0, -right)
            last = max(first, min(columns, columns - right))
            source, target = line[start + first : start + last], out[band, r * columns + first : r * columns + last]
            for c in range(np.uint64(len(source))):
                target[c] += weight * source[c]
        for k in range(number):
            line[k] = 0
    return out


@njit(cache=True, error_model="numpy", nogil=True)
def multiply(bands, offsets, x, out):
    """out = G x"""
    size = len(x)
    for i in range(size):
        out[i] = 0
    for b in range(len(bands)):
        offset = offsets[b]
        first = max(0, -offset)
        last = max(first, min(size, size - offset))  # a negative end would count from the other side
        band, source, target = bands[b, first:last], x[first:last], out[first + offset : last + offset]
        for i in range(np.uint64(len(source))):
            target[i] += band[i] * source[i]


@njit(cache=True, error_model="numpy", nogil=True)
def act(psi, whole, limits, jumps, q, alpha, on_centre, on_spins, out):
    """out = K psi for Kraus operator q, in a window wider by a kick on every side; nine parameters: arrays, and what is looked up."""
    rows, columns = whole[ROWS], whole[COLUMNS]
    wide = columns + 2 * limits[KICK + 1]
    least, _ = span(whole, limits)
    for i in range(np.uint64(len(out))):
        out[i] = 0
    for i in range(jumps.operators[q, 1], jumps.operators[q, 2]):
        centre, word, down, right = jumps.numbers[i, 0], jumps.numbers[i, 1], jumps.numbers[i, 2], jumps.numbers[i, 3]
        factor = jumps.value[i] * power(alpha, jumps.numbers[i, 4], jumps.numbers[i, 5])
        for r in range(rows):
            weight = factor * on_centre[centre, r]
            start = whole[COLUMN] + limits[SHEAR] * (whole[ROW] + r) - least
            here, there = (r + down + limits[KICK]) * wide + right + limits[KICK + 1], r * columns
            spins, source, target = on_spins[word, start : start + columns], psi[there : there + columns], out[here : here + columns]
            for c in range(np.uint64(columns)):
                target[c] += weight * spins[c] * source[c]


@njit(cache=True, error_model="numpy", nogil=True)
def expectations(psi, whole, limits, alpha, on_centre, observed, out):
    """Fill ``out`` with <psi| O |psi> / <psi|psi> of every observable."""
    rows, columns = whole[ROWS], whole[COLUMNS]
    least, number = span(whole, limits)
    on_spins = word_weights(observed.words, whole[J], limits[SPINS], least, number)
    profiles = np.zeros((len(observed.pairs), number), dtype=np.complex128)
    for i in range(len(observed.pairs)):
        centre, down, right = observed.pairs[i, 0], observed.pairs[i, 1], observed.pairs[i, 2]
        for r in range(max(0, -down), min(rows, rows - down)):
            weight = on_centre[centre, r]
            start = whole[COLUMN] + limits[SHEAR] * (whole[ROW] + r) - least
            first = max(0, -right)
            last = max(first, min(columns, columns - right))
            other = (r + down) * columns + right
            bra, source, target = (
                psi[other + first : other + last],
                psi[r * columns + first : r * columns + last],
                profiles[i, start + first :],
            )
            for c in range(np.uint64(len(source))):
                target[c] += weight * np.conj(bra[c]) * source[c]
    for i in range(np.uint64(len(out))):
        out[i] = 0
    norm = squared(psi)
    last, value = -1, 0.0j
    for i in range(len(observed.value)):  # in order of ``seen``
        at = observed.numbers[i, 1]
        if at != last:
            last, value = at, 0.0j
            pair, word = observed.seen[at, 0], observed.seen[at, 1]
            for k in range(number):
                value += profiles[pair, k] * on_spins[word, k]
        out[observed.numbers[i, 0]] += observed.value[i] * power(alpha, observed.numbers[i, 2], observed.numbers[i, 3]) * value / norm


# -- the frame ------------------------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy", nogil=True)
def field(psi, whole):
    """<b> of a ket of norm 1, without shear."""
    total, columns = 0.0j, whole[COLUMNS]
    for r in range(1, whole[ROWS]):
        inner = 0.0j
        for i in range(r * columns, (r + 1) * columns):
            inner += np.conj(psi[i - columns]) * psi[i]
        total += math.sqrt(whole[ROW] + r) * inner
    return total


@njit(cache=True, error_model="numpy", nogil=True)
def displaced(psi, whole, limits, beta):
    """D(-beta) psi, which describes the same state in a frame that has moved by beta."""
    ahead = 8 + int(4 * abs(beta) * (abs(beta) + math.sqrt(whole[ROW] + whole[ROWS])))
    top, left = whole[ROW], whole[COLUMN]
    out = cut(psi, whole, limits, top - ahead, top + whole[ROWS] + ahead, left, left + whole[COLUMNS])
    columns = whole[COLUMNS]
    summand, turned = out.copy(), out.copy()
    for k in range(1, _MOST_POWERS):
        for i in range(np.uint64(len(out))):
            turned[i] = 0
        for r in range(1, whole[ROWS]):
            root = math.sqrt(whole[ROW] + r) / k
            for i in range(r * columns, (r + 1) * columns):
                turned[i] -= beta * root * summand[i - columns]
                turned[i - columns] += np.conj(beta) * root * summand[i]
        summand, turned = turned, summand
        for i in range(np.uint64(len(out))):
            out[i] += summand[i]
        if squared(summand) < _DISPLACED**2:
            break
    return fitted(out, whole, limits)
