"""Cumulant results as JSON-ready data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from permsym.cumulants.branch import Branch, Event
from permsym.cumulants.newton import FixedPoint
from permsym.cumulants.physical import unphysical
from permsym.cumulants.state import CumulantState
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.states.derived import derived_quantities
from permsym.text import finite, pair


def state_report(state: CumulantState, labels: Iterable[MomentLabel]) -> dict[str, Any]:
    """A steady state: moments, stability, attractor, and the certificate of the numbers as solutions of the equations."""
    keys, hierarchy, follows = list(labels), state.equations.hierarchy, state.attractor
    errors = {str(key): finite(state.error(key)) for key in keys}
    return {
        "order": state.order,
        "counting": hierarchy.truncation.counting,
        "closure": hierarchy.truncation.closure,
        "break_symmetry": hierarchy.charged,
        "representation": "cumulants",
        "dimension": len(state.equations),
        "moments": {str(key): pair(state.moment(key)) for key in keys},
        "cumulants": {str(key): pair(state.cumulant(key)) for key in keys},
        "derived": state.derived,
        "stability": finite(state.stability),
        "stability_by_charge": {",".join(map(str, charge)): value for charge, value in state.stability_by_charge.items()},
        "stable": state.stable,
        "attractor": follows.kind,
        "period": follows.period,
        "ranges": None if follows.ranges is None else {label: list(ends) for label, ends in follows.ranges.items()},
        "frequencies": list(state.frequencies),
        "folds": list(state.folds),
        "unphysical": list(state.unphysical),
        "notes": list(state.notes),
        "certificate": {
            "certified": state.certified,
            "meaning": "the numbers solve the closed equations; their distance from the exact state is not bounded",
            "error_estimate": max((value for value in errors.values() if value is not None), default=None),
            "errors": errors,
            "residual": finite(state.residual),
        },
        "timings": state.seconds,
    }


def branch_report(branch: Branch, labels: Sequence[MomentLabel], model: Model) -> dict[str, Any]:
    """Points, folds and Hopf points of a branch; labels that need more satellites than there are at a point are omitted there."""
    return {
        "points": [{branch.name: spot.value, "folds_passed": spot.beyond, **_point(spot.point, labels, model)} for spot in branch.points],
        "folds": [_event(event, branch.name, labels, model) for event in branch.folds],
        "hopf": [_event(event, branch.name, labels, model) | {"omega": event.omega} for event in branch.hopf],
        "crossings": [_event(event, branch.name, labels, model) for event in branch.crossings],
        "reached": branch.reached,
        "ended": branch.ended,
    }


def _fits(label: MomentLabel, model: Model) -> bool:
    """Whether a model has the distinct satellites that a label names."""
    return all(len(symbols) <= ensemble.size for symbols, ensemble in zip(label.satellites, model.ensembles, strict=True))


def _point(point: FixedPoint, labels: Sequence[MomentLabel], model: Model) -> dict[str, Any]:
    def moment(label: str) -> complex:
        return point.equations.moment(point.y, label)

    return {
        "stable": point.stable,
        "stability": finite(point.stability),
        "moments": {str(label): pair(moment(str(label))) for label in labels if _fits(label, point.equations.model)},
        "derived": derived_quantities(model, moment),
        "unphysical": list(unphysical(model, moment)),
        "residual": point.residual,
    }


def _event(event: Event, name: str, labels: Sequence[MomentLabel], model: Model) -> dict[str, Any]:
    entry = _point(event.point, labels, model)
    return {name: event.value, "moments": entry["moments"], "derived": entry["derived"]}
