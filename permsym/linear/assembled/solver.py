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

from permsym.linear.assembled.settings import Outer, Settings

if TYPE_CHECKING:  # they load compiled loops
    from permsym.linear.assembled.iteration import Doubled, Iteration


@dataclass(frozen=True)
class BiCGStab(Settings):
    """BiCGStab(l) on the assembled matrix, rows scaled by the diagonal; its limits are those of :class:`Settings`."""

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
