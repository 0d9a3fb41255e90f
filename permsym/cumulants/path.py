"""One-parameter families of equations: a parameter of a model function, or the number of satellites of one model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from permsym.cumulants.equations import Equations, equations
from permsym.errors import InputError
from permsym.model import Model
from permsym.models.registry import ModelSource
from permsym.operators import Monomial
from permsym.sites import Continuous


@dataclass
class Path:
    """Equations as a function of one real parameter, on a linear or logarithmic scale.

    name          the parameter
    logarithmic   whether steps are taken in its logarithm
    """

    name: str
    make: Callable[[float], Equations]
    logarithmic: bool = False
    named: dict[float, float] = field(default_factory=dict)
    """Positions whose parameter is known exactly."""
    _cache: dict[float, Equations] = field(default_factory=dict)

    def scale(self, value: float) -> float:
        """Parameter -> position along the path."""
        return math.log(value) if self.logarithmic else value

    def value(self, position: float) -> float:
        """Position along the path -> parameter."""
        return self.named.get(position, math.exp(position) if self.logarithmic else position)

    def at(self, position: float) -> Equations:
        """Equations at a position."""
        if position not in self._cache:
            if len(self._cache) > 64:
                self._cache.clear()
            self._cache[position] = self.make(self.value(position))
        return self._cache[position]


def model_at(source: ModelSource, given: Mapping[str, float | str]) -> Model:
    """A model for equations, whose numbers of satellites may be real; expressions are evaluated there."""
    return source.model({name: Continuous(value) if isinstance(value, float) else value for name, value in given.items()})


def over_parameter(source: ModelSource, given: Mapping[str, float | str], name: str, options: Mapping[str, Any]) -> Path:
    """The path over a parameter of a model function; expressions in the other parameters are evaluated along it.

    options    order, counting, closure, break_symmetry
    """
    source.check(name)
    if name == "levels":
        raise InputError("`levels` is a whole number, so that no branch runs along it; solve at several values of it, or sweep it")
    built: list[Equations] = []

    def make(value: float) -> Equations:
        model = model_at(source, {**given, name: value})
        sizes = [each.size for each in model.ensembles]
        if name == "N" and not any(abs(size - value) < 1e-9 * value for size in sizes):
            raise InputError(
                f"{source.name} rounds its number of satellites to {sizes[0]} at N={value!r}, so that N cannot be continued; "
                "pass N to Ensemble as it is"
            )
        found = built[0].at(model) if built else equations(model, **options)
        built[:] = [found]
        return found

    return Path(name, make, logarithmic=name == "N")


def over_size(start: Equations) -> Path:
    """The path over the number of satellites of one model, its mean-field physics kept where the model leaves the choice.

    With f = N / (the model's N), and M collective factors and k operators of a boson in a term, coefficients are multiplied by

        Hamiltonian         f^(1 - M - k/2);  a finite centre on its own keeps its energies
        central jumps       f^(1 - k),  with a boson;  f,  with a finite centre
        individual jumps    f^(-k)
        collective jumps    f^(1 - 2M - k)

    so that the fluxes between the centre and the satellites stay in proportion.  Several ensembles grow alike.
    """
    total = sum(start.sizes)
    powers = np.array([_power(kind, structure, start.hierarchy.alphabet.boson) for kind, structure in start.hierarchy.terms])

    def make(number: float) -> Equations:
        f = number / total
        return Equations(start.hierarchy, start.model, start.coefficients * f**powers, tuple(n * f for n in start.sizes))

    return Path("N", make, logarithmic=True)


def _power(kind: str, structure: Any, boson: bool) -> float:
    deepest = max(len(key.satellites) for key, _ in structure)
    photons = max(sum(key.centre) if isinstance(key.centre, Monomial) else 0 for key, _ in structure)
    if kind == "hamiltonian":
        return 1 - deepest - photons / 2 if boson or deepest else 0.0
    if kind == "individual":
        return -photons
    return 1 - 2 * deepest - photons
