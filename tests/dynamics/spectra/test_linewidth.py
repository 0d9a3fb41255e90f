"""Lines: eigenvalues and their shares against the whole product space, closed forms, windows, overlapping poles."""

import itertools
import warnings
from functools import cache

import numpy as np
import pytest
from oracles import systems
from oracles.spectra import Dense
from sampled import sampled

import permsym as ps
from permsym.steady.cavity.matrix_free import MatrixFree

WORDS = {"cavity": ("ad", "a"), "driven_cavity": ("ad", "a"), "nine_pairs": ("+", "-"), "charged_products": ("+1", "-1")}


@cache
def lines(name):
    """Values and shares of the lines of the whole space, multiplets together."""
    values, shares = Dense(systems.MODELS[name](2)).lines(*WORDS.get(name, ("+0", "-0")))
    values, shares = values[np.argsort(values.imag)], shares[np.argsort(values.imag)]
    together = np.abs(values[:, None] - values) < 1e-6
    return values, together @ shares


SMALL = ["central_spin", "resonant_central_spin", "charged_products", "nine_pairs", "cavity", "driven_cavity"]


@pytest.mark.parametrize(("name", "near"), sampled(list(itertools.product(SMALL, [-2.0, -0.3, 0.0, 0.8, 3.0])), 3))
@pytest.mark.quick("central_spin--2.0", "resonant_central_spin-3.0", "charged_products-0.0", "cavity-3.0")
def test_brute_force(name, near):
    values, shares = lines(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)  # too few Fock states, as the oracle has
        line = ps.linewidth(systems.MODELS[name](2), near, *WORDS.get(name, ("+0", "-0")))
    distance = np.abs(values - 1j * near)
    nearest = np.argmin(distance)
    tied = np.flatnonzero(distance < distance[nearest] + 1e-9)
    mine = tied[np.argmin(np.abs(values[tied] - line.eigenvalue))]
    assert abs(line.eigenvalue - values[mine]) < 1e-9
    off = abs(line.weight - shares[mine].real)
    assert off < 1e-7 * max(1, abs(shares[mine]))
    if "cavity" not in name:  # of which the oracle has too few Fock states, too
        assert off <= line.weight_error + 1e-11 * max(1, abs(shares[mine]))  # the oracle's own digits
        assert line.weight_error < 1e-6 * max(1, abs(shares[mine]))
    assert line.fwhm == -2 * line.eigenvalue.real
    assert line.frequency == line.eigenvalue.imag


def test_central_spin():
    line = ps.linewidth(ps.models.central_spin(N=2), near=0.3)
    assert abs(line.eigenvalue - (-0.952933523 + 0.349844805j)) < 1e-9
    assert line.error < 1e-12
    assert line.certified
    assert "poles overlap" in line.note
    assert abs(line.peak - 1) < 1e-6  # both are at the maximum between them


@pytest.mark.slow
def test_tavis_cummings():
    state = ps.steady_state(ps.models.tavis_cummings(N=10))
    line = ps.linewidth(state)
    assert abs(line.eigenvalue.real + 0.3563) < 5e-5
    assert np.abs(ps.eigenvalues(state.model, k=4, charge=-1, near=1.0).eigenvalues - line.eigenvalue).min() < 1e-11
    assert abs(ps.linewidth(state, near=1.2).eigenvalue - line.eigenvalue) < 1e-11


@pytest.mark.slow
def test_tavis_cummings_of_twenty():
    assert abs(ps.linewidth(ps.models.tavis_cummings(N=20)).eigenvalue.real + 0.1469) < 5e-5


def test_a_line_that_is_alone():
    """An uncoupled centre: both widths are kappa + kappa_up + 4 kappa_phi, all of <+ -> is in the line."""
    model = ps.models.central_spin(N=4, g=0, omega=1.7, kappa=0.3, kappa_up=0.1, kappa_phi=0.05)
    line = ps.linewidth(model)
    assert abs(line.eigenvalue - (-0.3 + 1.7j)) < 1e-12
    assert abs(line.half_maximum - 0.6) < 1e-9
    assert abs(line.peak - 1.7) < 1e-7
    assert abs(line.weight - 1) < 1e-12
    assert line.note == ""


@pytest.mark.slow
def test_half_of_the_maximum_where_poles_overlap():
    """By bisection on S itself."""
    state = ps.steady_state(ps.models.central_spin(N=60))
    line = ps.linewidth(state, near=1.0)
    assert "poles overlap" in line.note
    edges = line.peak + np.array([-0.5, 0.5]) * line.half_maximum
    top = ps.spectrum(state, line.peak).power[0]
    around = ps.spectrum(state, line.peak + np.linspace(-0.01, 0.01, 21)).power
    assert (around <= top * (1 + 1e-12)).all()
    if abs(line.peak - 1) < 1e-6:  # a symmetric line: its edges are at the same distance
        assert np.abs(ps.spectrum(state, edges).power / top - 0.5).max() < 1e-9


@pytest.mark.slow
def test_the_central_spin_of_500_on_its_window():
    state = ps.steady_state(ps.models.central_spin(N=500))
    assert state.basis.boundary == "reflecting"
    line = ps.linewidth(state)
    assert abs(line.eigenvalue.real + 0.40108) < 5e-6
    assert line.certified


