"""Quantum trajectories on one thread: milliseconds a unit of time, jumps, products, window; beside exact values, and QuTiP's mcsolve.

    python benchmarks/bench_trajectories.py [SECONDS]        SECONDS 4: of computing each row; the compiled code comes from numba's cache

A unit of time is 1/kappa of the driven cavity and of Tavis-Cummings, 1 of the central spin.  The 95 % half width of the value is that of
block means.  mcsolve has the product space of 2^N levels times Fock states; the ratio is its time over ours.
"""

from __future__ import annotations

import sys

from measure import attempted, isolated, machine, show

DRIVEN = "ps.models.driven_tavis_cummings(N={N}, kappa=1, gamma_h=0.5, C=14, drive=1.05)"
CASES = [  # (model, start, label, exact value of it, or of its modulus squared)
    *((DRIVEN.format(N=N), "upper", "a", exact) for N, exact in ((5, 0.443624), (10, 1.900493), (20, 8.892206), (30, 17.234248))),
    *((DRIVEN.format(N=N), "upper", "a", None) for N in (50, 100, 250, 1000)),
    *((f"ps.models.tavis_cummings(N={N})", "vacuum up", "ad a", exact) for N, exact in ((10, 1.0797), (200, 16.9808), (1000, None))),
    *((f"ps.models.central_spin(N={N})", "down up", "z0", exact) for N, exact in ((10, 0.225830), (150, -0.0719702), (1000, None))),
]
CHAIN = """
import time, numpy as np, permsym as ps
from permsym.unravelling.engine import Chain, prepare
prepared = prepare({model}, ["{label}"])
chain = Chain(prepared, "{start}", 1, 0)
chain.run(20, 1)
before, start, samples = chain.effort, time.process_time(), []
while time.process_time() - start < {seconds}:
    samples.append(chain.run(20, 0.1)[:, 0])
seconds, effort = time.process_time() - start, {{name: chain.effort[name] - before[name] for name in before}}
units = 20 * len(samples)
blocks = np.concatenate(samples)
blocks = blocks[: len(blocks) // 20 * 20].reshape(20, -1).mean(axis=1)
mean, error = blocks.mean(), blocks.std(ddof=1) / 20**0.5 * 2.09
value, width = (abs(mean) ** 2, 2 * abs(mean) * error) if "{label}" == "a" else (mean.real, error)
result.update(value=value, width=width, milliseconds=seconds / units * 1e3, jumps=effort["jumps"] / units, units=units)
result.update(products=effort["products"] / max(effort["jumps"], 1), window="%d x %d" % chain.window)
"""
LEVELS, SPAN, MANY = 12, 10.0, 40
OURS = """
import time, numpy as np, permsym as ps
from permsym.unravelling.engine import Chain, prepare
prepared, times = prepare({model}, ["ad a"]), np.linspace(0, {span}, 101)
Chain(prepared, "vacuum down", 1, 0).run_until(times)
start = time.process_time()
values = np.array([Chain(prepared, "vacuum down", 1, k).run_until(times)[:, 0].real for k in range(10 * {many})])
result.update(seconds=(time.process_time() - start) / 10, value=values.mean(), error=values.mean(axis=1).std() / (10 * {many}) ** 0.5)
"""
QUTIP = """
import time, numpy as np, qutip, permsym as ps
N, levels = {N}, {levels}
model = {model}
p = model.parameters
a = qutip.tensor(qutip.destroy(levels), *[qutip.qeye(2)] * N)
lower = [qutip.tensor(qutip.qeye(levels), *[qutip.sigmam() if k == n else qutip.qeye(2) for k in range(N)]) for n in range(N)]
h = sum(p["g"] * (a * s.dag() + a.dag() * s) for s in lower) + 1j * p["eta"] * (a.dag() - a)
jumps = [np.sqrt(2 * p["kappa"]) * a] + [np.sqrt(2 * p["gamma_h"]) * s for s in lower]
down = qutip.tensor(qutip.basis(levels, 0), *[qutip.basis(2, 1)] * N)
start = time.process_time()
options = {{"progress_bar": "", "map": "serial", "keep_runs_results": True}}
done = qutip.mcsolve(h, down, np.linspace(0, {span}, 101), jumps, e_ops=[a.dag() * a], ntraj={many}, options=options, seeds=1)
values = np.array(done.runs_expect[0]).real
result.update(seconds=time.process_time() - start, value=values.mean(), error=values.mean(axis=1).std() / {many} ** 0.5)
"""


def scaling(seconds: float) -> None:
    rows: list[list[object]] = [["model", "start", "jumps/unit", "products/jump", "window", "ms/unit", "value (95 %)", "exact"]]
    for model, start, label, exact in CASES:
        done = isolated(CHAIN.format(model=model, start=start, label=label, seconds=seconds), threads=1)
        assert done["width"] > 0
        if exact is not None:
            assert abs(done["value"] - exact) < 2 * done["width"], (model, done)
        value = f"{done['value']:.4f} +- {done['width']:.4f}"
        numbers = [f"{done['jumps']:.1f}", f"{done['products']:.1f}", done["window"], f"{done['milliseconds']:.3f}"]
        name = model.removeprefix("ps.models.").replace(", kappa=1, gamma_h=0.5", "")
        rows.append([name, start, *numbers, value, "-" if exact is None else f"{exact:.4f}"])
    show(rows)


def beside_qutip() -> None:
    rows: list[list[object]] = [["N", "trajectories", "permsym s", "mcsolve s", "ratio", "photons", "mcsolve photons"]]
    for N in (1, 2, 3, 4):
        numbers = {"model": DRIVEN.format(N=N), "span": SPAN, "many": MANY, "N": N, "levels": LEVELS}
        ours, theirs = isolated(OURS.format(**numbers), threads=1), attempted(QUTIP.format(**numbers), 600)
        assert not isinstance(theirs, str), theirs
        assert abs(ours["value"] - theirs["value"]) < 4 * (ours["error"] ** 2 + theirs["error"] ** 2) ** 0.5, (ours, theirs)
        values = [f"{each['value']:.4f} +- {each['error']:.4f}" for each in (ours, theirs)]
        rows.append([N, MANY, f"{ours['seconds']:.4f}", f"{theirs['seconds']:.2f}", f"{theirs['seconds'] / ours['seconds']:.0f}", *values])
    show(rows)


if __name__ == "__main__":
    print(machine())
    scaling(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
    print(f"\nA driven cavity, kappa t = 0 ... {SPAN:g} from the vacuum, {LEVELS} Fock states in mcsolve:")
    beside_qutip()
