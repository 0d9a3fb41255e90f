"""Derivatives of any other answer of a model, by differences with an error estimate: spectra, two-time functions, counting, evolutions.

    D(h) = [8 (q(theta + h) - q(theta - h)) - (q(theta + 2h) - q(theta - 2h))] / 12 h

is off by |D(h) - D(2h)| / 15 to leading order, of which twice is counted, and by sum |weights| e / h where each answer is off by e.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.dynamics.counting.full_counting import FullCounting
from permsym.dynamics.evolved.evolution import Evolution
from permsym.dynamics.spectra.linewidth import Linewidth
from permsym.dynamics.spectra.spectrum import PowerSpectrum
from permsym.dynamics.two_time.result import Correlation
from permsym.errors import InputError
from permsym.model import Model
from permsym.models.registry import LIBRARY
from permsym.steady.gradient import CENTRAL, RIGHT, Family, parameter_slopes

_STEP = 4e-3  # of max(1, |theta|): the fifth derivative costs 3e-11 of it, and answers that are off by 1e-13 cost 4e-11
_SAFETY = 2 / 15  # of the change from one step to one twice as long

Answer = Callable[[Model], "PowerSpectrum | Correlation | FullCounting | Linewidth | Evolution | tuple[ArrayLike, ArrayLike]"]


class Difference(NamedTuple):
    """A derivative and an estimate of its error, shaped as the answer."""

    values: NDArray[Any]
    errors: NDArray[np.float64]


def derivative(answer: Answer, model: Model, name: str, family: Family | None = None) -> Difference:
    """d(answer)/d parameter, from six answers beside the model, or seven on one side of a rate that is zero.

    answer   what of a model: a power spectrum, S; a correlation, its values; full counting, (current, fano, noise); a linewidth, its
             eigenvalue; an evolution, its labels' moments (labels, T); or a pair of values and their errors
    name     of a real parameter
    family   the function that makes the model from its parameters; a library model knows its own

    Steady states have derivatives without differences: :func:`permsym.gradient`.  Automatic cut-offs and windows may differ from one
    answer to the next, within the error of each.  InputError for what is no parameter, or counts.
    """
    parameter_slopes(model, name, family)  # refuses what is none
    function = family or LIBRARY[model.name]
    theta = model.parameters[name]
    step = _STEP * max(1.0, abs(theta))
    answers: dict[int, tuple[NDArray[Any], NDArray[np.float64]]] = {}

    def differences(weights: Mapping[int, float]) -> Difference:
        pairs: list[Difference] = []
        for stretch in (1, 2):
            values: Any = 0.0
            errors: Any = 0.0
            for offset, weight in weights.items():
                at = stretch * offset
                if at not in answers:
                    answers[at] = _numbers(answer(function(**{**model.parameters, name: theta + at * step})))
                values = values + weight / (stretch * step) * answers[at][0]
                errors = errors + abs(weight) / (stretch * step) * answers[at][1]
            pairs.append(Difference(np.asarray(values), np.asarray(errors)))
        near, far = pairs
        return Difference(near.values, near.errors + _SAFETY * np.abs(near.values - far.values))

    if _makes(function, {**model.parameters, name: theta - 4 * step}):
        return differences(CENTRAL)
    return differences(RIGHT)


def _makes(function: Family, parameters: Mapping[str, float]) -> bool:
    """Whether there is such a model: a rate at zero has no left side."""
    try:
        function(**parameters)
    except InputError:
        return False
    return True


def _numbers(answer: Any) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Values and their errors."""
    if isinstance(answer, PowerSpectrum):
        return answer.power, answer.errors
    if isinstance(answer, Correlation):
        return answer.values, answer.errors
    if isinstance(answer, FullCounting):
        names = ("current", "fano", "noise")
        return np.array([getattr(answer, each) for each in names]), np.array([answer.errors[each] for each in names])
    if isinstance(answer, Linewidth):
        return np.array(answer.eigenvalue), np.array(answer.error)
    if isinstance(answer, Evolution):
        values = np.stack([answer.values[key] for key in answer.labels])
        return values, np.broadcast_to(np.array([answer.errors[key] for key in answer.labels])[:, None], values.shape)
    if isinstance(answer, tuple) and len(answer) == 2:
        return np.asarray(answer[0]), np.asarray(answer[1], dtype=float)
    raise InputError(f"an answer must be a result of permsym with errors, or a pair of values and errors, but is {type(answer).__name__}")
