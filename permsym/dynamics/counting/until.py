"""The number of times that a jump has happened until t, along an evolution: its mean and its counting Fano factor.

Derivatives of the generating function at z = 0 obey a block-triangular system, which Krylov steps follow as one vector:

    d u_0/dt = L u_0,      d u_1/dt = L u_1 + J u_0,      d f/dt = j . u_1,      j = J^T tr
    <n> = tr u_1,          <n (n - 1)> = 2 f

With u_1 over s = q T and f over s^2, q >= |J| in trace norm, its propagator grows by at most 1 + 1 + 1/2 until T, so that the bound of
the steps' defects stays one: of <n> it is s times that, of <n (n - 1)> twice s^2 times.
"""

from __future__ import annotations

import math
import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym import machine
from permsym.basis.representations import build, dimension
from permsym.dynamics.counting.largest import largest_rate
from permsym.dynamics.evolved.errors import CUT, START
from permsym.dynamics.evolved.evolution import Evolution
from permsym.dynamics.krylov import steps, subspace
from permsym.dynamics.propagator import VECTORS, check_memory
from permsym.errors import InputError, UncertifiedWarning
from permsym.liouvillian import Liouvillian
from permsym.sites import Boson, is_real
from permsym.steady.certificate import derived_tolerance
from permsym.steady.scaling.levels import reach
from permsym.terms import Term
from permsym.text import finite

Real = NDArray[np.float64]
_GROWTH = 2.5  # of the propagator, at most
_FINEST = 1e-13  # of the steps' bound until the last time: with less, rounding is all there is


@dataclass(frozen=True)
class CountedNumber:
    """The number n of times that a jump has happened until t.

    jump, efficiency   its name, and the probability that it is counted
    times              (T,)
    current            (T,) tr J rho(t), how often it happens at t
    mean, variance     (T,) of n
    fano               (T,) counting Fano factor, variance over mean; nan where it is not certain to max(tolerance, 1e-6), as at t = 0
    errors             (T,) bounds of each: "current", "mean", "variance", "fano"; of a boson's cut-off an estimate
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
        numbers = {name: [finite(x) for x in getattr(self, name)] for name in ("current", "mean", "variance", "fano")}
        errors = {name: [finite(x) for x in series] for name, series in self.errors.items()}
        verdict = {"certified": self.certified, "reasons": list(self.reasons)}
        return {"jump": self.jump, **numbers, "errors": errors, "efficiency": self.efficiency, **verdict}

    def __repr__(self) -> str:
        verdict = "certified" if self.certified else "not certified"
        return f"CountedNumber({self.jump!r}, t = {self.times[0]:g} to {self.times[-1]:g}, mean={self.mean[-1]:.10g}, {verdict})"


def counted_number(evolution: Evolution, jump: str, *, efficiency: float = 1.0) -> CountedNumber:
    """Mean, variance and counting Fano factor of the number of jumps until each time of an evolution.

    jump         its name or a part that is unique, such as ``"a"``
    efficiency   probability that a jump is counted

    Follows derivatives of the generating function from the evolution's initial state, see this file's first lines.  Raises InputError for
    another name and for an evolution whose coefficients change in time, TooLarge before allocating more than is free.  Warns with
    UncertifiedWarning where the mean is not certain to the evolution's tolerance, or the Fano factor of the last time not at all.
    """
    if not is_real(efficiency) or not 0 < efficiency <= 1:
        raise InputError(f"`efficiency` must be a probability above 0 and at most 1, but is {efficiency!r}")
    if evolution.modulation:
        raise InputError("jumps are counted along evolutions whose coefficients do not change in time, but this one has `modulate`")
    started = time.perf_counter()
    term = evolution.model.jump(jump)
    follower = _Follower(evolution, term)
    with machine.one_blas_thread():
        rows, epsilon, top = follower.followed()
    result = _number(evolution, term, float(efficiency), rows, follower.errors(rows, epsilon, top))
    result.timings["total"] = time.perf_counter() - started
    if not result.certified:
        warnings.warn(f"counting {term.name!r} is not certified: {'; '.join(result.reasons)}", UncertifiedWarning, stacklevel=2)
    return result


class _Follower:
    """The block-triangular system of one jump, on the unknowns that it reaches.

    scale   s
    """

    def __init__(self, evolution: Evolution, jump: Term) -> None:
        model, self.evolution = evolution.model, evolution
        neutral = (0,) * len(model.charges)
        check_memory(model, 2 * dimension(model, evolution.representation, neutral), assembled=True)
        self.basis = build(model, evolution.representation)
        liouvillian = Liouvillian(self.basis)
        self.trace, gain = liouvillian.trace(), liouvillian.counted(jump).matrix
        self.flux = np.asarray(gain.T @ self.trace)
        self.end = float(evolution.times[-1])
        self.scale = max(1.0, largest_rate(model, jump) * self.end)
        first = evolution.initial.vector(self.basis)
        self.deviation = evolution.initial.deviation(model, neutral)
        self.lost = abs(1 - float(self.trace @ first))
        start = np.concatenate([first, np.zeros(len(first) + 1)])
        matrix, last = liouvillian.matrix(), sparse.csc_array((1, 1))
        flux = sparse.csr_array(self.flux[None] / self.scale)
        whole = sparse.block_array([[matrix, None, None], [gain / self.scale, matrix, None], [None, flux, last]], format="csr")
        self.active = _reached(whole, start)
        self.matrix = whole[self.active][:, self.active].tocsr()
        self.start = start[self.active]

    def followed(self) -> tuple[list[Real], float, float]:
        """(current, mean, <n (n - 1)>) at every time, the bound of the steps and of their rounding, and the last levels' population."""
        norm = _GROWTH * math.sqrt(3) * self.basis.trace_norm
        rate = max(self.evolution.certificate.tolerance / (4 * self.scale**2), _FINEST) / (self.end or 1.0)
        times, rows, epsilon = self.evolution.times, [], _GROWTH * (self.deviation + self.lost + START * (1 + sum(self.basis.model.sizes)))
        top = self._top(self.start)
        rows += [self._looked(self.start) for t in times if t == 0]
        if self.end:
            for step in steps(lambda v: subspace(lambda x: self.matrix @ x, v, VECTORS, norm), self.start, 0.0, self.end, rate):
                epsilon += step.error + step.rounding
                after = step.start + step.length
                last = after >= self.end
                inside = times[(times > step.start) & (True if last else times <= after)]
                rows += [self._looked(np.real(step.space.vectors @ step.space.weights(t - step.start))) for t in inside]
                top = max(top, *(self._top(np.real(step.space.vectors @ w)) for w in step.space.path(step.length).T))
        return rows, epsilon, top

    def _whole(self, v: Real) -> Real:
        whole = np.zeros(2 * self.basis.dimension + 1)
        whole[self.active] = v
        return whole

    def _looked(self, v: Real) -> Real:
        whole, n = self._whole(v), self.basis.dimension
        u, shifted = whole[:n], whole[n : 2 * n]
        return np.array([self.flux @ u, self.scale * (self.trace @ shifted), 2 * self.scale**2 * whole[-1]])

    def _top(self, v: Real) -> float:
        """Population of the last Fock states, of rho and of u_1 over s: as :func:`permsym.dynamics.sector.watched` counts them."""
        model, n = self.basis.model, self.basis.dimension
        if not isinstance(model.centre, Boson):
            return 0.0
        last, whole = max(2, 2 * reach(model)), self._whole(v)
        return sum(float(np.abs(self.basis.centre_populations(part)[-last:]).sum()) for part in (whole[:n], whole[n : 2 * n]))

    def errors(self, rows: list[Real], epsilon: float, top: float) -> Real:
        """(T, 3) bounds of what :meth:`followed` gives."""
        off, s = epsilon + CUT * top, self.scale
        rate = s / self.end if self.end else s
        return np.array([[rate * off, s * off, 2 * s**2 * off] if t else [rate * off, 0.0, 0.0] for t in self.evolution.times])


