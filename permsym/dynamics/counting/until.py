"""The number of times that a jump has happened until t, along an evolution: its mean, its counting Fano factor, its cumulants.

Derivatives of the generating function at z = 0 obey a block-triangular system, which steps follow as one vector, for K = 2 or 4:

    d u_0/dt = L u_0,      d u_k/dt = L u_k + J u_(k-1)  for k < K,      d f/dt = j . u_(K-1),      j = J^T tr
    <n (n - 1) ... (n - k + 1)> = k! tr u_k,      and K! f for k = K

With u_k over s^k and f over s^K, s = q T and q >= |J| in trace norm, its propagator grows by at most 1 + 1 + 1/2 + ... + 1/K! until T, so
that the bound of the steps' defects stays one: of the k-th factorial moment it is k! s^k times that.  Where coefficients change in time,
L and J are sums of channels, and q bounds |J(t)|.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym import machine
from permsym.basis.representations import build, dimension
from permsym.dynamics.counting.largest import largest_rate
from permsym.dynamics.counting.numbers import Numbers
from permsym.dynamics.evolved.errors import CUT, START
from permsym.dynamics.evolved.evolution import Evolution
from permsym.dynamics.krylov import Step, steps, subspace
from permsym.dynamics.propagator import VECTORS, check_memory
from permsym.dynamics.taylor.polynomial import MOST
from permsym.dynamics.taylor.steps import Clock, taylor_steps
from permsym.errors import InputError, UncertifiedWarning
from permsym.liouvillian import Liouvillian
from permsym.modulation.functions import DEGREE
from permsym.sites import Boson, is_real
from permsym.steady.certificate import derived_tolerance
from permsym.steady.scaling.levels import reach
from permsym.terms import Term
from permsym.text import finite

Real = NDArray[np.float64]
_FINEST = 1e-13  # of the steps' bound until the last time: with less, rounding is all there is
_LOOKS, _ABOVE = 1001, 1.25  # times at which a rate is looked at for its largest value, and what may be between them


@dataclass(frozen=True)
class CountedNumber:
    """The number n of times that a jump has happened until t.

    jump, efficiency   its name, and the probability that it is counted
    times              (T,)
    current            (T,) tr J rho(t), how often it happens at t
    mean, variance     (T,) of n
    fano               (T,) counting Fano factor, variance over mean; nan where it is not certain to max(tolerance, 1e-6), as at t = 0
    noise              (T,) variance over t: in the end the steady state's zero-frequency noise; the current at t = 0
    cumulants          (2, T) third and fourth cumulant of n over t, nan where they are not certain; empty unless order=4
    errors             (T,) bounds of each: "current", "mean", "variance", "fano", "noise", and "c3", "c4" where they are asked for; of a
                       boson's cut-off an estimate
    own_reasons        why it is not certified, beside the evolution
    shortfall          what the evolution's own certificate falls short of
    """

    jump: str
    efficiency: float
    times: Real
    current: Real
    mean: Real
    variance: Real
    fano: Real
    noise: Real
    cumulants: Real
    errors: dict[str, Real]
    own_reasons: tuple[str, ...] = ()
    shortfall: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def reasons(self) -> tuple[str, ...]:
        return (*self.own_reasons, *(f"of the evolution: {reason}" for reason in self.shortfall))

    @property
    def certified(self) -> bool:
        """Whether every value that is there is certain enough, and the evolution certified."""
        return not self.reasons

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready lists over the times: numbers that are not finite become None."""
        numbers: dict[str, Any] = {
            name: [finite(x) for x in getattr(self, name)] for name in ("current", "mean", "variance", "fano", "noise")
        }
        if len(self.cumulants):
            numbers["cumulants"] = [[finite(x) for x in series] for series in self.cumulants]
        errors = {name: [finite(x) for x in series] for name, series in self.errors.items()}
        verdict = {"certified": self.certified, "reasons": list(self.reasons)}
        return {"jump": self.jump, **numbers, "errors": errors, "efficiency": self.efficiency, **verdict}

    def __repr__(self) -> str:
        verdict = "certified" if self.certified else "not certified"
        return f"CountedNumber({self.jump!r}, t = {self.times[0]:g} to {self.times[-1]:g}, mean={self.mean[-1]:.10g}, {verdict})"


