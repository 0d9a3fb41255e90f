"""Settings of the matrix-free solver, and what it needs, known before anything is compiled or allocated."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from permsym.errors import InputError

OVERHEAD = 1.8e8  # bytes of the compiler's library (measured: 125 to 131 MB where the loops are loaded, 156 to 170 where they are compiled)
LISTS = 175  # bytes a number: what else there is, lists of links and vectors of a certificate (measured: 60 to 175)
SECONDS = 7e-9  # a number and product, with the vectors' part, on two threads


@dataclass(frozen=True)
class MatrixFree:
    """BiCGStab(l) with the matrix-free Liouvillian.

    l          degree of the minimal-residual polynomials; 4 takes as many products as 2 (within 6 % for driven cavities to N = 20), and
               four vectors more
    tolerance  of the residual, rows scaled by their 2-norms, and relative to the state (2-norms)
    products   most products with the Liouvillian
    """

    l: int = 2  # noqa: E741
    tolerance: float = 1e-14
    products: int = 50_000

    def __post_init__(self) -> None:
        if self.l not in range(1, 9):
            raise InputError(f"`l` must be from 1 to 8, but is {self.l!r}")
        if not 0 < self.tolerance < 1:
            raise InputError(f"`tolerance` must be between 0 and 1, but is {self.tolerance!r}")

    def describe(self) -> dict[str, Any]:
        return {"name": "matrix-free", **asdict(self)}

    def bytes(self, numbers: float) -> float:
        """Peak memory of a solve with so many stored real numbers."""
        return OVERHEAD + numbers * (8 * (2 * self.l + 4) + LISTS)
