"""Balance laws are time derivatives: in any state against differences of the exact evolution."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import systems

import permsym as ps
from permsym.unravelling.balance import balanced, laws, rates
from permsym.unravelling.engine import Chain, prepare

_H = 0.003
_FORWARD = np.array([-25 / 12, 4, -3, 4 / 3, -1 / 4]) / _H  # d/dt from five points, to order h^4


@pytest.mark.parametrize(
    ("model", "start"),
    [
        (systems.central_spin(3), "bloch=0.6,0.2 bloch=1.2,0.7"),
        (systems.conditional_jumps(3), "up bloch=1,1"),
        (systems.collective_jumps(4), "down bloch=2,0.3"),
        (ps.models.tavis_cummings(N=3, levels=12), "coherent=0.8j bloch=1,0.5"),
        (ps.models.driven_tavis_cummings(N=2, C=4, drive=0.8, levels=14), "coherent=0.5+0.3j bloch=1,0.5"),
    ],
)
def test_laws_are_derivatives(model, start):
    balance, labels = laws(model), [str(label) for label in balanced(model)]
    assert len(balance) == len(labels) > 1
    chain = Chain(prepare(model, [operator for operator, _ in balance]), start, 0, 0)
    values = chain.run_until([0.0])[0] + np.array([constant for _, constant in balance])
    exact = ps.evolve(model, _H * np.arange(5), initial=start, moments=labels, tolerance=1e-10)
    expected = [_FORWARD @ exact.moments[label] for label in labels]
    assert np.abs(values - expected).max() < 2e-6
    assert np.abs(values).max() > 0.05


def test_rates_are_those_of_single_operators():
    c, s = ps.Boson(5), ps.Ensemble(2)
    model = ps.Model(c, s, 0.3 * c.n, [ps.Central(0.8, c.a), ps.Individual(0.5, s.m), ps.Individual(0.1, s.z)])
    assert sorted(rates(model)) == pytest.approx(sorted([0.4, 0.4, 0.25 + 0.2, 0.25 + 0.2, 0.5]))


def test_what_a_charge_makes_vanish_is_no_law():
    assert [str(label) for label in balanced(ps.models.tavis_cummings(N=3))] == ["z1", "ad -1", "ad a", "ad a z1"]
