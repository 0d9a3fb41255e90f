"""Spectra and linewidths: published numbers, brute force, and how failures are reported."""

import functools
import pickle
import warnings

import numpy as np
import pytest
from oracles import systems
from oracles.spectra import Dense

import permsym as ps
from permsym.cumulants import Failure, correlation, g1, linewidth, spectrum, steady_state
from permsym.errors import BeyondOrder, InputError, UncertifiedWarning
from permsym.models import central_spin, tavis_cummings


@functools.cache
def central(N, order):
    return steady_state(central_spin(N=N), order)


@pytest.fixture
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)
        yield


# -- QuantumCumulants ---------------------------------------------------------------------------------------------------


def single_atom_laser(detuning):
    """g, gamma, kappa, nu of test/test_correlation.jl and examples/single-atom-laser-spectrum.jl of QuantumCumulants.jl."""
    return steady_state(tavis_cummings(N=1, omega=detuning, epsilon=0, g=1.5, kappa=1, gamma_up=4, gamma_down=0.25), 2)


def test_single_atom_laser_of_quantumcumulants():
    assert spectrum(single_atom_laser(0), [0.0, 0.5]).power == pytest.approx([12.019160, 2.683111], abs=1e-6)


@pytest.mark.parametrize("detuning", [0.0, 1.0])
def test_the_two_equations_that_quantumcumulants_prints(detuning):
    """d<ad a0> = i g <+ a0> + (i Delta - kappa/2) <ad a0>,  d<+ a0> = i g (1 - 2 <ee>) <ad a0> - (gamma + nu)/2 <+ a0>."""
    state, frequencies = single_atom_laser(detuning), np.linspace(-2, 3, 11)
    upper = (1 + state.moment("z1").real) / 2
    matrix = np.array([[1j * detuning - 0.5, 1.5j], [1.5j * (1 - 2 * upper), -(0.25 + 4) / 2]])
    start = [state.moment("ad a"), state.moment("a +1")]
    expected = [2 * np.linalg.solve(1j * w * np.eye(2) - matrix, start)[0].real for w in frequencies]
    assert spectrum(state, frequencies).power == pytest.approx(expected, rel=1e-9)


def test_mollow_triplet_of_quantumcumulants():
    """Delta = 0, Omega = 2, gamma = 1 of examples/mollow.jl; one atom leaves nothing to close."""
    c, s = ps.Spin(), ps.Ensemble(1)
    state = steady_state(ps.Model(c, s, 2 * (c.p + c.m), [ps.Central(1.0, c.m), ps.Individual(1.0, s.m)]), 3)
    result = spectrum(state, [0.0, 2.0])
    assert result.power == pytest.approx([1.0257951, 0.1435949], abs=1e-7)
    assert result.coherent == pytest.approx({0.0: abs(state.moment("-0")) ** 2})
    assert result.fluctuation == pytest.approx((1 + state.moment("z0")) / 2 - abs(state.moment("-0")) ** 2)


# -- brute force --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("of", "right"), [("+0", "-0"), ("z", "z"), ("+1", "-1"), ("x0", "y")])
@pytest.mark.parametrize("name", ["central_spin", "nine_pairs"])
def test_spectra_are_exact_for_few_satellites(name, of, right):
    model, frequencies = systems.MODELS[name](2), [-1.5, 0.0, 0.7]
    result = spectrum(steady_state(model, 4), frequencies, of=of, right=right)
    exact = Dense(model)
    power, (*_, coherent) = exact.power(of, right, frequencies), exact.vectors(of, right)
    assert np.abs(result.power - power).max() < 1e-10
    assert np.abs(power).max() > 1e-3
    assert sum(result.coherent.values()) == pytest.approx(coherent, abs=1e-11)


def test_line_of_two_satellites():
    """Eigenvalues of charge -1 of the central spin: -0.952933523 + 0.349844805 i and + 1.650155195 i."""
    state = central(2, 4)
    lines = [linewidth(state, near=w) for w in (0.35, 1.65)]
    assert [line.eigenvalue for line in lines] == pytest.approx([-0.952933523 + 0.349844805j, -0.952933523 + 1.650155195j], abs=1e-8)
    assert [line.fwhm for line in lines] == pytest.approx([1.905867046] * 2, abs=1e-8)
    assert lines[0].frequency == lines[0].eigenvalue.imag


