"""Proved bounds of connected correlations <A B> - <A><B> of two factors from proved bounds of linear forms.

With <A> proved to lie in [a0, a1] and <B> in [b0, b1], their product lies between planes (McCormick's):

    a1 B + b0 A - a1 b0  and  a0 B + b1 A - a0 b1  >=  A B  >=  a0 B + b0 A - a0 b0  and  a1 B + b1 A - a1 b1

Where A and B have the same mean value a, A B >= 2 m a - m^2 for any m, and m is the middle.  <A B> less a plane is a linear form, and its
proved bounds are bounds of the correlation.  They are wider than the best by no more than (a1 - a0)(b1 - b0).
"""

from __future__ import annotations

from collections.abc import Mapping

from flint import fmpq

from permsym.bounding.observables import CUMULANT, Terms, factors, number, observable
from permsym.bounding.ratios import ProvedRatio
from permsym.bounding.relaxed.equations import Gaussian, add
from permsym.bounding.solve import Solver
from permsym.cumulants.equations.alphabet import Counts

Plane = tuple[fmpq, fmpq, fmpq]
"""Numbers of A, of B and of 1."""


def connected(solver: Solver, name: str, gap: float) -> ProvedRatio:
    """Proved bounds of a quantity such as ``cumulant z0 z1``; where its factors vanish by symmetry, those of the moment."""
    model = solver.relaxation.model
    pair = observable(model, name.removeprefix(CUMULANT))
    parts = [each for each in factors(model, name) if each.terms]
    intervals = solver.intervals([solver.form(dict(each.terms)) for each in [pair, *parts]], gap)
    if not parts:
        return ProvedRatio(intervals[0].lower, intervals[0].upper, {pair.name: (dict(pair.terms), intervals[0])})
    A, B = parts
    (a0, a1), (b0, b1) = ((each.lower, each.upper) for each in intervals[1:])
    middle = (a0 + a1) / 2
    above: list[Plane] = [(b0, a1, -a1 * b0), (b1, a0, -a0 * b1)]
    below: list[Plane] = [(middle, middle, -middle * middle)] if A.name == B.name else [(b0, a0, -a0 * b0), (b1, a1, -a1 * b1)]
    terms = [_less(pair.terms, A.terms, B.terms, plane, solver.relaxation.alphabet.empty) for plane in [*above, *below]]
    proved = solver.intervals([solver.form(each) for each in terms], gap)
    low = max(range(2), key=lambda k: proved[k].lower)
    high = min(range(2, len(terms)), key=lambda k: proved[k].upper)
    return ProvedRatio(
        proved[low].lower,
        proved[high].upper,
        {
            **{each.name: (dict(each.terms), interval) for each, interval in zip(parts, intervals[1:], strict=True)},
            f"{name} from below": (terms[low], proved[low]),
            f"{name} from above": (terms[high], proved[high]),
        },
    )


def _less(
    pair: Mapping[Counts, Gaussian], A: Mapping[Counts, Gaussian], B: Mapping[Counts, Gaussian], plane: Plane, empty: Counts
) -> Terms:
    """The terms of <A B> less those of a plane."""
    total: Terms = dict(pair)
    for factor, terms in zip(plane, (A, B, {empty: number(1)}), strict=True):
        add(total, (-factor, fmpq(0)), terms)
    return total
