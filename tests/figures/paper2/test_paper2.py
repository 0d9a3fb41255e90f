"""The figures of paper 2 on coarse axes: what they show, not how they look."""

import numpy as np
import pytest
from oracles import linear_noise

from permsym.driven_cavity.boundary import boundary
from permsym.figures.paper2 import fig3, fig4, fig5, fig6
from permsym.figures.paper2.shared import family
from permsym.models.broadening import gaussian_clusters


def drawn(module, data, tmp_path):
    module.plot(data, lambda figure: figure.savefig(tmp_path / "figure.png"))
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    assert len(module.table(data)) > 1


@pytest.mark.slow
def test_map_of_the_boundary(tmp_path):
    data = fig5.compute(10, "", None, (5.0, 7.8, 14.0, 18.0), (0.95, 0.98, 0.99, 1.0, 1.01, 1.05))
    n_sc = data["N_sc"]
    assert float(n_sc.sel(C=14, drive=0.95)) == pytest.approx(boundary(lambda: family(14.0, 0.95)).N_sc, rel=1e-6)
    # bistable: N_sc diverges towards eta_crit+ on the lower branch as the inverse distance, and is small on the upper one
    for C in (14, 18):
        assert np.isnan(n_sc.sel(C=C, drive=1.0))
        assert str(data["status"].sel(C=C, drive=1.0).values) == "not-applicable"
        assert str(data["reason"].sel(C=C, drive=1.0).values).startswith("eta")
        assert float(n_sc.sel(C=C, drive=0.99) / n_sc.sel(C=C, drive=0.98)) == pytest.approx(2, rel=0.15)
        assert n_sc.sel(C=C, drive=1.05) < n_sc.sel(C=C, drive=1.01) < n_sc.sel(C=C, drive=0.99) / 5
    # more so at larger C; below eta_crit+ it grows with C, above it falls
    assert n_sc.sel(C=14, drive=0.99) < n_sc.sel(C=18, drive=0.99)
    assert n_sc.sel(C=14, drive=1.01) > n_sc.sel(C=18, drive=1.01)
    # not bistable: finite everywhere, larger above eta_crit+ than below at C = 5, a peak at eta_crit+ near C = 8
    assert np.isfinite(n_sc.sel(C=[5, 7.8])).all()
    assert n_sc.sel(C=5, drive=1.05) > 2 * n_sc.sel(C=5, drive=0.95)
    assert (n_sc.sel(C=7.8, drive=1.0) > n_sc.sel(C=7.8, drive=[0.95, 0.98, 0.99, 1.01, 1.05])).all()
    drawn(fig5, data, tmp_path)


@pytest.mark.parametrize(("C", "drive"), [(2.0, 0.9), (5.0, 1.0), (7.8, 0.99), (14.0, 0.95), (14.0, 1.05), (18.0, 0.99), (18.0, 1.01)])
def test_boundary_is_that_of_linear_noise_at_small_thresholds(C, drive):
    deviation = abs(linear_noise.correction(C, drive * linear_noise.homogeneous_drive(C, 1.0, 0.5)))
    assert boundary(lambda: family(C, drive), 1e-4).N_sc * 1e-4 == pytest.approx(deviation, rel=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "drive"), [(1.0, 0.95), (0.5, 1.05)])
def test_broadened_boundary_is_that_of_linear_noise_at_small_thresholds(width, drive):
    Delta, weights = gaussian_clusters(1.0, width, 5)
    eta = drive * fig6.broadened(width, clusters=5).critical.upper
    deviation = abs(linear_noise.correction(fig6.C, eta, Delta=Delta, weights=weights))
    assert boundary(lambda: fig6.cluster_family(width, drive, 5), 1e-4).N_sc * 1e-4 == pytest.approx(deviation, rel=2e-3)


def test_the_paper_s_cooperativities_need_no_finer_grid():
    for width, C in ((0.1, 17.9), (0.5, 15.8), (1.0, 12.7)):
        found = fig6.broadened(width).cooperativity
        assert round(found, 1) == C
        for clusters, span in ((101, 2.0), (77, 3.0)):
            assert fig6.broadened(width, clusters=clusters, span=span).cooperativity == pytest.approx(found, rel=1e-3)


@pytest.mark.slow
def test_broadening_lowers_the_cooperativity(tmp_path):
    data = fig6.compute(10, "", None, (0.0, 1.0), (1.06,), clusters=5)
    assert (np.diff(data["cooperativity"]) < 0).all()
    assert (np.diff(data["eta_crit_plus"]) < 0).all()
    none, much = data["N_sc"].values[:, 0]
    # on the upper branch a smaller cooperativity needs more spins, and more than identical spins of that cooperativity
    assert much > 1.2 * boundary(lambda: family(float(data["cooperativity"][1]), 1.06)).N_sc > 1.2 * none
    drawn(fig6, data, tmp_path)


@pytest.mark.slow
def test_boundary_converges_in_clusters():
    data = fig6.compute(10, "", None, (0.1, 1.0), (1.06,), clusters=17)
    errors = np.abs(data["N_sc_fewer"].sel(checked_drive=1.06) / data["N_sc"].sel(drive=1.06) - 1)
    assert (errors.sel(fewer_clusters=9) < 0.1 * errors.sel(fewer_clusters=5)).all()
    assert (errors.sel(fewer_clusters=15) < 1e-4).all()


@pytest.mark.slow
def test_deviations_fall_as_the_inverse_size(tmp_path, monkeypatch):
    monkeypatch.setattr(fig4, "SIZES", 7)
    data = fig4.compute(4000, "", None)
    last = data["deviation"].isel(N=slice(-2, None)).sel(pair=["1-2", "1-3"])
    slope = np.log(last.isel(N=1) / last.isel(N=0)) / np.log(data["N"].values[-1] / data["N"].values[-2])
    assert np.allclose(slope, -1, atol=0.05)
    assert (data["followed"].isel(N=-1) == 1).all()
    for drive in (0.95, 1.05):
        beyond = data["deviation"].sel(drive=drive)[:, data["N"].values > float(data["N_sc"].sel(drive=drive))]
        assert (beyond < data.attrs["threshold"]).all()
    below, above = (data["deviation"].sel(drive=drive).isel(N=-1) for drive in (0.95, 1.05))
    assert (below > above).all()  # the lower branch deviates more at the same N
    drawn(fig4, data, tmp_path)


def test_small_ensembles_deviate(tmp_path):
    data = fig3.compute(10, "", None, (14.0,))
    assert (data["normalised"].sel(N=10) < 0.5).all()
    assert (data["status"] == "ok").all()
    assert (np.char.startswith(data["reason"].values, "steady")).all()
    drawn(fig3, data, tmp_path)
