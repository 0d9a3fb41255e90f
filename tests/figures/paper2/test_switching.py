"""A switching trajectory beside the exact steady state of few spins."""

import numpy as np
import pytest

from permsym.figures.paper2 import switching


@pytest.mark.slow
def test_averages_agree_and_a_picture_is_drawn(tmp_path):
    data = switching.compute(2, "", None, shown=20, duration=150)
    assert data["photon_probability"].sum() == pytest.approx(1, abs=1e-6)
    assert data["photons"][0] == pytest.approx(float(data["photon"] @ data["photon_probability"]), rel=1e-4)
    assert data["trajectory"].shape == (80,)
    for name in ("photons", "coherent_photons", "g2"):
        exact, sampled = data[name].values
        assert abs(sampled - exact) < 2 * data[f"{name}_error"].values[1] < exact
    assert data["status"].values[0] == "ok"
    rates = dict(zip(data["rate"].values, data["dwell"].values, strict=True))
    assert rates["rate_sum"] == pytest.approx(1 / rates["low_time"] + 1 / rates["high_time"])
    assert np.diff(data["level"]) > 0
    switching.plot(data, lambda figure: figure.savefig(tmp_path / "figure.png"))
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    assert len(switching.table(data)) == 9
