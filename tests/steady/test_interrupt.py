"""Ctrl-C in the middle of a long window solve, done to a real process."""

import os
import signal
import subprocess
import sys
import time

import pytest


@pytest.mark.serial
@pytest.mark.parametrize("after", ["at the beginning", "during the long step"])
def test_interrupting_a_window_leaves_nothing(tmp_path, after):
    """Once while windows of smaller systems are solved, once when the large one has been announced."""
    target = tmp_path / "state.nc"
    words = [sys.executable, "-m", "permsym", "solve", "central-spin", "N=9000", "-o", str(target)]
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        if after == "at the beginning":
            assert running.stderr.readline().startswith("defaults:")
            time.sleep(0.3)
        else:
            for line in running.stderr:
                if line.rstrip().endswith("..."):  # the announcement of the long step
                    assert "unknowns" in line
                    assert "precision" in line
                    break
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=100)
    finally:
        running.kill()
    assert running.returncode == 130
    assert err.splitlines()[-1].startswith("permsym: interrupted")
    assert "Traceback" not in err
    assert out == ""
    assert list(tmp_path.iterdir()) == []
