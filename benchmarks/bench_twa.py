"""Truncated Wigner: microseconds a step and trajectory on one thread, beside its numbers and the exact ones.

python benchmarks/bench_twa.py [DURATION]        DURATION 400: time of each trajectory; the compiled code comes from numba's cache
"""

from __future__ import annotations

import sys

from measure import isolated, machine, show

CASES = [  # (model, quantity, exact value)
    *((f"ps.models.tavis_cummings(N={N})", "photons", exact) for N, exact in ((10, 1.0797), (50, 4.2261), (200, 16.9808), (10_000, None))),
    ("ps.models.tavis_cummings(N=10)", "g2", 1.4476),
    ("ps.models.tavis_cummings(N=50)", "g2", 1.2902),
    ("ps.models.tavis_cummings(N=20, g=2/20**0.5, kappa=1, gamma_up=10, gamma_down=0.5)", "photons", 26.366),
    ("ps.models.tavis_cummings(N=20, g=2/20**0.5, kappa=1, gamma_up=10, gamma_down=0.5)", "g2", 1.0660),
    *(
        (f"ps.models.driven_tavis_cummings(N={N}, kappa=1, gamma_h=0.5, C=14, drive=1.05)", "coherent_photons", exact)
        for N, exact in ((10, 1.9005), (50, 32.06))
    ),
    *((f"ps.models.central_spin(N={N})", "p0_up", exact) for N, exact in ((10, 0.612915), (100, 0.4798))),
]
CODE = """
import time, numpy as np, permsym as ps
from permsym.semiclassical.twa.ensemble import Ensemble, Setting
from permsym.semiclassical.twa.start import product_points
from permsym.dynamics.initial import parse_initial
model = {model}
state = ps.twa.steady_state(model, seed=1, duration={duration})
setting = Setting.of(model, 2, jobs=1)
points = product_points(setting.space, parse_initial("", model), 16, setting.generator(0, 0))
ensemble = Ensemble(setting, points, setting.key(0, 0), 16)
steps = np.full(200, 10)
best = 1e9
for _ in range(3):
    start = time.perf_counter()
    ensemble.walk(steps, steps * state.sampling.step, 200)
    best = min(best, time.perf_counter() - start)
result.update(value=state.derived["{name}"], error=state.derived_errors["{name}"], reliable=state.reliable, step=state.sampling.step)
result.update(microseconds=best / (16 * steps.sum()) * 1e6, clipped=max(state.sampling.clipped.values()))
"""


def main(duration: float) -> None:
    print(machine())
    rows = []
    for model, name, exact in CASES:
        done = isolated(CODE.format(model=model, name=name, duration=duration), threads=1)
        assert 0 < done["value"] < 1e4, done
        if exact is not None:  # its own bias is below a tenth in all of these
            assert abs(done["value"] - exact) < 0.1 * exact + 2 * done["error"], (model, name, done)
        value = f"{done['value']:.4f} +- {done['error']:.4f}"
        rows.append((
            model.removeprefix("ps.models."), name, "-" if exact is None else f"{exact:.4f}", value, "yes" if done["reliable"] else "no",
            f"{done['clipped']:.1%}", f"{done['step']:.4f}", f"{done['microseconds']:.2f}",
        ))  # fmt: skip
    show([("model", "quantity", "exact", "truncated Wigner (95 %)", "reliable", "clipped", "step", "us a step"), *rows])


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 400.0)
