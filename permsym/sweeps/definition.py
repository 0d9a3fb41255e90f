"""The sweep of a sweep: a model over the product of some dimensions, by some methods.  It is checked before anything runs.

sweep file, ps.sweep(...), provenance of a file  ->  Sweep  ->  tasks  ->  (store)  ->  dataset
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from permsym import expressions
from permsym.dataset.build import Cell
from permsym.dataset.schema import LAYOUT, check_parameters
from permsym.dataset.status import EXACT
from permsym.errors import InputError
from permsym.fields import WrongField, checked
from permsym.model import Model
from permsym.models import registry
from permsym.models.parameters import Number
from permsym.models.registry import ModelSource
from permsym.moments.labels import enumerate_labels, parse
from permsym.operators import Operator
from permsym.sites import Ensemble, is_real
from permsym.sweeps.evolutions import EvolutionRequest
from permsym.sweeps.methods import check_methods, method
from permsym.sweeps.origin import address_of, is_library, origin_of, recorded_source, text_of
from permsym.sweeps.quantities import Quantities
from permsym.sweeps.spectra import SpectrumRequest
from permsym.sweeps.task import RESULTS, Task

MOST_POINTS = 1_000_000  # of a sweep: their models alone take minutes


@dataclass(frozen=True)
class Dimension:
    """One dimension: an axis, or a list of parameters that run together.

    columns   parameter -> values, all of one length
    """

    name: str
    columns: Mapping[str, tuple[Number, ...]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @property
    def coordinate(self) -> Sequence[float]:
        """Values along the dimension: those of the axis, or 0, 1, ... of a list."""
        return self.columns[self.name] if self.name in self.columns else range(len(self))  # type: ignore[return-value]


@dataclass(frozen=True)
class Sweep:
    """What a sweep computes.

    fixed     parameters that do not vary: numbers, or expressions in the others
    moments   an order or canonical labels
    options   method -> its options
    spectrum, quantities   a spectrum of every state, and others; None: moments alone
    evolution              moments over time instead of those of steady states; None: steady states
    """

    source: ModelSource
    dimensions: tuple[Dimension, ...]
    fixed: Mapping[str, Number]
    methods: tuple[str, ...] = ("exact",)
    moments: int | tuple[str, ...] = 2
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    spectrum: SpectrumRequest | None = None
    quantities: Quantities | None = None
    evolution: EvolutionRequest | None = None

    @property
    def axes(self) -> dict[str, Sequence[float]]:
        """Coordinate of each dimension."""
        return {dimension.name: dimension.coordinate for dimension in self.dimensions}

    @cached_property
    def indices(self) -> list[tuple[int, ...]]:
        """Index along each dimension, of every point."""
        return list(itertools.product(*(range(len(dimension)) for dimension in self.dimensions)))

    @cached_property
    def cells(self) -> list[Cell]:
        """Every point by every method, in the order of the dataset."""
        return [(index, name) for index in self.indices for name in self.methods]

    def __len__(self) -> int:
        return len(self.cells)

    def parameters(self, index: tuple[int, ...]) -> dict[str, Number]:
        """The parameters at a point as they were typed: numbers and expressions."""
        values = dict(self.fixed)
        for dimension, i in zip(self.dimensions, index, strict=True):
            values |= {name: column[i] for name, column in dimension.columns.items()}
        return values

    def model(self, index: tuple[int, ...]) -> Model:
        """The model at a point; InputError where it cannot be made, or where a parameter has a name of the dataset's own."""
        model = self.source.model(self.parameters(index))
        check_parameters([*self.source.defaults, *self.source.others, *model.parameters])
        return model

    @cached_property
    def models(self) -> dict[tuple[int, ...], Model]:
        """The model at every point; InputError for the first one that cannot be made, or labels that fit no point."""
        models = {index: self.model(index) for index in self.indices}
        if not isinstance(self.moments, int):
            widest = max(models.values(), key=lambda model: min(model.sizes))
            for text in self.moments:
                parse(text, widest)
        return models

    def tasks(self) -> Iterator[Task]:
        """A task for every cell."""
        for index, name in self.cells:
            origin = origin_of(self.source, self.parameters(index)) if self._needs_family(name) else None
            options = self.options.get(name, {})
            asked = self.spectrum, self.quantities, self.evolution
            yield Task((index, name), self.models[index], self.moments, options, origin, *asked)

    def _needs_family(self, name: str) -> bool:
        """Whether a method needs the model function: to follow a branch, or to differentiate."""
        return method(name).follows_branch or (self.quantities is not None and self.quantities.factors and name == EXACT)

    def definition(self) -> dict[str, Any]:
        """Provenance: everything that :func:`from_definition` needs, and the first point's full model."""
        typed = dict.fromkeys([*self.fixed, *(name for dimension in self.dimensions for name in dimension.columns)], 0.0)
        return {
            "name": self.source.name,
            "fixed": dict(self.fixed),
            "defaults": self.source.defaulted(typed),
            "dimensions": [{"name": d.name, "columns": {k: list(v) for k, v in d.columns.items()}} for d in self.dimensions],
            "methods": list(self.methods),
            "moments": self.moments if isinstance(self.moments, int) else list(self.moments),
            "options": {name: dict(options) for name, options in self.options.items()},
            "function": address_of(self.source),
            "model_file": text_of(self.source),
            "first_point": self.model(self.indices[0]).to_dict(),
            **({} if self.spectrum is None else {"spectrum": self.spectrum.to_dict()}),
            **({} if self.quantities is None else {"quantities": self.quantities.to_dict()}),
            **({} if self.evolution is None else {"evolution": self.evolution.to_dict()}),
        }

    @cached_property
    def fingerprint(self) -> str | None:
        """SHA-256 of the definition and of what its output looks like; None for a user's function, whose code the definition lacks."""
        if text_of(self.source) is None and not is_library(self.source):
            return None
        return hashlib.sha256(json.dumps([self.definition(), RESULTS, LAYOUT], sort_keys=True).encode()).hexdigest()


