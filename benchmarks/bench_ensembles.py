"""Several ensembles on a spin: steady states, a line and a spectrum, by iteration; answers known from another program.

python benchmarks/bench_ensembles.py [rows, default all: 4+4+4 12+12 20+20 8+8+8 50+50 line]

Time, peak memory, unknowns, products with the matrix, bound.  8+8+8 takes a minute, 50+50 two.
"""

from __future__ import annotations

import sys

from measure import isolated, machine, show

MODEL = """
import time, warnings, permsym as ps
warnings.simplefilter("ignore", ps.UncertifiedWarning)
def star(sizes, couplings, fields=None, up=None, down=None):
    n = len(sizes)
    fields, up, down = fields or [0.0] * n, up or [1.5] * n, down or [0.5] * n
    c, every = ps.Spin(), [ps.Ensemble(N, "ABC"[k]) for k, N in enumerate(sizes)]
    H = sum((g * (c.p * s.m + c.m * s.p) + e * s.z for s, g, e in zip(every, couplings, fields)), 0 * c.z)
    jumps = [ps.Individual(rate, getattr(s, way)) for way, rates in (("p", up), ("m", down)) for s, rate in zip(every, rates)]
    return ps.Model(c, every, H, [ps.Central(sum(sizes) / 16, c.m), *jumps])
"""
UNEQUAL = "star([12, 12], [0.9, 0.4], [0.4, -0.25], [1.5, 0.3], [0.5, 0.9])"
STEADY = """
model = {model}
start, processor = time.perf_counter(), time.process_time()
state = ps.steady_state(model, moments="z0")
result.update(seconds=time.perf_counter() - start, processor=time.process_time() - processor)
result.update(value=state.derived["p0_up"], error=state.error("z0") / 2,
              unknowns=state.dimension, products=state.solver.get("used", 0), window=str(state.plan.window))
"""
LINE = """
model = {model}
state = ps.steady_state(model, moments="z0")
start, processor = time.perf_counter(), time.process_time()
line = ps.linewidth(state)
middle, between = time.perf_counter(), time.process_time()
power = ps.spectrum(state, [line.frequency + 0.1 * k for k in range(-20, 21)])
result.update(seconds=middle - start, processor=between - processor, value=line.fwhm, error=2 * line.error)
result.update(unknowns=state.dimension, products=0, window="full",
              spectrum=time.perf_counter() - middle, spent=time.process_time() - between)
result.update(power=float(power.power.max()), off=float(power.errors.max()))
"""
ROWS = {
    "4+4+4": (STEADY, "star([4, 4, 4], [0.75, 0.6, 0.4], None, [1.5, 1.0, 0.6])", 0.53471476696576),
    "12+12": (STEADY, UNEQUAL, 0.48514225029016),
    "20+20": (STEADY, "star([20, 20], [0.75, 0.75])", 0.53159719187125),
    "8+8+8": (STEADY, "star([8, 8, 8], [0.75, 0.6, 0.4], None, [1.5, 1.0, 0.6])", None),
    "50+50": (STEADY, "star([50, 50], [0.75, 0.75])", 0.47982360404904),
    "line": (LINE, UNEQUAL, None),
}
"""What is asked, of which model, and the value of p0_up that an earlier program found."""

HEAD = ["system", "unknowns", "window", "products", "wall s", "processor s", "peak MB", "value", "error", "answer"]

if __name__ == "__main__":
    print(machine())
    for name in sys.argv[1:] or ROWS:
        code, model, expected = ROWS[name]
        r = isolated(MODEL + code.format(model=model))
        answer = "unknown"
        if expected is not None:
            if not abs(r["value"] - expected) <= r["error"] + 2e-13:
                raise SystemExit(f"WRONG ANSWER: {name} gives {r['value']!r}, expected {expected!r}")
            answer = "ok"
        spent = [f"{r['seconds']:.1f}", f"{r['processor']:.1f}", f"{r['peak_mb']:.0f}"]
        rows: list[list[object]] = [HEAD]
        rows.append([name, r["unknowns"], r["window"], r["products"], *spent, f"{r['value']:.14f}", f"{r['error']:.0e}", answer])
        if "spectrum" in r:
            spent = [f"{r['spectrum']:.1f}", f"{r['spent']:.1f}", ""]
            rows.append([f"{name}: S at 41", "", "", "", *spent, f"{r['power']:.12g}", f"{r['off']:.0e}", ""])
        show(rows)
