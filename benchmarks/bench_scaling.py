"""Scaling from N = 10 to 10^6: time, peak memory, fill and bound of the full basis, the adaptive window and the Hermite series.

python benchmarks/bench_scaling.py [largest N of the window, default 10000] [largest N of the full basis, default 300]

The window at N = 100,000 takes minutes and 12 GB; pass 100000 to include it.  Exponents are fitted to the three largest N.
"""

from __future__ import annotations

import sys

import numpy as np
from measure import isolated, machine, show
from problems import check

CODE = """
import time, warnings, permsym as ps
model = ps.models.central_spin(N={n})
start, processor = time.perf_counter(), time.process_time()
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ps.UncertifiedWarning)
    state = ps.steady_state(model, moments=2, {options})
result.update(seconds=time.perf_counter() - start, processor=time.process_time() - processor, p=state.derived["p0_up"],
              bound=state.error("z0") / 2, unknowns=state.dimension, fill=state.solver["fill"],
              certified=state.certificate.certified, precision=state.solver.get("precision", ""),
              verification=-1.0 if state.certificate.verification is None else state.certificate.verification)
"""
WAYS = {
    "full": 'window="full"',
    "window": "window={window}",
    "hermite": 'solver="hermite"',
}
SIZES = (10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
HEAD = ["way", "N", "unknowns", "wall s", "processor s", "peak MB", "fill", "bound", "precision", "against hermite", "answer"]


def measured(way: str, n: int) -> dict[str, float]:
    """One process; the adaptive window is forced below the size where it is chosen by itself."""
    options = WAYS[way]
    code = CODE.format(n=n, options=options.format(window='"auto"'))
    if way == "window":
        code = "from permsym.steady import planning\nplanning.CROSSOVER = 0\n" + code
    return isolated(code)


def exponent(sizes: list[int], values: list[float]) -> str:
    """Slope of the last three points in a doubly logarithmic plot."""
    if len(sizes) < 3:
        return "-"
    return f"{np.polyfit(np.log(sizes[-3:]), np.log(values[-3:]), 1)[0]:.2f}"


if __name__ == "__main__":
    window = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000
    full = int(float(sys.argv[2])) if len(sys.argv) > 2 else 300
    limits = {"full": (10, full), "window": (100, window), "hermite": (10_000, 1_000_000)}
    print(machine())
    print("central spin, Fig. 3(b) parameters, all moments to order 2 and their certificate; one process a row")
    for way, (least, largest) in limits.items():
        rows: list[list[object]] = [list(HEAD)]
        found: dict[int, dict[str, float]] = {}
        for n in (n for n in SIZES if least <= n <= largest):
            r = found[n] = measured(way, n)
            answer = check(n, r["p"]) if r["certified"] else "NOT CERTIFIED"
            against = "" if r["verification"] < 0 else f"{r['verification']:.0e}"
            numbers = [f"{r['seconds']:.2f}", f"{r['processor']:.2f}", f"{r['peak_mb']:.0f}", f"{r['fill']:.2e}", f"{r['bound']:.0e}"]
            rows.append([way, n, int(r["unknowns"]), *numbers, r["precision"], against, answer])
        show(rows)
        sizes = list(found)
        slopes = {name: exponent(sizes, [found[n][name] for n in sizes]) for name in ("processor", "peak_mb", "fill", "unknowns")}
        print("exponents: " + ", ".join(f"{name} N^{slope}" for name, slope in slopes.items()), flush=True)
