"""Pulses against their formulas; what they do to a spin against the angle that their area is."""

import math
from itertools import pairwise

import numpy as np
import pytest

import permsym as ps
from permsym import pulses
from permsym.errors import InputError


def area(pulse, start, end):
    edges = [start, *(t for t in pulse.kinks if start < t < end), end]
    total = 0.0
    for left, right in pairwise(edges):
        nodes, weights = np.polynomial.legendre.leggauss(40)
        total += (right - left) / 2 * sum(w * pulse(left + (right - left) * (1 + s) / 2) for s, w in zip(nodes, weights, strict=True))
    return total


@pytest.mark.parametrize(
    ("pulse", "expected"),
    [
        (pulses.gaussian(4, 0.5, area=1.7), 1.7),
        (pulses.gaussian(4, 0.5, height=2.0), math.sqrt(2 * math.pi)),
        (pulses.square(1, 2.5, 3), 4.5),
        (pulses.ramp([1, 2, 4], [0, 2, 1]), 1 + 3 + 4),
        (pulses.echo(1, 0.5, 0.1, math.pi / 2), 2 * math.pi),
        (pulses.echo(1, 0.5, 0.1, math.pi / 2, pulses=3), 4 * math.pi),
        (1 + 2 * pulses.square(1, 2) - pulses.square(3, 4), 8 + 2 - 1),
        (pulses.square(1, 3) * pulses.square(2, 4).shifted(0.5), 0.5),
        (2 - pulses.square(1, 3), 14),
        (-pulses.square(1, 3), -2),
    ],
)
def test_areas(pulse, expected):
    assert abs(area(pulse, 0, 8) - expected) < 1e-11


def test_the_times_of_an_echo():
    pulse = pulses.echo(start=1, wait=2, length=0.1, pulses=2)
    assert np.allclose(pulse.kinks, [1, 1.1, 3.1, 3.2, 7.2, 7.3, 9.3, 9.4])
    heights = [pulse(t) for t in (1.05, 2, 3.15, 5, 7.25, 8, 9.35)]
    assert np.allclose(np.array(heights) / heights[0], [1, 0, 2, 0, 2, 0, 1])


def test_the_frequency_of_a_chirp():
    pulse, step = pulses.chirp(2, 3, 4, phase=0.3), 1e-4
    for t in (1.5, 2.0, 3.1):
        s = t - 2
        slope = (pulse(t + step) - pulse(t - step)) / (2 * step)
        assert abs(slope + (3 + 4 * s) * math.sin(0.3 + 3 * s + 2 * s**2)) < 1e-5


@pytest.mark.parametrize("pulse", [pulses.gaussian(1, 0.1, area=0.8), pulses.square(0.3, 0.7, 2.0), pulses.ramp([0, 1, 2], [0, 0.8, 0])])
def test_a_spin_turns_by_the_area(pulse):
    spin = ps.Model(ps.Spin(), ps.Ensemble(1), 0.5 * ps.Spin().x)
    evolution = ps.evolve(spin, [2.5], modulate={"H[x0]": pulse})
    assert abs(evolution.moment("z0")[0] + math.cos(0.8)) < 1e-9
    assert evolution.modulation == {"H[x0]": repr(pulse)}


def test_a_narrow_pulse_in_a_long_time_is_not_missed():
    spin = ps.Model(ps.Spin(), ps.Ensemble(1), 0.5 * ps.Spin().x)
    evolution = ps.evolve(spin, [1000.0], modulate={"H[x0]": pulses.gaussian(612.3, 1e-3, area=math.pi)})
    assert abs(evolution.moment("z0")[0] - 1) < 1e-9


def test_an_echo_refocuses_a_detuning():
    """pi/2, wait, pi, wait, pi/2 about x: the detuning of the waits drops out, and all ends up down; without the pi pulse it does not."""

    def down(sequence):
        spin = ps.Model(ps.Spin(), ps.Ensemble(1), 0.5 * ps.Spin().x + 0.35 * ps.Spin().z)
        return ps.evolve(spin, [5.0], modulate={"H[x0]": sequence}).moment("z0")[0].real

    sequence = pulses.echo(0.5, wait=2.0, length=1e-3)
    assert abs(down(sequence) + 1) < 1e-5
    assert down(pulses.square(0.5, 0.501, math.pi / 2 / 1e-3) + pulses.square(4.502, 4.503, math.pi / 2 / 1e-3)) > -0.98


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: pulses.gaussian(1, 0.1), "a height or an area"),
        (lambda: pulses.gaussian(1, 0.1, height=1, area=2), "a height or an area"),
        (lambda: pulses.gaussian(1, 0, height=1), "`width` of a pulse must be positive"),
        (lambda: pulses.gaussian("1", 1, height=1), "`centre` of a pulse must be a finite number"),
        (lambda: pulses.square(2, 1), "must ascend"),
        (lambda: pulses.ramp([0, 1], [1]), "as many times as values"),
        (lambda: pulses.ramp([0, 0], [1, 2]), "must ascend"),
        (lambda: pulses.ramp([0, 1], [1, math.nan]), "`values[1]` of a pulse"),
        (lambda: pulses.echo(0, 1, 1, pulses=1.5), "whole number"),
        (lambda: pulses.square(0, 1) + "x", "pulses and finite numbers"),
    ],
)
def test_what_is_no_pulse(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert message in str(caught.value)
