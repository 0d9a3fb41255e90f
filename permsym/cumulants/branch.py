"""What continuation gives back: fixed points in order along one parameter, and what happens between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from permsym.cumulants.newton import FixedPoint


@dataclass(frozen=True)
class BranchPoint:
    """A fixed point on a branch.

    value      the parameter there
    beyond     number of folds between the start of the branch and this point
    """

    value: float
    point: FixedPoint
    beyond: int = 0


class EventKind(Enum):
    """What happens on a branch: it turns back; a complex pair of eigenvalues crosses the imaginary axis; a real one does."""

    FOLD = auto()
    HOPF = auto()
    CROSSING = auto()


@dataclass(frozen=True)
class Event:
    """Where on a branch something happens; ``omega`` is the angular frequency at the onset of a HOPF."""

    kind: EventKind
    value: float
    point: FixedPoint
    omega: float = 0.0


class Ending(Enum):
    """How a branch ends: at its goal; back beyond its start; after as many folds as allowed; where no step is small enough; too long."""

    REACHED = auto()
    RETURNED = auto()
    FOLDED = auto()
    STALLED = auto()
    TOO_LONG = auto()


@dataclass
class Branch:
    """A branch of fixed points in order, and its events in order; ``ended`` says for people why it ends before its goal."""

    name: str
    points: list[BranchPoint] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    ending: Ending = Ending.REACHED
    ended: str = ""

    def _of(self, kind: EventKind) -> list[Event]:
        return [event for event in self.events if event.kind is kind]

    @property
    def folds(self) -> list[Event]:
        return self._of(EventKind.FOLD)

    @property
    def hopf(self) -> list[Event]:
        return self._of(EventKind.HOPF)

    @property
    def crossings(self) -> list[Event]:
        return self._of(EventKind.CROSSING)

    @property
    def reached(self) -> bool:
        """Whether the branch arrived at its goal."""
        return self.ending is Ending.REACHED
