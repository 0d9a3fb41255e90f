"""The figures of paper 1 on coarse axes: the reference numbers, and where mean field crosses its threshold."""

import numpy as np
import pytest

from permsym.figures import draw
from permsym.figures.paper1 import fig3, fig4b
from permsym.sweeps.grid import sweep


@pytest.mark.usefixtures("coarse")
@pytest.mark.slow
def test_fig3b_holds_the_reference_numbers(tmp_path, monkeypatch):
    """Beside mean field only, as far as the points go."""
    monkeypatch.setattr(fig3, "COMPARED", ("exact", "mf"))
    data, _ = draw("p1-fig3b", tmp_path, max_n=20)
    exact = data["p0_up"].sel({"approach": "exact"})
    assert float(exact.sel(N=10)) == pytest.approx(0.612914993686, abs=1e-11)
    assert float(exact.sel(N=20)) == pytest.approx(0.575062236571, abs=1e-11)
    assert np.allclose(data["kappa"].values, data["N"].values / 16)


@pytest.mark.slow
@pytest.mark.usefixtures("coarse")
def test_fig4b_holds_the_reference_numbers(tmp_path, monkeypatch):
    """Exact values of an independent program with 20 photon levels; beside mean field only."""
    monkeypatch.setattr(fig4b, "METHODS", ("exact", "mf"))
    monkeypatch.setattr(fig4b, "_SIZES", (1,))
    data, _ = draw("p1-fig4b", tmp_path, max_n=5)
    exact = data.sel({"approach": "exact"})
    scaled = exact["photons"] / data["N"]
    for n, value in ((1, 0.236543994716), (5, 0.130646599999)):
        assert float(scaled.sel(N=n)) == pytest.approx(value, abs=1e-11)
    assert (np.diff(scaled) < 0).all()
    assert (np.diff(exact["levels"]) >= 0).all()  # a cut-off of its own at each N


def test_fig3c_crosses_the_threshold(monkeypatch):
    """Mean field alone, at every fourth of the figure's 200 pumps."""
    monkeypatch.setattr(fig3, "METHODS", ("mf",))
    monkeypatch.setattr(fig3, "with_curves", lambda data, *_: data)
    pumps = []

    def fewer(model, axes, **options):
        pumps.extend(axes["gamma_up"])
        return sweep(model, {"gamma_up": axes["gamma_up"][::4]}, **options)

    monkeypatch.setattr(fig3, "sweep", fewer)
    data = fig3.compute_c(6, "", None)
    mf = data["p0_up"]
    critical = 0.5 * (1 + 2 / 16 / (4 * 0.5625))
    assert (mf[data["gamma_up"] / 2 <= critical] == 0).all()
    assert (mf[data["gamma_up"] / 2 > critical] > 0).all()
    assert len(pumps) == 200
