"""How the coefficients of a model's terms depend on parameters that change in time.

    c(t) = base + sum_r directions[:, r] x_r(t)

A parameter that enters linearly is its own coordinate x_r.  For others the model is made anew at every time, and its coefficients
are written in a basis of those at a few times.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError, PermsymError
from permsym.model import Model
from permsym.models.parameters import COUNTS
from permsym.models.registry import LIBRARY
from permsym.modulation.coefficients import Coefficients
from permsym.modulation.functions import TimeFunction, Times

Family = Callable[..., Model]
Vector = NDArray[np.complex128]

_SAME = 1e-12  # relative: coefficients that agree to this are the same
_RANDOM = 5  # further values at which linearity is tried
_SPANNED = 1e-9  # relative: what coefficients may be off by in a basis of those at other times


@dataclass(frozen=True)
class Dependence:
    """Coefficients of terms as functions of time; the arrays of the formula above.

    coordinates   times (T,) -> x (r, T)
    """

    base: Vector
    directions: Vector
    coordinates: Callable[[Times], Times]


class _OtherSites(InputError):
    """A model with other sites."""


class ParametricModel:
    """A model as a function of some of its parameters; the others stay as they are.

    Raises InputError where the function does not give the model, and for parameters that count satellites or levels.
    """

    def __init__(self, model: Model, family: Family, names: Sequence[str], table: Coefficients) -> None:
        self.static, self.family, self.names, self.table = model, family, tuple(names), table
        self.left_out = {stands for name in names if (stands := self._stands_for(name)) is not None}
        for name in names:
            self._check(name)
        made, own = table.vector(self._made({})), table.vector(model)
        different = np.abs(table.table([made, own]) @ [1, -1]).max(initial=0.0)
        if different > _SAME * np.abs(own).max(initial=0.0):
            raise InputError(
                f"the function {_called(family)} does not give this model with its parameters {model.parameters}; pass the one that made "
                "it as family=..., say its numbers with Model(..., parameters={...}), or modulate terms by their names",
                parameter=names[0],
            )

    def vector(self, values: Sequence[float] | Times) -> Vector:
        """Coefficients at values of the parameters, in the order of ``names``."""
        return self.table.vector(self._made(dict(zip(self.names, map(float, values), strict=True)), self.left_out))

    def at(self, values: Sequence[float] | Times, t: float) -> Vector:
        """The same at a time, which an error names."""
        try:
            return self.vector(values)
        except InputError as error:
            raise InputError(f"at t = {t:.6g}: {error}", parameter=error.parameter or self.names[0]) from None

    def _made(self, values: Mapping[str, float], without: Sequence[str] | set[str] = ()) -> Model:
        parameters = {name: value for name, value in self.static.parameters.items() if name not in without}
        try:
            made = self.family(**{**parameters, **values})
        except PermsymError:
            raise
        except Exception as error:
            raise InputError(f"the model function {_called(self.family)} fails with {type(error).__name__}: {error}") from error
        if _sites(made) != _sites(self.static):
            raise _OtherSites(f"{', '.join(f'`{name}`' for name in values)} changes the sites of the model, and cannot change in time")
        return made

    def _stands_for(self, name: str) -> str | None:
        """The parameter that another one replaces, such as g where C changes."""
        if name in self.static.parameters:
            return None
        try:
            self._made({name: 1.0})
        except InputError as error:
            return error.parameter if error.parameter in self.static.parameters else None
        return None

    def _check(self, name: str) -> None:
        """Refuse a parameter that counts something."""
        value: object = self.static.parameters.get(name)  # counts are integers
        counts = name in COUNTS and self.family in LIBRARY.values()
        if isinstance(value, int) and not counts:
            try:
                self._made({name: value + 1})
            except _OtherSites:
                counts = True
            except InputError:  # another value that it cannot have, which is refused with its time
                pass
        if counts:
            raise InputError(f"`{name}` counts satellites or levels, and cannot change in time; modulate another parameter", parameter=name)


def dependence(model: ParametricModel, functions: Sequence[TimeFunction], scan: Times) -> Dependence:
    """How coefficients depend on time through parameters; ``scan`` (T,) are times to look at."""
    values = np.array([function(scan) for function in functions])
    try:
        for k in {int(k) for row in values for k in (np.argmin(row), np.argmax(row))}:
            model.vector(values[:, k])
    except InputError:
        for k, t in enumerate(scan):  # a value out of range is refused with its first time
            model.at(values[:, k], float(t))
        raise

    def along(times: Times) -> Times:
        return np.array([function(times) for function in functions])

    linear = _linear(model, values)
    if linear is not None:
        return Dependence(*linear, along)
    return _sampled(model, values, scan, along)


def _linear(model: ParametricModel, values: NDArray[np.float64]) -> tuple[Vector, Vector] | None:
    """base and directions where all coefficients are linear in the parameters; None where they are not, or cannot be tried."""
    low, high = values.min(axis=1), values.max(axis=1)
    size = np.maximum(np.abs(low), np.abs(high))
    size = np.where(size > 0, size, 1.0)
    random = np.random.default_rng(0)
    inside = [low + (high - low) * random.random(len(low)) for _ in range(_RANDOM)]
    beside = [random.random(len(low)) * size for _ in range(_RANDOM)]
    points = [np.zeros(len(low)), *np.diag(size), *inside, *beside]
    try:
        vectors = [model.vector(point) for point in points]
    except InputError:
        return None
    table = model.table.table(vectors)
    model.table.check_operators(table, model.names)
    base = table[:, 0]
    directions = (table[:, 1 : 1 + len(low)] - base[:, None]) / size
    expected = base[:, None] + directions @ np.array(points).T
    scale = np.abs(base)[:, None] + np.abs(directions) @ np.abs(np.array(points).T)
    return (base, directions) if (np.abs(table - expected) <= _SAME * scale).all() else None


def _sampled(model: ParametricModel, values: NDArray[np.float64], scan: Times, along: Callable[[Times], Times]) -> Dependence:
    """Any dependence: a basis of the coefficients at the times of the scan."""
    vectors = [model.at(values[:, k], float(scan[k])) for k in range(len(scan))]
    table = model.table.table(vectors)
    model.table.check_operators(table, model.names)
    base = table[:, len(scan) // 2]
    changes = table - base[:, None]
    stacked = np.concatenate([changes.real, changes.imag])
    left, sizes, _ = np.linalg.svd(stacked, full_matrices=False)
    rank = int((sizes > _SAME * max(float(sizes.max(initial=0.0)), float(np.abs(base).max(initial=0.0)))).sum())
    terms = len(base)
    real = left[:, :rank]
    directions = real[:terms] + 1j * real[terms:]

    def coordinates(times: Times) -> Times:
        points = along(times)
        rows = [model.at(points[:, k], float(t)) for k, t in enumerate(times)]
        now = model.table.table(rows)
        if len(now) > terms and np.any(now[terms:]):
            now = now[: terms + 1]  # refused below: a term that the scan did not see
        change = np.pad(now[:terms], ((0, terms - len(now[:terms])), (0, 0))) - base[:, None]
        x = np.asarray(real.T @ np.concatenate([change.real, change.imag]))
        missed = np.abs(change - directions @ x).max(axis=0)
        unseen = missed > _SPANNED * np.abs(now).max(initial=0.0)
        if len(now) > terms or unseen.any():
            t = float(times[int(np.argmax(missed))])
            raise InputError(
                f"{', '.join(model.names)} changes the model near t = {t:.6g} as it does at no time that was looked at; "
                f"name that time in kinks=[{t:.6g}]",
                parameter=model.names[0],
            )
        return x

    return Dependence(base, directions, coordinates)


def parameters_of(family: Family | None, model: Model) -> list[str]:
    """Names that may be parameters of a model: those it was made from, and those of its function."""
    names = list(model.parameters)
    if family is not None:
        kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        names += [name for name, parameter in inspect.signature(family).parameters.items() if parameter.kind in kinds]
    return list(dict.fromkeys(names))


def _sites(model: Model) -> tuple[object, ...]:
    return model.centre.kind, model.centre.levels, model.ensembles


def _called(family: Family) -> str:
    return str(getattr(family, "__name__", repr(family)))
