"""Sweep files: TOML, read and checked as a whole, so that every mistake is listed at once with its line.

[model]
name = "central-spin"          # or file = "my_model.toml", or function = "package.module:function"
g = 0.75
kappa = "N/16"                 # any value may be an expression in the other parameters
[sweep]                        # product of the axes
N = [10, 20, 50]               # or {from = 10, to = 1e4, points = 20, spacing = "log", round = true}
[[sweep.zip]]                  # lists that run together: a dimension `point`
gamma_up = [1.5, 1.2]
gamma_down = [0.5, "gamma_up/3"]
[methods]
exact = true                   # or a table of options: {solver = "pardiso", window = "full"}
mf = true
cumulants = [2, 3]             # orders; break_symmetry, counting and closure go with them
[moments]
order = 2                      # or labels = ["z0", "+1 -2"]
[output]
file = "sweep.nc"              # or .csv, .parquet
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from permsym import expressions
from permsym.errors import InputError, Mistakes, NotAnExpression
from permsym.model import Model
from permsym.models.parameters import AUTO
from permsym.models.registry import ModelSource, lookup
from permsym.sites import is_real
from permsym.sweeps.file.mistakes import SHOWN, Reader, Where, key_lines
from permsym.sweeps.methods import HIGHEST_ORDER
from permsym.sweeps.plan import Plan, Value, checked_moments, dimensions_of, problems, text_of

_TABLES = ("model", "sweep", "methods", "moments", "output")
_METHODS = ("exact", "mf", "cumulants", "break_symmetry", "counting", "closure")
_RANGE = ("from", "to", "points", "spacing", "round")


@dataclass
class SweepFile:
    """A sweep file; :meth:`check` finds what only the models show."""

    path: Path
    plan: Plan
    output: str | None
    reader: Reader

    def check(self) -> None:
        """Make the model at every point; Mistakes, each different one once, at the parameter that it names."""
        try:
            _ = self.plan.models
        except InputError as error:
            _locate(self.reader, self.plan)
            self.reader.fail()
            raise Mistakes([f"{self.path}:{self.reader.line(('moments', 'labels'))}: {error}"]) from None


def read_sweep_file(path: Path) -> SweepFile:
    """The plan in a sweep file; Mistakes (all of them, with their lines) where it cannot be carried out."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the sweep file {str(path)!r}: {getattr(error, 'strerror', None) or error}") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")  # before Python 3.14 the line stands in the message alone
        line = re.match(r"line (\d+)", place)
        raise Mistakes([f"{path}:{line[1] if line else len(text.splitlines())}: not valid TOML: {reason}"]) from error
    reader = Reader(path, key_lines(text))
    reader.unknown((), data, _TABLES, "there is no table")
    for name in _TABLES:
        if name in data and not isinstance(data[name], dict):
            reader.wrong((name,), f"{name!r} must be a table: write [{name}]")
            data[name] = {}
    axes, lists = _axes(reader, data.get("sweep", {}))
    source, fixed = _model(reader, data.get("model"))
    methods, options = _methods(reader, data.get("methods", {}))
    moments = _moments(reader, data.get("moments", {}))
    output = _output(reader, data.get("output", {}))
    if source is None:
        reader.fail()
        raise AssertionError("a missing model is a mistake")
    _check_names(reader, source, fixed, axes, lists)
    try:
        plan = Plan(source, dimensions_of(axes, lists), fixed, tuple(methods or ("exact",)), 2, options, text_of(source))
    except InputError as error:
        reader.wrong(("sweep",), str(error))
        reader.fail()
        raise
    for where, words in problems(plan):
        reader.wrong(where, words)
    sound = _sound(plan)
    some = _some_model(sound)
    if some is not None:
        try:
            plan = replace(plan, moments=checked_moments(moments, some))
        except InputError as error:
            reader.wrong(("moments", "order" if isinstance(moments, int) else "labels"), str(error))
    if reader.mistakes or some is None:
        _locate(reader, sound)  # mistakes of values beside those of names
    reader.fail()
    return SweepFile(path, plan, output, reader)


# -- the tables -----------------------------------------------------------------------------------------------------------


def _model(reader: Reader, table: Mapping[str, Any] | None) -> tuple[ModelSource | None, dict[str, Value]]:
    if table is None:
        reader.wrong((), 'there is no [model]; write one with name = "central-spin", for instance')
        return None, {}
    kinds = [kind for kind in ("name", "file", "function") if kind in table]
    fixed: dict[str, Value] = {}
    for name, value in table.items():
        if name in kinds:
            continue
        if not isinstance(value, str) and not is_real(value) and name != "levels":
            reader.wrong(("model", name), f"`{name}` must be a number or an expression, but is {value!r}")
        elif isinstance(value, str) and not _parses(value):
            reader.wrong(("model", name), f"`{name}`: {value!r} is not an expression in the parameters, such as N/16 or 3/sqrt(N)")
        else:
            fixed[name] = value
    if len(kinds) != 1:
        reader.wrong(("model",), f"a model has one of name, file and function, but this one has {' and '.join(kinds) or 'none'}")
        return None, fixed
    kind, value = kinds[0], table[kinds[0]]
    if not isinstance(value, str):
        reader.wrong(("model", kind), f"{kind!r} must be a text, but is {value!r}")
        return None, fixed
    if kind == "function" and ":" not in value:
        reader.wrong(("model", kind), f"the function {value!r} must be written as package.module:function")
        return None, fixed
    try:
        return lookup(str(reader.path.parent / value) if kind == "file" else value), fixed
    except InputError as error:
        reader.wrong(("model", kind), str(error))
        return None, fixed


