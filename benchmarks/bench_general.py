"""Models beyond one ensemble on a spin, at size: seconds, products, unknowns, memory, and what the plan had said, each row apart.

python benchmarks/bench_general.py [ROW ...] [--only ROW] [--all] [--peers]        without rows all but the long ones

Before anything is timed, each family answers for itself at a small size: QuTiP's steady state in the whole product space, or a closed
form.  Values at the size that is timed are held against those of an earlier program where there are some.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from measure import RATIOS, attempted, isolated, machine, ratios, show

MODELS = """
import time, warnings, permsym as ps
from math import sqrt
from cmath import exp
warnings.simplefilter("ignore", ps.UncertifiedWarning)


def star(sizes, couplings, fields=None, up=None, down=None):
    n = len(sizes)
    fields, up, down = fields or [0.0] * n, up or [1.5] * n, down or [0.5] * n
    c, every = ps.Spin(), [ps.Ensemble(N, "ABC"[k]) for k, N in enumerate(sizes)]
    H = sum((g * (c.p * s.m + c.m * s.p) + e * s.z for s, g, e in zip(every, couplings, fields)), 0 * c.z)
    jumps = [ps.Individual(rate, getattr(s, way)) for way, rates in (("p", up), ("m", down)) for s, rate in zip(every, rates)]
    return ps.Model(c, every, H, [ps.Central(sum(sizes) / 16, c.m), *jumps])


def atoms(N, levels, upper, lower, rates, drive=None):
    "Atoms in a cavity on one transition; rates[(to, from)]."
    d = 1 + max(max(pair) for pair in rates)
    b, s = ps.Boson(levels), ps.Ensemble(N, levels=d)
    coupling = b.a * s.unit(upper, lower)
    H = 0.3 * b.n + 0.9 / sqrt(N) * (coupling + coupling.dag())
    if drive:
        H += drive[0] * s.unit(*drive[1]) + (drive[0] * s.unit(*drive[1])).dag()
    return ps.Model(b, s, H, [ps.Central(1, b.a), *(ps.Individual(rate, s.unit(*pair)) for pair, rate in rates.items())])


def driven_lambda(N, levels):
    rates = {(2, 1): 0.6, (1, 2): 0.5, (0, 2): 0.2, (1, 0): 0.1}
    return atoms(N, levels, 2, 0, rates, (0.5 * exp(0.4j), (0, 1)))


def four_levels(N, levels):
    return atoms(N, levels, 2, 1, {(3, 0): 0.8, (2, 3): 2, (0, 1): 1, (1, 2): 0.1})


def two_modes(N, levels):
    x, y, s = ps.Boson(levels, name="x"), ps.Boson(levels, name="y"), ps.Ensemble(N)
    H = 0.3 * x.n - 0.4 * y.n
    for mode, g in ((x, 0.9), (y, 0.6)):
        H += g / sqrt(N) * (mode.a * s.p + mode.ad * s.m)
    return ps.Model([x, y], s, H, [ps.Central(1, x.a), ps.Central(0.7, y.a), ps.Individual(0.6, s.p), ps.Individual(0.2, s.m)])


def crystal(N, w):
    s = ps.Ensemble(N, j=N / 2)
    return ps.Model(None, s, 0.5 * w * s.x, [ps.Collective(2 / N, s.m)])
