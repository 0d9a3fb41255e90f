"""Steady states in the truncated Wigner approximation: long trajectories from two unlike starts."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.initial import parse_initial
from permsym.errors import DegenerateSteadyState, UnsuitedModel
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import ComplexArray
from permsym.progress import Progress, silent
from permsym.rotating import in_rotating_frame
from permsym.sampling.arguments import check_positive
from permsym.sampling.averages import Summary, disagreement, half_widths, summary
from permsym.sampling.doubts import Doubt
from permsym.sampling.series import autocorrelation, burn_in
from permsym.semiclassical.twa.ensemble import Ensemble, Setting, first_step, step_doubt
from permsym.semiclassical.twa.result import Sampling, TwaState
from permsym.semiclassical.twa.start import product_points, unlike_points
from permsym.sites import as_count
from permsym.text import clock

RealArray = NDArray[np.float64]

TRAJECTORIES = 64
_BLOCKS = 64  # means over a trajectory's time that are remembered
_READ = 10  # steps between two readings of the monomials; even, for the run with steps twice as long
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
    progress: Progress | None = None,
) -> TwaState:
    """Moments of the steady state in the truncated Wigner approximation; its eight arguments are independent choices of a user.

    Trajectories of the stochastic equations of :mod:`permsym.semiclassical.twa.equations` are averaged over time after a burn-in.
    Half of them start from the lowest states, half from mixed spins and the field of an empty mode.

    moments        an order, a label, or several labels; those that derived quantities need come with them
    seed           of all random numbers: the same seed gives the same bits, with any number of threads
    target         absolute half width of the 95 % interval that every moment asked for is to reach; None: as long as is reliable
    duration       time of a trajectory, four fifths of it averaged over; None: as long as it takes
    trajectories   independent ones, >= 8, even
    step           length of a step; None: chosen, and halved while that changes moments beyond their intervals

    Raises UnsuitedModel, with the name of the term, for what has no equations (C (x) s jumps, sites of more levels);
    DegenerateSteadyState without any jump, and where nothing acts on an ensemble; SolverFailed where trajectories grow without bound.
    ``reliable`` and ``sampling.doubts`` of the result say whether its statistics are sound.
    """
    started = time.perf_counter()
    for name, value in (("target", target), ("duration", duration), ("step", step)):
        check_positive(name, value)
    seed, trajectories = as_count("seed", seed, 0), as_count("trajectories", trajectories, 8)
    _refuse_fixed_spin(model)
    setting = Setting.of(in_rotating_frame(model), moments)
    _check_that_all_relax(setting)
    run = _Run(setting, seed, trajectories + trajectories % 2, target)
    run.progress = progress or silent
    run.step = step or first_step(run.setting, run.start(), run.key)
    run.go(duration)
    for _ in range(_REFINED):
        doubt = run.check_step()
        if doubt is None or step is not None:
            break
        length, run.step = run.length, run.step / 2
        run.progress(f"truncated Wigner: steps of {run.step:.2g} instead")
        run.go(duration, length)
    else:
        doubt = run.check_step()
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


class _Run:
    """Trajectories until they are long enough."""

    def __init__(self, setting: Setting, seed: int, trajectories: int, target: float | None) -> None:
        self.setting, self.seed, self.trajectories, self.target = setting, seed, trajectories, target
        self.key = setting.key(seed, 0)
        self.neutral = np.array([not any(label.charge(setting.model)) for label in setting.readout.labels])
        self.progress: Progress = silent
        self.step = 0.0
        self.block = 1  # readings of a block
        self.blocks: ComplexArray = np.empty(0, dtype=complex)
        self.shifts = self.blurs = np.empty(0)

    def start(self) -> RealArray:
        """Points of all trajectories, those of the two starts in turn."""
        rng, half, setting = self.setting.generator(self.seed, 0), self.trajectories // 2, self.setting
        points = np.zeros((self.trajectories, setting.space.size))
        points[::2] = product_points(setting.space, parse_initial("", setting.model), half, rng)
        points[1::2] = unlike_points(setting.space, setting.equations, setting.idle, half, rng)
        return points

    @property
    def length(self) -> float:
        """Time of each trajectory so far, burn-in included."""
        return self.blocks.shape[1] * self.block * _READ * self.step

    def go(self, duration: float | None, at_least: float = 0.0) -> None:
        """Run until the time is up, or until nothing is doubtful."""
        damping = np.linalg.eigvals(self.setting.equations.damping).real
        rates = -damping[damping < -1e-9 * self.setting.equations.rate] if self.setting.equations.rate else damping[:0]
        slowest = float(rates.min(initial=math.inf))
        first = duration or max(at_least, _FIRST / slowest if math.isfinite(slowest) else 100 * _READ * self.step)
        self.block = max(1, math.ceil(first / (_BLOCKS * _READ * self.step)))
        self.ensemble = Ensemble(self.setting, self.start(), self.key, self.trajectories)
        self.blocks = self._walk(_BLOCKS)
        began = time.perf_counter()
        while duration is None and not self._enough():
            self.blocks = np.concatenate([self.blocks, self._walk(self.blocks.shape[1])], axis=1)
            self.blocks = (self.blocks[:, ::2] + self.blocks[:, 1::2]) / 2
            self.block *= 2
            self.progress(f"truncated Wigner: {self.length:.4g} units of time, {clock(time.perf_counter() - began)}")

    def _walk(self, blocks: int) -> ComplexArray:
        """Moments of so many more blocks; charged ones are zero by symmetry."""
        intervals = blocks * self.block
        steps = np.full(intervals, _READ)
        return self._moments(self.ensemble.walk(steps, np.full(intervals, _READ * self.step), self.block))

    def _moments(self, monomials: ComplexArray) -> ComplexArray:
        return np.where(self.neutral, self.setting.moments(monomials), 0)

    def look(self) -> _Look:
        """Judge the blocks."""
        starts = [self.blocks[::2], self.blocks[1::2]]
        burnt = max(burn_in(each) for each in starts)
        burnt = min(burnt + math.ceil(_FADES * float(autocorrelation(self.blocks[:, burnt:]).max())), self.blocks.shape[1] // 2)
        left = self.blocks[:, burnt:]
        means = left.mean(axis=1)
        unlike = float(disagreement(means[::2], means[1::2]).max())
        return _Look(burnt, autocorrelation(left), unlike, half_widths(means))

    def doubts(self) -> dict[Doubt, str]:
        """What is doubtful, but for the step."""
        look, blocks = self.look(), self.blocks.shape[1]
        unit = self.block * _READ * self.step
        result = {}
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
        widest = float(look.widths[: self.setting.asked].max())
        if self.target is not None and widest > self.target:
            result[Doubt.TARGET_MISSED] = (
                f"the widest 95 % interval is +- {widest:.2g}, the target {self.target:.2g}; give a longer duration"
            )
        return result

    def _enough(self) -> bool:
        """Whether to stop: all is well, or too much was spent."""
        return not self.doubts() or self.ensemble.steps * self.trajectories * 2 > MOST_STEPS

    def check_step(self) -> str | None:
        """Repeat some paths with steps twice as long; in words what is wrong with the step, None where nothing is."""
        some = slice(0, max(4, self.trajectories // _CHECKED))
        coarse = Ensemble(self.setting, self.start()[some], self.key, some.stop, merged=2)
        intervals = self.blocks.shape[1] * self.block
        moments = self._moments(coarse.walk(np.full(intervals, _READ), np.full(intervals, _READ * self.step), self.block))
        look = self.look()
        change = (moments - self.blocks[some])[:, look.burnt :].mean(axis=1)
        self.shifts, self.blurs = np.abs(change.mean(axis=0)), change.std(axis=0, ddof=1) / math.sqrt(len(change))
        worst = step_doubt(self.shifts, self.blurs, look.widths)
        if worst is None:
            return None
        return (
            f"steps twice as long change {self.setting.labels[worst]} by {self.shifts[worst]:.2g} +- {self.blurs[worst]:.2g}, "
            f"its 95 % interval is +- {look.widths[worst]:.2g}; give a step below {self.step:.3g}"
        )

    def state(self, model: Model, doubt: str | None, seconds: float) -> TwaState:
        """The result."""
        look, unit = self.look(), self.block * _READ * self.step
        result: Summary = summary(model, self.setting.labels, self.blocks[:, look.burnt :].mean(axis=1))
        doubts = self.doubts() | ({} if doubt is None else {Doubt.STEP_TOO_LONG: doubt})
        return TwaState(
            model=model,
            values=result.moments,
            errors=result.errors,
            derived=result.derived,
            derived_errors=result.derived_errors,
            step_errors=dict(zip(self.setting.labels, self.shifts.tolist(), strict=True)),
            burn_in=look.burnt * unit,
            duration=(self.blocks.shape[1] - look.burnt) * unit,
            autocorrelation_time=float(look.times.max()) * unit,
            sampling=Sampling(self.seed, self.trajectories, self.step, self.ensemble.clipped, doubts, seconds),
        )
