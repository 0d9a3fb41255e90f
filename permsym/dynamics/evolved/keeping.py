"""Which states of an evolution are there afterwards, and the sectors that they need.

keep="auto"    at all times, if these take no more than an eighth of the free memory; in the sectors that moments need, and in every
               sector that the initial state reaches where that is little work
keep="all"     at all times, in every sector
keep=[t, ...]  at these times, in every sector
keep="none"    no states
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym import machine
from permsym.dynamics.evolved.errors import SectorError
from permsym.dynamics.evolved.state import EvolvedState, Origin, SectorPart
from permsym.dynamics.initial_density import Initial
from permsym.dynamics.reached import reached_dimension
from permsym.dynamics.sector import Sector
from permsym.errors import InputError, TooLarge
from permsym.fields import checked
from permsym.model import Model
from permsym.states.archived import Packing, Unpacking
from permsym.states.sectors import Charge
from permsym.text import readable

_SHARE = 8.0  # part of the free memory that states take which nobody has asked for
_LABELS = 100.0  # bytes of labels and their tables, an unknown
_LITTLE = 2000  # unknowns in all sectors together up to which all are followed: as long as a few large sectors take

Keep = str | ArrayLike
_FILE = {
    "wanted": str,
    "reason": str,
    "bytes": float,
    "parts": [{"t": float, "basis": int, "x": str, "error": [float], "top": float}],
}


class Keeping:
    """States as they come, sector by sector.

    times    (T,) of the evolution
    initial  what it starts from
    wanted   (T,) whether the state at each is to be there
    """

    def __init__(self, keep: Keep, times: NDArray[np.float64], representation: str, initial: Initial) -> None:
        self.times, self.representation, self.initial = times, representation, initial
        self.asked = not (isinstance(keep, str) and keep == "auto")
        self.every = self.asked
        self.wanted = _wanted(keep, times)
        self.reason = "" if self.wanted.any() else "evolve with keep='all' or keep=[times]"
        self.parts: dict[float, dict[Charge, SectorPart]] = {}
        self._bytes = 0.0

    def charges(self, model: Model, possible: Iterable[Charge], followed: Iterable[Charge], lacking: Iterable[Charge]) -> list[Charge]:
        """Charges that are followed for the states' sake, beside those that are followed anyway.

        lacking   charges that the first state lacks
        """
        more = sorted(set(possible) - set(followed))
        if not self.wanted.any():
            return []
        if self.every:
            return more
        more = [charge for charge in more if charge not in set(lacking)]
        return more if sum(self._dimension(model, charge) for charge in more) <= _LITTLE else []

    def _dimension(self, model: Model, charge: Charge) -> int:
        return reached_dimension(model, self.representation, charge, self.initial)

    def check(self, model: Model, charges: Iterable[Charge]) -> None:
        """See that the states on whole sectors fit: TooLarge where they were asked for, else none."""
        unknowns = sum((2 if any(charge) else 1) * self._dimension(model, charge) for charge in charges)
        self._fit(8.0 * unknowns * int(self.wanted.sum()))

    def _fit(self, needed: float) -> None:
        available, count = float(machine.available_bytes()), int(self.wanted.sum())
        if needed <= available / (1 if self.asked else _SHARE):
            return
        if self.asked:
            raise TooLarge(
                f"{count:,} states need about {readable(needed)}, but {readable(available)} are available; give fewer times in keep=[...]",
                needed=needed,
                available=available,
            )
        self.wanted = np.zeros_like(self.wanted)
        self.parts.clear()
        self.reason = f"{count:,} of them take {readable(needed)}, too much of the memory; evolve with keep='all', or with keep=[times]"

    def enter(self, sector: Sector, t: float, state: NDArray[Any], error: SectorError, top: float) -> None:
        """Enter one sector of the state at a time that is wanted; what a window or a cut-off takes shows on the way only."""
        if not self.wanted[self.times == t].any():
            return
        part = SectorPart(sector.basis, sector.as_basis_holds(state), error, top)
        fresh = all(each.basis is not part.basis for parts in self.parts.values() for each in parts.values())
        self._bytes += part.x.nbytes + (_LABELS * len(part.x) if fresh else 0)
        self._fit(self._bytes)
        if self.wanted.any():
            self.parts.setdefault(float(t), {})[sector.basis.charge] = part

    def packed(self, packing: Packing) -> dict[str, Any]:
        """What a file says of the states so far."""
        parts = [
            {"t": t, "basis": packing.basis(part.basis), "x": packing.array(part.x), "error": list(part.error), "top": part.top}
            for t, parts in self.parts.items()
            for part in parts.values()
        ]
        return {"wanted": packing.array(self.wanted), "reason": self.reason, "bytes": self._bytes, "parts": parts}

    def recall(self, entry: Any, unpacking: Unpacking) -> None:
        """Take over the states that a file has."""
        checked(entry, _FILE, "the states")
        self.wanted, self.reason, self._bytes = unpacking.array(entry["wanted"]), entry["reason"], float(entry["bytes"])
        for each in entry["parts"]:
            basis = unpacking.basis(each["basis"])
            part = SectorPart(basis, unpacking.array(each["x"]), SectorError(*each["error"]), each["top"])
            self.parts.setdefault(float(each["t"]), {})[basis.charge] = part

    def states(self, origin: Origin, start: float, possible: set[Charge], followed: set[Charge]) -> Iterator[tuple[float, EvolvedState]]:
        """Time and state of all that are there.

        start      clock of the initial state
        possible   charges that it may reach; followed: those that the evolution followed, or found nothing in
        """
        for t, parts in sorted(self.parts.items()):
            neutral = (0,) * len(origin.model.charges)
            ordered = [parts[neutral], *(part for charge, part in sorted(parts.items()) if charge != neutral)]
            yield t, EvolvedState(origin, start + t, ordered, possible - followed)


def _wanted(keep: Keep, times: NDArray[np.float64]) -> NDArray[np.bool_]:
    if isinstance(keep, str):
        if keep not in ("auto", "all", "none"):
            raise InputError(f"`keep` must be 'auto', 'all', 'none' or a list of times, but is {keep!r}")
        return np.full(len(times), keep != "none")
    try:
        asked = np.atleast_1d(np.asarray(keep, dtype=float))
    except (TypeError, ValueError):
        raise InputError(f"`keep` must be 'auto', 'all', 'none' or a list of times, but is {keep!r}") from None
    nearest = position(asked, times) if asked.ndim == 1 else np.array([-1])
    if (nearest < 0).any():
        raise InputError(f"`keep` must name times of the evolution, but is {keep!r}; add them to `times`")
    wanted = np.zeros(len(times), dtype=bool)
    wanted[nearest] = True
    return wanted


def position(asked: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where each of some times is in a list, up to rounding; -1: nowhere."""
    at = np.abs(times[:, None] - asked).argmin(axis=0) if len(times) else np.zeros(len(asked), dtype=np.int64)
    near = np.abs(times[at] - asked) <= 1e-12 * max(1.0, float(np.abs(times).max())) if len(times) else np.zeros(len(asked), dtype=bool)
    return np.where(near, at, -1)
