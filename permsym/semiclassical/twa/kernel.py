# mypy: disable-error-code="no-untyped-def"
"""The compiled loop: trajectories of :class:`permsym.semiclassical.twa.equations.Equations`, a thread for each group of them.

A step is symmetric: half of the noise, the drift by a Runge-Kutta formula of fourth order, half of the noise.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym.philox import WORDS, normals

# isort: split
from numba import njit, prange


class Schedule(NamedTuple):
    """When a trajectory moves, and when it is read.

    steps, spans   (intervals,): steps of each interval and its length in time; monomials are read at its end
    block          intervals whose readings are added up
    first          half steps of the finest noise before this call: where in the random numbers it goes on
    merged         half steps of the finest noise in one of these: 2 repeats a path with steps twice as long
    """

    steps: NDArray[np.int64]
    spans: NDArray[np.float64]
    block: int
    first: int
    merged: int


@njit(cache=True, error_model="numpy")
def velocity(u, w, out, equations):
    """out = drift at u; w = shift + matrix u + nonlinear terms, the fields of the classes among it."""
    size = len(u)
    for i in range(size):
        total = equations.shift[i]
        for k in range(size):
            total += equations.matrix[i, k] * u[k]
        w[i] = total
    for q in range(len(equations.rows)):
        product = equations.weights[q]
        for k in range(equations.factors.shape[1]):
            if equations.factors[q, k] >= 0:
                product *= u[equations.factors[q, k]]
        w[equations.rows[q]] += product
    at = 0
    if equations.mode:
        out[0], out[1] = w[0], w[1]
        at = 2
    for k in range(len(equations.numbers)):
        x, y, z = u[at], u[at + 1], u[at + 2]
        damping, pump = equations.damping[k], equations.pump[k]
        out[at] = w[at + 1] * z - w[at + 2] * y + pump[0] + damping[0, 0] * x + damping[0, 1] * y + damping[0, 2] * z
        out[at + 1] = w[at + 2] * x - w[at] * z + pump[1] + damping[1, 0] * x + damping[1, 1] * y + damping[1, 2] * z
        out[at + 2] = w[at] * y - w[at + 1] * x + pump[2] + damping[2, 0] * x + damping[2, 1] * y + damping[2, 2] * z
        at += 3


@njit(cache=True, error_model="numpy")
def scatter(u, xi, root_time, equations, clips):
    """Add the noise of a time root_time^2 with the normal numbers xi; ``clips`` counts where B is less than the square root of D."""
    at = 0
    next_one = 0
    if equations.mode:
        at = 2
        noise = equations.mode_noise
        if noise[0, 0] != 0 or noise[0, 1] != 0 or noise[1, 0] != 0 or noise[1, 1] != 0:
            u[0] += root_time * (noise[0, 0] * xi[0] + noise[0, 1] * xi[1])
            u[1] += root_time * (noise[1, 0] * xi[0] + noise[1, 1] * xi[1])
            next_one = 2
    for k in range(len(equations.numbers)):
        if equations.noisy[k]:
            number, frame, bias = equations.numbers[k], equations.frame[k], equations.bias[k]
            a, b, c = 0.0, 0.0, 0.0
            for i in range(3):
                a += frame[0, i] * u[at + i]
                b += frame[1, i] * u[at + i]
                c += frame[2, i] * u[at + i]
            # B is lower triangular: g root = D between m and across, q - g^2 the last pivot
            g = equations.inverse[k, 0] * (equations.cross[k, 0] + 2 * bias * a / number)
            h = equations.inverse[k, 1] * (equations.cross[k, 1] + 2 * bias * b / number)
            q, r = equations.along[k] + 4 * bias * c / number, g * g + h * h
            pivot = q - r
            if pivot < -1e-12 * (abs(q) + r):
                clips[k] += 1
                if equations.shrinks[k]:
                    factor = math.sqrt(q / r) if q > 0 else 0.0
                    g, h = factor * g, factor * h
            pivot = max(pivot, 0.0)
            scale = root_time * math.sqrt(number)
            first, second = xi[next_one], xi[next_one + 1]
            along = scale * (g * first + h * second + math.sqrt(pivot) * xi[next_one + 2])
            first, second = scale * equations.root[k, 0] * first, scale * equations.root[k, 1] * second
            for i in range(3):
                u[at + i] += frame[0, i] * first + frame[1, i] * second + frame[2, i] * along
            next_one += 3
        at += 3
    for j in range(len(equations.spread)):
        kick = complex(xi[next_one], xi[next_one + 1]) * (root_time * math.sqrt(0.5))
        next_one += 2
        _rotate(u, kick, equations.spread[j], equations.mode)


@njit(cache=True, error_model="numpy")
def _rotate(u, kick, spread, mode):
    """The noise of a collective jump: every class turns about 4 Re(kick x^*), exactly; a mode is displaced."""
    at = 0
    if mode:
        push = -1j * (kick * np.conj(spread[0, 0]) + np.conj(kick) * spread[0, 1])
        u[0] += push.real
        u[1] += push.imag
        at = 2
    for k in range(1, len(spread)):
        a, b, c = spread[k, 0], spread[k, 1], spread[k, 2]
        p, q, r = 4 * (kick * np.conj(a)).real, 4 * (kick * np.conj(b)).real, 4 * (kick * np.conj(c)).real
        angle = math.sqrt(p * p + q * q + r * r)
        if angle > 0:
            p, q, r = p / angle, q / angle, r / angle
            x, y, z = u[at], u[at + 1], u[at + 2]
            cosine, sine = math.cos(angle), math.sin(angle)
            part = (p * x + q * y + r * z) * (1 - cosine)
            u[at] = x * cosine + (q * z - r * y) * sine + p * part
            u[at + 1] = y * cosine + (r * x - p * z) * sine + q * part
            u[at + 2] = z * cosine + (p * y - q * x) * sine + r * part
        at += 3


@njit(cache=True, error_model="numpy")
def drift(u, time, work, equations):
    """One Runge-Kutta step; ``work`` is (7, D), and its first row ends as the fields at the start."""
    fields, w, point, k1, k2, k3, k4 = work
    velocity(u, fields, k1, equations)
    for i in range(len(u)):
        point[i] = u[i] + time / 2 * k1[i]
    velocity(point, w, k2, equations)
    for i in range(len(u)):
        point[i] = u[i] + time / 2 * k2[i]
    velocity(point, w, k3, equations)
    for i in range(len(u)):
        point[i] = u[i] + time * k3[i]
    velocity(point, w, k4, equations)
    for i in range(len(u)):
        u[i] += time / 6 * (k1[i] + 2 * (k2[i] + k3[i]) + k4[i])


@njit(cache=True, error_model="numpy")
def read(u, mode, parent, last, letters, monomials, out):
    """Add every monomial of the letters at u to ``out``."""
    at = 0
    if mode:
        letters[0], letters[1] = complex(u[0], -u[1]), complex(u[0], u[1])
        at = 2
    for k in range(at, len(u), 3):
        letters[k], letters[k + 1] = complex(u[k] / 2, u[k + 1] / 2), complex(u[k] / 2, -u[k + 1] / 2)
        letters[k + 2] = complex(u[k + 2], 0.0)
    monomials[0] = 1.0
    out[0] += 1.0
    for k in range(1, len(parent)):
        monomials[k] = monomials[parent[k]] * letters[last[k]]
        out[k] += monomials[k]


@njit(cache=True, error_model="numpy")
def _half(xi, spare, position, stream, key, merged):
    """Normal numbers of one half step: those of ``merged`` finest ones, added up."""
    blocks = len(xi) // WORDS
    normals(xi, np.uint64(position * merged * blocks), stream, key[0], key[1])
    for i in range(1, merged):
        normals(spare, np.uint64((position * merged + i) * blocks), stream, key[0], key[1])
        for k in range(len(xi)):
            xi[k] += spare[k]
    if merged > 1:
        for k in range(len(xi)):
            xi[k] /= math.sqrt(merged)


@njit(cache=True, error_model="numpy")
def _walk(u, stream, equations, schedule, out, clips, parent, last, noises, key):
    """One trajectory through the schedule, read into ``out``; returns its sum over steps of the largest h^2.  Parameters: as of run."""
    padded = (noises + WORDS - 1) // WORDS * WORDS
    xi, spare, work = np.zeros(padded), np.zeros(padded), np.zeros((7, len(u)))
    letters, monomials = np.zeros(len(u), dtype=np.complex128), np.zeros(len(parent), dtype=np.complex128)
    position, squares = schedule.first // schedule.merged, 0.0
    for interval in range(len(schedule.steps)):
        number = schedule.steps[interval]
        time = schedule.spans[interval] / max(number, 1)
        root_time = math.sqrt(time / 2)
        for _ in range(number):
            if noises:
                _half(xi, spare, position, stream, key, schedule.merged)
                scatter(u, xi, root_time, equations, clips)
            drift(u, time, work, equations)
            squares += _largest(work[0], equations.mode)
            if noises:
                _half(xi, spare, position + 1, stream, key, schedule.merged)
                scatter(u, xi, root_time, equations, clips)
            position += 2
        read(u, equations.mode, parent, last, letters, monomials, out[interval // schedule.block])
    return squares


@njit(cache=True, error_model="numpy")
def _largest(fields, mode):
    """The largest h^2 of a class."""
    largest = 0.0
    for k in range(2 if mode else 0, len(fields), 3):
        largest = max(largest, fields[k] ** 2 + fields[k + 1] ** 2 + fields[k + 2] ** 2)
    return largest


@njit(parallel=True, cache=True, error_model="numpy")
def run(equations, schedule, points, out, clips, squares, parent, last, noises, key):
    """Move all points through the schedule; ten parameters: what is read, written and looked up.

    points     (trajectories, D), moved in place
    out        (groups, blocks, monomials): sums of monomials; trajectories of one group follow one another
    clips      (groups, K): how often the noise matrix was clipped
    squares    (groups,): sums over steps of the largest h^2 of a class
    noises     normal numbers of half a step
    key        (2,) words; a trajectory's stream is its place among ``points``
    """
    members = len(points) // len(out)
    for group in prange(len(out)):
        for member in range(members):
            at = group * members + member
            squares[group] += _walk(points[at], np.uint64(at), equations, schedule, out[group], clips[group], parent, last, noises, key)
