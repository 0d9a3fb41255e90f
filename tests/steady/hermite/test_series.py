"""The Hermite-Galerkin solver against exact lattice solutions, against itself at other N, and its refusals."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from oracles.lattices import all_jumps

import permsym
from permsym.errors import InputError, NotApplicable, TooLarge, UncertifiedWarning
from permsym.jumps import Central, Collective, Individual
from permsym.model import Model
from permsym.models import central_spin
from permsym.operators import Operator
from permsym.sites import Ensemble, Levels, Spin
from permsym.steady.hermite import series
from permsym.steady.hermite.series import hermite_state


def pumped(N: int, omega: float = 1.0) -> Model:
    """A central spin that is pumped too, optionally detuned."""
    return central_spin(N, kappa="N", g=1.5, gamma_down=0.1, kappa_up="N/10", omega=omega)


def ladder(N: int, detuning: float = 0.0) -> Model:
    """A three-level centre, as a truncated cavity."""
    c, s = Levels(3), Ensemble(N)
    lower, number = c.unit(0, 1) + 2**0.5 * c.unit(1, 2), c.unit(1, 1) + 2 * c.unit(2, 2)
    raising = lower.dag()
    return Model(
        c,
        s,
        hamiltonian=(1 + detuning) * number + 0.5 * s.z + 1.5 * (raising * s.m + lower * s.p),
        jumps=[Central(0.5 * N, lower), Central(0.1 * N, raising), Individual(1.5, s.p), Individual(0.2, s.m)],
    )


def driven(N: int) -> Model:
    """The satellites alone have the symmetry: a driven centre flips with their individual losses."""
    c, s = Spin(), Ensemble(N)
    return Model(
        c,
        s,
        hamiltonian=0.5 * c.x + 0.3 * c.z,
        jumps=[Central(1.0, c.m), Collective(3.0 / N, s.m), Individual(1.5, s.p), Individual(0.05, (c.x + 0.5 * c.z) * s.m)],
    )


# permsym.steady_state(model, basis="dicke"), whole lattice; error estimates of these are below 4e-13
EXACT = [
    (
        pumped(600),
        1e-12,
        {
            "z0": -0.3516700299364677,
            "z1": 0.5542731455813208,
            "+0 -1": 0.08552716117831415j,
            "+1 -2": 0.08868691465052375,
            "z0 z1": -0.19619824463981297,
            "+1 +2 -3 -4": 0.007879844493661234,
            "+0 -1 z2 z3": 0.02619152969387798j,
        },
    ),
    (
        pumped(1000, omega=201.0),
        1e-13,
        {
            "z0": -0.3836293285148886,
            "z1": 0.5762451633539848,
            "+0 -1": -0.028928088757783882 + 0.07966795643893686j,
            "+1 -2": 0.08592985019011562,
            "+1 +2 -3 -4": 0.007397410467217948,
            "+0 -1 z2 z3": -0.009610090865531929 + 0.026386626389491415j,
        },
    ),
    (all_jumps(600), 1e-8, {"z0": -0.5143376485089397, "+1 -2": 0.06403625703972574, "z0 z1 z2 z3": -0.04284314024212285}),
    (
        central_spin(1000, kappa="N", g=2),
        1e-9,
        {"z0": -0.4994110614290615, "z1": 0.24970553071453067, "+0 -1": 0.06257361732136699j},
    ),
    (central_spin(10_000), 1e-12, {"z0": 2 * 0.441386190433778 - 1}),
]


@pytest.mark.parametrize(("model", "within", "moments"), EXACT, ids=lambda value: repr(value) if isinstance(value, Model) else "")
def test_equals_the_lattice_within_its_own_estimate(model: Model, within: float, moments: dict[str, complex]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # near an edge the estimate exceeds the default tolerance
        state = hermite_state(model)
    for label, exact in moments.items():
        error = abs(state.moment(label) - exact)
        assert error < within, label
        assert error < state.error(label) + 4e-13, label


@pytest.mark.slow
@pytest.mark.parametrize("model", [pumped(500), ladder(400, 100.0), driven(500)], ids=["pumped", "detuned", "driven"])
def test_equals_a_lattice_solved_now(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "_NEAREST_EDGE", 4.0)
    exact = permsym.steady_state(model, basis="dicke", moments=[])
    state = hermite_state(model, tolerance=1e-4)
    for label, value in exact.moments(3).items():
        assert abs(state.moment(label) - value) <= state.error(label) + 1e-12, label


@pytest.mark.slow
def test_equals_a_lattice_solved_now_roughly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four standard deviations from an edge: a rough answer with a fair error estimate, below the usual limit."""
    monkeypatch.setattr(series, "_NEAREST_EDGE", 3.0)
    for model in (ladder(150, 40.0), driven(250)):
        exact = permsym.steady_state(model, basis="dicke", moments=[])
        state = hermite_state(model, degree=12, tolerance=1e-2)
        for label, value in exact.moments(2).items():
            assert abs(state.moment(label) - value) < min(2e-3, state.error(label) + 1e-12), label


SMOOTH = {"default": central_spin, "detuned": lambda N: pumped(N, 1 + N / 5), "ladder": ladder, "mixed": all_jumps}


