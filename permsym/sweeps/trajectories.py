"""Points of a sweep that are averages over trajectories: their errors are half widths of 95 % intervals."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.dataset.build import Point, Series
from permsym.dataset.status import Status
from permsym.errors import InputError
from permsym.model import Model
from permsym.sites import is_real
from permsym.sweeps.bench import Bench
from permsym.sweeps.cost import Cost
from permsym.sweeps.quantities import expanded_quantities
from permsym.sweeps.wanted import STATE, Wanted

if TYPE_CHECKING:  # solvers are loaded by whoever computes
    from permsym.sampling.sampled import SampledEvolution, SampledState


def _whole(least: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def _positive(value: Any) -> bool:
    return is_real(value) and 0 < value < float("inf")


TRAJECTORY_OPTIONS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "target": ("a positive number, the half width of the 95 % interval", _positive),
    "seed": ("a whole number >= 0", _whole(0)),
    "duration": ("a positive time", _positive),
    "trajectories": ("a whole number >= 4", _whole(4)),
}
"""Option of :func:`permsym.unravelling.trajectories.trajectories` -> what it must be, and whether a value is that."""
IN_TIME = ("target", "seed", "trajectories")
"""Those that it has with ``times``, too."""

TWA_OPTIONS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "target": ("a positive number, the half width of the 95 % interval", _positive),
    "seed": ("a whole number >= 0", _whole(0)),
    "duration": ("a positive time", _positive),
    "trajectories": ("a whole number >= 8", _whole(8)),
    "step": ("a positive time", _positive),
}
"""Option of :func:`permsym.semiclassical.twa.steady_state` -> what it must be, and whether a value is that."""
TWA_IN_TIME = ("target", "seed", "trajectories", "step")
"""Those that :func:`permsym.semiclassical.twa.evolve` has, too."""


def twa_point(model: Model, wanted: Wanted, options: Mapping[str, Any], bench: Bench) -> Point:
    """Steady state or evolution by truncated Wigner, on one core; UnsuitedModel, with the term's name, where that has no equations."""
    from permsym.semiclassical.twa import evolve, steady_state

    if wanted.evolution is not None:
        asked = wanted.evolution
        evolution = evolve(model, asked.times, asked.initial, wanted.labels, jobs=1, **options)
        point = evolved_point(evolution, [str(label) for label in wanted.labels])
        expanded_quantities(point, None, wanted.quantities)
        return point
    return _steady_point(steady_state, "truncated Wigner has", model, wanted, options, bench)


def trajectories_point(model: Model, wanted: Wanted, options: Mapping[str, Any], bench: Bench) -> Point:
    """Steady state or evolution from quantum trajectories, on one core; UnsuitedModel for several ensembles."""
    from permsym.unravelling.trajectories import trajectories

    if wanted.evolution is not None:
        asked, labels = wanted.evolution, [str(label) for label in wanted.labels]
        return evolved_point(trajectories(model, labels, times=asked.times, initial=asked.initial, jobs=1, **options), labels)
    return _steady_point(trajectories, "trajectories have", model, wanted, options, bench)


def _steady_point(
    solve: Callable[..., SampledState], title: str, model: Model, wanted: Wanted, options: Mapping[str, Any], bench: Bench
) -> Point:
    """A steady state.  An interrupted one goes on from where it was, with the same bits."""
    labels, aside = [str(label) for label in wanted.labels], bench.aside
    if aside is not None and not os.access(aside.parent, os.W_OK):  # on another machine
        aside = None
    point = sampled_point(_resumed(solve, model, labels, options, aside), labels)
    if aside is not None:
        aside.unlink(missing_ok=True)
    if wanted.spectrum is not None:
        point.reason = "; ".join(filter(None, [point.reason, f"no spectrum: {title} means of one time only"]))
    expanded_quantities(point, None, wanted.quantities)
    return point


def _resumed(
    solve: Callable[..., SampledState], model: Model, labels: list[str], options: Mapping[str, Any], aside: Path | None
) -> SampledState:
    """From the file of an interrupted point; from the start where that is damaged."""
    try:
        return solve(model, labels, jobs=1, checkpoint=aside, **options)
    except InputError:
        if aside is None or not aside.exists():
            raise
        aside.unlink()
        return solve(model, labels, jobs=1, checkpoint=aside, **options)


def trajectories_cost(model: Model, options: Mapping[str, Any], wanted: Wanted = STATE) -> Cost:
    """A ket of the centre and one collective spin; how long trajectories must be shows only when they run."""
    levels = 30 if model.centre.kind == "boson" else model.centre.levels
    return Cost(levels * (sum(ensemble.N for ensemble in model.ensembles) + 1), 1.5e8, 10.0)


def sampled_point(state: SampledState, labels: list[str]) -> Point:
    """A dataset's point from a steady state; not ``ok`` where its statistics are doubtful."""
    return Point(
        parameters=state.model.parameters,
        moments={label: state.values[label] for label in labels},
        errors={label: state.errors[label] for label in labels},
        derived=state.derived,
        derived_errors=state.derived_errors,
        scalars={"time_total": state.sampling.seconds},
        status=Status.OK if state.reliable else Status.UNCERTIFIED,
        reason=_reason(state),
    )


def evolved_point(evolution: SampledEvolution, labels: list[str]) -> Point:
    """A dataset's point from an evolution; an error of a moment is that of each time."""
    return Point(
        parameters=evolution.model.parameters,
        scalars={"time_total": evolution.sampling.seconds},
        status=Status.OK if evolution.reliable else Status.UNCERTIFIED,
        reason=_reason(evolution),
        series=Series(
            tuple(evolution.times.tolist()),
            {label: evolution.values[label] for label in labels},
            evolution.derived,
            evolution.derived_errors,
            {label: evolution.errors[label] for label in labels},
        ),
    )


def _reason(result: SampledState | SampledEvolution) -> str:
    return "; ".join(f"{doubt}: {words}" for doubt, words in result.sampling.doubts.items())


def twa_cost(model: Model, options: Mapping[str, Any], wanted: Wanted = STATE) -> Cost:
    """Three real numbers for each class of spins, two for a mode; how long trajectories must be shows only when they run."""
    return Cost(3 * len(model.ensembles) + (2 if model.centre.kind == "boson" else 3), 1e8, 5.0)
