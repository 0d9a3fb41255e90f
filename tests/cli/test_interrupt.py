"""Ctrl-C at random moments of the first second and a half, while modules load, too: one line, exit code 130, no traceback."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sweep_processes import answers, finish, start, until, write

pytestmark = [
    pytest.mark.serial,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks at processes through /proc"),
]


@pytest.mark.quick("1", "3", "4")
@pytest.mark.parametrize("seed", range(5))
def test_an_interrupt_at_a_random_moment(tmp_path, seed):
    write(tmp_path, points=400, N=40)
    words = [("run", "sweep.toml", "--jobs", "2"), ("solve", "central-spin", "N=9000"), ("figure", "p1-fig3b", "-o", ".", "--max-N", 300)]
    running = start(tmp_path, *words[seed % 3], start_new_session=True)
    until(lambda: answers(running), pause=0.001)
    time.sleep(random.Random(seed).uniform(0, 1.5))
    os.killpg(running.pid, (signal.SIGINT, signal.SIGTERM)[seed == 4])  # workers are met, too
    code, out, err = finish(running)
    assert (code, out) == (130, ""), err
    assert err.endswith("permsym: interrupted; nothing half-written was left\n")
    assert "Traceback" not in err
    assert "ignored" not in err
    assert {path.name for path in tmp_path.iterdir()} <= {"sweep.toml", "sweep.nc.store"}


def run(folder, script):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(Path(__file__).parents[2])])}
    (folder / "passes.py").write_text(script)
    return subprocess.run([sys.executable, "-m", "passes"], check=False, capture_output=True, text=True, env=environment, timeout=60)


LOADED = """
import os, signal, time
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.1)
except BaseException:
    print("lost")
"""
LOADS = """
import sys, time
from permsym.__main__ import _answer_with, _Raise, Interrupted
_answer_with(_Raise())
try:
    import loaded
    time.sleep(10)
    print("lost")
except Interrupted:
    print("interrupted", "loaded" in sys.modules)
"""


def test_an_interrupt_waits_for_the_end_of_an_import(tmp_path):
    """A module that takes every exception for its own, as numpy does, is loaded whole; then the interrupt arrives."""
    (tmp_path / "loaded.py").write_text(LOADED)
    said = run(tmp_path, LOADS)
    assert said.stdout == "interrupted True\n", said.stderr


def test_an_interrupt_that_passes_an_exec_leaves_no_mark_of_its_own(tmp_path):
    """Python would end the process by SIGINT, exit code -2, where a plain KeyboardInterrupt has passed an `exec` and was caught."""
    passes = (
        "import sys\nfrom permsym.__main__ import Interrupted\ntry:\n    exec('raise {}')\nexcept KeyboardInterrupt:\n    sys.exit(130)\n"
    )
    assert run(tmp_path, passes.format("Interrupted")).returncode == 130
    assert run(tmp_path, passes.format("KeyboardInterrupt")).returncode in (130, -signal.SIGINT)  # newer Pythons may do better


LATE = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
ENDS = """
import atexit, time
import permsym.cli
from permsym.__main__ import start
def main():
    import late
    return 0
permsym.cli.main = main
atexit.register(time.sleep, 0.1)
start()
"""


def test_an_interrupt_that_comes_as_all_is_done_changes_nothing(tmp_path):
    (tmp_path / "late.py").write_text(LATE)
    done = run(tmp_path, ENDS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
