"""The figures of paper 2 on coarse axes: what they show, not how they look."""

import numpy as np
import pytest

from permsym.cumulants.boundary import boundary
from permsym.figures import p2_fig3, p2_fig5, p2_fig6
from permsym.figures.p2_data import family


def drawn(module, data, tmp_path):
    module.plot(data, lambda figure: figure.savefig(tmp_path / "figure.png"))
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    assert len(module.table(data)) > 1


def test_map_of_the_boundary(tmp_path):
    data = p2_fig5.compute(10, "", None, (5.0, 14.0), (0.95, 1.0))
    assert float(data["N_sc"].sel(C=14, drive=0.95)) == pytest.approx(boundary(lambda: family(14.0, 0.95)).N_sc, rel=1e-6)
    assert np.isnan(data["N_sc"].sel(C=14, drive=1.0))
    assert str(data["status"].sel(C=14, drive=1.0).values).startswith("omitted: eta")
    assert np.isfinite(data["N_sc"].sel(C=5)).all()
    drawn(p2_fig5, data, tmp_path)


@pytest.mark.slow
def test_broadening_acts_through_the_cooperativity(tmp_path):
    data = p2_fig6.compute(10, "", None, (0.0, 0.1, 1.0), (1.05,), clusters=7)
    assert data["cooperativity"].values[:2].round(1).tolist() == [18.0, 17.9]
    none, little, much = data["N_sc"].values[:, 0]
    assert little == pytest.approx(none, rel=0.02)
    assert abs(much / none - 1) > 0.01
    drawn(p2_fig6, data, tmp_path)


def test_small_ensembles_deviate(tmp_path):
    data = p2_fig3.compute(10, "", None, (14.0,))
    assert (data["normalised"].sel(N=10) < 0.5).all()
    assert (np.char.startswith(data["status"].values, "approximation: steady")).all()
    drawn(p2_fig3, data, tmp_path)