def test_lines_make_up_the_spectrum():
    """S = <A B> sum over lines of  2 Re weight / (i omega - lambda); order 2 has two lines, here of one frequency."""
    state, frequencies = central(1000, 2), np.array([0.0, 0.9, 3.0])
    line = linewidth(state, near=1.0)
    other = np.trace(line.equations.matrix) - line.eigenvalue
    assert other.imag == pytest.approx(1.0)
    values, weights = np.array([line.eigenvalue, other]), np.array([line.weight, 1 - line.weight])
    expected = state.derived["p0_up"] * 2 * (weights / (1j * frequencies[:, None] - values)).sum(axis=1).real
    assert spectrum(state, frequencies).power == pytest.approx(expected, rel=1e-9)


def test_width_at_half_maximum_is_that_of_the_exact_spectrum():
    """Order 4 is exact with two satellites, whose two lines overlap."""
    line, exact = linewidth(central(2, 4), 1.0, "+", "-"), ps.linewidth(ps.models.central_spin(N=2), 1.0, "+", "-")
    assert line.half_maximum == pytest.approx(exact.half_maximum, rel=1e-9)
    assert abs(line.peak - 1) == pytest.approx(abs(exact.peak - 1), abs=1e-6)
    assert line.half_maximum / line.fwhm > 1.5


@pytest.mark.usefixtures("quiet")
def test_what_grows_has_no_width_at_half_maximum():
    line = linewidth(central(1000, 3), regression="jacobian")
    assert (line.half_maximum, line.peak) == (None, None)


# -- how wrong they are -------------------------------------------------------------------------------------------------

WIDTHS = [(2, "operators", 0.307), (4, "operators", 0.259), (2, "jacobian", 1.67), (3, "jacobian", -6.0)]


@pytest.mark.parametrize(("order", "regression", "rate"), WIDTHS)
@pytest.mark.usefixtures("quiet")
def test_linewidths_of_a_thousand_satellites(order, regression, rate):
    """-Re lambda; the exact one is 0.2005."""
    near = 1.0 if rate > 0 else None  # what grows is the line, wherever it stands
    line = linewidth(central(1000, order), near, regression=regression)
    assert line.fwhm / 2 == pytest.approx(rate, rel=0.01)
    assert line.frequency == pytest.approx(1.0, abs=1e-9)
    assert (Failure.GROWING in line.failures) == (rate < 0)


@pytest.mark.parametrize(("order", "limit"), [(2, 352.1), (3, 326.5), (4, 287.9)])
@pytest.mark.usefixtures("quiet")
@pytest.mark.quick("2-352.1")
def test_linewidths_fall_as_one_over_n(order, limit):
    """Counting operators, the error is a factor: N times the width has a limit, reached with 1/N."""
    products = [N * linewidth(central(N, order)).fwhm / 2 for N in (10_000, 100_000, 1_000_000)]
    assert products[2] == pytest.approx(limit, rel=1e-3)
    assert abs(products[2] - products[1]) < 0.2 * abs(products[1] - products[0])


@pytest.mark.slow
def test_real_numbers_of_satellites():
    """N = 150.5 lies on the cubic through its four neighbours."""
    sizes = [149, 150, ps.sites.Continuous(150.5), 151, 152]
    states = [steady_state(central_spin(N=N), 4) for N in sizes]
    for values in (
        [linewidth(state).fwhm for state in states],
        [correlation(state, "+1", "-1", [0.5]).values[0] for state in states],
        [correlation(state, "+1", "-2", [0.5]).values[0] for state in states],
    ):
        outer, inner = values[0] + values[4], values[1] + values[3]
        assert values[2] == pytest.approx((9 * inner - outer) / 16, rel=1e-6)
        assert abs(values[3] / values[1] - 1) > 1e-5


# -- failures -----------------------------------------------------------------------------------------------------------


def test_a_negative_spectrum_is_reported():
    with pytest.warns(UncertifiedWarning, match="no state has a negative one"):
        result = spectrum(central(1000, 2), [0.0, 1.0], regression="jacobian")
    assert set(result.failures) == {Failure.NEGATIVE}
    assert result.power.min() < 0
    crossed = spectrum(central(1000, 2), [0.0, 1.0], of="+0", right="-")
    assert crossed.power.min() < 0
    assert not crossed.failures  # of different operators it may be negative


@pytest.mark.slow
def test_growing_modes_and_unstable_states_are_reported():
    with pytest.warns(UncertifiedWarning, match="fluctuations grow"):
        assert set(linewidth(central(1000, 3)).failures) == {Failure.GROWING}
    with pytest.warns(UncertifiedWarning, match="unstable"):
        result = correlation(central(10_000, 5), "+0", "-0", [0.0, 1.0])
    assert set(result.failures) == {Failure.UNSTABLE, Failure.GROWING}


