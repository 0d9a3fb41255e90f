"""Cumulant equations whose coefficients change in time: against the whole space, and against the equations made anew."""

import math

import numpy as np
import pytest
from oracles import evolution
from oracles.in_time import Driven

import permsym as ps
from permsym.cumulants import equations, evolve
from permsym.errors import InputError

TIMES = np.linspace(0, 3, 7)
LABELS = ["z0", "z1", "+0", "+0 -1", "+1 -2", "z1 z2"]


def spins(**parameters):
    return ps.models.central_spin(N=2, **{"g": 0.7, "kappa": 0.4, "gamma_up": 0.3, "gamma_down": 0.1, **parameters})


def deviation(trajectory, labels, expected):
    return max(np.abs(trajectory.moment(label) - row).max() for label, row in zip(labels, expected, strict=True))


@pytest.mark.parametrize(
    ("modulate", "functions", "kinks"),
    [
        (
            {"g": "0.7*sin(3*t)", "kappa": lambda t: 0.4 + 0.3 * math.cos(t)},
            {"g": lambda t: 0.7 * math.sin(3 * t), "kappa": lambda t: 0.4 + 0.3 * math.cos(t)},
            (),
        ),
        ({"g": "1.5*step(t - 1)*step(2 - t)"}, {"g": lambda t: 1.5 if 1 <= t < 2 else 0.0}, (1.0, 2.0)),
    ],
)
@pytest.mark.quick("modulate0-functions0-kinks0")
def test_an_order_that_is_exact_equals_the_whole_space(modulate, functions, kinks):
    model = spins()
    rho = evolution.product(model, evolution.bloch(1.1, -0.3), evolution.bloch(0.7, 0.4))
    expected = Driven(spins, functions).moments(rho, TIMES, LABELS, kinks)
    found = evolve(model, TIMES, "bloch=1.1,-0.3 bloch=0.7,0.4", order=3, modulate=modulate, rtol=1e-11, atol=1e-13)
    assert deviation(found, LABELS, expected) < 1e-9
    assert max(found.error(label) for label in LABELS) < 1e-8
    rough = evolve(model, TIMES, "bloch=1.1,-0.3 bloch=0.7,0.4", order=3, modulate=modulate, rtol=1e-5, atol=1e-7)
    assert deviation(rough, LABELS, expected) < 3 * max(rough.error(label) for label in LABELS)


@pytest.mark.parametrize("counting", ["operators", "sites"])
@pytest.mark.parametrize("order", [1, 2])
def test_the_flow_is_that_of_the_model_made_anew_at_each_time(order, counting):
    model = ps.models.driven_tavis_cummings(N=4, C=6, eta=0.3, levels=4)
    built = equations(model, order=order, counting=counting)
    found = evolve(built, [0.0, 0.7], modulate={"eta": "0.3 + t", "kappa": "2 + t", "L[-] individual": "1 + t**2"})
    h = 1e-4
    ends = evolve(built, [0.0, 0.7 - h, 0.7, 0.7 + h], modulate=MODULATION, rtol=1e-12, atol=1e-14)
    slope = (ends.y[3] - ends.y[1]) / (2 * h)
    at = ps.models.driven_tavis_cummings(N=4, g=model.parameters["g"], eta=1.0, kappa=2.7, gamma_h=1 + 0.7**2, levels=4)
    assert np.abs(slope - built.at(at).rhs(ends.y[2])).max() < 1e-5
    assert np.abs(found.y[1] - ends.y[2]).max() < 1e-6


MODULATION = {"eta": "0.3 + t", "kappa": "2 + t", "L[-] individual": "1 + t**2"}


def test_the_clock_starts_where_it_is_told():
    model = spins()
    whole = evolve(model, [0, 1, 2.0], "up down", order=2, modulate={"g": "0.5 + t"})
    rest = evolve(whole.equations, [1.0], whole.y[1], modulate={"g": "0.5 + t"}, start=1.0)
    assert np.abs(rest.y[0] - whole.y[2]).max() < 1e-6


def test_moments_that_only_the_drive_makes_are_followed():
    """Without its drive the cavity has a U(1) symmetry, and no <a>."""
    model = ps.models.driven_tavis_cummings(N=3, C=6, eta=0.0)
    found = evolve(model, TIMES, order=2, modulate={"eta": "step(t - 1)"})
    assert found.moment("a")[2] == 0
    assert abs(found.moment("a")[-1]) > 0.05


def test_what_is_wrong_is_said_as_for_exact_evolutions():
    model = spins()
    with pytest.raises(InputError, match=r"at t = 0.9\d*: `kappa` must be a rate >= 0"):
        evolve(model, TIMES, order=1, modulate={"kappa": "0.9 - t"})
    with pytest.raises(InputError, match=r"the rate of L\[\+\] individual would be -.* rates must stay >= 0"):
        evolve(model, TIMES, order=1, modulate={"L[+]": "0.9 - t"})
    with pytest.raises(InputError, match="`q` is no parameter of central-spin"):
        evolve(model, TIMES, order=1, modulate={"q": "t"})
