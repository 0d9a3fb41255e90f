"""Proved bounds beside the intervals of the prototype: widths, processor seconds.  DEGREE, the largest one, as an argument; above 4 with
rows that take a minute.

The prototype's numbers are printed digits, rounded; a ratio of widths within 0.1 % of one is the same interval.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import permsym as ps
from permsym.errors import NotApplicable

spin, cavity = ps.models.central_spin, ps.models.tavis_cummings


class Row(NamedTuple):
    name: str
    model: ps.Model
    moment: str
    degree: float
    lower: float
    upper: float
    gap: float = 1e-7


def crystal(N: int, omega: float) -> ps.Model:
    s = ps.Ensemble(N, j=N / 2)
    return ps.Model(None, s, omega / 2 * s.x, [ps.Collective(2 / N, s.m)])


def rows() -> Iterator[Row]:
    table = {
        10: {2: (0.44406, 0.70392), 4: (0.60728, 0.61699)},
        20: {2: (0.37929, 0.68143), 4: (0.56088, 0.58578), 6: (0.57446, 0.57544)},
        150: {2: (0.28753, 0.55293), 4: (0.40175, 0.49300), 5: (0.4417, 0.4829), 6: (0.45032, 0.47408)},
        1000: {2: (0.24772, 0.46781), 4: (0.39962, 0.44704), 6: (0.43321, 0.44401)},
        10**4: {2: (0.23483, 0.44418), 4: (0.43326, 0.44145), 6: (0.44112, 0.44139)},
        10**6: {2: (0.23312, 0.44123), 4: (0.441125, 0.441204), 6: (0.44120352, 0.44120357)},
    }
    for n, each in table.items():
        yield from (Row(f"central spin {n}", spin(N=n), "p0_up", degree, *interval) for degree, interval in each.items())
    big = 10**6
    yield Row("strong pump 150", spin(N=150, gamma_up=10), "p0_up", 4, 0.506184, 0.506409)
    yield Row("strong pump 10^6", spin(N=big, gamma_up=10), "p0_up", 4, 0.337877, 0.338123)
    yield Row("g=0.05 150", spin(N=150, g=0.05, kappa=1), "p0_up", 4, 0.2316733, 0.2316820)
    yield Row("g=0.05 10^6", spin(N=big, g=0.05, kappa=1), "p0_up", 4, 0.59162, 0.68033)
    yield Row("g=3/sqrt(N) 150", spin(N=150, g=3 / 150**0.5, kappa=1), "p0_up", 4, 0.5839, 0.6022)
    yield Row("g=3/sqrt(N) 10^6", spin(N=big, g=3 / 1000, kappa=1), "p0_up", 4, 0.58469, 0.60271)
    yield Row("below 150", spin(N=150, gamma_up=0.4), "p0_up", 4, 0.17518, 0.20049)
    yield Row("near 150", spin(N=150, gamma_up=0.6), "p0_up", 4, 0.3070, 0.4074)
    yield Row("near 10^6", spin(N=big, gamma_up=0.6), "p0_up", 4, 0.253263, 0.253841)
    yield Row("detuned 20", spin(N=20, omega=6), "p0_up", 3, 0.3307, 0.3534)
    yield Row("detuned 150", spin(N=150, omega=6), "p0_up", 4, 0.3716, 0.4454)
    yield Row("detuned 10^6", spin(N=big, omega=50001), "p0_up", 4, 0.29450, 0.29466)
    yield Row("crystal 100", crystal(100, 0.5), "z1", 3, -0.86590394, -0.86590331, 1e-9)
    yield Row("melted 100", crystal(100, 1.5), "z1", 3, -0.0107, 0.0022)
    yield Row("crystal 10^6", crystal(big, 0.5), "z1", 4, -0.86602541, -0.86602537, 1e-9)
    yield Row("melted 10^6", crystal(big, 1.5), "z1", 4, -0.0010136, 0.0010128)
    yield Row("cavity 10", cavity(N=10), "ad a", 2.5, 0.78, 1.25)
    yield Row("cavity 1000", cavity(N=1000), "ad a", 3, 40.4, 86.84, 1e-4)


def long() -> Iterator[Row]:
    yield Row("cavity 10", cavity(N=10), "ad a", 4, 0.980, 1.138, 1e-6)
    yield Row("cavity 10^6", cavity(N=10**6), "ad a", 4, 72230, 86419.7144, 0.1)


if __name__ == "__main__":
    largest = float(sys.argv[1]) if len(sys.argv) > 1 else 6.0
    print(f"{'':18}{'degree':>6}{'lower':>16}{'upper':>16}{'seconds':>9}  width over the prototype's")
    for row in (*rows(), *(long() if largest > 4 else ())):
        if row.degree > largest:
            continue
        began = time.process_time()
        try:
            b = ps.bounds(row.model, row.moment, degree=row.degree, gap=row.gap)
        except NotApplicable as refusal:
            print(f"{row.name:18}{row.degree:6g}  refused: {refusal}", flush=True)
            continue
        taken, ratio = time.process_time() - began, b.width / (row.upper - row.lower)
        print(
            f"{row.name:18}{row.degree:6g}{b.lower:16.9g}{b.upper:16.9g}{taken:9.2f}  {ratio:.3f}{'  wider' * (ratio > 1.001)}", flush=True
        )
        if b.lower > row.upper or b.upper < row.lower:
            sys.exit(f"{row.name}: two proofs that exclude each other")
