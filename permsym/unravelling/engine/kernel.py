# mypy: disable-error-code="no-untyped-def"
"""The compiled loop of a trajectory: evolution without a jump, the time of the next one, samples on the way.

Between jumps psi(t) = exp(g t) sum_k t^k psi_k with psi_{k+1} = (G - g) psi_k / (k + 1), g = <G>; as many terms as the time to the next
jump needs.  It happens where <psi(t)|psi(t)> = exp(-r t) |sum|^2, r = -2 Re g, has fallen to a random number of (0, 1).
"""

from __future__ import annotations

import math

import numpy as np

import permsym.kernels  # noqa: F401  its settings of threads come before numba's
from permsym.philox import philox
from permsym.unravelling.engine.ket import (
    CLOCK,
    COLUMN,
    COLUMNS,
    COUNTER,
    DEFECT,
    FIELD_X,
    FIELD_Y,
    JUMPS,
    LOGGED,
    MOVES,
    PRODUCTS,
    READY,
    ROW,
    ROWS,
    SAMPLES,
    STATUS,
    STEPS,
    THRESHOLD,
    J,
    act,
    at_edges,
    built_bands,
    displaced,
    expectations,
    field,
    fitted,
    multiply,
    scaled,
    span,
    squared,
    widened,
)
from permsym.unravelling.engine.tables import FOLLOWS, KICK, LEVELS, SPINS
from permsym.unravelling.engine.weights import centre_weights, word_weights

# isort: split
from numba import njit

# what STATUS says
DONE, TOO_WIDE, NOT_FINITE, LOG_FULL = range(4)

TOLERANCE = 1e-9  # size at which the series of a step ends
MOST_TERMS = 18
_AHEAD = 1.1  # length of a step over the expected time of its jump
_LEAK = 1e-6  # amplitude at the edge of a window that makes it grow
_FAR = 0.3  # modulus of <b> from which the frame follows
_WIDEST, _HIGHEST = 1_000_000, 200_000  # numbers of a ket, and level of the centre
_ON_TIME = 1e-9  # difference of ln of a norm from the threshold's at which a jump happens
_MOST_STEPS = 100
_CHECKED = 16  # jumps from one check of the rates to the next
_UNIT = 2.0**-53
_HALF, _LOW, _SHIFT, _MASK = np.uint64(32), np.uint64(11), np.uint64(21), np.uint64(0xFFFFFFFF)


@njit(cache=True, error_model="numpy", nogil=True)
def uniforms(counter, key):
    """Two numbers of (0, 1) with 53 bits from one block."""
    c = np.uint64(counter)
    a, b, d, e = philox(c & _MASK, c >> _HALF, np.uint64(0), np.uint64(0), key[0], key[1])
    first = np.float64((a << _SHIFT) ^ (b >> _LOW)) + 0.5
    second = np.float64((d << _SHIFT) ^ (e >> _LOW)) + 0.5
    return first * _UNIT, second * _UNIT


@njit(cache=True, error_model="numpy", nogil=True)
def real_inner(x, y):
    """Re <x|y>"""
    total = 0.0
    for i in range(np.uint64(len(x))):
        total += x[i].real * y[i].real + x[i].imag * y[i].imag
    return total


@njit(cache=True, error_model="numpy", nogil=True)
def taylor(bands, offsets, series, threshold):
    """Fill series[1:] from series[0], of norm 1; returns (the last term's place, length of the step, expected time of the jump, r).

    ln <psi(t)|psi(t)> = -r t + c t^2 + ...,    c = <psi_1|psi_1> + 2 Re <psi_0|psi_2>
    """
    start, first = series[0], series[1]
    multiply(bands, offsets, start, first)
    g = 0.0j
    for i in range(len(start)):
        g += np.conj(start[i]) * first[i]
    rate, fall = -2 * g.real, -math.log(threshold)
    expected = fall / rate if rate > 0 else math.inf
    before, size = 1.0, 0.0
    for k in range(1, MOST_TERMS + 1):
        x, out = series[k - 1], series[k]
        if k > 1:
            multiply(bands, offsets, x, out)
        for i in range(np.uint64(len(out))):
            out[i] = (out[i] - g * x[i]) / k
        size = math.sqrt(squared(out))
        if k == 2 and rate > 0:
            curvature = squared(x) + 2 * real_inner(start, out)
            root = rate**2 - 4 * curvature * fall
            expected = 2 * fall / (rate + math.sqrt(root)) if root > 0 else 2 * fall / rate
        wanted = _AHEAD * expected
        if size == 0:
            return k, wanted, expected, rate
        term = size * wanted**k
        if (term < TOLERANCE and before < math.sqrt(TOLERANCE)) or term < 1e-6 * TOLERANCE:
            return k, wanted, expected, rate
        before = term
    return MOST_TERMS, min(wanted, 0.9 * (TOLERANCE / size) ** (1 / MOST_TERMS)), expected, rate


