"""Exact time evolution rho(t) = exp(t L) rho(0) of any model, in any representation and in every charge sector that is asked for.

The neutral sector holds the populations and is always followed.  Moments that carry a charge live in sectors of their own, which are
followed where the initial state reaches into them.  A boson whose cut-off is automatic is given more Fock states whenever the last two
hold too much: the step is taken back and the state continued in the larger basis.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from permsym.basis.basis import build, choose, dimension
from permsym.dynamics.evolution import Evolution, EvolutionCertificate, derived_labels
from permsym.dynamics.initial import InitialState, parse_initial
from permsym.dynamics.krylov import EPS, Step, Subspace, steps, subspace
from permsym.errors import InputError, TooLarge
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel, select_labels
from permsym.operators import Monomial
from permsym.sites import Boson, is_real
from permsym.steady import memory
from permsym.steady.direct import SuperLU
from permsym.steady.progress import Progress, silent
from permsym.steady.solve import lattice
from permsym.steady.state import DEFAULT_TOLERANCE

Method = Literal["auto", "krylov", "shift-invert"]
METHODS: tuple[Method, ...] = ("auto", "krylov", "shift-invert")
_VECTORS = 30  # of a subspace: more cost their orthogonalisation, fewer make steps short
_CUT = 8.0  # times the population of the last two Fock states: an estimate of what a cut-off changes, per unit of an operator's norm
_FIRST_LEVELS = 6  # Fock states beyond those of the initial state that an automatic cut-off starts with


def evolve(
    model: Model,
    times: ArrayLike,
    *,
    initial: str | InitialState = "",
    moments: int | str | Iterable[str | MomentLabel] = 2,
    tolerance: float = DEFAULT_TOLERANCE,
    basis: str = "auto",
    method: Method = "auto",
    progress: Progress | None = None,
) -> Evolution:
    """Moments of rho(t) at given times >= 0, ascending; the initial state stands at t = 0.

    initial     a label such as ``"coherent=2.0 up"`` (see :mod:`permsym.dynamics.initial`); "": every site in its lowest state
    moments     which moments: an order, a label, or several
    tolerance   absolute error of every moment at every time that is aimed at, and that counts as certified
    basis       "auto", "dicke", "occupation" or "full"
    method      "krylov" (products with L only), "shift-invert" (a factorisation, for stiff systems), "auto": what is faster
    progress    called with a line of text now and then

    Raises InputError for times, labels and states that make no sense, TooLarge before allocating more than is free.
    The certificate says whether the tolerance was reached; nothing is certified silently.
    """
    started = time.perf_counter()
    if not is_real(tolerance) or not 0 < tolerance < np.inf:
        raise InputError(f"`tolerance` must be a positive number, but is {tolerance!r}")
    if method not in METHODS:
        raise InputError(f"`method` must be one of {', '.join(METHODS)}, but is {method!r}")
    at = _times(times)
    state = parse_initial(initial, model) if isinstance(initial, str) else initial
    labels = tuple(select_labels(model, moments))
    run = _Run(model, choose(model) if basis == "auto" else basis, state, at, tolerance, method, progress or silent)
    values = run.moments(list(dict.fromkeys([*labels, *derived_labels(model)])))
    errors = {str(label): run.error(label) for label in labels}
    certificate = EvolutionCertificate(
        max(errors.values(), default=0.0), errors, run.trace_defect, run.min_population, run.top_population, float(tolerance)
    )
    return Evolution(
        run.model,
        state,
        at,
        values,
        labels,
        run.photons,
        certificate,
        run.representation,
        run.dimension,
        {"name": run.used, "steps": run.steps, "products": run.products, "vectors": _VECTORS},
        {"total": time.perf_counter() - started},
    )


def _times(times: ArrayLike) -> NDArray[np.float64]:
    try:
        at = np.atleast_1d(np.asarray(times, dtype=float))
    except (TypeError, ValueError):
        raise InputError(f"`times` must be numbers, but are {times!r}") from None
    if at.ndim != 1 or not len(at) or not np.isfinite(at).all() or at[0] < 0 or (np.diff(at) < 0).any():
        raise InputError("`times` must be finite, ascending and >= 0, such as np.linspace(0, 10, 101); the initial state stands at t = 0")
    return at


class _Run:
    """One evolution in the making: the sectors one after another, and what their certificate needs."""

    def __init__(
        self,
        model: Model,
        representation: str,
        initial: InitialState,
        times: NDArray[np.float64],
        tolerance: float,
        method: Method,
        progress: Progress,
    ) -> None:
        self.grows = isinstance(model.centre, Boson) and model.centre.automatic
        self.model = model.with_levels(max(initial.centre.levels + _FIRST_LEVELS, 4)) if self.grows else model
        self.representation = representation
        self.initial = initial
        self.times = times
        self.tolerance = tolerance
        self.method = method
        self.progress = progress
        self.trace_defect = self.top_population = 0.0
        self.min_population = np.inf
        self.photons: NDArray[np.float64] | None = None
        self.bounds: dict[tuple[int, ...], float] = {}
        self.dimension = self.steps = self.products = 0
        self.used = "krylov"

    # -- moments --------------------------------------------------------------------------------------------------------

    def moments(self, labels: Sequence[MomentLabel]) -> dict[MomentLabel, NDArray[np.complex128]]:
        """All moments at all times: the neutral sector first, which finds the cut-off."""
        neutral = (0,) * len(self.model.charges)
        groups: dict[tuple[int, ...], list[MomentLabel]] = {neutral: []}
        for label in labels:
            groups.setdefault(self._sector(label), []).append(self._stored(label))
        self.scale = max(self.norm(label) for label in labels)
        found: dict[MomentLabel, NDArray[np.complex128]] = {}
        for charge, members in groups.items():
            for label, values in self._followed(charge, list(dict.fromkeys(members))).items():
                found[label] = values
                found.setdefault(label.conjugate(), values.conj())
        return {label: found[label] for label in labels}

    def _sector(self, label: MomentLabel) -> tuple[int, ...]:
        """The sector that feeds a moment or its conjugate: one of each pair of opposite charges."""
        charge = label.charge(self.model)
        return max(charge, tuple(-q for q in charge))

    def _stored(self, label: MomentLabel) -> MomentLabel:
        """The label, or the conjugate one where that is what the sector feeds: an operator of charge q needs elements of charge -q."""
        return label if tuple(-q for q in label.charge(self.model)) == self._sector(label) else label.conjugate()

    def norm(self, label: MomentLabel) -> float:
        """Norm of a moment's operator on the kept levels."""
        (monomial,) = [each for each in label.operators(self.model)[0] if isinstance(each, Monomial)] or [None]
        return 1.0 if monomial is None else max(1.0, float(np.abs(monomial.matrix(self.model.centre.levels)).max()))

    def error(self, label: MomentLabel) -> float:
        """Estimate of a moment's absolute error at any of the times."""
        bound = self.bounds.get(self._sector(label))
        return 0.0 if bound is None else self.norm(label) * (bound + _CUT * self.top_population)

    # -- one sector -----------------------------------------------------------------------------------------------------

    def _followed(self, charge: tuple[int, ...], labels: Sequence[MomentLabel]) -> dict[MomentLabel, NDArray[np.complex128]]:
        """Moments of one sector."""
        values = {label: np.zeros(len(self.times), dtype=complex) for label in labels}
        if any(charge) and not dimension(self.model, self.representation, charge):
            return values
        sector = _Sector(self.model, self.representation, charge, labels)
        state = self.initial.vector(sector.basis)
        if any(charge) and not state.any():
            return values
        self.dimension = max(self.dimension, sector.basis.dimension)
        self.bounds[charge] = 0.0
        self._look(sector, 0.0, state[:, None], np.array([1.0]), 0.0, values)
        now, end = 0.0, float(self.times[-1])
        while now < end:
            # a quarter of the tolerance for the steps, a quarter for the cut-off, so that their sum stays below it
            rate = self.tolerance / (4 * self.scale * end)
            for step in sector.steps(state, now, end, rate, self.method):
                self.used = sector.used
                if not self._accepted(sector, step, values):
                    break
                now = step.start + step.length
                self.progress(f"t = {now:.4g} of {end:.4g}, {self.model.centre.levels} levels, {sector.basis.dimension:,} unknowns")
            else:
                break
            state = step.space.vectors[:, 0] * step.space.size
            grown = self.model.with_levels(self.model.centre.levels + max(4, self.model.centre.levels // 4))
            larger = _Sector(grown, self.representation, charge, labels)
            state, sector, self.model = sector.embedded(state, larger), larger, grown
            self.dimension = max(self.dimension, sector.basis.dimension)
            self.scale = max(self.scale, *(self.norm(label) for label in labels))
        return values

    def _accepted(self, sector: _Sector, step: Step, values: dict[MomentLabel, NDArray[np.complex128]]) -> bool:
        """Enter a step's moments and errors, unless the cut-off turns out too low in it."""
        end = step.start + step.length
        last = end >= self.times[-1]
        inside = self.times[(self.times > step.start) & ((self.times <= end) if not last else True)]
        probes = step.start + step.length * np.array([0.25, 0.5, 0.75, 1.0])
        if sector.fock is not None and self.grows:
            weights = np.stack([step.space.weights(t - step.start) for t in probes], axis=1)
            top = sector.photons(step.space.vectors, weights)[-2:].sum(axis=0).max()
            if _CUT * self.scale * top > self.tolerance / 4:
                return False
        self.products += step.space.vectors.shape[1]
        self.steps += 1
        self.bounds[sector.basis.charge] += step.error + sector.rounding(step)
        for t in np.union1d(inside, probes[-1:]):
            self._look(sector, t, step.space.vectors, step.space.weights(t - step.start), step.start, values)
        return True

    def _look(
        self,
        sector: _Sector,
        t: float,
        vectors: NDArray[Any],
        weights: NDArray[Any],
        after: float,
        values: dict[MomentLabel, NDArray[np.complex128]],
    ) -> None:
        """What the state vectors @ weights says at time t."""
        places = np.flatnonzero(self.times == t)
        if len(places):
            for label, value in zip(values, sector.moments(vectors, weights), strict=True):
                values[label][places] = value
        if not sector.basis.hermitian:
            return
        populations = sector.populations(vectors, weights)
        self.trace_defect = max(self.trace_defect, abs(float(populations.sum()) - 1))
        self.min_population = min(self.min_population, float(populations.min()))
        if sector.fock is not None:
            photons = sector.photons(vectors, weights[:, None])[:, 0]
            self.top_population = max(self.top_population, float(photons[-2:].sum()))
            if len(places):
                self.photons = _placed(self.photons, photons, places, len(self.times))


def _placed(table: NDArray[np.float64] | None, row: NDArray[np.float64], places: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """The table (count, levels) with a row entered, widened where the row is longer."""
    if table is None:
        table = np.zeros((count, len(row)))
    if table.shape[1] < len(row):
        table = np.pad(table, ((0, 0), (0, len(row) - table.shape[1])))
    table[places] = row
    return table


class _Sector:
    """The Liouvillian of one charge sector and what is read off its states."""

    def __init__(self, model: Model, representation: str, charge: tuple[int, ...], labels: Sequence[MomentLabel]) -> None:
        self.model = model
        check_memory(model, representation, charge)
        self.basis = build(model, representation, charge)
        covectors = [sparse.csr_array(self.basis.correlator(*label.operators(model))) for label in labels]
        rows = sparse.vstack(covectors, format="csc") if covectors else sparse.csc_array((0, self.basis.dimension))
        self.read = np.flatnonzero(np.diff(rows.indptr))
        self.rows = rows[:, self.read].tocsr()
        self.held = np.flatnonzero(self.basis.population) if self.basis.hermitian else np.zeros(0, dtype=np.int64)
        self.trace = np.asarray(self.basis.trace(self.basis.labels[:, self.held]), dtype=float)
        self.fock = self.basis.labels[0, self.held] if isinstance(model.centre, Boson) and self.basis.hermitian else None
        self.used = "krylov"

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """L, made when the first step needs it."""
        return Liouvillian(self.basis).matrix().tocsr()

    def moments(self, vectors: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.complex128]:
        return np.asarray(self.rows @ (vectors[self.read] @ weights), dtype=complex)

    def populations(self, vectors: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        return self.trace * (vectors[self.held] @ weights)

    def photons(self, vectors: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        """P(n) for each column of weights, (levels, k)."""
        populations = self.trace[:, None] * (vectors[self.held] @ weights)
        result = np.zeros((self.model.centre.levels, weights.shape[1]))
        np.add.at(result, self.fock, populations)
        return result

    def embedded(self, state: NDArray[Any], larger: _Sector) -> NDArray[Any]:
        """A state's coefficients in a basis that holds this one."""
        mine, other = self.basis, larger.basis
        place, _ = other.index(mine.labels)  # both keep the same one of each conjugate pair
        result = np.zeros(other.dimension, dtype=state.dtype)
        result[place] = state[: mine.size]
        if mine.hermitian:
            result[other.imaginary[place[mine.paired]]] = state[mine.size :]
        return result

    # -- steps ----------------------------------------------------------------------------------------------------------

    def steps(self, state: NDArray[Any], start: float, end: float, rate: float, method: Method) -> Iterator[Step]:
        """Accepted steps from ``start`` to ``end``: products with L alone, or through factorisations with growing shifts."""
        fastest = float(abs(self.matrix).sum(axis=0).max()) if self.matrix.nnz else 0.0
        stiff = method == "shift-invert" or (method == "auto" and self._stiff(fastest * (end - start)))
        self.used = "shift-invert" if stiff else "krylov"
        resolved = min(end, start + _VECTORS / fastest) if stiff and fastest else end
        yield from self._continued(state, start, resolved, rate, self._polynomial)
        while resolved < end:
            state = self._last
            begin, resolved = resolved, min(end, start + 16 * (resolved - start))
            yield from self._continued(state, begin, resolved, rate, self._rational(resolved - begin))

    def _continued(
        self, state: NDArray[Any], start: float, end: float, rate: float, make: Callable[[NDArray[Any]], Subspace]
    ) -> Iterator[Step]:
        for step in steps(make, state, start, end, rate):
            yield step
            if step.start + step.length >= end:
                self._last = step.space.vectors @ step.space.weights(step.length)

    def _polynomial(self, state: NDArray[Any]) -> Subspace:
        return subspace(lambda v: self.matrix @ v, state, _VECTORS, self.basis.trace_norm)

    def _rational(self, span: float) -> Callable[[NDArray[Any]], Subspace]:
        shift = span / 10
        shifted = (sparse.eye_array(self.basis.dimension, format="csc") - shift * self.matrix).tocsc()
        few = self.basis.coordinates.shape[0] <= 3
        factor = (SuperLU() if few else SuperLU(ordering="MMD_AT_PLUS_A")).factor(shifted, self.basis.coordinates)
        return lambda state: subspace(factor.solve, state, _VECTORS, self.basis.trace_norm, lambda v: self.matrix @ v, shift)

    def _stiff(self, products: float) -> bool:
        """Whether factorisations will be faster than that many products."""
        size, extents = lattice(self.model, self.basis.representation)
        if memory.solve_bytes(size, extents) > memory.available_bytes():
            return False
        phases = max(1.0, np.log(max(products / _VECTORS, 1.0)) / np.log(16))
        substitution = 4e-9 * memory.fill_estimate(size, extents)
        factored = phases * (memory.solve_seconds(size, extents) + 3 * _VECTORS * substitution)
        return products * (3e-9 * self.matrix.nnz + 2e-9 * _VECTORS * size + 3e-5) > 2 * factored

    def rounding(self, step: Step) -> float:
        """Trace-norm error of a step by rounding: of the subspace's vectors, and of products with L where they add up."""
        space = step.space
        passed = step.length * float(np.linalg.norm(space.small, 2)) if self.used == "krylov" else 0.0
        size = max(space.size, float(np.linalg.norm(space.weights(step.length))))
        return self.basis.trace_norm * EPS * size * (len(space.small) + passed)


def check_memory(model: Model, representation: str, charge: tuple[int, ...]) -> float:
    """Bytes that an evolution takes; TooLarge where they are not free now."""
    unknowns = dimension(model, representation, charge)
    needed = 6e7 + unknowns * (8.0 if not any(charge) else 16.0) * (_VECTORS + 4) + 1200.0 * unknowns
    if needed > memory.available_bytes():
        raise TooLarge(
            f"this evolution needs about {memory.readable(needed)} ({unknowns:,} unknowns), but "
            f"{memory.readable(memory.available_bytes())} are available; use fewer satellites or levels"
        )
    return needed
