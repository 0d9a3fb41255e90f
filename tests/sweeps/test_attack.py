"""The attacks of benchmarks/attack_kills.py and benchmarks/attack_faults.py, a few of each."""

import random
import subprocess
import sys
from pathlib import Path

import faults
import kills
import pytest

pytestmark = [pytest.mark.serial, pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")]


def test_a_sweep_that_is_killed_and_resumed(tmp_path):
    chance = random.Random(20261130)
    sweep = kills.Sweep(tmp_path, 8, kills.expected(tmp_path, 8))
    for target, name in (("main", "SIGKILL"), ("worker", "SIGKILL")):
        kills.attack(sweep, chance, target, name)
    while not kills.attack(sweep, chance, "nobody")[2]:
        assert not sweep.words
    assert not sweep.words
    sweep.points = dict(list(sweep.points.items())[1:]) | {"a key that is not there": ""}
    sweep.points[next(iter(sweep.points))] = ""
    kills._store(sweep)
    assert sweep.faults == {"lost": 1, "twice": 1}  # the attack sees it


def test_faults_of_system_calls(tmp_path):
    environment = faults.preloaded(tmp_path)
    if environment is None:
        pytest.skip("needs a C compiler")
    words = [sys.executable, faults.__file__, tmp_path, "60", "20261130", "1", "run"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, cwd=Path(faults.__file__).parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of" in done.stdout
