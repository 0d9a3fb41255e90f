"""Linewidths and spectra of cavities without a factorisation: products, numbers, memory, seconds, beside a factorisation.

    python benchmarks/bench_linewidth.py [largest N, default 40; 100 and 200 are there, too] [--direct N, default 10; 0 leaves it out]

Every answer is compared before its time is printed.  The steady state, with its chain of smaller ones, counts apart.
"""

from __future__ import annotations

import argparse
from typing import Any

from measure import isolated, machine, show

PUMPED = "ps.models.tavis_cummings(N={})"
DETUNED = "ps.models.tavis_cummings(N={}, omega=1.5)"
LASER = "ps.models.tavis_cummings(N={0}, kappa=40, g=1, gamma_down=0.1, gamma_up={0} / 20)"
LINES = [  # -lambda, and by how much it may be off
    ("pumped", PUMPED, 10, 0.356314434126 - 1j, 1e-11),
    ("pumped", PUMPED, 20, 0.146857778869 - 1j, 1e-11),
    ("pumped", PUMPED, 40, 0.0643404611 - 1j, 1e-9),
    ("pumped", PUMPED, 100, 0.0182474282 - 1j, 1e-9),
    ("detuned", DETUNED, 10, 0.3032173162 - 1.0422636518j, 1e-9),
    ("laser", LASER, 10, 0.2452226803 - 1j, 1e-9),
    ("laser", LASER, 40, 0.17152511 - 1j, 1e-8),
    ("laser", LASER, 100, 0.083622374 - 1j, 1e-8),
    ("laser", LASER, 200, 0.053917393 - 1j, 1e-8),
]
POWER = [  # S(1), from a factorisation of the assembled sector
    ("pumped", PUMPED, 10, 9.648868579955),
    ("pumped", PUMPED, 20, 28.965167604941),
    ("laser", LASER, 20, 0.844401338295),
]

# compiled before the clock starts
START = """
import time, numpy as np, permsym as ps
from permsym.dynamics.spectra.cavity_line import line
from permsym.dynamics.spectra.cavity_power import power
w = np.linspace(-2, 4, 201)
first = ps.steady_state(ps.models.tavis_cummings(N=2, levels=12, gamma_up=0.05))
line(first), line(first, near=1.5), power(first, w[:2])
start = time.perf_counter()
state = ps.steady_state({model})
middle = time.perf_counter()
"""
LINE = (
    START
    + """
x = line(state)
result.update(steady=middle - start, seconds=time.perf_counter() - middle, re=x.eigenvalue.real, im=x.eigenvalue.imag, error=x.error)
result.update(numbers=x.numbers, products=x.products, levels=state.model.centre.levels, weight=abs(x.weight))
"""
)
CURVE = (
    START
    + """
x = power(state, w)
result.update(steady=middle - start, seconds=time.perf_counter() - middle, error=float(x.errors.max()), products=x.products)
result.update(numbers=x.numbers, pairs=x.solves, middle=float(x.values[100]))
"""
)
DIRECT = """
import time, permsym as ps
model = ps.steady_state({model}).model
start = time.perf_counter()
values = ps.eigenvalues(model, k=1, charge=-1, near={near}).eigenvalues
result.update(seconds=time.perf_counter() - start, re=values[0].real, im=values[0].imag)
"""


def checked(name: str, n: int, run: dict[str, Any], expected: complex, digits: float) -> None:
    off = abs(complex(run["re"], run["im"]) + expected)
    if not off < digits:
        raise SystemExit(f"{name}, N={n}: the eigenvalue is {run['re']:.12g} + {run['im']:.12g}i, off by {off:.1e}")


def lines(largest: int, direct: int) -> None:
    rows: list[list[object]] = [["line", "N", "levels", "numbers", "products", "steady s", "line s", "MB", "-Re lambda", "error", "weight"]]
    apart: list[list[object]] = [["factorised", "N", "s", "MB", "times the line's s", "difference"]]
    for name, model, n, expected, digits in LINES:
        if n > largest:
            continue
        run = isolated(LINE.format(model=model.format(n)))
        checked(name, n, run, expected, digits)
        numbers = [int(run["levels"]), int(run["numbers"]), int(run["products"]), f"{run['steady']:.1f}", f"{run['seconds']:.2f}"]
        rows.append([name, n, *numbers, f"{run['peak_mb']:.0f}", f"{-run['re']:.12g}", f"{run['error']:.0e}", f"{run['weight']:.4f}"])
        if n <= direct:
            other = isolated(DIRECT.format(model=model.format(n), near=run["im"]))
            off = abs(complex(other["re"] - run["re"], other["im"] - run["im"]))
            if not off < run["error"] + 1e-9:
                raise SystemExit(f"{name}, N={n}: a factorisation finds another eigenvalue, {off:.1e} away")
            apart.append(
                [name, n, f"{other['seconds']:.2f}", f"{other['peak_mb']:.0f}", f"{other['seconds'] / run['seconds']:.1f}", f"{off:.0e}"]
            )
    show(rows)
    show(apart)


def curves(largest: int) -> None:
    rows: list[list[object]] = [["201 frequencies", "N", "numbers", "pairs", "products", "steady s", "curve s", "MB", "S(1)", "error"]]
    for name, model, n, expected in POWER:
        if n > largest:
            continue
        run = isolated(CURVE.format(model=model.format(n)))
        if not abs(run["middle"] - expected) < run["error"] < 1e-7 * expected:
            raise SystemExit(f"{name}, N={n}: S(1) is {run['middle']:.12g}, off by {abs(run['middle'] - expected):.1e}")
        numbers = [int(run["numbers"]), int(run["pairs"]), int(run["products"]), f"{run['steady']:.1f}", f"{run['seconds']:.2f}"]
        rows.append([name, n, *numbers, f"{run['peak_mb']:.0f}", f"{run['middle']:.12g}", f"{run['error']:.0e}"])
    show(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("largest", nargs="?", type=int, default=40)
    parser.add_argument("--direct", type=int, default=10)
    arguments = parser.parse_args()
    print(machine())
    lines(arguments.largest, arguments.direct)
    curves(arguments.largest)


if __name__ == "__main__":
    main()
