"""Spectra and linewidths in any cumulant order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg as la
from numpy.typing import ArrayLike, NDArray

from permsym.cumulants.state import CumulantState
from permsym.cumulants.two_time.regression import Failure, SourceEquations, source_equations, warn
from permsym.dynamics.spectra.linewidth import half_maximum
from permsym.dynamics.spectra.response import operators
from permsym.dynamics.spectra.ritz import highest_peak, strongest
from permsym.dynamics.two_time.asked import Spelled
from permsym.errors import InputError
from permsym.operators import ComplexArray

Vector = NDArray[np.float64]
_NEGATIVE = 1e-9  # of the largest value: rounding
_HIGHEST = 20  # lines around which the highest peak of S is looked for


@dataclass(frozen=True)
class CumulantSpectrum:
    """S(omega) = 2 Re int_0^inf exp(-i omega tau) (<C(0) A(tau) B(0)> - coherent part) d tau of a cumulant expansion.

    With A = ad and B = a a mode of frequency omega_0 has its line at +omega_0.  int S d omega / 2 pi is the real part of ``fluctuation``.

    frequencies  omega, (F,)
    power        S, (F,); without meaning as a spectrum where ``failures`` has a growing mode
    coherent     {frequency: <A> <C B>}: S has 2 pi times that as a delta peak there
    failures     {failure: reason}; empty where nothing speaks against the approximation
    equations    the linear equations behind it
    """

    frequencies: Vector
    power: Vector
    coherent: Mapping[float, complex]
    failures: Mapping[Failure, str]
    equations: SourceEquations

    @property
    def fluctuation(self) -> complex:
        """<C A B> - <A> <C B>."""
        return self.equations.fluctuation


@dataclass(frozen=True)
class CumulantLine:
    """One line of a spectrum: an eigenvalue lambda of the linear equations behind a two-time function.

    eigenvalue   Im: the line's frequency; -2 Re: its full width at half maximum where no other line overlaps
    weight       real part of its share of <C A B>, without the coherent part
    failures     {failure: reason}

    ``half_maximum`` is the full width of S itself at half of its maximum there, and ``peak`` the frequency of that maximum; None where S
    does not fall to half on both sides, has no maximum, or where something grows or never decays, so that there is no S.
    """

    eigenvalue: complex
    weight: float
    failures: Mapping[Failure, str]
    equations: SourceEquations

    @property
    def frequency(self) -> float:
        """Im lambda."""
        return self.eigenvalue.imag

    @property
    def fwhm(self) -> float:
        """-2 Re lambda: negative where the line grows."""
        return -2 * self.eigenvalue.real

    @property
    def half_maximum(self) -> float | None:
        """Full width of S at half maximum."""
        return self._shape[0]

    @property
    def peak(self) -> float | None:
        """Frequency of the maximum of S."""
        return self._shape[1]

    @cached_property
    def _shape(self) -> tuple[float | None, float | None]:
        if not self.eigenvalue.real < 0 or {Failure.GROWING, Failure.UNDAMPED} & set(self.failures):
            return None, None
        return half_maximum(lambda frequencies: _power(self.equations, frequencies), self.eigenvalue)


def spectrum(
    state: CumulantState,
    frequencies: ArrayLike,
    of: Spelled | None = None,
    right: Spelled | None = None,
    *,
    left: Spelled | None = None,
    regression: str = "operators",
) -> CumulantSpectrum:
    """S(omega) of <C(0) A(tau) B(0)> in a steady state of cumulant equations.

    of, right, left, regression   see :func:`~permsym.cumulants.two_time.correlation.correlation`; A and B default to the raising and
                                  lowering operators of the centre

    Warns with UncertifiedWarning where the approximation fails (``failures``): growing modes, a negative S of <B^dag(tau) B(0)>.

    Raises InputError for other words, operators and frequencies; BeyondOrder where the order does not retain A; TooLarge.
    """
    grid = np.atleast_1d(np.asarray(frequencies, dtype=float))
    if grid.ndim != 1 or not len(grid) or not np.isfinite(grid).all():
        raise InputError("`frequencies` must be finite numbers, such as -1, 0, 1")
    system = source_equations(state, *operators(state.model, of, right), left, regression)
    power = _power(system, grid)
    failures = dict(system.failures)
    least, most = float(power.min()), float(np.abs(power).max())
    if system.adjoint and least < -_NEGATIVE * most:
        where = float(grid[int(np.argmin(power))])
        failures[Failure.NEGATIVE] = f"S = {least:.4g} at omega = {where:.6g}, but no state has a negative one"
    warn(failures)
    return CumulantSpectrum(grid, power, system.coherent, failures, system)


def _power(system: SourceEquations, frequencies: Vector) -> Vector:
    """2 Re a^T (i omega - J)^{-1} u by back substitution."""
    triangular, unitary = system.schur
    one, right = np.eye(len(triangular)), unitary.conj().T @ system.initial
    power = np.zeros(len(frequencies))
    for f, observed in system.frames.items():
        left = observed @ unitary
        with np.errstate(all="ignore"):  # on an undamped line S is infinite
            power += [
                2 * (left @ la.solve_triangular(1j * (w - f) * one - triangular, right, check_finite=False)).real for w in frequencies
            ]
    return power


def linewidth(
    state: CumulantState,
    near: float | None = None,
    of: Spelled | None = None,
    right: Spelled | None = None,
    *,
    left: Spelled | None = None,
    regression: str = "operators",
) -> CumulantLine:
    """The line nearest a frequency in a steady state of cumulant equations: the eigenvalue nearest i ``near``, its width and weight.

    near                          default: the line at the highest peak of S, of equally high ones the lowest; what grows, first
    of, right, left, regression   as of :func:`spectrum`

    Warns with UncertifiedWarning where the approximation fails (``failures``).

    Raises InputError for other words and operators; BeyondOrder where the order does not retain A; TooLarge.
    """
    if near is not None and not np.isfinite(near):
        raise InputError(f"`near` must be a finite frequency, but is {near!r}")
    system = source_equations(state, *operators(state.model, of, right), left, regression)
    if not system.frames:
        raise InputError(f"of={str(of)!r} is a number, which has no line; give an operator such as '+0'")
    values, residues = _modes(system)
    chosen = _highest(values, residues) if near is None else int(np.argmin(np.abs(values - 1j * near)))
    share = residues[chosen] / system.fluctuation if system.fluctuation else np.nan
    warn(system.failures)
    return CumulantLine(complex(values[chosen]), float(np.real(share)), system.failures, system)


def _highest(values: ComplexArray, residues: ComplexArray) -> int:
    """Position of the line at the highest peak of S; where the one that is highest by itself does not decay, of it: there is no S."""
    with np.errstate(all="ignore"):
        heights = np.nan_to_num(np.abs(residues / values.real))
    best = np.argsort(-heights, kind="stable")[:_HIGHEST]
    if not values.real[best[0]] < 0:
        return int(best[0])
    residues = np.nan_to_num(residues)
    peak = highest_peak(values[best], lambda w: 2 * (residues / (1j * w[:, None] - values)).sum(axis=1).real)
    return strongest(values, residues, peak)


def _modes(system: SourceEquations) -> tuple[ComplexArray, ComplexArray]:
    """Eigenvalues lambda_k as A sees them, and residues r_k: the function without its coherent part is sum_k r_k exp(lambda_k tau)."""
    values, left, right = la.eig(system.matrix, left=True, right=True)
    with np.errstate(all="ignore"):  # a defective eigenvalue has no residue
        sources = (left.conj().T @ system.initial) / np.einsum("ik,ik->k", left.conj(), right)
    seen = [(values + 1j * f, (observed @ right) * sources) for f, observed in system.frames.items()]
    return np.concatenate([value for value, _ in seen]), np.concatenate([residue for _, residue in seen])
