"""Proved bounds of random models: the true value is inside, the exact solver's within its error, and the verifier agrees."""

from __future__ import annotations

from fractions import Fraction

from oracles.high_precision import HighPrecision

import permsym as ps
from adversary.generator import Case
from adversary.verdict import Verdict
from permsym.bounding.bounds import bounds_of
from permsym.bounding.verify import verify
from permsym.errors import NotApplicable
from permsym.moments.labels import enumerate_labels

_OWN = Fraction(1, 10**13)  # what the oracle's values are off by at most


def bounds(case: Case, verdict: Verdict) -> None:
    """Real parts of all moments of one operator, at a low degree."""
    model: ps.Model = case.namespace()["model"]
    labels = [str(label) for label in enumerate_labels(model, 1)]
    try:
        results = bounds_of(model, labels, degree=case.options["degree"], gap=1e-5)
    except NotApplicable as error:  # pure states have no room inside
        verdict.untold = str(error)
        return
    truth, state = HighPrecision(model), _solved(model)
    for b in results:
        verdict.compare(b.name, _outside(b, truth.value(b.name)[0]), float(_OWN))
        if state is not None:
            verdict.compare(f"{b.name} of the exact solver", _outside(b, Fraction(state.moment(b.name).real)), state.error(b.name))
        verdict.wrong += verify(b.certificate)


def _solved(model: ps.Model) -> ps.State | None:
    """The exact solver's state, where it certifies one."""
    try:
        state = ps.steady_state(model)
    except ps.DegenerateSteadyState:
        return None
    return state if state.certificate.certified else None


def _outside(b: ps.Bounds, value: Fraction) -> float:
    """How far a value is outside an interval."""
    return float(max(b.exact[0] - value, value - b.exact[1], Fraction(0)))
