"""Trajectories of one model: where they start, how they move, what is read from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym.errors import SolverFailed
from permsym.model import Model
from permsym.moments.labels import MomentLabel, select_labels
from permsym.operators import ComplexArray
from permsym.semiclassical.twa.equations import Equations, equations
from permsym.semiclassical.twa.phase_space import PhaseSpace, Readout
from permsym.states.derived import derived_labels

RealArray = NDArray[np.float64]
Start = Callable[["Setting", int, np.random.Generator], RealArray]

FINENESS = 0.04
"""Length of a first step times the fastest rate or the fields' root mean square: Tavis-Cummings N=10 is within its errors at 0.1."""
_ACROSS = 0.3  # a step of the trial run times the largest field of any point
_TRIAL = 3.0  # length of the trial run times the fastest rate
_MOST_TRIAL_STEPS = 20_000
_AT_ONCE = 5e6  # steps of a call of the compiled loop, which nothing interrupts


@dataclass(frozen=True)
class Setting:
    """What all trajectories of a model have in common.

    asked   how many of the labels were asked for: the first ones
    jobs    threads; None: as many as there are cores
    """

    model: Model
    space: PhaseSpace
    equations: Equations
    readout: Readout
    asked: int
    jobs: int | None = None

    @classmethod
    def of(
        cls, model: Model, moments: int | str | Iterable[str | MomentLabel], jobs: int | None = None, also: Sequence[MomentLabel] = ()
    ) -> Setting:
        """The equations, and the readout of moments, of those that derived quantities need, and ``also`` of others.

        UnsuitedModel where there are no equations.
        """
        arrays = equations(model)
        space, asked = PhaseSpace.of(model), list(dict.fromkeys(select_labels(model, moments)))
        labels = list(dict.fromkeys([*asked, *derived_labels(model), *also]))
        return cls(model, space, arrays, Readout.of(space, labels), len(asked), jobs)

    def weights(self, label: MomentLabel) -> ComplexArray:
        """(monomials,): one of the moments that are read is their sum with these weights."""
        return np.ascontiguousarray(self.readout.matrix[self.readout.labels.index(label)])

    @property
    def labels(self) -> list[str]:
        """Canonical labels of what is read."""
        return [str(label) for label in self.readout.labels]

    def moments(self, monomials: ComplexArray) -> ComplexArray:
        """(..., labels) from averages of monomials (..., monomials)."""
        values = np.asarray(monomials @ self.readout.matrix.T, dtype=complex)
        values.imag[..., self.readout.real] = 0
        return values

    @property
    def idle(self) -> list[bool]:
        """Classes that no term moves."""
        e = self.equations
        result = []
        for k, spins in enumerate(self.space.classes):
            own = slice(spins.start, spins.start + 3)
            moved = e.noisy[k] or e.matrix[own].any() or e.shift[own].any() or np.isin(e.rows, range(own.start, own.stop)).any()
            result.append(not (moved or e.damping[k].any() or e.spread[:, 1 + k].any()))
        return result

    def key(self, seed: int, batch: int) -> NDArray[np.uint64]:
        """Key of the random numbers of a batch of trajectories."""
        return np.random.SeedSequence(seed, spawn_key=(batch, 0)).generate_state(2, np.uint32).astype(np.uint64)

    def generator(self, seed: int, batch: int) -> np.random.Generator:
        """Random numbers of where a batch of trajectories starts."""
        return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(batch, 1))))