"""
CLOCK = """
model = {model}
start, processor = time.perf_counter(), time.process_time()
{work}
result.update(seconds=time.perf_counter() - start, processor=time.process_time() - processor)
"""
STEADY = """
state = ps.steady_state(model, moments={moment!r})
result.update(value=state.moment({moment!r}).real, error=state.error({moment!r}), unknowns=state.dimension)
result.update(products=state.solver.get("used", 0), fill=state.solver.get("fill", 0), planned=state.plan.bytes / 2**20)
"""
LINE = """
state = ps.steady_state(model, moments={moment!r})
line = ps.linewidth(state)
result.update(value=line.fwhm, error=2 * line.error, unknowns=state.dimension, products=0, fill=0, planned=0)
"""
GAP = """
state = ps.steady_state(model, moments={moment!r})
slow = ps.eigenvalues(model, k=2)
result.update(value=slow.gap, error=slow.errors[1], unknowns=state.dimension, products=0, fill=state.solver["fill"])
result.update(planned=state.plan.bytes / 2**20)
"""
BRUTE = """
import numpy, qutip
model = {model}
H, jumps = model.to_qutip()
site = qutip.steadystate(qutip.liouvillian(H, jumps)).ptrace(0)
observable = qutip.num(site.shape[0]) if isinstance(model.centre_sites[0], ps.Boson) else qutip.sigmaz()
state = ps.steady_state(model, moments={moment!r})
result.update(value=state.moment({moment!r}).real, error=state.error({moment!r}), expected=qutip.expect(observable, site))
"""
CLOSED = """
import numpy
model = {model}  # rho ~ A^-1 A^-dag, A = J- + i w N / 2
N, w = model.sizes[0], 1.5
m = numpy.arange(N / 2, -N / 2 - 1, -1)
lowering = numpy.diag(numpy.sqrt((N / 2 + m[:-1]) * (N / 2 - m[:-1] + 1)), -1)
inverse = numpy.linalg.inv(lowering + 0.5j * w * N * numpy.eye(len(m)))
rho = inverse @ inverse.conj().T
state = ps.steady_state(model, moments={moment!r})
result.update(value=state.moment({moment!r}).real, error=state.error({moment!r}))
result.update(expected=(numpy.diag(rho).real @ m / numpy.trace(rho).real) * 2 / N)
"""
PIQS = """
import numpy, qutip
from qutip import piqs
N = {n}
start, processor = time.perf_counter(), time.process_time()
{body}
rho = qutip.steadystate(liouvillian, method="direct")
result.update(seconds=time.perf_counter() - start, processor=time.process_time() - processor)
result.update(value=float(numpy.real(qutip.expect(seen, rho))), unknowns=liouvillian.shape[0])
"""
STAR_IN_PIQS = """
dicke = piqs.Dicke(N, emission=0.5, pumping=1.5).liouvillian()
jp, jm, one = piqs.jspin(N, "+"), piqs.jspin(N, "-"), piqs.jspin(N, "z")
one = qutip.qeye(one.dims[0])
spin = lambda op: qutip.tensor(op, one, one)
lowered = qutip.tensor(qutip.qeye(2), jm, one) + qutip.tensor(qutip.qeye(2), one, jm)
H = 0.75 * (spin(qutip.sigmap()) * lowered + (spin(qutip.sigmap()) * lowered).dag())
none, idle = qutip.to_super(qutip.qeye(2)), qutip.to_super(one)
liouvillian = qutip.liouvillian(H, [numpy.sqrt(N / 8) * spin(qutip.sigmam())])
liouvillian += qutip.super_tensor(none, dicke, idle) + qutip.super_tensor(none, idle, dicke)
seen = spin(qutip.sigmaz())
"""
CRYSTAL_IN_PIQS = """
jx, jm = qutip.jmat(N / 2, "x"), qutip.jmat(N / 2, "-")
liouvillian = qutip.liouvillian(1.5 * jx, [numpy.sqrt(2 / N) * jm])
seen = qutip.jmat(N / 2, "z") * 2 / N
"""


@dataclass(frozen=True)
class Row:
    """A model at a size, and what is asked of it.

    work      what is timed
    small     the same family where the whole product space, or a closed form, says what is right
    expected  of an earlier program, where there is one
    goal      (seconds of the wall clock on two slow cores, GB)
    long      only with --all
    """

    model: str
    moment: str
    small: str
    goal: tuple[float, float]
    work: str = STEADY
    expected: float | None = None
    oracle: str = BRUTE
    long: bool = False


THREE = "star([{0}, {0}, {0}], [0.75, 0.6, 0.4], None, [1.5, 1.0, 0.6])"
TWO, SMALL = "star([{0}, {0}], [0.75, 0.75])", "star([2, 2], [0.9, 0.4], [0.4, -0.25], [1.5, 0.3], [0.5, 0.9])"
UNEQUAL = "star([12, 12], [0.9, 0.4], [0.4, -0.25], [1.5, 0.3], [0.5, 0.9])"


def up(p: float) -> float:
    """<z0> of a population."""
    return 2 * p - 1


ROWS = {
    "lambda-4": Row("driven_lambda(4, 8)", "ad a", "driven_lambda(2, 3)", (5, 2), expected=0.2208341889777),
    "lambda-8": Row("driven_lambda(8, 10)", "ad a", "driven_lambda(2, 3)", (10, 2)),
    "lambda-12": Row("driven_lambda(12, 10)", "ad a", "driven_lambda(2, 3)", (120, 2), long=True),
    "four-4": Row("four_levels(4, 10)", "ad a", "four_levels(2, 3)", (5, 2), expected=0.6719703901456),
    "four-10": Row("four_levels(10, 16)", "ad a", "four_levels(2, 3)", (5, 2)),
    "four-20": Row("four_levels(20, 20)", "ad a", "four_levels(2, 3)", (120, 2), long=True),
    "4+4+4": Row(THREE.format(4), "z0", THREE.format(1), (5, 1), expected=up(0.53471476696576)),
    "12+12": Row(UNEQUAL, "z0", SMALL, (3, 1), expected=up(0.48514225029016)),
    "20+20": Row(TWO.format(20), "z0", SMALL, (15, 1), expected=up(0.53159719187125)),
    "50+50": Row(TWO.format(50), "z0", SMALL, (120, 4), expected=up(0.47982360404904), long=True),
    "8+8+8": Row(THREE.format(8), "z0", THREE.format(1), (40, 2), long=True),
    "modes-5": Row("two_modes(5, 8)", "ad@x a@x", "two_modes(2, 3)", (5, 1), expected=0.6290685443902),
    "modes-10": Row("two_modes(10, 7)", "ad@x a@x", "two_modes(2, 3)", (5, 1)),
    "crystal-32": Row("crystal(32, 1.5)", "z1", "crystal(10, 1.5)", (3, 1), GAP, 0.046141788584, CLOSED),
    "crystal-100": Row("crystal(100, 1.5)", "z1", "crystal(10, 1.5)", (3, 1), GAP, 0.014551794757, CLOSED),
    "crystal-200": Row("crystal(200, 1.5)", "z1", "crystal(10, 1.5)", (3, 1), GAP, None, CLOSED),
    "line-12+12": Row(UNEQUAL, "z0", SMALL, (60, 1), LINE, long=True),
}
"""What is asked of which model."""

PEERS = {
    "two ensembles of {} on a spin": (STAR_IN_PIQS, TWO, "z0", (2, 3, 4)),
    "crystal of {}": (CRYSTAL_IN_PIQS, "crystal({}, 1.5)", "z1", (20, 40, 60)),
}
"""The same by qutip.piqs, or QuTiP in the symmetric states, as large as that goes."""

HEAD = [
    "row",
    "unknowns",
    "products",
    "fill",
    "wall s",
    "processor s",
    "goal s",
    "peak MB",
    "planned",
    "goal MB",
    "value",
    "error",
    "answer",
]


def verified(name: str, row: Row) -> None:
    """The family's answer at a small size, before anything is timed."""
    small = isolated(MODELS + row.oracle.format(model=row.small, moment=row.moment))
    if not abs(small["value"] - small["expected"]) <= small["error"] + 1e-11:
        raise SystemExit(f"WRONG ANSWER: {name}: {row.small} gives {small['value']!r}, expected {small['expected']!r}")


