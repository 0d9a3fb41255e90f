"""Logarithms of factorials.  ``scipy.special`` has them, too; loading it takes longer than a small steady state."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def log_factorial(n: NDArray[np.int64]) -> NDArray[np.float64]:
    """ln n! of whole numbers n >= 0, each to the last digit or two."""
    return np.asarray(_table(int(n.max(initial=0)).bit_length())[n])


@lru_cache(maxsize=4)
def _table(bits: int) -> NDArray[np.float64]:
    """(2^bits,) ln n!"""
    return np.array([math.lgamma(k + 1) for k in range(2**bits)])
