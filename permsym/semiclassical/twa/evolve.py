"""Time evolution in the truncated Wigner approximation: many trajectories from one product state."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.dynamics.initial import InitialState, parse_initial
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import ComplexArray
from permsym.progress import Progress, silent
from permsym.sampling.arguments import check_positive, check_times
from permsym.sampling.averages import Summary, half_widths, summary
from permsym.sampling.doubts import Doubt
from permsym.semiclassical.twa.ensemble import FINENESS, Ensemble, Setting, first_step, step_doubt
from permsym.semiclassical.twa.result import Sampling, TwaEvolution
from permsym.semiclassical.twa.start import product_points
from permsym.sites import as_count

RealArray = NDArray[np.float64]

TRAJECTORIES = 4096
_GROUPS = 64  # independent means of a batch
_FEWEST = 512  # trajectories of the run that measures fields
_CHECKED = 4  # every so many groups are repeated with steps twice as long
_REFINED = 3  # times that a step may be halved
MOST_STEPS = 4e8
"""Steps of all trajectories together that a target may ask for."""


def evolve(
    model: Model,
    times: ArrayLike,
    initial: str | InitialState = "",
    moments: int | str | Iterable[str | MomentLabel] = 2,
    *,
    seed: int = 0,
    target: float | None = None,
    trajectories: int = TRAJECTORIES,
    step: float | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> TwaEvolution:
    """Moments over time in the truncated Wigner approximation; its ten arguments are independent choices of a user.

    times          >= 0, ascending; the initial state stands at t = 0
    initial        a label as :mod:`permsym.dynamics.initial` reads it, without Fock and Dicke states; "": all sites in their lowest states
    moments        an order, a label, or several labels; those that derived quantities need come with them
    seed           of all random numbers: the same seed gives the same bits, with any number of threads
    target         absolute half width of the 95 % interval that every moment asked for is to reach at all times: more trajectories
    trajectories   independent ones, >= 8
    step           longest step; None: chosen, and halved while that changes moments beyond their intervals
    jobs           threads; None: as many as there are cores

    Raises UnsuitedModel, with the name of the term or state, for what has no equations; SolverFailed where trajectories grow without
    bound.
    """
    started = time.perf_counter()
    check_positive("target", target)
    check_positive("step", step)
    seed, trajectories = as_count("seed", seed, 0), as_count("trajectories", trajectories, 8)
    setting, at = Setting.of(model, moments, None if jobs is None else as_count("jobs", jobs, 1)), check_times(times)
    state = parse_initial(initial, model) if isinstance(initial, str) else initial
    run = _Run(setting, at, state, seed, max(1, trajectories // _GROUPS))
    run.step = step or run.choose_step()
    groups = max(8, trajectories // run.members)
    for attempt in range(_REFINED + 1):
        means = run.batch(0, groups)
        run.compare_steps(means)
        if step is not None or attempt == _REFINED or run.step_doubt(means) is None:
            break
        run.step /= 2
    if target is not None:
        means = run.more(means, target, progress or silent)
    return run.evolution(means, target, time.perf_counter() - started)


class _Run:
    """Batches of trajectories over the same times."""

    def __init__(self, setting: Setting, times: RealArray, initial: InitialState, seed: int, members: int) -> None:
        self.setting, self.times, self.initial, self.seed, self.members = setting, times, initial, seed, members
        self.spans = np.diff(times, prepend=0.0)
        self.step = 0.0
        self.ensembles: list[Ensemble] = []
        self.shifts: RealArray = np.empty(0)
        self.blurs: RealArray = np.empty(0)

    def _start(self, batch: int, number: int) -> RealArray:
        return product_points(self.setting.space, self.initial, number, self.setting.generator(self.seed, batch))

    def choose_step(self) -> float:
        """From the strongest fields of a few trajectories at any of the times."""
        points, key = self._start(0, _FEWEST), self.setting.key(self.seed, 0)
        step = first_step(self.setting, points, key)
        ensemble = Ensemble(self.setting, points, key, len(points))
        strongest = 0.0
        for span in self.spans[self.spans > 0]:
            ensemble.squares[:], ensemble.steps = 0, 0
            ensemble.walk(np.array([math.ceil(span / step)]), np.array([span]), 1)
            strongest = max(strongest, ensemble.field)
        return min(step, FINENESS / max(strongest, 1e-300))

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps of each interval: an even number, so that steps twice as long fit, too."""
        return 2 * np.ceil(self.spans / (2 * self.step) - 1e-9).astype(np.int64)

    def batch(self, batch: int, groups: int) -> ComplexArray:
        """Means of moments (groups, times, labels) over new trajectories."""
        ensemble = Ensemble(self.setting, self._start(batch, groups * self.members), self.setting.key(self.seed, batch), groups)
        means = self.setting.moments(ensemble.walk(self.steps, self.spans, 1))
        self.ensembles = [*self.ensembles[:batch], ensemble]
        return means

    def compare_steps(self, means: ComplexArray) -> None:
        """Repeat some paths with steps twice as long."""
        some = max(4, len(means) // _CHECKED)
        points = self._start(0, len(means) * self.members)[: some * self.members]
        coarse = Ensemble(self.setting, points, self.setting.key(self.seed, 0), some, merged=2)
        change = self.setting.moments(coarse.walk(self.steps, self.spans, 1)) - means[:some]
        self.shifts = np.abs(change.mean(axis=0))
        self.blurs = change.std(axis=0, ddof=1) / math.sqrt(some)

    def step_doubt(self, means: ComplexArray) -> str | None:
        """In words what is wrong with the step beside the intervals of these means; None where nothing is."""
        blurs, widths = self.blurs, self._widths(means)
        worst = step_doubt(self.shifts.ravel(), blurs.ravel(), widths.ravel())
        if worst is None:
            return None
        at, label = divmod(worst, self.shifts.shape[1])
        return (
            f"at t = {self.times[at]:.4g} steps twice as long change {self.setting.labels[label]} by {self.shifts[at, label]:.2g} "
            f"+- {blurs[at, label]:.2g}, its 95 % interval is +- {widths[at, label]:.2g}; give a step below {self.step:.3g}"
        )

    def _widths(self, means: ComplexArray) -> RealArray:
        return half_widths(means.reshape(len(means), -1)).reshape(means.shape[1:])

    def _widest(self, means: ComplexArray) -> float:
        """Of the moments asked for, at any time."""
        return float(self._widths(means)[:, : self.setting.asked].max())

    def more(self, means: ComplexArray, target: float, progress: Progress) -> ComplexArray:
        """Further groups until the intervals should be as small as the target."""
        for batch in (1, 2, 3):
            widest = self._widest(means)
            if widest <= target:
                break
            most = int(MOST_STEPS / max(int(self.steps.sum()) * self.members, 1))
            groups = min(math.ceil(1.1 * len(means) * (widest / target) ** 2), most) - len(means)
            if groups < 4:
                break
            progress(f"truncated Wigner: {groups * self.members:,} more trajectories ...")
            means = np.concatenate([means, self.batch(batch, groups)])
        return means

    def evolution(self, means: ComplexArray, target: float | None, seconds: float) -> TwaEvolution:
        """The result."""
        setting, labels = self.setting, self.setting.labels
        rows: list[Summary] = [summary(setting.model, labels, means[:, k]) for k in range(len(self.times))]
        doubt = self.step_doubt(means)
        doubts = {} if doubt is None else {Doubt.STEP_TOO_LONG: doubt}
        widest = self._widest(means)
        if target is not None and widest > target:
            doubts[Doubt.TARGET_MISSED] = f"the widest 95 % interval is +- {widest:.2g}, the target {target:.2g}; give a larger target"
        names = list(dict.fromkeys(name for row in rows for name in row.derived))
        weights = [len(each.points) for each in self.ensembles]
        shares = [each.clipped for each in self.ensembles]
        clipped = {name: float(np.average([share[name] for share in shares], weights=weights)) for name in shares[0]}
        longest = float((self.spans / np.maximum(self.steps, 1)).max())
        return TwaEvolution(
            model=setting.model,
            times=self.times,
            initial=str(self.initial),
            values={label: means[:, :, k].mean(axis=0) for k, label in enumerate(labels)},
            errors={label: np.array([row.errors[label] for row in rows]) for label in labels},
            derived={name: np.array([row.derived.get(name, math.nan) for row in rows]) for name in names},
            derived_errors={name: np.array([row.derived_errors.get(name, math.nan) for row in rows]) for name in names},
            step_errors={label: self.shifts[:, k] for k, label in enumerate(labels)},
            sampling=Sampling(self.seed, len(means) * self.members, longest, clipped, doubts, seconds),
        )
