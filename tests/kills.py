"""Sweeps whose processes are killed, stopped and interrupted at random moments by a seeded generator, and resumed until they are done.

The promise: no finished point is lost or computed twice, no traceback, an end within a minute, no process and no file left over, and
the file of the resumed sweep equals that of an undisturbed one, bit for bit.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dask_cluster import Cluster
from sweep_processes import alive, answers, children, finish, start, stored, until, values, write

FAULTS = ("lost", "twice", "traceback", "hang", "orphan", "code", "litter", "differs")
SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT, "SIGSTOP": signal.SIGSTOP}
TARGETS = ("main", "worker", "group")
CLUSTER_TARGETS = ("main", "worker", "scheduler")
PATIENCE = 60  # seconds of one run, whatever happens to it
POINTS = 120  # of a sweep that takes about as long as its start
_LATEST = 2.5  # seconds after which a run, or its workers, are attacked: both take about two
_LEFT = {"sweep.toml", "sweep.nc", "sweep.nc.store"}


@dataclass
class Sweep:
    """A sweep under attack.

    folder   where it runs
    size     number of its points
    values   of an undisturbed one
    points   results that were in the store after the last run, by key
    faults   what went wrong, counted; and in words
    """

    folder: Path
    size: int
    values: dict[str, bytes]
    points: dict[str, Any] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    words: list[str] = field(default_factory=list)

    def wrong(self, kind: str, words: object) -> None:
        """Count a fault."""
        self.faults[kind] += 1
        self.words.append(f"{kind}: {words!s:.1500}")


def expected(folder: Path, size: int) -> dict[str, bytes]:
    """The numbers of the sweep, undisturbed and in this process."""
    from permsym import dataset
    from permsym.sweeps.file.sweep_file import read_sweep_file
    from permsym.sweeps.run import assembled, execute, prepare

    plan = read_sweep_file(write(folder, points=size, N=8, order=3)).sweep
    dataset.save(assembled(plan, execute(prepare(plan)).points), folder / "sweep.nc")
    found = values(folder)
    (folder / "sweep.nc").unlink()
    return found


def attack(sweep: Sweep, chance: random.Random, target: str = "", name: str = "", cluster: Cluster | None = None) -> tuple[str, int, bool]:
    """Run the sweep once and attack it; returns what was done, how often (never where it was over before), and whether it is complete.

    cluster   who computes, instead of worker processes of the run
    """
    write(sweep.folder, points=sweep.size, N=8, order=3)
    words = ["--jobs", "2"] if cluster is None else ["--scheduler", cluster.address]
    running = start(sweep.folder, "run", "sweep.toml", *words, start_new_session=True)
    target, name = target or chance.choice(TARGETS if cluster is None else CLUSTER_TARGETS), name or chance.choice(list(SIGNALS))
    if cluster is not None and target in ("worker", "scheduler"):
        done = _strike_cluster(cluster, target, SIGNALS[name], chance)
    else:
        done = _strikes(running, target, name, chance)
    try:
        code, out, err = finish(running, PATIENCE)
    except subprocess.TimeoutExpired:
        sweep.wrong("hang", f"{target} {name}")
        os.killpg(running.pid, signal.SIGKILL)
        code, out, err = finish(running, PATIENCE)
    complete = _judge(sweep, code, out, err, target if done else "nobody", name)
    _orphans(sweep, running.pid)
    _store(sweep)
    if complete:
        if values(sweep.folder) != sweep.values:
            sweep.wrong("differs", "the resumed file")
        left = {path.name for path in sweep.folder.iterdir()} - _LEFT
        if left:
            sweep.wrong("litter", sorted(left))
    if cluster is not None:
        cluster.repair()
    return f"{target} {name}", done, complete


def _strike_cluster(cluster: Cluster, target: str, number: int, chance: random.Random) -> int:
    """Send the signal, then kill; a worker is replaced."""
    time.sleep(chance.uniform(0, 2 * _LATEST))
    process = cluster.scheduler if target == "scheduler" else chance.choice(cluster.workers)
    process.send_signal(number)
    time.sleep(chance.uniform(0, 0.5))
    process.kill()
    process.wait()
    if target == "worker":
        cluster.repair()
    return 1


def _strikes(running: Any, target: str, name: str, chance: random.Random) -> int:
    """Strike the run itself, its workers several times; returns how often it was hit."""
    if target == "worker" or name in ("SIGTERM", "SIGINT"):  # there are workers; the program's own first statement has run
        reached = children if target == "worker" else answers
        until(lambda: running.poll() is not None or reached(running), pause=0.001)
    done = 0
    for _ in range(0 if target == "nobody" else chance.randint(1, 4) if target == "worker" and name != "SIGSTOP" else 1):
        time.sleep(chance.uniform(0, _LATEST / (1 + done)))
        done += running.poll() is None and _strike(running, target, SIGNALS[name], chance)
    return done


def _strike(running: Any, target: str, number: int, chance: random.Random) -> bool:
    """Send the signal; whoever is stopped for good is killed afterwards, but a lone worker, which the run has to notice."""
    try:
        workers = children(running)
        if target == "worker" and not workers:
            return False
        pid = {"main": running.pid, "group": running.pid, "worker": chance.choice(workers or [0])}[target]
        send = os.killpg if target == "group" else os.kill
        send(pid, number)
        if number == signal.SIGSTOP and target != "worker":
            time.sleep(chance.uniform(0, 0.3))
            send(pid, signal.SIGKILL)
    except (ProcessLookupError, FileNotFoundError):  # it ended meanwhile
        return False
    return True


def _judge(sweep: Sweep, code: int, out: str, err: str, target: str, name: str) -> bool:
    """Whether the run says what it may say after such a signal; returns whether it is complete."""
    if "Traceback" in err or "Exception ignored" in err:
        sweep.wrong("traceback", err[-1500:])
    allowed = {0}
    if target in ("main", "group"):
        allowed |= {130} if name in ("SIGTERM", "SIGINT") else {-signal.SIGKILL}
    elif target == "worker":
        allowed |= {3}  # a point that lost three workers
    elif target == "scheduler":
        allowed |= {1}
    if code not in allowed:
        sweep.wrong("code", f"{code} after {name} to {target}: {err[-600:]}")
    if code == 0:
        _, _, counts = out.splitlines()[0].partition(" (")
        recalled = int(counts.split()[0])
        if recalled != len(sweep.points):
            sweep.wrong("lost", f"{recalled} of {len(sweep.points)} points recalled")
    return code == 0


def _orphans(sweep: Sweep, session: int) -> None:
    """Processes of a run that are there three seconds after its end."""
    end = time.monotonic() + 3
    while left := [pid for pid in _session(session) if alive(pid)]:
        if time.monotonic() > end:
            sweep.wrong("orphan", left)
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            return
        time.sleep(0.01)


def _session(number: int) -> list[int]:
    """Processes of a session."""
    pids = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == number:
            pids.append(int(path.parent.name))
    return pids


def _store(sweep: Sweep) -> None:
    """Compare what is in the store with what was in it before."""
    if not (sweep.folder / "sweep.nc.store").exists():
        now: dict[str, Any] = {}
    else:
        now = {key: result.point.computed_at for key, result in stored(sweep.folder).items() if result.lasting}
    for key, computed_at in sweep.points.items():
        if key not in now:
            sweep.wrong("lost", key)
        elif now[key] != computed_at:
            sweep.wrong("twice", key)
    sweep.points = now
