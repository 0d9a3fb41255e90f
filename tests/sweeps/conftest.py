"""Sweeps by command in this process, and what an undisturbed one gives."""

from functools import partial

import pytest
from command_line import run
from sweep_processes import values, write

from permsym import dataset
from permsym.sweeps.file.sweep_file import read_sweep_file
from permsym.sweeps.run import assembled, execute, prepare
from permsym.sweeps.workers.pool import inline


@pytest.fixture
def here(monkeypatch, capsys, tmp_path):
    """``permsym WORDS`` in the test's folder and in this process, where worker processes are not the point."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("permsym.sweeps.workers.pool.pooled", lambda jobs, workers: inline(jobs))
    return partial(run, capsys)


@pytest.fixture(scope="session")
def expected(tmp_path_factory):
    """Numbers of 60 points, undisturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    plan = read_sweep_file(write(folder, points=60, N=8, order=3)).sweep
    dataset.save(assembled(plan, execute(prepare(plan)).points), folder / "sweep.nc")
    return values(folder)
