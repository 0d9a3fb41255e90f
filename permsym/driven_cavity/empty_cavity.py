"""Where cumulant equations go from an unexcited start: a steady state, a periodic solution, or nowhere physical.

Paper 2 reads its stationary states off a long time evolution from the empty cavity with all spins down, and where that ends in a
periodic or an unphysical solution, from initial <sigma^z> between -1 and -0.5.  The same here, with the outcome named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from permsym.cumulants.equations import Equations
from permsym.cumulants.evolve import evolve
from permsym.cumulants.newton import FixedPoint, newton
from permsym.errors import InputError, SolverFailed
from permsym.operators import ComplexArray

Outcome = Literal["steady", "periodic", "diverging", "undecided"]

INVERSIONS = (-1.0, -0.9, -0.8, -0.7, -0.6, -0.5)
_CHUNK = 25.0
"""Length of a stretch of time evolution, in units of 1 / the slowest rate."""
_CHUNKS = 16
_SAMPLES = 251
_NEAR = 1e-3


@dataclass(frozen=True)
class Settled:
    """The end of a time evolution.

    outcome     "steady": a stable fixed point, in ``point``; "periodic": an oscillation that repeats itself; "diverging": moments run away
                from anything physical; "undecided" within the time that was given
    inversion   <sigma^z> of the initial product state
    time        time that was integrated over
    """

    outcome: Outcome
    point: FixedPoint | None
    inversion: float
    time: float


def settle(equations: Equations, inversion: float = -1.0) -> Settled:
    """Follow the equations of spins and a cavity from vacuum and <sigma^z> = inversion, <sigma^-> = 0."""
    if not -1 <= inversion <= 1:
        raise InputError(f"`inversion` must be between -1 and 1, but is {inversion!r}")
    spin = np.diag([(1 + inversion) / 2, (1 - inversion) / 2]).astype(complex)
    sites = len(equations.model.ensembles) + (equations.model.centre.kind != "boson")
    y = equations.product_state([spin] * sites)
    chunk = _CHUNK / min((jump.rate for jump in equations.model.jumps if jump.rate > 0), default=1.0)
    amplitude = int(np.argmax([len(label.centre) == 1 and label.order == 1 for label in equations.labels]))
    previous = None
    for done in range(1, _CHUNKS + 1):
        try:
            found = evolve(equations, np.linspace(0, chunk, _SAMPLES), y, rtol=1e-6, atol=1e-8)
        except SolverFailed:
            return Settled("diverging", None, inversion, done * chunk)
        y = found.y[-1]
        x = y / equations.scale
        point = newton(equations, x)
        if point is not None and np.abs(point.x - x).max() < _NEAR * max(1.0, np.abs(x).max()) and point.stability < 0:
            return Settled("steady", point, inversion, done * chunk)
        signal = np.abs(found.y[:, amplitude])
        if previous is not None and _repeats(previous, signal):
            return Settled("periodic", None, inversion, done * chunk)
        previous = signal
    return Settled("undecided", None, inversion, _CHUNKS * chunk)


def _repeats(first: ComplexArray, second: ComplexArray) -> bool:
    """Whether two stretches of a signal oscillate between the same extremes, several times each."""
    extremes = np.array([[each.min(), each.max()] for each in (first, second)])
    swing = np.ptp(extremes[1])
    turns = [int(np.count_nonzero(np.diff(np.sign(np.diff(each))))) for each in (first, second)]
    return bool(swing > 1e-3 * np.abs(extremes[1]).max() and min(turns) >= 4 and np.abs(extremes[1] - extremes[0]).max() < 0.02 * swing)


def from_empty_cavity(equations: Equations, inversions: Sequence[float] = INVERSIONS) -> tuple[Settled, Outcome]:
    """The first steady state reached from the initial <sigma^z> tried in turn, and the outcome from the first one.

    Where none is reached, the evolution from the first.
    """
    tried = []
    for inversion in inversions:
        tried.append(settle(equations, inversion))
        if tried[-1].outcome == "steady":
            return tried[-1], tried[0].outcome
    return tried[0], tried[0].outcome
