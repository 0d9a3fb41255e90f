"""Settings of the matrix-free solver, and what it needs, known before anything is compiled or allocated."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from permsym.errors import InputError
from permsym.model import Model

OVERHEAD = 1.2e8  # bytes of the compiler's library
LISTS = 44  # bytes a number, over l: what else there is, lists of links above all, more of them without a charge, where l is larger
SECONDS = 7e-9  # a number and product, with the vectors' part, on two threads


@dataclass(frozen=True)
class MatrixFree:
    """BiCGStab(l) with the matrix-free Liouvillian.

    l          degree of the minimal-residual polynomials
    tolerance  of the residual, scaled by the diagonal and relative to the state (2-norms)
    products   most products with the Liouvillian
    """

    l: int = 2  # noqa: E741
    tolerance: float = 1e-14
    products: int = 50_000

    @classmethod
    def suited(cls, model: Model) -> MatrixFree:
        """The settings for a model: without a conserved charge slow modes are many, and polynomials of degree 2 stagnate.

        Driven cavity, N = 20: residual 3e-12 after 3,700 products with degree 2, converged after 4,100 with degree 4.
        """
        return cls() if model.charges else cls(l=4)

    def __post_init__(self) -> None:
        if self.l not in range(1, 9):
            raise InputError(f"`l` must be from 1 to 8, but is {self.l!r}")
        if not 0 < self.tolerance < 1:
            raise InputError(f"`tolerance` must be between 0 and 1, but is {self.tolerance!r}")

    def describe(self) -> dict[str, Any]:
        return {"name": "matrix-free", **asdict(self)}

    def bytes(self, numbers: float) -> float:
        """Peak memory of a solve with so many stored real numbers."""
        return OVERHEAD + numbers * (8 * (2 * self.l + 4) + LISTS * self.l)