def _reached(matrix: sparse.csr_array, start: Real) -> NDArray[np.int64]:
    """Unknowns that a vector reaches."""
    pattern = sparse.csr_array((np.ones(len(matrix.data), dtype=np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
    reached = fresh = start != 0
    while fresh.any():
        fresh = (pattern @ fresh.astype(np.float32) > 0) & ~reached
        reached = reached | fresh
    return np.flatnonzero(reached)


def _number(evolution: Evolution, term: Term, eta: float, rows: list[Real], bounds: Real) -> CountedNumber:
    """Mean, variance and their ratio, with errors."""
    current, mean, pairs = np.array(rows).T * np.array([[eta], [eta], [eta**2]])
    of_current, of_mean, of_pairs = bounds.T * np.array([[eta], [eta], [eta**2]])
    variance = pairs + mean - mean**2
    of_variance = of_pairs + (1 + 2 * np.abs(mean)) * of_mean + of_mean**2
    with np.errstate(divide="ignore", invalid="ignore"):
        fano = variance / mean
        of_fano = np.where(mean > of_mean, (of_variance + np.abs(fano) * of_mean) / (mean - of_mean), np.inf)
    tolerance = evolution.certificate.tolerance
    allowed = derived_tolerance(tolerance)
    fano = np.where(of_fano <= allowed * np.maximum(1.0, np.abs(fano)), fano, np.nan)
    reasons = []
    ratio = float(np.max(of_mean / np.maximum(1.0, mean)))
    if not ratio <= allowed:
        reasons.append(f"the mean is certain to {ratio:.0e} only")
    if np.isnan(fano[-1]) and evolution.times[-1] > 0:
        reasons.append(f"the counting Fano factor of the last time is certain to {of_fano[-1]:.0e} only")
    errors = {"current": of_current, "mean": of_mean, "variance": of_variance, "fano": of_fano}
    return CountedNumber(
        term.name, eta, evolution.times, current, mean, variance, fano, errors, tuple(reasons), evolution.certificate.reasons
    )
