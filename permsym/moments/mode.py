"""What one looks at in a bosonic mode: photon statistics, quadratures, quasi-probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.errors import InputError
from permsym.moments import phase_space
from permsym.moments.reduced import entropy, purity
from permsym.operators import ComplexArray
from permsym.sites import as_count

Real = NDArray[np.float64]


@dataclass(frozen=True)
class PhotonDistribution:
    """P(n) of a mode.

    n             (levels,) photon numbers
    probability   (levels,)
    error         (levels,) estimates of the absolute errors, as those of moments; None where they were not asked for
    """

    n: NDArray[np.int64]
    probability: Real
    error: Real | None

    @property
    def peaks(self) -> NDArray[np.int64]:
        """Photon numbers where P(n) has a local maximum above its error, two of them in a bistable cavity."""
        value = np.concatenate([[0.0], self.probability, [0.0]])
        noise = np.zeros(len(self.n)) if self.error is None else self.error
        middle = value[1:-1]
        return self.n[(middle > value[:-2]) & (middle >= value[2:]) & (middle > noise)]


@dataclass(frozen=True)
class JointDistribution:
    """P(n, m, ...) of the levels of several sites of a centre.

    sites         their names
    probability   one axis for each: photon numbers of a mode, levels of others (0: up)
    error         estimate of the sum of the absolute errors of all, the trace norm that the state is off by; nan: unknown
    """

    sites: tuple[str, ...]
    probability: Real
    error: float


@dataclass(frozen=True)
class Quadratures:
    """Fluctuations of X(phi) = (a exp(-i phi) + a^dag exp(i phi)) / sqrt(2); the vacuum has variance 1/2.

    smallest, largest   variances along the principal axes
    angle               phi of the smallest one, in [0, pi)
    """

    smallest: float
    largest: float
    angle: float

    @property
    def squeezing(self) -> float:
        """-10 log10(2 x smallest variance), in dB: positive below the vacuum's noise."""
        return -10 * math.log10(2 * self.smallest)


class Mode:
    """The mode of a state, reduced: the emitters are traced out.

    rho      (levels, levels) density matrix in the Fock states 0..levels-1, as the solver cut them
    moment   value of a moment by its label, such as "ad ad a a"
    errors   of the diagonal of rho, where they are estimated
    """

    def __init__(self, rho: ComplexArray, moment: Callable[[str], complex], errors: Callable[[], Real | None] = lambda: None) -> None:
        self.rho = rho
        self._moment = moment
        self._errors = errors

    @property
    def levels(self) -> int:
        """Number of Fock states."""
        return len(self.rho)

    def photon_distribution(self, errors: bool = True) -> PhotonDistribution:
        """P(n) = <n\\| rho \\|n>, n = 0..levels-1.

        errors   estimate them too, where the state can: one transposed solve for each n
        """
        return PhotonDistribution(np.arange(self.levels), self.rho.diagonal().real.copy(), self._errors() if errors else None)

    def g(self, order: int = 2) -> float:
        """Coherence g^(k)(0) = <a^dag^k a^k> / <a^dag a>^k at zero delay: 1 for coherent light, k! for thermal light."""
        k = as_count("order", order, 1)
        photons = self.photons
        if photons <= 0:
            raise InputError("g^(k) of a mode without photons is not defined; look at the photon distribution instead")
        return self._moment(" ".join(["ad"] * k + ["a"] * k)).real / photons**k

    @property
    def photons(self) -> float:
        """<a^dag a>."""
        return self._moment("ad a").real

    @property
    def amplitude(self) -> complex:
        """<a>."""
        return self._moment("a")

    @property
    def mandel_q(self) -> float:
        """(<n^2> - <n>^2) / <n> - 1: 0 for coherent light, <n> for thermal light, -1 for a Fock state."""
        return self.photons * (self.g(2) - 1)

    @cached_property
    def quadratures(self) -> Quadratures:
        """Variances 1/2 + (<a^dag a> - \\|<a>\\|^2) -+ \\|<a a> - <a>^2\\| of the two principal quadratures."""
        mean = self.amplitude
        spread = self.photons - abs(mean) ** 2
        turn = self._moment("a a") - mean**2
        angle = (np.angle(-turn) / 2) % math.pi if turn else 0.0
        return Quadratures(0.5 + spread - abs(turn), 0.5 + spread + abs(turn), float(angle))

    @cached_property
    def purity(self) -> float:
        """tr rho^2."""
        return purity(self.rho)

    @cached_property
    def entropy(self) -> float:
        """-tr rho ln rho, in nats."""
        return entropy(self.rho)

    def wigner(self, x: ArrayLike, p: ArrayLike) -> Real:
        """W(x, p) on a grid, shape (len(p), len(x)): see :func:`permsym.moments.phase_space.wigner`."""
        return phase_space.wigner(self.rho, x, p)

    def husimi(self, alpha: ArrayLike) -> Real:
        """Q(alpha) at complex amplitudes of any shape: see :func:`permsym.moments.phase_space.husimi`."""
        return phase_space.husimi(self.rho, alpha)

    def __repr__(self) -> str:
        return f"Mode({self.levels} levels, {self.photons:.6g} photons)"
