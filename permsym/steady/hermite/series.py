"""Steady states of very large systems by a Hermite-Galerkin expansion: an independent solver whose cost does not grow with N.

For one ensemble of two-level satellites with a U(1) symmetry, where P(j, m) is a smooth cloud well inside the triangle
|m| <= j <= N/2.  The equations are in galerkin.py, the search for the cloud in centring.py.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, special

from permsym import machine
from permsym.errors import InputError, NotApplicable, TooLarge, UncertifiedWarning, UnsuitedModel
from permsym.model import Model
from permsym.moments.labels import MomentLabel, select_labels
from permsym.several_sites import refuse_several
from permsym.states.collective_spin import DickePopulations
from permsym.steady.hermite.centring import WINDOW, describe_edges, locate
from permsym.steady.hermite.galerkin import Array, Galerkin, Gaussian, evaluated
from permsym.steady.lattice.null_vector import Bounds
from permsym.steady.lattice.solution import FactoredSolution
from permsym.steady.state import DEFAULT_TOLERANCE, State, certified
from permsym.text import readable

EPS = float(np.finfo(float).eps)
DEGREE = 16
_STEP = 4  # the error is estimated from what the last four degrees changed
_NEAREST_EDGE = 6.0  # standard deviations: beyond, exp(-d^2/2) is below 1e-8 and the series decides
_FINEST = 2.0  # standard deviations in lattice spacings below which the lattice is no integral any more
_POINTS = 241  # in each direction of the coarse lattice for averages: a step of 0.075 standard deviations
_SITES = 5_000_000  # most sites for which P(j, m) is listed


class Series:
    """Solution of the Galerkin equations; offers what :class:`NullVector` does to a State.

    coefficients  (n,) for the full degree; edge_mass is 0: nothing is clipped
    lower         (n,) each: the same for 8, 4, 3, 2 and 1 degrees less, zero where cut
    ratio         how much the last four degrees changed against the four before
    beyond        eight times the probability that the Gaussian has outside the triangle: where a series stops to improve
    """

    edge_mass = outside_mass = 0.0

    def __init__(self, galerkin: Galerkin) -> None:
        self.galerkin = galerkin
        self.rows = np.abs(galerkin.matrix).max(axis=1)
        self.lower: list[Array] = [self._solved(galerkin.degree - less) for less in (2 * _STEP, *range(_STEP, 0, -1))]
        self.factors = linalg.lu_factor(galerkin.matrix / self.rows[:, None], check_finite=False)
        self.coefficients = self._refined()
        self.vector = galerkin.at_nodes(self.coefficients)
        self.ratio = 1.0
        (N,) = galerkin.basis.model.sizes
        distances = [distance / deviation for distance, deviation in galerkin.cloud.edges(N).values()]
        self.beyond = 8 * float(special.ndtr(-np.array(distances)).sum())
        self.residual_vector = galerkin.matrix @ self.coefficients
        self.residual_vector[0] -= 1.0

    def _solved(self, degree: int) -> Array:
        positions = np.flatnonzero(self.galerkin.degrees <= degree)
        right = np.zeros(len(positions))
        right[0] = 1 / self.rows[0]
        result = np.zeros(len(self.rows))
        result[positions] = np.linalg.solve(self.galerkin.matrix[np.ix_(positions, positions)] / self.rows[positions, None], right)
        return result

    def _refined(self) -> Array:
        right = np.zeros(len(self.rows))
        right[0] = 1.0
        solution = linalg.lu_solve(self.factors, right / self.rows)
        solution += linalg.lu_solve(self.factors, (right - self.galerkin.matrix @ solution) / self.rows)
        return np.asarray(solution)

    # -- what a State asks for --------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        return len(self.vector)

    def unknowns(self, _dimension: int) -> Array:
        return self.vector

    def restricted(self, covector: NDArray[np.complex128]) -> NDArray[np.complex128]:
        return covector

    @property
    def residual(self) -> float:
        """max |A c - e_0| / max(|A| |c|).  It says nothing about the truncation of the series."""
        return float(np.abs(self.residual_vector).max() / (np.abs(self.galerkin.matrix) @ np.abs(self.coefficients)).max())

    def changes(self, covectors: Array) -> tuple[Array, Array]:
        """max |p(D) - p(D-k)|, k = 1 ... 4, and |p(D-4) - p(D-8)| for each column of covectors at the nodes.

        Near an edge the series moves erratically from degree to degree: one difference alone can be small by chance.
        """
        onto = self.galerkin.projected(covectors)
        before, *lower = (onto.T @ each for each in self.lower)
        value = onto.T @ self.coefficients
        return np.max([np.abs(value - each) for each in lower], axis=0), np.abs(lower[0] - before)

    def bounds(self, covectors: Array) -> Bounds:
        """Error estimates of c @ vector for each column of covectors (basis.dimension, k).

        Truncation: max( |p(D) - p(D-k)| for k = 1 ... 4, r |p(D-4) - p(D-8)| ) / (1 - r)^2 with the ratio r <= 1/2 of
        the largest changes over all moments up to order 2.  Edges: what the Gaussian has beyond them, times |c| . |x|.
        Rounding, with A^T y = c:  |y| . (|r| + 8 (eps S + noise) |x|_1) + 8 eps |c| . |x| at the nodes, where S is the
        size of what was summed up in each row.
        """
        galerkin = self.galerkin
        onto = galerkin.projected(covectors)
        last, before = self.changes(covectors)
        fields = len(galerkin.fields)
        sizes = galerkin.sizes @ np.abs(self.coefficients.reshape(fields, -1)).sum(axis=1)
        y = linalg.lu_solve(self.factors, onto, trans=1, check_finite=False) / self.rows[:, None]
        noise = np.full(len(self.rows), galerkin.noise * np.abs(self.coefficients).sum())
        noise[: len(galerkin.polynomials.powers)] = 0.0  # rows of the first population: fast rates cancel exactly
        uncertainty = np.abs(self.residual_vector) + 8 * (EPS * sizes + noise)
        values = np.abs(covectors).T @ np.abs(self.vector)
        rounding = np.abs(y).T @ uncertainty + 8 * EPS * values
        ratio = min(self.ratio, 0.5)
        truncation = np.maximum(last, ratio * before) / (1 - ratio) ** 2 + self.beyond * values
        rounding, truncation = (np.where(np.isfinite(part), part, np.inf) for part in (rounding, truncation))
        return Bounds(rounding, truncation, np.zeros(len(self.vector)))


@dataclass(frozen=True)
class SeriesDistribution:
    """P(j, m) as a Gaussian times Hermite polynomials.

    mean, covariance   of (j, m), shapes (2,) and (2, 2)
    """

    galerkin: Galerkin
    coefficients: Array

    @cached_property
    def mean(self) -> Array:
        return np.asarray(self.galerkin.cloud.mean + self.galerkin.cloud.root @ self.galerkin.moments(self.coefficients)[0])

    @cached_property
    def covariance(self) -> Array:
        root = self.galerkin.cloud.root
        return np.asarray(root @ self.galerkin.moments(self.coefficients)[1] @ root.T)

    def density(self, j: ArrayLike, m: ArrayLike) -> Array:
        """P(j, m) at any points, shape of j and m; on the lattice these are probabilities."""
        galerkin = self.galerkin
        coefficients = self.coefficients.reshape(len(galerkin.fields), -1)[galerkin.populations].sum(axis=0)
        points = np.stack([np.ravel(j), np.ravel(m)]) - galerkin.cloud.mean[:, None]
        xi = galerkin.cloud.inverse @ points
        gauss = np.exp(-0.5 * (xi**2).sum(axis=0)) / (2 * np.pi * abs(np.linalg.det(galerkin.cloud.root)))
        return np.asarray((gauss * evaluated(coefficients, galerkin.polynomials.powers, xi)).reshape(np.shape(j)))

    def populations(self) -> DickePopulations:
        """P(j, m) on all sites within 9 standard deviations of the mean."""
        (N,) = self.galerkin.basis.model.sizes
        reach = 9 * np.sqrt(np.diag(self.covariance))
        low, high = self.mean - reach, self.mean + reach
        spins = np.arange(max(np.ceil(low[0] - N / 2) + N / 2, 0.5 * (N % 2)), min(high[0], N / 2) + 0.25)
        slope = self.covariance[0, 1] / self.covariance[0, 0]
        across = 9 * np.sqrt(self.covariance[1, 1] - slope * self.covariance[0, 1])
        middle = self.mean[1] + slope * (spins - self.mean[0])
        first = np.maximum(np.ceil(middle - across - spins) + spins, -spins)
        count = np.maximum(np.floor(np.minimum(middle + across, spins) - first) + 1, 0).astype(np.int64)
        if count.sum() > _SITES:
            raise InputError(
                f"P(j, m) has {count.sum():,} sites within 9 standard deviations, more than {_SITES:,} to list; "
                "ask for density(j, m) at points"
            )
        j = np.repeat(spins, count)
        m = np.repeat(first, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return DickePopulations(j, m, self.density(j, m))

    def distribution(self) -> DickePopulations:
        """P(j, m) on a coarse lattice around the mean, exact for averages of smooth functions; the probabilities are cells'."""
        reach = 9.0
        steps = np.linspace(-reach, reach, _POINTS)
        xi = np.stack([grid.ravel() for grid in np.meshgrid(steps, steps)])
        j, m = self.mean[:, None] + np.linalg.cholesky(self.covariance) @ xi
        cell = np.sqrt(np.linalg.det(self.covariance)) * (steps[1] - steps[0]) ** 2
        return DickePopulations(j, m, self.density(j, m) * cell)


