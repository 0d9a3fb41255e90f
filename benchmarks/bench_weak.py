"""Weakly excited cavities: seconds, numbers, g2 and its relative error bound, beside the amplitudes of pure states where there is no pump.

python benchmarks/bench_weak.py
"""

from __future__ import annotations

import numpy as np
from measure import isolated, machine, show

DRIVEN = "ps.models.driven_tavis_cummings(N={}, kappa=1, gamma_h=0.5, C=14, drive={})"
PUMPED = "ps.models.tavis_cummings(N={}, gamma_up={})"
CASES = [
    *((DRIVEN, n, drive) for n in (7, 20, 1000, 10_000) for drive in (1e-9, 1e-3)),
    (DRIVEN, 7, 0.1),
    *((PUMPED, n, rate) for n, rate in ((50, 0), (50, 1e-6), (1000, 1e-8), (10_000, 1e-9))),
]
CODE = """
import time, permsym as ps
model = {model}
start = time.perf_counter()
state = ps.steady_state(model)
result.update(seconds=time.perf_counter() - start, route=str(state.plan.route), numbers=state.dimension)
result.update(certified=state.certificate.certified)
n, g2 = state.derived["photons"], state.derived.get("g2", float("nan"))
relative = (state.error("ad ad a a") / n**2 / g2 + 2 * state.error("ad a") / n) if n else 0.0
result.update(photons=n, g2=g2, relative=relative, parameters=model.parameters)
"""


def without_jumps(p: dict[str, float]) -> float:
    """g2 to leading order of the drive, from the amplitudes of |1,0>, |0,1> and of |2,0>, |1,1>, |0,2>."""
    N, kappa, gamma, g = p["N"], p["kappa"], p["gamma_h"], p["g"]
    coupling = -1j * g * np.sqrt([N, 2 * N, 2 * (N - 1)])
    first = np.linalg.solve([[kappa, -coupling[0]], [-coupling[0], gamma]], [1, 0])
    two = np.array([[2 * kappa, -coupling[1], 0], [-coupling[1], kappa + gamma, -coupling[2]], [0, -coupling[2], 2 * gamma]])
    second = np.linalg.solve(two, [np.sqrt(2) * first[0], first[1], 0])
    return float(2 * abs(second[0] / first[0] ** 2) ** 2)


def main() -> None:
    print(machine())
    rows: list[list[object]] = [["N", "drive or pump", "route", "numbers", "s", "photons", "g2", "bound / g2", "g2 / amplitudes - 1"]]
    for kind, n, strength in CASES:
        run = isolated(CODE.format(model=kind.format(n, strength)))
        if not run["certified"]:
            raise SystemExit(f"N={n}, {strength}: not certified")
        apart = f"{run['g2'] / without_jumps(run['parameters']) - 1:.0e}" if kind is DRIVEN else "-"
        numbers = [run["route"], int(run["numbers"]), f"{run['seconds']:.2f}", f"{run['photons']:.12g}", f"{run['g2']:.12g}"]
        rows.append([n, strength, *numbers, f"{run['relative']:.0e}", apart])
    show(rows)


if __name__ == "__main__":
    main()
