"""Semiclassical driven cavity, one file and in this room because the model's parameters ``drive`` and ``C`` are defined by its curve.

Steady states of the Maxwell-Bloch equations, their stability and the critical drives, as in paper 2 (M. Zens, D. O. Krimer,
S. Rotter, Phys. Rev. A 100, 013856 (2019)): ``kappa`` and ``gamma_h`` decay amplitudes, so that the rates of L[a] and L[sigma^-]
are 2 kappa and 2 gamma_h; ``gamma_p`` is the rate of L[sigma^z].

    d<a>/dt   = -(kappa + i Delta_c) <a> - i sum_l M_l g_l <s_l> + eta
    d<s_l>/dt = -(gamma_h + 2 gamma_p + i Delta_l) <s_l> + i g_l <z_l> <a>
    d<z_l>/dt = -2 gamma_h (<z_l> + 1) + 2 i g_l (<s_l> <a>^* - c.c.)

for groups l of M_l identical spins.  A steady state with n = |<a>|^2 needs the drive

    eta = sqrt(n) |D(n)|,   D(n) = kappa + i Delta_c + sum_l G_l / (1 + n / n_l),
    G_l = M_l g_l^2 / (gamma_t + i Delta_l),   n_l = gamma_h (gamma_t^2 + Delta_l^2) / (2 g_l^2 gamma_t),   gamma_t = gamma_h + 2 gamma_p,

which is eq. (18) for one group on resonance.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.errors import InputError
from permsym.sites import is_real

Vector = NDArray[np.float64]

_GRID = 1200
"""Points in log n on which extrema of the slope are bracketed: two per cent apart over ten decades."""


class CriticalDrives(NamedTuple):
    """Drives between which the semiclassical cavity is bistable.

    lower     eta_crit-, the turning point of the upper branch; None without bistability
    upper     eta_crit+, the turning point of the lower branch; without bistability the drive at which |<a>| is steepest
    photons   |<a>|^2 at ``upper``
    """

    lower: float | None
    upper: float
    photons: float

    @property
    def bistable(self) -> bool:
        """Whether two stable states coexist between ``lower`` and ``upper``."""
        return self.lower is not None


@dataclass(frozen=True)
class SemiclassicalState:
    """A steady state of the Maxwell-Bloch equations.

    amplitude     <a>
    lowering      <sigma^-> of a spin of each group, (L,)
    inversion     <sigma^z> of a spin of each group, (L,)
    growth_rate   largest real part of the linearised equations' spectrum: the state is stable where it is negative
    """

    eta: float
    amplitude: complex
    lowering: NDArray[np.complex128]
    inversion: Vector
    growth_rate: float

    @property
    def photons(self) -> float:
        """|<a>|^2."""
        return abs(self.amplitude) ** 2

    @property
    def stable(self) -> bool:
        """Whether small deviations decay."""
        return self.growth_rate < 0


@dataclass(frozen=True)
class MaxwellBloch:
    """The semiclassical curve of a cavity with groups of spins; see the equations above.

    kappa, gamma_h, gamma_p, Delta_c    as in paper 2, in any common unit
    g, Delta, sizes                     coupling, detuning and number of spins of each group, (L,)

    Raises InputError unless kappa > 0, gamma_h > 0, gamma_p >= 0, some g is not 0 and all sizes are > 0.
    """

    kappa: float
    gamma_h: float
    gamma_p: float
    Delta_c: float
    g: Vector
    Delta: Vector
    sizes: Vector

    @classmethod
    def of(
        cls,
        kappa: float,
        gamma_h: float,
        gamma_p: float = 0.0,
        g: ArrayLike = 1.0,
        N: ArrayLike = 1.0,
        Delta_c: float = 0.0,
        Delta: ArrayLike = 0.0,
    ) -> MaxwellBloch:
        """One group from numbers, several from arrays; a number holds for all groups.  The arguments are the model's parameters."""
        g, Delta, sizes = (np.atleast_1d(values).astype(float) for values in np.broadcast_arrays(g, Delta, N))
        for name, value in (("kappa", kappa), ("gamma_h", gamma_h)):
            if not is_real(value) or not 0 < value < math.inf:
                raise InputError(f"the semiclassical curve needs `{name}` > 0, but it is {value!r}; give a positive rate", parameter=name)
        if not is_real(gamma_p) or not 0 <= gamma_p < math.inf:
            raise InputError(f"`gamma_p` must be a rate >= 0, but is {gamma_p!r}", parameter="gamma_p")
        if not (np.isfinite(g).all() and np.isfinite(Delta).all() and math.isfinite(Delta_c)) or not (sizes > 0).all():
            words = "couplings and detunings must be finite and numbers of spins positive; check `g`, `Delta`, `Delta_c` and `N`"
            raise InputError(words, parameter="g")
        return cls(float(kappa), float(gamma_h), float(gamma_p), float(Delta_c), g, Delta, sizes)

    @property
    def gamma_t(self) -> float:
        """Transverse rate gamma_h + 2 gamma_p."""
        return self.gamma_h + 2 * self.gamma_p

    @cached_property
    def shifts(self) -> NDArray[np.complex128]:
        """G_l, what each group adds to the cavity's decay and detuning without saturation, (L,)."""
        return self.sizes * self.g**2 / (self.gamma_t + 1j * self.Delta)

    @cached_property
    def inverse_saturation(self) -> Vector:
        """1 / n_l, (L,): 0 for a group that does not couple."""
        return 2 * self.g**2 * self.gamma_t / (self.gamma_h * (self.gamma_t**2 + self.Delta**2))

    @property
    def cooperativity(self) -> float:
        """Collective cooperativity Re sum_l G_l / kappa: eq. (23), and N g^2 / (kappa gamma_h) for one group on resonance."""
        return float(self.shifts.real.sum() / self.kappa)

    def response(self, photons: ArrayLike) -> tuple[NDArray[np.complex128], NDArray[np.complex128], NDArray[np.complex128]]:
        """D(n) and its first two derivatives with respect to n."""
        n = np.asarray(photons, dtype=float)
        saturated = 1 / (1 + n[..., None] * self.inverse_saturation)
        terms = self.shifts * saturated
        first = -terms * saturated * self.inverse_saturation
        second = -2 * first * saturated * self.inverse_saturation
        return self.kappa + 1j * self.Delta_c + terms.sum(-1), first.sum(-1), second.sum(-1)

    def drive(self, photons: ArrayLike) -> Vector:
        """The drive eta >= 0 that holds |<a>|^2 at ``photons``: the whole curve, unstable part included."""
        return np.sqrt(np.asarray(photons, dtype=float)) * np.abs(self.response(photons)[0])

    def _slope(self, photons: ArrayLike) -> Vector:
        """d eta / d|<a>|, negative between the turning points."""
        d, first, _ = self.response(photons)
        return np.abs(d) + 2 * np.asarray(photons) * (d.conj() * first).real / np.abs(d)

    def _slope_change(self, photons: ArrayLike) -> Vector:
        """d/dn of the slope d eta / d|<a>|, times |D|."""
        n = np.asarray(photons, dtype=float)
        d, first, second = self.response(n)
        mixed = (d.conj() * first).real
        change: Vector = 3 * mixed + 2 * n * (np.abs(first) ** 2 + (d.conj() * second).real - mixed**2 / np.abs(d) ** 2)
        return change

    @cached_property
    def flattest(self) -> Vector:
        """|<a>|^2 at the local minima of d eta / d|<a>|, ascending: where |<a>| is steepest in eta, or between turning points."""
        coupled = self.inverse_saturation[self.inverse_saturation > 0]
        if not coupled.size:
            return np.array([])
        reach = 1 + float(np.abs(self.shifts).sum()) / self.kappa
        grid = np.geomspace(1e-4 / coupled.max(), 1e2 * reach / coupled.min(), _GRID)
        change = self._slope_change(grid)
        brackets = np.flatnonzero((change[:-1] < 0) & (change[1:] >= 0))
        return np.array([_root(self._slope_change, grid[k], grid[k + 1]) for k in brackets])

    @cached_property
    def turning_points(self) -> Vector:
        """|<a>|^2 where d eta / d|<a>| = 0, ascending: a maximum of eta, then a minimum, and so on; empty without bistability."""
        photons: list[float] = []
        left = 0.0
        for k, n in enumerate(self.flattest):
            right = self.flattest[k + 1] if k + 1 < len(self.flattest) else max(n, 1 / self.inverse_saturation.max())
            if self._slope(n) >= 0:
                left = n
                continue
            while k + 1 == len(self.flattest) and self._slope(right) <= 0:
                right *= 2
            if self._slope(left) > 0:
                photons.append(_root(self._slope, left, n))
            if self._slope(right) > 0:
                photons.append(_root(self._slope, n, right))
            left = n
        return np.array(photons)

    @cached_property
    def critical(self) -> CriticalDrives:
        """The critical drives eta_crit-+.

        With bistability: the turning points.  Without: eta_crit+ is the drive at which |<a>| is steepest.  It meets the turning points
        where they are born; on resonance |<a>|^2 = 3 n0 and eta = kappa sqrt(3 n0) (1 + C/4).
        """
        if len(self.turning_points):
            upper, lower = self.turning_points[:2]
            return CriticalDrives(float(self.drive(lower)), float(self.drive(upper)), float(upper))
        if not len(self.flattest):
            raise InputError(
                "the semiclassical curve has neither a turning point nor a steepest point, so that there is no critical drive; "
                "give `eta` instead of `drive`, or couple the spins more strongly"
            )
        steepest = float(self.flattest[np.argmin(self._slope(self.flattest))])
        return CriticalDrives(None, float(self.drive(steepest)), steepest)

    def steady_states(self, eta: float) -> list[SemiclassicalState]:
        """All steady states at a drive, by ascending |<a>|^2: all roots of eq. (18), stable or not."""
        if not is_real(eta) or not math.isfinite(eta):
            raise InputError(f"`eta` must be a finite number, but is {eta!r}", parameter="eta")
        largest = (eta / self.kappa) ** 2 * (1 + 1e-12)  # |D| >= kappa, since Re G_l >= 0
        edges = [0.0, *(float(n) for n in self.turning_points if n < largest), largest]
        roots: list[float] = []
        for left, right in itertools.pairwise(edges):
            ends = [float(self.drive(n)) - abs(eta) for n in (left, right)]
            if ends[0] == 0:
                roots.append(left)
            elif ends[0] * ends[1] < 0:
                roots.append(_root(lambda n: self.drive(n) - abs(eta), left, right))
        return [self._state(float(eta), n) for n in roots]

    def _state(self, eta: float, photons: float) -> SemiclassicalState:
        amplitude = complex(eta / self.response(photons)[0])
        inversion = -1 / (1 + photons * self.inverse_saturation)
        lowering = 1j * self.g * inversion * amplitude / (self.gamma_t + 1j * self.Delta)
        rate = float(np.linalg.eigvals(self.jacobian(amplitude, lowering, inversion)).real.max())
        return SemiclassicalState(eta, amplitude, lowering, inversion, rate)

    def jacobian(self, amplitude: complex, lowering: NDArray[np.complex128], inversion: Vector) -> NDArray[np.complex128]:
        """Maxwell-Bloch equations linearised in (a, a^*, s_l, s_l^*, z_l), a matrix (2 + 3 L, 2 + 3 L)."""
        groups = len(self.g)
        s, sc, z = (slice(2 + k * groups, 2 + (k + 1) * groups) for k in range(3))
        matrix = np.zeros((2 + 3 * groups, 2 + 3 * groups), dtype=complex)
        matrix[0, 0] = -(self.kappa + 1j * self.Delta_c)
        matrix[0, s] = -1j * self.sizes * self.g
        matrix[s, 0] = 1j * self.g * inversion
        matrix[s, s] = np.diag(-(self.gamma_t + 1j * self.Delta))
        matrix[s, z] = np.diag(1j * self.g * amplitude)
        matrix[z, 0] = -2j * self.g * lowering.conj()
        matrix[z, s] = np.diag(2j * self.g * np.conj(amplitude))
        matrix[z, z] = -2 * self.gamma_h * np.eye(groups)
        # the conjugate equations
        matrix[1, 1], matrix[1, sc] = matrix[0, 0].conj(), matrix[0, s].conj()
        matrix[sc, 1], matrix[sc, sc], matrix[sc, z] = matrix[s, 0].conj(), matrix[s, s].conj(), matrix[s, z].conj()
        matrix[z, 1], matrix[z, sc] = matrix[z, 0].conj(), matrix[z, s].conj()
        return matrix


