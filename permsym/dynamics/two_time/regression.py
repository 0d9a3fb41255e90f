"""exp(tau L) X in one charge sector, seen by A, with a bound of what steps, rounding and cuts leave out.

    C(tau) = a . exp(tau L) X,        X = B rho C

In the neutral sector of a steady state only X - tr(X) rho moves: what is left at late times is known, and no error grows with it.
A window or a cut-off drops moves.  exp(tau L) contracts the trace norm, so that they cost no more than

    |A| ( |X beyond| + integral of sum_i leak_i |x_i(s)| ds )

with leak_i the trace norm of what an unknown loses in a unit of time.  In a neutral sector a window's edge reflects what it drops,
which counts twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.dynamics.krylov import Step
from permsym.dynamics.propagator import Integrator, Propagator, check_memory
from permsym.liouvillian import Liouvillian
from permsym.several_sites import modes_of_centre
from permsym.steady.scaling.levels import reach

Real = NDArray[np.float64]
EPS = float(np.finfo(float).eps)
_FLOOR = 100 * EPS  # of the trace norm of X: no shorter steps are taken for what rounding hides anyway
_DUAL_ACCURACY = 1e-3  # of covectors that only weigh errors


@dataclass(frozen=True)
class Path:
    """What is seen of exp(tau L) X at the times that were asked for, (T,) each.

    values     a . exp(tau L) X
    steps      bound of the trace norm of what the steps left out so far; rounding: of what rounding may have added
    beyond     of what left a window or a cut-off
    edge       what a window is seen to change of the values
    products   with L, or solves
    """

    values: NDArray[np.complex128]
    steps: Real
    rounding: Real
    beyond: Real
    edge: Real
    products: int = 0
    final: NDArray[Any] | None = None


class Evolving(Protocol):
    """A sector that can be propagated: written out (:class:`Sector`), or by products alone (:mod:`block_sector`)."""

    def path(self, x: NDArray[Any], observed: NDArray[np.complex128], times: Real, error: float) -> Path:
        """a . exp(tau L) x at ascending times, off by at most ``error`` in trace norm at the last one where rounding allows that."""


def rate_of(error: float, norm: float, x: NDArray[Any], end: float) -> float:
    """What steps up to a time may leave out in a unit of time, for an error in trace norm; ``norm``: that over the Euclidean one."""
    return max(error, _FLOOR * norm * float(np.linalg.norm(x))) / max(end, np.finfo(float).tiny)


def followed(steps: Iterable[Step], x: NDArray[Any], observed: NDArray[np.complex128], times: Real, lost: Callable[[Step], float]) -> Path:
    """What is seen of the steps that carry x; ``lost``: trace norm of what leaves a window or a cut-off in a step, at most."""
    nothing = np.zeros(len(times))
    result = Path(nothing.astype(complex), nothing.copy(), nothing.copy(), nothing.copy(), nothing)
    result.values[times == 0] = _read(observed, x)
    totals, products, state = np.zeros(3), 0, x
    for step in steps:
        reached = step.start + step.length
        totals += [step.error, step.rounding, lost(step)]
        products += step.space.vectors.shape[1]
        inside = np.flatnonzero((times > step.start) & (times <= reached))
        row = _read(observed, step.space.vectors)
        for k in inside:
            result.values[k] = row @ step.space.weights(float(times[k]) - step.start)
        for array, total in zip((result.steps, result.rounding, result.beyond), totals, strict=True):
            array[inside] = total
        state = step.final
    return replace(result, products=products, final=state)


def _read(observed: NDArray[np.complex128], vectors: NDArray[Any]) -> NDArray[np.complex128]:
    """observed @ vectors, without a complex copy of real vectors."""
    if np.iscomplexobj(vectors):
        return np.asarray(observed @ vectors)
    return np.asarray(observed.real @ vectors + 1j * (observed.imag @ vectors))


class Sector:
    """L in the sector of a source, written out, and what is lost at its edges."""

    def __init__(self, basis: Basis) -> None:
        check_memory(basis.model, basis.dimension, assembled=True)
        self.basis = basis
        assembly = Liouvillian(basis).assembled()
        self.matrix = assembly.matrix.tocsr()
        self.leaks = (2.0 if basis.hermitian else 1.0) * assembly.leaks * self._norms(basis)

    @cached_property
    def leaving(self) -> Real:
        """(dimension,) trace norm of what each unknown loses in a unit of time, to a window's outside and beyond the cut-off."""
        model = self.basis.model
        more = {position: reach(model, position) for position, _ in modes_of_centre(model.centre)}
        if not any(more.values()):
            return self.leaks
        wider = model.with_more_levels(more)
        wide = self.basis.widened(wider)
        check_memory(wider, wide.dimension, assembled=True)
        labels, rows = self.basis.written_out()
        embedding = (wide.collected(labels) @ rows).real.tocsr()
        defect = Liouvillian(wide).matrix() @ embedding - embedding @ self.matrix
        return np.asarray(self.leaks + self._norms(wide) @ abs(defect))

    @staticmethod
    def _norms(basis: Basis) -> Real:
        """(dimension,) trace norm of the operator of each unknown, at most."""
        norms = np.asarray(basis.element_norms(basis.labels), dtype=float)
        return np.concatenate([np.where(basis.paired, 2, 1) * norms, 2 * norms[basis.paired]]) if basis.hermitian else norms

    def path(
        self, x: NDArray[Any], observed: NDArray[np.complex128], times: Real, error: float, method: Integrator = Integrator.AUTO
    ) -> Path:
        """a . exp(tau L) x at ascending times, off by at most ``error`` in trace norm at the last one where rounding allows that."""
        run = Propagator(self.basis, x, self.matrix)
        leaving, start, end = self.leaving[run.active], run.initial, float(times[-1])
        rate = rate_of(error, self.basis.trace_norm, start, end)
        steps = run.steps(start, 0.0, end, rate, method) if end and len(start) else ()
        path = followed(steps, start, observed[run.active], times, lambda step: step.lost(leaving))
        assert path.final is not None
        whole = np.zeros(len(x), dtype=path.final.dtype)
        whole[run.active] = path.final
        return replace(path, final=whole)

    def seen_from(self, observed: NDArray[np.complex128], times: Real) -> list[NDArray[np.complex128]]:
        """Covectors a exp(tau L) at ascending times, to a few digits: A as X feels it."""
        run = Propagator(self.basis, observed, self.matrix.T.tocsr())
        state, end, result = run.initial, float(times[-1]), []

        def spread(values: NDArray[Any]) -> NDArray[np.complex128]:
            whole = np.zeros(len(observed), dtype=complex)
            whole[run.active] = values
            return whole

        result += [spread(state)] * int((times == 0).sum())
        rate = _DUAL_ACCURACY * self.basis.trace_norm * float(np.linalg.norm(state)) / max(end, np.finfo(float).tiny)
        for step in run.steps(state, 0.0, end, rate, Integrator.AUTO) if end else ():
            inside = times[(times > step.start) & (times <= step.start + step.length)]
            result += [spread(step.space.vectors @ step.space.weights(float(t) - step.start)) for t in inside]
        return result
