"""Proved bounds of g2 = p / n^2 and of the photon-number Fano factor 1 + (p - n^2) / n from proved bounds of linear forms.

With p = <ad ad a a> and n = <ad a> in [n0, n1], n0 > 0, the parabola n^2 lies between its tangents and its chord:

    2 m n - m^2  <=  n^2  <=  (n0 + n1) n - n0 n1

Hence  p - r ((n0 + n1) n - n0 n1) >= x    proves  g2 >= r + min(x/n0^2, x/n1^2),
       p - r (2 m n - m^2) <= y            proves  g2 <= r + max(y/n0^2, y/n1^2)       for any r >= 0 and m, and
       p - (n0 + n1) n + n0 n1 - r n >= x  proves  F - 1 >= r + min(x/n0, x/n1),
       p - 2 m n + m^2 - r n <= y          proves  F - 1 <= r + max(y/n0, y/n1)        for any r and m.
The best ones come from Dinkelbach's iteration: r is the quotient at the extremum for the r before.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq

from permsym.bounding.observables import Terms, number
from permsym.bounding.relaxed.equations import rational
from permsym.bounding.solve import ProvedInterval, Solver
from permsym.cumulants.equations.alphabet import Counts
from permsym.errors import NotApplicable

_ITERATIONS = 8
_SETTLED = 1e-8  # relative change of the ratio, where it is not below the gap; convergence is quadratic


@dataclass(frozen=True)
class ProvedRatio:
    """lower <= ratio <= upper, and the intervals of linear forms that prove it."""

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


@dataclass(frozen=True)
class _Ratio:
    """offset + (p - square n^2) / n^power; with square = 0 it is not negative."""

    offset: int
    square: int
    power: int

    def minus(self, r: fmpq, line: _Line) -> tuple[fmpq, fmpq]:
        """Of  p - square n^2 - r n^power,  the numbers of n and of 1."""
        weight = r if self.power == 2 else fmpq(self.square)
        return -weight * line.slope - (fmpq(0) if self.power == 2 else r), weight * line.intercept

    def quotient(self, pairs: float, quanta: float, line: _Line) -> float:
        if self.power == 2:
            return max(pairs / line.at(quanta), 0.0)
        return (pairs - line.at(quanta)) / quanta


_RATIOS = {"g2": _Ratio(0, 0, 2), "fano": _Ratio(1, 1, 1)}


def ratio(solver: Solver, name: str, gap: float) -> ProvedRatio:
    """Proved bounds of a ratio; NotApplicable where the photon number's interval reaches zero."""
    wanted = _RATIOS[name]
    nothing = solver.relaxation.alphabet.empty[2:]
    n, p, one = ((k, k, *nothing) for k in (1, 2, 0))
    photons: Terms = {n: number(1)}
    (interval,) = solver.intervals([solver.form(photons)], gap)
    n0, n1 = interval.lower, interval.upper
    if not n0 > 0:
        raise NotApplicable(f"{name} has no bound: at this degree the photon number may be 0; use a higher degree")
    parts, fine = {"ad a": (photons, interval)}, gap * float(n0) ** wanted.power
    ends = []
    for words, sign in ((f"{name} from below", 1), (f"{name} from above", -1)):
        line = _Line(n0 + n1, n0 * n1) if sign > 0 else _tangent((n0 + n1) / 2)
        r = fmpq(1)
        for _ in range(_ITERATIONS):
            form = {unknown: sign * value for unknown, value in solver.form(_terms(wanted, r, line, (p, n, one))).items()}
            pairs, quanta = solver.values_at_minimum(form, fine, [solver.form({p: number(1)}), solver.form(photons)])
            line = line if sign > 0 else _tangent(rational(quanta))
            before, r = r, rational(wanted.quotient(pairs, quanta, line))
            if abs(float(r - before)) <= max(_SETTLED * abs(float(wanted.offset + r)), gap):
                break
        terms = _terms(wanted, r, line, (p, n, one))
        (proved,) = solver.intervals([solver.form(terms)], fine)
        parts[words] = (terms, proved)
        rest = proved.lower if sign > 0 else proved.upper
        ends.append(wanted.offset + r + (min if sign > 0 else max)(rest / n0**wanted.power, rest / n1**wanted.power))
    return ProvedRatio(max(ends[0], fmpq(0)), ends[1], parts)


def _terms(wanted: _Ratio, r: fmpq, line: _Line, moments: tuple[Counts, Counts, Counts]) -> Terms:
    pairs, quanta, one = moments
    slope, constant = wanted.minus(r, line)
    return {pairs: number(1), quanta: (slope, fmpq(0)), one: (constant, fmpq(0))}


def _tangent(m: fmpq) -> _Line:
    return _Line(2 * m, m * m)
