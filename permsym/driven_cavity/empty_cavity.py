"""Where cumulant equations go from an unexcited start: a steady state, a periodic solution, or nowhere physical.

Paper 2 reads its stationary states off a long time evolution from the empty cavity with all spins down.  Where that ends in a periodic
or an unphysical solution, it starts from <sigma^z> between -1 and -0.5.  The same here, with the outcome named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from permsym.cumulants.equations import Equations
from permsym.cumulants.in_time import evolve
from permsym.cumulants.newton import FixedPoint, newton
from permsym.driven_cavity.outcome import EvolutionOutcome
from permsym.errors import InputError, SolverFailed
from permsym.operators import ComplexArray

INVERSIONS = (-1.0, -0.9, -0.8, -0.7, -0.6, -0.5)
_STRETCH = 25.0
"""Length of a stretch of time evolution, in units of 1 / the slowest rate."""
_STRETCHES = 16
"""Of 60 evolutions at C = 14, N = 5 to 2500, orders 2 and 3, 59 settle within four stretches, the slowest in 13."""
_SAMPLES = 251
"""Times of a stretch: ten to a unit of time."""
_NEAR = 1e-3
"""A stretch ends at a fixed point that Newton's method finds so near, relative to the largest moment."""


@dataclass(frozen=True)
class Settled:
    """The end of a time evolution.

    point       the stable fixed point of a STEADY outcome
    inversion   <sigma^z> of the initial product state
    time        time that was integrated over
    """

    outcome: EvolutionOutcome
    point: FixedPoint | None
    inversion: float
    time: float


def settle(equations: Equations, inversion: float = -1.0) -> Settled:
    """Follow the equations of spins and a cavity from vacuum, <sigma^z> = inversion and <sigma^-> = 0.

    Raises InputError for inversions outside [-1, 1].
    """
    if not -1 <= inversion <= 1:
        raise InputError(f"`inversion` must be between -1 and 1, but is {inversion!r}")
    spin = np.diag([(1 + inversion) / 2, (1 - inversion) / 2]).astype(complex)
    sites = len(equations.model.ensembles) + (equations.model.centre.kind != "boson")
    y = equations.product_state([spin] * sites)
    stretch = _STRETCH / min((jump.rate for jump in equations.model.jumps if jump.rate > 0), default=1.0)
    amplitude = int(np.argmax([len(label.centre) == 1 and label.order == 1 for label in equations.labels]))
    previous = None
    for done in range(1, _STRETCHES + 1):
        try:
            trajectory = evolve(equations, np.linspace(0, stretch, _SAMPLES), y, rtol=1e-6, atol=1e-8, errors=False)
        except SolverFailed:
            return Settled(EvolutionOutcome.DIVERGING, None, inversion, done * stretch)
        y = trajectory.y[-1]
        x = y / equations.scale
        point = newton(equations, x)
        if point is not None and np.abs(point.x - x).max() < _NEAR * max(1.0, np.abs(x).max()) and point.stability < 0:
            return Settled(EvolutionOutcome.STEADY, point, inversion, done * stretch)
        signal = np.abs(trajectory.y[:, amplitude])
        if previous is not None and _repeats(previous, signal):
            return Settled(EvolutionOutcome.PERIODIC, None, inversion, done * stretch)
        previous = signal
    return Settled(EvolutionOutcome.UNDECIDED, None, inversion, _STRETCHES * stretch)


def _repeats(first: ComplexArray, second: ComplexArray) -> bool:
    """Whether two stretches of a signal oscillate between the same extremes, several times each."""
    extremes = np.array([[signal.min(), signal.max()] for signal in (first, second)])
    swing = np.ptp(extremes[1])
    turns = [int(np.count_nonzero(np.diff(np.sign(np.diff(signal))))) for signal in (first, second)]
    return bool(swing > 1e-3 * np.abs(extremes[1]).max() and min(turns) >= 4 and np.abs(extremes[1] - extremes[0]).max() < 0.02 * swing)


def from_empty_cavity(equations: Equations, inversions: Sequence[float] = INVERSIONS) -> tuple[Settled, EvolutionOutcome]:
    """The first steady state reached from initial <sigma^z> tried in turn, and the outcome from the first of them.

    Where none is reached: the evolution from the first.
    """
    tried = []
    for inversion in inversions:
        tried.append(settle(equations, inversion))
        if tried[-1].outcome is EvolutionOutcome.STEADY:
            return tried[-1], tried[0].outcome
    return tried[0], tried[0].outcome
