"""Fits of a model's parameters to measured points, with the derivatives that the solutions themselves give.

    min over theta of  sum_i r_i^2,      r_i = (q_i(theta) - measured_i) / sigma_i,      J_ik = dq_i/d theta_k / sigma_i

by the trust-region reflective method (M. A. Branch, T. F. Coleman, Y. Li, SIAM J. Sci. Comput. 21, 1 (1999); scipy.optimize).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError, PermsymError, UncertifiedWarning
from permsym.gradients.fitting.measured import Measured, Quantity
from permsym.gradients.fitting.result import Fit
from permsym.gradients.gradient import Derivatives, differentiable
from permsym.model import Model
from permsym.models.registry import ModelSource, source
from permsym.progress import Progress, silent
from permsym.steady.solve import steady_state
from permsym.steady.state import State

Array = NDArray[np.float64]
Point = tuple[tuple[str, float], ...]
"""Names and values of the parameters that were set."""
_ROUNDING = 1e-9  # of a quantity: less than that residuals do not mean
_FLAT = 1e-3  # |J^T r| over |J| |r| where a search that was turned back has converged all the same


def fit(
    model: str | Callable[..., Model] | ModelSource,
    data: Mapping[str, Any] | str | os.PathLike[str],
    free: Sequence[str] | Mapping[str, float],
    *,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    progress: Progress | None = None,
    **fixed: float | str,
) -> Fit:
    """Values of the free parameters that reproduce measured points best, in the sense of least squares.

    model    a library name, a model function, or a ModelSource
    data     columns by name, or a CSV file: parameters that were set, quantities (derived ones such as "photons", labels of moments,
             Re(...) and Im(...) of complex ones), and their standard deviations, such as "photons_sigma"; nan: not measured
    free     names, which start from the function's defaults; or name -> where to start
    bounds   name -> (least, most)
    fixed    other parameters; numbers or expressions, evaluated at each point

    With standard deviations errors are absolute; without, all points count alike, and the scatter around the fit stands for them.
    Raises InputError for mistakes in the data or the names, before anything is solved.
    """
    origin = source(model)
    names = [*origin.defaults, *origin.others]
    starts = _starts(origin, free)
    measured = Measured.of(data, names, starts)
    for name in (*fixed, *(bounds or {})):
        origin.check(name)
    for name in fixed:
        if name in starts or name in measured.parameters:
            also = (
                f"is free, too; start it with free={{{name!r}: VALUE}}" if name in starts else "is a column of the data, too; leave it out"
            )
            raise InputError(f"{name!r} is given, but {also}", parameter=name)
    problem = _Problem(origin, measured, list(starts), fixed, progress or silent)
    least, most = _limits(starts, bounds or {})
    from scipy.optimize import least_squares

    begin = np.array(list(starts.values()), dtype=float)
    problem.look(begin)
    scale = np.where(begin != 0, np.abs(begin), 1.0)
    answer = least_squares(
        problem.residuals, begin, problem.jacobian, bounds=(least, most), x_scale=scale, xtol=1e-12, ftol=1e-14, gtol=1e-12
    )
    return Fit.of(list(starts), answer.x, measured, problem.predicted(answer.x), problem.jacobian(answer.x), problem.doubts(answer))


def _starts(origin: ModelSource, free: Sequence[str] | Mapping[str, float]) -> dict[str, float]:
    """Free parameters and where to start."""
    if isinstance(free, str) or not free:
        raise InputError(f"`free` must name the parameters to fit, such as ['g'], but is {free!r}")
    starts = {}
    for name in free:
        origin.check(name)
        value = free[name] if isinstance(free, Mapping) else origin.defaults.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise InputError(f"{name!r} has no default to start from; give free={{{name!r}: VALUE}}", parameter=name)
        starts[name] = float(value)
    return starts


def _limits(starts: Mapping[str, float], bounds: Mapping[str, tuple[float, float]]) -> tuple[Array, Array]:
    """(least, most) of each free parameter; a start must lie between them."""
    for name, pair in bounds.items():
        if name not in starts:
            raise InputError(f"{name!r} has bounds, but is not free; the free parameters are {', '.join(starts)}")
        if not (isinstance(pair, tuple | list) and len(pair) == 2 and pair[0] < pair[1]):
            raise InputError(f"the bounds of {name!r} must be (least, most), but are {pair!r}")
        if not pair[0] <= starts[name] <= pair[1]:
            raise InputError(
                f"{name!r} starts at {starts[name]:g}, outside its bounds {pair!r}; give free={{{name!r}: VALUE}} between them"
            )
    limits = np.array([bounds.get(name, (-np.inf, np.inf)) for name in starts], dtype=float)
    return limits[:, 0], limits[:, 1]


class _NoModel(InputError):
    """Trial values that no model has."""


class _Problem:
    """Residuals and their Jacobian; the states of one set of values are solved for once."""

    def __init__(self, origin: ModelSource, measured: Measured, free: list[str], fixed: Mapping[str, float | str], say: Progress) -> None:
        self.origin, self.measured, self.free, self.fixed, self.say = origin, measured, free, fixed, say
        self.there = np.isfinite(measured.values)
        sigma = np.ones_like(measured.values) if measured.sigma is None else measured.sigma
        self.weight = 1 / sigma[self.there]
        self._at: tuple[float, ...] | None = None
        self._values = self._slopes = np.zeros(0)
        self.uncertified = self.turned_back = ""

    def look(self, theta: Array) -> None:
        """InputError for what cannot be measured of the model, at any of the points, before anything is solved."""
        for point, wanted in self._wanted.items():
            model = self._model(dict(point), theta)
            for quantity in wanted:
                _check(model, quantity)

    @cached_property
    def _wanted(self) -> dict[Point, list[Quantity]]:
        """The quantities that are measured at each point, in any of its rows."""
        there: dict[Point, Array] = {}
        for row, measured in enumerate(self.there):
            point = tuple(self.measured.point(row).items())
            there[point] = there.get(point, False) | measured
        return {point: [one for one, seen in zip(self.measured.quantities, mask, strict=True) if seen] for point, mask in there.items()}

    def predicted(self, theta: Array) -> Array:
        """(measurements,) of the quantities."""
        self._solve(theta)
        return self._values

    def residuals(self, theta: Array) -> Array:
        """Infinite where a trial makes no model: the search takes a shorter step then."""
        try:
            self._solve(theta)
        except _NoModel as error:
            self.turned_back = str(error)
            return np.full(len(self.weight), np.inf)
        return np.asarray((self.predicted(theta) - self.measured.values[self.there]) * self.weight)

    def jacobian(self, theta: Array) -> Array:
        self._solve(theta)
        return np.asarray(self._slopes * self.weight[:, None])

    def doubts(self, answer: Any) -> list[str]:
        """Why the fit may not be what was asked for."""
        rounding = _ROUNDING * np.linalg.norm(self._values * self.weight)
        steep = float(np.linalg.norm(answer.jac) * (np.linalg.norm(answer.fun) + rounding))
        if not answer.success or (self.turned_back and answer.optimality > _FLAT * steep):
            return [f"the search has not converged: {self.turned_back or answer.message}", *filter(None, [self.uncertified])]
        return [self.uncertified] if self.uncertified else []

    def _model(self, point: Mapping[str, float], theta: Array) -> Model:
        values = dict(zip(self.free, theta.tolist(), strict=True))
        try:
            return self.origin.model({**self.fixed, **point, **values})
        except InputError as error:
            spelled = ", ".join(f"{name}={value:.6g}" for name, value in values.items())
            raise _NoModel(f"{error} (tried {spelled}; `bounds` keep the search away from there)") from None

    def _solve(self, theta: Array) -> None:
        if self._at == tuple(theta):
            return
        self.say(", ".join(f"{name}={value:.8g}" for name, value in zip(self.free, theta, strict=True)))
        values, slopes = np.full(self.there.shape, np.nan), np.full((*self.there.shape, len(self.free)), np.nan)
        self.uncertified = ""  # of these values: where the search has been before is no matter
        alike: dict[Point, tuple[Array, Array]] = {}
        for row in np.flatnonzero(self.there.any(axis=1)):
            point = tuple(self.measured.point(int(row)).items())
            if point not in alike:
                alike[point] = self._point(dict(point), theta, self._wanted[point])
            values[row], slopes[row] = alike[point]
        self._at, self._values, self._slopes = tuple(theta), values[self.there], slopes[self.there]

    def _point(self, point: Mapping[str, float], theta: Array, wanted: Sequence[Quantity]) -> tuple[Array, Array]:
        """(quantities,) and (quantities, free) of one state; nan for those that are not wanted."""

        def family(**parameters: Any) -> Model:  # through expressions, too
            return self._model(point, np.array([parameters[name] for name in self.free]))

        model = self._model(point, theta)
        if missing := [name for name in self.free if name not in model.parameters]:
            raise InputError(f"the model's `parameters` lack {missing[0]!r}, which is free; leave `parameters` out, or list all of them")
        derivatives = Derivatives(self._state(model, wanted), family, self.free)
        values, slopes = np.full(self.there.shape[1], np.nan), np.full((self.there.shape[1], len(self.free)), np.nan)
        for k, quantity in enumerate(self.measured.quantities):
            if quantity in wanted:
                values[k] = quantity.part(derivatives.value(quantity.text))
                gradient = derivatives.of(quantity.text)
                slopes[k] = [quantity.part(gradient[name]) for name in self.free]
        return values, slopes

    def _state(self, model: Model, wanted: Sequence[Quantity]) -> State:
        labels = [quantity.text for quantity in wanted if not _derived(model, quantity.text)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UncertifiedWarning)
            state = steady_state(model, moments=labels)
            if not differentiable(state):
                state = steady_state(model, moments=labels, solver="superlu")
        if not state.certificate.certified:
            self.uncertified = f"a state is not certified: {state.certificate.reasons[0]}"
        return state


def _check(model: Model, quantity: Quantity) -> None:
    from permsym.moments.labels import parse

    if _derived(model, quantity.text):
        return
    try:
        key = parse(quantity.text, model)
    except PermsymError as error:
        raise InputError(f"the column {quantity.column!r} is no parameter, no derived quantity and no moment: {error}") from None
    if quantity.column == quantity.text and key != key.conjugate():
        raise InputError(f"the moment {quantity.text!r} is complex; call the column Re({quantity.text}) or Im({quantity.text})")


def _derived(model: Model, text: str) -> bool:
    from permsym.states.derived import derived_quantities

    return text in derived_quantities(model, lambda label: 1.0 + 0j)
