"""Which sliders and fields a model has: a range for each parameter, from its default and from what the model refuses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from permsym.errors import InputError, PermsymError
from permsym.models.parameters import AUTO, COUNTS, Number
from permsym.models.registry import ModelSource
from permsym.reading import number_or_text

STARTS: Mapping[str, Mapping[str, str]] = {
    "driven-tavis-cummings": {"N": "5", "C": "14", "drive": "1.0"},
    "dicke": {"N": "4"},
    "three-level-laser": {"N": "4"},
    "collective-spins": {"N": "10", "drive": "1", "gamma_down": "1"},
}
"""Where a page starts that has no values from the command line; other models start at N = 10 and their defaults."""

_SPAN = 4.0  # a slider goes from zero to so many times where it starts
_FREE = 3.0  # and so far where it starts at zero
_LARGEST_N = 300


def described(source: ModelSource, typed: Mapping[str, str]) -> list[dict[str, Any]]:
    """A JSON-ready entry for each parameter: its name, default, text to start with, and range.

    typed   values from the command line
    """
    start = {name: str(value) for name, value in source.defaults.items() if value is not None}
    if source.defaults.get("N", 0) is None:
        start["N"] = "10"
    start |= STARTS.get(source.name, {}) if not typed else {}
    start |= typed
    values = _values(source, start)
    entries = []
    for name in [*source.defaults, *source.others]:
        default = source.defaults.get(name)
        entry = {"name": name, "default": None if default is None else str(default), "text": start.get(name, "")}
        shown = "" if entry["text"] == entry["default"] and name != "N" else entry["text"]
        entries.append(entry | {"text": shown, "value": values.get(name)} | _range(source, name, values, start))
    return entries


def _values(source: ModelSource, texts: Mapping[str, str]) -> dict[str, float]:
    """Numbers of all parameters at the start; none where the model refuses it."""
    try:
        return dict(source.model(_numbers(texts)).parameters)
    except PermsymError:
        return {}


def _numbers(texts: Mapping[str, str]) -> dict[str, Number]:
    return {name: number_or_text(text) for name, text in texts.items()}


def _range(source: ModelSource, name: str, values: Mapping[str, float], start: Mapping[str, str]) -> dict[str, Any]:
    """Ends of a slider, and whether it counts; no ends: a field alone."""
    typed = number_or_text(start.get(name, ""))
    value = values.get(name, None if isinstance(typed, str) else typed)  # what stands for others has no number in the model
    if name in COUNTS or (name == "N" and value is not None):
        if value is None or start.get(name) == AUTO:
            return {"counts": True}
        return {"counts": True, "low": COUNTS[name], "high": _LARGEST_N if name == "N" else 60}
    if value is None or not math.isfinite(value) or name not in start:
        return {"counts": False}
    if value:
        return {"counts": False, "low": min(0.0, _SPAN * value), "high": max(0.0, _SPAN * value)}
    return {"counts": False, "low": 0.0 if _refuses_negative(source, name, start) else -_FREE, "high": _FREE}


def _refuses_negative(source: ModelSource, name: str, start: Mapping[str, str]) -> bool:
    """Whether the model takes no negative value of a parameter: rates."""
    try:
        source.model({**_numbers(start), name: -1.0})
    except InputError as error:
        return error.parameter == name
    except PermsymError:
        return False
    return False
