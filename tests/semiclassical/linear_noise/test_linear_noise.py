"""Linear noise against exact answers: 1/N coefficients, closed forms, solved systems; and where it says that it does not apply."""

import pickle

import numpy as np
import pytest

import permsym as ps
from permsym.cumulants import mean_field
from permsym.errors import BeyondOrder, InputError, NotApplicable
from permsym.semiclassical.linear_noise.diagnosis import Diagnosis, Shortfall
from permsym.semiclassical.linear_noise.fluctuations import fluctuations
from permsym.semiclassical.linear_noise.gaussian import Linearised
from permsym.semiclassical.linear_noise.state import Expansion


def laser(N, up, **others):
    return ps.models.tavis_cummings(N=N, g="2/sqrt(N)", kappa=1, gamma_down=0.5, gamma_up=up, **others)


def driven(N, drive):
    return ps.models.driven_tavis_cummings(N=N, kappa=1, gamma_h=0.5, C=14, drive=drive)


def superradiant(N, pump):
    """Collective emission at the rate 1, pumped at the rate pump * N; the centre is idle."""
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(c, s, 0 * s.z, [ps.Central(1, c.m), ps.Collective(1, s.m), ps.Individual(pump * N, s.p)])


def untrusted(model):
    """Moments whatever the diagnosis says."""
    point = mean_field(model).point
    return Expansion(model, point, fluctuations(point))


# -- exact 1/N coefficients and closed forms ------------------------------------------------------------------------------


def test_coefficients_of_the_central_spin_are_the_exact_ones():
    quantities, N = ["p0_up", "z1", "+1 -2", "z0 z1"], 1000
    exact = ps.limit("central-spin", quantities, sizes=[100_000, 200_000, 400_000])
    noise, product = ps.linear_noise(ps.models.central_spin(N=N)), mean_field(ps.models.central_spin(N=N))
    assert noise.applicable
    for quantity in quantities:
        mine = noise.derived[quantity] - product.derived[quantity] if quantity == "p0_up" else None
        mine = (noise.moment(quantity) - product.moment(quantity)).real if mine is None else mine
        assert N * mine == pytest.approx(exact[quantity].coefficients[1], rel=2e-6)
    assert N * (noise.derived["p0_up"] - product.derived["p0_up"]) == pytest.approx(1.844832698, abs=1e-8)


def test_the_width_of_a_superradiant_laser():
    x, large = 0.25, ps.linear_noise(superradiant(10**6, 0.25))
    assert large.fwhm == pytest.approx((1 + x) / (2 * (1 - x)), rel=2e-5)
    assert large.moment("z1").real == pytest.approx(x, abs=2e-6)
    small = ps.linear_noise(superradiant(400, x))
    assert small.fwhm == pytest.approx(0.8596, abs=5e-5)
    assert small.moment("z1").real == pytest.approx(0.252504, abs=1e-6)
    assert small.moment("+1 -2").real == pytest.approx(0.092102, abs=1e-6)


@pytest.mark.slow
def test_the_relative_variance_of_emitters_tends_to_the_exact_one():
    """Of S+ S- = j(j+1) - m(m-1), from the exact P(j, m): linear noise is 11 per cent off at N = 100, and four times less at 400."""
    errors = []
    for N in (100, 400):
        model = superradiant(N, 0.25)
        populations = ps.steady_state(model).populations()
        intensity = populations.j * (populations.j + 1) - populations.m * (populations.m - 1)
        mean = populations.probability @ intensity
        exact = populations.probability @ (intensity - mean) ** 2 / mean**2
        errors.append(abs(ps.linear_noise(model).diagnosis.relative_variance / exact - 1))
    assert errors[0] < 0.13
    assert errors[1] < 0.27 * errors[0]


@pytest.mark.slow
def test_the_width_of_the_central_spin_tends_to_the_exact_one():
    widths = {
        N: (ps.linear_noise(ps.models.central_spin(N=N)).fwhm, ps.linewidth(ps.models.central_spin(N=N), near=1.0).fwhm)
        for N in (1000, 4000)
    }
    errors = [abs(mine / exact - 1) for mine, exact in widths.values()]
    assert errors[0] < 0.05
    assert errors[1] < 0.4 * errors[0]


