"""The power spectrum against the whole product space, closed forms, the other representation and the full basis."""

import warnings
from functools import cache

import numpy as np
import pytest
import qutip
from oracles import systems
from oracles.spectra import Dense
from sampled import sampled

import permsym as ps

W = np.array([-7.0, -2.0, -0.6, 0.0, 0.35, 1.0, 2.5, 40.0])
SPINS = [("+0", "-0"), ("+", "-"), ("+1", "-1"), ("+2", "-1"), ("z0", "z0"), ("x0", "y"), ("z1 +0", "-0 z"), ("- -", "+ +")]
"""A and B: of all charges, also of two at once, single satellites, and such that B is not A^dag."""
WORDS = {
    "cavity": [("ad", "a"), ("ad a", "ad a"), ("+1", "-1"), ("ad +", "a -")],
    "qutrits": [("|1><0|1", "|0><1|1"), ("|2><2|", "|1><1|"), ("+0", "-0")],
    "two_ensembles": [("+1@A", "-1@A"), ("+@B", "-@A"), ("z1@A", "z0")],
    "mixed_ensembles": [("+1@A", "-1@A"), ("|1><2|@B", "|2><1|@B"), ("z@A", "z0")],
    "three_level_centre": [("|1><0|0", "|0><1|0"), ("+1", "-1"), ("|2><2|0", "z")],
}
WORDS |= {"driven_cavity": WORDS["cavity"], "squeezed_cavity": WORDS["cavity"], "random_qutrits": WORDS["qutrits"]}
WORDS |= {"charged_two_ensembles": WORDS["two_ensembles"], "driven_three_level_centre": WORDS["three_level_centre"]}
CASES = [
    (name, *words, basis)
    for name in systems.MODELS
    for words in WORDS.get(name, SPINS)
    for basis in (["occupation"] if name in systems.QUTRITS else ["dicke", "occupation"])
]


@cache
def dense(name):
    return Dense(systems.MODELS[name](systems.size(name)))


@cache
def state(name, basis):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)  # too few Fock states, as the oracle has
        return ps.steady_state(systems.MODELS[name](systems.size(name)), basis=basis, solver="superlu", window="full")


@pytest.mark.parametrize(("name", "of", "right", "basis"), sampled(CASES, 31))
@pytest.mark.quick("central_spin-+0--0-dicke", "three_level_centre-|1><0|0-|0><1|0-dicke")
def test_brute_force(name, of, right, basis):
    """Every class of models, in every charge, at resonance and far from it; within the errors that are said, rounding of both added."""
    spectrum = ps.spectrum(state(name, basis), W, of, right)
    exact = dense(name).power(of, right, W)
    scale = max(1.0, np.abs(exact).max())
    difference = np.abs(spectrum.power - exact)
    assert difference.max() < 1e-11 * scale
    assert (difference <= spectrum.errors + 1e-13 * scale).all()
    assert abs(spectrum.coherent - dense(name).vectors(of, right)[2]) < 1e-12 * scale
    parts = spectrum.certificate.parts
    assert parts["resolvent"] + parts["rounding"] + parts["steady"] < 1e-10 * scale


@pytest.mark.parametrize("name", ["central_spin", "nine_pairs", "charged_products"])
def test_qutip(name):
    """QuTiP's own spectrum, whose pseudo-inverse leaves out the coherent part too."""
    model = systems.MODELS[name](3)
    whole = dense(name) if systems.size(name) == 3 else Dense(model)
    space = whole.two_time.space
    plus, minus = (qutip.Qobj(whole.two_time.operator(text), dims=[space.dims] * 2) for text in ("+0", "-0"))
    w = W[W != 0]  # QuTiP's inverse is exact where i w - L is regular
    theirs = qutip.spectrum(space.hamiltonian(), w, space.collapse(), plus, minus, solver="pi")
    assert np.abs(ps.spectrum(model, w, "+0", "-0").power - theirs).max() < 1e-11


