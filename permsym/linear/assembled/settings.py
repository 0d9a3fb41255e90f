"""What an iteration is told: limits, and an outer product that moves a zero away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Outer:
    """v t^T on some of the unknowns.

    index   (k,) rising positions; column, row (k,): v and t there
    """

    index: NDArray[np.int64]
    column: Vector
    row: Vector

    @property
    def transposed(self) -> Outer:
        """t v^T."""
        return Outer(self.index, self.row, self.column)


NOTHING = Outer(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
"""Nothing is added."""


@dataclass(frozen=True)
class Settings:
    """Limits of a BiCGStab(l).

    l          degree of the minimal-residual polynomials
    tolerance  of the residual between the triangles, relative to the solution (2-norms); not below eps n^(1/2), which rounding leaves
    products   most products with the matrix in one solve
    """

    l: int = 2  # noqa: E741
    tolerance: float = 1e-14
    products: int = 20_000

    def __post_init__(self) -> None:
        if self.l not in range(1, 9):
            raise InputError(f"`l` must be from 1 to 8, but is {self.l!r}")
        if not 0 < self.tolerance < 1:
            raise InputError(f"`tolerance` must be between 0 and 1, but is {self.tolerance!r}")
