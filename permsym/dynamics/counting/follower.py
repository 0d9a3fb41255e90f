"""The system that counts a jump along an evolution.

Derivatives of the generating function at z = 0 obey a block-triangular system, which steps follow as one vector, for K = 2 or 4:

    d u_0/dt = L u_0,      d u_k/dt = L u_k + J u_(k-1)  for k < K,      d f/dt = j . u_(K-1),      j = J^T tr
    <n (n - 1) ... (n - k + 1)> = k! tr u_k,      and K! f for k = K

With u_k over s^k and f over s^K, s = q T and q >= |J| in trace norm, its propagator grows by at most 1 + 1 + 1/2 + ... + 1/K! until T, so
that the bound of the steps' defects stays one: of the k-th factorial moment it is k! s^k times that.  Where coefficients change in time,
L and J are sums of channels, and q bounds |J(t)|.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.basis import Basis
from permsym.basis.representations import build, dimension
from permsym.dynamics.counting.largest import largest_rate
from permsym.dynamics.evolved.errors import CUT, START
from permsym.dynamics.evolved.evolution import Evolution
from permsym.dynamics.krylov import Step, steps, subspace
from permsym.dynamics.propagator import VECTORS, check_memory
from permsym.dynamics.taylor.polynomial import MOST, Apply
from permsym.dynamics.taylor.steps import Clock, taylor_steps
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.modulation.functions import DEGREE
from permsym.several_sites import modes_of_centre
from permsym.steady.scaling.levels import reach
from permsym.terms import Term

Real = NDArray[np.float64]
_FINEST = 1e-13  # of the steps' bound until the last time: with less, rounding is all there is
_LOOKS, _ABOVE = 1001, 1.25  # times at which a rate is looked at for its largest value, and what may be between them


class Follower(ABC):
    """The block-triangular system of one jump, on the Fock states of a model.

    order     K
    scale     s
    applied   v -> the system times v, of each channel; without a modulation a single one
    fluxes    j of each channel; trace: the covector; start: v at t = 0
    lost      what the model's Fock states leave out of the initial state
    top       population of the last Fock states, once it has been followed
    """

    basis: Basis
    applied: Sequence[Apply]
    fluxes: Sequence[Real]
    trace: Real
    start: Real
    lost: float
    top: float = 0.0

    def __init__(self, evolution: Evolution, jump: Term, order: int, model: Model) -> None:
        self.evolution, self.order, self.jump, self.model = evolution, order, jump, model
        self.end, self.neutral = float(evolution.times[-1]), (0,) * len(model.charges)
        rate = largest_rate(model, jump if evolution.clock is None else _largest(jump, evolution.clock, self.end))
        self.scale = max(1.0, rate * self.end)
        self.deviation = evolution.initial.deviation(model, self.neutral)

    def _check_memory(self, unknowns: int, assembled: bool) -> None:
        channels = () if self.evolution.clock is None else self.evolution.clock.modulation.channels
        vectors = MOST + (DEGREE + 1) * len(channels) if channels else VECTORS
        check_memory(self.model, self.order * unknowns, assembled=assembled, vectors=vectors, what="counting along this evolution")

    def _parts_of(self) -> list[tuple[tuple[Term, ...], list[Term]]]:
        """Terms of each channel, and those of them that are the jump."""
        clock = self.evolution.clock
        channels = [channel.terms for channel in clock.modulation.channels] if clock is not None else []
        if not channels:
            return [(self.model.terms, [self.jump])]
        return [(terms, [each for each in terms if each.key == self.jump.key]) for terms in channels]

    @property
    def growth(self) -> float:
        """Of the propagator, at most."""
        return sum(1 / math.factorial(k) for k in range(self.order + 1))

    def _steps(self) -> Iterator[Step]:
        rate = max(self.evolution.certificate.tolerance / (4 * self.scale**2), _FINEST) / self.end
        norm, clock = self.growth * math.sqrt(self.order + 1) * self.basis.trace_norm, self.evolution.clock
        if clock is not None:
            return taylor_steps(self.applied, clock, self.start, (0.0, self.end), rate, norm)
        (apply,) = self.applied
        return steps(lambda v: subspace(apply, v, VECTORS, norm), self.start, 0.0, self.end, rate)

    def followed(self, small: float = math.inf) -> tuple[list[Real], Real]:
        """(current, factorial moments) at every time, and bounds of them (T, 1 + K).

        small   population of the last levels above which there is no point in going on
        """
        times = self.evolution.times
        epsilon = self.growth * (self.deviation + self.lost + START * (1 + sum(self.basis.model.sizes)))
        self.top, rows = self._top(self.start), [self._looked(self.start, 0.0) for t in times if t == 0]
        for step in self._steps() if self.end and self.top <= small else ():
            epsilon += step.error + step.rounding
            after = step.start + step.length
            last = after >= self.end
            inside = times[(times > step.start) & (True if last else times <= after)]
            rows += [self._looked(np.real(step.space.vectors @ step.space.weights(t - step.start)), t) for t in inside]
            self.top = max(self.top, *(self._top(np.real(step.space.vectors @ w)) for w in step.space.path(step.length).T))
            if self.top > small:
                break
        return rows, self._errors(epsilon, self.top)

    @abstractmethod
    def _parts(self, v: Real) -> list[Real]:
        """u_0 ... u_(K-1), and f as an array of one."""

    @abstractmethod
    def _level_populations(self, part: Real, position: int) -> Real:
        """Populations (levels,) of one of the centre's sites."""

    def _looked(self, v: Real, t: float) -> Real:
        parts, clock = self._parts(v), self.evolution.clock
        factors = np.ones(1) if clock is None else clock.modulation.values(clock.zero + t)[:, 0]
        current = sum(factor * float(flux @ parts[0]) for factor, flux in zip(factors, self.fluxes, strict=True))
        sums = [*(float(self.trace @ part) for part in parts[1:-1]), float(parts[-1][0])]
        return np.array([current, *(math.factorial(k) * self.scale**k * x for k, x in enumerate(sums, start=1))])

    def _top(self, v: Real) -> float:
        """Population of the last Fock states, of rho and of all u_k over s^k: as :func:`permsym.dynamics.sector.watched` counts them."""
        top = 0.0
        for position, _ in modes_of_centre(self.model.centre):
            last = max(2, 2 * reach(self.model, position))
            top += sum(float(np.abs(self._level_populations(part, position)[-last:]).sum()) for part in self._parts(v)[:-1])
        return top

    def _errors(self, epsilon: float, top: float) -> Real:
        """(T, 1 + K) bounds of factorial moments."""
        off, s = epsilon + CUT * top, self.scale
        moments = [math.factorial(k) * s**k * off for k in range(1, self.order + 1)]
        rate = (s / self.end if self.end else s) * off
        return np.array([[rate, *moments] if t else [rate, *(0.0 for _ in moments)] for t in self.evolution.times])


