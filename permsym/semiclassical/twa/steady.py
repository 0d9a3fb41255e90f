"""Steady states in the truncated Wigner approximation: long trajectories from two unlike starts."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym.errors import DegenerateSteadyState, UnsuitedModel
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import ComplexArray
from permsym.progress import Progress, silent
from permsym.rotating import in_rotating_frame
from permsym.sampling.arguments import check_positive
from permsym.sampling.averages import Summary, disagreement, half_widths, summary
from permsym.sampling.doubts import Doubt
from permsym.sampling.dwell import Dwell, Watched
from permsym.sampling.recording import Recording
from permsym.sampling.series import autocorrelation, burn_in, skewness, skewness_doubt
from permsym.semiclassical.twa.bundle import READ, Bundle, starts
from permsym.semiclassical.twa.ensemble import Setting, first_step, step_doubt
from permsym.semiclassical.twa.result import Sampling, TwaState
from permsym.sites import as_count

RealArray = NDArray[np.float64]

TRAJECTORIES = 64
_CELLS = 64  # averages over a trajectory's time that are remembered, before these become twice as many
_PIECE = 4  # cells between two chances to write a checkpoint
_FIRST = 20.0  # length of the first run times the slowest damping rate
_LONG = 20.0  # autocorrelation times that a trajectory must last after its burn-in
_FADES = 5.0  # autocorrelation times that are left out beyond the burn-in that shows
_UNLIKE = 5.0  # standard errors by which the averages of the two starts may differ
_CHECKED = 4  # every so many trajectories are repeated with steps twice as long
_REFINED = 3  # times that a step may be halved
MOST_STEPS = 2e8
"""Steps of all trajectories together after which a run ends, reliable or not: two minutes of one core."""


def steady_state(
    model: Model,
    moments: int | str | Iterable[str | MomentLabel] = 2,
    *,
    seed: int = 0,
    target: float | None = None,
    duration: float | None = None,
    trajectories: int = TRAJECTORIES,
    step: float | None = None,
    jobs: int | None = None,
    dwell: str | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> TwaState:
    """Moments of the steady state in the truncated Wigner approximation; its eleven arguments are independent choices of a user.

    Trajectories of the stochastic equations of :mod:`permsym.semiclassical.twa.equations` are averaged over time after a burn-in.
    Half of them start from the lowest states, half from mixed spins and the field of an empty mode.

    moments        an order, a label, or several labels; those that derived quantities need come with them
    seed           of all random numbers: the same seed gives the same bits, with any number of threads
    target         absolute half width of the 95 % interval that every moment asked for is to reach; None: as long as is reliable
    duration       time of a trajectory, four fifths of it averaged over; None: as long as it takes
    trajectories   independent ones, >= 8, even
    step           length of a step; None: chosen, and halved while that changes moments beyond their intervals
    jobs           threads; None: as many as there are cores
    dwell          label of a moment of two values: dwell times and switching rates, by a Schmitt trigger
    checkpoint     a file that is written every 30 s, and goes on from there with the same bits

    Raises UnsuitedModel, with the name of the term, for what has no equations (C (x) s jumps, sites of more levels);
    DegenerateSteadyState without any jump, and where nothing acts on an ensemble; SolverFailed where trajectories grow without bound.
    ``reliable`` and ``sampling.doubts`` of the result say whether its statistics are sound.
    """
    started = time.perf_counter()
    for name, value in (("target", target), ("duration", duration), ("step", step)):
        check_positive(name, value)
    seed, trajectories = as_count("seed", seed, 0), as_count("trajectories", trajectories, 8)
    _refuse_fixed_spin(model)
    turning = in_rotating_frame(model)
    watched = None if dwell is None else Watched.of(dwell, turning)
    cores = None if jobs is None else as_count("jobs", jobs, 1)
    setting = Setting.of(turning, moments, cores, [] if watched is None else [watched.label])
    _check_that_all_relax(setting)
    run = _Run(setting, _Wish(seed, trajectories + trajectories % 2, target, duration, step, watched), progress or silent)
    run.begin(checkpoint)
    run.reach()
    while (doubt := run.check_step()) is not None and run.refines:
        run.refine()
        run.reach()
    run.record.write(now=True)
    return run.state(model, doubt, time.perf_counter() - started)


def _refuse_fixed_spin(model: Model) -> None:
    if fixed := [each for each in model.ensembles if each.fixed]:
        spin = "symmetric satellites" if fixed[0].j is None else f"j={fixed[0].j:g}"
        raise UnsuitedModel(
            f"truncated Wigner finds steady states from starts of any total spin, but ensemble {fixed[0].name!r} has {spin}; "
            "use steady_state, or twa.evolve from a state with this spin"
        )


def _check_that_all_relax(setting: Setting) -> None:
    """DegenerateSteadyState without any jump, and where nothing acts on an ensemble."""
    model = setting.model
    if not model.jumps:
        raise DegenerateSteadyState(f"{model.name} has no jumps, and so no steady state that it relaxes to; add a jump, or use evolve")
    for spins, idle in zip(setting.space.classes, setting.idle, strict=True):
        if idle and spins.ensemble is not None:
            raise DegenerateSteadyState(
                f"nothing acts on ensemble {spins.ensemble!r}, which stays as it starts; leave it out, or use evolve"
            )


@dataclass
class _Look:
    """What the blocks say: blocks of burn-in, autocorrelation time in blocks, standard errors between the starts, half widths."""

    burnt: int
    times: RealArray
    unlike: float
    widths: RealArray


@dataclass(frozen=True)
class _Wish:
    """What a run is to reach: the arguments of :func:`steady_state`."""

    seed: int
    trajectories: int
    target: float | None
    duration: float | None
    step: float | None
    watched: Watched | None


class _Run:
    """Trajectories until they are long enough."""

    def __init__(self, setting: Setting, wish: _Wish, progress: Progress) -> None:
        self.setting, self.wish, self.progress = setting, wish, progress
        self.key = setting.key(wish.seed, 0)
        self.shifts = self.blurs = np.empty(0)

    def begin(self, checkpoint: str | os.PathLike[str] | None) -> None:
        """Make the trajectories, or take them from a checkpoint."""
        self._first = self.wish.step or first_step(self.setting, self._start(), self.key)
        self._record(self._first, 0.0)
        self.record.go_on(checkpoint, self.wish.duration)

    def _start(self) -> RealArray:
        return starts(self.setting, self.wish.seed, self.wish.trajectories)

    def _record(self, step: float, at_least: float) -> None:
        """A recording with steps of this length from the start, whose first goal lasts so long."""
        wish, equations = self.wish, self.setting.equations
        damping = np.linalg.eigvals(equations.damping).real
        rates = -damping[damping < -1e-9 * equations.rate] if equations.rate else damping[:0]
        slowest = float(rates.min(initial=math.inf))
        first = wish.duration or max(at_least, _FIRST / slowest if math.isfinite(slowest) else 100 * READ * step)
        self.bundle = Bundle(self.setting, self._start(), self.key, step, wish.watched)
        identity = {
            "model": self.setting.model.hash, "labels": self.setting.labels, "seed": wish.seed, "trajectories": wish.trajectories,
            "watched": None if wish.watched is None else str(wish.watched.label), "step": wish.step,
        }  # fmt: skip
        per = max(1, math.ceil(first / (_CELLS * READ * step)))
        watches = wish.watched is not None
        self.record = Recording(
            "truncated Wigner", identity, self.bundle, watches, self.progress, _CELLS, per, most=2 * _CELLS, piece=_PIECE
        )

    @property
    def cells(self) -> ComplexArray:
        """Moments (trajectories, cells, labels)."""
        return self.record.cells

    def reach(self) -> None:
        """Run until the time is up, or until nothing is doubtful."""
        self.record.reach()
        while self.wish.duration is None and not self._enough():
            needed, target = 2.0, self.wish.target
            if target is not None and (widest := self._widest(self.look())) > target:
                needed = max(needed, (widest / target) ** 2)
            self.record.prolong(needed, 2.0)
            self.record.reach()

    @property
    def refines(self) -> bool:
        """Whether steps half as long may be tried."""
        return self.wish.step is None and round(math.log2(self._first / self.bundle.step)) < _REFINED

    def refine(self) -> None:
        """Once more from the start, with steps half as long."""
        file, length, step = self.record.file, self.record.length, self.bundle.step / 2
        self.progress(f"truncated Wigner: steps of {step:.2g} instead")
        self._record(step, length)
        self.record.file = file

    def look(self) -> _Look:
        """Judge the blocks."""
        starts = [self.cells[::2], self.cells[1::2]]
        burnt = max(burn_in(each) for each in starts)
        burnt = min(burnt + math.ceil(_FADES * float(autocorrelation(self.cells[:, burnt:]).max())), self.cells.shape[1] // 2)
        left = self.cells[:, burnt:]
        means = left.mean(axis=1)
        unlike = float(disagreement(means[::2], means[1::2]).max())
        return _Look(burnt, autocorrelation(left), unlike, half_widths(means))

    def doubts(self) -> dict[Doubt, str]:
        """What is doubtful, but for the step."""
        look, blocks, unit = self.look(), self.cells.shape[1], self.record.cell
        result: dict[Doubt, str] = {}
        lasts, needed = (blocks - look.burnt) * unit, _LONG * float(look.times.max()) * unit
        if look.burnt * 3 > blocks or lasts < needed:
            result[Doubt.TOO_SHORT] = (
                f"after a burn-in of {look.burnt * unit:.3g} a trajectory lasts {lasts:.3g}, which should be {needed:.3g} at least "
                "(20 autocorrelation times) and twice the burn-in; give a longer duration"
            )
        if look.unlike > _UNLIKE:
            result[Doubt.STARTS_DISAGREE] = (
                f"averages from two unlike starts differ by {look.unlike:.1f} standard errors; give a longer duration"
            )
        skew = skewness(self.cells[:, look.burnt :], look.times)
        result |= skewness_doubt(skew[: self.setting.asked])
        widest, target = self._widest(look), self.wish.target
        if target is not None and widest > target:
            result[Doubt.TARGET_MISSED] = f"the widest 95 % interval is +- {widest:.2g}, the target {target:.2g}; give a longer duration"
        watched = self.watched(look)
        return result if watched is None else result | watched.doubts()

    def watched(self, look: _Look) -> Dwell | None:
        """Dwell times after the burn-in; None where none were asked for."""
        moment = self.wish.watched
        return None if moment is None else moment.dwell(self.record.series(look.burnt), self.bundle.every)

    def _widest(self, look: _Look) -> float:
        """Half width of the widest interval of the moments asked for."""
        return float(look.widths[: self.setting.asked].max())

    def _enough(self) -> bool:
        """Whether to stop: all is well, or too much was spent."""
        return not self.doubts() or self.bundle.ensemble.steps * self.wish.trajectories * 2 > MOST_STEPS

    def check_step(self) -> str | None:
        """Repeat some paths with steps twice as long; in words what is wrong with the step, None where nothing is."""
        some = slice(0, max(4, self.wish.trajectories // _CHECKED))
        coarse = Bundle(self.setting, self._start()[some], self.key, self.bundle.step, merged=2)
        moments, _ = coarse.run(self.cells.shape[1], self.record.now.per)
        look = self.look()
        change = (moments - self.cells[some])[:, look.burnt :].mean(axis=1)
        self.shifts, self.blurs = np.abs(change.mean(axis=0)), change.std(axis=0, ddof=1) / math.sqrt(len(change))
        worst = step_doubt(self.shifts, self.blurs, look.widths)
        if worst is None:
            return None
        return (
            f"steps twice as long change {self.setting.labels[worst]} by {self.shifts[worst]:.2g} +- {self.blurs[worst]:.2g}, "
            f"its 95 % interval is +- {look.widths[worst]:.2g}; give a step below {self.bundle.step:.3g}"
        )

    def state(self, model: Model, doubt: str | None, seconds: float) -> TwaState:
        """The result."""
        look, unit, wish = self.look(), self.record.cell, self.wish
        result: Summary = summary(model, self.setting.labels, self.cells[:, look.burnt :].mean(axis=1))
        doubts = self.doubts() | ({} if doubt is None else {Doubt.STEP_TOO_LONG: doubt})
        return TwaState(
            model=model,
            values=result.moments,
            errors=result.errors,
            derived=result.derived,
            derived_errors=result.derived_errors,
            step_errors=dict(zip(self.setting.labels, self.shifts.tolist(), strict=True)),
            burn_in=look.burnt * unit,
            duration=(self.cells.shape[1] - look.burnt) * unit,
            autocorrelation_time=float(look.times.max()) * unit,
            dwell=self.watched(look),
            sampling=Sampling(wish.seed, wish.trajectories, self.bundle.step, self.bundle.ensemble.clipped, doubts, seconds),
        )
