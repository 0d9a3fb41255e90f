# mypy: disable-error-code="no-untyped-def"
"""Counter-based random numbers: Philox4x32-10, and normal ones from it.

A block of four 32-bit words is a function of (key, counter) alone, so any thread can make any part of a stream:

    (c0, c1, c2, c3) -> (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)),   ten times,   (k0, k1) += (W0, W1)

Source: J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).
"""

from __future__ import annotations

import math

import numpy as np

import permsym.kernels  # noqa: F401  its settings of threads come before numba's

# isort: split
from numba import njit

WORDS = 4
_ROUNDS = 10
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_MASK, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_UNIT = 2.0**-32


@njit(cache=True, inline="always")
def philox(c0, c1, c2, c3, k0, k1):
    """Four words of 32 bits (in 64) from a counter and a key of such words."""
    for _ in range(_ROUNDS):
        low, high = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (high >> _HALF) ^ c1 ^ k0, high & _MASK, (low >> _HALF) ^ c3 ^ k1, low & _MASK
        k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@njit(cache=True, inline="always")
def normals(out, block, stream, k0, k1):
    """Fill ``out``, of a multiple of four numbers, with independent normal ones: block ``block``, ``block + 1``, ... of a stream.

    Box and Muller: sqrt(-2 ln u) (cos, sin)(2 pi v), u in (0, 1).  With 32 bits the largest is 6.8.
    """
    for i in range(0, len(out), 4):
        counter = block + np.uint64(i // 4)
        a, b, c, d = philox(counter & _MASK, counter >> _HALF, stream & _MASK, stream >> _HALF, k0, k1)
        radius, angle = math.sqrt(-2 * math.log((np.float64(a) + 0.5) * _UNIT)), 2 * math.pi * np.float64(b) * _UNIT
        out[i], out[i + 1] = radius * math.cos(angle), radius * math.sin(angle)
        radius, angle = math.sqrt(-2 * math.log((np.float64(c) + 0.5) * _UNIT)), 2 * math.pi * np.float64(d) * _UNIT
        out[i + 2], out[i + 3] = radius * math.cos(angle), radius * math.sin(angle)
