"""Proved bounds of random models: the true value is inside, and the verifier agrees."""

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
    truth = HighPrecision(model)
    for b in results:
        value = truth.value(b.name)[0]
        outside = max(b.exact[0] - value, value - b.exact[1], Fraction(0))
        verdict.compare(b.name, float(outside), float(_OWN))
        verdict.wrong += verify(b.certificate)