def test_central_spin_of_two():
    spectrum = ps.spectrum(ps.models.central_spin(N=2), [0, 1, 2])
    assert np.abs(spectrum.power - [0.946275491, 1.828564268, 0.946275491]).max() < 1e-9
    assert spectrum.certificate.certified


def test_zero_by_charge():
    spectrum = ps.spectrum(ps.models.central_spin(N=3), [0.0, 1.0], "+0", "z0")
    assert (spectrum.power == 0).all()
    assert (spectrum.errors == 0).all()
    assert spectrum.certificate.certified


@pytest.mark.parametrize("sign", [1, -1])
def test_an_empty_cavity(sign):
    """Thermal photons: <ad a> kappa / ((w - omega)^2 + kappa^2/4), a peak at +omega for ad, a; at -omega for a, ad with one photon more."""
    N, omega, down, up = 1, 1.3, 0.7, 0.2
    c, s = ps.Boson(60), ps.Ensemble(N)
    jumps = [ps.Central(down, c.a), ps.Central(up, c.ad), ps.Individual(0.4, s.m)]
    model = ps.Model(c, s, omega * c.n, jumps)
    photons, kappa = up / (down - up), down - up
    words, weight = (("ad", "a"), photons) if sign > 0 else (("a", "ad"), photons + 1)
    w = np.linspace(-4, 4, 41)
    spectrum = ps.spectrum(model, w, *words)
    expected = weight * kappa / ((w - sign * omega) ** 2 + kappa**2 / 4)
    assert np.abs(spectrum.power - expected).max() < 1e-9
    assert (np.abs(spectrum.power - expected) < spectrum.errors + 1e-12).all()


def test_a_damped_spin_with_noise():
    """<+ -> gamma / ((w - e)^2 + gamma^2/4), gamma: both rates and four times the dephasing; N of them do not interfere."""
    N, e, down, up, phi = 7, 0.9, 0.6, 0.3, 0.15
    model = ps.models.central_spin(N=N, g=0, epsilon=e, gamma_down=down, gamma_up=up, gamma_phi=phi, kappa=1.0)
    gamma = down + up + 4 * phi
    w = np.linspace(-3, 4, 50)
    for words, weight in ((("+", "-"), N), (("+1", "-1"), 1)):
        expected = weight * up / (down + up) * gamma / ((w - e) ** 2 + gamma**2 / 4)
        assert np.abs(ps.spectrum(model, w, *words).power - expected).max() < 1e-12


def mollow(rabi, gamma, detuning=0.0):
    c, s = ps.Spin(), ps.Ensemble(1)
    return ps.Model(c, s, rabi / 2 * (c.p + c.m) - detuning / 2 * c.z, [ps.Central(gamma, c.m), ps.Individual(1.0, s.m)])


@pytest.mark.parametrize(("rabi", "gamma"), [(3.0, 1.0), (0.4, 1.0), (2.0, 0.3)])
def test_the_mollow_triplet(rabi, gamma):
    """Resonance fluorescence from the optical Bloch equations, and its elastic part."""
    bloch = np.array([[-gamma / 2, 0, 0], [0, -gamma / 2, -rabi], [0, rabi, -gamma]])
    steady = np.linalg.solve(bloch, [0, 0, gamma])
    x, y, z = steady
    lower = (x - 1j * y) / 2
    # (x, y, z) of - rho: <x ->, <y ->, <z ->; the trace <-> drives with it
    start = np.array([(1 + z) / 2, -1j * (1 + z) / 2, -lower]) - lower * steady
    w = np.linspace(-6, 6, 61)
    row = np.array([0.5, 0.5j, 0])  # + = (x + i y)/2
    expected = [2 * (row @ np.linalg.solve(1j * v * np.eye(3) - bloch, start)).real for v in w]
    spectrum = ps.spectrum(mollow(rabi, gamma), w)
    assert np.abs(spectrum.power - expected).max() < 1e-12
    assert abs(spectrum.coherent - abs(lower) ** 2) < 1e-14
    # elastic and inelastic shares of Loudon, The Quantum Theory of Light
    s = 2 * rabi**2 / gamma**2
    assert abs(spectrum.coherent - s / 2 / (1 + s) ** 2) < 1e-14
    assert abs(spectrum.certificate.sum_rule - 2 * np.pi * s**2 / 2 / (1 + s) ** 2) < 1e-13