def critical_drives(
    kappa: float,
    gamma_h: float,
    gamma_p: float = 0.0,
    g: ArrayLike = 1.0,
    N: ArrayLike = 1.0,
    Delta_c: float = 0.0,
    Delta: ArrayLike = 0.0,
) -> CriticalDrives:
    """Critical drives of a model's own semiclassical curve; the parameter ``drive`` is eta in units of the upper one.

    >>> round(critical_drives(kappa=1.0, gamma_h=0.5, g=1.0, N=4).upper, 12)  # C = 8: kappa sqrt(3 n0) (1 + C/4)
    1.837117307087
    """
    return MaxwellBloch.of(kappa, gamma_h, gamma_p, g, N, Delta_c, Delta).critical


def cooperativity(kappa: float, gamma_h: float, g: float, N: float) -> float:
    """C = N g^2 / (kappa gamma_h)."""
    return N * g**2 / (kappa * gamma_h)


def coupling(kappa: float, gamma_h: float, C: float, N: float) -> float:
    """The coupling g >= 0 at which the cooperativity is C.

    Raises InputError for a negative C.
    """
    if not C >= 0:
        raise InputError(f"`C` must be a cooperativity >= 0, but is {C!r}; it is N g^2 / (kappa gamma_h)", parameter="C")
    return math.sqrt(C * kappa * gamma_h / N)


