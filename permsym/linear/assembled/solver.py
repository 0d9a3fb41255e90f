"""BiCGStab(l) with an assembled matrix whose rows are scaled by the diagonal.

    D^-1 (A + v t^T) x = D^-1 b,    D = |diagonal of A|

Where a lattice has more than two dimensions factors fill: 1,941 nonzeros a row at 13,700 unknowns of driven Lambda atoms in a cavity.
An iteration needs a few hundred products however large the system is.  An outer product v t^T moves an eigenvalue that is zero.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.errors import InputError

if TYPE_CHECKING:  # they load compiled loops
    from permsym.linear.assembled.iteration import Doubled, Iteration

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Outer:
    """v t^T on some of the unknowns.

    index   (k,) positions; column, row (k,): v and t there
    """

    index: NDArray[np.int64]
    column: Vector
    row: Vector


@dataclass(frozen=True)
class BiCGStab:
    """BiCGStab(l) on the assembled matrix, rows scaled by the diagonal.

    l          degree of the minimal-residual polynomials
    tolerance  of the residual, rows scaled, relative to the solution (2-norms); not below eps n^(1/2), where rounding ends all progress
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

    def factor(
        self, matrix: sparse.csc_array, coordinates: NDArray[np.int64] | None = None, outer: Outer | None = None
    ) -> Iteration | Doubled:
        """What solves with A + v t^T by iteration; nothing is factored, and coordinates are not used."""
        from permsym.linear.assembled.iteration import Doubled, Iteration, doubled

        del coordinates
        if np.iscomplexobj(matrix):
            return Doubled(Iteration(self, doubled(matrix)))
        return Iteration(self, matrix, outer)

    def describe(self) -> dict[str, Any]:
        return {"name": "bicgstab", **asdict(self)}
