"""The Fock cut-off of a large cavity, from the photon-number distribution of a small one."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from permsym.model import Model
from permsym.operators import Monomial, Product

START = 8  # levels of the first attempt where nothing is known
_SMALL, _RATIO = 8, 3.0  # satellites of the smallest system that predicts; how much larger the next one is
_TAIL = 1e-15  # of the largest population: what a predicted cut-off leaves out
_DEVIATIONS = 8.0  # above the mean: a Gaussian has 1e-15 beyond

Populations = Callable[[Model], NDArray[np.float64]]
"""Populations of a small model's Fock states, at the cut-off that it needs."""


def reach(model: Model, position: int = 0) -> int:
    """How many levels a single move of the Liouvillian can raise the boson by, of several sites that at one position."""

    def monomial(key: Product) -> Monomial:
        one = model.on_centre_sites(key)[position]
        return one if isinstance(one, Monomial) else Monomial(0, 0)

    raised = [monomial(key).p for key in model.hamiltonian.terms]
    for jump in model.jumps:
        monomials = [monomial(key) for key in jump.operator.terms]
        raised.append(max(each.p for each in monomials))
        if len(monomials) > 1:  # x^dag x has products of different monomials
            raised.append(max(each.p for each in monomials) + max(each.q for each in monomials))
    return max(raised, default=0)


def tail(fock: NDArray[np.float64], step: int, ladders: int, apart: int = 0, displacement: complex = 0j) -> float:
    """What photon numbers above the cut-off would add to a product of ladder operators: their probability, continued as a
    geometric series, times n^(ladders / 2).

    A term of the series is of as many levels as one move climbs: moves by four photons leave steps of four in P(n).
    The dual vectors cannot know it where a product of ladder operators vanishes on the levels that were solved for.

    fock    (levels,) P(n)
    step    levels that one move climbs
    apart   by how many quanta the product changes n
    """
    fock = np.abs(fock)
    step = max(1, min(step, len(fock) // 2))
    last, before = fock[-step:].sum(), fock[-2 * step : -step].sum()
    outside = last**2 / (before - last) if last < before else last * len(fock)
    if apart:  # |rho_nm|^2 <= P(n) P(m), of which only the larger need be above the cut-off
        outside = np.sqrt(outside * (outside + fock[-apart:].sum()))
    ladder = math.sqrt(len(fock) + 1) + abs(displacement)
    return float(2 * outside * ladder**ladders)


def predict_levels(model: Model, populations: Populations) -> int:
    """The cut-off to try first, from a system a third as large: ln P_N(n) = (N / N') ln P_N'(n N' / N), relative to the largest."""
    N = max(model.sizes)
    if N <= _SMALL:
        return START
    factor = max(_SMALL / N, 1 / _RATIO)
    smaller = model.rescaled(factor)
    if min(smaller.sizes) < 2:
        return START
    return continued(populations(smaller), factor)


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
    return max(START, int(np.ceil(gaussian)), continued(fock, factor))


def continued(fock: NDArray[np.float64], factor: float) -> int:
    """Levels down to the tail of a system 1 / factor times as large, from populations of the small one."""
    log = np.log(np.maximum(fock / fock.max(), 1e-300)) / factor
    last = int(np.flatnonzero(log > np.log(_TAIL)).max())
    # between two levels of the smaller system lie several of this one
    beyond = (log[last] - np.log(_TAIL)) / (log[last] - log[last + 1]) if last + 1 < len(log) else 1.0
    return int(np.ceil((last + beyond) / factor)) + 2
