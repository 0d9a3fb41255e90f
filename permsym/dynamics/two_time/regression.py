"""exp(tau L) X in one charge sector, seen by A, with a bound of what steps, rounding and cuts leave out.

    C(tau) = a . exp(tau L) X,        X = B rho C

In the neutral sector of a steady state only X - tr(X) rho moves: what is left at late times is known, and no error grows with it.
A window or a cut-off drops moves.  exp(tau L) contracts the trace norm, so that they cost no more than

    |A| ( |X beyond| + integral of sum_i leak_i |x_i(s)| ds )

with leak_i the trace norm of what an unknown loses in a unit of time.  In a neutral sector a window's edge reflects what it drops,
which counts twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.centre import CentrePart
from permsym.dynamics.propagator import Integrator, Propagator, check_memory
from permsym.liouvillian import Liouvillian
from permsym.sites import Boson
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
    products   with L, or solves
    """

    values: NDArray[np.complex128]
    steps: Real
    rounding: Real
    beyond: Real
    products: int = 0
    final: NDArray[Any] | None = None


class Sector:
    """L in the sector of a source, and what is lost at its edges."""

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
        more = reach(model) if isinstance(model.centre, Boson) else 0
        if not more:
            return self.leaks
        wider = model.with_levels(model.centre.levels + more)
        wide = self.basis.sector(self.basis.charge, wider, [CentrePart(wider.centre), *self.basis.parts[1:]])
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
        leaving = self.leaving[run.active]
        covector, state = observed[run.active], run.initial
        nothing = np.zeros(len(times))
        result = Path(nothing.astype(complex), nothing.copy(), nothing.copy(), nothing.copy())
        result.values[times == 0] = covector @ state
        totals, products = np.zeros(3), 0
        end = float(times[-1])
        rate = max(error, _FLOOR * self.basis.trace_norm * float(np.linalg.norm(state))) / max(end, np.finfo(float).tiny)
        for step in run.steps(state, 0.0, end, rate, method) if end and len(state) else ():
            reached = step.start + step.length
            totals += [step.error, step.rounding, step.lost(leaving)]
            products += step.space.vectors.shape[1]
            inside = np.flatnonzero((times > step.start) & (times <= reached))
            row = covector @ step.space.vectors
            for k in inside:
                result.values[k] = row @ step.space.weights(float(times[k]) - step.start)
            for array, total in zip((result.steps, result.rounding, result.beyond), totals, strict=True):
                array[inside] = total
            state = step.final
        whole = np.zeros(len(x), dtype=state.dtype)
        whole[run.active] = state
        return Path(result.values, result.steps, result.rounding, result.beyond, products, whole)

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