@pytest.mark.slow
def test_a_thin_window_is_said():
    """An absorbing edge shifts the eigenvalue by the rate at which it leaks."""
    model = ps.models.central_spin(N=400)
    exact = ps.linewidth(ps.steady_state(model, window="full"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        thin = ps.linewidth(ps.steady_state(model, window=3))
    assert abs(thin.eigenvalue - exact.eigenvalue) > 1e-6
    assert abs(thin.eigenvalue - exact.eigenvalue) < thin.error
    assert not thin.certified


@pytest.mark.parametrize(
    ("call", "fragment"),
    [
        (lambda: ps.linewidth(ps.models.central_spin(N=2), near="1"), "`near` must be a frequency"),
        (lambda: ps.linewidth(ps.models.central_spin(N=2), near=np.nan), "`near` must be a frequency"),
        (lambda: ps.linewidth(ps.models.central_spin(N=2), of="+0", right="z0"), "it has no line"),
    ],
)
def test_refusals(call, fragment):
    with pytest.raises(ps.InputError) as caught:
        call()
    assert fragment in str(caught.value)


def test_the_error_covers_what_a_small_space_leaves_of_a_line():
    """Its neighbours are not resolved yet, and may still be what the line is mixed with; the eigenvalue in 40 digits."""
    c, s = ps.Spin(), ps.Ensemble(2)
    jumps = [
        ps.Individual(0.891, s.m),
        ps.Central(0.197, c.m),
        ps.Central(0.724, c.p),
        ps.Central(0.363, c.z),
        ps.Individual(0.127, s.p),
        ps.Individual(0.0815, s.z),
        ps.Individual(0.425, c.p * s.m),
        ps.Collective(0.35, s.m),
        ps.Collective(0.49, c.z * s.m),
    ]
    line = ps.linewidth(ps.Model(c, s, -0.418 * (c.p * s.m + c.m * s.p), jumps), of="+2", right="-2")
    assert abs(line.eigenvalue + 0.881980419989893) <= line.error
    assert line.error < 1e-10


def test_a_space_of_a_few_vectors_has_no_earlier_one_to_compare_with():
    c, s = ps.Spin(), ps.Ensemble(1)
    jumps = [ps.Individual(1.3, s.m), ps.Individual(2.6, s.p), ps.Central(0.2, c.p), ps.Central(0.6, c.z), ps.Collective(0.09, c.z * s.m)]
    model = ps.Model(c, s, 0.24 * (c.p * s.m + c.m * s.p) + 0.3 * c.z - 0.56 * c.z * s.z, jumps)
    line = ps.linewidth(model, of="-1 +0", right="-0 +1")
    values, shares = Dense(model).lines("-1 +0", "-0 +1")
    mine = np.argmin(np.abs(values - line.eigenvalue))
    assert abs(line.eigenvalue - values[mine]) < 1e-10
    assert abs(line.weight - shares[mine].real) <= line.weight_error + 1e-11


def test_the_line_of_the_highest_peak_is_the_one_that_makes_it():
    """A narrow line of little weight is nearer to the peak's frequency than the broad ones that overlap there."""
    c, s = ps.Levels(3), ps.Ensemble(2)
    a = 0.69 * c.unit(0, 1) + 0.728 * c.unit(1, 2)
    jumps = [
        ps.Central(0.0338, a),
        ps.Individual(1.02, s.p),
        ps.Individual(4.37, s.m),
        ps.Central(0.49, c.unit(0, 2)),
        ps.Individual(1.9, c.unit(1, 0) * s.m),
    ]
    model = ps.Model(c, s, 0.83 * (a.dag() * s.m + a * s.p) + 0.862 * s.z, jumps)
    line = ps.linewidth(model, of="+1", right="-1")
    assert line.peak == pytest.approx(1.766, abs=1e-3)
    assert line.eigenvalue == pytest.approx(-2.862050920957781 + 1.808690147395144j, abs=1e-9)
    narrow = ps.linewidth(model, near=1.8, of="+1", right="-1")
    assert narrow.eigenvalue.real == pytest.approx(-0.411, abs=1e-3)
    assert abs(narrow.weight) < abs(line.weight) / 10


@pytest.mark.parametrize("solver", ["superlu", "matrix-free"])
@pytest.mark.quick("matrix-free")
def test_width_and_weight_know_what_a_cutoff_costs_them(solver):
    model = ps.models.tavis_cummings(N=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        few, many = (ps.linewidth(ps.steady_state(model.with_levels(n), solver=solver), near=1.2) for n in (7, 22))
    for name in ("half_maximum", "weight"):
        off = abs(getattr(few, name) - getattr(many, name))
        assert 1e-10 < off <= getattr(few, f"{name}_error") < 1e4 * off
        assert getattr(many, f"{name}_error") < 1e-6


def test_width_and_weight_know_what_the_state_costs_them():
    model = systems.cavity(3).with_levels(12)
    rough, exact = (
        ps.linewidth(ps.steady_state(model, solver=solver, tolerance=1e-3), near=1.0)
        for solver in (MatrixFree(tolerance=1e-6), MatrixFree(tolerance=1e-14))
    )
    for name in ("half_maximum", "weight"):
        off = abs(getattr(rough, name) - getattr(exact, name))
        assert 1e-11 < off <= getattr(rough, f"{name}_error") < 1e3 * off


@pytest.mark.slow
def test_an_automatic_cutoff_grows_until_the_line_has_enough(monkeypatch):
    """Two photons more or fewer are enough for the state, and the line needs more: here because it is asked for more digits."""
    model = ps.models.tavis_cummings(N=3)
    first = ps.linewidth(model)
    monkeypatch.setattr("permsym.dynamics.spectra.linewidth._CERTAIN", first.cutoff / first.fwhm / 3)
    grown = ps.linewidth(model)
    assert grown.state.model.centre.levels > first.state.model.centre.levels
    assert grown.cutoff < first.cutoff / 3
    assert not grown.lacks_levels
    fixed = ps.linewidth(model.with_levels(first.state.model.centre.levels))
    assert fixed.lacks_levels
    assert fixed.eigenvalue == first.eigenvalue
