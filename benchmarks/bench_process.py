"""Whole processes, as a user meets them: `permsym --help`, one solve, a figure.  Median of several runs.

python benchmarks/bench_process.py [runs, default 5]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

from measure import machine, show

if __name__ == "__main__":
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    print(machine())
    rows: list[list[object]] = [["command", "min s", "median s", "max s"]]
    with tempfile.TemporaryDirectory() as folder:
        for command in (
            ["--help"],
            ["solve", "central-spin", "N=150"],
            ["solve", "central-spin", "N=150", "--moments", "3", "--json"],
            ["figure", "p1-fig3b", "-o", folder],
            ["figure", "p1-fig3c", "-o", folder],
        ):
            seconds = []
            for _ in range(runs + 1):
                start = time.perf_counter()
                subprocess.run([sys.executable, "-m", "permsym", *command], capture_output=True, check=True, env=environment)
                seconds.append(time.perf_counter() - start)
            seconds = seconds[1:]  # the first run warms the disk cache
            shown = " ".join(command).replace(folder, "FOLDER")
            rows.append([shown, f"{min(seconds):.2f}", f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}"])
    show(rows)