@njit(cache=True, error_model="numpy", nogil=True)
def at_time(series, last, t, out):
    """out = sum_k t^k series[k]"""
    scaled(series[last], 1.0, out)
    for k in range(last - 1, -1, -1):
        x = series[k]
        for i in range(np.uint64(len(out))):
            out[i] = out[i] * t + x[i]


@njit(cache=True, error_model="numpy", nogil=True)
def crossing(series, last, length, expected, rate, threshold, out):
    """Go to where the norm falls to the threshold, or else to the end of the step: ``out`` is the ket there.

    Returns (t, whether a jump happens, the ket's squared norm).
    """
    wanted, low, high = math.log(threshold), 0.0, math.inf
    t, norm = min(expected, length), 1.0
    before, distance_before = 0.0, -wanted
    for _ in range(_MOST_STEPS):
        at_time(series, last, t, out)
        norm = squared(out)
        distance = math.log(norm) - rate * t - wanted
        if abs(distance) < _ON_TIME:
            return t, True, norm
        if distance > 0:
            if t >= length:
                return t, False, norm
            low = t
        else:
            high = t
        slope = (distance - distance_before) / (t - before)
        before, distance_before = t, distance
        step = t - distance / slope if slope < 0 else math.inf
        if not low < step < min(high, length):
            step = (low + high) / 2 if high < math.inf else length
        t = step
    return t, True, norm


@njit(cache=True, error_model="numpy", nogil=True)
def jump(psi, whole, limits, jumps, alpha, on_centre, on_spins, choice):
    """The ket after a jump, in its window; returns it, the place of the jump in the model, and the rate of all jumps.

    Eight parameters: a ket, what acts on it, and the random number that chooses.
    """
    rows, columns = whole[ROWS] + 2 * limits[KICK], whole[COLUMNS] + 2 * limits[KICK + 1]
    number = len(jumps.operators)
    after, sizes, total = np.zeros(rows * columns, dtype=np.complex128), np.zeros(number), 0.0
    for q in range(number):
        act(psi, whole, limits, jumps, q, alpha, on_centre, on_spins, after)
        sizes[q] = squared(after)
        total += sizes[q]
    q, sought = 0, choice * total
    while q < number - 1 and sought >= sizes[q]:
        sought -= sizes[q]
        q += 1
    while sizes[q] == 0 and q > 0:  # rounding at the end of the list
        q -= 1
    if q < number - 1:
        act(psi, whole, limits, jumps, q, alpha, on_centre, on_spins, after)
    whole[J] += jumps.operators[q, 0]
    whole[ROW] -= limits[KICK]
    whole[COLUMN] -= limits[KICK + 1]
    whole[ROWS], whole[COLUMNS] = rows, columns
    return fitted(after, whole, limits), jumps.operators[q, 3], total


@njit(cache=True, error_model="numpy", nogil=True)
def followed(psi, whole, real, limits):
    """The ket in a frame near its field; returns it and whether the frame has moved."""
    beta = field(psi, whole)
    if abs(beta) <= _FAR:
        return psi, False
    real[FIELD_X] += beta.real
    real[FIELD_Y] += beta.imag
    whole[MOVES] += 1
    return displaced(psi, whole, limits, beta), True


@njit(cache=True, error_model="numpy", nogil=True)
def decay(bands, offsets, x, out):
    """-d<x|x>/dt of a ket of norm 1, by a product."""
    multiply(bands, offsets, x, out)
    return -2 * real_inner(x, out)


