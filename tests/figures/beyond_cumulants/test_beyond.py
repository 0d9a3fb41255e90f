"""A figure of all approaches against N: its values, error bars, seconds, and what it says where there are none."""

import json
from dataclasses import replace

import numpy as np
import pytest

import permsym as ps
from permsym.cli import main
from permsym.figures.beyond_cumulants import shared
from permsym.figures.beyond_cumulants.central_spin import CENTRAL_SPIN

APPROACHES = ("exact", "mf", "c2", "ln", "twa")


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(shared, "APPROACHES", APPROACHES)
    monkeypatch.setattr(shared, "SAMPLED", {"seed": 1})


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_every_approach_has_its_own_numbers_and_its_seconds():
    data = replace(CENTRAL_SPIN, reach=2).compute(3, "", None)
    assert data["N"].values.tolist() == [2, 3]
    model = ps.models.central_spin(N=2)
    exact, second, sampled = ps.steady_state(model), ps.cumulants.steady_state(model, 2), ps.twa.steady_state(model, "z0 z1", seed=1)
    two = data.sel(N=2)
    assert float(two["pair"].sel(approach="exact")) == pytest.approx(exact.moment("+1 -2").real, abs=1e-12)
    assert float(two["centre"].sel(approach="c2")) == pytest.approx(second.moment("z0").real, abs=1e-9)
    own = two.sel(approach="twa")
    assert abs(float(own["centre_satellite"]) - sampled.moment("z0 z1").real) < float(own["centre_satellite_error"]) + sampled.error(
        "z0 z1"
    )
    assert 0 < float(own["centre_satellite_error"]) < 0.1
    assert (two["time_total"] > 0).all()
    assert two["status"].sel(approach=["ln", "exact"]).values.tolist() == ["not-applicable", "ok"]
    beyond = data.sel(N=3, approach="exact")
    assert (str(beyond["status"].values), str(beyond["reason"].values)) == ("not-applicable", "this figure has exact values up to N = 2")
    assert np.isnan(beyond["centre"])

    def drawn(figure):
        assert [len(axes.containers) for axes in figure.axes] == [1, 1, 1, 0]  # bars of truncated Wigner, none of the seconds
        bars = figure.axes[2].containers[0].lines[2][0].get_segments()
        errors = data["centre_satellite_error"].sel(approach="twa").values
        np.testing.assert_allclose([segment[1][1] - segment[0][1] for segment in bars], 2 * errors)

    CENTRAL_SPIN.plot(data, drawn)


@pytest.mark.usefixtures("few")
@pytest.mark.slow
def test_the_command_prints_json(capsys, tmp_path):
    assert main(["figure", "beyond-cumulants-central-spin", "--max-N", "2", "--json", "-o", str(tmp_path)]) == 0
    (report,) = json.loads(capsys.readouterr().out)["figures"]
    data = ps.open_dataset(tmp_path / "beyond-cumulants-central-spin.nc")
    assert report["coordinates"]["approach"]["values"] == list(APPROACHES)
    pair = report["variables"]["pair"]
    assert pair["dims"] == ["N", "approach"]
    assert pair["values"][0][APPROACHES.index("ln")] is None
    assert pair["values"][0][0] == float(data["pair"].sel(N=2, approach="exact"))
    assert report["files"] == [str(tmp_path / f"beyond-cumulants-central-spin.{kind}") for kind in ("nc", "png")]
