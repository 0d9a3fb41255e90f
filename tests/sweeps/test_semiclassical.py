"""Linear noise as an approach of sweeps and comparisons."""

import numpy as np
import pytest
from command_line import run

import permsym as ps
from permsym.sweeps.file.sweep_file import read_sweep_file

FIXED = {"g": "2/sqrt(N)", "kappa": 1, "gamma_up": 3, "gamma_down": 0.5}


def test_points_that_do_not_apply_have_a_status_and_no_values():
    ds = ps.sweep("tavis-cummings", {"N": [2, 8]}, methods=["exact", "ln"], **FIXED)
    ln = ds.sel(approach="ln")
    assert ln.status.values.tolist() == ["not-applicable", "ok"]
    assert "relative variance" in str(ln.reason.values[0])
    assert np.isnan(ln.photons.values[0])
    assert np.isnan(ln.moment_real.values[0]).all()
    assert ln.photons.values[1] == pytest.approx(float(ds.photons.sel(approach="exact")[1]), rel=0.01)
    assert ln.g2.values[1] == pytest.approx(float(ds.g2.sel(approach="exact")[1]), abs=0.01)
    assert ln.fano.values[1] > 1


def test_moments_beyond_its_order_are_left_out():
    ds = ps.sweep("tavis-cummings", {"N": [100]}, methods=["ln"], moments=["a +1 z2"], **FIXED)
    assert ds.status.values.tolist() == ["beyond-order"]


@pytest.mark.slow
def test_the_linewidth_is_that_of_the_diffusing_phase():
    ds = ps.sweep("tavis-cummings", {"N": [100]}, methods=["ln"], moments=["ad a"], spectrum={"linewidth": True}, **FIXED)
    assert float(ds.linewidth[0]) == pytest.approx(ps.linear_noise(ps.models.tavis_cummings(N=100, **FIXED)).fwhm)
    curve = ps.sweep("tavis-cummings", {"N": [100]}, methods=["ln"], moments=["ad a"], spectrum={"frequencies": [0.0, 1.0]}, **FIXED)
    assert "no spectrum" in str(curve.reason[0].values)


@pytest.mark.slow
def test_a_sweep_file_and_a_comparison(tmp_path, capsys):
    path, reference, out = tmp_path / "laser.toml", tmp_path / "exact.csv", tmp_path / "laser.csv"
    head = '[model]\nname = "tavis-cummings"\ng = "2/sqrt(N)"\nkappa = 1\ngamma_up = 3\ngamma_down = 0.5\n[sweep]\nN = [8]\n'
    path.write_text(head + "[methods]\nlinear_noise = true\n")
    assert read_sweep_file(path).sweep.methods == ("ln",)
    assert run(capsys, "run", path, "-o", out)[0] == 0
    path.write_text(head)
    assert run(capsys, "run", path, "-o", reference)[0] == 0
    code, text, _ = run(capsys, "compare", reference, out)
    assert code == 0
    assert "photons" in text
