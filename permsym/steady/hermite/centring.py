"""Where the probability of a large system sits: mean and covariance of (j, m), found from a cold start.

An exact solution of a small model with the same intensive physics gives the first guess.  A Galerkin solve of degree 1
on a Gaussian is a Newton step towards the point where the drift of (j, m) vanishes; degrees 2 and 4 make mean and
covariance self-consistent.
"""

from __future__ import annotations

import numpy as np

from permsym.basis.representations import build, dimension
from permsym.errors import NotApplicable
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.states.collective_spin import DickePopulations
from permsym.steady import needs
from permsym.steady.hermite.galerkin import Array, Galerkin, Gaussian
from permsym.steady.lattice.direct import solve_on

_COARSE = (60, 40, 25, 16)  # satellites of the small model; the first that is cheap
_CHEAP = 30_000  # unknowns
_STEPS = {1: 40, 2: 30, 4: 20}  # iterations for each degree
_SETTLED = {1: 0.3, 2: 0.05, 4: 1e-3}  # change in standard deviations (mean) and relative (covariance) that ends them
_TOLERATED = 0.05  # change at degree 4 that will do: the final series corrects a slightly wrong centre
_SHARPEST = 0.1  # least variance in lattice units: far below what the final checks accept
_TOUCHING = 0.02  # standard deviations from an edge, or part of a step that fits, at which the search gives up
_RIVAL = np.exp(-5.0)  # a second maximum of the small model's P(j, m) counts from this part of the first on
WINDOW = "use the lattice, permsym.steady_state"


def locate(model: Model) -> Gaussian:
    """Self-consistent mean and covariance.  NotApplicable where there is no single Gaussian cloud inside the triangle."""
    clouds: list[Gaussian] = []
    failure: NotApplicable | None = None
    for guess in _predict_clouds(model):
        try:
            found = self_consistent(model, guess)
        except NotApplicable as error:
            failure = failure or error
            continue
        if all(_separation(found, other) > 3 for other in clouds):
            clouds.append(found)
    if failure is not None and not clouds:
        raise failure
    if len(clouds) > 1 or failure is not None:
        places = ", ".join(f"(j, m) = ({cloud.mean[0]:.6g}, {cloud.mean[1]:.6g})" for cloud in clouds)
        raise NotApplicable(
            f"a small model with the same physics has several most probable places; Gaussian clouds were found at {places}, but "
            f"their weights against each other are not known to this solver; {WINDOW}"
        )
    return clouds[0]


def self_consistent(model: Model, guess: Gaussian) -> Gaussian:
    """The self-consistent cloud that iteration reaches from a guess."""
    cloud = _inside(model, guess)
    for degree, limit in _STEPS.items():
        for _ in range(limit):
            cloud, change = _improved(model, cloud, degree)
            if min(distance / deviation for distance, deviation in cloud.edges(model.sizes[0]).values()) < _TOUCHING:
                raise NotApplicable(f"the cloud of (j, m) runs into an edge: {describe_edges(model, cloud)}; {WINDOW}")
            if change < _SETTLED[degree]:
                break
        else:
            if degree == max(_STEPS) and change > _TOLERATED:
                raise NotApplicable(
                    f"mean and covariance of (j, m) did not settle near ({cloud.mean[0]:.6g}, {cloud.mean[1]:.6g}) "
                    f"(last change {change:.1g} standard deviations): {describe_edges(model, cloud)}; {WINDOW}"
                )
    return cloud


def describe_edges(model: Model, cloud: Gaussian) -> str:
    """Distance of the nearest edge in words."""
    (N,) = model.sizes
    name, (distance, deviation) = min(cloud.edges(N).items(), key=lambda item: item[1][0] / item[1][1])
    return f"the nearest edge, {name}, is {distance / deviation:.1f} standard deviations away"


