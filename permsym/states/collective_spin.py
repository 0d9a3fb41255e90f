"""P(j, m) of the satellites' collective spin: mean, standard deviations, covariance, and how Gaussian it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


class SpinDistribution(Protocol):
    """P(j, m) of the satellites' collective spin, listed or as a smooth function."""

    @property
    def mean(self) -> Array:
        """(<j>, <m>)."""

    @property
    def covariance(self) -> Array:
        """(2, 2) covariance of (j, m)."""

    def populations(self) -> DickePopulations:
        """P(j, m) site by site."""

    def distribution(self) -> DickePopulations:
        """P(j, m) at points that carry all of it: for averages and standard deviations at any N."""

    def density(self, j: ArrayLike, m: ArrayLike) -> Array:
        """P(j, m) at given points."""


@dataclass(frozen=True)
class Gaussianity:
    """How far P(j, m) is from a Gaussian; all zero for a Gaussian, and of order 1/sqrt(N), 1/N, 1/sqrt(N) for a single smooth well.

    skewness          of j and of m, <(x - <x>)^3> / deviation^3
    excess_kurtosis   of j and of m, <(x - <x>)^4> / deviation^4 - 3
    distance          total variation, half the sum of |P - G| over the sites, where G is the Gaussian with the mean and the
                      covariance of P, evaluated at the sites and normalised on them; from 0 to 1
    """

    skewness: tuple[float, float]
    excess_kurtosis: tuple[float, float]
    distance: float


@dataclass(frozen=True)
class DickePopulations:
    """Probabilities of the collective spin states \\|j, m>, summed over the centre and over the copies of each j.

    j, m, probability   arrays (n,)
    """

    j: Array
    m: Array
    probability: Array

    def populations(self) -> DickePopulations:
        """These."""
        return self

    def distribution(self) -> DickePopulations:
        """These."""
        return self

    def density(self, j: ArrayLike, m: ArrayLike) -> Array:
        """P(j, m) at lattice sites, zero elsewhere; shape of j and m."""
        listed = dict(zip(zip(self.j.tolist(), self.m.tolist(), strict=True), self.probability.tolist(), strict=True))
        return np.asarray(np.vectorize(lambda *site: listed.get(site, 0.0), otypes=[float])(j, m))

    @cached_property
    def _weights(self) -> Array:
        return np.asarray(self.probability / self.probability.sum())

    @cached_property
    def mean(self) -> Array:
        """(<j>, <m>)."""
        return np.stack([self.j, self.m]) @ self._weights

    @cached_property
    def _offsets(self) -> Array:
        """(2, n) j - <j> and m - <m>."""
        return np.stack([self.j, self.m]) - self.mean[:, None]

    @cached_property
    def covariance(self) -> Array:
        """(2, 2) covariance of (j, m)."""
        return np.asarray(self._offsets * self._weights @ self._offsets.T)

    @cached_property
    def deviations(self) -> Array:
        """(2,) standard deviations of j and of m."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlation(self) -> float:
        """Correlation of j and m, from -1 to 1; nan where one of them does not vary."""
        with np.errstate(invalid="ignore"):
            return float(self.covariance[0, 1] / np.prod(self.deviations))

    @cached_property
    def gaussianity(self) -> Gaussianity:
        """Skewness, excess kurtosis, and the distance from the Gaussian with this mean and covariance."""
        scaled = self._offsets / np.where(self.deviations > 0, self.deviations, 1.0)[:, None]
        third, fourth = (scaled**power @ self._weights for power in (3, 4))
        kurtosis = np.where(self.deviations > 0, fourth - 3, 0.0)
        return Gaussianity(
            (float(third[0]), float(third[1])),
            (float(kurtosis[0]), float(kurtosis[1])),
            0.5 * float(np.abs(self._weights - self._gaussian).sum()),
        )

    @property
    def _gaussian(self) -> Array:
        """The Gaussian at the sites; a direction without variance is left out of its exponent, all sites lie on the mean there."""
        exponent = -0.5 * (self._offsets * (np.linalg.pinv(self.covariance, rcond=1e-12, hermitian=True) @ self._offsets)).sum(axis=0)
        gauss = np.exp(exponent - exponent.max())
        return np.asarray(gauss / gauss.sum())
