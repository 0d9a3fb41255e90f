"""A model whose parameters, terms and jumps change in time.

    L(t) = sum_c f_c(t) L_c,     f_0 = 1

A channel c is a sum of terms with fixed coefficients that keeps every density matrix hermitian; f_c is real.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.errors import InputError
from permsym.jumps import Jump
from permsym.kossakowski import check_rates
from permsym.model import Model
from permsym.models.registry import LIBRARY
from permsym.modulation.coefficients import Coefficients, model_of
from permsym.modulation.dependence import Dependence, Family, ParametricModel, dependence, parameters_of
from permsym.modulation.functions import Rule, TimeFunction, Times, checked_kinks, functions_of
from permsym.operators import Operator
from permsym.terms import Term
from permsym.text import suggestion

_SCAN = 128  # intervals in which functions are looked at before anything is computed
_NEGATIVE = 1e-13  # of what a rate is the sum of: below minus that it is negative

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Driven:
    """What one named term's function multiplies: of the coefficient of each term, the share (terms,) that is its."""

    function: TimeFunction
    share: Array


@dataclass(frozen=True)
class Channel:
    """One L_c: terms with their coefficients.

    coordinate   the coordinate of the parameters' dependence that is a factor of f_c; None: there is none
    driven       the named term whose function is a factor of f_c; None: there is none
    """

    terms: tuple[Term, ...]
    coordinate: int | None = None
    driven: int | None = None


