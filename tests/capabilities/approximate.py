"""Expansions and samples: they hold to their own equations, or to the exact value within their errors."""

from __future__ import annotations

import numpy as np
import pytest

import permsym as ps
from permsym.errors import NotApplicable


def cumulants_1(it):
    _fixed_point(it, 1)


def cumulants_2(it):
    _fixed_point(it, 2)


def cumulants_3(it):
    _fixed_point(it, 3)


def _fixed_point(it, order):
    """Its own equations do not move it; with no more sites than its order, and no mode among them, it is exact."""
    state = ps.cumulants.steady_state(it.model, order=order)
    labels = [str(label) for label in state.labels(2) if not any(label.charge(it.model))]  # others turn with the phase of the light
    sites = sum(it.model.sizes) + sum(site.levels != 1 for site in it.model.centre_sites)
    if order >= sites and not any(site.kind == "boson" for site in it.model.centre_sites):
        it.agree([state.moment(label) for label in labels], [it.whole.moment(label) for label in labels], 1e-10)
    later = ps.cumulants.evolve(state.equations, [0.0, 0.3], state)
    it.agree([later.moment(label)[-1] for label in labels], [state.moment(label) for label in labels], 1e-6)


def twa(it):
    state = ps.twa.steady_state(it.model, 1, seed=1, duration=3.0, trajectories=16)
    values = np.array([state.moment(label) for label in state.errors])
    assert values.size
    assert np.isfinite(values).all()


def linear_noise(it):
    answer = ps.linear_noise(it.model)
    if not answer.applicable:
        with pytest.raises(NotApplicable):
            answer.moment(it.labels[1])
        return
    labels = [str(label) for label in answer.labels(2)]
    values = np.array([answer.moment(label) for label in labels])
    assert np.isfinite(values).all()
    assert set(labels) <= {str(label) for label in it.state.labels(2)}


def trajectories(it):
    answer = ps.trajectories(it.model, 1, duration=150.0, trajectories=4, seed=1)
    for label, value in answer.values.items():
        assert abs(value - it.whole.moment(label)) <= 2 * answer.errors[label] + 1e-9


def bounds(it):
    label = next(label for label in it.labels if label and abs(it.whole.moment(label).real) > 1e-3)
    answer = ps.bounds(it.model, label, degree=2)
    value = it.whole.moment(label).real
    assert answer.lower - 1e-12 <= value <= answer.upper + 1e-12


ALL = (cumulants_1, cumulants_2, cumulants_3, twa, linear_noise, trajectories, bounds)
