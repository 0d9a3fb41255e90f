"""Trajectories of one model: what they have in common, and one of them on its way.

prepared = prepare(model, ["ad a", "z1", "+1 -2"])
chain = Chain(prepared, "vacuum up", seed=1, index=0)
samples = chain.run(duration=100, every=0.1)         # (1000, 3), goes on where it stopped
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.dynamics.initial import InitialState, parse_initial
from permsym.errors import InputError, SolverFailed
from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse
from permsym.operators import ComplexArray, Operator, Product
from permsym.rotating import in_rotating_frame
from permsym.sites import Boson, as_count, is_real
from permsym.unravelling.engine.start import Ket, product_ket, upper_state
from permsym.unravelling.engine.tables import SHEAR, Tables, tables
from permsym.unravelling.engine.terms import Expansion, check, distinct_product

RealArray = NDArray[np.float64]
Observable = str | MomentLabel | Operator

UPPER = "upper"
"""A start far from the lowest state."""
_WHOLE, _REAL = 14, 5  # numbers of a chain's state
_LOG = 4096  # jumps of one call of the compiled loop
_WORST_DEFECT = 1e-6


@dataclass(frozen=True)
class Prepared:
    """A model and observables, ready for chains; arrays are made when a chain needs them.

    operators   of each observable
    """

    model: Model
    operators: tuple[Operator, ...]
    _tables: dict[tuple[bool, bool, bool], Tables] = field(default_factory=dict, compare=False, repr=False)

    @property
    def follows(self) -> bool:
        """Whether the frame of the mode follows its field: where no charge keeps the field at zero."""
        return isinstance(self.model.centre, Boson) and not any(charge[0] for charge in self.model.charges)

    def tables(self, displaced: bool, constants: bool, turning: bool) -> Tables:
        """Arrays for one way to see the mode and its jumps; ``turning``: in a frame in which energies that no such ket feels are gone."""
        key = displaced, constants, turning
        if key not in self._tables:
            model = in_rotating_frame(self.model) if turning else self.model
            expansion = Expansion(model, displaced)
            self._tables[key] = tables(model, [expansion.terms(each) for each in self.operators], displaced, constants)
        return self._tables[key]


def prepare(model: Model, observables: Iterable[Observable]) -> Prepared:
    """What chains of a model need, for observables that are moment labels or operators.

    A boson has no cut-off: its ``levels`` are not used.

    Raises UnsuitedModel unless the satellites are one ensemble of two levels, InputError for labels that make no sense.
    """
    check(model)
    operators = []
    for each in observables:
        if isinstance(each, Operator):
            operators.append(model.own(each))
        else:
            operators.append(operator_of(model, each if isinstance(each, MomentLabel) else parse(each, model)))
    return Prepared(model, tuple(operators))


def operator_of(model: Model, label: MomentLabel) -> Operator:
    """The collective operator whose expectation value is a moment: the mean over ordered distinct satellites."""
    centre, (satellites,) = label.operators(model)
    ensemble = model.ensembles[0]
    product = distinct_product(satellites, ensemble.name) / math.perm(ensemble.N, len(satellites))
    return Operator({Product(centre[0]): 1}) * product if centre else product


@dataclass(frozen=True)
class Record:
    """Jumps of one trajectory as detectors count them.

    times     (jumps,) ascending
    jumps     name of each, as of ``model.terms``
    samples   (times asked for, observables) expectation values between them
    """

    times: RealArray
    jumps: tuple[str, ...]
    samples: ComplexArray


class Chain:
    """One trajectory: a ket that jumps, read at equidistant times.

    prepared   of :func:`prepare`
    start      a label of a product state, or "upper": see :func:`permsym.unravelling.engine.start.upper_state`
    seed       of all chains; ``index`` tells them apart.  The same two give the same bits, however many threads or calls there are
    counting   jumps are those that a detector counts: no constant is taken out of them, and the mode has no frame
    """

    def __init__(self, prepared: Prepared, start: str, seed: int, index: int, *, counting: bool = False) -> None:
        self.prepared, self.start, self.counting = prepared, start, counting
        self.seed, self.index = as_count("seed", seed, 0), as_count("index", index, 0)
        state = self._initial()
        displaced = isinstance(prepared.model.centre, Boson) and not counting and (prepared.follows or state.centre.kind == "coherent")
        # a start without coherences between levels commutes with the energies of the frame for ever
        diagonal = not any(site.coherent for site in (state.centre, *state.satellites))
        self._tables = prepared.tables(displaced, counting, diagonal)
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(self.seed, spawn_key=(self.index, 1))))
        self._set(product_ket(prepared.model, state, displaced, rng))
        self._key = np.random.SeedSequence(self.seed, spawn_key=(self.index,)).generate_state(2, np.uint32).astype(np.uint64)
        self.time = 0.0

    def _initial(self) -> InitialState:
        return upper_state(self.prepared.model) if self.start == UPPER else parse_initial(self.start, self.prepared.model)

    def _set(self, ket: Ket) -> None:
        """Start from a ket; a column is a number of spins up less shear times the level."""
        (rows, columns), (level, up) = ket.psi.shape, ket.first
        shifts = -int(self._tables.limits[SHEAR]) * (level + np.arange(rows))
        psi = np.zeros((rows, columns + int(np.ptp(shifts))), dtype=complex)
        for row, shift in enumerate(shifts - shifts.min()):
            psi[row, shift : shift + columns] = ket.psi[row]
        self._psi, self._whole, self._real = psi.ravel(), np.zeros(_WHOLE, dtype=np.int64), np.zeros(_REAL)
        self._whole[:5] = ket.J, level, up + shifts.min(), *psi.shape
        self._real[1:3] = ket.alpha.real, ket.alpha.imag

    # -- on its way -----------------------------------------------------------------------------------------------------

    def run(self, duration: float, every: float) -> ComplexArray:
        """Expectation values (samples, observables) at ``every``, 2 ``every``, ... up to ``duration`` after where it stopped.

        Raises SolverFailed where the state grows without bound.
        """
        sensible = is_real(duration) and is_real(every) and 0 < every < math.inf and 0 < duration < math.inf
        number = round(duration / every) if sensible else 0
        if number < 1:
            raise InputError(f"`duration` must be at least one `every` > 0, but they are {duration!r} and {every!r}")
        begin = self.time
        return self.run_until(begin + every * np.arange(1, number + 1))

    def run_until(self, times: ArrayLike) -> ComplexArray:
        """Expectation values (times, observables) at ascending times, none before where it stopped."""
        at = np.atleast_1d(np.asarray(times, dtype=float))
        if at.ndim != 1 or not len(at) or not np.isfinite(at).all() or at[0] < self.time or (np.diff(at) < 0).any():
            raise InputError(f"times of a trajectory must be finite, ascending and >= {self.time:g}, where it has stopped")
        samples, _, _ = self._walk(at, log=False)
        return samples

    def record(self, duration: float, every: float | None = None) -> Record:
        """Jumps until ``duration`` after where it stopped, with samples at ``every``, 2 ``every``, ...; the jumps do not depend on those.

        InputError unless the chain is ``counting``.
        """
        if not self.counting:
            raise InputError("jumps in a moving frame are no photon counts; make the chain with counting=True")
        number = 0 if every is None else math.floor(duration / every * (1 + 1e-12))
        at = self.time + np.arange(1, number + 1) * (every or 0.0)
        samples, times, places = self._walk(np.append(np.minimum(at, self.time + duration), self.time + duration), log=True)
        terms = [term.name for term in self.prepared.model.terms if term.jump]
        return Record(times, tuple(terms[place] for place in places), samples[:-1])

    def _walk(self, times: RealArray, log: bool) -> tuple[ComplexArray, RealArray, NDArray[np.int64]]:
        """Samples at times, and jumps before the last of them."""
        from permsym.unravelling.engine.kernel import DONE, LOG_FULL, walk
        from permsym.unravelling.engine.ket import DEFECT, LOGGED, SAMPLES, STATUS

        out = np.zeros((len(times), len(self.prepared.operators)), dtype=complex)
        log_times, log_jumps = np.zeros(_LOG * log), np.zeros(_LOG * log, dtype=np.int64)
        logs: list[tuple[RealArray, NDArray[np.int64]]] = []
        first = 0
        while True:
            part = times[first:], out[first:]
            self._psi = walk(self._tables, self._psi, self._whole, self._real, self._key, *part, log_times, log_jumps)
            first += int(self._whole[SAMPLES])
            logs.append((log_times[: self._whole[LOGGED]].copy(), log_jumps[: self._whole[LOGGED]].copy()))
            if self._whole[STATUS] != LOG_FULL:
                break
        if self._whole[STATUS] != DONE:
            raise SolverFailed(
                "a trajectory grows without bound, beyond 200,000 quanta or a million amplitudes: the model gains more than it loses; "
                "look at its rates, or choose a shorter time"
            )
        if self._real[DEFECT] > _WORST_DEFECT:
            raise SolverFailed(f"a trajectory loses its norm by {self._real[DEFECT]:.1e}; this is a fault of permsym, please report it")
        self.time = float(times[-1])
        return out, np.concatenate([each for each, _ in logs]), np.concatenate([each for _, each in logs])

    # -- state ----------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> dict[str, Any]:
        """Plain arrays from which :meth:`from_state` goes on with the same bits."""
        return {"psi": self._psi.copy(), "whole": self._whole.copy(), "real": self._real.copy(), "time": np.array(self.time)}

    @classmethod
    def from_state(cls, prepared: Prepared, start: str, seed: int, index: int, state: dict[str, Any], *, counting: bool = False) -> Chain:
        """The chain of these arguments where ``state`` left it; seven parameters of its own: those of a chain, and where it is."""
        chain = cls(prepared, start, seed, index, counting=counting)
        chain._psi = np.ascontiguousarray(state["psi"], dtype=complex)
        chain._whole = np.array(state["whole"], dtype=np.int64)
        chain._real = np.array(state["real"], dtype=float)
        chain.time = float(state["time"])
        return chain

    @property
    def window(self) -> tuple[int, int]:
        """Rows and columns of the ket: levels of the centre, and numbers of spins up less the shear."""
        return int(self._whole[3]), int(self._whole[4])

    @property
    def effort(self) -> dict[str, int]:
        """Jumps, steps, products with G and moves of the frame so far."""
        return dict(zip(("jumps", "steps", "products", "moves"), map(int, self._whole[10:14]), strict=True))

    @property
    def defect(self) -> float:
        """The largest relative difference so far between the rate of all jumps and the decay of the norm; a check of the algebra."""
        return float(self._real[4])
