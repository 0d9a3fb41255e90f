"""A solution on blocks: error estimates of moments from iterations with the transposed Liouvillian.

The error of a moment is  z . r  with the residual r and the dual vector z,

    (L - s v tr)^T z = c - <c> tr,    delta = L^T z - c + <c> tr,

and delta . (x - x*) with the defect delta, which is not counted but held below a hundredth of |c| . |x|, and on every population below a
tenth of the largest |c|: an estimate, no bound.  A slow mode that z has not seen is in delta.  Where x holds nothing of such a mode the
second condition alone can tell, and negative probability, which is added times the largest |c|.  Of what the state has nothing of,
2 |delta| . |x| is counted; of coherences, whose c has no populations, twice the largest delta on a population besides.  The residual r is
evaluated on a larger set of labels than the one that was solved on, so that it holds what a cut-off or a window left out as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial, reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.basis.blocks import Blocks
from permsym.linear import bicgstab
from permsym.matrixfree import BlockLiouvillian
from permsym.moments.labels import MomentLabel
from permsym.operators import Matrix, as_matrix
from permsym.states.derived import Observable
from permsym.steady.cavity.beyond import Beyond
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.steady.cavity.shifted import ShiftedProblem, reals
from permsym.steady.state import ErrorParts

EPS = float(np.finfo(float).eps)
_DUAL_ACCURACY = (3e-3, 1e-4, 1e-5, 1e-7, 1e-9, 1e-11)
"""Of dual vectors, one after the other until the defect is small: the first does but for slow modes and for pairs of rare photons."""
_DEFECT = 0.01  # |delta| . |x| over |c| . |x|: up to it |z| |r| was above the error in all cases, with 0.04 it was a fifth of it
_FELT = 0.1  # of the largest |c| of any population: an equation of z that is not solved there leaves all of it
_SINGLE = 2**19  # numbers from which dual vectors begin in single precision: vectors leave the caches (1.9 times faster at 1.3 million)
_REMEMBERED = 2**21  # numbers in all covectors that are remembered while estimates are made
_EACH = 10_000  # numbers up to which every moment gets a dual vector of its own
_NOTHING = 1e-12  # of the largest weight of an observable: less than that of it the state does not have
_SIGNED_SUMS = 3  # of projectors
_SAFETY = 2.0  # of error estimates, for what dual vectors miss beyond a cut


class Bound(NamedTuple):
    """algebraic: from the residual and from rounding; cut: from what was left out; sizes: see :attr:`BlockSolution.dual_sizes`."""

    algebraic: float
    cut: float
    sizes: NDArray[np.float64]

    def times(self, factor: float) -> Bound:
        return Bound(factor * self.algebraic, factor * self.cut, factor * self.sizes)


@dataclass(frozen=True)
class BlockSolution:
    """A :class:`permsym.steady.state.Solution` on blocks.

    operator    the Liouvillian on the blocks that were solved on
    x           (n,) the state as the blocks hold it
    outcome     how the iteration ended
    problem     the equations of the dual vectors
    support     (n,) numbers that can be other than zero, by the pattern of L; None: all, as far as anybody looked
    dual_sizes  number of a and ad -> (kinds of :attr:`Blocks.coherences`, levels) mean size of dual vectors of such moments
    """

    operator: BlockLiouvillian
    x: NDArray[Any]
    outcome: bicgstab.Outcome
    problem: ShiftedProblem
    settings: MatrixFree
    support: NDArray[np.bool_] | None = None
    dual_sizes: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    many_duals = False
    spin = None
    noise = EPS
    rigorous = False

    @property
    def blocks(self) -> Blocks:
        return self.operator.blocks

    @property
    def size(self) -> int:
        return len(reals(self.x))

    @property
    def converged(self) -> bool:
        return self.outcome.converged

    @property
    def residual(self) -> float:
        """|D^-1 L x| / |x| (2-norms), the rows of L over their own 2-norms D."""
        return self.outcome.residual / float(np.linalg.norm(self.x))

    @cached_property
    def edge_mass(self) -> float:
        b = self.blocks
        if b.boundary == "closed":
            return 0.0
        position, block, n = b.populations
        end = (n == b.low[block]) & (n > 0) | (n == b.high[block] - 1)
        return float((b.population_traces[end] * np.abs(self.x[position[end]])).sum())

    def estimates(self, keys: Sequence[MomentLabel | Observable]) -> list[list[ErrorParts]]:
        operators = [key.operators(self.operator.model) for key in keys]
        real = self.operator.dtype == float

        def made(k: int, part: complex) -> NDArray[Any]:
            return self.blocks.block_covector(*operators[k], part, real)

        # each is used up to four times, and takes as long as a few products
        covector = cache(made) if self.blocks.numbers * len(keys) < _REMEMBERED else made

        estimates: list[list[ErrorParts]] = [[] for _ in keys]
        for k, parts, sizes in self._estimated(len(keys), covector):
            rounding = self.blocks.rounding(self.x, *operators[k])
            estimates[k].append(parts._replace(algebraic=parts.algebraic + rounding))
            kind = len(keys[k].centre)
            self.dual_sizes[kind] = np.maximum(self.dual_sizes.get(kind, 0.0), sizes)
        return estimates

    def covector_estimates(self, covectors: Sequence[NDArray[np.complex128]]) -> list[list[ErrorParts]]:
        estimates: list[list[ErrorParts]] = [[] for _ in covectors]
        for k, parts, _ in self._estimated(len(covectors), lambda k, part: self._from_unknowns(covectors[k] / part)):
            estimates[k].append(parts)
        return estimates

    def _from_unknowns(self, covector: NDArray[np.complex128]) -> NDArray[Any]:
        """c' (n,) on the blocks' numbers with Re sum conj(c') x = Re (covector @ unknowns)."""
        b = self.blocks
        values = covector[: b.size].real.astype(complex)
        values.imag[b.paired] = covector[b.size :].real
        values *= b.phase[b.places[0]].conj()
        return values.real.copy() if self.operator.dtype == float else values

    def _estimated(
        self, count: int, covector_of: Callable[[int, complex], NDArray[Any]]
    ) -> Iterator[tuple[int, ErrorParts, NDArray[np.float64]]]:
        """For the real (part = 1) and imaginary (1j) parts of ``count`` values: which, error parts, sizes of the dual vectors."""
        parts = [(k, part) for k in range(count) for part in (1.0, 1j) if self._carries(covector_of(k, part))]
        together = len(parts) > 2 and self.blocks.numbers > _EACH
        common = self._together([partial(covector_of, *part) for part in parts]) if together else None
        for k, part in parts:
            covector = covector_of(k, part)
            bound = self.bounded(covector) if common is None else common.times(math.sqrt(self._scale(covector)))
            cut = {"cutoff" if self.blocks.boundary == "closed" else "window": bound.cut}
            yield k, ErrorParts(bound.algebraic + self._negative(covector), **cut), bound.sizes

    def fock_estimates(self, position: int = 0) -> NDArray[np.float64]:
        """One bound for all n: of sums of all projectors with random signs, as large as that of any one of them, and few to solve for."""
        b = self.blocks
        signs = np.random.default_rng(0).choice([-1.0, 1.0], (_SIGNED_SUMS, b.centre_levels))
        projectors = np.array([b.centre_projector(n) for n in range(b.centre_levels)])
        nothing: list[tuple[Matrix, ...]] = [()] * len(b.model.ensembles)
        sums = (as_matrix(np.tensordot(each, projectors, axes=1)) for each in signs)
        bounds = [self.bounded(b.block_covector([each], nothing, 1.0, self.operator.dtype == float)) for each in sums]
        return np.full(b.centre_levels, max(each.algebraic + each.cut for each in bounds))

    def _carries(self, covector: NDArray[Any]) -> bool:
        """Whether what a covector sees can be other than zero."""
        return bool(np.abs(covector if self.support is None else covector[self.support]).max() > 1e-14)

    def confined(self) -> BlockSolution:
        """The same with exact zeros where the most probable population never leads: an only steady state holds nothing there.

        What a population feeds is a set that L does not leave, so that a density operator on it relaxes to a steady state on it.
        """
        populations, trace = self.problem.populations, self.problem.trace
        support = self.operator.fed_by(int(populations[np.argmax(trace * self.x[populations].real)]))
        if support.all():
            return self
        x = np.where(support, self.x, 0)
        x /= trace @ x[populations].real
        residual = float(np.linalg.norm(self.operator.matvec(x, rows=self.problem.rows)))
        halt = bicgstab.Halt.CONVERGED if residual <= self.settings.tolerance * float(np.linalg.norm(x)) else self.outcome.halt
        return replace(self, x=x, outcome=replace(self.outcome, residual=residual, halt=halt), support=support, dual_sizes={})

    def _scale(self, covector: NDArray[Any]) -> float:
        return float(np.abs(covector) @ np.abs(self.x))

    def _together(self, covectors: Sequence[Callable[[], NDArray[Any]]]) -> Bound:
        """Bounds for two sums of all observables, each in units of (sum |c| |x|)^(1/2): the larger serves them all.

        Large observables (photons) have smaller relative errors than small ones (spins); in these units their errors are alike.
        Those that the state has nothing of (of the other parity) have no unit.
        """
        bounds = []
        for signs in (np.ones(len(covectors)), (-1.0) ** np.arange(len(covectors))):
            total: NDArray[Any] = np.zeros(self.blocks.numbers, dtype=self.operator.dtype)
            for sign, make in zip(signs, covectors, strict=True):
                covector = make()
                if (unit := self._scale(covector)) > _NOTHING * np.abs(covector).max():
                    total += sign / math.sqrt(unit) * covector
            bounds.append(self.bounded(total))
        return Bound(*(reduce(np.maximum, each) for each in zip(*bounds, strict=True)))

    def bounded(self, covector: NDArray[Any], dual: tuple[NDArray[Any], float] | None = None) -> Bound:
        """Of the error of Re sum conj(covector) x; ``dual``: its dual vector, where that is there already."""
        dual = self.dual(covector) if dual is None else dual
        if dual is None:
            return Bound(float("inf"), 0.0, np.zeros(1))
        bound = self.weighed(dual, self._beyond, self._rounding)
        floor = 4 * EPS * float(np.abs(covector) @ np.abs(self.x))
        return bound._replace(algebraic=bound.algebraic + floor, sizes=self._sizes(np.abs(dual[0]), np.abs(self.x)))

    def weighed(self, dual: tuple[NDArray[Any], float], beyond: Beyond, rounding: NDArray[np.float64]) -> Bound:
        """What a residual on a larger set of labels, and its rounding (n,), are worth to a dual vector with its defect."""
        z, defect = dual
        inside, cut = beyond.weighed(z)
        return Bound(_SAFETY * inside + float(np.abs(z) @ rounding) + defect, _SAFETY * cut, np.zeros(1))

    def _sizes(self, z: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """(kinds of coherences, levels) mean of z by the smaller level."""
        b = self.blocks
        kinds, kind = b.coherences
        sums = kernels.by_levels(z, weights, kind, b.offset, b.low, len(kinds), b.model.centre.levels)
        return np.asarray(sums[0] / np.maximum(sums[1], np.finfo(float).tiny))

    def dual(self, covector: NDArray[Any]) -> tuple[NDArray[Any], float] | None:
        """z with L^T z = c - <c> tr and <z> = 0, and what its defect counts for; None where no iteration brings the defect down."""
        x, problem = self.x, self.problem
        right = covector.copy()
        value = float(np.vdot(covector, x).real)
        right[problem.populations] -= value * problem.trace
        problem.symmetrise(right)
        scaled = problem.scaled(right)
        size, budget = float(np.linalg.norm(scaled)), 20 * max(self.outcome.products, 100)
        z = self._roughly(scaled / (size or 1.0)).astype(self.operator.dtype) * size
        weighed, felt, enough = math.inf, math.inf, _FELT * self._largest(right)
        for accuracy in _DUAL_ACCURACY:
            outcome = bicgstab.bicgstab(problem.transposed, scaled, reals(z), self.settings.l, accuracy * size, budget)
            if not outcome.converged:
                return None
            weighed, felt = self._defect(z, scaled)
            if weighed <= _DEFECT * self._scale(covector) and felt <= enough:
                weighed = 0.0
                break
        if felt > enough:  # of a coherence no population sets a scale: what populations can feel counts whole
            weighed, enough = weighed + felt, _FELT * float(np.abs(right).max())
        z[problem.populations] = z[problem.populations] - float(np.vdot(z, x).real) * problem.trace
        return (z, 2 * weighed) if felt <= enough else None

    def _roughly(self, scaled: NDArray[np.float64]) -> NDArray[Any]:
        """Where the solution for a dual vector begins: in large spaces with as much of it as single precision gives."""
        if self.operator.shape[0] < _SINGLE:
            return np.zeros(self.operator.shape[0], dtype=self.operator.dtype)
        problem, right = self._single, scaled.astype(np.float32)
        z = np.zeros(self.operator.shape[0], dtype=problem.operator.dtype)
        bicgstab.bicgstab(problem.transposed, right, reals(z), self.settings.l, 0.9 * _DUAL_ACCURACY[0], self.outcome.products)
        return z if np.isfinite(z).all() else np.zeros_like(z)

    @cached_property
    def _single(self) -> ShiftedProblem:
        return ShiftedProblem(self.operator.single())

    def _defect(self, z: NDArray[Any], scaled: NDArray[np.float64]) -> tuple[float, float]:
        """|delta| . |x|, and the largest of delta on a population, with delta = L^T z - c + <c> tr from the scaled right side.

        The multiple of tr in z does not count: L^T tr = 0.
        """
        delta = self.operator.rmatvec(z)
        np.subtract(delta, self.problem.as_elements(scaled) / self.problem.columns, out=delta)
        self.problem.symmetrise(delta)
        return float(np.abs(delta) @ np.abs(self.x)), self._largest(delta)

    def _largest(self, covector: NDArray[Any]) -> float:
        """The largest value of an observable, on populations of unit probability."""
        return float(np.abs(covector[self.problem.populations] / self.problem.trace).max())

    def _negative(self, covector: NDArray[Any]) -> float:
        """Negative probability times the largest value of an observable."""
        negative = -np.minimum(self.problem.trace * self.x[self.problem.populations].real, 0).sum()
        return float(negative) * self._largest(covector)

    @cached_property
    def _rounding(self) -> NDArray[np.float64]:
        return self.operator.rounding(self.x)

    @cached_property
    def _beyond(self) -> Beyond:
        return Beyond.of(self.operator, self.x)
