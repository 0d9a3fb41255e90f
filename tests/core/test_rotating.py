"""Rotating frames: what a steady state cannot feel is taken out of the Hamiltonian, exactly."""

import numpy as np
import pytest
from oracles import systems
from oracles.high_precision import HighPrecision
from oracles.whole_numbers import doubles

import permsym as ps
from permsym.rotating import in_rotating_frame


def energies(model):
    """Coefficients of terms of one site without coherences between its levels."""
    return {key: value for key, value in model.hamiltonian.terms.items() if (key.centre is not None) + len(key.satellites) == 1}


def test_only_detunings_are_left():
    detuned = in_rotating_frame(ps.models.central_spin(N=3, omega=1e9 + 0.5, epsilon=1e9))
    assert list(energies(detuned).values()) == [0.25]
    assert energies(in_rotating_frame(ps.models.central_spin(N=3, omega=7.3, epsilon=7.3))) == {}
    cavity = in_rotating_frame(ps.models.tavis_cummings(N=2, omega=3e8 + 0.125, epsilon=3e8, levels=4))
    assert list(energies(cavity).values()) == [0.125]


def test_levels_have_frames_of_their_own():
    """|1> and |2> exchange excitations with the centre, |0> with nothing: two energies go, the detuning is left."""
    c, s = ps.Spin(), ps.Ensemble(2, levels=3)
    flip = c.p * s.unit(1, 2) + c.m * s.unit(2, 1)
    jumps = [ps.Central(0.5, c.m), ps.Individual(1.0, s.unit(0, 1)), ps.Individual(0.8, s.unit(2, 0))]
    energy = s.operator([[5e7, 0, 0], [0, 3e8, 0.25], [0, 0.25, 2e9]])
    free = ps.Model(c, s, 0.5 * (2e9 - 3e8 + 0.75) * c.z + 3e8 * s.unit(1, 1) + 2e9 * s.unit(2, 2) + 5e7 * s.unit(0, 0) + flip, jumps)
    assert np.abs(list(energies(in_rotating_frame(free)).values())).max() == 0.375
    tied = ps.Model(c, s, 0.5 * c.z + energy + flip, jumps)  # a coherence between |1> and |2>: their distance stays
    rest = in_rotating_frame(tied)
    assert sum(0.25 in np.abs(key.satellites[0][1]) for key in energies(rest) if key.satellites) == 1
    assert np.abs(list(energies(rest).values())).max() > 1e8


@pytest.mark.parametrize("name", ["nine_pairs", "driven_cavity", "driven_three_level_centre", "products"])
def test_without_a_frame_the_model_is_the_same(name):
    model = systems.MODELS[name](2)
    assert in_rotating_frame(model) is model


@pytest.mark.parametrize(
    "name", ["central_spin", "charged_products", "collective_jumps", "conditional_jumps", "three_level_centre", "cavity"]
)
def test_the_steady_state_does_not_know_the_frame(name):
    """On one satellite, against the whole space in whole numbers; the frame of the others is none at all."""
    model = systems.MODELS[name](1)
    framed = in_rotating_frame(model)
    assert (framed.hamiltonian == model.hamiltonian) == (framed is model)
    assert (framed.charges, framed.jumps) == (model.charges, model.jumps)
    one, other = (HighPrecision(each).steady for each in (model, framed))
    assert np.abs(doubles((one - other).ravel())).max() < 1e-16
