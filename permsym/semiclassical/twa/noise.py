# mypy: disable-error-code="no-untyped-def"
"""Compiled noise of a step: of a mode, of classes of spins, of collective jumps."""

from __future__ import annotations

import math

import numpy as np

import permsym.kernels  # noqa: F401  its settings of threads come before numba's

# isort: split
from numba import njit


@njit(cache=True, error_model="numpy")
def scatter(u, xi, root_time, equations, clips):
    """Add the noise of a time root_time^2 with the normal numbers xi (noises, team).

    clips  (K, team): counts where B is less than the square root of D
    """
    at, next_one = 0, 0
    if equations.mode:
        at = 2
        noise = equations.mode_noise
        if noise[0, 0] != 0 or noise[0, 1] != 0 or noise[1, 0] != 0 or noise[1, 1] != 0:
            for i in range(2):
                for t in range(u.shape[1]):
                    u[i, t] += root_time * (noise[i, 0] * xi[0, t] + noise[i, 1] * xi[1, t])
            next_one = 2
    for k in range(len(equations.numbers)):
        if equations.noisy[k]:
            _scatter_class(u[at : at + 3], xi[next_one : next_one + 3], root_time, equations, k, clips[k])
            next_one += 3
        at += 3
    for j in range(len(equations.spread)):
        for t in range(u.shape[1]):
            kick = complex(xi[next_one, t], xi[next_one + 1, t]) * (root_time * math.sqrt(0.5))
            _rotate(u[:, t], kick, equations.spread[j], equations.mode)
        next_one += 2


@njit(cache=True, error_model="numpy")
def _scatter_class(s, xi, root_time, equations, k, clips):
    """Noise of the spins s (3, team) of class k."""
    number, frame, bias = equations.numbers[k], equations.frame[k], equations.bias[k]
    slope = 2 * bias / number
    scale = root_time * math.sqrt(number)
    first_root, second_root = scale * equations.root[k, 0], scale * equations.root[k, 1]
    shrinks = equations.shrinks[k]
    for t in range(s.shape[1]):
        a = frame[0, 0] * s[0, t] + frame[0, 1] * s[1, t] + frame[0, 2] * s[2, t]
        b = frame[1, 0] * s[0, t] + frame[1, 1] * s[1, t] + frame[1, 2] * s[2, t]
        c = frame[2, 0] * s[0, t] + frame[2, 1] * s[1, t] + frame[2, 2] * s[2, t]
        # B is lower triangular: g root = D between m and across, q - g^2 the last pivot
        g = equations.inverse[k, 0] * (equations.cross[k, 0] + slope * a)
        h = equations.inverse[k, 1] * (equations.cross[k, 1] + slope * b)
        q, r = equations.along[k] + 2 * slope * c, g * g + h * h
        pivot = q - r
        clipped = pivot < -1e-12 * (abs(q) + r)
        clips[t] += 1.0 if clipped else 0.0
        factor = math.sqrt(max(q, 0.0) / r) if clipped and shrinks else 1.0
        first, second = xi[0, t], xi[1, t]
        along = scale * (factor * (g * first + h * second) + math.sqrt(max(pivot, 0.0)) * xi[2, t])
        first, second = first_root * first, second_root * second
        s[0, t] += frame[0, 0] * first + frame[1, 0] * second + frame[2, 0] * along
        s[1, t] += frame[0, 1] * first + frame[1, 1] * second + frame[2, 1] * along
        s[2, t] += frame[0, 2] * first + frame[1, 2] * second + frame[2, 2] * along


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