def saturation_photons(gamma_h: float, g: float) -> float:
    """Photon saturation number n0 = gamma_h^2 / (2 g^2).

    Raises InputError without coupling.
    """
    if g == 0:
        raise InputError("without coupling nothing saturates; `g` must not be 0", parameter="g")
    return gamma_h**2 / (2 * g**2)


def bistability_threshold(kappa: float, gamma_h: float, gamma_p: float = 0.0, Delta_c: float = 0.0, Delta: float = 0.0) -> float:
    """The C = N g^2 / (kappa gamma_h) above which identical spins make the cavity bistable: 8 on resonance and undephased.

    With A = kappa + i Delta_c, G = C G_1 and u = 1 + n/n_1 the turning points are the roots u > 1 of

        a u^3 + (b - c) u + 2 c = 0,   a = |A|^2, b = 2 Re(A^* G), c = |G|^2

    Two of them are born where (c - b)^3 = 27 a c^2, a cubic equation in C.  Infinite where no C is enough.
    """
    curve = MaxwellBloch.of(kappa, gamma_h, gamma_p, math.sqrt(kappa * gamma_h), 1.0, Delta_c, Delta)
    cavity = curve.kappa + 1j * curve.Delta_c
    a, b, c = abs(cavity) ** 2, 2 * (cavity.conjugate() * curve.shifts[0]).real, abs(curve.shifts[0]) ** 2
    # in C, after division by C^3: (c C - b)^3 = 27 a c^2 C
    roots = np.roots([c**3, -3 * c**2 * b, 3 * c * b**2 - 27 * a * c**2, -(b**3)])
    real = roots[np.abs(roots.imag) < 1e-6 * np.abs(roots)].real
    valid = real[(real > 0) & ((c * real - b) * real > 3 * a)]  # u^2 > 1
    return float(valid.min()) if valid.size else math.inf


def _root(function: Callable[[float], ArrayLike], left: float, right: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(lambda n: float(np.asarray(function(n))), left, right, xtol=1e-300, rtol=8.9e-16, maxiter=500))
