# mypy: disable-error-code="no-untyped-def"
"""Counter-based random numbers: Philox4x32-10, and normal ones from it.

A block of four 32-bit words is a function of (key, counter) alone, so any thread can make any part of a stream:

    (c0, c1, c2, c3) -> (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)),   ten times,   (k0, k1) += (W0, W1)

Source: J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).

The logarithm, sine and cosine of Box and Muller are polynomials here: calls of the library would keep the loop over streams from
being vectorised.  They are within 1e-15 of the library's.
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
_MANTISSA, _ONE, _SHIFT = np.int64(2**52 - 1), np.int64(1023 << 52), np.int64(52)
_EIGHTH, _QUARTER, _THIRTY = np.int64(2**29), np.int64(2**30 - 1), np.int64(30)
_LN2 = math.log(2)


@njit(cache=True, inline="always")
def philox(c0, c1, c2, c3, k0, k1):
    """Four words of 32 bits (in 64) from a counter and a key of such words."""
    for _ in range(_ROUNDS):
        low, high = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (high >> _HALF) ^ c1 ^ k0, high & _MASK, (low >> _HALF) ^ c3 ^ k1, low & _MASK
        k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@njit(cache=True, inline="always")
def radius(word):
    """sqrt(-2 ln u), u = (word + 1/2)/2^32 = 2^e m with m in [1, 2); ln m = 2 artanh((m - 1)/(m + 1)), m above sqrt 2 halved."""
    bits = np.float64(np.float64(np.int64(word)) + 0.5).view(np.int64)
    mantissa = np.int64((bits & _MANTISSA) | _ONE).view(np.float64)
    exponent = np.float64((bits >> _SHIFT) - np.int64(1023 + 32))
    above = mantissa > 1.4142135623730951
    mantissa = 0.5 * mantissa if above else mantissa
    exponent = exponent + 1.0 if above else exponent
    s = (mantissa - 1) / (mantissa + 1)
    t = s * s
    series = 1 + t * (1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 + t * (1 / 13 + t * (1 / 15 + t / 17)))))))
    return math.sqrt(-2 * (exponent * _LN2 + 2 * s * series))


@njit(cache=True, inline="always")
def circle(word):
    """(cos, sin) of 2 pi word/2^32: the nearest quarter, and Taylor series of what is left, at most an eighth."""
    turned = np.int64(word) + _EIGHTH
    x = np.float64((turned & _QUARTER) - _EIGHTH) * (2 * math.pi * _UNIT)
    t = x * x
    sine = x * (1 - t / 6 * (1 - t / 20 * (1 - t / 42 * (1 - t / 72 * (1 - t / 110 * (1 - t / 156 * (1 - t / 210)))))))
    cosine = 1 - t / 2 * (1 - t / 12 * (1 - t / 30 * (1 - t / 56 * (1 - t / 90 * (1 - t / 132 * (1 - t / 182 * (1 - t / 240)))))))
    quarter = (turned >> _THIRTY) & np.int64(3)
    odd = (quarter & np.int64(1)) == np.int64(1)
    first, second = (sine, cosine) if odd else (cosine, sine)
    first = -first if quarter == np.int64(1) or quarter == np.int64(2) else first
    second = -second if quarter >= np.int64(2) else second
    return first, second


@njit(cache=True, error_model="numpy")
def normals(out, block, streams, k0, k1):
    """Fill ``out`` (numbers, streams), of a multiple of four numbers, with independent normal ones: blocks ``block``, ... of each stream.

    Box and Muller: sqrt(-2 ln u) (cos, sin)(2 pi v), u in (0, 1).  With 32 bits the largest is 6.8.
    """
    for i in range(len(out) // WORDS):
        counter = block + np.uint64(i)
        low, high = counter & _MASK, counter >> _HALF
        for k in range(len(streams)):
            a, b, c, d = philox(low, high, streams[k] & _MASK, streams[k] >> _HALF, k0, k1)
            length, (x, y) = radius(a), circle(b)
            out[4 * i, k], out[4 * i + 1, k] = length * x, length * y
            length, (x, y) = radius(c), circle(d)
            out[4 * i + 2, k], out[4 * i + 3, k] = length * x, length * y
