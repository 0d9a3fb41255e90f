"""Checkpoints of a long evolution: all that it has so far, and the state that it stands at."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym import __version__, machine
from permsym.archive import read
from permsym.checkpoints import CheckpointFile
from permsym.dynamics.evolved.files import BASES
from permsym.dynamics.evolved.moving import WindowSector
from permsym.dynamics.evolved.request import Request
from permsym.dynamics.initial_density import Initial, InitialDensity, InitialMatrix
from permsym.dynamics.sector import Sector
from permsym.dynamics.taylor.steps import Clock
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.progress import Progress
from permsym.states.archived import Packing, Unpacking
from permsym.text import readable

SHAPE = {
    "levels": int,
    "scale": float,
    "in_blocks": (bool, None),
    "tally": dict,
    "states": dict,
    "present": ({"charge": [int], "window": (int, None), "state": str, "now": float, "steps": int, "pace": [float]}, None),
}
"""What a run writes beside its owner; ``present`` is None at the end."""
_KIND = "checkpoint"
_COPIES = 3  # of the arrays, that are in memory while a file is made


class Present(NamedTuple):
    """Where a sector is followed at the moment.

    state   its unknowns at ``now``
    steps   since its basis last changed; pace: of the last of them, see :class:`permsym.dynamics.krylov.Step`
    """

    sector: Sector
    state: NDArray[Any]
    now: float = 0.0
    steps: int = 0
    pace: tuple[float, ...] = ()

    def packed(self, packing: Packing) -> dict[str, Any]:
        """What a file says of it; a window has more unknowns than the state has reached."""
        windowed = isinstance(self.sector, WindowSector)
        return {
            "charge": list(self.sector.basis.charge),
            "window": packing.basis(self.sector.basis) if windowed else None,
            "state": packing.array(self.sector.as_basis_holds(self.state) if windowed else self.state),
            "now": self.now,
            "steps": self.steps,
            "pace": list(self.pace),
        }


@dataclass
class EvolutionCheckpoint(CheckpointFile):
    """Where an evolution is written, every now and then.

    path, every   see :class:`permsym.checkpoints.CheckpointFile`
    owner         what the evolution is one of, by name: :func:`owner_of`
    """

    owner: dict[str, Any] = field(default_factory=dict, init=False)
    _said: bool = field(default=False, init=False)

    def load(self) -> Unpacking | None:
        """What is in the file; None where there is no file.  InputError for another evolution's, another version's, a damaged one."""
        if not Path(self.path).exists():
            return None
        archive = read(self.path, _KIND)
        advice = "delete it or give another name"
        if archive.version != __version__:
            raise InputError(f"{os.fspath(self.path)!r} was written by permsym {archive.version}, and this is {__version__}; {advice}")
        theirs = archive.header.get("owner")
        if not isinstance(theirs, dict):
            raise InputError(f"{os.fspath(self.path)!r} is no checkpoint of an evolution; {advice}")
        for name, mine in self.owner.items():
            if theirs.get(name) != mine:
                raise InputError(f"{os.fspath(self.path)!r} is the checkpoint of an evolution with another {name}; {advice}")
        return Unpacking(archive, BASES)

    def write(self, header: Callable[[Packing], Mapping[str, Any]], progress: Progress, now: bool = False) -> None:
        """Write the file if it is time, and say how large it is the first time."""

        def content() -> memoryview:
            packing = Packing()
            archive = packing.archive(_KIND, {"owner": self.owner, **header(packing)})
            if _COPIES * sum(array.nbytes for array in packing.arrays.values()) > machine.available_bytes():
                raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
            return archive.packed()

        if self.put(content, now) and not self._said:
            self._said = True
            progress(f"checkpoint of {readable(Path(self.path).stat().st_size)} in {os.fspath(self.path)}")


def owner_of(model: Model, representation: str, labels: Sequence[MomentLabel], request: Request) -> dict[str, Any]:
    """What tells an evolution from others, by the words in which a file of another one is refused."""
    keeping, static = request.keeping, model if request.clock is None else request.clock.modulation.static
    return {
        "model": static.hash,
        "modulation": None if request.clock is None else _of_clock(request.clock),
        "initial state": _of_initial(request.initial),
        "list of times": _digest(request.times),
        "tolerance": float(request.tolerance),
        "method": str(request.method),
        "basis": representation,
        "choice of moments": _digest(*(np.frombuffer(str(label).encode(), dtype=np.uint8) for label in labels)),
        "choice of states (`keep`)": [keeping.asked, _digest(keeping.wanted)],
        "start on the clock": float(request.zero),
    }


def _of_initial(initial: Initial) -> str:
    if isinstance(initial, InitialMatrix):
        return _digest(initial.matrix)
    if isinstance(initial, InitialDensity):
        sectors = [initial.state, *initial.state.coherences]
        return "|".join([initial.state.model.hash, _digest(*(each.x for each in sectors)), repr([each.basis.charge for each in sectors])])
    return repr(initial)


def _of_clock(clock: Clock) -> list[Any]:
    """The coefficients of all terms in time, to nine digits: a function's code has no name that one could trust."""
    modulation = clock.modulation
    at = np.linspace(modulation.start, modulation.end, 101)
    coefficients = [f"{x:.8e}" for x in modulation.coefficients(at).ravel()]
    return [sorted(modulation.functions), hashlib.sha256(" ".join(coefficients).encode()).hexdigest(), list(modulation.kinks)]


def _digest(*arrays: NDArray[Any]) -> str:
    total = hashlib.sha256()
    for array in arrays:
        total.update(f"{array.dtype.str}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return total.hexdigest()
