"""Fixed points of cumulant equations by Newton's method, free phases included.

Where a state breaks a U(1) symmetry with charge Q, its phase is free and may turn.  The unknowns are the moments x and one frequency f
for each broken symmetry, the equations

    F(x) - i sum_k f_k Q_k x = 0,        <i Q_k r, x - r> = 0

where the second fixes the phases by a reference r.  Moments are scaled (Equations.scale) and rows divided by their largest entry.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from permsym.cumulants.equations import Equations
from permsym.operators import ComplexArray

Vector = NDArray[np.float64]

STEPS = 25
"""Most Newton steps: branches and relaxed states take up to five."""
PHASE_FLOOR = 1e-7
"""Charged moments below this, relative to the largest moment and to that of the identity, 1, count as zero: the symmetry is unbroken."""
UNSTABLE = 1e-9
"""Largest real part of the spectrum, in units of the largest coefficient, that still counts as stable."""


@dataclass(frozen=True)
class FixedPoint:
    """A fixed point: scaled moments x, and the frequencies at which broken phases turn (zero for symmetries that x has)."""

    equations: Equations
    x: ComplexArray
    frequencies: tuple[float, ...] = ()

    @cached_property
    def broken(self) -> tuple[int, ...]:
        """U(1) symmetries that the state breaks."""
        return broken_symmetries(self.equations, self.x)

    @property
    def y(self) -> ComplexArray:
        """The moments, in the order of the equations' labels."""
        return self.x * self.equations.scale

    @cached_property
    def jacobian(self) -> ComplexArray:
        """Scaled Jacobian in the frame that turns with the phases."""
        return turned_jacobian(self.equations, self.x, self.frequencies)

    @cached_property
    def residual(self) -> float:
        """Largest |dx/dt| relative to the summands of its row."""
        defect = np.abs(turned_rhs(self.equations, self.x, self.frequencies))
        return float((defect / np.maximum(self.equations.rounding(self.x), 1e-300))[existing(self.equations)].max())

    @cached_property
    def spectrum(self) -> ComplexArray:
        """Eigenvalues of the Jacobian on the moments that N satellites have, phase modes left out, largest real part first.

        A whole number N of satellites below the order has no moments of more satellites; the others never depend on them.
        """
        mine = existing(self.equations)
        values = la.eigvals(self.jacobian[np.ix_(mine, mine)])
        values = values[np.argsort(-values.real)]
        for _ in self.broken:
            values = np.delete(values, np.argmin(np.abs(values)))
        return values

    @property
    def stability(self) -> float:
        """Largest real part of the spectrum: negative where the fixed point is stable."""
        return float(self.spectrum[0].real) if len(self.spectrum) else -np.inf

    @property
    def stable(self) -> bool:
        """Whether small deviations decay, to rounding."""
        return bool(self.stability < UNSTABLE * max((abs(c) for c in self.equations.coefficients), default=1.0))

    @cached_property
    def stability_by_charge(self) -> dict[tuple[int, ...], float]:
        """Largest real part in each charge sector, for a state that breaks no symmetry."""
        h, exist = self.equations.hierarchy, existing(self.equations)
        if self.broken or not len(h.alphabet.charges):
            return {}
        largest = {}
        for sector in sorted({tuple(int(q) for q in column) for column in h.charge.T}):
            mine = [i for i in np.flatnonzero(exist) if tuple(h.charge[:, i]) == sector]
            if mine:
                largest[sector] = float(la.eigvals(self.jacobian[np.ix_(mine, mine)]).real.max())
        return largest

    @cached_property
    def errors(self) -> Vector:
        """Estimate of the absolute error of each moment: |J^-1| applied to the residual and the rounding of the rows."""
        mine = existing(self.equations)
        bound = np.abs(turned_rhs(self.equations, self.x, self.frequencies)) + 2**-52 * self.equations.rounding(self.x)
        result = np.full(len(self.x), np.nan)
        jacobian = self.jacobian[np.ix_(mine, mine)]
        # a phase mode is no error: the pseudo-inverse leaves it out
        inverse = la.pinv(jacobian, rtol=1e-12) if self.broken else solve_scaled(jacobian, np.eye(len(jacobian), dtype=complex))
        result[mine] = np.inf if inverse is None else np.abs(inverse) @ bound[mine] * self.equations.scale[mine]
        return result


def existing(equations: Equations) -> NDArray[np.bool_]:
    """Mask of the unknowns that exist: those of up to N satellites where N is whole, all where it is not."""
    alphabet = equations.hierarchy.alphabet
    if any(n != round(n) for n in equations.sizes):
        return np.ones(len(equations), dtype=bool)
    fits = [all(m <= n for m, n in zip(alphabet.satellites(c), equations.sizes, strict=True)) for c in equations.hierarchy.unknowns]
    return np.array(fits, dtype=bool)


