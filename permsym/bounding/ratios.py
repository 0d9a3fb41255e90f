"""Proved bounds of g2 = <ad ad a a> / <ad a>^2 from proved bounds of linear forms.

With n = <ad a> in [n0, n1], n0 > 0, the parabola n^2 lies between its tangents and its chord:

    2 m n - m^2  <=  n^2  <=  (n0 + n1) n - n0 n1

Hence  p - r ((n0 + n1) n - n0 n1) >= x  proves  g2 >= r + min(x/n0^2, x/n1^2),
and    p - r (2 m n - m^2) <= y          proves  g2 <= r + max(y/n0^2, y/n1^2),        p = <ad ad a a>

for any r >= 0 and m.  The best ones come from Dinkelbach's iteration: r is the quotient at the extremum for the r before.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq

from permsym.bounding.observables import Terms, number
from permsym.bounding.relaxed.equations import rational
from permsym.bounding.solve import ProvedInterval, Solver
from permsym.errors import NotApplicable

_ITERATIONS = 8
_SETTLED = 1e-8  # relative change of r; convergence is quadratic


@dataclass(frozen=True)
class ProvedRatio:
    """lower <= g2 <= upper, and the intervals of linear forms that prove it."""

    lower: fmpq
    upper: fmpq
    parts: dict[str, tuple[Terms, ProvedInterval]]


@dataclass(frozen=True)
class _Line:
    """slope * n - intercept, which stands for n^2."""

    slope: fmpq
    intercept: fmpq

    def at(self, n: float) -> float:
        return float(self.slope) * n - float(self.intercept)


def g2(solver: Solver, gap: float) -> ProvedRatio:
    """Proved bounds of g2; NotApplicable where the photon number's interval reaches zero."""
    nothing = solver.relaxation.alphabet.empty[2:]
    n, p, one = ((k, k, *nothing) for k in (1, 2, 0))
    photons: Terms = {n: number(1)}
    (interval,) = solver.intervals([solver.form(photons)], gap)
    n0, n1 = interval.lower, interval.upper
    if not n0 > 0:
        raise NotApplicable("g2 has no bound: at this degree the photon number may be 0; use a higher degree")
    parts = {"ad a": (photons, interval)}
    ends = []
    for name, sign in (("g2 from below", 1), ("g2 from above", -1)):
        line = _Line(n0 + n1, n0 * n1) if sign > 0 else _tangent((n0 + n1) / 2)
        r = fmpq(1)
        for _ in range(_ITERATIONS):
            terms: Terms = {p: number(1), n: (-r * line.slope, fmpq(0)), one: (r * line.intercept, fmpq(0))}
            form = {unknown: sign * value for unknown, value in solver.form(terms).items()}
            pairs, quanta = solver.values_at_minimum(form, gap * float(n0) ** 2, [solver.form({p: number(1)}), solver.form(photons)])
            line = line if sign > 0 else _tangent(rational(quanta))
            before, r = r, rational(max(pairs / line.at(quanta), 0.0))
            if abs(float(r - before)) <= _SETTLED * float(r):
                break
        terms = {p: number(1), n: (-r * line.slope, fmpq(0)), one: (r * line.intercept, fmpq(0))}
        (proved,) = solver.intervals([solver.form(terms)], gap * float(n0) ** 2)
        parts[name] = (terms, proved)
        rest = proved.lower if sign > 0 else proved.upper
        ends.append(r + (min if sign > 0 else max)(rest / (n0 * n0), rest / (n1 * n1)))
    return ProvedRatio(max(ends[0], fmpq(0)), ends[1], parts)


def _tangent(m: fmpq) -> _Line:
    return _Line(2 * m, m * m)
