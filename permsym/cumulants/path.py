"""One-parameter families of equations: a parameter of a model function, or the number of satellites of one model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from permsym.cumulants.equations import Equations, Truncation
from permsym.errors import InputError
from permsym.model import Model
from permsym.models.registry import ModelSource
from permsym.operators import CentreOperator, Monomial, OnSites
from permsym.sites import Continuous

_MOST_CACHED = 64
"""Equations of so many positions are remembered: a step and its bisections ask for fewer."""


@dataclass
class ParameterPath:
    """Equations as a function of one real parameter, on a linear or logarithmic scale.

    name          the parameter
    logarithmic   whether steps are taken in its logarithm
    """

    name: str
    make: Callable[[float], Equations]
    logarithmic: bool = False
    _pinned: dict[float, float] = field(default_factory=dict)
    _cache: dict[float, Equations] = field(default_factory=dict)

    def position(self, value: float) -> float:
        """Parameter -> position along the path."""
        return math.log(value) if self.logarithmic else value

    def pinned(self, value: float) -> float:
        """Position of a parameter that :meth:`value` then gives back without rounding."""
        position = self.position(value)
        self._pinned[position] = value
        return position

    def value(self, position: float) -> float:
        """Position along the path -> parameter."""
        return self._pinned.get(position, math.exp(position) if self.logarithmic else position)

    def at(self, position: float) -> Equations:
        """Equations at a position."""
        if position not in self._cache:
            if len(self._cache) > _MOST_CACHED:
                self._cache.clear()
            self._cache[position] = self.make(self.value(position))
        return self._cache[position]

    def forget(self) -> None:
        """Give back the memory of equations that were asked for."""
        self._cache.clear()
        self._pinned.clear()


def model_at(source: ModelSource, parameters: Mapping[str, float | str]) -> Model:
    """A model for equations, whose numbers of satellites may be real; expressions are evaluated there."""
    return source.model({name: Continuous(value) if isinstance(value, float) else value for name, value in parameters.items()})


def over_parameter(source: ModelSource, parameters: Mapping[str, float | str], name: str, truncation: Truncation) -> ParameterPath:
    """The path over a parameter of a model function; expressions in the other parameters are evaluated along it.

    Raises InputError for names that are no parameter, for ``levels``, and on the path where a model function rounds N.
    """
    source.check(name)
    if name == "levels":
        raise InputError("`levels` is a whole number, so that no branch runs along it; solve at several values of it, or sweep it")
    latest: Equations | None = None

    def make(value: float) -> Equations:
        nonlocal latest
        model = model_at(source, {**parameters, name: value})
        sizes = [ensemble.size for ensemble in model.ensembles]
        if name == "N" and not any(abs(size - value) < 1e-9 * value for size in sizes):
            raise InputError(
                f"{source.name} rounds its number of satellites to {sizes[0]} at N={value!r}, so that N cannot be continued; "
                "pass N to Ensemble as it is"
            )
        latest = Equations.of(model, truncation) if latest is None else latest.at(model)
        return latest

    return ParameterPath(name, make, logarithmic=name == "N")


def over_size(start: Equations) -> ParameterPath:
    """The path over the number of satellites of one model, at the same mean-field physics.

    With f = N / (the model's N), and M collective factors and k operators of a boson in a term, coefficients are multiplied by

        Hamiltonian         f^(1 - M - k/2);  1,  for energies of a finite centre
        central jumps       f^(1 - k),  with a boson;  f,  with a finite centre
        individual jumps    f^(-k)
        collective jumps    f^(1 - 2M - k)

    Then the fluxes between the centre and the satellites stay in proportion.  Several ensembles grow alike.  Modes beside a finite site
    keep their few photons: k = 0 there, and the centre counts as finite.
    """
    total = sum(start.sizes)
    alphabet = start.hierarchy.alphabet
    light = len(alphabet.modes) == len(alphabet.own)
    powers = np.array([_power(kind, structure, light) for kind, structure in start.hierarchy.terms])

    def make(number: float) -> Equations:
        f = number / total
        return Equations(start.hierarchy, start.model, start.coefficients * f**powers, tuple(n * f for n in start.sizes))

    return ParameterPath("N", make, logarithmic=True)


def _power(kind: str, structure: Any, light: bool) -> float:
    """``light``: whether the centre is a mode, or several."""
    deepest = max(len(key.satellites) for key, _ in structure)
    photons = max(_quanta(key.centre) for key, _ in structure) if light else 0
    if kind == "hamiltonian":
        return 1 - deepest - photons / 2 if light or deepest else 0.0
    if kind == "individual":
        return -photons
    return 1 - 2 * deepest - photons


def _quanta(operator: CentreOperator | None) -> int:
    """Operators of modes that an operator of the centre has."""
    ones = [one for _, one in operator.factors] if isinstance(operator, OnSites) else [operator]
    return sum(sum(one) for one in ones if isinstance(one, Monomial))
