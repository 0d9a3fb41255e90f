"""Sweeps: overhead per point, parallel efficiency, a thousand points at N = 30, resume of a finished store.

python benchmarks/bench_sweep.py [points, default 1000] [points of the store that is resumed, default 10000]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from measure import machine, show
from problems import check

from permsym import dataset
from permsym.machine import single_threaded
from permsym.sweeps.definition import make
from permsym.sweeps.methods import Bench
from permsym.sweeps.run import assembled, execute, prepare
from permsym.sweeps.store.record import packed
from permsym.sweeps.store.store import opened
from permsym.sweeps.task import compute
from permsym.sweeps.workers.pool import inline, pooled


def plan(points: int, N: int, moments: int = 3):
    step = 1.5 / points
    return make("central-spin", {"g": [0.75 + step * i for i in range(points)]}, fixed={"N": N, "kappa": "N/16"}, moments=moments)


def sync_seconds(folder: Path, repeats: int = 100) -> float:
    """A line of 3,000 bytes, synchronised: what the disk takes, whatever is stored."""
    seconds = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(repeats):
            start = time.perf_counter()
            file.write(bytes(3000))
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def overhead(folder: Path, points: int) -> list[list[object]]:
    """Everything but the solver, a point, in CPU time: plan, keys, records, dataset, file; and the store's writing in all."""
    import xarray  # noqa: F401  loading it is no matter of points

    rows: list[list[object]] = [["what", "CPU ms a point"]]
    start = time.process_time()
    made = plan(points, 30)
    work = prepare(made)
    keys = [task.key for task, _ in work.jobs]
    planned = time.process_time() - start
    bench = Bench()
    start = time.process_time()
    with single_threaded():
        results = {task.cell: compute(task, bench) for task, _ in work.jobs}
    solved = time.process_time() - start
    check(30, results[(0,), "exact"].point.derived["p0_up"])
    start = time.process_time()
    for result in results.values():
        packed(result.point)
    recorded = time.process_time() - start
    with opened(folder / "o.store") as store:
        start, begun = time.process_time(), time.perf_counter()
        for key, result in zip(keys, results.values(), strict=True):
            store.put(key, result)
        stored, waited = time.process_time() - start, time.perf_counter() - begun
    start = time.process_time()
    dataset.save(assembled(made, {place: result.point for place, result in results.items()}), folder / "o.nc")
    written = time.process_time() - start
    sync = sync_seconds(folder)
    for name, seconds in (
        ("solver", solved),
        ("plan, models, keys, estimates", planned),
        ("record", recorded),
        ("dataset and file", written),
    ):
        rows.append([name, f"{1e3 * seconds / points:.3f}"])
    rows.append(["store", f"{1e3 * stored / points:.3f}"])
    rows.append(["sum without the solver", f"{1e3 * (planned + written + stored) / points:.3f}"])
    rows.append(["(store, waiting for the disk included)", f"{1e3 * waited / points:.3f}"])
    rows.append(["(a sync of the disk alone)", f"{1e3 * sync:.3f}"])
    return rows


def scaling(points: int, N: int) -> list[list[object]]:
    """The same points in this process and on 1 and 2 workers; the answers must be equal to the bit."""
    rows: list[list[object]] = [["executor", "points", "N", "seconds", "efficiency"]]
    reference: bytes | None = None
    alone = 0.0
    for name, executor, jobs in (
        ("inline", inline, 1),
        ("1 job", partial(pooled, workers=1), 1),
        ("2 jobs", partial(pooled, workers=2), 2),
    ):
        made = plan(points, N)
        start = time.perf_counter()
        data = assembled(made, execute(prepare(made), executor).points)
        seconds = time.perf_counter() - start
        if reference is None:
            reference, alone = data["moment_real"].values.tobytes(), seconds
        elif data["moment_real"].values.tobytes() != reference:
            raise SystemExit(f"WRONG ANSWER: {name} differs from the sweep in one process")
        rows.append([name, points, N, f"{seconds:.2f}", f"{alone / seconds / jobs:.2f}"])
    return rows


SWEEP = '[model]\nname = "central-spin"\nN = {N}\n[sweep]\ng = {{from = 0.5, to = 1.5, points = {points}}}\n[moments]\norder = {order}\n'


def commands(folder: Path, points: int, stored: int) -> list[list[object]]:
    """`permsym run` as people type it."""
    rows: list[list[object]] = [["permsym run", "seconds"]]
    (folder / "k.toml").write_text(SWEEP.format(N=30, points=points, order=3))
    (folder / "big.toml").write_text(SWEEP.format(N=2, points=stored, order=2))
    for title, name in (
        (f"{points} points, N = 30, order 3, all cores", "k"),
        ("the same, finished", "k"),
        (f"{stored} points, N = 2, order 2", "big"),
        ("the same, finished", "big"),
        ("the same, finished, output deleted", "big"),
    ):
        if title.endswith("deleted"):
            (folder / f"{name}.nc").unlink()
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "permsym", "run", f"{name}.toml"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ},
        )
        rows.append([title, f"{time.perf_counter() - start:.2f}"])
        if "certified" not in done.stdout:
            raise SystemExit(f"WRONG ANSWER: {done.stdout}")
    return rows


if __name__ == "__main__":
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    stored = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    print(machine())
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        for rows in (overhead(folder, points), scaling(points, 30), scaling(max(points // 25, 4), 150), commands(folder, points, stored)):
            show(rows)
            print(flush=True)
