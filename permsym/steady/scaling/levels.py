"""The Fock cut-off of a large cavity, from the photon-number distribution of a small one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from permsym.model import Model
from permsym.operators import Monomial

START = 8  # levels of the first attempt where nothing is known
_SMALL, _RATIO = 8, 3.0  # satellites of the smallest system that predicts; how much larger the next one is
_TAIL = 1e-15  # of the largest population: what a predicted cut-off leaves out
_DEVIATIONS = 8.0  # above the mean: a Gaussian has 1e-15 beyond

Populations = Callable[[Model], NDArray[np.float64]]
"""Populations of a small model's Fock states, at the cut-off that it needs."""


def reach(model: Model) -> int:
    """How many levels a single move of the Liouvillian can raise the boson by."""
    raised = [key.centre.p for key in model.hamiltonian.terms if isinstance(key.centre, Monomial)]
    for jump in model.jumps:
        monomials = [key.centre if isinstance(key.centre, Monomial) else Monomial(0, 0) for key in jump.operator.terms]
        raised.append(max(each.p for each in monomials))
        if len(monomials) > 1:  # x^dag x has products of different monomials
            raised.append(max(each.p for each in monomials) + max(each.q for each in monomials))
    return max(raised, default=0)


def predict_levels(model: Model, populations: Populations) -> int:
    """The cut-off to try first, from a system a third as large: ln P_N(n) = (N / N') ln P_N'(n N' / N), relative to the largest."""
    N = max(model.sizes)
    if N <= _SMALL:
        return START
    factor = max(_SMALL / N, 1 / _RATIO)
    smaller = model.rescaled(factor)
    if min(smaller.sizes) < 2:
        return START
    return _continued(populations(smaller), factor)


def predict_likely_levels(model: Model, populations: Populations) -> int:
    """About how many levels a system needs, from one small system however large it is; its own need where it is as small.

    The larger of the continued tail and of a Gaussian whose mean and variance grow as N: from afar both fall short
    (pumped cavity, N = 12: 24 and 13 of 24 levels; N = 200: 58 and 69 of 92).
    """
    factor = min(_SMALL / max(model.sizes), 1.0)
    fock = populations(model.rescaled(factor))
    if factor == 1.0:
        return len(fock)
    n = np.arange(len(fock))
    mean = float(fock @ n)
    gaussian = mean / factor + _DEVIATIONS * np.sqrt(float(fock @ (n - mean) ** 2) / factor)
    return max(START, int(np.ceil(gaussian)), _continued(fock, factor))


def _continued(fock: NDArray[np.float64], factor: float) -> int:
    """Levels down to the tail of a system 1 / factor times as large, from populations of the small one."""
    log = np.log(np.maximum(fock / fock.max(), 1e-300)) / factor
    last = int(np.flatnonzero(log > np.log(_TAIL)).max())
    # between two levels of the smaller system lie several of this one
    beyond = (log[last] - np.log(_TAIL)) / (log[last] - log[last + 1]) if last + 1 < len(log) else 1.0
    return int(np.ceil((last + beyond) / factor)) + 2
