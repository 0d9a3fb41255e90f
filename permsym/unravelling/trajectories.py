"""``ps.trajectories``: averages over quantum trajectories, in the steady state or in time."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import overload

from numpy.typing import ArrayLike

from permsym.dynamics.initial import InitialState
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.progress import Progress
from permsym.sampling.arguments import check_positive, check_times
from permsym.sites import as_count
from permsym.unravelling.evolve import TRAJECTORIES, evolved
from permsym.unravelling.result import TrajectoryEvolution, TrajectoryState
from permsym.unravelling.steady import Wish, averaged

_FEW = 8  # trajectories of a steady state

Moments = int | str | Iterable[str | MomentLabel]


@overload
def trajectories(
    model: Model,
    moments: Moments = 2,
    *,
    target: float | None = None,
    duration: float | None = None,
    seed: int = 0,
    trajectories: int | None = None,
    jobs: int | None = None,
    dwell: str | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> TrajectoryState: ...
@overload
def trajectories(
    model: Model,
    moments: Moments = 2,
    *,
    times: ArrayLike,
    initial: str | InitialState | None = None,
    target: float | None = None,
    seed: int = 0,
    trajectories: int | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> TrajectoryEvolution: ...
def trajectories(
    model: Model,
    moments: Moments = 2,
    *,
    times: ArrayLike | None = None,
    initial: str | InitialState | None = None,
    target: float | None = None,
    duration: float | None = None,
    seed: int = 0,
    trajectories: int | None = None,
    jobs: int | None = None,
    dwell: str | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> TrajectoryState | TrajectoryEvolution:
    """Moments from quantum trajectories, exact but for statistical errors; its arguments are independent choices of a user.

    A trajectory is a pure state of the centre and of one copy of a collective spin that jumps at random; on average over trajectories
    it solves the master equation.  Without ``times`` few long trajectories are averaged over time: half start from the lowest state,
    half from one far away, and both must agree.  Balance laws <L^dag O> = 0 take noise away where they help.

    moments        an order, a label, or several labels; those that derived quantities need come with them
    times          of an evolution from ``initial``, >= 0, ascending, averaged over many trajectories
    initial        a label as :mod:`permsym.dynamics.initial` reads it; None: all sites in their lowest states
    target         absolute half width of the 95 % interval that every moment asked for is to reach
    duration       time of each trajectory of a steady state; None: as long as it takes
    seed           of all random numbers: the same seed gives the same bits, with any number of cores
    trajectories   how many; None: 8, which are even in a steady state, or 1,024 with ``times``
    jobs           trajectories that run at once; None: as many as there are cores
    dwell          label of a moment of two values: dwell times and switching rates of a steady state, by a Schmitt trigger
    checkpoint     a file that a steady state is written to every 30 s and goes on from, with the same bits

    Raises UnsuitedModel for more than one ensemble, satellites of more than two levels, and negative rates; SolverFailed where a mode
    grows without bound; DegenerateSteadyState where no individual jump connects the total spins, unless one is fixed by
    ps.Ensemble(N, j=...) and has one steady state.
    ``reliable`` and ``sampling.doubts`` of the result say whether its statistics are sound.
    """
    for name, value in (("target", target), ("duration", duration)):
        check_positive(name, value)
    seed = as_count("seed", seed, 0)
    cores = None if jobs is None else as_count("jobs", jobs, 1)
    if times is None:
        if initial is not None:
            raise InputError("`initial` is for an evolution: give `times`, such as np.linspace(0, 10, 101), or leave it out")
        number = as_count("trajectories", _FEW if trajectories is None else trajectories, 4)
        wish = Wish(seed, number + number % 2, target, duration, dwell, checkpoint, cores)
        return averaged(model, moments, wish, progress)
    for name, chosen in (("duration", duration), ("dwell", dwell), ("checkpoint", checkpoint)):
        if chosen is not None:
            raise InputError(f"`{name}` is for a steady state, but `times` asks for an evolution; leave one of them out")
    number = as_count("trajectories", TRAJECTORIES if trajectories is None else trajectories, 64)
    return evolved(
        model, moments, check_times(times), str(initial or ""), seed=seed, trajectories=number, target=target, jobs=cores, progress=progress
    )
