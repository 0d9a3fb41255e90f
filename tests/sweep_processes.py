"""What the tests of sweeps share: sweep files, and real processes that run them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import permsym as ps
from permsym.sweeps.store.store import opened

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


def stored(folder):
    """Results in the store, by key."""
    with opened(Path(folder) / "sweep.nc.store") as store:
        return store.results()


def values(folder, name="sweep.nc"):
    data = ps.open_dataset(Path(folder) / name)
    return {name: data[name].values.tobytes() for name in ("moment_real", "moment_imag", "cumulant_real", "moment_error", "p0_up")}


def start(folder, *words, environment=(), **options):
    """``permsym WORDS`` as a process, in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **dict(environment)}
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


def until(condition, seconds=60.0, pause=0.02):
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
        time.sleep(pause)


def children(process):
    """Process ids of the workers."""
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(number) for number in text.split()]


def answers(process):
    """Whether the program answers SIGTERM, which Python alone does not: its first statements have run."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def alive(number):
    """Whether a process runs: it is there and no zombie."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