def _axes(reader: Reader, table: Mapping[str, Any]) -> tuple[dict[str, list[Value]], list[dict[str, list[Value]]]]:
    axes = {name: _values(reader, ("sweep", name), value) for name, value in table.items() if name != "zip"}
    zipped = table.get("zip", [])
    tables = [zipped] if isinstance(zipped, dict) else zipped
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        reader.wrong(("sweep", "zip"), "lists that run together are written as a table [[sweep.zip]]")
        tables = []
    lists = [{name: _values(reader, ("sweep", "zip", name), value) for name, value in each.items()} for each in tables]
    for each in lists:
        if not each:
            reader.wrong(("sweep", "zip"), "[[sweep.zip]] is empty; write at least one list")
    return axes, [each for each in lists if each]


def _values(reader: Reader, where: Where, value: Any) -> list[Value]:
    """A list as written, or the points of a range."""
    name = where[-1]
    if isinstance(value, list):
        for each in value:
            if isinstance(each, str) and not _parses(each):
                reader.wrong(where, f"`{name}`: {each!r} is not an expression in the parameters, such as N/16")
                return []
        if not value:
            reader.wrong(where, f"the axis {name!r} must have at least one value, but is empty")
        return value
    if not isinstance(value, dict):
        reader.wrong(
            where, f"`{name}` must be a list or {{from = ..., to = ..., points = ...}}, but is {value!r}; fixed ones stand in [model]"
        )
        return []
    before = len(reader.mistakes)
    reader.unknown(where, value, _RANGE, f"the range of `{name}` has no entry")
    bounds = []
    for key in ("from", "to"):
        try:
            each = value[key]
            bounds.append(expressions.evaluate(each, {}) if isinstance(each, str) else float(each))
        except KeyError:
            reader.wrong(where, f"the range of `{name}` needs {key!r}")
        except (InputError, TypeError, ValueError):
            reader.wrong(where, f"{key!r} of the range of `{name}` must be a number, but is {value[key]!r}")
    points, spacing, rounded = value.get("points"), value.get("spacing", "linear"), value.get("round", False)
    if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= 10_000_000:
        reader.wrong(where, f"'points' of the range of `{name}` must be a whole number >= 1, but is {points!r}")
    if spacing not in ("linear", "log"):
        reader.wrong(where, f"'spacing' of the range of `{name}` must be linear or log, but is {spacing!r}")
    if not isinstance(rounded, bool):
        reader.wrong(where, f"'round' of the range of `{name}` must be true or false, but is {rounded!r}")
    if spacing == "log" and len(bounds) == 2 and min(bounds) <= 0:
        reader.wrong(where, f"a logarithmic range of `{name}` needs bounds > 0, but goes from {bounds[0]!r} to {bounds[1]!r}")
    if len(reader.mistakes) > before:
        return []
    start, stop, points = *bounds, int(points or 1)
    found = np.geomspace(start, stop, points) if spacing == "log" else np.linspace(start, stop, points)
    return list(dict.fromkeys(round(each) for each in found.tolist())) if rounded else found.tolist()


def _methods(reader: Reader, table: Mapping[str, Any]) -> tuple[list[str], dict[str, dict[str, Any]]]:
    reader.unknown(("methods",), table, _METHODS, "there is no method or option")
    methods: list[str] = []
    options: dict[str, dict[str, Any]] = {}
    for name in ("exact", "mf"):
        value = table.get(name, False)
        if isinstance(value, dict):
            options[name] = dict(value)
        elif not isinstance(value, bool):
            reader.wrong(("methods", name), f"{name!r} must be true, false or a table of options, but is {value!r}")
        if value is not False:
            methods.append(name)
    orders = _orders(reader, "cumulants", table.get("cumulants", []))
    broken = table.get("break_symmetry", False)
    also = [] if isinstance(broken, bool) else _orders(reader, "break_symmetry", broken)
    shared = {name: table[name] for name in ("counting", "closure") if name in table}
    for order in orders:
        name = "mf" if order == 1 else f"c{order}"  # order 1 is mean field
        if name not in methods:
            methods.append(name)
        if order > 1 and (shared or broken is True):
            options[name] = shared | ({"break_symmetry": True} if broken is True else {})
    for order in also:
        methods.append(f"c{order}-broken")
        if shared:
            options[f"c{order}-broken"] = dict(shared)
    if not methods and table:
        reader.wrong(("methods",), "no method is chosen; write exact = true, for instance")
    return methods, options


