"""SuperLU orderings on the same matrix: fill and time of one factorisation, relative to nested dissection.

python benchmarks/bench_orderings.py [N, default 150]
"""

from __future__ import annotations

import sys
import time

from measure import machine, show
from problems import check

import permsym as ps

if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    print(machine())
    for basis in ("dicke", "occupation"):
        rows: list[list[object]] = [["basis", "ordering", "solve s", "ratio", "fill", "bound", "answer"]]
        reference = 0.0
        for ordering in ("nested-dissection", "MMD_AT_PLUS_A", "COLAMD"):
            seconds = []
            for _ in range(3):
                start = time.perf_counter()
                state = ps.steady_state(ps.models.central_spin(N=n), basis=basis, solver=ps.SuperLU(ordering=ordering), moments=["z0"])
                seconds.append(time.perf_counter() - start)
            best = min(seconds)
            reference = reference or best
            answer = check(n, state.derived["p0_up"])
            rows.append(
                [
                    basis,
                    ordering,
                    f"{best:.3f}",
                    f"{best / reference:.1f}",
                    f"{state.solver['fill']:.2e}",
                    f"{state.certificate.error_estimate:.0e}",
                    answer,
                ]
            )
        show(rows)
