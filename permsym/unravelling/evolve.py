"""Time evolution from many trajectories that start from one state."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.initial import parse_initial
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import ComplexArray
from permsym.progress import Progress, silent
from permsym.sampling.averages import half_widths, summary
from permsym.sampling.doubts import Doubt
from permsym.sampling.parallel import on_cores
from permsym.text import clock
from permsym.unravelling.engine import Chain
from permsym.unravelling.readout import Readout
from permsym.unravelling.result import TrajectoryEvolution, TrajectorySampling

RealArray = NDArray[np.float64]

TRAJECTORIES = 1024
GROUPS = 64  # independent means
_ROUNDS = 4  # times that more trajectories are started for a target


def evolved(
    model: Model,
    moments: int | str | Iterable[str | MomentLabel],
    times: RealArray,
    initial: str,
    *,
    seed: int,
    trajectories: int,
    target: float | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> TrajectoryEvolution:
    """The evolution; see :func:`permsym.unravelling.trajectories.trajectories`, whose nine arguments these are."""
    started = time.perf_counter()
    run = _Run(Readout.of(model, moments, symmetric=False), times, str(parse_initial(initial, model)), seed, jobs)
    members = max(1, trajectories // GROUPS)
    run.add(members)
    say = progress or silent
    for _ in range(_ROUNDS):
        widest = float(run.widths()[:, : run.readout.asked].max(initial=0))
        if target is None or widest <= target:
            break
        more = max(1, math.ceil(run.members * (1.1 * (widest / target) ** 2 - 1)))
        spent = time.perf_counter() - started
        say(f"trajectories: {more * GROUPS:,} more, {clock(spent * more / run.members)} from now ...")
        run.add(more)
    return run.evolution(model, target, time.perf_counter() - started)


class _Run:
    """Trajectories over the same times, in groups whose means are independent."""

    def __init__(self, readout: Readout, times: RealArray, initial: str, seed: int, jobs: int | None) -> None:
        self.readout, self.times, self.initial, self.seed, self.jobs = readout, times, initial, seed, jobs
        self.sums: ComplexArray = np.zeros((GROUPS, len(times), readout.width), dtype=complex)
        self.members = self.jumps = self.products = 0

    def add(self, members: int) -> None:
        """So many more trajectories in each group."""
        first = self.members * GROUPS

        def group(k: int) -> tuple[ComplexArray, int, int]:
            total, jumps, products = np.zeros_like(self.sums[0]), 0, 0
            for member in range(members):
                chain = Chain(self.readout.prepared, self.initial, self.seed, first + member * GROUPS + k)
                total += chain.run_until(self.times)
                jumps, products = jumps + chain.effort["jumps"], products + chain.effort["products"]
            return total, jumps, products

        for k, (total, jumps, products) in enumerate(on_cores([lambda k=k: group(k) for k in range(GROUPS)], self.jobs)):  # type: ignore[misc]
            self.sums[k] += total
            self.jumps, self.products = self.jumps + jumps, self.products + products
        self.members += members

    def means(self) -> ComplexArray:
        """(groups, times, labels)"""
        return self.readout.moments(np.asarray(self.sums / self.members, dtype=complex))

    def widths(self) -> RealArray:
        """Half widths of 95 % intervals, (times, labels)."""
        means = self.means()
        return half_widths(means.reshape(GROUPS, -1)).reshape(means.shape[1:])

    def evolution(self, model: Model, target: float | None, seconds: float) -> TrajectoryEvolution:
        """The result."""
        means, names = self.means(), self.readout.names
        rows = [summary(model, names, means[:, k]) for k in range(len(self.times))]
        widest, doubts = float(self.widths()[:, : self.readout.asked].max(initial=0)), {}
        if target is not None and widest > target:
            doubts[Doubt.TARGET_MISSED] = f"the widest 95 % interval is +- {widest:.2g}, the target {target:.2g}; give a larger target"
        derived = list(dict.fromkeys(name for row in rows for name in row.derived))
        return TrajectoryEvolution(
            model=model,
            times=self.times,
            initial=self.initial,
            values={name: means[:, :, k].mean(axis=0) for k, name in enumerate(names)},
            errors={name: np.array([row.errors[name] for row in rows]) for name in names},
            derived={name: np.array([row.derived.get(name, math.nan) for row in rows]) for name in derived},
            derived_errors={name: np.array([row.derived_errors.get(name, math.nan) for row in rows]) for name in derived},
            sampling=TrajectorySampling(self.seed, self.members * GROUPS, self.jumps, self.products, doubts, seconds),
        )