@pytest.mark.parametrize(
    "make", [pytest.param(SMOOTH[name], id=name, marks=[pytest.mark.slow] * (name in ("ladder", "mixed"))) for name in SMOOTH]
)
@pytest.mark.quick("default")
def test_moments_up_to_a_million_are_smooth_in_1_over_N(make) -> None:
    """Order 4 at N = 10^6 within rounding of what a fourth-order polynomial in 1/N says, odd N included."""
    sizes = np.array([200_000, 250_001, 330_000, 500_001, 700_000])
    states = [hermite_state(make(int(N))) for N in (*sizes, 1_000_000)]
    weights = np.linalg.solve(np.vander(2e5 / sizes, 5).T, 0.2 ** np.arange(4, -1, -1))
    for label in ("z0", "z1", "+0 -1", "+1 -2", "z1 z2", "+1 +2 -3 -4", "z1 z2 z3 z4") if make is not ladder else ("z1", "+1 -2 z3"):
        values = np.array([state.moment(label) for state in states])
        assert abs(weights @ values[:-1] - values[-1]) < 1e-14, label
        assert states[-1].error(label) < 1e-13
    assert states[-1].certificate.certified
    assert states[-1].certificate.balance < 1e-13


def test_a_state_like_any_other() -> None:
    state = hermite_state(central_spin(20_000), moments=["z0", "+1 -2"])
    certificate = state.certificate
    assert certificate.certified
    assert set(certificate.errors) == {"z0", "+1 -2"}
    assert certificate.edge_mass == 0
    assert certificate.residual < 1e-15
    assert state.derived["p0_up"] == pytest.approx((1 + state.moment("z0").real) / 2, abs=1e-15)
    assert state.moment("+1 z2") == 0  # charged
    assert state.moment("-0 +1") == state.moment("+0 -1").conjugate()
    assert abs(state.cumulant("z1 z2")) < 1e-3
    rho = state.reduced(2)
    assert np.trace(rho) == pytest.approx(1, abs=1e-13)
    assert np.linalg.eigvalsh(rho).min() > 0
    _, s = state.model.centre, state.model.ensembles[0]
    N = state.model.sizes[0]
    assert state.expect(s.z) == pytest.approx(N * state.moment("z1").real, rel=1e-13)
    assert state.expect(s.p * s.m) == pytest.approx(
        (N * (N - 1) * state.moment("+1 -2") + N * (1 + state.moment("z1")) / 2).real, rel=1e-12
    )
    assert isinstance(state.expect(Operator(s.z.terms)), complex)


def test_probabilities_on_the_lattice() -> None:
    state = hermite_state(central_spin(9_999))
    found = state.populations()
    assert np.all((2 * found.j).astype(int) % 2 == 1)
    assert np.all(np.abs(found.m) <= found.j)
    assert found.probability.sum() == pytest.approx(1, abs=1e-12)
    assert found.probability @ found.j == pytest.approx(state.spin.mean[0], rel=1e-12)
    assert found.probability @ found.m == pytest.approx(state.spin.mean[1], rel=1e-12)
    assert found.probability @ (found.m - state.spin.mean[1]) ** 2 == pytest.approx(state.spin.covariance[1, 1], rel=1e-10)
    assert 2 * state.spin.mean[1] / 9_999 == pytest.approx(state.moment("z1").real, abs=1e-13)
    with pytest.raises(InputError, match="density"):
        hermite_state(central_spin(1_000_000)).populations()


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (central_spin(1000), "reaches the edge j = m"),
        (central_spin(10_000, gamma_down=0), "reaches the edge j = N/2"),
        (central_spin(10_000, g="3/sqrt(N)", kappa=1), "edge"),
        (central_spin(100_000, gamma_up=0.5, gamma_down=1.5), "edge"),
        (central_spin(100_000, gamma_up=1, gamma_down=1), "edge"),
        (central_spin(10_000, omega="1+N/20"), "does not converge"),
        (central_spin(30), "edge"),
    ],
    ids=["small", "pumped-up", "g-sqrt-N", "below", "threshold", "slow-series", "tiny"],
)
def test_refuses_with_the_reason(model: Model, reason: str) -> None:
    with pytest.raises(NotApplicable, match=reason) as refused:
        hermite_state(model)
    assert "steady_state" in str(refused.value)


def test_says_when_the_series_is_too_coarse() -> None:
    with pytest.warns(UncertifiedWarning, match="error estimate"):
        state = hermite_state(central_spin(10_000), degree=8)
    assert abs(state.derived["p0_up"] - 0.441386190433778) < state.error("z0")


def test_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    c, s = Spin(), Ensemble(100)
    with pytest.raises(InputError, match="degree"):
        hermite_state(central_spin(10_000), degree=7)
    with pytest.raises(InputError, match="tolerance"):
        hermite_state(central_spin(10_000), tolerance=0)
    with pytest.raises(InputError, match="one ensemble"):
        hermite_state(Model(c, [Ensemble(5, "A"), Ensemble(5, "B")], c.z))
    with pytest.raises(InputError, match=r"U\(1\)"):
        hermite_state(Model(c, s, s.x, [Individual(1, s.m)]))
    monkeypatch.setenv("PERMSYM_MEMORY", "1M")
    with pytest.raises(TooLarge, match="degree"):
        hermite_state(central_spin(10_000))
