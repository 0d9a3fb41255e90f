"""BiCGStab(l) with an assembled matrix between solves with its two triangles.

    (D + L)^-1 (A + v t^T) (I + D^-1 U)^-1 y = (D + L)^-1 b,    A = D + L + U

Where a lattice has more than two dimensions factors fill: 1,941 nonzeros a row at 13,700 unknowns of driven Lambda atoms in a cavity.
An iteration needs about a hundred products however large the system is.  An outer product v t^T moves an eigenvalue that is zero.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.linear.assembled.settings import NOTHING, Outer, Settings

if TYPE_CHECKING:  # they load compiled loops
    from permsym.linear.assembled.iteration import Iteration


@dataclass(frozen=True)
class BiCGStab(Settings):
    """BiCGStab(l) on the assembled matrix between its two triangles; its limits are those of :class:`Settings`."""

    def factor(self, matrix: sparse.csc_array, coordinates: NDArray[np.int64] | None = None, outer: Outer = NOTHING) -> Iteration:
        """What solves with A + v t^T by iteration; nothing is factored, and coordinates are not used."""
        from permsym.linear.assembled.iteration import Iteration

        del coordinates
        return Iteration(self, matrix, outer)

    def describe(self) -> dict[str, Any]:
        return {"name": "bicgstab", **asdict(self)}
