"""Run a piece of code in a process of its own and measure it: seconds inside, peak memory of the process."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def machine() -> str:
    """One line about where this runs."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    import numpy
    import scipy

    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy {numpy.__version__}, scipy {scipy.__version__}"


def isolated(code: str, timeout: float = 1800, threads: int | None = None) -> dict[str, Any]:
    """Run code that fills a dict ``result``; adds ``peak_mb``.

    threads   of compiled loops; None: all

    Raises RuntimeError where the code fails, subprocess.TimeoutExpired where it takes too long.
    """
    wrapped = f"result = {{}}\n{code}\nimport json, resource\n" + (
        "result['peak_mb'] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\nprint(json.dumps(result))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    if threads is not None:
        environment["NUMBA_NUM_THREADS"] = str(threads)
    done = subprocess.run(
        [sys.executable, "-c", wrapped], capture_output=True, text=True, timeout=timeout, env=environment, cwd=HERE, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def attempted(code: str, timeout: float) -> dict[str, Any] | str:
    """The same, or why there is no result."""
    try:
        return isolated(code, timeout)
    except subprocess.TimeoutExpired:
        return f"over {timeout:.0f} s"
    except RuntimeError as error:
        return str(error)[:60]


RATIOS = ("permsym s", "piqs s", "ratio", "permsym MB", "piqs MB", "ratio")


def ratios(ours: dict[str, Any], theirs: dict[str, Any] | str) -> list[str]:
    """Cells under RATIOS: seconds and memory of both, and how much more the other needs."""
    cells = []
    for key, form in (("seconds", ".3f"), ("peak_mb", ".0f")):
        mine = f"{ours[key]:{form}}"
        cells += [mine, "-", "-"] if isinstance(theirs, str) else [mine, f"{theirs[key]:{form}}", f"{theirs[key] / ours[key]:.1f}"]
    return cells


def show(rows: Sequence[Sequence[object]]) -> None:
    """Print rows in aligned columns."""
    text = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in text) for i in range(len(text[0]))]
    for row in text:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)), flush=True)
