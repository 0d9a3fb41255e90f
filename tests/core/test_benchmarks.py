"""The benchmarks run: each at its smallest sizes, in which it checks its answers as at all others."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
SMALLEST = {
    "bench_bounds.py": ("3",),
    "bench_cavity.py": ("0", "--smallest", "5", "--driven", "5", "--piqs", "0"),
    "bench_general.py": ("4+4+4", "crystal-32", "--peers"),
    "bench_linewidth.py": ("10",),
    "bench_orderings.py": ("20",),
    "bench_piqs.py": ("6", "60"),
    "bench_plan.py": ("hermite",),
    "bench_process.py": ("1",),
    "bench_proved.py": ("2",),
    "bench_scaling.py": ("400", "20"),
    "bench_solve.py": ("20",),
    "bench_spectrum.py": ("small",),
    "bench_sweep.py": ("20", "40"),
    "bench_trajectories.py": ("0.2",),
    "bench_twa.py": ("40",),
    "bench_weak.py": (),
}


@pytest.mark.slow
@pytest.mark.skipif(not FOLDER.exists(), reason="an installation without benchmarks")
@pytest.mark.parametrize("name", SMALLEST)
def test_it_runs(name):
    done = subprocess.run(
        [sys.executable, FOLDER / name, *SMALLEST[name]], capture_output=True, text=True, timeout=600, check=False, cwd=FOLDER.parent
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


@pytest.mark.skipif(not FOLDER.exists(), reason="an installation without benchmarks")
def test_none_is_missing():
    assert set(SMALLEST) == {path.name for path in FOLDER.glob("bench_*.py")}