def broken_symmetries(equations: Equations, x: ComplexArray) -> tuple[int, ...]:
    """Independent U(1) symmetries whose charged moments do not vanish."""
    charge = equations.hierarchy.charge
    size = float(np.abs(x).max(initial=1.0))  # all moments vanish at infinite temperature, but for rounding
    return tuple(k for k, q in enumerate(charge) if np.abs(q * x).max(initial=0.0) > PHASE_FLOOR * size)


def turned_rhs(equations: Equations, x: ComplexArray, frequencies: Sequence[float]) -> ComplexArray:
    """dx/dt in a frame that turns with the phases."""
    result = equations.scaled_rhs(x)
    for f, q in zip(frequencies, equations.hierarchy.charge, strict=False):
        result = result - 1j * f * q * x
    return result


def turned_jacobian(equations: Equations, x: ComplexArray, frequencies: Sequence[float]) -> ComplexArray:
    """d/dx of :func:`turned_rhs`, (n, n)."""
    result = equations.scaled_jacobian(x)
    for f, q in zip(frequencies, equations.hierarchy.charge, strict=False):
        result[np.diag_indices(len(x))] -= 1j * f * q
    return result


def solve_scaled(matrix: ComplexArray, right: ComplexArray) -> ComplexArray | None:
    """Solution of a linear system with rows divided by their largest entry; None where the matrix is singular."""
    row = np.abs(matrix).max(axis=1)
    if not np.isfinite(row).all() or (row == 0).any():
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", la.LinAlgWarning)  # ill conditioned near folds; the step decides
        try:
            return np.asarray(la.solve(matrix / row[:, None], (right.T / row).T))
        except (la.LinAlgError, ValueError):
            return None


def turning_frequencies(equations: Equations, x: ComplexArray) -> tuple[float, ...]:
    """Frequencies that best explain dx/dt as a mere turning of the broken phases."""
    charge, broken = equations.hierarchy.charge, broken_symmetries(equations, x)
    frequencies = np.zeros(len(charge))
    if broken:
        columns = turning_directions(charge, broken, x)
        frequencies[list(broken)] = np.linalg.lstsq(columns, equations.scaled_rhs(x), rcond=None)[0].real
    return tuple(float(f) for f in frequencies)


def newton(
    equations: Equations, x: ComplexArray, frequencies: Sequence[float] | None = None, subset: NDArray[np.bool_] | None = None
) -> FixedPoint | None:
    """The fixed point near x, or None where Newton's method does not converge.

    Broken phases stay as they are in x.  Quadratic convergence is required: the last steps must fall to rounding.

    subset   solve for these unknowns alone; the others, which must not act on them, are left at zero
    """
    h = equations.hierarchy
    mine = np.ones(len(equations), dtype=bool) if subset is None else subset
    x = np.where(mine, equations.symmetrised(np.asarray(x, dtype=complex)), 0)
    charge, broken = h.charge, broken_symmetries(equations, x)
    f = list(turning_frequencies(equations, x) if frequencies is None else frequencies)
    gauges = turning_directions(charge, broken, x)[mine]
    n, last = int(mine.sum()), np.inf
    for _ in range(STEPS):
        jacobian = turned_jacobian(equations, x, f)[np.ix_(mine, mine)]
        corner = np.zeros((len(broken), len(broken)))
        matrix = np.block([[jacobian, -turning_directions(charge, broken, x)[mine]], [gauges.conj().T, corner]]) if broken else jacobian
        step = solve_scaled(matrix, -np.concatenate([turned_rhs(equations, x, f)[mine], np.zeros(len(broken))]))
        if step is None or not np.isfinite(step).all():
            return None
        change = np.zeros_like(x)
        change[mine] = step[:n]
        x = equations.symmetrised(x + change)
        for k, df in zip(broken, step[n:], strict=True):
            f[k] += float(df.real)
        size = float(np.abs(change).max()) / max(1.0, float(np.abs(x).max()))
        if size < 1e-14 or (size < 1e-8 and size > last / 4):
            return FixedPoint(equations, x, tuple(f))
        if size > 1e6:
            return None
        last = size
    return None


def turning_directions(charge: Vector, broken: Sequence[int], x: ComplexArray) -> ComplexArray:
    """Directions in which the broken phases turn, (n, number of broken symmetries)."""
    return np.stack([1j * charge[k] * x for k in broken], axis=1) if broken else np.zeros((len(x), 0), dtype=complex)
