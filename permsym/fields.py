"""What a file must say: one check of its fields, before any of them is used.

A shape is written like the data: a type (float: any real number), ``[shape]`` for a list, ``{"name": shape}`` for a table with
these entries (``"name?"``: it may be missing; others are ignored), ``{str: shape}`` for a table with any names, ``(shape, ...)`` for
alternatives, ``None`` for nothing, and ``object`` for anything.

>>> checked({"N": 3, "name": "x"}, {"N": int, "name?": str}, "the model")["N"]
3
"""

from __future__ import annotations

import numbers
from typing import Any

from permsym.errors import InputError

Shape = Any
_MOST_BITS = 1000  # of a whole number
_SHOWN = 60  # characters of a wrong value in a message


class WrongField(InputError):
    """A field that is missing or of the wrong kind."""


def checked(value: Any, shape: Shape, where: str) -> Any:
    """The value; WrongField for the first of its fields that the shape does not allow."""
    match shape:
        case tuple():
            if not any(_fits(value, choice, where) for choice in shape):
                raise _wrong(value, shape, where)
        case [entry]:
            if not isinstance(value, list | tuple):
                raise _wrong(value, shape, where)
            for number, item in enumerate(value):
                checked(item, entry, f"{where}[{number}]")
        case dict():
            if not isinstance(value, dict):
                raise _wrong(value, shape, where)
            for name, entry in _entries(value, shape, where):
                checked(value[name], entry, f"{name[:_SHOWN]!r} of {where}")
        case _ if not _is(value, shape):
            raise _wrong(value, shape, where)
    return value


def _entries(value: dict[Any, Any], shape: dict[Any, Shape], where: str) -> list[tuple[str, Shape]]:
    """Name and shape of the entries to look at."""
    if str in shape:
        return [(name, shape[str]) for name in value]
    entries = []
    for name, entry in shape.items():
        plain = name.removesuffix("?")
        if plain in value:
            entries.append((plain, entry))
        elif plain == name:
            raise WrongField(f"{where} has no {name!r}")
    return entries


def _fits(value: Any, shape: Shape, where: str) -> bool:
    try:
        checked(value, shape, where)
    except WrongField:
        return False
    return True


def _is(value: Any, kind: Any) -> bool:
    if kind is object:
        return True
    if kind is None:
        return value is None
    if kind in (int, float):  # a truth value is no number, and one that no double can hold is none that is meant
        real = isinstance(value, numbers.Integral if kind is int else numbers.Real) and not isinstance(value, bool)
        return real and not (isinstance(value, int) and value.bit_length() > _MOST_BITS)
    return isinstance(value, kind)


_WORDS = {float: "a number", int: "a whole number", str: "a text", bool: "true or false", dict: "a table", None: "nothing"}


def _spelled(shape: Shape) -> str:
    if isinstance(shape, tuple):
        return " or ".join(map(_spelled, shape))
    return "a list" if isinstance(shape, list) else _WORDS[dict if isinstance(shape, dict) else shape]


def _wrong(value: Any, shape: Shape, where: str) -> WrongField:
    shown = repr(value)
    return WrongField(f"{where} must be {_spelled(shape)}, but is {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + ' ...'}")
