"""One evolution in the making.

The neutral sector has the populations and is always followed.  Moments that carry a charge live in sectors of their own, which are
followed where the initial state reaches into them.  A boson whose cut-off is automatic gets more Fock states whenever its last
are populated too much: the step is taken back and the state continued in the larger basis.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics import blocks
from permsym.dynamics.evolved.checkpoint import SHAPE, EvolutionCheckpoint, Present
from permsym.dynamics.evolved.errors import CUT, SectorError, of_sector, sector_of
from permsym.dynamics.evolved.evolution import Evolution
from permsym.dynamics.evolved.moving import WindowSector, first_window
from permsym.dynamics.evolved.request import Request
from permsym.dynamics.evolved.state import EvolvedState, Origin
from permsym.dynamics.evolved.tally import Tally
from permsym.dynamics.initial_density import InitialDensity
from permsym.dynamics.krylov import Step
from permsym.dynamics.propagator import VECTORS, Integrator
from permsym.dynamics.reached import reached_dimension
from permsym.dynamics.sector import Sector, block_by_block, watched
from permsym.dynamics.taylor.sector import Asked, ModulatedBlockSector, ModulatedSector
from permsym.fields import checked
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.progress import Progress
from permsym.sites import Boson
from permsym.states.archived import Packing, Unpacking
from permsym.states.sectors import Charge

_LOOK = 8  # steps between two questions whether fewer Fock states would be enough
_FIRST_LEVELS = 6  # Fock states beyond those of the initial state that an automatic cut-off starts with


class Run:
    """One evolution in the making: the sectors one after another, and what their certificate needs."""

    def __init__(
        self,
        model: Model,
        representation: str,
        request: Request,
        progress: Progress,
        checkpoint: EvolutionCheckpoint | None = None,
    ) -> None:
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
        self.tally = Tally(request.times)
        self.possible: set[Charge] = set()  # that the initial state may reach
        self.checkpoint, self.resumed = checkpoint, 0.0
        self.written = None if checkpoint is None else checkpoint.load()

    # -- moments --------------------------------------------------------------------------------------------------------

    def moments(self, labels: Sequence[MomentLabel]) -> dict[MomentLabel, NDArray[np.complex128]]:
        """All moments at all times: the neutral sector first, which finds the cut-off."""
        neutral = (0,) * len(self.model.charges)
        groups: dict[Charge, list[MomentLabel]] = {neutral: []}
        for label in labels:
            groups.setdefault(sector_of(self.model, label), []).append(of_sector(self.model, label))
        self.watched = watched(self.model, labels)
        if self.grows and self.room:  # the initial state must not reach into them
            self.model = self.model.with_levels(self.model.centre.levels + max(0, self.watched - self.room))
        self.scale = max(label.norm(self.model) for label in labels)
        keeping, possible = self.request.keeping, self.request.initial.charges(self.model)
        if self.window is None:
            keeping.check(self.model, possible & groups.keys())
        if self.checkpoint is not None:
            self.checkpoint.started()
        self._recall()
        waiting = list(groups.items())
        while waiting:
            charge, members = waiting.pop(0)
            if charge not in self.tally.charges:
                self._follow(charge, list(dict.fromkeys(members)))
                self.tally.charges.add(charge)
            if charge == neutral:  # which has found the cut-off
                self.possible = self.request.initial.charges(self.model)
                more = keeping.charges(self.model, self.possible, groups, self.request.initial.lacking)
                if self.window is None:
                    keeping.check(self.model, {*more, *(self.possible & groups.keys())})
                waiting += [(charge, []) for charge in more]
        self._write(None)
        values = self.tally.values
        values |= {label.conjugate(): series.conj() for label, series in values.items() if label.conjugate() not in values}
        return {label: values[label] for label in labels}

    def evolution(
        self, model: Model, labels: tuple[MomentLabel, ...], values: dict[MomentLabel, NDArray[np.complex128]], started: float
    ) -> Evolution:
        """The evolution, once all sectors have been followed.

        model   as it was asked for; labels: the moments that were; values: of these and of others; started: when the work began
        """
        request, clock, tally = self.request, self.request.clock, self.tally
        modulated = clock is not None and bool(clock.modulation.functions)
        origin = Origin(model, labels, float(self.tolerance), request.initial.deviation(model), modulated)
        return Evolution(
            model=self.model,
            initial=request.initial,
            times=request.times,
            values=values,
            labels=labels,
            photon_distribution=tally.photons,
            certificate=tally.certificate(self.model, labels, float(self.tolerance)),
            representation=self.representation,
            dimension=tally.dimension,
            solver={"name": tally.used, "steps": tally.steps, "products": tally.products, "vectors": VECTORS}
            | ({"resumed": self.resumed} if self.written else {}),
            modulation={} if clock is None else clock.modulation.spelled,
            clock=clock,
            timings={"total": time.perf_counter() - started},
            errors={label: tally.error(self.model, label) for label in values},
            states=dict(request.keeping.states(origin, request.zero, self.possible, tally.charges)),
            stateless=request.keeping.reason,
        )

    # -- one sector -----------------------------------------------------------------------------------------------------

    def _follow(self, charge: tuple[int, ...], labels: Sequence[MomentLabel]) -> None:
        """Enter moments of one sector at all times."""
        tally = self.tally
        tally.open(labels)
        present = self._begun(charge, labels)
        if present is None:
            return
        (sector, state, now, steps, pace), end = present, float(self.times[-1])
        while now < end:
            # a quarter of the tolerance for the steps, a quarter for the cut-off, so that their sum stays below it
            rate = self.tolerance / (4 * self.scale * end)
            other: Model | WindowSector | None = None
            for count, step in enumerate(sector.steps(state, now, end, rate, self.request.method, pace), start=steps + 1):
                tally.used = sector.used
                if not self._accepted(sector, step, rate):
                    state = step.space.vectors[:, 0] * step.space.size
                    other = self._elsewhere(sector, state, True)
                    break
                now, state = step.start + step.length, step.final
                self.progress(f"t = {now:.4g} of {end:.4g}, {self.model.centre.levels} levels, {sector.size:,} unknowns")
                if count % _LOOK == 0 and now < end and (other := self._elsewhere(sector, state, False)):
                    break
                self._write(Present(sector, state, now, count, step.pace))
            if other is not None:
                sector, state = self._changed(sector, state, other, labels)
            steps, pace = 0, ()
        if sector.cavity and not self.grows and tally.error(self.model, labels[0]) > self.tolerance and sector.closed():
            tally.top_population = 0.0

    def _begun(self, charge: tuple[int, ...], labels: Sequence[MomentLabel]) -> Present | None:
        """Where a sector is to be followed from: as a checkpoint has it, or the initial state; None: nothing is in it."""
        if self.written and (entry := self.written.header["present"]) and tuple(entry["charge"]) == charge:
            return self._recalled(entry, self.written, labels)
        if any(charge) and not reached_dimension(self.model, self.representation, charge, self.request.initial):
            return None
        sector = self._made(charge, labels)
        state = sector.initial
        if any(charge) and not state.any():
            return None
        self.tally.dimension = max(self.tally.dimension, sector.size)
        self.tally.errors[charge] = SectorError(start=self.request.initial.deviation(self.model, charge))
        self._look(sector, 0.0, state[:, None], np.array([1.0]))
        return Present(sector, state)

    def _changed(
        self, sector: Sector, state: NDArray[Any], other: Model | WindowSector, labels: Sequence[MomentLabel]
    ) -> tuple[Sector, NDArray[Any]]:
        """The state in another window, or on other Fock states."""
        if isinstance(other, WindowSector):
            self.tally.dimension = max(self.tally.dimension, other.size)
            return other, other.initial
        self.model = other
        changed = self._made(sector.basis.charge, labels)
        self.tally.dimension = max(self.tally.dimension, changed.size)
        self.scale = max([self.scale, *(label.norm(self.model) for label in labels)])
        return changed, sector.embedded(state, changed)

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
        return (ModulatedBlockSector if in_blocks else ModulatedSector)(*whole, asked, request.clock)

    @property
    def small(self) -> float:
        """Population that the last Fock states may have."""
        return self.tolerance / (4 * CUT * self.scale)

    def _accepted(self, sector: Sector, step: Step, rate: float) -> bool:
        """Enter a step's moments and errors, unless the cut-off turns out too low in it, or it loses too much at ``rate``."""
        end = step.start + step.length
        last = end >= self.times[-1]
        inside = self.times[(self.times > step.start) & ((self.times <= end) if not last else True)]
        if sector.cavity:
            levels = sector.level_populations(step.space.vectors, step.space.path(step.length))
            top = float(levels[-self.watched :].sum(axis=0).max())
            if self.grows and top > self.small:
                return False
            self.tally.top_population = max(self.tally.top_population, top)
        lost = sector.lost(step)
        if isinstance(sector, WindowSector):
            if lost > rate * step.length + self.small / 100:
                return False
            sector.settled()
        self.tally.accept(sector.basis.charge, step, lost)
        for t in np.union1d(inside, [end]):
            self._look(sector, t, step.space.vectors, step.space.weights(t - step.start))
        return True

    def _look(self, sector: Sector, t: float, vectors: NDArray[Any], weights: NDArray[Any]) -> None:
        """Enter moments and certificate of the state vectors @ weights at time t, and the state itself where it is wanted."""
        now = self.tally.look(sector, t, vectors, weights, self.watched)
        if len(now) and self.request.keeping.wanted[now].any():
            error = self.tally.errors[sector.basis.charge]
            self.request.keeping.enter(sector, t, vectors @ weights, error, self.tally.top_population)

    # -- checkpoints ----------------------------------------------------------------------------------------------------

    def _write(self, present: Present | None) -> None:
        """Write a checkpoint if it is time; None: at the end."""
        if self.checkpoint is None:
            return

        def header(packing: Packing) -> dict[str, Any]:
            return {
                "levels": packing.model(self.model),
                "scale": self.scale,
                "in_blocks": self.in_blocks,
                "tally": self.tally.packed(packing),
                "states": self.request.keeping.packed(packing),
                "present": None if present is None else present.packed(packing),
            }

        self.checkpoint.write(header, self.progress, now=present is None)

    def _recall(self) -> None:
        """Go back to where a checkpoint was written."""
        if self.written is None:
            return
        header = checked(self.written.header, SHAPE, "the checkpoint")
        self.model, self.scale, self.in_blocks = self.written.model(header["levels"]), header["scale"], header["in_blocks"]
        self.tally = Tally.unpacked(header["tally"], self.model, self.times, self.written)
        self.request.keeping.recall(header["states"], self.written)
        self.resumed = float(self.times[-1]) if header["present"] is None else header["present"]["now"]
        self.progress(f"goes on from t = {self.resumed:.4g}")

    def _recalled(self, entry: dict[str, Any], written: Unpacking, labels: Sequence[MomentLabel]) -> Present:
        """Where a checkpoint was written in a sector."""
        state, where = written.array(entry["state"]), (entry["now"], entry["steps"], tuple(entry["pace"]))
        if entry["window"] is None:
            return Present(self._made(tuple(entry["charge"]), labels), state, *where)
        sector = WindowSector(self.model, written.basis(entry["window"]), labels, self.request.initial, state)
        return Present(sector, sector.initial, *where)