def counted_number(evolution: Evolution, jump: str, *, efficiency: float = 1.0, order: Literal[2, 4] = 2) -> CountedNumber:
    """Mean, variance and counting Fano factor of the number of jumps until each time of an evolution.

    jump         its name or a part that is unique, such as ``"a"``
    efficiency   probability that a jump is counted
    order        the largest cumulant; 4 takes vectors that are twice as long

    Follows derivatives of the generating function from the evolution's initial state, see this file's first lines; coefficients may change
    in time.  Raises InputError for another name, TooLarge before allocating more than is free.  Warns with UncertifiedWarning where the
    mean is not certain to the evolution's tolerance, or the Fano factor of the last time not at all.
    """
    if not is_real(efficiency) or not 0 < efficiency <= 1:
        raise InputError(f"`efficiency` must be a probability above 0 and at most 1, but is {efficiency!r}")
    if order not in (2, 4):
        raise InputError(f"`order` must be 2 or 4, but is {order!r}")
    if evolution.modulation and evolution.clock is None:
        raise InputError("functions of time do not go into files, so that this evolution is not followed again; count before it is saved")
    started = time.perf_counter()
    follower = _Follower(evolution, _jump(evolution, jump), order)
    with machine.one_blas_thread():
        rows, epsilon, top = follower.followed()
    result = _number(evolution, follower, float(efficiency), rows, follower.errors(epsilon, top))
    result.timings["total"] = time.perf_counter() - started
    if not result.certified:
        warnings.warn(f"counting {result.jump!r} is not certified: {'; '.join(result.reasons)}", UncertifiedWarning, stacklevel=2)
    return result


def _jump(evolution: Evolution, name: str) -> Term:
    """The jump, as the model that was asked for spells it; InputError where a modulation does not tell it from another."""
    if evolution.clock is None:
        return evolution.model.jump(name)
    static = evolution.clock.modulation.static
    term = static.jump(name)
    alike = [other.name for other in static.terms if other.key == term.key]
    if len(alike) > 1:
        words = " and ".join(map(repr, alike))
        raise InputError(f"{words} have the same operator, and are one jump where coefficients change in time; make them one in the model")
    return term


