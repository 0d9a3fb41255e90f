"""Scans of the gallery: points that fail are left out with their reasons, and rows agree with closed forms that share no code with them."""

import numpy as np
import pytest

import permsym as ps
from permsym.dataset.status import Status
from permsym.errors import SolverFailed
from permsym.figures.gallery.cavities import blockade_breakdown, rabi_splitting, weak_drive_antibunching
from permsym.figures.gallery.lasers import counter, superradiant
from permsym.figures.gallery.row import Curves
from permsym.figures.gallery.scans import along, crossing, derived, mirrored, real, scaled, spectrum, summit
from permsym.figures.gallery.spectra import mollow


def laser(up):
    return ps.models.tavis_cummings(2, omega=0, epsilon=0, g=1, kappa=1, gamma_up=up, gamma_down=0.5, levels=8)


def test_exact_points_have_errors_and_approximations_none():
    read = {"a": derived("photons", 2), "b": real("z1")}
    exact, order = (along(approach, laser, [0.1, 0.2], read, tolerance=1e-5) for approach in ("exact", "c2"))
    assert exact.outcome == order.outcome == (Status.OK, "")
    state = ps.steady_state(laser(0.2))
    assert [exact.xy[letter][1][1] for letter in "ab"] == pytest.approx([state.derived["photons"] / 2, state.moment("z1").real])
    assert all(0 < error < 1e-4 for letter in "ab" for error in exact.errors[letter])
    assert all(np.isnan(order.errors[letter]).all() for letter in "ab")


def test_exact_points_that_are_not_certified_stay_and_mark_the_curve():
    curve = along("exact", lambda up: laser(up).with_levels(3), [0.1, 2.0], {"a": derived("photons")})
    assert curve.outcome[0] is Status.UNCERTIFIED
    assert curve.outcome[1].startswith("at 0.1: ")
    assert np.isfinite(curve.xy["a"][1]).all()


def test_approximations_that_fail_are_left_out_with_their_reason():
    def family(up):
        if up > 1:
            raise SolverFailed("no way")
        return laser(up)

    read = {"a": derived("photons")}
    some = along("mf", family, [0.5, 2.0, 3.0], read)
    assert np.isnan(some.xy["a"][1]).tolist() == [False, True, True]
    assert some.outcome == (Status.OK, "2 of 3 points are left out, the first at 2: failed, no way")
    assert along("mf", family, [2.0], read).outcome == (Status.FAILED, "at 2: no way")
    assert along("exact", family, [0.1, 2.0], read).outcome == (Status.FAILED, "at 2: no way")


def test_shapes():
    x = np.linspace(0, 3, 31)
    assert summit(x, np.exp(-((x - 1.234) ** 2))) == pytest.approx((1.234, 1), rel=1e-9)
    assert summit(x, np.exp(-((x - 1.234) ** 2)), low=2)[0] == pytest.approx(2, abs=0.1)
    assert crossing(x, 2 * x, 3.1) == pytest.approx(1.55)
    assert np.isnan(crossing(x, x, 7))
    curve = Curves({"a": (x, 4 * x)}, errors={"a": 0.1 * x})
    both = mirrored(curve)
    assert both.xy["a"][0].tolist() == [*-x[:0:-1], *x]
    assert both.xy["a"][1][0] == both.xy["a"][1][-1] == 12
    assert both.errors["a"][0] == pytest.approx(0.3)
    share = scaled(curve, "a", lambda n, y: y / (n + 1) - 2)
    assert share.xy["a"][1] == pytest.approx(4 * x / (x + 1) - 2)
    assert share.errors["a"] == pytest.approx(0.1 * x / (x + 1))


def test_splitting_of_many_atoms_is_that_of_two_oscillators():
    """In the valley between the lines second excitations matter as 1/N^2."""
    off = [ps.steady_state(rabi_splitting.model(N, 0)).derived["photons"] / rabi_splitting.linear_response(N, 0) - 1 for N in (1, 20)]
    assert off[0] == pytest.approx(0.08, abs=0.001)
    assert 0 < off[1] < 1e-4


def test_weak_drive_is_that_of_five_amplitudes():
    for N in (1, 3):
        assert weak_drive_antibunching.vanishing(N) == pytest.approx(weak_drive_antibunching.amplitudes(N), rel=1e-8)


@pytest.mark.slow
def test_strong_coupling_goes_to_the_neoclassical_field():
    """(2 kappa/g)^2 n - (x^2 - 1) falls with g."""
    x = 1.4
    off = [abs((2 / g) ** 2 * ps.steady_state(blockade_breakdown.model(g, x)).derived["photons"] / (x**2 - 1) - 1) for g in (5, 10)]
    assert off[1] < off[0] / 2 < 0.1


def test_fluorescence_is_mollow_s():
    """From the optical Bloch equations, d<s>/dt = M <s> + c, solved as a 3 x 3 system."""
    omega, w = 0.7, np.array([-1.3, 0.0, 0.4, 1.4])
    # (s+, s-, sz) with H = omega (s+ + s-): d s-/dt = i omega sz - s-/2, d sz/dt = 2 i omega (s- - s+) - (sz + 1)
    M = np.array([[-0.5, 0, -1j * omega], [0, -0.5, 1j * omega], [-2j * omega, 2j * omega, -1]])
    plus, minus, z = np.linalg.solve(M, [0, 0, 1])
    start = np.array([(1 + z) / 2, 0, -minus]) - np.array([plus, minus, z]) * minus  # <s+ s->, <s- s->, <sz s-> less their products
    closed = [2 * np.linalg.solve(1j * at * np.eye(3) - M, start)[0].real for at in w]
    curve = spectrum("exact", mollow.model(omega), w, "a", "+", "-")
    assert curve.xy["a"][1] == pytest.approx(closed, rel=1e-9)
    assert curve.outcome == (Status.OK, "")


def test_counter_lasing_is_lasing_upside_down():
    assert counter.laser() == pytest.approx([counter.numbers()[i] for i in (0, 3)], rel=1e-9)


@pytest.mark.slow
def test_the_cavity_hardly_pulls_the_line():
    """By the mean of both frequencies, weighted with the other's width, to the inversion's few per mille."""
    assert superradiant.numbers()[4] == pytest.approx(superradiant.pulled(superradiant.DETUNING), rel=2e-3)
