"""Steady states from few long trajectories, half of them from the lowest state and half from one far away."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from permsym.errors import DegenerateSteadyState
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.progress import Progress, silent
from permsym.rotating import in_rotating_frame
from permsym.sampling.averages import summary
from permsym.sampling.doubts import Doubt
from permsym.sampling.dwell import Dwell, Watched
from permsym.sampling.recording import MOST_CELLS, Recording
from permsym.sampling.stationary import Stationary
from permsym.steady.degenerate import refuse_degenerate
from permsym.unravelling.balance import rates
from permsym.unravelling.bundle import Bundle
from permsym.unravelling.readout import Readout
from permsym.unravelling.result import TrajectorySampling, TrajectoryState

_FINE = 0.25  # time between readings times the fastest rate at which a single operator decays
_FIRST = 20.0  # length of the first run times the slowest of these rates
_FEWEST_CELLS = 128
_GROWTH = 1.5, 4.0  # factors by which a run is made longer, at least and at most: early estimates are rough
_SAFETY = 1.15  # beyond what a target needs by estimate
MOST_WORK = 5e9
"""Numbers of kets times products after which a run without a target ends, reliable or not: a minute or two of one core."""


@dataclass(frozen=True)
class Wish:
    """What a run is to reach.

    target         half width of the 95 % interval of every moment asked for; None: what is reliable
    duration       time of each trajectory; None: as long as it takes
    trajectories   how many, even
    dwell          label to be watched for switches; None: none
    checkpoint     file; None: none
    """

    seed: int
    trajectories: int
    target: float | None = None
    duration: float | None = None
    dwell: str | None = None
    checkpoint: str | os.PathLike[str] | None = None
    jobs: int | None = None


def averaged(
    model: Model, moments: int | str | Iterable[str | MomentLabel], wish: Wish, progress: Progress | None = None
) -> TrajectoryState:
    """The steady state; see :func:`permsym.unravelling.trajectories.trajectories`."""
    started = time.perf_counter()
    check_that_it_relaxes(model)
    run = _Run(in_rotating_frame(model), moments, wish, progress or silent)
    run.begin()
    run.reach()
    while wish.duration is None and not run.enough():
        run.prolong()
        run.reach()
    run.record.write(now=True)
    return run.state(model, time.perf_counter() - started)


def check_that_it_relaxes(model: Model) -> None:
    """DegenerateSteadyState without any jump, where no individual jump connects total spins, and where a fixed spin has several states."""
    if not model.jumps:
        raise DegenerateSteadyState(f"{model.name} has no jumps, and so no steady state that it relaxes to; add a jump, or give times=")
    ensemble = model.ensembles[0]
    if ensemble.N > 1 and not ensemble.fixed and not any(jump.kind == "individual" for jump in model.jumps):
        raise DegenerateSteadyState(
            f"no individual jump changes the total spin of {model.name}, so that each spin j has a steady state of its own; "
            "add an individual jump, or fix the spin, as in ps.Ensemble(N, j=N/2)"
        )
    if ensemble.j is not None:  # two starts may agree by symmetry where nothing relaxes, as with J_x alone
        refuse_degenerate(model)


@dataclass
class _Run:
    """A recording, and how long it is to go on."""

    model: Model
    moments: int | str | Iterable[str | MomentLabel]
    wish: Wish
    progress: Progress
    record: Recording = field(init=False)
    _look: Stationary = field(init=False)

    def begin(self) -> None:
        """Make the trajectories, or take them from a checkpoint."""
        wish, model = self.wish, self.model
        self.watch = None if wish.dwell is None else Watched.of(wish.dwell, model)
        self.readout = self._readout()
        speeds = [abs(rate) for rate in rates(model) if rate]
        every = _FINE / max(speeds, default=1.0)
        first = wish.duration or _FIRST / min(speeds, default=1.0)
        goal = max(1, round(wish.duration / every)) if wish.duration else min(max(_FEWEST_CELLS, math.ceil(first / every)), MOST_CELLS // 2)
        column = None if self.watch is None else (self.watch, int(self.readout.column[self.readout.labels.index(self.watch.label)]))
        self.bundle = Bundle(self.readout.prepared, wish.trajectories, wish.seed, every, wish.jobs, column)
        names = [str(label) for label in self.readout.labels]
        watched = None if self.watch is None else str(self.watch.label)
        identity = {
            "model": model.hash, "labels": names, "seed": wish.seed, "trajectories": wish.trajectories, "watched": watched, "every": every
        }  # fmt: skip
        self.record = Recording("trajectories", identity, self.bundle, self.watch is not None, self.progress, goal)
        self.record.go_on(wish.checkpoint, wish.duration)

    def _readout(self) -> Readout:
        """What is read, what is watched among it."""
        readout = Readout.of(self.model, self.moments, symmetric=True)
        if self.watch is None or self.watch.label in readout.labels:
            return readout
        wider = Readout.of(self.model, [*readout.labels[: readout.asked], self.watch.label], symmetric=True)
        return replace(wider, asked=readout.asked)

    def reach(self) -> None:
        """Go on to the goal."""
        self.record.reach()
        self._look = self._judge()

    def _judge(self) -> Stationary:
        cells = self.record.cells
        return Stationary.of(self.readout.moments(cells), self.readout.controls(cells))

    def doubts(self) -> dict[Doubt, str]:
        """What is doubtful -> in words."""
        result = self._look.doubts(self.record.cell, self.wish.trajectories, self.wish.target, slice(self.readout.asked))
        watched = self.watched()
        return result if watched is None else result | watched.doubts()

    def watched(self) -> Dwell | None:
        """Dwell times after the burn-in; None where none were asked for."""
        return None if self.watch is None else self.watch.dwell(self.record.series(self._look.burnt), self.bundle.every)

    def enough(self) -> bool:
        """Whether to stop: all is well; or, without a target, too much was spent."""
        doubts = self.doubts()
        return not doubts or (Doubt.TARGET_MISSED not in doubts and self.bundle.work > MOST_WORK)

    def prolong(self) -> None:
        """Set the next goal, and say how long all may take."""
        look, needed = self._look, 2.0
        if self.wish.target is not None and Doubt.TARGET_MISSED in self.doubts():
            widest = float(look.widths[: self.readout.asked].max(initial=0))
            needed = max(_GROWTH[0], _SAFETY * (widest / self.wish.target) ** 2)
        remark = "" if look.gain.max(initial=1) > 1 else " (less where balance laws help)"
        self.record.prolong(needed, _GROWTH[1], remark)

    def state(self, model: Model, seconds: float) -> TrajectoryState:
        """The result."""
        look, cell, chains = self._look, self.record.cell, self.bundle.chains
        result = summary(model, self.readout.names, look.means)
        efforts = [chain.effort for chain in chains]
        jumps, products = (sum(effort[name] for effort in efforts) for name in ("jumps", "products"))
        return TrajectoryState(
            model=model,
            values=result.moments,
            errors=result.errors,
            derived=result.derived,
            derived_errors=result.derived_errors,
            gains=dict(zip(self.readout.names, look.gain.tolist(), strict=True)),
            burn_in=look.burnt * cell,
            duration=look.left * cell,
            autocorrelation_time=look.time * cell,
            dwell=self.watched(),
            sampling=TrajectorySampling(self.wish.seed, self.wish.trajectories, jumps, products, self.doubts(), seconds),
        )
