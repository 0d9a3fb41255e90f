"""Atoms with several levels, of which some coherences never appear."""

from __future__ import annotations

import cmath

import numpy as np

import permsym as ps


def driven_lambda(N, levels=3):
    """Two lower levels that a field couples, one of them with the mode and the upper level."""
    c, s = ps.Boson(levels), ps.Ensemble(N, levels=3)
    g, field = 0.9 / np.sqrt(N), 0.5 * cmath.exp(0.4j) * s.unit(0, 1)
    h = 0.3 * c.n + g * (c.a * s.unit(2, 0) + c.ad * s.unit(0, 2)) + field + field.dag()
    rates = {(2, 1): 0.6, (1, 2): 0.5, (0, 2): 0.2, (1, 0): 0.1}
    return ps.Model(c, s, h, [ps.Central(1, c.a), *(ps.Individual(rate, s.unit(*unit)) for unit, rate in rates.items())])


def incoherent_lambda(N, levels=3):
    c, s = ps.Boson(levels), ps.Ensemble(N, levels=3)
    g, rates = 0.9 / np.sqrt(N), {(2, 1): 0.8, (1, 0): 0.4, (0, 2): 0.1, (1, 2): 0.05}
    h = 0.3 * c.n + g * (c.a * s.unit(2, 0) + c.ad * s.unit(0, 2))
    return ps.Model(c, s, h, [ps.Central(1, c.a), *(ps.Individual(rate, s.unit(*unit)) for unit, rate in rates.items())])


def four_level_laser(N, levels=3):
    c, s = ps.Boson(levels), ps.Ensemble(N, levels=4)
    g, rates = 0.9 / np.sqrt(N), {(3, 0): 0.8, (2, 3): 2, (0, 1): 1, (1, 2): 0.1}
    h = 0.3 * c.n + g * (c.a * s.unit(2, 1) + c.ad * s.unit(1, 2))
    return ps.Model(c, s, h, [ps.Central(1, c.a), *(ps.Individual(rate, s.unit(*unit)) for unit, rate in rates.items())])


def two_photons(N, levels=6):
    """(a^2 + h.c.) sum sx: a charge that counts modulo four."""
    c, s = ps.Boson(levels), ps.Ensemble(N)
    return ps.Model(c, s, 0.4 * c.n + 0.2 * (c.a**2 + c.ad**2) * s.x + 0.3 * s.z, [ps.Central(1, c.a), ps.Individual(0.7, s.m)])


def cubic(N, levels=6):
    """A drive of three photons at once."""
    c, s = ps.Boson(levels), ps.Ensemble(N)
    h = 0.4 * c.n + 0.1 * (c.a**3 + c.ad**3) + 0.3 * c.n * s.z
    return ps.Model(c, s, h, [ps.Central(1, c.a), ps.Individual(0.7, s.m), ps.Individual(0.2, s.p)])


def ladder_alone(N):
    """No centre; a chain of levels with a field on one step."""
    s = ps.Ensemble(N, levels=3)
    h = 0.4 * s.unit(1, 1) + 0.6 * (s.unit(0, 1) + s.unit(1, 0)) + 0.2 / N * s.unit(2, 2) * s.unit(2, 2)
    return ps.Model(None, s, h, [ps.Individual(0.5, s.unit(0, 1)), ps.Individual(0.7, s.unit(2, 1)), ps.Collective(0.3, s.unit(0, 2))])


MODELS = {f.__name__: f for f in (driven_lambda, incoherent_lambda, four_level_laser, two_photons, cubic, ladder_alone)}