class Modulation:
    """Coefficients of a model's terms as functions of time; made by :meth:`of`.

    functions   by the name of the parameter, term or jump
    start, end  times between which they are asked for
    terms       all that may be non-zero, with the coefficient 1; ``channels`` are sums of them
    kinks       times between ``start`` and ``end`` at which a function may not be smooth
    """

    def __init__(self, model: Model, functions: Mapping[str, TimeFunction], span: tuple[float, float], kinks: Iterable[float]) -> None:
        self.static, self.functions = model, dict(functions)
        self.start, self.end = span
        named = {t for t in kinks if self.start < t < self.end}
        self.kinks: tuple[float, ...] = tuple(sorted(named.union(*(each.kinks(*span) for each in functions.values()))))
        edges = np.unique([self.start, *self.kinks, self.end])
        inner = [np.linspace(a, b, max(4, round(_SCAN * (b - a) / (edges[-1] - edges[0]))) + 1) for a, b in pairwise(edges)]
        beside = [piece[[0, -1]] * 0.999999 + piece.mean() * 1e-6 for piece in inner]  # both sides of a jump
        self.scan: Times = np.unique(np.concatenate([edges, *inner, *beside]))

    @classmethod
    def of(
        cls, model: Model, rules: Mapping[str, Rule], span: tuple[float, float], kinks: Iterable[float] = (), family: Family | None = None
    ) -> Modulation:
        """The modulation of a model.

        rules    name of a parameter, whose value is replaced, or of a term or jump, whose coefficient is multiplied (that of the
                 conjugate term, too) -> function of t, text of an expression in t and the parameters' static values, or number
        span     the first and the last time that will be asked for
        kinks    times at which functions are not smooth, beside those found
        family   the function that makes the model from its parameters; a library model and one from a file know theirs

        Raises InputError for names that are none or cannot change in time, for functions without a finite real value, and where a
        rate is negative or a parameter out of range at some time.
        """
        if not isinstance(rules, Mapping) or not all(isinstance(name, str) for name in rules):
            raise InputError(f"`modulate` must be a dictionary such as {{'g': 'exp(-t)'}}, but is {rules!r}")
        modulation = cls(model, functions_of(rules, model.parameters), span, checked_kinks(kinks, "`kinks`"))
        modulation._build(family or model.family or LIBRARY.get(model.name))
        modulation.values(modulation.scan)
        return modulation

    # -- construction ---------------------------------------------------------------------------------------------------

    def _build(self, family: Family | None) -> None:
        names = parameters_of(family, self.static)
        parameters = [name for name in self.functions if name in names]
        table = Coefficients()
        static = table.vector(self.static)
        self._dependence = Dependence(static, np.zeros((len(static), 0), dtype=complex), lambda times: np.zeros((0, len(times))))
        if parameters:
            if family is None:
                raise InputError(
                    f"`{parameters[0]}` is a parameter of {self.static.name}, but the function that makes this model from it is not there; "
                    f"pass it as family=..., or modulate a term: {', '.join(term.name for term in self.static.terms)}",
                    parameter=parameters[0],
                )
            made = ParametricModel(self.static, family, parameters, table)
            self._dependence = dependence(made, [self.functions[name] for name in parameters], self.scan)
        self._parameters = parameters
        self.terms: tuple[Term, ...] = tuple(table.terms)
        self._driven = self._driven_terms([name for name in self.functions if name not in names], table, names)
        self.channels = self._channels()

    def _driven_terms(self, names: Sequence[str], table: Coefficients, parameters: Sequence[str]) -> list[_Driven]:
        """The named terms, each with its share of the coefficients."""
        total = table.table([table.vector(self.static)])[:, 0]
        driven, taken = [], dict[int, str]()
        for name in names:
            share = np.zeros(len(total))
            for position in self._meant(name, parameters):
                if position in taken:
                    raise InputError(
                        f"{taken[position]!r} and {name!r} are the same term or its conjugate; modulate one of them", parameter=name
                    )
                taken[position] = name
                at, coefficient = table.position(self.static.terms[position])
                share[at] += (coefficient / total[at]).real
            driven.append(_Driven(self.functions[name], share))
        return driven

    def _meant(self, name: str, parameters: Sequence[str]) -> list[int]:
        """Positions of a named term, and of its conjugate in a Hamiltonian."""
        terms = self.static.terms
        try:
            term = self.static.term(name)
        except InputError as error:
            if name.isidentifier():
                near = suggestion(name, parameters, "the parameters are")
                raise InputError(f"`{name}` is no parameter of {self.static.name} ({near}), and {error}", parameter=name) from None
            raise
        if term.jump:
            return [terms.index(term)]
        key = term.structure[0][0]
        return [k for k, other in enumerate(terms) if not other.jump and other.structure[0][0] in (key, key.adjoint)]

    def _channels(self) -> tuple[Channel, ...]:
        base, directions = self._dependence.base, self._dependence.directions
        pad = len(self.terms) - len(base)
        base, directions = np.pad(base, (0, pad)), np.pad(directions, ((0, pad), (0, 0)))
        rest = 1 - sum((each.share for each in self._driven), np.zeros(len(base)))
        channels = []
        for driven, share in [(None, rest), *((k, each.share) for k, each in enumerate(self._driven))]:
            for coordinate in (None, *range(directions.shape[1])):
                vector = share * (base if coordinate is None else directions[:, coordinate])
                terms = tuple(replace(term, coefficient=complex(value)) for term, value in zip(self.terms, vector, strict=True) if value)
                if terms or (driven is None and coordinate is None):
                    channels.append(Channel(terms, coordinate, driven))
        return tuple(channels)

    # -- in time --------------------------------------------------------------------------------------------------------

    def values(self, times: ArrayLike) -> Array:
        """f_c at times (T,), (channels, T); InputError where a function has no finite real value or a rate is negative."""
        at = np.atleast_1d(np.asarray(times, dtype=float))
        coordinates = self._dependence.coordinates(at)
        factors = [each.function(at) for each in self._driven]
        values = np.ones((len(self.channels), len(at)))
        for row, channel in zip(values, self.channels, strict=True):
            if channel.coordinate is not None:
                row *= coordinates[channel.coordinate]
            if channel.driven is not None:
                row *= factors[channel.driven]
        self._check_rates(values, at)
        return values

    def _check_rates(self, values: Array, times: Times) -> None:
        jumps = np.array([term.jump for term in self.terms], dtype=bool)
        rates = (self.vectors[jumps] @ values).real
        sizes = np.abs(self.vectors[jumps]) @ np.abs(values)
        negative = rates < -_NEGATIVE * sizes
        for row, k in np.argwhere(negative & ~self._valid(rates, negative)):
            term = [term for term in self.terms if term.jump][row]
            raise InputError(
                f"the rate of {term} would be {rates[row, k]:.3g} at t = {times[k]:.6g}; rates must stay >= 0 at every time, so change the "
                f"function of {' or '.join(f'`{name}`' for name in self.functions)}",
                parameter=next(iter(self.functions)),
            )

    def _valid(self, rates: Array, negative: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(T,) whether rates (jumps, T) make a Lindblad equation, as collective ones below zero may beside individual ones."""
        valid: NDArray[np.bool_] = np.logical_not(negative.any(axis=0))
        if not valid.all():
            distinct, which = np.unique(np.where(negative, rates, np.maximum(rates, 0))[:, ~valid], axis=1, return_inverse=True)
            valid[~valid] = np.array([self._makes_an_equation(column) for column in distinct.T])[which.ravel()]
        return valid

    def _makes_an_equation(self, rates: Array) -> bool:
        terms = [term for term in self.terms if term.jump]
        try:
            jumps = [Jump(term.kind, float(rate), Operator(dict(term.structure))) for term, rate in zip(terms, rates, strict=True) if rate]  # type: ignore[arg-type]  # none is of the Hamiltonian
            check_rates(jumps, self.static.ensembles)
        except InputError:
            return False
        return True

    def coefficients(self, times: ArrayLike) -> NDArray[np.complex128]:
        """Coefficients of all ``terms`` at times (T,), (terms, T)."""
        return self.vectors @ self.values(times)

    @cached_property
    def vectors(self) -> NDArray[np.complex128]:
        """Coefficients of all ``terms`` in each channel, (terms, channels)."""
        position = {term.key: k for k, term in enumerate(self.terms)}
        vectors = np.zeros((len(self.terms), len(self.channels)), dtype=complex)
        for c, channel in enumerate(self.channels):
            for term in channel.terms:
                vectors[position[term.key], c] = term.coefficient
        return vectors

    def at(self, t: float) -> Model:
        """The model with the coefficients of one time."""
        parameters = {name: self.functions[name].at(t) for name in self._parameters}
        return model_of(self.static, self.terms, self.coefficients(t)[:, 0], {**self.static.parameters, **parameters})

    @cached_property
    def model(self) -> Model:
        """A model with all terms that may be non-zero, of positive means of the channels: its charges are those that all times conserve."""
        sizes = np.abs(self.values(self.scan)).mean(axis=1)
        sizes = np.where(sizes > 0, sizes, 1.0)
        sizes[1:] *= 1 + np.arange(1, len(sizes)) / (7 * len(sizes))  # nothing cancels by chance
        mean = self.vectors @ sizes
        jumps = np.array([term.jump for term in self.terms], dtype=bool)
        mean[jumps] = np.abs(mean[jumps])
        made = model_of(self.static, self.terms, mean, dict(self.static.parameters))
        made.name = f"{self.static.name}, {', '.join(self.functions)} over time" if self.functions else self.static.name
        return made

    @property
    def spelled(self) -> dict[str, str]:
        """The functions as they were given, for files."""
        return {name: function.spelled for name, function in self.functions.items()}
