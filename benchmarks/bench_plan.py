"""The plan held against what solves take: seconds and peak memory, predicted over measured, for 20 systems of every route.

python benchmarks/bench_plan.py [route ...]        lattice (full basis and windows), cavity, hermite; all by default

A system counts only if its certificate holds.  The memory is that above a process that has loaded what a plan needs; one process a row.
The ratio of bytes should stay above 1: what was planned must suffice.
"""

from __future__ import annotations

import sys

import numpy as np
from measure import isolated, machine, show

LOAD = """
import resource, time, warnings, numpy, scipy.sparse.linalg, permsym as ps
from permsym.steady.solve import plan_of
warnings.simplefilter("ignore", ps.UncertifiedWarning)
"""
CODE = """
with open("/proc/self/statm") as file:
    before = int(file.read().split()[1]) * resource.getpagesize()
model = {model}
options = dict({options})
if {compiled}:
    ps.steady_state(ps.models.tavis_cummings(N=2, levels=4), solver="matrix-free", moments=["ad a"])  # load the compiled loops
start = time.perf_counter()
state = ps.steady_state(model, moments=2, **options)
seconds = time.perf_counter() - start
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
plan = state.plan
result.update(route=plan.route, choice=plan.choice, unknowns=plan.unknowns, actual=state.dimension,
              seconds=seconds, planned_seconds=plan.seconds, bytes=after - before, planned_bytes=plan.bytes,
              certified=state.certificate.certified)
"""
SPIN = "ps.models.central_spin(N={})"
PUMPED = "ps.models.tavis_cummings(N={}, levels={})"
DRIVEN = "ps.models.driven_tavis_cummings(N={}, C=14, drive=1.05, kappa=1, gamma_h=0.5, levels={})"
LATTICE = [
    *((SPIN.format(n), "") for n in (20, 50, 100, 150, 200, 300)),
    *((SPIN.format(n), 'basis="occupation"') for n in (10, 20, 40, 80)),
    *((SPIN.format(n), 'window="auto"') for n in (400, 700, 1000, 2000, 4000)),
    *((PUMPED.format(n, levels), 'solver="superlu"') for n, levels in ((3, 12), (6, 16), (9, 20))),
    *((DRIVEN.format(n, levels), 'solver="superlu"') for n, levels in ((2, 14), (3, 18))),
]
CAVITY = [
    *((PUMPED.format(n, n + 12), 'solver="matrix-free"') for n in (8, 10, 12, 15, 18, 22, 26, 30, 35, 40)),
    *((f"ps.models.tavis_cummings(N={n}, levels={n + 12}, omega=1.3)", 'solver="matrix-free"') for n in (10, 15, 20, 25)),
    *((DRIVEN.format(n, levels), 'solver="matrix-free"') for n, levels in ((2, 20), (3, 24), (4, 26), (5, 30), (6, 34), (7, 38))),
]
SERIES = {
    "": (10**4, 3 * 10**4, 10**5, 10**6, 10**7, 10**8),
    ", gamma_phi=0.3": (10**4, 10**5, 10**6, 10**7, 10**8),
    ", gamma_up=2.0": (3 * 10**4, 10**5, 10**6, 10**7, 10**8),
    ", omega=3.0": (10**5, 10**6, 10**7, 10**8),
}
HERMITE = [(f"ps.models.central_spin(N={n}{rates})", 'solver="hermite"') for rates, sizes in SERIES.items() for n in sizes]
ROUTES = {"lattice": LATTICE, "cavity": CAVITY, "hermite": HERMITE}


def measured(route: str, model: str, options: str) -> list[object]:
    """A row: what was chosen, unknowns, seconds and bytes with their ratios."""
    r = isolated(LOAD + CODE.format(model=model, options=options, compiled=route == "cavity"))
    assert r["route"] == route, r["choice"]
    answer = "" if r["certified"] else "NOT CERTIFIED"
    times = [f"{r['planned_seconds']:.2f}", f"{r['seconds']:.2f}", r["planned_seconds"] / r["seconds"]]
    sizes = [f"{r['planned_bytes'] / 1e6:.0f}", f"{r['bytes'] / 1e6:.0f}", r["planned_bytes"] / r["bytes"]]
    return [r["choice"], f"{r['unknowns']:,}", f"{r['actual']:,}", *times, *sizes, answer]


if __name__ == "__main__":
    print(machine())
    for route in sys.argv[1:] or ROUTES:
        rows = [measured(route, *system) for system in ROUTES[route]]
        head = ["plan", "unknowns", "actual", "planned s", "s", "ratio", "planned MB", "MB", "ratio", ""]
        show([head, *([*(f"{cell:.2f}" if isinstance(cell, float) else cell for cell in row)] for row in rows)])
        for name, column in (("seconds", 5), ("bytes", 8)):
            ratios = np.array([row[column] for row in rows], dtype=float)
            spread = f"median {np.median(ratios):.2f}, {ratios.min():.2f} to {ratios.max():.2f}"
            print(f"{route}, {len(rows)} systems, {name} planned / measured: {spread}", flush=True)
