"""Mistakes in a sweep file that its models show: names, and values that no model can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from permsym import expressions
from permsym.errors import InputError
from permsym.model import Model
from permsym.models.parameters import AUTO, Number
from permsym.models.registry import ModelSource
from permsym.reading import Where
from permsym.sweeps.definition import Sweep
from permsym.sweeps.file.mistakes import SHOWN, Reader
from permsym.text import suggestion


def check_names(
    reader: Reader, source: ModelSource, fixed: Mapping[str, Number], axes: Mapping[str, object], lists: Sequence[Mapping[str, object]]
) -> None:
    """Parameters that the model does not have, or that it misses."""
    parameters = [*source.defaults, *source.others]
    entries: dict[Where, str] = {("model", name): name for name in fixed}
    entries |= {("sweep", name): name for name in axes}
    entries |= {("sweep", "zip", name): name for columns in lists for name in columns}
    for where, name in entries.items():
        if name not in parameters:
            reader.wrong(where, f"{source.name} has no parameter {name!r}; {suggestion(name, parameters, 'the parameters are')}")
    missing = [name for name, default in source.defaults.items() if default is None and name not in entries.values()]
    if missing:
        reader.wrong(("model",), f"{source.name} needs a value for {', '.join(missing)}; write {missing[0]} = 10, for instance")
    for name, value in fixed.items():
        if isinstance(value, str) and value != AUTO:
            for other in sorted(expressions.names(value) - set(parameters)):
                reader.wrong(("model", name), f"{name}={value!r} refers to {other!r}, which is no parameter here")


def sound(sweep: Sweep) -> Sweep:
    """The sweep without the names and columns that are wrong already, so that mistakes in the rest show too."""
    defaults = {**dict.fromkeys(sweep.source.others, ""), **sweep.source.defaults}
    fixed = {name: value for name, value in sweep.fixed.items() if name in defaults}
    fixed = {name: value for name, value in fixed.items() if not isinstance(value, str) or expressions.names(value) <= set(defaults)}
    dimensions = []
    for dimension in sweep.dimensions:
        columns = {name: column for name, column in dimension.columns.items() if name in defaults and name not in fixed and column}
        length = min(map(len, columns.values()), default=0)
        if length:
            dimensions.append(replace(dimension, columns={name: column[:length] for name, column in columns.items()}))
    named = {*fixed, *(name for dimension in dimensions for name in dimension.columns)}
    missing: dict[str, Number] = {name: 10 for name, default in defaults.items() if default is None and name not in named}
    return replace(sweep, fixed=fixed | missing, dimensions=tuple(dimensions))


def example(sweep: Sweep) -> Model | None:
    """Any model of the sweep, for the grammar of its labels; fixed parameters that no point can have are left out."""
    fixed = dict(sweep.fixed)
    while True:
        reduced = replace(sweep, fixed=fixed)
        blamed: str | None = None
        for index in sweep.indices:
            try:
                return reduced.model(index)
            except InputError as error:
                blamed = blamed or error.parameter
        if blamed not in fixed:
            return None
        del fixed[blamed]


def locate(reader: Reader, sweep: Sweep) -> None:
    """Note the mistakes of all models, each different one once, at the parameter that it names."""
    for index in sweep.indices:
        try:
            sweep.model(index)
        except InputError as error:
            keys: list[Where] = [(*table, error.parameter or "") for table in (("model",), ("sweep",), ("sweep", "zip"))]
            where = next((key for key in keys if key in reader.lines), ("sweep",) if sweep.dimensions else ("model",))
            reader.wrong(where, str(error))
            if len(reader.mistakes) > SHOWN:
                break