def measured(name: str, row: Row) -> list[object]:
    """Cells under HEAD."""
    r = isolated(MODELS + CLOCK.format(model=row.model, work=row.work.format(moment=row.moment)))
    answer = "unknown"
    if row.expected is not None:
        if not abs(r["value"] - row.expected) <= r["error"] + 1e-12:
            raise SystemExit(f"WRONG ANSWER: {name} gives {r['value']!r}, expected {row.expected!r}")
        answer = "ok"
    counts = [f"{r[key]:,}" if r[key] else "-" for key in ("unknowns", "products", "fill")]
    spent = [f"{r['seconds']:.1f}", f"{r['processor']:.1f}", f"{row.goal[0]:g}"]
    memory = [f"{r['peak_mb']:.0f}", f"{r['planned']:.0f}", f"{1000 * row.goal[1]:.0f}"]
    return [name, *counts, *spent, *memory, f"{r['value']:.14g}", f"{r['error']:.0e}", answer]


def beside_peers() -> None:
    """The same answers by piqs: seconds, memory and unknowns of both."""
    rows: list[list[object]] = [["system", "unknowns", "piqs unknowns", *RATIOS, "difference"]]
    for title, (body, model, moment, sizes) in PEERS.items():
        for n in sizes:
            ours = isolated(MODELS + CLOCK.format(model=model.format(n), work=STEADY.format(moment=moment)))
            theirs = attempted(MODELS + PIQS.format(n=n, body=body), 120)
            rows.append(
                [title.format(n), ours["unknowns"], theirs if isinstance(theirs, str) else theirs["unknowns"], *ratios(ours, theirs)]
            )
            rows[-1].append("-" if isinstance(theirs, str) else f"{abs(ours['value'] - theirs['value']):.0e}")
            if isinstance(theirs, str):
                break
    show(rows)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}")
    asked.add_argument("--only", action="append", default=[], metavar="ROW", help="the same")
    asked.add_argument("--all", action="store_true", help="the long rows, too")
    asked.add_argument("--peers", action="store_true", help="compare with qutip.piqs as far as that goes")
    chosen = asked.parse_args()
    names = [*chosen.rows, *chosen.only]
    if unknown := [name for name in names if name not in ROWS]:
        asked.error(f"there is no row {unknown[0]!r}; rows are {', '.join(ROWS)}")
    print(machine())
    small: set[str] = set()
    for name in names or ([] if chosen.peers else [name for name, row in ROWS.items() if chosen.all or not row.long]):
        row = ROWS[name]
        if row.small not in small:
            verified(name, row)
            small.add(row.small)
        show([HEAD, measured(name, row)])
    if chosen.peers:
        beside_peers()


if __name__ == "__main__":
    main()
