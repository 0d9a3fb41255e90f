"""Steady states by iteration with a Liouvillian that is never written out.

    (L - s v tr) Y = -s v,    tr v = 1

has the steady state, normalised, as its only solution: no row is replaced and no population pinned.  Rows are scaled by
their diagonal, and BiCGStab(l) does the rest.  The error of a moment is  z . r  with the residual r and the dual vector z,

    (L - s v tr)^T z = c - <c> tr,

from the same iteration with the transposed operator; r is evaluated on a larger set of labels than the one that was
solved on, so that it holds what a cut-off or a window dropped as well.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.basis.blocks import Blocks
from permsym.linear import bicgstab
from permsym.matrixfree import BlockLiouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import ComplexArray, Matrix, Operator, as_matrix
from permsym.progress import Progress
from permsym.sites import Boson
from permsym.states.collective_spin import DickePopulations
from permsym.steady import fock_cutoff
from permsym.steady.cavity.checkpoint import Checkpoint
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.steady.cavity.shifted import ShiftedProblem, reals
from permsym.steady.state import State

EPS = float(np.finfo(float).eps)
_EVERY = 2.0  # seconds before the first line of progress; the others come ever more slowly
_DUAL_ACCURACY = 3e-2  # of dual vectors: they weigh errors and need few digits
_EACH = 10_000  # stored numbers up to which every moment gets a dual vector of its own
_CONTINUED = 0.15  # relative error of dual vectors next to a window (up to 0.13 with two-photon coupling)
_NOTHING = 1e-12  # of the largest weight of an observable: less than that of it the state does not have
_SIGNED_SUMS = 3  # of projectors
_SAFETY = 2.0  # of error estimates, for what dual vectors miss beyond a cut


@dataclass(frozen=True)
class BlockSolution:
    """A solution on blocks.

    operator  the Liouvillian on the blocks that were solved on
    elements  (n,) the state
    outcome   how the iteration ended
    """

    operator: BlockLiouvillian
    elements: NDArray[Any]
    outcome: bicgstab.Outcome

    @property
    def size(self) -> int:
        return len(reals(self.elements))

    @property
    def residual(self) -> float:
        """|L y| / |diagonal y| (2-norms, rows scaled by the diagonal)."""
        return self.outcome.residual / float(np.linalg.norm(self.elements))

    @cached_property
    def edge_mass(self) -> float:
        b = self.operator.blocks
        if b.boundary == "closed":
            return 0.0
        place, block, n = b.populations
        end = (n == b.low[block]) & (n > 0) | (n == b.high[block] - 1)
        return float((b.population_traces[end] * np.abs(self.elements[place[end]])).sum())

    @property
    def outside_mass(self) -> float:
        return 0.0

    def unknowns(self, dimension: int) -> NDArray[np.float64]:
        return self.operator.blocks.unknowns(self.elements)


class _Bound(NamedTuple):
    """algebraic: from the residual and from rounding; cut: from what was left out; sizes: see :attr:`BlockState.dual_sizes`."""

    algebraic: float
    cut: float
    sizes: NDArray[np.float64]

    def times(self, factor: float) -> _Bound:
        return _Bound(factor * self.algebraic, factor * self.cut, factor * self.sizes)


class BlockState(State):
    """A steady state on blocks: the interface of :class:`State`, without covectors or labels of every unknown."""

    null: BlockSolution
    basis: Blocks

    def __init__(
        self,
        model: Model,
        solution: BlockSolution,
        problem: ShiftedProblem,
        settings: MatrixFree,
        timings: dict[str, float],
        tolerance: float,
    ) -> None:
        blocks = solution.operator.blocks
        solver = {**settings.describe(), "used": solution.outcome.products, "converged": solution.outcome.converged}
        super().__init__(model, blocks, solution, solver, timings, tolerance)
        self.problem = problem
        self.settings = settings
        self.dual_sizes: dict[int, NDArray[np.float64]] = {}
        """(kinds of :attr:`Blocks.coherences`, levels) mean size of dual vectors, for moments with so many a and ad."""

    def _fock_errors(self) -> NDArray[np.float64]:
        """One bound for all n: of sums of all projectors with random signs, as large as that of any one of them, and few to solve for."""
        signs = np.random.default_rng(0).choice([-1.0, 1.0], (_SIGNED_SUMS, self.basis.centre_levels))
        projectors = np.array([self.basis.centre_projector(n) for n in range(self.basis.centre_levels)])
        nothing: list[tuple[Matrix, ...]] = [()] * len(self.model.ensembles)
        real = self.null.operator.dtype == float
        sums = (as_matrix(np.tensordot(each, projectors, axes=1)) for each in signs)
        bounds = [self._bounded(self.basis.block_covector([each], nothing, 1.0, real)) for each in sums]
        return np.full(self.basis.centre_levels, max(each.algebraic + each.cut for each in bounds))

    def reduced(self, satellites: int | Sequence[int] = 0, centre: bool = True) -> ComplexArray:
        if centre and not any(self._counts(satellites)):
            return self.basis.in_fock_states(self.basis.centre_matrix(self.null.elements))
        return super().reduced(satellites, centre)

    def _value(self, key: MomentLabel) -> complex:
        return self.basis.moment(self.null.elements, *key.operators(self.model))

    def _correlator(self, centre: Any, satellites: Any) -> complex:
        return self.basis.moment(self.null.elements, centre, satellites)

    def expect(self, operator: Operator) -> complex:
        self.model.check(operator)
        return self.basis.expected(self.null.elements, operator.terms)

    @cached_property
    def fock(self) -> NDArray[np.float64]:
        return self.basis.photon_distribution(self.null.elements)

    def _min_population(self) -> float:
        place, *_ = self.basis.populations
        return float((self.basis.population_traces * self.null.elements[place].real).min())

    def populations(self) -> DickePopulations:
        if self.basis.representation != "dicke" or len(self.model.ensembles) != 1:
            return super().populations()
        place, block, _ = self.basis.populations
        J, M = self.basis.outer[1:3, block]
        return self._collected(J, M, self.null.elements[place].real)

    # -- errors ---------------------------------------------------------------------------------------------------------

    def _estimate(self, labels: Iterable[MomentLabel]) -> None:
        wanted = [key for key in dict.fromkeys(min(key, key.conjugate(), key=str) for key in labels) if key not in self._errors]
        self._errors |= dict.fromkeys(wanted, 0.0)
        neutral = [key for key in wanted if key.order and not any(key.charge(self.model))]
        parts = [(key, part) for key in neutral for part in (1.0, 1j) if self._carries(key, part)]
        together = self._together(parts) if len(parts) > 2 and self.basis.numbers > _EACH else None
        for key, part in parts:
            covector = self._block_covector(key, part)
            bound = self._bounded(covector) if together is None else together.times(math.sqrt(self._scale(covector)))
            self._errors[key] = float(np.hypot(self._errors[key], bound.algebraic + bound.cut))
            self.algebraic_error = max(self.algebraic_error, bound.algebraic)
            if self.basis.boundary == "closed":
                self.cutoff_error = max(self.cutoff_error, bound.cut)
            else:
                self.window_error = max(self.window_error, bound.cut)
            self.dual_sizes[len(key.centre)] = np.maximum(self.dual_sizes.get(len(key.centre), 0.0), bound.sizes)
        for key in neutral:
            above = self._above_the_cutoff(key)
            self._errors[key] += above
            self.cutoff_error = max(self.cutoff_error, above)

    def _block_covector(self, key: MomentLabel, part: complex) -> NDArray[Any]:
        return self.basis.block_covector(*key.operators(self.model), part, self.null.operator.dtype == float)

    def _carries(self, key: MomentLabel, part: complex) -> bool:
        """Whether the real (part = 1) or imaginary (1j) part of a moment can be other than zero."""
        covector = self._block_covector(key, part)
        return bool(np.abs(covector).max() > 1e-14)

    def _scale(self, covector: NDArray[Any]) -> float:
        return float(np.abs(covector) @ np.abs(self.null.elements))

    def _together(self, parts: Sequence[tuple[MomentLabel, complex]]) -> _Bound:
        """Bounds for two sums of all observables, each in units of (sum |c| |y|)^(1/2): the larger serves them all.

        Large observables (photons) have smaller relative errors than small ones (spins); in these units their errors are alike.
        Those that the state has nothing of (of the other parity) have no unit.
        """
        found = []
        for signs in (np.ones(len(parts)), (-1.0) ** np.arange(len(parts))):
            total: NDArray[Any] = np.zeros(self.basis.numbers, dtype=self.null.operator.dtype)
            for sign, (key, part) in zip(signs, parts, strict=True):
                covector = self._block_covector(key, part)
                if (unit := self._scale(covector)) > _NOTHING * np.abs(covector).max():
                    total += sign / math.sqrt(unit) * covector
            found.append(self._bounded(total))
        return _Bound(*(reduce(np.maximum, each) for each in zip(*found, strict=True)))

    def _bounded(self, covector: NDArray[Any]) -> _Bound:
        """Of the error of Re sum conj(covector) y."""
        z = self._dual(covector)
        if z is None:
            return _Bound(float("inf"), 0.0, np.zeros(1))
        inside, cut = self._beyond.weighed(z)
        operator, size = self.null.operator, np.abs(self.null.elements)
        rounding = operator.links * EPS * float((np.abs(z) * np.abs(operator.diagonal)) @ size)
        rounding += 4 * EPS * float(np.abs(covector) @ size)
        return _Bound(_SAFETY * inside + rounding, _SAFETY * cut, self._sizes(np.abs(z), size))

    def _sizes(self, z: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """(kinds of coherences, levels) mean of z by the smaller level."""
        b = self.basis
        kinds, kind = b.coherences
        sums = kernels.by_levels(z, weights, kind, b.offset, b.low, len(kinds), b.model.centre.levels)
        return np.asarray(sums[0] / np.maximum(sums[1], np.finfo(float).tiny))

    def _dual(self, covector: NDArray[Any]) -> NDArray[Any] | None:
        """z with L^T z = c - <c> tr and <z> = 0; None where the iteration does not find it."""
        y, problem = self.null.elements, self.problem
        right = covector.copy()
        value = float(np.vdot(covector, y).real)
        right[problem.populations] -= value * problem.trace
        problem.symmetrise(right)
        scaled = problem.scaled(right)
        del right
        z = np.zeros(self.null.operator.shape[0], dtype=self.null.operator.dtype)
        outcome = bicgstab.bicgstab(
            problem.transposed,
            scaled,
            reals(z),
            self.settings.l,
            _DUAL_ACCURACY * float(np.linalg.norm(scaled)),
            20 * max(self.null.outcome.products, 100),
        )
        if not outcome.converged:
            return None
        z[problem.populations] = z[problem.populations] - float(np.vdot(z, y).real) * problem.trace
        return z

    @cached_property
    def _beyond(self) -> Beyond:
        return Beyond(self.null.operator, self.null.elements, self.model)


class Beyond:
    """The residual r = L' x on a larger set of labels: what one move of a window's elements reaches, and more levels of the boson."""

    def __init__(self, operator: BlockLiouvillian, y: NDArray[Any], model: Model) -> None:
        b = self.blocks = operator.blocks
        more = fock_cutoff.reach(model) if isinstance(model.centre, Boson) else 0
        levels = model.centre.levels
        self.top = levels - more if more else levels + 1
        if more == 0 and b.boundary == "closed":
            self.wide, self.residual = b, operator.matvec(y)
        else:
            wider = Blocks.of(model.with_levels(levels + more) if more else model, b.representation)
            self.wide = wider if b.boundary == "closed" else operator.reached(wider)
            whole = BlockLiouvillian(self.wide)
            assert whole.dtype == operator.dtype
            self.residual = whole.matvec(b.embedded(y, self.wide))
        found, conjugated = b.find(self.wide.outer)
        self.solved = (found >= 0) & ~conjugated
        self.block = np.where(self.solved, found, operator.neighbour(self.wide.outer))

    def weighed(self, z: NDArray[Any]) -> tuple[float, float]:
        """(sum of |r| |z| over what was solved on, estimate of the error z . r from what was cut), see :func:`permsym.kernels.weigh`."""
        b, w = self.blocks, self.wide
        wide = kernels.Wide(w.low, w.offset, np.abs(w.difference), self.solved, self.block)
        narrow = kernels.Narrow(b.low, b.high, b.offset)
        inside, dropped, signed, elsewhere = map(float, kernels.weigh(self.residual, z, self.top, wide, narrow))
        if b.boundary == "closed":
            return inside, 2 * (dropped + elsewhere)
        # z is smooth across a window's edge: what is lost beyond it cancels as it does in z . r
        return inside, abs(signed) + _CONTINUED * dropped + elsewhere


def solve_blocks(
    blocks: Blocks,
    model: Model,
    settings: MatrixFree,
    tolerance: float,
    progress: Progress,
    checkpoint: Checkpoint | None = None,
    start: NDArray[Any] | None = None,
) -> BlockState:
    """The steady state on blocks, not yet certified.

    checkpoint   where to keep the iterate now and then, and to go on from
    start        stored numbers to start from
    """
    begun = time.perf_counter()
    operator = BlockLiouvillian(blocks, model)
    problem = ShiftedProblem(operator)
    y = problem.start
    if start is not None:
        y[:] = start
    scale = float(np.linalg.norm(y))
    resumed = None if checkpoint is None else checkpoint.load(model, len(y), operator.dtype)
    if resumed is not None:
        y = resumed
        progress(f"goes on from {checkpoint.path if checkpoint else ''}")
    assembled = time.perf_counter()
    line = [assembled, _EVERY]

    def watch(products: int, size: float) -> None:
        now = time.perf_counter()
        if now - line[0] > line[1]:
            line[:] = now, 1.3 * line[1]
            progress(f"{len(y):,} numbers, {products} products: residual {size / scale:.1e}, photon balance {problem.balance(y):.1e}")
        if checkpoint is not None:
            checkpoint.keep(model, y)

    right = problem.right
    if checkpoint is not None:
        checkpoint.started()
    outcome = bicgstab.bicgstab(problem.product, right, reals(y), settings.l, settings.tolerance * scale, settings.products, watch)
    y = y / (problem.trace @ y[problem.populations].real)
    timings = {"assemble": assembled - begun, "solve": time.perf_counter() - assembled}
    if checkpoint is not None:
        checkpoint.keep(model, y, now=True)
    return BlockState(model, BlockSolution(operator, y, outcome), problem, settings, timings, tolerance)
