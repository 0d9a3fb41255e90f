"""Sweeps: points stand on their own, failures are recorded, mistakes are found before anything runs."""

import numpy as np
import pytest

import permsym as ps
from permsym.dataset.status import Status
from permsym.errors import InputError
from permsym.moments.labels import parse
from permsym.sweeps.bench import Bench
from permsym.sweeps.methods import exact_cost, exact_point
from permsym.sweeps.wanted import Wanted


def test_a_point_does_not_depend_on_its_neighbours():
    pump = [0.3, 0.9, 1.5, 1.7]
    together = ps.sweep(ps.models.central_spin, {"gamma_up": pump}, N=40, gamma_down="2 - gamma_up")
    for value in pump:
        alone = ps.sweep(ps.models.central_spin, {"gamma_up": [value]}, N=40, gamma_down="2 - gamma_up")
        for name in ("moment_real", "moment_imag", "error_estimate"):
            assert np.array_equal(together[name].sel(gamma_up=[value]).values, alone[name].values, equal_nan=True)


def test_terms_may_appear_and_vanish_along_an_axis():
    found = ps.sweep("central-spin", {"gamma_phi": [0.0, 0.5, 0.0], "g": [0.0, 0.75]}, N=6)
    assert (found["certified"] == 1).all()
    direct = ps.steady_state(ps.models.central_spin(N=6, gamma_phi=0.5, g=0.75)).derived["p0_up"]
    assert found["p0_up"].values[1, 1] == pytest.approx(direct, abs=1e-15)
    assert found["p0_up"].values[0, 0] == 0  # no coupling: the centre decays


def test_a_point_that_fails_is_recorded_with_its_reason():
    found = ps.sweep("central-spin", {"gamma_down": [0.0, 0.5]}, N=4, gamma_up=0.0, kappa=0.0)
    assert str(found["reason"].values[0]).startswith("the steady state is not unique")
    assert np.isnan(found["p0_up"].values[0])
    assert found["status"].values.tolist() == ["failed", "ok"]


def test_user_models_sweep_too():
    def model(N: int, rate: float = 1.0) -> ps.Model:
        c, s = ps.Spin(), ps.Ensemble(N)
        return ps.Model(c, s, c.p * s.m + c.m * s.p, [ps.Individual(rate, s.p), ps.Central(1.0, c.m)], parameters={"N": N, "rate": rate})

    found = ps.sweep(model, {"N": [2, 3], "rate": [0.5, 1.0]})
    assert found.attrs["model"] == "model"
    assert found["p0_up"].dims == ("N", "rate")


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        ({"axes": {"M": [1]}}, "no parameter 'M'"),
        ({"axes": {"N": []}}, "at least one value"),
        ({"axes": {"N": [3]}, "N": 4}, "both an axis and fixed"),
        ({"axes": {"N": [3, 0]}}, "`N` must be an integer"),
        ({"axes": {"N": [3]}, "methods": ["exactly"]}, "`methods`"),
        ({"axes": {"N": [3]}, "methods": []}, "`methods`"),
        ({"axes": {"N": [3]}, "moments": ["q1"]}, "moment label"),
    ],
)
def test_mistakes(arguments, fragment):
    with pytest.raises(InputError, match=fragment):
        ps.sweep("central-spin", **arguments)


def test_progress_counts_points():
    seen = []
    ps.sweep("central-spin", {"N": [2, 3]}, methods=("exact", "mf"), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_large_cavities_are_iterated_and_reckoned_so(monkeypatch):
    def assembled(*_):
        raise AssertionError("a large cavity needs no assembled Liouvillian")

    monkeypatch.setattr(Bench, "liouvillian", assembled)
    model = ps.models.tavis_cummings(N=20, levels=29)
    cost = exact_cost(model, {})
    found = exact_point(model, Wanted([parse("ad a", model)]), {}, Bench())
    assert found.status is Status.OK
    assert cost.dimension == found.scalars["dimension"]
    assert cost.bytes < 2e8 < exact_cost(model, {"solver": "superlu"}).bytes