class MatrixFollower(Follower):
    """By matrices that are written out, on the unknowns that are reached."""

    def __init__(self, evolution: Evolution, jump: Term, order: int) -> None:
        super().__init__(evolution, jump, order, evolution.model)
        self._check_memory(dimension(self.model, evolution.representation, self.neutral), assembled=True)
        self.basis = build(self.model, evolution.representation)
        liouvillian = Liouvillian(self.basis)
        self.trace = liouvillian.trace()
        fluxes, whole = [], []
        for terms, jumps in self._parts_of():
            matrix = liouvillian.matrix_of(terms) if evolution.clock is not None else liouvillian.matrix()
            gain = sum((liouvillian.counted(each).matrix for each in jumps), sparse.csc_array(matrix.shape))
            fluxes.append(np.asarray(gain.T @ self.trace))
            whole.append(self._system(matrix, gain, fluxes[-1]))
        first = evolution.initial.vector(self.basis)
        self.fluxes, self.lost = fluxes, abs(1 - float(self.trace @ first))
        start = np.concatenate([first, np.zeros((order - 1) * len(first) + 1)])
        self.active = _reached(sum((abs(each) for each in whole[1:]), abs(whole[0])).tocsr(), start)
        self.applied = [each[self.active][:, self.active].tocsr().__matmul__ for each in whole]
        self.start = start[self.active]

    def _system(self, matrix: sparse.csc_array, gain: sparse.csc_array, flux: Real) -> sparse.csr_array:
        """L on the diagonal, J / s below it, j / s in the last row."""
        rows: list[list[Any]] = [[None] * (self.order + 1) for _ in range(self.order + 1)]
        for k in range(self.order):
            rows[k][k] = matrix
            if k:
                rows[k][k - 1] = gain / self.scale
        rows[-1][-2], rows[-1][-1] = sparse.csr_array(flux[None] / self.scale), sparse.csc_array((1, 1))
        return sparse.block_array(rows, format="csr")

    def _parts(self, v: Real) -> list[Real]:
        n = self.basis.dimension
        whole = np.zeros(self.order * n + 1)
        whole[self.active] = v
        return [whole[k * n : (k + 1) * n] for k in range(self.order + 1)]

    def _level_populations(self, part: Real, position: int) -> Real:
        return self.basis.site_populations(part, position)


def _largest(jump: Term, clock: Clock, end: float) -> Term:
    """The jump with the largest rate that it has until ``end``."""
    modulation = clock.modulation
    rows = [k for k, term in enumerate(modulation.terms) if term.key == jump.key]
    at = np.union1d(clock.zero + np.linspace(0.0, end, _LOOKS), modulation.scan[modulation.scan <= clock.zero + end])
    return replace(jump, coefficient=_ABOVE * float(np.abs(modulation.coefficients(at)[rows]).max(initial=0.0)))


def _reached(matrix: sparse.csr_array, start: Real) -> NDArray[np.int64]:
    """Unknowns that a vector reaches."""
    pattern = sparse.csr_array((np.ones(len(matrix.data), dtype=np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
    reached = fresh = start != 0
    while fresh.any():
        fresh = (pattern @ fresh.astype(np.float32) > 0) & ~reached
        reached = reached | fresh
    return np.flatnonzero(reached)
