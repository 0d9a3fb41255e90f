"""Which factorisation of a matrix on a lattice to make, by time and by memory, before anything is allocated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from permsym import machine
from permsym.linear import cost
from permsym.linear.assembled.solver import BiCGStab
from permsym.linear.contract import DirectSolver
from permsym.linear.incomplete_lu import IncompleteLU
from permsym.linear.shift_invert import ShiftInvert
from permsym.linear.superlu import SuperLU
from permsym.text import readable

FactorSolver = DirectSolver | ShiftInvert
"""A solver that makes factors, or what stands for them: :class:`permsym.linear.assembled.solver.BiCGStab`."""

QUICKER = 100_000  # unknowns from which single precision and refinement take less time than double precision (bench_solve.py)
LONG = 2.0  # seconds from which a step is announced before it begins
POOR = 1e-12  # an algebraic bound above it may come from single precision
UNSOLVED = 1e-9  # an algebraic bound above it means that an iteration did not get there
PATIENCE = 600.0  # seconds beyond which an iterative solve is not begun unasked

_NAMES: dict[cost.Kind, str] = {
    "double": "double precision",
    "single": "single precision",
    "incomplete": "incomplete factors",
    "iterated": f"about {cost.PRODUCTS} products",
}


@dataclass(frozen=True)
class Factorisation:
    """A solver with factors, and what it will need.

    unknowns  that are eliminated
    bytes     peak memory of assembly, factors and certificate
    seconds   of one modern core, roughly
    """

    solver: FactorSolver
    unknowns: int
    bytes: float
    seconds: float

    @classmethod
    def of(cls, unknowns: int, sides: Sequence[int], solver: FactorSolver, share: float = 1.0) -> Factorisation:
        """What a solver needs on a lattice box with these sides; ``share`` of the unknowns are eliminated, the others drop out."""
        kind = kind_of(solver)
        return cls(solver, unknowns, cost.solve_bytes(unknowns, sides, kind, share), cost.solve_seconds(unknowns, sides, kind))

    @property
    def fits(self) -> bool:
        """Whether the memory is free now."""
        return self.bytes <= machine.available_bytes()

    def __str__(self) -> str:
        name = _NAMES[kind_of(self.solver)]
        return f"{self.unknowns:,} unknowns, {name}, about {self.seconds:.0f} s and {readable(self.bytes)}"


def kind_of(solver: FactorSolver) -> cost.Kind:
    """Of which kind a solver's factors are."""
    if isinstance(solver, IncompleteLU):
        return "incomplete"
    if isinstance(solver, BiCGStab):
        return "iterated"
    return "single" if isinstance(solver, SuperLU) and solver.precision == "single" else "double"


def first_that_fits(unknowns: int, sides: Sequence[int], double: SuperLU | None = None, share: float = 1.0) -> Factorisation:
    """Double precision, single precision with refinement, or incomplete factors with iteration: the first that fits.

    double   settings of the first two where small numbers down to 1e-300 are too much for single precision to begin with;
             None: single precision comes first from QUICKER unknowns on
    share    of the unknowns that are eliminated
    """
    first = SuperLU() if double is None else double
    single = replace(first, precision="single")
    exact = (single,) if double is None and unknowns > QUICKER else (first, single)
    choices = [Factorisation.of(unknowns, sides, each, share) for each in exact]
    last = Factorisation.of(unknowns, sides, IncompleteLU(), share)
    if len(sides) <= 2 and last.seconds <= PATIENCE:  # with more dimensions incomplete factors fill too much to save memory
        choices.append(last)
    return next((each for each in choices if each.fits), choices[-1])


def doubtful(solver: FactorSolver, algebraic_error: float) -> bool:
    """Whether an error bound may be poor for want of factors in double precision: worth another solve, where that fits."""
    kind = kind_of(solver)
    return kind != "double" and not algebraic_error <= (UNSOLVED if kind == "iterated" else POOR)
