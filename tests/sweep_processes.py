"""What the tests of sweeps share: sweep files, and real processes that run them."""

import os
import subprocess
import sys
import time
from pathlib import Path

STARTED = []  # processes, so that none outlives a test that fails
SWEEP = """
[model]
name = "central-spin"
N = {N}
[sweep]
g = {{from = 0.1, to = 2, points = {points}}}
[moments]
order = {order}
"""


def write(folder, points=12, N=6, order=2, name="sweep.toml"):
    path = Path(folder) / name
    path.write_text(SWEEP.format(points=points, N=N, order=order))
    return path


def start(folder, *words, **options):
    """``permsym WORDS`` as a process, in a folder."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(
        [sys.executable, "-m", "permsym", *map(str, words)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **options,
    )
    STARTED.append(process)
    return process


def finish(process, timeout=120):
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out, err


def permsym(folder, *words, **options):
    """(exit code, standard output, standard error)."""
    return finish(start(folder, *words, **options))


def until(condition, seconds=60.0):
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            said = []
            for process in STARTED:
                if process.poll() is None:
                    process.kill()
                    said.append(process.communicate()[1])
            raise AssertionError(f"waited in vain; what runs said: {said}")
        time.sleep(0.02)


def children(process):
    """Process ids of the workers."""
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(number) for number in text.split()]


def alive(number):
    """Whether a process runs: it is there and no zombie."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