def hermite_state(
    model: Model,
    degree: int = DEGREE,
    *,
    moments: int | str | Iterable[str | MomentLabel] = 2,
    tolerance: float = DEFAULT_TOLERANCE,
) -> State:
    """The exact steady state of a large system, from N of some thousand on; the cost does not depend on N.

    degree      largest total degree of the polynomials, from 8 to 40
    moments     what the certificate covers: an order, or labels
    tolerance   error of a moment, relative to max(1, |value|), that counts as certified

    Each error estimate is what the last four degrees changed, plus rounding.  Raises NotApplicable, with the reason,
    where the cloud is too near an edge of |m| <= j <= N/2, thinner than the lattice resolves, one of several, or where
    the series does not converge; UnsuitedModel for models that are no single U(1)-symmetric ensemble of two-level
    satellites.  Warns with UncertifiedWarning where the series converges, but not to the tolerance.
    """
    state = solved(model, degree, select_labels(model, moments), tolerance)
    if not state.certificate.certified:
        warnings.warn("the certificate fell short: " + "; ".join(state.certificate.reasons), UncertifiedWarning, stacklevel=2)
    return state


def solved(model: Model, degree: int, labels: Iterable[MomentLabel], tolerance: float) -> State:
    """The same without a warning."""
    _check(model, degree, tolerance)
    started = time.perf_counter()
    cloud = locate(model)
    _check_cloud(model, cloud)
    located = time.perf_counter()
    galerkin = Galerkin(model, cloud, degree)
    assembled = time.perf_counter()
    try:
        series = Series(galerkin)
    except np.linalg.LinAlgError as error:
        raise NotApplicable(f"the equations of degree {degree} are singular; {WINDOW}") from error
    timings = {"locate": located - started, "assemble": assembled - located, "solve": time.perf_counter() - assembled}
    solution = FactoredSolution(galerkin.basis, series, spin=SeriesDistribution(galerkin, series.coefficients), noise=EPS)
    solver = {"name": "hermite", "degree": galerkin.degree, "fill": galerkin.matrix.size}
    state = State(model, galerkin.basis, solution, solver, timings, tolerance)
    _check_series(state, series, tolerance)
    return certified(state, labels)