def test_a_driven_kerr_oscillator_orders_its_operators():
    # photon number S, nonlinearity 1/S: the exact value is S n1 + n2 + O(1/S)
    def kerr(S):
        c, s = ps.Boson(), ps.Ensemble(2)
        hamiltonian = 0.3 * c.n + 0.4 / S * c.ad * c.ad * c.a * c.a + 0.6 * np.sqrt(S) * 1j * (c.ad - c.a)
        return ps.Model(c, s, hamiltonian, [ps.Central(1, c.a), ps.Individual(1, s.m)])

    errors = []
    for S in (4, 8):
        exact, noise = ps.steady_state(kerr(S), moments=["ad a", "a"]), untrusted(kerr(S))
        errors.append([abs(noise.moment(label) - exact.moment(label)) / S ** (len(label.split()) / 2) for label in ("ad a", "a")])
    assert (np.array(errors[1]) < 0.35 * np.array(errors[0])).all()


# -- several classes, more levels -----------------------------------------------------------------------------------------


def two_classes(N):
    c, a, b = ps.Spin(), ps.Ensemble(N, "A"), ps.Ensemble(N // 2, "B")
    jumps = [
        *(ps.Individual(rate, x) for rate, x in ((0.4, a.p), (0.7, a.m), (0.2, b.p), (0.5, b.m))),
        ps.Collective(2 / (3 * N), a.m + 1.5 * b.m),
        ps.Central(1, c.m),
    ]
    return ps.Model(c, [a, b], 0.3 * a.z, jumps)


def three_levels(N):
    c, s = ps.Spin(), ps.Ensemble(N, levels=3)
    rates = {(1, 0): 0.4, (2, 1): 0.6, (0, 2): 0.5, (0, 1): 0.3}
    jumps = [ps.Individual(rate, s.unit(*levels)) for levels, rate in rates.items()]
    emission = ps.Collective(1 / N, s.unit(0, 1) + 0.7 * s.unit(1, 2))
    return ps.Model(c, s, 0.3 * (s.unit(0, 1) + s.unit(1, 0)), [*jumps, emission, ps.Central(1, c.m)])


@pytest.mark.parametrize(
    ("build", "sizes", "labels"),
    [
        (two_classes, (4, 8), ["z1@B", "+1@A -2@A", "+1@B -2@B", "z1@A z1@B"]),
        pytest.param(three_levels, (3, 6), ["|2><2|1", "|1><0|1 |0><1|2", "|1><1|1 |2><2|2"], marks=pytest.mark.slow),
    ],
)
def test_errors_fall_as_the_square_of_the_size(build, sizes, labels):
    errors = []
    for N in sizes:
        exact, noise = ps.steady_state(build(N), moments=labels), ps.linear_noise(build(N))
        errors.append([abs(noise.moment(label) - exact.moment(label)) for label in labels])
        assert max(errors[-1]) < 0.02
    assert (np.array(errors[1]) < 0.45 * np.array(errors[0])).all()


def test_classes_of_one_kind_are_one_class():
    def split(sizes):
        c = ps.Boson()
        parts = [ps.Ensemble(n, name) for n, name in zip(sizes, "ABC", strict=False)]
        coupling = sum((0.2 * (c.a * s.p + c.ad * s.m) for s in parts), 0.5 * c.n)
        hamiltonian = coupling + sum((0.25 * s.z for s in parts), 0 * c.n)
        jumps = [ps.Individual(rate, x) for s in parts for rate, x in ((2, s.p), (0.5, s.m))]
        return ps.Model(c, parts, hamiltonian, [*jumps, ps.Central(1, c.a)])

    one, three = ps.linear_noise(split([100])), ps.linear_noise(split([20, 30, 50]))
    assert one.applicable
    assert three.fwhm == pytest.approx(one.fwhm, rel=1e-10)
    for mine, other in (("ad a", "ad a"), ("z1", "z1@B")):
        assert three.moment(other) == pytest.approx(one.moment(mine), rel=1e-9)
    for mine, other in (("+1 -2", "+1@A -1@C"), ("a +1", "a +1@A"), ("+1 -2", "+1@C -2@C")):
        assert three.moment(other) == pytest.approx(one.moment(mine), rel=2 / 100**2)  # a free phase leaves 1/N^2
    assert three.derived["g2"] == pytest.approx(one.derived["g2"], rel=1e-12)


# -- lasers, cavities -----------------------------------------------------------------------------------------------------


def test_a_laser():
    noise = ps.linear_noise(laser(20, 3))
    assert noise.applicable
    assert noise.derived["photons"] == pytest.approx(17.3139, abs=5e-5)
    assert noise.derived["g2"] == pytest.approx(1.0320, abs=5e-5)
    assert noise.moment("+1 -2").real == pytest.approx(0.05080, abs=5e-6)
    assert 20 * noise.fwhm == pytest.approx(0.9716, abs=5e-5)
    strong = ps.linear_noise(laser(20, 10)).derived
    assert strong["photons"] == pytest.approx(26.337, abs=5e-4)
    assert strong["g2"] == pytest.approx(1.0680, abs=5e-5)
    assert strong["fano"] == pytest.approx(2.791, abs=5e-4)
    assert ps.linear_noise(ps.models.tavis_cummings(N=200)).derived["photons"] == pytest.approx(16.9802, abs=5e-5)


@pytest.mark.slow
def test_a_laser_is_near_the_exact_one():
    exact, noise = ps.steady_state(laser(10, 3)), ps.linear_noise(laser(10, 3))
    assert noise.derived["photons"] == pytest.approx(exact.derived["photons"], rel=0.005)
    assert noise.derived["g2"] == pytest.approx(exact.derived["g2"], abs=0.01)
    assert noise.moment("a") == exact.moment("a") == 0
    assert noise.moment("a +1") == pytest.approx(exact.moment("a +1"), rel=0.01)
    assert noise.moment("ad -1") == noise.moment("a +1").conjugate()
    assert noise.moment("ad ad a a").real == pytest.approx(exact.moment("ad ad a a").real, rel=0.01)


def test_the_upper_branch_of_a_driven_cavity():
    for N, photons in ((50, 32.43), (250, 175.66)):
        noise = ps.linear_noise(driven(N, 1.05))
        assert noise.applicable
        assert noise.fwhm is None
        assert noise.derived["coherent_photons"] == pytest.approx(photons, abs=0.005)


def test_a_symmetric_cavity_is_thermal():
    model = ps.models.tavis_cummings(N=24, g="0.5/sqrt(N)", kappa=1, gamma_down=0.5, gamma_up=0.1)
    exact, noise = ps.steady_state(model), ps.linear_noise(model)
    assert noise.derived["g2"] == pytest.approx(2)
    assert noise.derived["photons"] == pytest.approx(exact.derived["photons"], rel=0.02)
    assert noise.derived["coherent_photons"] == 0


# -- where it does not apply ----------------------------------------------------------------------------------------------


def test_light_without_an_amplitude_may_be_squeezed():
    """delta n + chi (a a + ad ad) with losses: n = r/(1 - 2r), r = 8 chi^2/(1 + 4 delta^2), <a a> = -2i chi (2n + 1)/(1 + 2i delta)."""
    c, s = ps.Boson(), ps.Ensemble(2)
    jumps = [ps.Central(1, c.a), ps.Individual(0.4, s.p), ps.Individual(1, s.m)]
    noise = ps.linear_noise(ps.Model(c, s, 0.3 * c.n + 0.1 * (c.a * c.a + c.ad * c.ad) + 0 * s.z, jumps))
    r = 8 * 0.1**2 / (1 + 4 * 0.3**2)
    n = r / (1 - 2 * r)
    pair = -0.2j * (2 * n + 1) / (1 + 0.6j)
    assert noise.derived["photons"] == pytest.approx(n, rel=1e-10)
    assert noise.moment("a a") == pytest.approx(pair, rel=1e-10)
    assert noise.derived["g2"] == pytest.approx(2 + abs(pair) ** 2 / n**2, rel=1e-10)


def test_numbers_without_trust_are_those_of_the_theory():
    for N, photons in ((10, 0.560), (50, 4.017)):
        assert untrusted(ps.models.tavis_cummings(N=N)).derived["photons"] == pytest.approx(photons, abs=5e-4)
    assert ps.linear_noise(ps.models.central_spin(N=100)).expansion.moment("z0").real == pytest.approx(-0.0807, abs=5e-5)
    assert ps.linear_noise(ps.models.central_spin(N=1000)).moment("z0").real == pytest.approx(-0.11391, abs=5e-6)


@pytest.mark.parametrize(
    ("model", "shortfall"),
    [
        (ps.models.tavis_cummings(N=50), Shortfall.VARIANCE),
        (laser(20, 0.5), Shortfall.FEEDBACK),
        (driven(10, 0.9), Shortfall.BRANCHES),
        (driven(20, 1.05), Shortfall.SHIFT),
        (superradiant(10, 0.25), Shortfall.VARIANCE),
    ],
)
@pytest.mark.quick("model2-several stable states", "model4-large relative variance")
def test_what_cannot_be_trusted_has_no_numbers(model, shortfall):
    noise = ps.linear_noise(model)
    assert not noise.applicable
    assert shortfall in noise.diagnosis.reasons
    assert "not applicable" in repr(noise)
    for ask in (lambda: noise.moment("z1"), lambda: noise.cumulant("z1"), lambda: noise.derived, lambda: noise.fwhm):
        with pytest.raises(NotApplicable, match="linear noise is not applicable"):
            ask()


def test_numbers_that_are_not_finite_are_reasons():
    diagnosis = Diagnosis(True, 1, float("nan"), float("nan"), float("inf"), defect=float("nan"))
    assert set(diagnosis.reasons) == {Shortfall.VARIANCE, Shortfall.SHIFT, Shortfall.FEEDBACK, Shortfall.DEFECT}
    assert diagnosis.to_dict()["relative_variance"] is None


def test_systems_without_a_stable_mean_field_or_pairs_are_refused():
    with pytest.raises(NotApplicable, match="ensemble 'A' has a single satellite"):
        ps.linear_noise(ps.models.central_spin(N=1))
    with pytest.raises(NotApplicable, match="marginally stable"):  # at threshold
        ps.linear_noise(ps.models.central_spin(N=50, g=1, kappa=50, gamma_up=0.625, gamma_down=0.375))
    with pytest.raises(InputError, match="needs a Model"):
        ps.linear_noise("central-spin")


def test_moments_that_it_does_not_have():
    noise = ps.linear_noise(laser(20, 3))
    with pytest.raises(BeyondOrder, match="up to two operators"):
        noise.moment("a +1 z2")
    with pytest.raises(InputError, match="is not an operator of its site"):
        noise.moment("z0")
    assert len(noise.labels()) == len(noise.labels(3)) == len(ps.steady_state(laser(3, 3), moments=2).labels(2))


def test_results_can_be_pickled():
    noise = pickle.loads(pickle.dumps(ps.linear_noise(laser(20, 3))))
    assert isinstance(noise, ps.LinearNoise)
    assert noise.cumulant("+1 -2") == noise.moment("+1 -2")
    assert noise.moment("z1").real == pytest.approx(2 * noise.derived["p_up"] - 1)


def test_a_free_phase_is_taken_out_of_the_covariance():
    rng = np.random.default_rng(3)
    v, basis = rng.normal(size=(4, 1)), rng.normal(size=(4, 4))
    stable = -basis @ basis.T - np.eye(4)
    w = rng.normal(size=(1, 4))
    w /= w @ v
    free = np.eye(4) - v @ w
    drift = Linearised((free @ stable @ free).astype(complex), v.astype(complex))
    D = basis.T @ basis
    C, P = drift.covariance(D), drift.phase_diffusion(D)
    assert np.abs(P - w @ D @ w.T).max() < 1e-10 * np.abs(P).max()
    assert np.abs(drift.A @ C + C @ drift.A.T + D - P * v @ v.T).max() < 1e-10 * np.abs(C).max()
    assert abs(drift.duals @ C @ drift.duals.T) < 1e-10 * np.abs(C).max()
    assert drift.defect(C, D) < 1e-10
