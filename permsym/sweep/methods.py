"""How one point of a sweep is computed, by method name."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from permsym.cumulants import mean_field
from permsym.dataset.build import Point
from permsym.errors import PermsymError, UncertifiedWarning
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel, select_labels
from permsym.steady.solve import Solver, steady_state
from permsym.steady.state import State

Moments = int | str | Iterable[str]
METHODS = ("exact", "mf")


def exact_point(model: Model, moments: Moments, liouvillian: Liouvillian | None = None, solver: Solver | str = "auto") -> Point:
    """Exact steady state with its certificate; what falls short is flagged in the status."""
    labels = select_labels(model, moments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # the status says it
        state = steady_state(model, moments=labels, liouvillian=liouvillian, solver=solver)
    return state_point(state, labels)


def state_point(state: State, labels: Iterable[MomentLabel]) -> Point:
    """A dataset's point from a state."""
    certificate = state.certificate
    keys = list(labels)
    return Point(
        parameters=state.model.parameters,
        moments={str(key): state.moment(key) for key in keys},
        cumulants={str(key): state.cumulant(key) for key in keys},
        errors=dict(certificate.errors),
        derived=state.derived,
        scalars={
            "error_estimate": certificate.error_estimate,
            "residual": certificate.residual,
            "edge_mass": certificate.edge_mass,
            "balance": certificate.balance,
            "min_population": certificate.min_population,
            "certified": int(certificate.certified),
            "dimension": state.dimension,
            **{f"time_{name}": seconds for name, seconds in state.timings.items()},
        },
        status="certified" if certificate.certified else "uncertified: " + "; ".join(certificate.reasons),
    )


def mean_field_point(model: Model, moments: Moments) -> Point:
    """Mean field: an approximation, so that nothing certifies its distance from the exact answer."""
    labels = select_labels(model, moments)
    found = mean_field(model)
    return Point(
        parameters=model.parameters,
        moments={str(key): found.moment(key) for key in labels},
        cumulants={str(key): found.cumulant(key) for key in labels},
        derived=found.derived,
        scalars={"dimension": len(found.point)},
        status=f"approximation: {found.source}",
    )


def failed_point(model: Model, error: PermsymError) -> Point:
    """A point without numbers, with the reason."""
    return Point(parameters=model.parameters, status=f"failed: {error}")