def _check(model: Model, degree: int, tolerance: float) -> None:
    if isinstance(degree, bool) or not isinstance(degree, int) or not 2 * _STEP <= degree <= 40:
        raise InputError(f"`degree` must be an integer from {2 * _STEP} to 40, but is {degree!r}; {DEGREE} suits most systems")
    if not np.isfinite(tolerance) or tolerance <= 0:
        raise InputError(f"`tolerance` must be a positive number, but is {tolerance!r}")
    refuse_several(model.centre, "the Hermite solver")
    if len(model.ensembles) != 1 or model.ensembles[0].levels != 2 or model.ensembles[0].j is not None:
        raise UnsuitedModel(
            "the Hermite solver needs one ensemble of two-level satellites of any total spin; use permsym.steady_state for other models"
        )
    if not any(charge[1] for charge in model.charges):
        raise UnsuitedModel(
            "the Hermite solver needs a U(1) symmetry of the satellites, but a term of this model breaks it; use permsym.steady_state"
        )
    size = model.centre.levels**2 * (degree + 1) * (degree + 2) / 2
    needed, free = 48 * size**2, machine.available_bytes()
    if needed > free:
        raise TooLarge(
            f"a centre with {model.centre.levels} levels needs up to {readable(needed)} at degree {degree}, but "
            f"{readable(free)} are available; use a smaller degree or fewer levels"
        )


