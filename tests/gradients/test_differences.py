"""Derivatives by differences against closed forms of one spin."""

import numpy as np
import pytest

import permsym as ps
from permsym.errors import InputError


def spin(up, down, epsilon=0.0):
    s = ps.Ensemble(1)
    jumps = [ps.Individual(up, s.p, name="up"), ps.Individual(down, s.m, name="down")]
    return ps.Model(None, s, epsilon / 2 * s.z, jumps, parameters={"up": up, "down": down, "epsilon": epsilon})


def test_counting_statistics():
    """I = u d / (u + d), F = (u^2 + d^2) / (u + d)^2."""
    u, d = 0.6, 1.0
    values, errors = ps.derivative(lambda model: ps.full_counting(ps.steady_state(model), "down", order=2), spin(u, d), "up", spin)
    expected = np.array([d**2 / (u + d) ** 2, 2 * d * (u - d) / (u + d) ** 3])
    assert (np.abs(values[:2] - expected) <= errors[:2]).all()
    assert (errors < 1e-8).all()


def test_an_evolution_from_a_rate_that_is_zero():
    """p_up = exp(-d t) + u (1 - exp(-d t)) / d - u t exp(-d t) + ..."""
    times, d = np.linspace(0, 2, 3), 1.0

    def answer(model):
        return ps.evolve(model, times, initial="up", moments=["z1"], tolerance=1e-12)

    values, errors = ps.derivative(answer, spin(0.0, d), "up", spin)
    expected = 2 * ((1 - np.exp(-d * times)) / d - times * np.exp(-d * times))
    assert (np.abs(values[0] - expected) <= errors[0]).all()
    assert errors.max() < 1e-6


def test_a_spectrum():
    """p_up 2 G / ((w - epsilon)^2 + G^2), G = (u + d) / 2, in epsilon."""
    u, d, w = 0.6, 1.0, np.array([0.1, 0.9, 1.5])

    def answer(model):
        return ps.spectrum(model, w, of="+1", right="-1")

    values, errors = ps.derivative(answer, spin(u, d, 0.7), "epsilon", spin)
    G, p = (u + d) / 2, u / (u + d)
    expected = p * 2 * G * 2 * (w - 0.7) / ((w - 0.7) ** 2 + G**2) ** 2
    assert (np.abs(values - expected) <= errors).all()
    assert errors.max() < 1e-7


def test_what_has_no_derivative():
    with pytest.raises(InputError, match="no parameter 'x'"):
        ps.derivative(lambda model: ([0.0], [0.0]), spin(0.1, 1.0), "x", spin)
    with pytest.raises(InputError, match="must be a result of permsym"):
        ps.derivative(lambda model: 1.0, spin(0.1, 1.0), "up", spin)


def test_what_has_no_gradient_says_what_has():
    model = spin(0.1, 1.0)
    for system in (model, ps.evolve(model, [0.0])):
        with pytest.raises(InputError, match=r"ps\.derivative"):
            ps.gradient(system, "z1")
