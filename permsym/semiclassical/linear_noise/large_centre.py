"""Linear noise around a centre of few levels, whose own fluctuations are never small.

Only a limit makes sense of it: N and all that belongs to the centre alone grow together, at the same mean-field state.  The centre then
follows the satellites within a time of order 1/N, its fluctuations average out, and what they do to the satellites is of order 1/N.  With
f the factor of the growth and q(f) a correction to mean field at the size f N, the correction at N is the limit of f q(f).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from permsym.cumulants.newton import FixedPoint, newton
from permsym.errors import NoFixedPoint
from permsym.model import Model
from permsym.operators import ComplexArray, Product
from permsym.rotating import in_rotating_frame
from permsym.semiclassical.linear_noise.fluctuations import Fluctuations, fluctuations
from permsym.sites import Boson

LARGE = 1e5
"""Satellites of the smallest system that stands for the limit: powers of 1/N beyond the third are below rounding there."""
STEPS = (1.0, 2.0, 4.0)
"""Sizes from which the limit is extrapolated, in units of the smallest."""


def needs_limit(model: Model) -> bool:
    """Whether a centre of few levels takes part: some term or jump has operators of the centre and of satellites."""
    if isinstance(model.centre, Boson):
        return False

    def couples(keys: Sequence[Product]) -> bool:
        return any(key.centre is not None for key in keys) and any(key.satellites for key in keys)

    return any(couples([key]) for key in model.hamiltonian.terms) or any(couples(list(jump.operator.terms)) for jump in model.jumps)


def in_the_limit(point: FixedPoint) -> Fluctuations:
    """Fluctuations around a fixed point of order-1 equations, to first order in 1/N.

    Raises NoFixedPoint where the mean-field state does not go on to large systems.
    """
    steps = [_corrections(*grown(point, step)) for step in STEPS]
    return replace(
        steps[0],
        y=point.y,
        m=extrapolated([each.m for each in steps]),
        C=extrapolated([each.C for each in steps]),
        K=extrapolated([each.K for each in steps]),
        P=extrapolated([each.P for each in steps]),
        defect=max(each.defect for each in steps),
    )


def grown(point: FixedPoint, step: float = 1.0) -> tuple[FixedPoint, float]:
    """The same mean-field state of a system that stands for the limit, and the factor by which it is larger."""
    model = in_rotating_frame(point.equations.model)  # an energy of all sites must not grow with the centre's
    factor = step * max(1, math.ceil(LARGE / sum(point.equations.sizes)))  # whole, so that all ensembles grow alike
    equations = point.equations.at(model.rescaled(factor))
    larger = newton(equations, point.y / equations.scale)
    if larger is None:
        raise NoFixedPoint(f"the mean-field state does not go on to N={sum(equations.sizes):.3g}, where linear noise is taken")
    return larger, factor


def _corrections(point: FixedPoint, factor: float) -> Fluctuations:
    """Corrections at a larger size, times the factor by which it is larger."""
    here = fluctuations(point)
    return replace(here, m=here.m * factor, C=here.C * factor, K=here.K * factor, P=here.P * factor)


def extrapolated(values: Sequence[ComplexArray]) -> ComplexArray:
    """The limit of a series in 1/f from its values at f, 2 f and 4 f: Richardson's extrapolation."""
    first = [2 * b - a for a, b in itertools.pairwise(values)]
    return np.asarray((4 * first[1] - first[0]) / 3)
