"""Checkpoints: a killed solve goes on; files of other models and other files are refused."""

import signal
import subprocess
import sys
import warnings

import pytest
from sweep_processes import until

import permsym as ps
from permsym.steady.cavity.checkpoint import Checkpoint


def quietly(model, **options):
    """The state, its certificate not announced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        return ps.steady_state(model, **options)


SCRIPT = """
import sys, permsym as ps
from permsym.steady.cavity.checkpoint import Checkpoint
from permsym.steady.cavity.matrix_free import MatrixFree
model = ps.models.tavis_cummings(N=24, levels=24)
ps.steady_state(model, solver=MatrixFree(), moments=["ad a"], tolerance=1e-2, checkpoint=Checkpoint(sys.argv[1], every=0.0))
"""


@pytest.mark.serial
def test_a_killed_solve_goes_on(tmp_path):
    path = tmp_path / "iterate.npz"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)])
    until(lambda: path.exists() or process.poll() is not None, pause=0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert path.exists()
    model = ps.models.tavis_cummings(N=24, levels=24)
    whole = quietly(model, solver="matrix-free", moments=["ad a"])
    resumed = quietly(model, solver="matrix-free", moments=["ad a"], checkpoint=Checkpoint(path))
    assert abs(resumed.moment("ad a") - whole.moment("ad a")) < 1e-12
    again = quietly(model, solver="matrix-free", moments=["ad a"], checkpoint=str(path))
    assert again.solver["used"] < whole.solver["used"] / 4
    with pytest.raises(ps.InputError, match="another model"):
        ps.steady_state(ps.models.tavis_cummings(N=24, levels=24, kappa=1.1), solver="matrix-free", checkpoint=str(path))
    path.write_bytes(b"nothing")
    with pytest.raises(ps.InputError, match="is not a checkpoint"):
        ps.steady_state(model, solver="matrix-free", checkpoint=str(path))
