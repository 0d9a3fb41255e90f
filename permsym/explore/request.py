"""What a page asks for: data only, checked before it is used.  Names of models come from a list, values are numbers or expressions."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from permsym.errors import InputError
from permsym.fields import checked
from permsym.models.parameters import Number
from permsym.reading import number_or_text, steps

METHODS = ("mf", "c2", "c3", "c4", "c5", "twa")
"""Approximations that a page may ask for, cheapest first."""

OPTIONS: Mapping[str, Mapping[str, Any]] = {"twa": {"target": 0.02, "seed": 1}}
"""Options of those that have some: TWA ends in seconds, and gives the same numbers again."""

_LONGEST = 200  # characters of a value or a label
_MOST_PARAMETERS = 100
_MOST_STEPS = 400  # of a spectrum or an evolution: as many as a picture shows

_SHAPE = {
    "number": int,
    "model": str,
    "parameters": {str: str},
    "methods": [str],
    "curve": ({"over": str, "from": str, "to": str}, None),
    "quantity": str,
    "spectrum": ({"grid": str, "of": str, "right": str}, None),
    "evolution": ({"initial": str, "times": str}, None),
    "compute": bool,
}


@dataclass(frozen=True)
class Curve:
    """A parameter, and the ends between which it varies."""

    over: str
    start: float
    stop: float


@dataclass(frozen=True)
class Asked:
    """What one position of the sliders asks for.

    number       counts them: an answer carries the number of its question
    parameters   as they were typed; those left empty are missing
    methods      approximations beside the exact value
    quantity     what the curve shows, and is refined for
    spectrum     frequencies W0:W1:STEPS, and A and B of <A(tau) B(0)>, "" for those of the centre's emission; or None
    evolution    initial state and times T0:T1:STEPS, or None
    compute      whether to compute what takes long, too
    tables       the tables ``spectrum`` and ``evolution`` of a sweep, where they are asked for
    """

    number: int
    model: str
    parameters: Mapping[str, Number]
    methods: tuple[str, ...] = ()
    curve: Curve | None = None
    quantity: str = ""
    spectrum: tuple[str, str, str] | None = None
    evolution: tuple[str, str] | None = None
    compute: bool = False
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def read(text: str | bytes, models: Collection[str]) -> Asked:
    """The question that a message spells; InputError for anything else.

    models   names that may be asked for
    """
    try:
        message = checked(json.loads(text), _SHAPE, "the message")
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("the message is no JSON; reload the page") from None
    if message["model"] not in models:
        raise InputError(f"this page has no model {message['model'][:_LONGEST]!r}; choose one of its list")
    parameters = {name: number_or_text(_short(value, name)) for name, value in message["parameters"].items() if value.strip()}
    if len(parameters) > _MOST_PARAMETERS:
        raise InputError(f"there are {len(parameters)} parameters, but a page has at most {_MOST_PARAMETERS}")
    methods = tuple(name for name in METHODS if name in message["methods"])
    evolution, spectrum = message["evolution"], message["spectrum"]
    power = (
        None
        if spectrum is None
        else (_short(spectrum["grid"], "spectrum"), _short(spectrum["of"], "of"), _short(spectrum["right"], "right"))
    )
    start = None if evolution is None else (_short(evolution["initial"], "initial"), _short(evolution["times"], "times"))
    return Asked(
        message["number"],
        message["model"],
        parameters,
        methods,
        _curve(message["curve"]),
        message["quantity"],
        power,
        start,
        message["compute"],
        _tables(power, start),
    )


def _short(text: str, name: str) -> str:
    text = text.strip()
    if len(text) > _LONGEST:
        raise InputError(f"`{name[:_LONGEST]}` has {len(text)} characters, but a page takes at most {_LONGEST}", parameter=name)
    return text


def _curve(table: Mapping[str, str] | None) -> Curve | None:
    if table is None:
        return None
    ends = []
    for end in ("from", "to"):
        number = number_or_text(_short(table[end], end))
        if isinstance(number, str) or not abs(number) < float("inf"):
            raise InputError(f"the curve goes {end} a number, but this is {table[end]!r}", parameter=f"curve-{end}")
        ends.append(float(number))
    if ends[0] >= ends[1]:
        raise InputError(f"the curve must go up, but goes from {ends[0]:g} to {ends[1]:g}", parameter="curve-from")
    return Curve(table["over"], *ends)


def _tables(spectrum: tuple[str, str, str] | None, evolution: tuple[str, str] | None) -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = {}
    if spectrum is not None:
        grid, of, right = spectrum
        operators = {name: text for name, text in (("of", of), ("right", right)) if text}
        tables["spectrum"] = {"frequencies": _grid(grid, "the spectrum", "W", "-3:3:200", "spectrum"), **operators}
    if evolution is not None:
        tables["evolution"] = {"times": _grid(evolution[1], "the evolution", "T", "0:10:100", "times"), "initial": evolution[0]}
    return tables


def _grid(text: str, name: str, letter: str, example: str, where: str) -> list[float]:
    """The numbers of a grid; the page is told which of its fields is wrong."""
    try:
        grid = steps(_short(text, where), name, letter, example, 0.0 if letter == "T" else -float("inf"))
    except InputError as error:
        raise InputError(str(error), parameter=where) from None
    if len(grid) > _MOST_STEPS + 1:
        raise InputError(f"{name} has {len(grid) - 1:,} STEPS, but a page shows at most {_MOST_STEPS}; take fewer", parameter=where)
    return [float(x) for x in grid]