def test_the_single_atom_laser_of_quantum_cumulants():
    """Its parameters in the tests and the tutorial of QuantumCumulants.jl; the exact value, not that of second order."""
    model = ps.models.tavis_cummings(N=1, omega=0, epsilon=0, g=1.5, kappa=1, gamma_down=0.25, gamma_up=4)
    assert abs(ps.spectrum(model, 0.0).power[0] - 9.692680166) < 1e-9


def test_the_mollow_triplet_of_quantum_cumulants():
    assert np.abs(ps.spectrum(mollow(4.0, 1.0), [0, 2]).power - [1.0257951, 0.1435949]).max() < 1e-7


def test_one_photon_with_many_emitters():
    """At most one excitation, weakly pumped: the polariton doublet of a resonant cavity at omega +- g sqrt(N)."""
    N, g, kappa, gamma, pump = 12, 0.5, 0.2, 0.1, 1e-6
    c, s = ps.Boson(3), ps.Ensemble(N)
    jumps = [ps.Central(kappa, c.a), ps.Individual(gamma, s.m), ps.Central(pump, c.ad)]
    model = ps.Model(c, s, g * (c.a * s.p + c.ad * s.m), jumps)
    amplitudes = np.array([[-kappa / 2, -1j * g * np.sqrt(N)], [-1j * g * np.sqrt(N), -gamma / 2]])
    # photon, emitters and their coherence in the steady state, to first order in the pump
    states = np.kron(amplitudes, np.eye(2)) + np.kron(np.eye(2), amplitudes.conj())
    populations = np.linalg.solve(states, [-pump, 0, 0, 0]).reshape(2, 2)
    w = np.linspace(-4, 4, 33)
    start = populations[:, 0]  # <ad (a, S)>: the amplitudes that one photon less leaves behind, conjugated below
    expected = [2 * np.linalg.solve(1j * v * np.eye(2) - amplitudes.conj(), start.conj())[0].real for v in w]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)  # g2, of a millionth of a photon
        spectrum = ps.spectrum(model, w)
    assert np.abs(spectrum.power / expected - 1).max() < 1e-4


@pytest.mark.slow
def test_the_sum_rule():
    """The integral over all frequencies is 2 pi <A B>; the tails fall as 1 / w^2."""
    model = ps.models.tavis_cummings(N=6)
    state = ps.steady_state(model)
    spectrum = ps.spectrum(state, 1 + 400 * np.sinh(np.linspace(-9, 9, 4001)) / np.sinh(9))
    assert abs(spectrum.certificate.sum_rule - 2 * np.pi * state.moment("ad a").real) < 1e-11
    assert abs(spectrum.certificate.integral / spectrum.certificate.sum_rule - 1) < 2e-3


@pytest.mark.parametrize("detuning", [0.0, 0.3])
def test_both_representations(detuning):
    model = ps.models.central_spin(N=24, epsilon=1 + detuning)
    w = np.linspace(-3, 5, 30)
    dicke, occupation = (ps.spectrum(ps.steady_state(model, basis=basis), w) for basis in ("dicke", "occupation"))
    assert (np.abs(dicke.power - occupation.power) <= dicke.errors + occupation.errors).all()
    assert np.abs(dicke.power - occupation.power).max() < 1e-12


@pytest.mark.slow
def test_a_window_against_the_full_basis():
    model = ps.models.central_spin(N=150)
    w = np.linspace(-3, 5, 40)
    full = ps.spectrum(ps.steady_state(model, window="full"), w)
    for size, least in ((8, 1e-6), (5, 1e-3)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ps.UncertifiedWarning)
            window = ps.spectrum(ps.steady_state(model, window=size), w)
        difference = np.abs(window.power - full.power)
        assert 0 < difference.max() < least
        assert (difference < window.errors).all()


