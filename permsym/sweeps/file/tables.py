"""The tables of a sweep file, one function each; mistakes go to the reader, and what was wrong is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from permsym import expressions
from permsym.errors import InputError, NotAnExpression
from permsym.models.file import read_model_file
from permsym.models.parameters import Number
from permsym.models.registry import ModelSource, lookup
from permsym.reading import Where, steps
from permsym.sites import is_real
from permsym.sweeps.definition import MOST_POINTS
from permsym.sweeps.evolutions import EvolutionRequest
from permsym.sweeps.file.mistakes import Reader
from permsym.sweeps.methods import HIGHEST_ORDER, METHODS
from permsym.sweeps.quantities import Quantities
from permsym.sweeps.spectra import SpectrumRequest

_EXPANSIONS = ("cumulants", "break_symmetry", "counting", "closure", "regression")
_RANGE = ("from", "to", "points", "spacing", "round")


def model(reader: Reader, table: Mapping[str, Any] | None) -> tuple[ModelSource | None, dict[str, Number]]:
    """The model function, and the parameters that do not vary."""
    if table is None:
        reader.wrong((), 'there is no [model]; write one with name = "central-spin", for instance')
        return None, {}
    kinds = [kind for kind in ("name", "file", "function") if kind in table]
    fixed: dict[str, Number] = {}
    for name, value in table.items():
        if name in kinds:
            continue
        if not isinstance(value, str) and not is_real(value) and name != "levels":
            reader.wrong(("model", name), f"`{name}` must be a number or an expression, but is {value!r}")
        elif isinstance(value, str) and not _is_expression(value):
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
        if kind == "file":
            path = reader.path.parent / value
            return ModelSource(str(path), *read_model_file(path)), fixed
        if ":" in value:
            reader.announce(value)
        return lookup(value), fixed
    except InputError as error:
        reader.wrong(("model", kind), str(error))
        return None, fixed


def axes(reader: Reader, table: Mapping[str, Any]) -> tuple[dict[str, list[Number]], list[dict[str, list[Number]]]]:
    """The axes, and the lists of parameters that run together."""
    product = {name: _values(reader, ("sweep", name), value) for name, value in table.items() if name != "zip"}
    zipped = table.get("zip", [])
    tables = [zipped] if isinstance(zipped, dict) else zipped
    if not isinstance(tables, list) or not all(isinstance(columns, dict) for columns in tables):
        reader.wrong(("sweep", "zip"), "lists that run together are written as a table [[sweep.zip]]")
        tables = []
    lists = [{name: _values(reader, ("sweep", "zip", name), value) for name, value in columns.items()} for columns in tables]
    if not all(lists):
        reader.wrong(("sweep", "zip"), "[[sweep.zip]] is empty; write at least one list")
    return product, [columns for columns in lists if columns]


def _values(reader: Reader, where: Where, value: Any) -> list[Number]:
    """A list as written, or the points of a range; empty where it is wrong."""
    name = where[-1]
    if isinstance(value, dict):
        return _range(reader, where, value)
    if not isinstance(value, list):
        reader.wrong(
            where, f"`{name}` must be a list or {{from = ..., to = ..., points = ...}}, but is {value!r}; fixed ones stand in [model]"
        )
        return []
    wrong = next((entry for entry in value if isinstance(entry, str) and not _is_expression(entry)), None)
    if wrong is not None:
        reader.wrong(where, f"`{name}`: {wrong!r} is not an expression in the parameters, such as N/16")
        return []
    if not value:
        reader.wrong(where, f"the axis {name!r} must have at least one value, but is empty")
    return value


def _range(reader: Reader, where: Where, table: Mapping[str, Any]) -> list[Number]:
    """Points from one bound to the other, equally spaced or their logarithms; rounded ones once each."""
    name, before = where[-1], len(reader.mistakes)
    reader.unknown(where, table, _RANGE, f"the range of `{name}` has no entry")
    bounds = []
    for key in ("from", "to"):
        try:
            bounds.append(expressions.evaluate(table[key], {}) if isinstance(table[key], str) else float(table[key]))
        except KeyError:
            reader.wrong(where, f"the range of `{name}` needs {key!r}")
        except (InputError, TypeError, ValueError):
            reader.wrong(where, f"{key!r} of the range of `{name}` must be a number, but is {table[key]!r}")
    points, spacing, rounded = table.get("points"), table.get("spacing", "linear"), table.get("round", False)
    if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= MOST_POINTS:
        reader.wrong(where, f"'points' of the range of `{name}` must be a whole number from 1 to {MOST_POINTS:,}, but is {points!r}")
    if spacing not in ("linear", "log"):
        reader.wrong(where, f"'spacing' of the range of `{name}` must be linear or log, but is {spacing!r}")
    if not isinstance(rounded, bool):
        reader.wrong(where, f"'round' of the range of `{name}` must be true or false, but is {rounded!r}")
    if spacing == "log" and len(bounds) == 2 and min(bounds) <= 0:
        reader.wrong(where, f"a logarithmic range of `{name}` needs bounds > 0, but goes from {bounds[0]!r} to {bounds[1]!r}")
    if len(reader.mistakes) > before:
        return []
    space = np.geomspace if spacing == "log" else np.linspace
    numbers = space(*bounds, int(points or 1)).tolist()  # type: ignore[call-overload]
    return list(dict.fromkeys(map(round, numbers))) if rounded else numbers


def methods(reader: Reader, table: Mapping[str, Any]) -> tuple[list[str], dict[str, dict[str, Any]]]:
    """Names of the methods, and the options of each."""
    keyed = {method.key: name for name, method in METHODS.items() if method.key}
    reader.unknown(("methods",), table, (*keyed, *_EXPANSIONS), "there is no method or option")
    names: list[str] = []
    options: dict[str, dict[str, Any]] = {}
    for key, name in keyed.items():
        value = table.get(key, False)
        if isinstance(value, dict):
            options[name] = dict(value)
        elif not isinstance(value, bool):
            reader.wrong(("methods", key), f"{key!r} must be true, false or a table of options, but is {value!r}")
        if value is not False:
            names.append(name)
    orders = _orders(reader, "cumulants", table.get("cumulants", []))
    broken = table.get("break_symmetry", False)
    also = [] if isinstance(broken, bool) else _orders(reader, "break_symmetry", broken)
    shared = {name: table[name] for name in ("counting", "closure", "regression") if name in table}
    for order in orders:
        name = "mf" if order == 1 else f"c{order}"  # order 1 is mean field
        if name not in names:
            names.append(name)
        if order > 1 and (shared or broken is True):
            options[name] = shared | ({"break_symmetry": True} if broken is True else {})
    for order in also:
        names.append(f"c{order}-broken")
        if shared:
            options[f"c{order}-broken"] = dict(shared)
    if not names and table:
        reader.wrong(("methods",), "no method is chosen; write exact = true, for instance")
    return names, options


def _orders(reader: Reader, name: str, value: Any) -> list[int]:
    """Different orders of cumulant expansions."""
    orders = [value] if isinstance(value, int) and not isinstance(value, bool) else value
    lowest = 1 if name == "cumulants" else 2
    valid = isinstance(orders, list) and all(
        isinstance(o, int) and not isinstance(o, bool) and lowest <= o <= HIGHEST_ORDER for o in orders
    )
    if not valid or len(set(orders)) < len(orders):
        reader.wrong(("methods", name), f"{name!r} must be a list of different orders from {lowest} to {HIGHEST_ORDER}, but is {value!r}")
        return []
    return list(orders)


def moments(reader: Reader, table: Mapping[str, Any]) -> Any:
    """An order, or labels; not checked against a model yet."""
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


def spectrum(reader: Reader, table: Mapping[str, Any] | None) -> SpectrumRequest | None:
    """The spectrum that every point is to have; not checked against a model yet."""
    if table is None:
        return None
    before = len(reader.mistakes)
    kinds: dict[str, tuple[str, Callable[[Any], bool]]] = {
        "of": ("an operator such as 'ad' or '+0'", lambda value: isinstance(value, str)),
        "right": ("an operator such as 'a' or '-0'", lambda value: isinstance(value, str)),
        "frequencies": ("'W0:W1:STEPS', such as '-3:3:200', or a list of numbers", lambda value: isinstance(value, str | list)),
        "linewidth": ("true or false", lambda value: isinstance(value, bool)),
        "near": ("a frequency", is_real),
        "delays": ("'T0:T1:STEPS', such as '0:10:100', or a list of numbers", lambda value: isinstance(value, str | list)),
    }
    reader.unknown(("spectrum",), table, list(kinds), "[spectrum] has no entry")
    for name, (words, allowed) in kinds.items():
        if name in table and not allowed(table[name]):
            reader.wrong(("spectrum", name), f"{name!r} must be {words}, but is {table[name]!r}")
    entries = {**table}
    try:
        if isinstance(entries.get("frequencies"), str):
            entries["frequencies"] = steps(entries["frequencies"], "'frequencies'", "W", "-3:3:200").tolist()
        if isinstance(entries.get("delays"), str):
            entries["delays"] = steps(entries["delays"], "'delays'", "T", "0:10:100", 0.0).tolist()
        if len(reader.mistakes) == before:
            return SpectrumRequest.of_table(entries)
    except InputError as error:
        reader.wrong(("spectrum",), str(error))
    return None


def quantities(reader: Reader, table: Mapping[str, Any] | None) -> Quantities | None:
    """What every state is asked for beside moments and spectrum; not checked against a model yet."""
    try:
        return Quantities.of_table(table)
    except InputError as error:
        reader.wrong(("quantities", *filter(None, [error.parameter])), str(error))
    return None


def evolution(reader: Reader, table: Mapping[str, Any] | None, changes: Mapping[str, Any] | None) -> EvolutionRequest | None:
    """The evolution that every point is to have instead of a steady state; not checked against a model yet.

    changes   the table [modulate]
    """
    if table is None:
        if changes is not None:
            reader.wrong(("modulate",), "[modulate] is for an [evolution]; write one with times = '0:10:100'")
        return None
    for name, rule in (changes or {}).items():
        if not isinstance(rule, str):
            reader.wrong(("modulate", name), f"{name!r} must be the text of an expression in t, such as 'exp(-t)', but is {rule!r}")
    reader.unknown(("evolution",), table, ("times", "initial"), "[evolution] has no entry")
    entries = {name: value for name, value in table.items() if name in ("times", "initial")}
    times = entries.get("times", [])
    if not isinstance(times, str | list):
        reader.wrong(("evolution", "times"), f"'times' must be 'T0:T1:STEPS', such as '0:10:100', or a list of numbers, but is {times!r}")
        return None
    try:
        if isinstance(times, str):
            entries["times"] = steps(times, "'times'", "T", "0:10:100", 0.0).tolist()
        rules = {name: rule for name, rule in (changes or {}).items() if isinstance(rule, str)}
        return EvolutionRequest.of_table({**entries, "modulate": rules})
    except InputError as error:
        reader.wrong(("evolution",), str(error))
    return None


def output(reader: Reader, table: Mapping[str, Any]) -> str | None:
    """The name of the output file, where the sweep file has one."""
    reader.unknown(("output",), table, ("file",), "[output] has no entry")
    name = table.get("file")
    if name is not None and not isinstance(name, str):
        reader.wrong(("output", "file"), f"'file' must be a file name, but is {name!r}")
        return None
    if name is not None and (Path(name).is_absolute() or ".." in Path(name).parts or "\0" in name):
        reader.wrong(("output", "file"), f"'file' must stay below the folder of the run, but is {name!r}; give another place with -o")
        return None
    return name


def _is_expression(text: str) -> bool:
    """Whether a text is an expression in any parameters; one without a value, such as 1/0, is one too."""
    try:
        expressions.evaluate(text, dict.fromkeys(expressions.names(text), 1.25))
    except NotAnExpression:
        return False
    except InputError:
        pass
    return True