@dataclass
class Ensemble:
    """Trajectories on their way.

    points     (trajectories, D)
    clips      (trajectories' groups, K): steps of the noise that were clipped
    squares    (groups,): sums over steps of h^2, of which ``steps`` were made by each trajectory
    position   steps of the finest noise that were used
    merged     how many of these a step takes
    """

    setting: Setting
    points: RealArray
    key: NDArray[np.uint64]
    groups: int
    merged: int = 1
    position: int = 0
    steps: int = 0

    def __post_init__(self) -> None:
        self.clips = np.zeros((self.groups, len(self.setting.space.classes)), dtype=np.int64)
        self.squares = np.zeros(self.groups)

    def walk(self, steps: NDArray[np.int64], spans: RealArray, block: int) -> ComplexArray:
        """Averages of monomials (groups, blocks, monomials) over each group and block of intervals; steps count the finest noise.

        Raises SolverFailed where a trajectory leaves all bounds.
        """
        means, _ = self.watch(steps, spans, block, np.empty(0, dtype=complex))
        return means

    def watch(self, steps: NDArray[np.int64], spans: RealArray, block: int, weights: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
        """What :meth:`walk` returns, and (trajectories, intervals) sums of monomials with these weights; (trajectories, 0) without any."""
        from permsym.semiclassical.twa.kernel import Reading, Schedule, run

        readout, blocks = self.setting.readout, len(steps) // block
        out = np.zeros((self.groups, blocks, len(readout.parent)), dtype=complex)
        watched = [np.zeros((len(self.points), 0), dtype=complex)]
        number = max(1, min(blocks, int(_AT_ONCE / max(len(self.points) * int(steps.sum()) / blocks, 1))))
        reading = Reading(readout.parent, readout.last, weights)
        for begin in range(0, blocks, number):
            part = slice(begin * block, min(begin + number, blocks) * block)
            schedule = Schedule(steps[part] // self.merged, spans[part], block, self.position, self.merged)
            piece = np.zeros((self.groups, (part.stop - part.start) // block, out.shape[2]), dtype=complex)
            series = np.zeros((len(self.points), (part.stop - part.start) * bool(len(weights))), dtype=complex)
            seen = piece, series, self.clips, self.squares
            run(self.setting.equations, schedule, reading, self.points, *seen, self.setting.equations.noises, self.key, self.setting.jobs)
            out[:, begin : begin + piece.shape[1]] = piece
            watched.append(series)
            self.position += int(steps[part].sum())
            self.steps += int(steps[part].sum()) // self.merged
        if not (np.isfinite(self.points).all() and np.isfinite(out).all()):
            raise SolverFailed(
                "trajectories of truncated Wigner grow without bound: the model gains more than it loses; look at its rates, "
                "or choose a shorter time or step"
            )
        means = np.asarray(out / (block * (len(self.points) // self.groups)), dtype=complex)
        return means, np.concatenate(watched, axis=1)

    @property
    def field(self) -> float:
        """Root mean square of the largest field of a class, over all steps."""
        return math.sqrt(float(self.squares.sum()) / max(self.steps * len(self.points), 1))

    @property
    def clipped(self) -> dict[str, float]:
        """Share of steps of the noise that were clipped, by class."""
        total = max(self.steps, 1) * len(self.points)
        shares = self.clips.sum(axis=0) / total
        return {spins.name: float(share) for spins, share in zip(self.setting.space.classes, shares, strict=True)}


def first_step(setting: Setting, points: RealArray, key: NDArray[np.uint64]) -> float:
    """A length of steps for these points: a trial run measures the fields."""
    arrays = setting.equations
    first = 2 * arrays.mode
    bound = np.abs(points).max(axis=0) + (np.arange(setting.space.size) < first) * math.sqrt(arrays.numbers.sum())
    for spins in setting.space.classes:
        bound[spins.start : spins.start + 3] = spins.N
    fields = np.abs(arrays.matrix[first:]) @ bound + np.abs(arrays.shift[first:])
    for row, factors, weight in zip(arrays.rows, arrays.factors, arrays.weights, strict=True):
        if row >= first:
            fields[row - first] += abs(weight) * np.prod(bound[factors[factors >= 0]])
    largest = math.sqrt(3) * float(fields.max(initial=0.0))
    rate = arrays.rate or largest or 1.0
    step = min(_ACROSS / max(largest, 1e-300), 0.1 / rate)
    number = min(_MOST_TRIAL_STEPS, 2 * math.ceil(_TRIAL / rate / step / 2))
    trial = Ensemble(setting, points.copy(), key, len(points))
    trial.walk(np.array([number]), np.array([number * step]), 1)
    return FINENESS / max(rate, trial.field)


def step_doubt(shift: Sequence[float] | RealArray, blur: RealArray, widths: RealArray) -> int | None:
    """The worst of all values that steps twice as long change beyond what chance allows: beyond half width and two standard errors."""
    excess = np.asarray(shift) - 2 * blur - widths
    worst = int(np.argmax(excess))
    return worst if excess[worst] > 0 else None
