"""One evolution in the making.  Long because one loop serves moments, states and errors.

The neutral sector has the populations and is always followed.  Moments that carry a charge live in sectors of their own, which are
followed where the initial state reaches into them.  A boson whose cut-off is automatic gets more Fock states whenever its last
are populated too much: the step is taken back and the state continued in the larger basis.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.representations import dimension
from permsym.dynamics import blocks
from permsym.dynamics.evolved.certificate import EvolutionCertificate
from permsym.dynamics.evolved.errors import CUT, SectorError, moment_error, sector_of
from permsym.dynamics.evolved.evolution import Evolution
from permsym.dynamics.evolved.keeping import Keeping
from permsym.dynamics.evolved.moving import WindowSector, first_window
from permsym.dynamics.evolved.state import EvolvedState, Origin
from permsym.dynamics.initial_density import Initial, InitialDensity
from permsym.dynamics.krylov import Step
from permsym.dynamics.propagator import VECTORS, Integrator
from permsym.dynamics.sector import Sector, block_by_block, watched
from permsym.dynamics.taylor.sector import Asked, ModulatedBlockSector, ModulatedSector
from permsym.dynamics.taylor.steps import Clock
from permsym.errors import NotApplicable
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.progress import Progress
from permsym.sites import Boson
from permsym.states.sectors import Charge

_LOOK = 8  # steps between two questions whether fewer Fock states would be enough
_FIRST_LEVELS = 6  # Fock states beyond those of the initial state that an automatic cut-off starts with


@dataclass(frozen=True)
class Request:
    """What is asked of an evolution."""

    times: NDArray[np.float64]
    initial: Initial
    tolerance: float
    method: Integrator
    keeping: Keeping
    zero: float
    clock: Clock | None


class Run:
    """One evolution in the making: the sectors one after another, and what their certificate needs."""

    def __init__(self, model: Model, representation: str, request: Request, progress: Progress) -> None:
        initial = request.initial
        self.grows = isinstance(model.centre, Boson) and model.centre.automatic
        levels = initial.levels
        if self.grows and isinstance(initial, InitialDensity) and initial.displacement:  # few levels are enough on its own Fock states
            model, levels = model.displaced(initial.displacement), initial.state.model.centre.levels
        goes_on = isinstance(initial, InitialDensity) and isinstance(initial.state, EvolvedState)
        self.room = 0 if goes_on else _FIRST_LEVELS  # a state on its way has its own
        self.model = model.with_levels(max(levels + self.room, 4)) if self.grows else model
        self.in_blocks: bool | None = None
        self.window = None if request.clock is not None else first_window(self.model, representation, initial)
        self.representation, self.request, self.progress = representation, request, progress
        self.times, self.tolerance = request.times, request.tolerance
        self.trace_defect = self.top_population = 0.0
        self.min_population = np.inf
        self.photons: NDArray[np.float64] | None = None
        self.errors: dict[Charge, SectorError] = {}
        self.charges: set[Charge] = set()  # followed, or nothing was in them
        self.possible: set[Charge] = set()  # that the initial state may reach
        self.largest: dict[MomentLabel, float] = {}  # max(1, |value|) over the times
        self.dimension = self.steps = self.products = 0
        self.used = Integrator.KRYLOV

    # -- moments --------------------------------------------------------------------------------------------------------

    def moments(self, labels: Sequence[MomentLabel]) -> dict[MomentLabel, NDArray[np.complex128]]:
        """All moments at all times: the neutral sector first, which finds the cut-off."""
        neutral = (0,) * len(self.model.charges)
        groups: dict[Charge, list[MomentLabel]] = {neutral: []}
        for label in labels:
            groups.setdefault(sector_of(self.model, label), []).append(self._of_sector(label))
        self.watched = watched(self.model, labels)
        if self.grows and self.room:  # the initial state must not reach into them
            self.model = self.model.with_levels(self.model.centre.levels + max(0, self.watched - self.room))
        self.scale = max(label.norm(self.model) for label in labels)
        keeping, possible = self.request.keeping, self.request.initial.charges(self.model)
        if self.window is None:
            keeping.check(self.model, possible & groups.keys())
        moments: dict[MomentLabel, NDArray[np.complex128]] = {}
        waiting = list(groups.items())
        while waiting:
            charge, members = waiting.pop(0)
            for label, values in self._followed(charge, list(dict.fromkeys(members))).items():
                moments[label] = values
                moments.setdefault(label.conjugate(), values.conj())
            self.charges.add(charge)
            if charge == neutral:  # which has found the cut-off
                self.possible = self.request.initial.charges(self.model)
                more = keeping.charges(self.model, self.possible, groups, self.request.initial.lacking)
                if self.window is None:
                    keeping.check(self.model, {*more, *(self.possible & groups.keys())})
                waiting += [(charge, []) for charge in more]
        return {label: moments[label] for label in labels}

    def evolution(
        self, model: Model, labels: tuple[MomentLabel, ...], values: dict[MomentLabel, NDArray[np.complex128]], started: float
    ) -> Evolution:
        """The evolution, once all sectors have been followed.

        model   as it was asked for; labels: the moments that were; values: of these and of others; started: when the work began
        """
        request, clock = self.request, self.request.clock
        modulated = clock is not None and bool(clock.modulation.functions)
        origin = Origin(model, labels, float(self.tolerance), request.initial.deviation(model), modulated)
        return Evolution(
            model=self.model,
            initial=request.initial,
            times=request.times,
            values=values,
            labels=labels,
            photon_distribution=self.photons,
            certificate=self.certificate(labels),
            representation=self.representation,
            dimension=self.dimension,
            solver={"name": self.used, "steps": self.steps, "products": self.products, "vectors": VECTORS},
            modulation={} if clock is None else clock.modulation.spelled,
            timings={"total": time.perf_counter() - started},
            errors={label: self.error(label) for label in values},
            states=dict(request.keeping.states(origin, request.zero, self.possible, self.charges)),
            stateless=request.keeping.reason,
        )

    def _of_sector(self, label: MomentLabel) -> MomentLabel:
        """The label or its conjugate, whichever the sector feeds: an operator of charge q needs elements of charge -q."""
        return label if tuple(-q for q in label.charge(self.model)) == sector_of(self.model, label) else label.conjugate()

    def error(self, label: MomentLabel) -> float:
        """Estimate of a moment's absolute error at any of the times."""
        sector = sector_of(self.model, label)
        if sector not in self.errors:
            return 0.0
        largest = self.largest.get(self._of_sector(label), 1.0)
        return moment_error(self.model, label, self.errors[sector].total, self.top_population, largest)

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
        self.errors[charge] = SectorError(start=self.request.initial.deviation(self.model, charge))
        self._look(sector, 0.0, state[:, None], np.array([1.0]), values)
        now, end = 0.0, float(self.times[-1])
        while now < end:
            # a quarter of the tolerance for the steps, a quarter for the cut-off, so that their sum stays below it
            rate = self.tolerance / (4 * self.scale * end)
            other: Model | WindowSector | None = None
            for count, step in enumerate(sector.steps(state, now, end, rate, self.request.method), start=1):
                self.used = sector.used
                if not self._accepted(sector, step, rate, values):
                    state = step.space.vectors[:, 0] * step.space.size
                    other = self._elsewhere(sector, state, True)
                    break
                now, state = step.start + step.length, step.final
                self.progress(f"t = {now:.4g} of {end:.4g}, {self.model.centre.levels} levels, {sector.size:,} unknowns")
                if count % _LOOK == 0 and now < end and (other := self._elsewhere(sector, state, False)):
                    break
            if isinstance(other, WindowSector):
                sector, state = other, other.initial
                self.dimension = max(self.dimension, sector.size)
            elif other is not None:
                self.model = other
                changed = self._made(charge, labels)
                state, sector = sector.embedded(state, changed), changed
                self.dimension = max(self.dimension, sector.size)
                self.scale = max([self.scale, *(label.norm(self.model) for label in labels)])
        if sector.cavity and not self.grows and self.error(labels[0]) > self.tolerance and sector.closed():
            self.top_population = 0.0
        return values

    def _elsewhere(self, sector: Sector, state: NDArray[Any], needed: bool) -> Model | WindowSector | None:
        """Where to go on: on more Fock states or in a wider window, or, where that is not ``needed``, on fewer; None: here."""
        if isinstance(sector, WindowSector):
            return sector.moved(state, self.small, needed)
        if needed:
            return sector.grown(state, 0.1 * self.small)
        return sector.improved(state, 0.1 * self.small) if self.grows else None

    def _made(self, charge: tuple[int, ...], labels: Sequence[MomentLabel]) -> Sector:
        """A sector of the model as it stands: on a window, or block by block, where that is faster."""
        request, whole = self.request, (self.model, self.representation, charge)
        if request.clock is None and self.window is not None:
            return WindowSector.first(self.model, charge, self.window, labels, request.initial)
        if self.in_blocks is None:
            suited = request.method is not Integrator.SHIFT_INVERT and block_by_block(*whole)
            self.in_blocks = suited and blocks.BlockSector(*whole, labels, request.initial).fits
        in_blocks = self.in_blocks and not any(charge)
        if request.clock is None:
            return (blocks.BlockSector if in_blocks else Sector)(*whole, labels, request.initial)
        asked = Asked(labels, request.initial)
        if in_blocks:
            with suppress(NotApplicable):  # phases that cancel between channels
                return ModulatedBlockSector(*whole, asked, request.clock)
        return ModulatedSector(*whole, asked, request.clock)

    @property
    def small(self) -> float:
        """Population that the last Fock states may have."""
        return self.tolerance / (4 * CUT * self.scale)

    def _accepted(self, sector: Sector, step: Step, rate: float, values: dict[MomentLabel, NDArray[np.complex128]]) -> bool:
        """Enter a step's moments and errors, unless the cut-off turns out too low in it, or it loses too much at ``rate``."""
        end = step.start + step.length
        last = end >= self.times[-1]
        inside = self.times[(self.times > step.start) & ((self.times <= end) if not last else True)]
        if sector.cavity:
            levels = sector.level_populations(step.space.vectors, step.space.path(step.length))
            top = float(levels[-self.watched :].sum(axis=0).max())
            if self.grows and top > self.small:
                return False
            self.top_population = max(self.top_population, top)
        lost = sector.lost(step)
        if isinstance(sector, WindowSector):
            if lost > rate * step.length + self.small / 100:
                return False
            sector.settled()
        self.products += step.space.vectors.shape[1]
        self.steps += 1
        before = self.errors[sector.basis.charge]
        self.errors[sector.basis.charge] = before.after(step, lost)
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
        if sector.basis.hermitian:
            self._judge(sector, vectors, weights, now)
        if len(now) and self.request.keeping.wanted[now].any():
            self.request.keeping.enter(sector, t, vectors @ weights, self.errors[sector.basis.charge], self.top_population)

    def _judge(self, sector: Sector, vectors: NDArray[Any], weights: NDArray[Any], now: NDArray[np.int64]) -> None:
        """Enter what the neutral sector says about the certificate, and P(n)."""
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
