"""Trajectories of large driven cavities beside approximations, on coarse axes."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from permsym.figures.paper2 import exact, fig2, large


def test_sizes_stay_exact_until_trajectories_go_further():
    assert exact.sizes(5) == [1, 2, 3, 5]
    assert exact.sizes(30)[-1] == 30
    assert exact.sizes(250) == [1, 2, 3, 5, 10]
    assert large.switched_sizes(49) == []
    assert large.switched_sizes(100) == [50]


@pytest.mark.slow
def test_trajectories_stand_beside_exact_values(tmp_path, monkeypatch):
    monkeypatch.setattr(large, "SIZES", (2, 50))
    monkeypatch.setattr(large, "DRIVES", (0.8, 1.2))
    monkeypatch.setattr(large, "DURATIONS", {2: 200.0, 50: 200.0})
    monkeypatch.setattr(exact, "SIZES", (2, 3))
    monkeypatch.setattr(exact, "BESIDE", 2)
    monkeypatch.setattr(exact, "DRIVES", (0.8, exact.TWO_PEAKED, 1.2))
    monkeypatch.setattr(exact, "SHOWN", 0.8)
    data = exact.compute(50, "", None)
    judged = data["judged_photons"].sel(approach="trajectories")
    error = data["judged_photons_error"].sel(approach="trajectories")
    sure = data["coherent_photons"].sel(N=2, drive=[0.8, 1.2]).values
    assert (np.abs(judged.sel(judged_N=2) - sure) < 2 * error.sel(judged_N=2)).all()
    # 50 spins far above the turning point: every approach agrees
    at = data.sel(judged_N=50, judged_drive=1.2)
    assert (at["judged_status"] == "ok").all()
    assert np.allclose(at["judged_photons"], 53.9, atol=1.5)
    assert str(data["judged_status"].sel(judged_N=2, judged_drive=1.2, approach="ln").values) == "not-applicable"
    exact.plot(data, lambda figure: figure.savefig(tmp_path / "figure.png"))
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    rows = exact.table(data)
    assert {row[2] for row in rows} >= set(large.APPROACHES)
    assert len(rows) == 1 + 3 + 1 + 2 * 2 * len(large.APPROACHES)


@pytest.mark.slow
def test_switching_on_starts_like_the_exact_evolution():
    """Sampled and exact evolutions of one size; the figure shows sizes where only the former is within reach."""
    times = np.array([0.0, 1.0, 4.0])
    _, values = large.switched_on([5], fig2.TRANSIENT_DRIVE, times, lambda: None)
    photons, errors = values["coherent_photons_sampled"][1][0], values["coherent_photons_sampled_error"][1][0]
    import permsym as ps

    model = large.driven_tavis_cummings(5, drive=fig2.TRANSIENT_DRIVE, **fig2._PARAMETERS)
    sure = np.abs(ps.evolve(model, times, moments=["a"]).moment("a")) ** 2 / 5
    assert (np.abs(photons[0] - sure) <= 2 * errors[0] + 1e-9).all()
    assert 0 < errors[0, -1] < 0.1


@pytest.mark.slow
def test_the_transient_is_drawn_with_its_intervals(monkeypatch):
    monkeypatch.setattr(fig2, "TIMES", np.linspace(0, 2, 21))
    monkeypatch.setattr(fig2, "TRANSIENT_SIZES", (10,))
    monkeypatch.setattr(fig2, "BESIDE", 2)
    data = fig2.compute_c(50, "", None)
    drawn: list[Figure] = []
    fig2.plot_c(data, drawn.append)
    assert len(drawn[0].axes[0].containers) == 1
    assert [row[0] for row in fig2.table_c(data)] == ["method", "CE3", "exact", "trajectories", "twa"]
