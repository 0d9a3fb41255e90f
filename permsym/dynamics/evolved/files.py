"""States out of files: ``permsym.load_state``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from permsym.archive import read
from permsym.basis.described import MAKERS, Arrays, Fields, Maker
from permsym.dynamics.evolved.errors import SectorError
from permsym.dynamics.evolved.state import EvolvedState, Origin, SectorPart
from permsym.errors import InputError
from permsym.fields import checked
from permsym.model import Model
from permsym.states.archived import STATE, Unpacking, charges_of
from permsym.states.density import DensityOperator
from permsym.steady.recorded import restored
from permsym.steady.state import State
from permsym.steady.weak.basis import WeakBasis


def _weak(model: Model, fields: Fields, arrays: Arrays) -> WeakBasis:
    return WeakBasis(model, fields["most"], tuple(fields["charge"]))


BASES: Mapping[str, Maker] = {**MAKERS, "weak": _weak}
"""Makers of all bases that files hold."""

_STATE = {
    "type": str,
    "model": int,
    "sectors": [{"basis": int, "x": str}],
    "lacking": [[int]],
    "deviation": (float, None),
    "time": float,
}
_ORIGIN = {"model": int, "labels": [str], "tolerance": float, "deviation": float, "modulated": bool}
_EVOLVED = {"origin": _ORIGIN, "errors": [[float]], "top": float}


def load_state(path: str | os.PathLike[str]) -> State | EvolvedState | DensityOperator:
    """The state that ``state.save(path)`` wrote: a steady one, one of an evolution, or a density operator.

    It has the same coefficients, to the last bit, and the same errors.  A steady state comes without the solver that made it: moments
    that it has not been asked for before are certain to the norm of their operator times ``trace_norm_error``, and what needs solves of
    its own says so.  Raises InputError for another file, a damaged one, and one of another layout.
    """
    unpacking = Unpacking(read(path, STATE), BASES)
    try:
        return state_of(checked(unpacking.header.get("state"), _STATE, "the state"), unpacking)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError(f"{str(Path(path))!r} does not hold a state ({error}); give one that state.save() wrote") from None


def state_of(header: dict[str, Any], unpacking: Unpacking) -> State | EvolvedState | DensityOperator:
    """The state of a header."""
    parts = [(unpacking.basis(each["basis"]), unpacking.array(each["x"])) for each in header["sectors"]]
    (basis, x), *charged = parts
    lacking = charges_of(header["lacking"])
    if header["type"] == "evolved":
        checked(header, _EVOLVED, "the state")
        origin = Origin(**{**header["origin"], "model": unpacking.model(header["origin"]["model"]), "labels": ()})
        tops = [header["top"], *(0.0 for _ in charged)]
        errors = [SectorError(*each) for each in header["errors"]]
        sectors = [SectorPart(*part, error, top) for part, error, top in zip(parts, errors, tops, strict=True)]
        state = EvolvedState(origin, header["time"], sectors, lacking)
        state.origin = origin._replace(labels=tuple(map(state.label, header["origin"]["labels"])))
        return state
    model = unpacking.model(header["model"])
    if header["type"] == "steady":
        return restored(header, model, basis, x, None if header.get("fock") is None else unpacking.array(header["fock"]))
    coherences = [DensityOperator(each.model, each, y) for each, y in charged]
    density = DensityOperator(model, basis, x, None, coherences, lacking, header["deviation"])
    density.time = header["time"]
    return density