def make(
    model: str | Callable[..., Model] | ModelSource,
    axes: Mapping[str, Sequence[Number]],
    *,
    lists: Sequence[Mapping[str, Sequence[Number]]] = (),
    fixed: Mapping[str, Number],
    methods: Sequence[str] = ("exact",),
    moments: Any = 2,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    spectrum: Mapping[str, Any] | SpectrumRequest | None = None,
    quantities: Mapping[str, Any] | Quantities | None = None,
    evolution: Mapping[str, Any] | EvolutionRequest | None = None,
) -> Sweep:  # its parameters are the tables of a sweep file
    """A sweep, with all of its models made and checked; InputError for the first mistake."""
    source = registry.source(model)
    check_methods(methods)
    dimensions = dimensions_of(axes, lists)
    also = SpectrumRequest.of_table(spectrum), Quantities.of_table(quantities), EvolutionRequest.of_table(evolution)
    sweep = Sweep(source, dimensions, dict(fixed), tuple(methods), 2, dict(options or {}), *also)
    for name in (name for dimension in dimensions for name, column in dimension.columns.items() if not column):
        raise InputError(f"the axis {name!r} must have at least one value, but is empty")
    for _, words in problems(sweep):
        raise InputError(words)
    first = sweep.model(sweep.indices[0])
    sweep = replace(sweep, moments=checked_moments(moments, first))
    for asked in (sweep.spectrum, sweep.quantities, sweep.evolution):
        if asked is not None:
            asked.check(first)
    _ = sweep.models
    return sweep


def problems(sweep: Sweep) -> Iterator[tuple[tuple[str, ...], str]]:
    """Mistakes that show without making a model, each with the keys that lead to it in a sweep file.

    Empty columns are not among them: the reader of a sweep file and :func:`make` refuse those.
    """
    seen: dict[str, str] = {}
    for dimension in sweep.dimensions:
        kind = "axis" if dimension.name in dimension.columns else "list"
        where = ("sweep",) if kind == "axis" else ("sweep", "zip")
        lengths = {name: len(column) for name, column in dimension.columns.items()}
        if len(set(lengths.values())) > 1:
            spelled = ", ".join(f"{name} has {length}" for name, length in lengths.items())
            yield where, f"lists that run together must have one length, but {spelled}"
        for name, column in dimension.columns.items():
            if name in sweep.fixed:
                yield (*where, name), f"{name!r} is both an axis and fixed; leave one of them out"
            if name in seen:
                yield (*where, name), f"{name!r} varies twice; leave one of its {kind} entries out"
            seen[name] = kind
            for value in column:
                if not isinstance(value, str) and not (is_real(value) and math.isfinite(value)):
                    yield (*where, name), f"`{name}` must be a finite number or an expression, but is {value!r}"
                elif isinstance(value, str) and kind == "axis":
                    yield (*where, name), f"the axis {name!r} must have numbers, but has {value!r}; expressions may be fixed or in lists"
    for name, value in sweep.fixed.items():
        if not isinstance(value, str) and not is_real(value):
            yield ("model", name), f"`{name}` must be a number or an expression, but is {value!r}"
    for name, options in sweep.options.items():
        try:
            method(name).check(options)
        except InputError as error:
            yield ("methods",), str(error)
    for name in sweep.methods if sweep.evolution is not None else ():
        try:
            method(name).check_in_time(sweep.options.get(name, {}), bool(sweep.evolution and sweep.evolution.modulate))
        except InputError as error:
            yield ("methods",), str(error)
    if sweep.evolution is not None and sweep.spectrum is not None:
        yield ("spectrum",), "a spectrum is one of a steady state; leave [evolution] or [spectrum] out"
    if sweep.evolution is not None and sweep.evolution.modulate and sweep.quantities is not None and sweep.quantities.fisher:
        yield ("quantities",), "Fisher information about parameters is that of constant coefficients; leave `fisher` or [modulate] out"