def _improved(model: Model, cloud: Gaussian, degree: int) -> tuple[Gaussian, float]:
    """One step, limited so that the cloud stays in the triangle, and its size in standard deviations."""
    galerkin = Galerkin(model, cloud, degree)
    try:
        rows = np.abs(galerkin.matrix).max(axis=1)
        right = np.zeros(len(rows))
        right[0] = 1 / rows[0]
        mean, second = galerkin.moments(np.linalg.solve(galerkin.matrix / rows[:, None], right))
    except np.linalg.LinAlgError as error:
        raise NotApplicable(f"the equations of the cloud's mean and covariance are singular; {WINDOW}") from error
    if not (np.isfinite(mean).all() and np.isfinite(second).all()):
        raise NotApplicable(f"the equations of the cloud's mean and covariance have no finite solution; {WINDOW}")
    # a covariance from a poor centre may be indefinite: change it by a factor of 4 at most
    values, vectors = np.linalg.eigh(second)
    second = (vectors * np.clip(values, 0.25, 4.0)) @ vectors.T
    values, vectors = np.linalg.eigh(cloud.root @ second @ cloud.root.T)
    covariance = (vectors * np.maximum(values, _SHARPEST)) @ vectors.T
    factor = 1.0
    while not _contains(model, cloud, cloud.mean + factor * (cloud.root @ mean)):
        factor /= 2
        if factor < _TOUCHING:
            raise NotApplicable(f"the cloud of (j, m) runs into an edge: {describe_edges(model, cloud)}; {WINDOW}")
    change = max(float(np.abs(mean).max()), float(np.abs(second - np.eye(2)).max()))
    return Gaussian(cloud.mean + factor * (cloud.root @ mean), covariance), change


def _contains(model: Model, cloud: Gaussian, mean: Array) -> bool:
    """Whether a step goes at most nine tenths of the way to every edge."""
    (N,) = model.sizes
    there = Gaussian(mean, cloud.covariance).edges(N)
    return all(there[name][0] >= 0.1 * distance for name, (distance, _) in cloud.edges(N).items())


def _inside(model: Model, guess: Gaussian) -> Gaussian:
    """The guess, moved off the edges by a standard deviation where it touches them."""
    (N,) = model.sizes
    if all(distance > deviation for distance, deviation in guess.edges(N).values()):
        return guess
    spin, projection = guess.mean
    margin = 0.02 * N
    spin = min(max(spin, abs(projection) + margin), N / 2 - margin / 2)
    limit = max(spin - margin / 2, 0.0)
    return Gaussian(np.array([spin, min(max(projection, -limit), limit)]), guess.covariance)


def _separation(first: Gaussian, second: Gaussian) -> float:
    return float(np.linalg.norm(first.inverse @ (second.mean - first.mean)))


def _predict_clouds(model: Model) -> list[Gaussian]:
    """Scaled mean and covariance of a small model's P(j, m); one guess for each of its maxima where there are several."""
    (N,) = model.sizes
    small = next((each for each in _smaller(model) if dimension(each, "dicke") <= _CHEAP), None)
    if small is None:
        raise NotApplicable(f"the centre's {model.centre.levels} levels make even a small model too large to find the cloud; {WINDOW}")
    populations = solve_on(Liouvillian(build(small, "dicke")), small, needs.double_solver(small, "dicke"), 1.0).populations()
    factor = N / small.sizes[0]
    weights = populations.probability / populations.probability.sum()
    places = np.stack([populations.j, populations.m])
    mean = places @ weights
    covariance = (places - mean[:, None]) * weights @ (places - mean[:, None]).T
    covariance += 0.01 * small.sizes[0] * np.eye(2) * (np.linalg.eigvalsh(covariance)[0] < 1e-3 * small.sizes[0])
    peaks = _maxima(populations)
    centres = [mean] if len(peaks) == 1 else [places[:, peak] for peak in peaks]
    return [Gaussian(centre, covariance).scaled(factor) for centre in centres]


def _smaller(model: Model) -> list[Model]:
    (N,) = model.sizes
    return [model.rescaled(size / N) if size < N else model for size in _COARSE]


def _maxima(populations: DickePopulations) -> list[int]:
    """Local maxima of P(j, m), the most probable first, without those far below it."""
    from scipy import ndimage

    rows = (populations.j - populations.j.min()).round().astype(int)
    columns = (populations.m - populations.m.min()).round().astype(int)
    image = np.zeros((rows.max() + 1, columns.max() + 1))
    image[rows, columns] = populations.probability
    highest = ndimage.maximum_filter(image, size=5, mode="constant")[rows, columns]
    peaks = np.flatnonzero((populations.probability == highest) & (highest > _RIVAL * image.max()))
    return [int(i) for i in peaks[np.argsort(-populations.probability[peaks])]]
