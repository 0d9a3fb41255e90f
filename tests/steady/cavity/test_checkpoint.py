"""Checkpoints: a killed solve goes on; files of other models and other files are refused."""

import resource
import signal
import subprocess
import sys
import warnings

import numpy as np
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


@pytest.mark.slow
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


def test_a_full_disk_costs_the_checkpoint_and_not_the_solve(tmp_path, monkeypatch):
    """Files of the process may have 100,000 bytes: the first checkpoint fits, those of the larger cavity do not."""
    path = tmp_path / "iterate.npz"
    small, large = ps.models.tavis_cummings(N=4, levels=6), ps.models.tavis_cummings(N=24, levels=24)
    keep = Checkpoint(path, every=0.0)
    quietly(small, solver="matrix-free", moments=["ad a"], checkpoint=keep)
    before = path.read_bytes()
    monkeypatch.setattr(Checkpoint, "load", lambda *_: None)  # whose file it is does not matter here
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.warns(UserWarning, match=r"cannot write the checkpoint '.*iterate.npz' \(File too large\)") as said:
            state = quietly(large, solver="matrix-free", moments=["ad a"], checkpoint=keep)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(said) == 1  # of several writings that failed
    assert state.solver["converged"]
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    keep.write(large, np.zeros(10), now=True)  # there is space again
    assert path.read_bytes() != before


def test_a_folder_that_is_not_there_is_said_before_the_solve(tmp_path):
    with pytest.raises(ps.InputError, match="cannot write a checkpoint into the folder"):
        ps.steady_state(ps.models.tavis_cummings(N=2, levels=3), solver="matrix-free", checkpoint=str(tmp_path / "no" / "x.npz"))
