"""Figures made by processes that are killed, interrupted, or meet a full disk."""

import os
import resource
import signal
import subprocess
import sys
import time

import pytest

import permsym as ps


def command(folder, *more):
    return [sys.executable, "-m", "permsym", "figure", "p1-fig3b", "-o", str(folder), *more]


@pytest.mark.serial
def test_a_killed_run_leaves_nothing_half_written(tmp_path):
    for delay in (0.2, 0.6, 1.0, 1.3, 1.6, 2.0):
        running = subprocess.Popen(command(tmp_path, "--max-N", "40"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        running.send_signal(signal.SIGKILL)
        running.wait()
        data, picture = tmp_path / "p1-fig3b.nc", tmp_path / "p1-fig3b.png"
        if data.exists():
            assert (ps.open_dataset(data)["certified"].sel({"method": "exact"}) == 1).all()
        if picture.exists():
            assert picture.read_bytes().endswith(b"IEND\xaeB`\x82")
    done = subprocess.run(command(tmp_path, "--max-N", "5"), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert ps.open_dataset(tmp_path / "p1-fig3b.nc").sizes["N"] == 4


@pytest.mark.serial
def test_interrupt_says_so_and_leaves_nothing(tmp_path):
    running = subprocess.Popen(command(tmp_path, "--max-N", "300"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(2.0)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert err.splitlines()[-1].startswith("permsym: interrupted")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    done = subprocess.run(
        command(tmp_path, "--max-N", "4"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=small_files,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1].startswith("permsym: cannot write")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