def _orders(reader: Reader, name: str, value: Any) -> list[int]:
    """Different orders of cumulant expansions."""
    given = [value] if isinstance(value, int) and not isinstance(value, bool) else value
    lowest = 1 if name == "cumulants" else 2
    valid = isinstance(given, list) and all(isinstance(o, int) and not isinstance(o, bool) and lowest <= o <= HIGHEST_ORDER for o in given)
    if not valid or len(set(given)) < len(given):
        reader.wrong(("methods", name), f"{name!r} must be a list of different orders from {lowest} to {HIGHEST_ORDER}, but is {value!r}")
        return []
    return list(given)


def _moments(reader: Reader, table: Mapping[str, Any]) -> Any:
    reader.unknown(("moments",), table, ("order", "labels"), "[moments] has no entry")
    if "order" in table and "labels" in table:
        reader.wrong(("moments",), "give the order or the labels, not both")
    if "labels" in table:
        labels = table["labels"]
        if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
            reader.wrong(("moments", "labels"), f'\'labels\' must be a list of labels such as ["z0", "+1 -2"], but is {labels!r}')
            return 2
        return labels
    order = table.get("order", 2)
    if isinstance(order, bool) or not isinstance(order, int):
        reader.wrong(("moments", "order"), f"'order' must be a whole number, but is {order!r}")
        return 2
    return order


def _output(reader: Reader, table: Mapping[str, Any]) -> str | None:
    reader.unknown(("output",), table, ("file",), "[output] has no entry")
    name = table.get("file")
    if name is not None and not isinstance(name, str):
        reader.wrong(("output", "file"), f"'file' must be a file name, but is {name!r}")
        return None
    return name


# -- the model at every point ---------------------------------------------------------------------------------------------


def _parses(text: str) -> bool:
    """Whether a text is an expression: `auto`, which leaves a value to the solver, counts; so does 1/0, which fails later."""
    try:
        expressions.evaluate(text, dict.fromkeys(expressions.names(text), 1.25))
    except NotAnExpression:
        return False
    except InputError:
        return True
    return True


def _check_names(
    reader: Reader, source: ModelSource, fixed: Mapping[str, Value], axes: Mapping[str, Any], lists: Sequence[Mapping[str, Any]]
) -> None:
    """Parameters that the model does not have, or that it misses."""
    known = [*source.defaults, *source.others]
    places: dict[Where, str] = {("model", name): name for name in fixed}
    places |= {("sweep", name): name for name in axes}
    places |= {("sweep", "zip", name): name for each in lists for name in each}
    for where, name in places.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {near[0]!r}?" if near else f"the parameters are {', '.join(known)}"
            reader.wrong(where, f"{source.name} has no parameter {name!r}; {advice}")
    missing = [name for name, default in source.defaults.items() if default is None and name not in places.values()]
    if missing:
        reader.wrong(("model",), f"{source.name} needs a value for {', '.join(missing)}; write {missing[0]} = 10, for instance")
    for name, value in fixed.items():
        if isinstance(value, str) and _parses(value) and value != AUTO:
            for other in sorted(expressions.names(value) - set(known)):
                reader.wrong(("model", name), f"{name}={value!r} refers to {other!r}, which is no parameter here")


def _sound(plan: Plan) -> Plan:
    """The plan without what is known to be wrong in it, so that mistakes in the rest can be seen too."""
    known = {**dict.fromkeys(plan.source.others, ""), **plan.source.defaults}
    fixed = {name: value for name, value in plan.fixed.items() if name in known}
    fixed = {name: value for name, value in fixed.items() if not isinstance(value, str) or expressions.names(value) <= set(known)}
    dimensions = []
    for dimension in plan.dimensions:
        columns = {name: column for name, column in dimension.columns.items() if name in known and name not in fixed and column}
        length = min(map(len, columns.values()), default=0)
        if length:
            dimensions.append(replace(dimension, columns={name: column[:length] for name, column in columns.items()}))
    given = {*fixed, *(name for dimension in dimensions for name in dimension.columns)}
    missing: dict[str, Value] = {name: 10 for name, default in known.items() if default is None and name not in given}
    return replace(plan, fixed=fixed | missing, dimensions=tuple(dimensions))


def _some_model(plan: Plan) -> Model | None:
    """A model of the plan, for the grammar of its labels: without fixed parameters that no point can have."""
    fixed = dict(plan.fixed)
    while True:
        reduced = replace(plan, fixed=fixed)
        blamed: str | None = None
        for index in plan.indices:
            try:
                return reduced.model(index)
            except InputError as error:
                blamed = blamed or error.parameter
        if blamed not in fixed:
            return None
        del fixed[blamed]


def _locate(reader: Reader, plan: Plan) -> None:
    """Mistakes of the models, each different one once, at the parameter that it names."""
    for index in plan.indices:
        try:
            plan.model(index)
        except InputError as error:
            name = error.parameter or ""
            places: list[Where] = [("model", name), ("sweep", name), ("sweep", "zip", name)]
            where = next((place for place in places if name and place in reader.lines), ("sweep",) if plan.dimensions else ("model",))
            reader.wrong(where, str(error))
            if len(reader.mistakes) > SHOWN:
                break
