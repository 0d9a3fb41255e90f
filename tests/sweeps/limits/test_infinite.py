"""Limits N -> infinity: the error estimate covers the truth, against larger systems and mean field."""

from __future__ import annotations

import pytest

import permsym as ps
from permsym.errors import UnsuitedModel
from permsym.sweeps.limits import infinite


@pytest.mark.slow
def test_fig_3b_is_analytic_in_1_over_n_and_goes_to_mean_field() -> None:
    found = ps.limit("central-spin", ["p0_up", "+1 -2", "+0 -1"])
    classical = ps.limit("central-spin", ["p0_up", "Im +0 -1"], method="mf")
    exact = found["p0_up"]
    assert exact.solver == "hermite"
    assert exact.reliable
    assert exact.error < 1e-12
    assert abs(exact.value - classical["p0_up"].value) <= exact.error + classical["p0_up"].error
    assert exact.leading == pytest.approx(1.0, abs=1e-4)
    # the series made at 10^5 ... 1.6 10^6 against systems that it has not seen
    for N in (10**7, 10**8):
        state = ps.hermite_state(ps.models.central_spin(N=N))
        assert abs(exact.at(N) - state.derived["p0_up"]) <= exact.error_at(N) + state.error("z0")
        label = found["+1 -2"]
        assert abs(label.at(N) - state.moment("+1 -2").real) <= label.error_at(N) + state.error("+1 -2")
    assert exact.at(10**7) != pytest.approx(exact.value, abs=1e-8)


@pytest.mark.slow
def test_fixed_g_sqrt_n_has_a_limit_of_its_own() -> None:
    """1/N is found, not assumed; mean field misses this limit, and the satellites' pair correlations vanish."""
    options = {"g": "3/sqrt(N)", "kappa": 1.0}
    found = ps.limit("central-spin", ["p0_up", "+1 -2", "+0 -1"], sizes=(32, 64, 128, 256, 512), **options)
    exact = found["p0_up"]
    assert (exact.solver, exact.power, exact.reliable) == ("lattice", 1.0, True)
    assert exact.leading == pytest.approx(1.0, abs=0.03)
    state = ps.steady_state(ps.models.central_spin(N=1000, **options))
    assert abs(exact.at(1000) - state.derived["p0_up"]) <= exact.error_at(1000) + state.error("z0")
    assert exact.error < 1e-7
    assert abs(exact.value - ps.limit("central-spin", "p0_up", method="mf", **options).value) > 0.1
    assert abs(found["+1 -2"].value) <= found["+1 -2"].error
    # the coupling of one satellite falls as 1/sqrt(N), and so does its correlation with the centre
    assert found["+0 -1"].power == 0.5
    assert found["+0 -1"].leading == pytest.approx(0.5, abs=0.01)
    assert abs(found["+0 -1"].value) <= found["+0 -1"].error


def test_at_threshold_it_says_that_it_does_not_know() -> None:
    critical = {"gamma_up": 1 + 1 / 18, "gamma_down": 1 - 1 / 18}
    found = ps.limit("central-spin", "p0_up", sizes=(16, 32, 64, 128), **critical)
    assert not found.reliable
    assert "not reliable" in str(found)
    assert abs(found.value) <= found.error  # the limit is 0


@pytest.mark.slow
def test_a_detuned_pair_correlation_has_two_parts() -> None:
    options = {"sizes": (16, 32, 64, 128), "omega": 3.0}
    real, imaginary = (ps.limit("central-spin", f"{part} +0 -1", **options) for part in ("Re", "Im"))
    state = ps.steady_state(ps.models.central_spin(N=128, omega=3.0))
    assert real.values[-1] == state.moment("+0 -1").real
    assert imaginary.values[-1] == state.moment("+0 -1").imag
    larger = max(real, imaginary, key=lambda part: abs(part.values[-1]))
    assert ps.limit("central-spin", "+0 -1", **options).value == larger.value


def test_a_model_that_hermite_series_do_not_suit_is_solved_on_lattices(monkeypatch: pytest.MonkeyPatch) -> None:
    def driven(N: int) -> ps.Model:
        c, s = ps.Spin(), ps.Ensemble(N)
        return ps.Model(c, s, c.x + (c.p * s.m + c.m * s.p) / N, [ps.Individual(1.0, s.m), ps.Central(1.0, c.m)])

    with pytest.raises(UnsuitedModel):
        ps.hermite_state(driven(10**5))
    monkeypatch.setattr(infinite, "LATTICE_SIZES", (4, 8, 16))
    found = ps.limit(driven, "z0")
    assert (found.solver, found.sizes) == ("lattice", (4, 8, 16))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sizes": (10, 20)}, "three or more"),
        ({"sizes": (10, 40, 20)}, "rising"),
        ({"N": 10}, "must not be fixed"),
        ({"quantity": "p1_up"}, "derived quantities of this model are p0_up"),
        ({"quantity": []}, "is empty"),
        ({"power": -1}, "`power`"),
        ({"method": "c99"}, "there is no method"),
        ({"kapa": 1}, "did you mean 'kappa'"),
    ],
)
def test_bad_input(options: dict, words: str) -> None:
    with pytest.raises(ps.InputError, match=words):
        ps.limit("central-spin", **({"sizes": (2, 4, 8)} | options if "N" not in options else options))


@pytest.mark.parametrize(("up", "down", "x", "wrong"), [(1.35, 0.477, 14.27, 0.05), (2.86, 0.195, 12.92, 0.004)])
@pytest.mark.quick("1.35-0.477-14.27-0.05")
def test_sizes_before_the_series_sets_in_are_told(up: float, down: float, x: float, wrong: float) -> None:
    """Satellites that radiate together: <z1> -> (up + down) / x, first from below, then from above; 40 to 320 turn around.

    In the second case 80 to 320 fall like N^-1/2, by chance.
    """

    def radiating(N: int) -> ps.Model:
        c, s = ps.Spin(), ps.Ensemble(N)
        jumps = [ps.Central(1.0, c.m), ps.Central(0.2, c.p), ps.Individual(up, s.p), ps.Individual(down, s.m)]
        return ps.Model(c, s, 0.3 * c.z, [*jumps, ps.Collective(x / N, s.m)], name="radiating", parameters={"N": N})

    found = ps.limit(radiating, "z1", sizes=[40, 80, 160, 320])
    assert not found.reliable
    assert wrong < abs(found.value - (up + down) / x) <= found.error