def checked_moments(moments: Any, model: Model) -> int | tuple[str, ...]:
    """An order or canonical labels, for a model's sites; InputError otherwise."""
    wide = grammar(model)
    if isinstance(moments, int):
        enumerate_labels(model, moments)
        return moments
    labels = [moments] if isinstance(moments, str) else list(moments)
    if not labels:
        raise InputError("`moments` must be an order or at least one label, but is empty", parameter="moments")
    return tuple(dict.fromkeys(str(parse(str(text), wide)) for text in labels))


def grammar(model: Model) -> Model:
    """A model of the same sites with enough satellites for any label: it says which labels are the same moment."""
    return Model(model.centre, [Ensemble(1000, ensemble.name, ensemble.levels) for ensemble in model.ensembles], Operator())


_DEFINITION = {
    "name": str,
    "fixed": {str: (float, str)},
    "dimensions": [{"name": str, "columns": {str: [(float, str)]}}],
    "methods": [str],
    "moments": (int, [str]),
    "options": {str: {str: object}},
    "function": (str, None),
    "model_file": (str, None),
    "first_point": dict,
    "spectrum?": dict,
    "quantities?": dict,
    "evolution?": dict,
}
"""What :meth:`Sweep.definition` writes."""


def from_definition(definition: Mapping[str, Any], allow: Callable[[str], None] | None = None) -> Sweep:
    """The sweep that a file's provenance describes.

    InputError where it describes none, or where the model is not what it was.

    allow   called with the name of a user's function before it is imported; None: such a function is refused
    """
    if "initial" in definition:
        raise InputError(
            "the file holds values over time of a command that is not computed again; only sweeps, solutions and exact evolutions are; "
            "repeat the command in its attribute `command`"
        )
    try:
        checked(definition, _DEFINITION, "the file's definition")
        columns = [(dimension["name"], dimension["columns"]) for dimension in definition["dimensions"]]
        axes = {name: values[name] for name, values in columns if name in values}
        lists = [values for name, values in columns if name not in values]
        sweep = make(
            recorded_source(definition, allow), axes, lists=lists, fixed=definition["fixed"], methods=definition["methods"],
            moments=definition["moments"], options=definition["options"], spectrum=definition.get("spectrum"),
            quantities=definition.get("quantities"),
            evolution=definition.get("evolution"),
        )  # fmt: skip
        first = Model.from_dict(definition["first_point"])
    except WrongField as error:
        raise InputError(f"the file does not say how it was made ({error}); it cannot be computed again") from error
    if first.hash != sweep.models[sweep.indices[0]].hash:
        raise InputError(
            f"the model {definition['name']!r} is not what it was when the file was made; its first point has other terms or rates"
        )
    return sweep


def dimensions_of(axes: Mapping[str, Sequence[Number]], lists: Sequence[Mapping[str, Sequence[Number]]]) -> tuple[Dimension, ...]:
    """The axes, then the lists under the names ``point``, ``point_2``, ..."""
    lengths = [len(values) for values in axes.values()] + [max(map(len, columns.values()), default=0) for columns in lists]
    if math.prod(lengths) > MOST_POINTS:
        raise InputError(f"the axes have {math.prod(lengths):.3g} points together, but at most {MOST_POINTS:,} are computed in one sweep")
    dimensions = [Dimension(name, {name: _plain(values)}) for name, values in axes.items()]
    for number, columns in enumerate(lists, start=1):
        name = "point" if number == 1 else f"point_{number}"
        dimensions.append(Dimension(name, {parameter: _plain(values) for parameter, values in columns.items()}))
    return tuple(dimensions)


def _plain(values: Sequence[Number]) -> tuple[Number, ...]:
    """Python numbers and expressions; a constant expression such as "3/4" is its value."""
    numbers = (value.item() if hasattr(value, "item") else value for value in values)
    return tuple(expressions.evaluate(x, {}) if isinstance(x, str) and not expressions.names(x) else x for x in numbers)
