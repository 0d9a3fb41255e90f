"""Time, memory, fill and bound of exact central-spin steady states against N, full basis, both representations.

python benchmarks/bench_solve.py [largest N, default 500]
"""

from __future__ import annotations

import math
import sys

from measure import isolated, machine, show
from problems import check

CODE = """
import time, permsym as ps
from permsym.linear import cost
from permsym.steady.needs import lattice
model = ps.models.central_spin(N={n})
start = time.perf_counter()
state = ps.steady_state(model, basis="{basis}", moments=3, window="full")
values = state.moments(3)
result.update(everything=time.perf_counter() - start, p=state.derived["p0_up"], bound=state.certificate.error_estimate,
              unknowns=state.dimension, fill=state.solver["fill"], certified=state.certificate.certified, **state.timings)
size, sides = lattice(model, "{basis}")
result.update(predicted_mb=state.plan.bytes / 2**20, predicted_fill=cost.fill_estimate(size, sides))
"""

if __name__ == "__main__":
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print(machine())
    print("central spin, Fig. 3(b) parameters, all moments to order 3 and their certificate; one process a row")
    for basis in ("dicke", "occupation"):
        rows: list[list[object]] = [
            [
                "basis",
                "N",
                "unknowns",
                "assemble s",
                "solve s",
                "moments s",
                "total s",
                "peak MB",
                "predicted MB",
                "fill",
                "predicted",
                "bound",
                "answer",
                "exponent",
            ]
        ]
        last: tuple[int, float] | None = None
        for n in (n for n in (10, 20, 50, 100, 150, 300, 500, 1000) if n <= largest):
            r = isolated(CODE.format(n=n, basis=basis))
            exponent = "" if last is None else f"{math.log(r['everything'] / last[1]) / math.log(n / last[0]):.2f}"
            last = (n, r["everything"])
            answer = check(n, r["p"]) if r["certified"] else "NOT CERTIFIED"
            seconds = [f"{r[step]:.3f}" for step in ("assemble", "solve", "moments", "everything")]
            memory = [f"{r['peak_mb']:.0f}", f"{r['predicted_mb']:.0f}", f"{r['fill']:.2e}", f"{r['predicted_fill']:.2e}"]
            rows.append([basis, n, int(r["unknowns"]), *seconds, *memory, f"{r['bound']:.0e}", answer, exponent])
        show(rows)
