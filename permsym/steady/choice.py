"""Which solver factors a matrix, by time and by a memory estimate made before anything is allocated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from permsym import machine
from permsym.linear import cost
from permsym.linear.contract import DirectSolver
from permsym.linear.incomplete_lu import IncompleteLU
from permsym.linear.shift_invert import ShiftInvert
from permsym.linear.superlu import SuperLU
from permsym.text import readable

Chosen = DirectSolver | ShiftInvert
QUICKER = 100_000  # unknowns from which single precision and refinement take less time than double precision
LONG = 2.0  # seconds from which a step is announced before it begins
POOR = 1e-12  # an algebraic bound above it may come from single precision
PATIENCE = 600.0  # seconds beyond which an iterative solve is not begun unasked


@dataclass(frozen=True)
class Plan:
    """A solver and what it will need.

    size      unknowns
    bytes_    peak memory
    seconds   of one modern core, roughly
    fits      whether the memory is free now
    """

    solver: Chosen
    size: int
    bytes_: float
    seconds: float

    @property
    def fits(self) -> bool:
        return self.bytes_ <= machine.available_bytes()

    def describe(self) -> str:
        name = {"double": "double precision", "single": "single precision", "incomplete": "incomplete factors"}[kind(self.solver)]
        return f"{self.size:,} unknowns, {name}, about {self.seconds:.0f} s and {readable(self.bytes_)}"


def kind(solver: Chosen) -> cost.Kind:
    """Of which kind a solver's factors are."""
    if isinstance(solver, IncompleteLU):
        return "incomplete"
    return "single" if isinstance(solver, SuperLU) and solver.precision == "single" else "double"


def plan(size: int, sides: Sequence[int], solver: Chosen) -> Plan:
    """What a solver needs on a lattice box with these sides."""
    of = kind(solver)
    return Plan(solver, size, cost.solve_bytes(size, sides, of), cost.solve_seconds(size, sides, of))


def automatic(size: int, sides: Sequence[int], double: SuperLU | None = None) -> Plan:
    """Double precision, single precision with refinement, or incomplete factors with iteration: the first that fits.

    double   settings of the first two in a full basis, where populations down to 1e-300 are too much for single precision to
             begin with; None: in a window, where it comes first from QUICKER unknowns on
    """
    first = SuperLU() if double is None else double
    single = replace(first, precision="single")
    exact = (single,) if double is None and size > QUICKER else (first, single)
    plans = [plan(size, sides, each) for each in exact]
    last = plan(size, sides, IncompleteLU())
    if len(sides) <= 2 and last.seconds <= PATIENCE:  # with more dimensions incomplete factors fill too much to save memory
        plans.append(last)
    return next((each for each in plans if each.fits), plans[-1])


def doubtful(solver: Chosen, algebraic_error: float) -> bool:
    """Whether an error bound may be poor for want of double precision: worth another solve, where that fits."""
    return kind(solver) != "double" and not algebraic_error <= POOR