def _check_cloud(model: Model, cloud: Gaussian) -> None:
    """Refuse clouds at an edge, and clouds that the lattice does not resolve."""
    (N,) = model.sizes
    for name, (distance, deviation) in cloud.edges(N).items():
        if not distance > _NEAREST_EDGE * deviation:
            raise NotApplicable(
                f"P(j, m) reaches the edge {name}: its mean is {distance / deviation:.1f} standard deviations away, and the Hermite "
                f"series needs at least {_NEAREST_EDGE:g}; {WINDOW}"
            )
    # sum over the lattice = integral up to exp(-2 pi^2 n^T covariance n), n the shortest vectors of the reciprocal lattice
    vectors = np.array([(1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (1, 2), (2, -1), (1, -2)], dtype=float)
    thinnest = float(np.sqrt(np.einsum("ni,ij,nj->n", vectors, cloud.covariance, vectors).min()))
    if thinnest < _FINEST:
        raise NotApplicable(f"P(j, m) is only {thinnest:.2g} lattice spacings thin; {WINDOW}")


def _check_series(state: State, series: Series, tolerance: float) -> None:
    """Refuse a series that does not converge.  Judged by all moments up to order 2."""
    galerkin = series.galerkin
    covectors = np.stack([state.basis.correlator(*label.operators(state.model)) for label in state.labels(2)], axis=1)
    last, before = series.changes(np.concatenate([covectors.real, covectors.imag], axis=1))
    worst, previous = float(last.max()), float(before.max())
    series.ratio = worst / previous if previous > 0 else 0.0
    where = describe_edges(state.model, galerkin.cloud)
    if not worst <= max(0.5 * previous, tolerance):
        raise NotApplicable(
            f"the Hermite series does not converge: degrees {galerkin.degree - _STEP} to {galerkin.degree} change moments by {worst:.1e}, "
            f"the four degrees before by {previous:.1e} ({where}); {WINDOW}"
        )
    levels = series.coefficients.reshape(len(galerkin.fields), -1)[galerkin.populations, 0]
    if not ((levels > -tolerance) & (levels < 1 + tolerance)).all():
        raise NotApplicable(f"a population of the centre's levels is outside [0, 1], {levels.tolist()} ({where}); {WINDOW}")
