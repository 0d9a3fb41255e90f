"""Exact time evolution rho(t) = exp(t L) rho(0) of any model, in any representation and in every charge sector that is asked for.

The neutral sector has the populations and is always followed.  Moments that carry a charge live in sectors of their own, which are
followed where the initial state reaches into them.  A boson whose cut-off is automatic gets more Fock states whenever its last
are populated too much: the step is taken back and the state continued in the larger basis.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.basis.representations import choose, dimension
from permsym.dynamics import blocks
from permsym.dynamics.evolution import Evolution, EvolutionCertificate
from permsym.dynamics.initial_density import Initial, InitialDensity, as_initial
from permsym.dynamics.krylov import Step
from permsym.dynamics.propagator import VECTORS, Integrator
from permsym.dynamics.sector import Sector, block_by_block, watched
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel, select_labels
from permsym.progress import Progress, silent
from permsym.sites import Boson, is_real
from permsym.states.density import DensityOperator
from permsym.states.derived import derived_labels
from permsym.steady.state import DEFAULT_TOLERANCE

if TYPE_CHECKING:
    import qutip

_CUT = 8.0  # times the population of the last Fock states: an estimate of what a cut-off changes, per unit of an operator's norm
START_ROUNDING = 32 * float(np.finfo(float).eps)  # rounding of the initial state and of moments, a site: up to 20 eps in 60 product states
_LOOK = 8  # steps between two questions whether fewer Fock states would be enough
_FIRST_LEVELS = 6  # Fock states beyond those of the initial state that an automatic cut-off starts with


def evolve(
    model: Model,
    times: ArrayLike,
    *,
    initial: str | Initial | DensityOperator | qutip.Qobj = "",
    moments: int | str | Iterable[str | MomentLabel] = 2,
    tolerance: float = DEFAULT_TOLERANCE,
    basis: str = "auto",
    method: str = "auto",
    progress: Progress | None = None,
) -> Evolution:
    """Moments of rho(t) at given times; its eight arguments are independent choices of a user.

    times       >= 0, ascending; the initial state stands at t = 0
    initial     a label such as ``"coherent=2.0 up"`` (see :mod:`permsym.dynamics.initial`); "": every site in its lowest state;
                or a state of the same sites (a steady state before a quench), or a QuTiP object of all sites, one by one
    moments     an order, a label, or several labels
    tolerance   absolute error of every moment at every time that is aimed at, and that counts as certified
    basis       "auto", "dicke", "occupation" or "full"
    method      "krylov" (products with L only), "shift-invert" (a factorisation, for stiff systems), "auto": what is faster
    progress    called with a line of text now and then

    Raises InputError for times, labels and states that make no sense, TooLarge before allocating more than is free.
    The certificate says whether the tolerance was reached; nothing is certified silently.
    """
    started = time.perf_counter()
    _check(tolerance, method)
    request = _Request(_times(times), as_initial(initial, model), tolerance, Integrator(method))
    labels = tuple(select_labels(model, moments))
    run = _Run(model, choose(model) if basis == "auto" else basis, request, progress or silent)
    values = run.moments(list(dict.fromkeys([*labels, *derived_labels(model)])))
    evolution = Evolution(
        model=run.model,
        initial=request.initial,
        times=request.times,
        values=values,
        labels=labels,
        photon_distribution=run.photons,
        certificate=run.certificate(labels),
        representation=run.representation,
        dimension=run.dimension,
        solver={"name": run.used, "steps": run.steps, "products": run.products, "vectors": VECTORS},
        timings={"total": time.perf_counter() - started},
        errors={label: run.error(label) for label in values},
    )
    return evolution.judged()


def _check(tolerance: float, method: str) -> None:
    if not is_real(tolerance) or not 0 < tolerance < np.inf:
        raise InputError(f"`tolerance` must be a positive number, but is {tolerance!r}")
    if method not in list(Integrator):
        raise InputError(f"`method` must be one of {', '.join(Integrator)}, but is {method!r}")


def _times(times: ArrayLike) -> NDArray[np.float64]:
    try:
        at = np.atleast_1d(np.asarray(times, dtype=float))
    except (TypeError, ValueError):
        raise InputError(f"`times` must be numbers, but are {times!r}") from None
    if at.ndim != 1 or not len(at) or not np.isfinite(at).all() or at[0] < 0 or (np.diff(at) < 0).any():
        raise InputError("`times` must be finite, ascending and >= 0, such as np.linspace(0, 10, 101); the initial state stands at t = 0")
    return at


@dataclass(frozen=True)
class _Request:
    """What is asked of an evolution."""

    times: NDArray[np.float64]
    initial: Initial
    tolerance: float
    method: Integrator


class _Run:
    """One evolution in the making: the sectors one after another, and what their certificate needs."""

    def __init__(self, model: Model, representation: str, request: _Request, progress: Progress) -> None:
        initial = request.initial
        self.grows = isinstance(model.centre, Boson) and model.centre.automatic
        levels = initial.levels
        if self.grows and isinstance(initial, InitialDensity) and initial.displacement:  # few levels are enough on its own Fock states
            model, levels = model.displaced(initial.displacement), initial.state.model.centre.levels
        self.model = model.with_levels(max(levels + _FIRST_LEVELS, 4)) if self.grows else model
        self.in_blocks: bool | None = None
        self.representation, self.request, self.progress = representation, request, progress
        self.times, self.tolerance = request.times, request.tolerance
        self.trace_defect = self.top_population = 0.0
        self.min_population = np.inf
        self.photons: NDArray[np.float64] | None = None
        self.bounds: dict[tuple[int, ...], float] = {}
        self.rounding: dict[tuple[int, ...], float] = {}
        self.largest: dict[MomentLabel, float] = {}  # max(1, |value|) over the times
        self.dimension = self.steps = self.products = 0
        self.used = Integrator.KRYLOV

    # -- moments --------------------------------------------------------------------------------------------------------

    def moments(self, labels: Sequence[MomentLabel]) -> dict[MomentLabel, NDArray[np.complex128]]:
        """All moments at all times: the neutral sector first, which finds the cut-off."""
        neutral = (0,) * len(self.model.charges)
        groups: dict[tuple[int, ...], list[MomentLabel]] = {neutral: []}
        for label in labels:
            groups.setdefault(self._sector(label), []).append(self._of_sector(label))
        self.watched = watched(self.model, labels)
        if self.grows:  # the initial state must not reach into them
            self.model = self.model.with_levels(self.model.centre.levels + max(0, self.watched - _FIRST_LEVELS))
        self.scale = max(self.norm(label) for label in labels)
        moments: dict[MomentLabel, NDArray[np.complex128]] = {}
        for charge, members in groups.items():
            for label, values in self._followed(charge, list(dict.fromkeys(members))).items():
                moments[label] = values
                moments.setdefault(label.conjugate(), values.conj())
        return {label: moments[label] for label in labels}

    def _sector(self, label: MomentLabel) -> tuple[int, ...]:
        """The sector that feeds a moment or its conjugate: one of each pair of opposite charges."""
        charge = label.charge(self.model)
        return max(charge, tuple(-q for q in charge))

    def _of_sector(self, label: MomentLabel) -> MomentLabel:
        """The label or its conjugate, whichever the sector feeds: an operator of charge q needs elements of charge -q."""
        return label if tuple(-q for q in label.charge(self.model)) == self._sector(label) else label.conjugate()

    def norm(self, label: MomentLabel) -> float:
        """A bound of the norm of a moment's operator: that of a ladder operator is sqrt(levels - 1) + |alpha|."""
        centre = self.model.centre
        if not isinstance(centre, Boson):
            return 1.0
        return float(max(1.0, math.sqrt(centre.levels - 1) + abs(centre.displacement)) ** len(label.centre))

    def error(self, label: MomentLabel) -> float:
        """Estimate of a moment's absolute error at any of the times."""
        sector = self._sector(label)
        if sector not in self.bounds:
            return 0.0
        ends = START_ROUNDING * (1 + sum(self.model.sizes)) * self.largest.get(self._of_sector(label), 1.0)
        return self.norm(label) * (self.bounds[sector] + self.rounding[sector] + _CUT * self.top_population) + ends

    def certificate(self, labels: Sequence[MomentLabel]) -> EvolutionCertificate:
        """Evidence for requested moments, once all sectors have been followed."""
        errors = {str(label): self.error(label) for label in labels}
        largest = max(errors.values(), default=0.0)
        sizes = {str(label): self.largest.get(self._of_sector(label), 1.0) for label in labels}
        return EvolutionCertificate(
            largest, errors, self.trace_defect, self.min_population, self.top_population, float(self.tolerance), sizes
        )

    # -- one sector -----------------------------------------------------------------------------------------------------

    def _followed(self, charge: tuple[int, ...], labels: Sequence[MomentLabel]) -> dict[MomentLabel, NDArray[np.complex128]]:
        """Moments of one sector."""
        values = {label: np.zeros(len(self.times), dtype=complex) for label in labels}
        if any(charge) and not dimension(self.model, self.representation, charge):
            return values
        sector = self._made(charge, labels)
        state = sector.initial
        if any(charge) and not state.any():
            return values
        self.dimension = max(self.dimension, sector.size)
        self.bounds[charge] = self.rounding[charge] = 0.0
        self._look(sector, 0.0, state[:, None], np.array([1.0]), values)
        now, end = 0.0, float(self.times[-1])
        while now < end:
            # a quarter of the tolerance for the steps, a quarter for the cut-off, so that their sum stays below it
            rate = self.tolerance / (4 * self.scale * end)
            other: Model | None = None
            for count, step in enumerate(sector.steps(state, now, end, rate, self.request.method), start=1):
                self.used = sector.used
                if not self._accepted(sector, step, values):
                    state = step.space.vectors[:, 0] * step.space.size
                    other = sector.grown(state, 0.1 * self.small)
                    break
                now, state = step.start + step.length, step.final
                self.progress(f"t = {now:.4g} of {end:.4g}, {self.model.centre.levels} levels, {sector.size:,} unknowns")
                if self.grows and count % _LOOK == 0 and now < end and (other := sector.improved(state, 0.1 * self.small)):
                    break
            if other is not None:
                self.model = other
                changed = self._made(charge, labels)
                state, sector = sector.embedded(state, changed), changed
                self.dimension = max(self.dimension, sector.size)
                self.scale = max(self.scale, *(self.norm(label) for label in labels))
        if sector.cavity and not self.grows and self.error(labels[0]) > self.tolerance and sector.closed():
            self.top_population = 0.0
        return values

    def _made(self, charge: tuple[int, ...], labels: Sequence[MomentLabel]) -> Sector:
        """A sector of the model as it stands: block by block where that is faster."""
        if any(charge) or self.in_blocks is False:
            return Sector(self.model, self.representation, charge, labels, self.request.initial)
        if self.in_blocks is None:
            self.in_blocks = False
            if self.request.method is not Integrator.SHIFT_INVERT and block_by_block(self.model, self.representation, charge):
                self.in_blocks = blocks.BlockSector(self.model, self.representation, charge, labels, self.request.initial).fits
        return (blocks.BlockSector if self.in_blocks else Sector)(self.model, self.representation, charge, labels, self.request.initial)

    @property
    def small(self) -> float:
        """Population that the last Fock states may have."""
        return self.tolerance / (4 * _CUT * self.scale)

    def _accepted(self, sector: Sector, step: Step, values: dict[MomentLabel, NDArray[np.complex128]]) -> bool:
        """Enter a step's moments and errors, unless the cut-off turns out too low in it."""
        end = step.start + step.length
        last = end >= self.times[-1]
        inside = self.times[(self.times > step.start) & ((self.times <= end) if not last else True)]
        if sector.cavity:
            levels = sector.level_populations(step.space.vectors, step.space.path(step.length))
            top = float(levels[-self.watched :].sum(axis=0).max())
            if self.grows and top > self.small:
                return False
            self.top_population = max(self.top_population, top)
        self.products += step.space.vectors.shape[1]
        self.steps += 1
        self.bounds[sector.basis.charge] += step.error
        self.rounding[sector.basis.charge] += step.rounding
        for t in np.union1d(inside, [end]):
            self._look(sector, t, step.space.vectors, step.space.weights(t - step.start), values)
        return True

    def _look(
        self,
        sector: Sector,
        t: float,
        vectors: NDArray[Any],
        weights: NDArray[Any],
        values: dict[MomentLabel, NDArray[np.complex128]],
    ) -> None:
        """Enter moments and certificate of the state vectors @ weights at time t."""
        now = np.flatnonzero(self.times == t)
        if len(now):
            for label, value in zip(values, sector.moments(vectors, weights), strict=True):
                values[label][now] = value
                self.largest[label] = max(self.largest.get(label, 1.0), abs(value))
        if not sector.basis.hermitian:
            return
        populations = sector.populations(vectors, weights)
        self.trace_defect = max(self.trace_defect, abs(float(populations.sum()) - 1))
        self.min_population = min(self.min_population, float(populations.min()))
        if sector.cavity:
            self.top_population = max(
                self.top_population, float(sector.level_populations(vectors, weights[:, None])[-self.watched :].sum())
            )
            if len(now):
                self.photons = _entered(self.photons, sector.photons(vectors, weights), now, len(self.times))


def _entered(table: NDArray[np.float64] | None, row: NDArray[np.float64], rows: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """The table (count, levels) with a row entered, widened where the row is longer."""
    if table is None:
        table = np.zeros((count, len(row)))
    if table.shape[1] < len(row):
        table = np.pad(table, ((0, 0), (0, len(row) - table.shape[1])))
    table[rows, : len(row)] = row
    return table