@pytest.mark.slow
def test_one_satellite_on_a_window():
    """One of many at both times: N C11 + N (N - 1) C12 is what the sums give."""
    N, w = 320, np.array([-0.5, 1.0, 1.6])
    state = ps.steady_state(ps.models.central_spin(N=N))
    assert state.basis.boundary == "reflecting"
    one, two, sums = (ps.spectrum(state, w, *words) for words in (("+1", "-1"), ("+2", "-1"), ("+", "-")))
    total = N * one.power + N * (N - 1) * two.power
    assert np.abs(total / sums.power - 1).max() < 1e-10


def test_a_cut_off_that_is_too_low_is_said():
    w = np.linspace(-3, 5, 40)
    exact = ps.spectrum(ps.models.tavis_cummings(N=5, levels=24), w)
    assert exact.certificate.certified
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        low = ps.spectrum(ps.models.tavis_cummings(N=5, levels=8), w)
    assert not low.certificate.certified
    assert "levels" in " ".join(low.certificate.reasons)
    assert np.abs(low.power - exact.power).max() < low.certificate.error_estimate


@pytest.mark.slow
def test_an_automatic_cut_off_grows_until_it_suffices_for_the_spectrum():
    model, w = ps.models.dicke(N=3, g=0.3), np.linspace(-3, 3, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        state = ps.steady_state(model)
        before = ps.spectrum(state, w)
        spectrum = ps.spectrum(model, w)
    assert before.certificate.parts["cutoff"] > 1e-9 * before.certificate.scale
    assert spectrum.certificate.certified
    assert spectrum.state.model.centre.levels > state.model.centre.levels
    assert np.abs(spectrum.power - before.power).max() < before.certificate.error_estimate


@pytest.mark.slow
def test_far_frequencies_take_another_pole():
    model = ps.models.central_spin(N=60)
    w = np.linspace(-1000, 1002, 9)
    spectrum = ps.spectrum(model, w)
    assert len(spectrum.solver["poles"]) > 1
    one = np.array([ps.spectrum(model, v).power[0] for v in w])
    assert (np.abs(spectrum.power - one) <= 2 * spectrum.errors + 1e-14).all()
    assert spectrum.certificate.certified


def test_the_dual_correction_is_in_the_result(monkeypatch):
    """With few vectors S from x alone is off by the correction; S is not."""
    from permsym.dynamics.spectra import poles

    model, w = ps.models.central_spin(N=40), np.linspace(-3, 5, 21)
    exact = ps.spectrum(model, w)
    monkeypatch.setattr(poles, "_ENOUGH", 1e-6)
    few = ps.spectrum(model, w)
    difference = np.abs(few.power - exact.power).max()
    assert difference < 1e-2 * few.certificate.correction
    assert difference < few.certificate.error_estimate


def test_a_state_whose_error_is_large_makes_that_of_its_spectrum():
    """Spoiled by a millionth: the dual vector pulled back through B finds it."""
    model, w = ps.models.central_spin(N=20), np.linspace(-3, 5, 9)
    exact, spoiled = ps.spectrum(model, w), ps.steady_state(model)
    null = spoiled.solution.null
    null.vector *= 1 + 1e-6 * np.random.default_rng(3).standard_normal(len(null.vector))
    null.vector /= null.problem.trace @ null.vector
    null.residual_vector = null.problem.assembly.residual(null.vector)
    spoiled.x[:] = null.unknowns(spoiled.basis.dimension)
    spectrum = ps.spectrum(spoiled, w)
    difference = np.abs(spectrum.power - exact.power)
    assert difference.max() > 1e-9
    assert (difference < 1.1 * spectrum.errors).all()
    assert spectrum.certificate.parts["steady"] < 100 * difference.max()


def edges(small, large, w, monkeypatch):
    """(largest error of S on a smaller basis with the larger one's rho; parts of the estimate without the state's own)."""
    at, _ = large.basis.index(small.basis.labels)
    pairs = at[small.basis.paired]
    small.x[:] = np.concatenate([large.x[at], large.x[large.basis.imaginary[pairs]]])
    monkeypatch.setattr("permsym.dynamics.spectra.lattice.LatticeResponse._steady_errors", lambda _, covectors: {})
    cut = ps.spectrum(small, w)
    return np.abs(cut.power - ps.spectrum(large, w).power).max(), cut.certificate.parts


@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")
@pytest.mark.slow
def test_the_edge_of_the_charged_sector_itself(monkeypatch):
    model = ps.models.central_spin(N=150)
    small, large = (ps.steady_state(model, window=size) for size in (4, "full"))
    error, parts = edges(small, large, np.linspace(-3, 5, 9), monkeypatch)
    assert 1e-9 < error < parts["window"] < 100 * error


@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")
def test_the_cut_off_of_the_charged_sector_itself(monkeypatch):
    small, large = (ps.steady_state(ps.models.tavis_cummings(N=5, levels=levels)) for levels in (10, 26))
    error, parts = edges(small, large, np.linspace(-3, 5, 9), monkeypatch)
    assert 1e-9 < error < parts["cutoff"] < 1000 * error


def test_errors_do_not_depend_on_the_order_of_frequencies():
    state = ps.steady_state(ps.models.central_spin(N=3))
    w = np.concatenate([np.linspace(-3, 3, 60), [0.5, 0.5]])
    shuffled = np.random.default_rng(1).permutation(w)
    first, second = ps.spectrum(state, w), ps.spectrum(state, shuffled)
    assert (second.frequencies == shuffled).all()
    at = np.searchsorted(np.sort(w), shuffled)
    order = np.argsort(w)
    assert second.power == pytest.approx(first.power[order][at], rel=1e-12)
    assert second.errors == pytest.approx(first.errors[order][at], rel=1e-6)
    assert second.certificate.integral == pytest.approx(first.certificate.integral, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "fragment"),
    [
        (lambda: ps.spectrum(ps.models.central_spin(N=2), []), "`frequencies` must be one finite number"),
        (lambda: ps.spectrum(ps.models.central_spin(N=2), [0, np.nan]), "`frequencies` must be one finite number"),
        (lambda: ps.spectrum(ps.models.central_spin(N=2), "fast"), "`frequencies` must be numbers"),
        (lambda: ps.spectrum(ps.models.central_spin(N=2), 1.0, tolerance=0), "`tolerance` must be a positive number"),
        (lambda: ps.spectrum(ps.models.central_spin(N=2), 1.0, tolerance="small"), "`tolerance` must be a positive number"),
        (lambda: ps.spectrum(ps.models.central_spin(N=2), 1.0, of="+0"), "`of` and `right` come together"),
        (lambda: ps.spectrum(ps.models.central_spin(N=2), 1.0, "b", "a"), "'b' in operator 'b' is not one"),
        (lambda: ps.spectrum(systems.three_level_centre(2), 1.0), "has no emission by default"),
        (lambda: ps.spectrum(ps.hermite_state(ps.models.central_spin(N=20_000)), 1.0), "has no charged sectors"),
    ],
)
def test_refusals(call, fragment):
    with pytest.raises(ps.InputError) as caught:
        call()
    assert fragment in str(caught.value)


def test_what_is_exactly_zero_is_certain():
    """Four photons at once leave a charge modulo four, which z and a^dag a^dag do not share; tiny remains come from the cut-off alone."""
    c, s = ps.Boson(), ps.Ensemble(1)
    four = c.ad * c.ad * c.ad * c.ad
    hamiltonian = 0.352 * c.n + 0.146 * (c.ad * s.m + c.a * s.p) + 0.00738 * (four + four.dag())
    model = ps.Model(c, s, hamiltonian, [ps.Central(1.91, c.a), ps.Individual(1.18, s.m), ps.Central(0.959, c.a * c.a)])
    result = ps.spectrum(model, [0.4, 1480.0], "z", "ad ad")
    assert result.certificate.certified
    assert np.abs(result.power).max() < 1e-30
