"""Time evolution against the whole space, closed forms and the steady state; its error estimate; its certificate."""

import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import evolution, systems
from sampled import sampled

import permsym as ps

TIMES = [0.0, 0.3, 1.0, 2.5]
NAMES = [*systems.SPINS, *systems.CAVITIES]


def started(name):
    """A model, a label with coherences on every site where it can have them, and the same state in the whole space."""
    model = systems.MODELS[name](1 if "ensembles" in name else 2)
    words, states = [], []
    if model.centre.kind == "spin":
        words, states = ["bloch=1.1,-0.3"], [evolution.bloch(1.1, -0.3)]
    elif model.centre.kind == "boson":
        words, states = ["fock=1"], [evolution.fock(model.centre.levels, 1)]
    else:
        words, states = ["level=1"], [evolution.fock(3, 1)]
    for _ in model.ensembles:
        words.append("bloch=0.7,0.4")
        states.append(evolution.bloch(0.7, 0.4))
    return model, " ".join(words), evolution.product(model, *states)


@cache
def exact(name, labels):
    """Moments of the whole space, (labels, T)."""
    model, _, rho = started(name)
    return evolution.moments(model, rho, TIMES, labels)


def difference(found, expected):
    """Largest deviation of each moment."""
    return {label: np.abs(values - row).max() for (label, values), row in zip(found.moments.items(), expected, strict=True)}


@pytest.mark.parametrize(("name", "method"), sampled(list(itertools.product(NAMES, ["krylov", "shift-invert"])), 3))
def test_moments_equal_those_of_the_whole_space(name, method):
    """All charges, both representations; the estimate covers the true error."""
    model, label, _ = started(name)
    for basis in ("dicke", "occupation"):
        found = ps.evolve(model, TIMES, initial=label, moments=2, basis=basis, method=method)
        expected = exact(name, tuple(found.moments))
        for each, error in difference(found, expected).items():
            assert error < 1e-10
            assert error <= found.certificate.errors[each] + 2e-15
        assert found.certificate.trace_defect < 1e-11
        if name not in systems.CAVITIES:  # those are cut too low on purpose, and must say so
            assert found.certificate.certified
        else:
            assert not found.certificate.certified
            assert "more levels" in found.certificate.reasons[1]


@pytest.mark.parametrize("name", ["qutrits", "mixed_ensembles"])
def test_satellites_with_three_levels(name):
    model = systems.MODELS[name](1)
    sites = [evolution.fock(2, 0), *(evolution.fock(e.levels, 1) for e in model.ensembles)]
    found = ps.evolve(model, TIMES, initial="up " + " ".join("down" if e.levels == 2 else "level=1" for e in model.ensembles))
    expected = evolution.moments(model, evolution.product(model, *sites), TIMES, list(found.moments))
    assert np.max(list(difference(found, expected).values())) < 1e-11


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), tolerance=st.sampled_from([1e-4, 1e-7, 1e-10]))
def test_estimate_covers_the_error_at_any_tolerance(seed, tolerance):
    model = systems.nine_pairs(2, seed)
    found = ps.evolve(model, TIMES, initial="bloch=1.1,-0.3 bloch=0.7,0.4", tolerance=tolerance)
    rho = evolution.product(model, evolution.bloch(1.1, -0.3), evolution.bloch(0.7, 0.4))
    errors = difference(found, evolution.moments(model, rho, TIMES, list(found.moments)))
    assert found.certificate.certified
    assert all(error <= found.certificate.errors[label] + 2e-14 for label, error in errors.items())


def test_mixed_and_thermal_states():
    model = ps.models.tavis_cummings(N=30, g=0, kappa=0.4, gamma_up=0.2, gamma_down=0.3)
    times = np.linspace(0, 5, 6)
    found = ps.evolve(model, times, initial="thermal=0.7 up=0.3", moments=["ad a", "ad ad a a", "z1", "z1 z2"])
    decayed = 0.7 * np.exp(-0.4 * times)
    z = -0.2 - 0.2 * np.exp(-0.5 * times)
    assert np.abs(found.moment("ad a") - decayed).max() < 1e-9
    assert np.abs(found.moment("ad ad a a") - 2 * decayed**2).max() < 1e-9
    assert np.abs(found.moment("z1") - z).max() < 1e-12
    assert np.abs(found.moment("z1 z2") - z**2).max() < 1e-12
    assert found.certificate.certified


@pytest.mark.parametrize("N", [1, 7, 40])
def test_one_photon_oscillates_and_decays(N):
    """exp(-kappa t) cos^2(g sqrt(N) t), with gamma_up = 0 and gamma_down = kappa."""
    kappa, g, times = 0.3, 1.6 / np.sqrt(N), np.linspace(0, 10, 21)
    model = ps.models.tavis_cummings(N=N, g=g, kappa=kappa, gamma_up=0, gamma_down=kappa)
    found = ps.evolve(model, times, initial="fock=1 down", moments=["ad a"])
    assert np.abs(found.derived["photons"] - np.exp(-kappa * times) * np.cos(g * np.sqrt(N) * times) ** 2).max() < 1e-12
    assert found.certificate.certified
    assert np.abs(found.photon_distribution[:, 1] - found.derived["photons"]).max() < 1e-12


