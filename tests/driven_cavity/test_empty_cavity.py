"""Where cumulant equations go from the empty cavity, and what the outcome is called; two programs that share no code."""

import numpy as np
import pytest

from permsym.cumulants.equations import equations
from permsym.driven_cavity.cluster_solve import evolve, steady_state
from permsym.driven_cavity.clusters import ClusterEquations
from permsym.driven_cavity.empty_cavity import _repeats, from_empty_cavity, settle
from permsym.errors import InputError, SolverFailed
from permsym.models.driven_tavis_cummings import driven_tavis_cummings


def model(N, C, drive):
    return driven_tavis_cummings(N, C=C, drive=drive, kappa=1.0, gamma_h=0.5)


def clusters(order, N, C, drive):
    p = model(N, C, drive).parameters
    return ClusterEquations.of(order, kappa=1.0, gamma_h=0.5, eta=p["eta"], g=p["g"], N=np.array([0.25, 0.75]) * N)


@pytest.mark.slow
def test_both_programs_settle_at_the_same_state():
    built = equations(model(10, 14, 1.05), order=3, closure="no-three-spin")
    found = settle(built)
    assert found.outcome == "steady"
    assert found.point.stability < 0
    photons = abs(found.point.y[built.index("a")]) ** 2
    late = evolve(clusters(3, 10, 14, 1.05), np.linspace(0, 60, 5))
    assert late.outcome == "steady"
    assert late.coherent_photons[-1] == pytest.approx(photons, rel=1e-4)
    polished = steady_state(clusters(3, 10, 14, 1.05), late.vectors[-1])
    assert polished.coherent_photons == pytest.approx(photons, rel=1e-9)
    assert polished.growth_rate == pytest.approx(found.point.stability, rel=1e-5)
    assert polished.physical


@pytest.mark.slow
def test_divergence_is_named():
    """Strong coupling of few spins: the third order runs away."""
    assert settle(equations(model(3, 100, 0.9), order=3, closure="no-three-spin")).outcome == "diverging"
    late = evolve(clusters(3, 3, 100, 0.9), np.linspace(0, 50, 5))
    assert late.outcome == "diverging"
    assert len(late.times) < 5


def test_no_start_helps_against_divergence():
    found, first = from_empty_cavity(equations(model(3, 100, 0.9), order=3, closure="no-three-spin"), (-1.0, -0.8))
    assert (found.outcome, first) == ("diverging", "diverging")
    assert found.point is None


def test_what_counts_as_periodic():
    t = np.linspace(0, 50, 501)
    assert _repeats(2 + np.sin(t), 2 + np.sin(t + 50))
    assert not _repeats(2 + np.exp(-t / 40) * np.sin(t), 2 + np.exp(-(t + 50) / 40) * np.sin(t + 50))  # dies out
    assert not _repeats(1 + t, 51 + t)  # drifts


def test_bad_input():
    with pytest.raises(InputError, match="`inversion` must be between -1 and 1"):
        settle(equations(model(3, 5, 1.0), order=2), -1.5)
    with pytest.raises(InputError, match="`times` must be at least two ascending"):
        evolve(clusters(2, 3, 5, 1.0), [1.0, 0.0])
    with pytest.raises(InputError, match="have order 1, 2 or 3, but 4 was given"):
        clusters(4, 3, 5, 1.0)
    far = clusters(3, 10, 14, 1.05)
    with pytest.raises(SolverFailed, match="no steady state of order 3 near the start"):
        steady_state(far, 1e3 * far.product_state(1.0, np.ones(2) * 0.5j, np.ones(2)))
