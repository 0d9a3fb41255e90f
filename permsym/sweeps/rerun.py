"""Computing a file again from its own provenance, and how far the new numbers are from the old ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym.dataset.schema import PHOTON
from permsym.dataset.versions import versions
from permsym.errors import InputError
from permsym.sweeps.cost import Cost
from permsym.sweeps.definition import Sweep, from_definition
from permsym.sweeps.run import Executor, assembled, execute, prepare
from permsym.sweeps.task import Result, Task
from permsym.sweeps.workers.pool import inline

if TYPE_CHECKING:
    import xarray as xr

_NOT_NUMBERS = ("computed_at", "status", "reason")


@dataclass(frozen=True)
class Repeated:
    """A file beside what its provenance gives today.

    largest    largest |difference| over all numbers but timings; nan where only one side has a number
    variable   the variable with that difference; "" where everything is equal to the bit
    at         the coordinates of that difference
    beyond     number of moments and values of spectra that differ by more than both error estimates together
    states     number of points with another status
    other      packages of another version now: name -> (then, now)
    """

    largest: float
    variable: str
    at: dict[str, Any]
    beyond: int
    states: int
    other: dict[str, tuple[str, str]]

    @property
    def equal(self) -> bool:
        """Whether all numbers are the same to the bit."""
        return not self.variable


def sweep_of(dataset: xr.Dataset, allow: Callable[[str], None] | None = None) -> Sweep:
    """The sweep that made a dataset, from its attributes.

    allow   called with the name of a user's function before it is imported; None: such a function is refused
    """
    return from_definition(_definition_of(dataset), allow)


def of_command(dataset: xr.Dataset) -> dict[str, Any] | None:
    """The definition of a single evolution, which its command computes again; None for what is a sweep."""
    definition = _definition_of(dataset)
    return definition if "evolve" in definition else None


def _definition_of(dataset: xr.Dataset) -> dict[str, Any]:
    try:
        definition = json.loads(dataset.attrs["definition"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise InputError("the file does not say how it was made; give one that permsym wrote") from None
    if not isinstance(definition, dict):
        raise InputError("the file is put together from several sweeps; it cannot be computed again as one")
    return definition


def rerun(
    dataset: xr.Dataset,
    executor: Executor = inline,
    report: Callable[[Task, Cost, Result], None] | None = None,
    sweep: Sweep | None = None,
) -> tuple[xr.Dataset, Repeated]:
    """The dataset computed again, and how it differs.

    sweep   the one of :func:`sweep_of`, where it is there already
    """
    sweep = sweep_of(dataset) if sweep is None else sweep
    again = assembled(sweep, execute(prepare(sweep), executor, report=report).points, dataset.attrs.get("command", ""))
    return again, compared(dataset, again)


def compared(before: xr.Dataset, after: xr.Dataset) -> Repeated:
    """The differences between two datasets of the same sweep or figure."""
    sizes = {name: size for name, size in before.sizes.items() if name != PHOTON.name}  # of a single state, which a sweep does not have
    if sizes != dict(after.sizes):
        raise InputError(f"the file has the dimensions {sizes}, but its provenance gives {dict(after.sizes)}")
    for name in map(str, before.data_vars):
        if name in after and before[name].dims != after[name].dims and PHOTON.name not in before[name].dims:
            raise InputError(f"the file's variable {name!r} is over {before[name].dims}, but its provenance gives {after[name].dims}")
    largest, variable = 0.0, ""
    at: dict[str, Any] = {}
    for name in map(str, before.data_vars):
        if name in _NOT_NUMBERS or name.startswith("time_") or PHOTON.name in before[name].dims:
            continue
        if name not in after:  # as where only one side has a number
            if before[name].notnull().any() and not np.isnan(largest):
                largest, variable, at = float("nan"), name, {}
            continue
        old, new = before[name].values, after[name].values
        if old.dtype.kind not in "biufc" or old.tobytes() == new.tobytes():
            continue
        with np.errstate(invalid="ignore"):
            difference = np.abs(np.asarray(new, dtype=float) - np.asarray(old, dtype=float))
        difference = np.where(np.isnan(old) & np.isnan(new), 0.0, difference)
        ranked = np.where(np.isnan(difference), np.inf, difference)
        worst = np.unravel_index(int(np.argmax(ranked)), ranked.shape) if ranked.ndim else ()
        if ranked[worst] > (np.inf if np.isnan(largest) else largest) or not variable:
            largest, variable = float(difference[worst]), name
            labelled = [(str(dim), i) for dim, i in zip(before[name].dims, worst, strict=True) if dim in before.coords]
            at = {dim: before[dim].values[i].item() for dim, i in labelled}
    recorded = json.loads(before.attrs.get("versions", "{}"))
    other = {name: (recorded[name], now) for name, now in versions().items() if name in recorded and recorded[name] != now}
    states = sum(str(a) != str(b) for a, b in zip(before["status"].values.flat, after["status"].values.flat, strict=True))
    return Repeated(largest, variable, at, _beyond(before, after), states, other)


def _beyond(before: xr.Dataset, after: xr.Dataset) -> int:
    """Moments and values of two-time functions whose difference the two error estimates do not explain."""
    beyond = 0
    functions = {f"{name}_error": [name] for name in ("power_spectrum", "g2_delayed")}
    for error, parts in ({"moment_error": ["moment_real", "moment_imag"]} | functions).items():
        if error in before and error in after:
            difference = np.linalg.norm([after[part].values - before[part].values for part in parts], axis=0)
            allowed = before[error].values + after[error].values
            beyond += int((difference > np.where(np.isnan(allowed), 1e-9, allowed) + 1e-15).sum())
    return beyond