@pytest.mark.parametrize("levels", [2, 3])
def test_a_cut_off_that_nothing_passes_is_exact(levels):
    """One excitation and no pump: two Fock states are all there is, however full they are."""
    model = ps.models.tavis_cummings(N=3, kappa=0.3, gamma_up=0, gamma_down=0.3, levels=levels)
    assert ps.evolve(model, [0, 2], initial="fock=1 down", moments=["ad a"]).certificate.certified
    pumped = ps.models.tavis_cummings(N=3, levels=levels)
    assert not ps.evolve(pumped, [0, 2], initial="fock=1 down", moments=["ad a"]).certificate.certified


def test_a_coherent_field_keeps_its_phase_through_a_symmetric_model():
    """The amplitude lives in the sector of charge 1, its square in that of charge 2."""
    alpha, omega, kappa, times = 2 + 0.5j, 1.3, 0.5, np.linspace(0, 6, 7)
    model = ps.models.tavis_cummings(N=2, omega=omega, g=0, kappa=kappa)
    found = ps.evolve(model, times, initial="coherent=2+0.5j bloch=1.0,0.2", moments=["a", "ad", "a a", "ad a", "a +1"])
    a = alpha * np.exp(-(1j * omega + kappa / 2) * times)
    assert np.abs(found.moment("a") - a).max() < 1e-9
    assert np.abs(found.moment("ad") - a.conj()).max() < 1e-9
    assert np.abs(found.moment("a a") - a**2).max() < 1e-9
    assert np.abs(found.moment("ad a") - np.abs(a) ** 2).max() < 1e-9
    assert found.certificate.certified
    alone = ps.evolve(model, times, initial="bloch=1.0,0.2", moments=["+1"]).moment("+1")
    assert np.abs(found.moment("a +1") - a * alone).max() < 1e-9


def driven(N, levels="auto"):
    return ps.models.driven_tavis_cummings(N, C=14, drive=1.05, levels=levels)


def test_cut_off_grows_with_the_field():
    """Levels found on the way give what many fixed ones give, and too few say what they cost."""
    times = np.linspace(0, 4, 9)
    found = ps.evolve(driven(2), times, moments=["a", "ad a", "ad z1"])
    assert found.certificate.certified
    for levels in (16, 18, 20):
        fixed = ps.evolve(driven(2, levels), times, moments=["a", "ad a", "ad z1"])
        for label, error in difference(fixed, list(found.moments.values())).items():
            assert error <= fixed.certificate.errors[label] + found.certificate.errors[label]
        assert fixed.certificate.certified is (levels == 20)  # estimates 1e-6, 3e-8 and 7e-10


def test_rung_up_cavity_against_the_whole_space():
    """|<a>|^2 from the empty cavity with all spins down."""
    model = driven(1, 10)
    found = ps.evolve(model, TIMES, initial="vacuum down", moments=["a", "ad a"])
    rho = evolution.product(model, evolution.fock(10, 0), evolution.fock(2, 1))
    assert np.max(list(difference(found, evolution.moments(model, rho, TIMES, ["a", "ad a"])).values())) < 1e-11


def test_long_times_end_in_the_steady_state():
    model = systems.central_spin(20)
    state = ps.steady_state(model)
    found = ps.evolve(model, [0, 200.0], initial="up bloch=1,0")
    for label, values in found.moments.items():
        assert abs(values[-1] - state.moment(label)) < 1e-9


def test_stiff_systems_take_factorisations():
    """Rates over four decades: products alone would be a hundred thousand; both answers agree where both are quick."""
    model = ps.models.tavis_cummings(N=2, g=1e-3, kappa=1e-3, gamma_up=1e-2, gamma_down=1e-6, omega=1, epsilon=1, levels=24)
    stiff = ps.models.tavis_cummings(N=2, g=1e-3, kappa=1e-3, gamma_up=1e-2, gamma_down=1e-6, gamma_phi=50.0, levels=12)
    assert ps.evolve(stiff, [0, 3e4], moments=["ad a"]).solver["name"] == "shift-invert"
    both = [ps.evolve(model, [0, 500.0], moments=["ad a", "z1"], method=method) for method in ("krylov", "shift-invert")]
    for label in ("ad a", "z1"):
        a, b = (each.moment(label) for each in both)
        assert np.abs(a - b).max() < 2e-9


@pytest.mark.parametrize("times", [[-1, 2], [2, 1], [float("nan")], [[1, 2]], "soon", []])
def test_bad_times(times):
    with pytest.raises(ps.InputError, match="`times` must be"):
        ps.evolve(ps.models.central_spin(N=3), times)
