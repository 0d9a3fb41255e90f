"""Exact steady states of cavities: beside qutip.piqs, beside a factorisation, and how time and memory grow with N.

    python benchmarks/bench_cavity.py [largest N, default 40; up to 400] [--driven N, up to 50] [--smallest N] [--piqs SECONDS]

Every answer is compared before its time is printed.  piqs takes the pumped cavity with N = 18 and 10 Fock states, which are too few
for the physics but as many as it has memory for: it keeps coherences between different j, and is single precision inside, so that
1e-8 is all one can ask for.  --piqs 0 leaves it out.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from typing import Any

from measure import RATIOS, attempted, isolated, machine, ratios, show

PUMPED = {5: 0.130646599999, 10: None, 20: 0.093312738972, 40: None, 100: 0.083842385969, 200: None, 400: None}  # <a^dag a> / N
DRIVEN = {5: 0.443623830794, 10: 1.900493474755, 20: 8.892206164476, 30: 17.2342475087, 50: None}  # |<a>|^2

TRIAD = """
import time, numpy as np, numba
@numba.njit(parallel=True)
def triad(a, b, c):
    for i in numba.prange(len(a)):
        a[i] = b[i] + 3.0 * c[i]
a, b, c = (np.ones(2**24) for _ in range(3))
times = []
for _ in range(8):
    start = time.perf_counter()
    triad(a, b, c)
    times.append(time.perf_counter() - start)
result.update(rate=3 * a.nbytes / min(times[1:]))
"""

PIQS = """
import time, numpy as np, qutip, warnings
from qutip import piqs
warnings.simplefilter("ignore")
N, levels = {n}, {levels}
start = time.perf_counter()
ensemble = piqs.Dicke(N, emission=0.125, pumping=0.375)
jp, jm, jz = (piqs.jspin(N, name) for name in ("+", "-", "z"))
one = qutip.qeye(levels)
a, up, down = qutip.tensor(qutip.destroy(levels), qutip.qeye(jz.dims[0])), qutip.tensor(one, jp), qutip.tensor(one, jm)
h = a.dag() * a + qutip.tensor(one, jz) + 0.9 / np.sqrt(N) * (a * up + a.dag() * down)
liouvillian = qutip.liouvillian(h, [a]) + qutip.super_tensor(qutip.to_super(one), ensemble.liouvillian())
rho = qutip.steadystate(liouvillian, method="direct")
result.update(seconds=time.perf_counter() - start, value=float(qutip.expect(a.dag() * a, rho)) / N, unknowns=liouvillian.shape[0])
"""

# loaded and compiled before the clock starts; as many threads as the machine has
SOLVE = """
import time, warnings, permsym as ps
warnings.simplefilter("ignore", ps.UncertifiedWarning)
for first in (ps.models.tavis_cummings(N=2, levels=4), ps.models.driven_tavis_cummings(N=2, C=1, eta=0.1, levels=4)):
    ps.steady_state(first, solver={solver!r} if {solver!r} != "auto" else "matrix-free")
