"""What is asked for, and the plan that answers it: which route, basis, window and solver, how much memory, how long, and why."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from permsym.basis.basis import Basis
from permsym.basis.several import Cut
from permsym.basis.window import Window
from permsym.errors import InputError
from permsym.linear.assembled.solver import BiCGStab
from permsym.linear.factorisation import FactorSolver
from permsym.linear.incomplete_lu import IncompleteLU
from permsym.linear.pardiso import Pardiso
from permsym.linear.shift_invert import ShiftInvert
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel, select_labels
from permsym.sites import is_real
from permsym.steady.cavity.checkpoint import Checkpoint
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.text import readable

if TYPE_CHECKING:
    from permsym.steady.scaling.cloud import Cloud
    from permsym.steady.scaling.joint import JointCloud

SOLVERS: dict[str, FactorSolver | MatrixFree] = {
    "superlu": SuperLU(),
    "shift-invert": ShiftInvert(),
    "single": SuperLU(precision="single"),
    "ilu": IncompleteLU(),
    "pardiso": Pardiso(),
    "bicgstab": BiCGStab(),
    "matrix-free": MatrixFree(),
}
"""Solvers by the name that a command line or a file gives them; see NAMES for the others."""
NAMES = (*SOLVERS, "hermite", "quick")

Solver = FactorSolver | MatrixFree | Literal["auto", "hermite", "quick"]
WindowChoice = Literal["auto", "full"] | float | Window | Cut


class Route(StrEnum):
    """How a steady state is reached; each is a room of this folder."""

    LATTICE = "lattice"
    CAVITY = "cavity"
    HERMITE = "hermite"
    WEAK = "weak"


@dataclass(frozen=True)
class Request:
    """What a steady state is asked for; see :func:`permsym.steady.solve.steady_state`."""

    model: Model
    labels: tuple[MomentLabel, ...]
    basis: str | Basis = "auto"
    solver: Solver = "auto"
    window: WindowChoice = "auto"
    tolerance: float = 1e-9
    verify: bool = False
    liouvillian: Liouvillian | None = None
    checkpoint: Checkpoint | None = None

    @classmethod
    def of(
        cls,
        model: Model,
        moments: int | str | Iterable[str | MomentLabel],
        solver: Solver | str = "auto",
        checkpoint: Checkpoint | str | None = None,
        **asked: Any,
    ) -> Request:
        """From what a user gave; InputError where that makes no sense."""
        if not isinstance(model, Model):
            raise InputError(f"`model` must be a Model such as ps.models.central_spin(N=10), but is {model!r}")
        labels = tuple(select_labels(model, moments))
        if isinstance(window := asked.get("window"), str):
            asked["window"] = Cut.read(window) or window
        if isinstance(checkpoint, str):
            checkpoint = Checkpoint(checkpoint)
        return cls(model, labels, solver=named(solver), checkpoint=checkpoint, **asked)

    def __post_init__(self) -> None:
        if not is_real(self.tolerance) or not math.isfinite(self.tolerance) or self.tolerance <= 0:
            raise InputError(f"`tolerance` must be a positive number, but is {self.tolerance!r}")
        if isinstance(self.window, str) and self.window not in ("auto", "full"):
            raise InputError(
                f"`window` must be auto, full, a number of standard deviations or a cut such as 6/1e-9, but is {self.window!r}"
            )
        number = is_real(self.window) and math.isfinite(self.window) and self.window > 0  # type: ignore[arg-type,operator]
        if not isinstance(self.window, str | Window | Cut) and not number:
            raise InputError(f"`window` must be auto, full or a positive number of standard deviations, but is {self.window!r}")

    def about(self, model: Model, labels: Iterable[MomentLabel | str], **changes: Any) -> Request:
        """The same of another model, without what belongs to this one."""
        keys = tuple(select_labels(model, list(labels)))
        return replace(self, model=model, labels=keys, verify=False, liouvillian=None, checkpoint=None, **changes)

    @property
    def open_levels(self) -> bool:
        """Whether the cut-off of a mode of the model is still to be found."""
        return self.model.centre.automatic

    @property
    def iterated(self) -> bool:
        """Whether the matrix-free solver was asked for by name."""
        return isinstance(self.solver, MatrixFree)


def named(solver: Solver | str) -> Solver:
    """A solver by its name, or itself."""
    if not isinstance(solver, str) or solver in ("auto", "hermite", "quick"):
        return solver  # type: ignore[return-value]
    if solver not in SOLVERS:
        raise InputError(f"there is no solver {solver!r}; choose one of auto, {', '.join(NAMES)}")
    return SOLVERS[solver]


@dataclass(frozen=True)
class Plan:
    """How a steady state will be computed, and what that is expected to need.

    route        the room that solves
    model        what is solved, on displaced Fock states where these are fewer
    basis        name of the representation
    window       "full", "adapted", "blocks", "excitations", a number of standard deviations, a Window or a Cut
    solver       with its settings; None: the route has only one
    unknowns     real numbers that are solved for
    bytes        peak memory
    seconds      of one modern core, roughly
    why          one sentence
    levels       of a boson: expected ones where the cut-off is open
    open_levels  whether the cut-off is found along the way
    start        the cut-off to try first; None: a smaller system says
    cloud        where a smaller system sees the probability; what a window is predicted from
    joint        the same of several ensembles
    provisional  whether another plan follows where this one does not certify itself
    cross_check  whether the Hermite solver verifies
    beyond       the refusal of a window, where the Hermite solver is asked in its place
    """

    route: Route
    model: Model = field(repr=False)
    basis: str
    window: str | float | Window | Cut
    solver: FactorSolver | MatrixFree | None
    unknowns: int
    bytes: float
    seconds: float
    why: str
    levels: int | None = None
    open_levels: bool = False
    start: int | None = None
    cloud: Cloud | None = field(default=None, repr=False, compare=False)
    joint: JointCloud | None = field(default=None, repr=False, compare=False)
    provisional: bool = False
    cross_check: bool = False
    beyond: Exception | None = field(default=None, repr=False, compare=False)

    def outcome(self) -> Plan:
        """Without what the route alone needs: to keep with a result."""
        return replace(self, cloud=None, joint=None, beyond=None)

    @property
    def solver_name(self) -> str:
        """As a command line names it."""
        if self.solver is None:
            return "hermite"
        return str(self.solver.describe()["name"])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        window = f"{self.window.size} sites" if isinstance(self.window, Window) else self.window
        return {
            "route": str(self.route),
            "basis": self.basis,
            "window": str(window) if isinstance(window, Cut) else window,
            "solver": self.solver_name,
            "unknowns": self.unknowns,
            "bytes": round(self.bytes),
            "seconds": round(self.seconds, 3),
            "why": self.why,
        }

    @property
    def choice(self) -> str:
        """Route, basis, window and solver in a few words."""
        shown = self.to_dict()
        return f"{shown['route']}: {shown['basis']}, {shown['window']}, {shown['solver']}"

    def __str__(self) -> str:
        return f"{self.choice}: {self.unknowns:,} unknowns, about {readable(self.bytes)} and {self.seconds:.2g} s; {self.why}"