@njit(cache=True, error_model="numpy", nogil=True)
def walk(tables, psi, whole, real, key, times, out, log_times, log_jumps):
    """Move a ket to the last of ``times``, sampling at all; long, with nine parameters: a whole step, a chain's state, what is written.

    whole, real           the chain's numbers, changed in place
    times, out            (T,) and (T, observables)
    log_times, log_jumps  filled with jumps as they happen, where they have any room

    Returns the ket at the beginning of the last step, from which the next call goes on: no step depends on where calls end.
    """
    limits = tables.limits
    whole[SAMPLES], whole[LOGGED], whole[STATUS] = 0, 0, DONE
    if whole[READY] == 0:
        psi = fitted(psi, whole, limits)
        real[THRESHOLD], _ = uniforms(whole[COUNTER], key)
        whole[READY] = 1
    while True:
        if len(psi) > _WIDEST or whole[ROW] > _HIGHEST:
            whole[STATUS] = TOO_WIDE
            return psi
        alpha = complex(real[FIELD_X], real[FIELD_Y])
        on_centre = centre_weights(tables.centre, whole[ROW], whole[ROWS], limits[LEVELS])
        least, number = span(whole, limits)
        on_spins = word_weights(tables.words, whole[J], limits[SPINS], least, number)
        bands = built_bands(tables.generator, whole, limits, alpha, on_centre, on_spins)
        offsets = np.zeros(len(bands), dtype=np.int64)
        for b in range(len(bands)):
            offsets[b] = tables.generator.bands[b, 0] * whole[COLUMNS] + tables.generator.bands[b, 1]
        series = np.empty((MOST_TERMS + 1, len(psi)), dtype=np.complex128)
        point, seen = np.empty(len(psi), dtype=np.complex128), np.empty(len(psi), dtype=np.complex128)
        while True:
            scaled(psi, 1.0, series[0])
            last, length, expected, rate = taylor(bands, offsets, series, real[THRESHOLD])
            whole[PRODUCTS] += last
            whole[STEPS] += 1
            if not math.isfinite(rate):
                whole[STATUS] = NOT_FINITE
                return psi
            end, jumps, norm = math.inf, False, 1.0
            if length < math.inf:
                end, jumps, norm = crossing(series, last, length, expected, rate, real[THRESHOLD], point)
                if at_edges(series, last, end, whole, limits) > _LEAK:
                    psi = widened(psi, whole, limits)
                    break
            while whole[SAMPLES] < len(times) and times[whole[SAMPLES]] <= real[CLOCK] + end:
                at_time(series, last, max(times[whole[SAMPLES]] - real[CLOCK], 0.0), seen)
                expectations(seen, whole, limits, alpha, on_centre, tables.observed, out[whole[SAMPLES]])
                whole[SAMPLES] += 1
            if whole[SAMPLES] == len(times):
                return psi
            if len(log_times) > 0 and whole[LOGGED] == len(log_times):
                whole[STATUS] = LOG_FULL
                return psi
            scaled(point, 1 / math.sqrt(norm), point)
            real[CLOCK] += end
            if jumps:
                checked = decay(bands, offsets, point, seen) if whole[JUMPS] % _CHECKED == 0 else 0.0
                _, choice = uniforms(whole[COUNTER], key)
                psi, name, total = jump(point, whole, limits, tables.jumps, alpha, on_centre, on_spins, choice)
                if whole[JUMPS] % _CHECKED == 0:
                    real[DEFECT] = max(real[DEFECT], abs(total - checked) / total)
                whole[COUNTER] += 1
                whole[JUMPS] += 1
                real[THRESHOLD], _ = uniforms(whole[COUNTER], key)
                if len(log_times) > 0:
                    log_times[whole[LOGGED]], log_jumps[whole[LOGGED]] = real[CLOCK], name
                    whole[LOGGED] += 1
                if limits[FOLLOWS]:
                    psi, _ = followed(psi, whole, real, limits)
                break
            real[THRESHOLD] /= norm * math.exp(-rate * end)
            scaled(point, 1.0, psi)
            if limits[FOLLOWS]:
                psi, moved = followed(psi, whole, real, limits)
                if moved:
                    break
