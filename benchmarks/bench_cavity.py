"""Matrix-free steady states of the pumped cavity: time, memory, products, bytes and ns a number; LU beside it where it runs.

python benchmarks/bench_cavity.py [largest N, default 40]
"""

from __future__ import annotations

import math
import sys

from measure import isolated, machine, show

EXPECTED = {20: 0.093312738972, 100: 0.083842385969}

SOLVE = """
import time, permsym as ps
ps.steady_state(ps.models.tavis_cummings(N=2, levels=4), solver={solver!r}, tolerance=1e9)  # loads and compiles
model = ps.models.tavis_cummings(N={n}, levels={levels})
start = time.perf_counter()
state = ps.steady_state(model, solver={solver!r}, moments=["ad a"], tolerance=1.0)
result.update(seconds=time.perf_counter() - start, solve=state.timings["solve"], photons=state.derived["photons"] / {n},
              error=state.error("ad a"), numbers=state.dimension, products=state.solver.get("used", 0))
"""

BANDWIDTH = """
import time, numpy as np
a, b = np.zeros(2**25), np.ones(2**25)
np.add(a, b, out=a)
start = time.perf_counter()
np.add(a, b, out=a)
result.update(rate=3 * a.nbytes / (time.perf_counter() - start))
"""


def main() -> None:
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    print(machine())
    print(f"memory bandwidth of one thread: {isolated(BANDWIDTH)['rate'] / 1e9:.1f} GB/s")
    rows: list[list[object]] = [
        ["N", "levels", "solver", "seconds", "numbers", "products", "ns/(number product)", "bytes/number", "exponent"]
    ]
    before: tuple[int, float] | None = None
    floor = isolated(SOLVE.format(n=2, levels=4, solver="matrix-free"))["peak_mb"]
    for n in (n for n in (10, 20, 40, 60, 100, 150, 200) if n <= largest):
        levels = math.ceil(20 + 0.32 * n)
        for solver in ("matrix-free", "superlu") if n <= 20 else ("matrix-free",):
            found = isolated(SOLVE.format(n=n, levels=levels, solver=solver))
            if n in EXPECTED and abs(found["photons"] - EXPECTED[n]) > max(1e-10, found["error"]):
                raise SystemExit(f"N={n}: {found['photons']} is not {EXPECTED[n]}")
            iterated = solver == "matrix-free"
            each = f"{found['solve'] / found['numbers'] / found['products'] * 1e9:.1f}" if iterated else ""
            size = f"{(found['peak_mb'] - floor) * 2**20 / found['numbers']:.0f}"
            slope = f"{math.log(found['seconds'] / before[1]) / math.log(n / before[0]):.1f}" if iterated and before else ""
            rows.append([n, levels, solver, f"{found['seconds']:.2f}", f"{found['numbers']:,}", found["products"], each, size, slope])
            if iterated:
                before = n, found["seconds"]
    show(rows)


if __name__ == "__main__":
    main()