def test_an_undamped_phase_is_reported():
    broken = steady_state(central_spin(N=50), 3, break_symmetry=True)
    with pytest.warns(UncertifiedWarning, match="does not decay"):
        line = linewidth(broken, near=1.0, regression="jacobian")
    assert set(line.failures) == {Failure.UNDAMPED}
    assert line.eigenvalue == pytest.approx(1j, abs=1e-9)


def test_impossible_states_are_reported(monkeypatch):
    point = central(20, 2).point
    monkeypatch.setattr("permsym.cumulants.state.unphysical", lambda model, moment: ("the population p_up = 1.2 is outside [0, 1]",))
    state = ps.cumulants.CumulantState(point, central_spin(N=20))
    with pytest.warns(UncertifiedWarning, match=r"p_up = 1\.2"):
        assert set(linewidth(state).failures) == {Failure.UNPHYSICAL}


# -- arguments ----------------------------------------------------------------------------------------------------------


def test_what_an_order_does_not_retain_is_refused():
    state = steady_state(tavis_cummings(N=10), 2)
    with pytest.raises(BeyondOrder, match="<ad a> has 2 operators, and order 2 retains 1"):
        correlation(state, "ad a", "a", [0.0], left="ad")
    assert correlation(state, "ad a", "a", [0.0], left="ad", regression="jacobian").values[0] == pytest.approx(state.moment("ad ad a a"))


def test_wrong_arguments():
    state = central(20, 2)
    for wrong in ([1.0, 0.5], [-1.0, 0.0], [], [0.0, np.nan], [[0.0]]):
        with pytest.raises(InputError, match="ascending"):
            correlation(state, "+0", "-0", wrong)
    with pytest.raises(InputError, match="finite"):
        spectrum(state, [np.inf])
    with pytest.raises(InputError, match="finite"):
        linewidth(state, near=np.nan)
    with pytest.raises(InputError, match="operators or jacobian"):
        spectrum(state, [0.0], regression="both")
    with pytest.raises(InputError, match="come together"):
        spectrum(state, [0.0], of="+0")
    with pytest.raises(InputError, match="is a text such as"):
        correlation(state, 3.0, "-0", [0.0])
    assert not correlation(state, "+0 +0", "-0", [0.0, 1.0]).values.any()
    with pytest.raises(InputError, match="'x0 x0' is a number"):
        linewidth(state, of="x0 x0", right="-0")
    with pytest.raises(InputError, match="has no emission by default"):
        spectrum(steady_state(systems.three_level_centre(2), 2), [0.0])


def test_an_empty_centre_has_no_coherence():
    c, s = ps.Spin(), ps.Ensemble(3)
    empty = steady_state(ps.Model(c, s, 0.5 * c.z, [ps.Central(1.0, c.m), ps.Individual(1.0, s.m)]), 2)
    with pytest.raises(InputError, match="g1 is over <n>"):
        g1(empty, [0.0])


def test_mean_field_goes_on_by_its_jacobian():
    """Order 1: a broken phase, linearised; sites have no correlations to count."""
    state = steady_state(tavis_cummings(N=100), 1)
    with pytest.warns(UncertifiedWarning, match="does not decay"):
        result = correlation(state, "ad", "a", [0.0, 1.0], regression="jacobian")
    assert result.values == pytest.approx(state.moment("ad a") * np.exp(1j * state.frequencies[0] * np.array([0.0, 1.0])), rel=1e-9)
    with pytest.raises(BeyondOrder, match="order 1 retains nothing"):
        correlation(state, "ad", "a", [0.0])


def test_results_can_be_pickled():
    result = spectrum(central(20, 2), [0.0, 1.0])
    again = pickle.loads(pickle.dumps(result))
    assert np.array_equal(again.power, result.power)
    assert again.failures == result.failures


def test_of_two_equally_high_peaks_the_lower_frequency_is_the_line():
    """As of an exact spectrum: Rabi splitting is mirrored at the frequency of the mode, and rounding must not choose."""
    model = tavis_cummings(N=2, gamma_up=0.05, levels=12)
    exact = ps.linewidth(model)
    line = linewidth(steady_state(model, 4))
    assert exact.frequency < 1 - 0.1
    assert line.frequency == pytest.approx(exact.frequency, abs=0.05)
    assert line.half_maximum == pytest.approx(exact.half_maximum, rel=0.1)