model = {model}
start = time.perf_counter()
state = ps.steady_state(model, solver={solver!r})
result.update(
    seconds=time.perf_counter() - start, value={value}, unknowns=state.dimension, levels=state.model.centre.levels,
    solve=state.timings["solve"], products=state.solver.get("used", 0), l=state.solver.get("l", 0), name=state.solver["name"],
    error=state.certificate.error_estimate, certified=state.certificate.certified,
)
"""

PHOTONS = ("ps.models.tavis_cummings(N={n}{levels})", "state.derived['photons'] / {n}")
AMPLITUDE = (
    "ps.models.driven_tavis_cummings(N={n}, kappa=1, gamma_h=0.5, C=14, drive=1.05{levels})",
    "abs(state.moment('a')) ** 2",
)


def solved(kind: tuple[str, str], n: int, levels: int | None = None, solver: str = "auto") -> dict[str, Any]:
    """One steady state in a process of its own."""
    model, value = kind
    fixed = "" if levels is None else f", levels={levels}"
    return isolated(SOLVE.format(model=model.format(n=n, levels=fixed), value=value.format(n=n), solver=solver), timeout=7200)


def traffic(l: int) -> float:  # noqa: E741
    """Bytes that BiCGStab(l) has to move for each number and product, vectors larger than the caches: 8 for a read or a write.

    A product reads a vector, the diagonal and the rows' factors and writes one; a cycle of 2 l products makes l (l + 1) updates of
    vectors and 3 l inner products, and reads everything once more for the minimal residual.
    """
    return 8 * (3 * l**2 + 21 * l + 8) / (2 * l)


def beside_piqs(seconds: float, n: int = 18, levels: int = 10) -> None:
    """The same cut model by permsym and by piqs."""
    ours = solved(PHOTONS, n, levels)
    theirs = attempted(PIQS.format(n=n, levels=levels), seconds)
    rows: list[list[object]] = [["N", "levels", "unknowns", "piqs unknowns", *RATIOS, "difference"]]
    if isinstance(theirs, str):
        rows.append([n, levels, int(ours["unknowns"]), theirs, *ratios(ours, theirs), "-"])
    else:
        difference = abs(ours["value"] - theirs["value"])
        if not difference < 1e-8:
            raise SystemExit(f"N={n}: {ours['value']} by permsym, but {theirs['value']} by piqs")
        rows.append([n, levels, int(ours["unknowns"]), int(theirs["unknowns"]), *ratios(ours, theirs), f"{difference:.0e}"])
    show(rows)


def beside_factors() -> None:
    """Iteration and factorisation on the same levels."""
    rows: list[list[object]] = [["N", "levels", "unknowns", "iteration s", "factors s", "iteration MB", "factors MB", "difference"]]
    for n, levels in ((6, 16), (10, 22), (14, 25), (20, 29)):
        ours, direct = (solved(PHOTONS, n, levels, solver) for solver in ("matrix-free", "superlu"))
        difference = abs(ours["value"] - direct["value"])
        if not difference < 1e-11:
            raise SystemExit(f"N={n}: {ours['value']} by iteration, but {direct['value']} by factors")
        times = [f"{each['seconds']:.2f}" for each in (ours, direct)]
        memory = [f"{each['peak_mb']:.0f}" for each in (ours, direct)]
        rows.append([n, levels, int(ours["unknowns"]), *times, *memory, f"{difference:.0e}"])
    show(rows)


def scaling(kind: tuple[str, str], expected: Mapping[int, float | None], bandwidth: float) -> None:
    """How the public `steady_state(model)`, its cut-off found, grows with N.

    seconds    all attempts and certificates; solve_s: the iteration of the last one
    ns/u/p     of the last iteration for each unknown and product; bytes/u/p: least traffic; bandwidth: its share of the measured one
    bytes/u    memory above that of a tiny solve; error: the largest estimate, with ! where it is not certified
    N^:        exponents since the last size, of seconds, that memory, unknowns and products
    """
    head = "N levels unknowns solver products seconds solve_s ns/u/p bytes/u/p bandwidth MB bytes/u error"
    rows: list[list[object]] = [[*head.split(), "N^:seconds", "MB", "unknowns", "products", "answer"]]
    floor = solved(kind, 2, 4, "matrix-free")["peak_mb"]
    before: tuple[int, dict[str, Any]] | None = None
    for n in expected:
        found = solved(kind, n)
        known = expected[n]
        if known is not None and abs(found["value"] - known) > max(1e-11, found["error"]):
            raise SystemExit(f"N={n}: {found['value']} is not {known}")
        found["extra"] = found["peak_mb"] - floor
        cells: list[object] = ["-"] * 3
        if found["products"]:
            each, moved = found["solve"] / found["unknowns"] / found["products"] * 1e9, traffic(int(found["l"]))
            cells = [f"{each:.1f}", f"{moved:.0f}", f"{moved / each / bandwidth:.0%}"]
        powers = ["-"] * 4
        if before is not None and found["name"] == before[1]["name"]:
            names = ("seconds", "extra", "unknowns", "products")
            powers = [_power(n, before[0], found[name], before[1][name]) for name in names]
        row: list[object] = [n, int(found["levels"]), int(found["unknowns"]), found["name"], int(found["products"])]
        row += [f"{found['seconds']:.2f}", f"{found['solve']:.2f}", *cells, f"{found['peak_mb']:.0f}"]
        row += [f"{found['extra'] * 2**20 / found['unknowns']:.0f}", f"{found['error']:.0e}" + "!" * (not found["certified"])]
        rows.append([*row, *powers, f"{found['value']:.12g}" if known is None else "ok"])
        before = n, found
    show(rows)


def _power(n: int, before: int, value: float, last: float) -> str:
    """The exponent between two sizes."""
    return f"{math.log(value / last) / math.log(n / before):.1f}" if value > 0 and last > 0 else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("largest", type=int, nargs="?", default=40, help="pumped cavity up to this N")
    parser.add_argument("--driven", type=int, default=5, metavar="N", help="driven cavity up to this N of 5, 10, 20, 30, 50 (default 5)")
    parser.add_argument("--smallest", type=int, default=0, metavar="N", help="leave out smaller ones, and the factorisations")
    parser.add_argument("--piqs", type=float, default=300.0, metavar="SECONDS", help="time allowed for piqs (default 300)")
    options = parser.parse_args()
    print(machine())
    rates = []
    for threads in (1, 2):
        rates.append(isolated(TRIAD, threads=threads)["rate"] / 1e9)
        print(f"memory bandwidth (triad), {threads} thread{'s' * (threads > 1)}: {rates[-1]:.1f} GB/s")
    if options.piqs > 0:
        print("\npumped cavity, 10 Fock states, permsym beside qutip.piqs + qutip.steadystate")
        beside_piqs(options.piqs)
    if options.smallest == 0:
        print("\npumped cavity, iteration beside factorisation")
        beside_factors()
    for title, kind, expected, largest in (
        ("pumped cavity, levels found", PHOTONS, PUMPED, options.largest),
        ("coherently driven cavity, C = 14, drive = 1.05, levels found", AMPLITUDE, dict(DRIVEN), options.driven),
    ):
        sizes = {n: value for n, value in expected.items() if options.smallest <= n <= largest}
        if sizes:
            print(f"\n{title}")
            scaling(kind, sizes, max(rates))


if __name__ == "__main__":
    main()