class _Follower:
    """The block-triangular system of one jump, on the unknowns that it reaches.

    order      K
    scale      s
    matrices   of the channels: of the system, without a modulation a single one; fluxes: their j
    """

    def __init__(self, evolution: Evolution, jump: Term, order: int) -> None:
        model, self.evolution, self.order, self.jump = evolution.model, evolution, order, jump
        neutral, clock = (0,) * len(model.charges), evolution.clock
        channels = () if clock is None else clock.modulation.channels
        vectors = MOST + (DEGREE + 1) * len(channels) if channels else VECTORS
        check_memory(model, order * dimension(model, evolution.representation, neutral), assembled=True, vectors=vectors)
        self.basis = build(model, evolution.representation)
        liouvillian = Liouvillian(self.basis)
        self.trace, self.end = liouvillian.trace(), float(evolution.times[-1])
        self.scale = max(1.0, largest_rate(model, jump if clock is None else _largest(jump, clock, self.end)) * self.end)
        if channels:
            gains = [[each for each in channel.terms if each.key == jump.key] for channel in channels]
            parts = [(liouvillian.matrix_of(channel.terms), gain) for channel, gain in zip(channels, gains, strict=True)]
        else:
            parts = [(liouvillian.matrix(), [jump])]
        self.fluxes, whole = [], []
        for matrix, jumps in parts:
            gain = sum((liouvillian.counted(each).matrix for each in jumps), sparse.csc_array(matrix.shape))
            self.fluxes.append(np.asarray(gain.T @ self.trace))
            whole.append(self._system(matrix, gain, self.fluxes[-1]))
        first = evolution.initial.vector(self.basis)
        self.deviation = evolution.initial.deviation(model, neutral)
        self.lost = abs(1 - float(self.trace @ first))
        start = np.concatenate([first, np.zeros((order - 1) * len(first) + 1)])
        self.active = _reached(sum((abs(each) for each in whole[1:]), abs(whole[0])).tocsr(), start)
        self.matrices = [each[self.active][:, self.active].tocsr() for each in whole]
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

    @property
    def growth(self) -> float:
        """Of the propagator, at most."""
        return sum(1 / math.factorial(k) for k in range(self.order + 1))

    def _steps(self) -> Iterator[Step]:
        rate = max(self.evolution.certificate.tolerance / (4 * self.scale**2), _FINEST) / self.end
        norm, clock = self.growth * math.sqrt(self.order + 1) * self.basis.trace_norm, self.evolution.clock
        if clock is not None:
            applied = [matrix.__matmul__ for matrix in self.matrices]
            return taylor_steps(applied, clock, self.start, (0.0, self.end), rate, norm)
        (matrix,) = self.matrices
        return steps(lambda v: subspace(lambda x: matrix @ x, v, VECTORS, norm), self.start, 0.0, self.end, rate)

    def followed(self) -> tuple[list[Real], float, float]:
        """(current, factorial moments) at every time, the bound of the steps and of their rounding, and the last levels' population."""
        times = self.evolution.times
        epsilon = self.growth * (self.deviation + self.lost + START * (1 + sum(self.basis.model.sizes)))
        top, rows = self._top(self.start), [self._looked(self.start, 0.0) for t in times if t == 0]
        for step in self._steps() if self.end else ():
            epsilon += step.error + step.rounding
            after = step.start + step.length
            last = after >= self.end
            inside = times[(times > step.start) & (True if last else times <= after)]
            rows += [self._looked(np.real(step.space.vectors @ step.space.weights(t - step.start)), t) for t in inside]
            top = max(top, *(self._top(np.real(step.space.vectors @ w)) for w in step.space.path(step.length).T))
        return rows, epsilon, top

    def _parts(self, v: Real) -> list[Real]:
        """u_0 ... u_(K-1), and f as an array of one."""
        n = self.basis.dimension
        whole = np.zeros(self.order * n + 1)
        whole[self.active] = v
        return [whole[k * n : (k + 1) * n] for k in range(self.order + 1)]

    def _looked(self, v: Real, t: float) -> Real:
        parts, clock = self._parts(v), self.evolution.clock
        factors = np.ones(1) if clock is None else clock.modulation.values(clock.zero + t)[:, 0]
        current = sum(factor * float(flux @ parts[0]) for factor, flux in zip(factors, self.fluxes, strict=True))
        sums = [*(float(self.trace @ part) for part in parts[1:-1]), float(parts[-1][0])]
        return np.array([current, *(math.factorial(k) * self.scale**k * x for k, x in enumerate(sums, start=1))])

    def _top(self, v: Real) -> float:
        """Population of the last Fock states, of rho and of all u_k over s^k: as :func:`permsym.dynamics.sector.watched` counts them."""
        model = self.basis.model
        if not isinstance(model.centre, Boson):
            return 0.0
        last = max(2, 2 * reach(model))
        return sum(float(np.abs(self.basis.centre_populations(part)[-last:]).sum()) for part in self._parts(v)[:-1])

    def errors(self, epsilon: float, top: float) -> Real:
        """(T, 1 + K) bounds of what :meth:`followed` gives."""
        off, s = epsilon + CUT * top, self.scale
        moments = [math.factorial(k) * s**k * off for k in range(1, self.order + 1)]
        rate = (s / self.end if self.end else s) * off
        return np.array([[rate, *moments] if t else [rate, *(0.0 for _ in moments)] for t in self.evolution.times])


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


def _number(evolution: Evolution, follower: _Follower, eta: float, rows: list[Real], bounds: Real) -> CountedNumber:
    """Mean, variance, their ratio and cumulants, with errors."""
    thinned = np.array([eta, *(eta**k for k in range(1, follower.order + 1))])[:, None]
    (current, *moments), (of_current, *off) = np.array(rows).T * thinned, bounds.T * thinned
    numbers = Numbers(evolution.times, current, moments, of_current, off)
    allowed = derived_tolerance(evolution.certificate.tolerance)
    fano, of_fano = numbers.fano
    fano = np.where(of_fano <= allowed * np.maximum(1.0, np.abs(fano)), fano, np.nan)
    mean, of_mean = numbers.mean
    ratio = float(np.max(of_mean / np.maximum(1.0, mean)))
    reasons = [] if ratio <= allowed else [f"the mean is certain to {ratio:.0e} only"]
    if np.isnan(fano[-1]) and evolution.times[-1] > 0:
        reasons.append(f"the counting Fano factor of the last time is certain to {of_fano[-1]:.0e} only")
    variance, of_variance = numbers.variance
    noise, of_noise = numbers.a_unit_of_time(variance, of_variance)
    errors = {"current": of_current, "mean": of_mean, "variance": of_variance, "fano": of_fano, "noise": of_noise}
    cumulants = []
    for name, pair in zip(("c3", "c4"), numbers.higher, strict=False):
        values, errors[name] = numbers.a_unit_of_time(*pair)
        cumulants.append(np.where(errors[name] <= allowed * np.maximum(1.0, np.abs(values)), values, np.nan))
    return CountedNumber(
        follower.jump.name, eta, evolution.times, current, mean, variance, fano, noise, np.array(cumulants), errors, tuple(reasons),
        evolution.certificate.reasons,
    )  # fmt: skip
