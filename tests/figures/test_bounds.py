"""Figures of proved bounds: what the pictures call proved wrong."""

from dataclasses import replace

import numpy as np
import pytest

from permsym.errors import SolverFailed
from permsym.figures.proved import shared, time_crystal
from permsym.figures.proved.central_spin import CENTRAL_SPIN
from permsym.figures.proved.shared import distances, ends, excluded


@pytest.mark.slow
def test_exclusions_are_those_of_the_interval():
    figure = replace(CENTRAL_SPIN, degree=2, approximations=("mf", "c2"), numbers=(4, 7), reach=7)
    data = figure.compute(10, "", None)
    lower, upper = ends(data)
    exact = data["value"].sel(approach="exact")
    assert (lower <= exact + 1e-12).sel(N=[4, 7]).all()
    assert (exact <= upper + 1e-12).sel(N=[4, 7]).all()
    for name in ("mf", "c2"):
        value = data["value"].sel(approach=name, N=10)
        assert bool(excluded(data, name).sel(N=10)) == bool((value < lower.sel(N=10)) | (value > upper.sel(N=10)))
        beyond = max(float(lower.sel(N=10) - value), float(value - upper.sel(N=10)), 0.0)
        np.testing.assert_allclose(distances(data, name), [*np.abs(data["value"].sel(approach=name) - exact)[:2], beyond])
    assert not excluded(data, "exact").any()
    rows = figure.table(data)
    assert [row[0] for row in rows] == ["N", "4", "7", "10"]
    assert "mf" in rows[-1][-1]


def test_a_sampled_value_is_excluded_with_its_whole_error_bar():
    figure = replace(CENTRAL_SPIN, degree=1, approximations=("mf",), numbers=())
    data = figure.compute(3, "", None)
    lower, upper = (float(end[0]) for end in ends(data))
    sampled = data.assign_coords(approach=["exact", "bounds", "twa"])
    for value, error, wrong in ((upper + 0.1, 0.2, False), (upper + 0.1, 0.05, True), (lower - 0.1, 0.05, True), (lower - 0.1, 0.2, False)):
        sampled["value"].loc[{"approach": "twa"}], sampled["error"].loc[{"approach": "twa"}] = value, error
        assert bool(shared.excluded(sampled, "twa")[0]) is wrong


def test_the_error_of_a_crystals_mean_field_is_between_its_ends(monkeypatch):
    monkeypatch.setattr(time_crystal, "OMEGAS", (0.25, 0.5, 0.75, 1.5))
    monkeypatch.setattr(time_crystal, "DEGREE", 2)
    data = time_crystal.compute(10, "", None)
    least, largest = time_crystal.errors(data)
    true = np.abs(data["exact"] - data["mean_field"])
    assert (least <= true).all()
    assert (true <= largest).all()
    assert float(least.sel(omega=0.5)[0]) > 0
    assert [row[-1] for row in time_crystal.table(data)][2] == "proved wrong"


def test_a_point_without_a_proof_is_a_point_of_the_figure(monkeypatch):
    """It says why, and the rest is drawn."""
    proved = time_crystal.ps.bounds

    def bounds(model, label, **options):
        if model.terms[0].coefficient == 0.25:
            raise SolverFailed("no proof")
        return proved(model, label, **options)

    monkeypatch.setattr(time_crystal, "OMEGAS", (0.5, 0.75))
    monkeypatch.setattr(time_crystal, "DEGREE", 2)
    monkeypatch.setattr(time_crystal.ps, "bounds", bounds)
    data = time_crystal.compute(10, "", None)
    assert data["status"].values.tolist() == [["failed", "ok"]]
    assert data["reason"].values[0, 0] == "no proof"
    assert np.isnan(data["lower"]).values.tolist() == [[True, False]]
    assert [row[-1] for row in time_crystal.table(data)[1:]] == ["not proved", "proved wrong"]
