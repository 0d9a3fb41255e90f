"""Command, Python and sweep of what a page shows, so that anyone computes the same numbers again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from permsym.explore.request import OPTIONS, Asked
from permsym.models.parameters import Number

if TYPE_CHECKING:
    from permsym.sweeps.definition import Sweep


@dataclass(frozen=True)
class View:
    """The sweep of a panel of the page: values at the sliders, a curve, a spectrum, or an evolution.

    axes     parameter -> values of the curve; empty: a single point
    tables   its tables ``spectrum`` and ``evolution``
    """

    name: str
    model: str
    fixed: tuple[tuple[str, Number], ...]
    methods: tuple[str, ...]
    axes: tuple[tuple[str, tuple[Number, ...]], ...] = ()
    tables: tuple[tuple[str, Any], ...] = ()

    def sweep(self) -> Sweep:
        """The sweep itself; InputError where it makes no sense."""
        from permsym.sweeps.definition import make

        options = {name: OPTIONS[name] for name in self.methods if name in OPTIONS}
        return make(self.model, dict(self.axes), fixed=dict(self.fixed), methods=self.methods, options=options, **dict(self.tables))


def views(asked: Asked, xs: Sequence[Number] = ()) -> dict[str, View]:
    """The panels of a page by their names.

    xs   values of the curve's parameter; none: there is no curve yet
    """
    fixed, methods = tuple(asked.parameters.items()), ("exact", *asked.methods)
    panels = {"values": View("values", asked.model, fixed, methods)}
    if asked.curve is not None and xs:
        others = tuple(pair for pair in fixed if pair[0] != asked.curve.over)
        panels["curve"] = View("curve", asked.model, others, methods, ((asked.curve.over, tuple(xs)),))
    if asked.spectrum is not None:
        some = tuple(name for name in methods if name not in ("mf", "twa"))
        panels["spectrum"] = View("spectrum", asked.model, fixed, some, tables=(("spectrum", asked.tables["spectrum"]),))
    if asked.evolution is not None:
        panels["evolution"] = View("evolution", asked.model, fixed, methods, tables=(("evolution", asked.tables["evolution"]),))
    return panels


def texts(asked: Asked, xs: Sequence[Number] = ()) -> dict[str, dict[str, str]]:
    """The command and the Python of each panel."""
    return {name: {"command": command(asked, view), "python": python(asked, view)} for name, view in views(asked, xs).items()}


def command(asked: Asked, view: View) -> str:
    """Commands for a shell that print, or for a curve write, the numbers of a panel."""
    words = shlex.join([view.model, *(f"{name}={_text(value)}" for name, value in view.fixed)])
    if view.name == "curve":
        return f"cat > explore.toml <<'END'\n{toml(view)}END\npermsym run explore.toml -o explore.nc"
    if view.name == "evolution":
        assert asked.evolution is not None
        initial, times = asked.evolution
        start = f" --initial {shlex.quote(initial)}" if initial else ""
        return f"permsym evolve {words} --times {shlex.quote(times)}{start}"
    if view.name == "spectrum":
        assert asked.spectrum is not None
        grid, of, right = map(shlex.quote, asked.spectrum)
        lines = [f"permsym spectrum {words} --frequencies {grid}" + (f" --of {of} --right {right}" if asked.spectrum[1] else "")]
        return "\n".join(lines + [f"{lines[0]} --order {name[1:]}" for name in view.methods if name[0] == "c"])
    return "\n".join([f"permsym solve {words}", *(_approximation(name, words) for name in view.methods if name != "exact")])


def _approximation(name: str, words: str) -> str:
    if name == "twa":
        return f"permsym twa {words} " + " ".join(f"--{option} {value}" for option, value in OPTIONS["twa"].items())
    return f"permsym cumulants {words} --order {1 if name == 'mf' else name[1:]}"


def python(asked: Asked, view: View) -> str:
    """A script with the numbers of a panel in a dataset; of the values, with the exact state, too."""
    lines = ["import permsym as ps", ""]
    arguments = [repr(view.model), repr({name: list(values) for name, values in view.axes}), f"methods={list(view.methods)!r}"]
    chosen = {name: dict(OPTIONS[name]) for name in view.methods if name in OPTIONS}
    arguments += [f"options={chosen!r}"] if chosen else []
    if view.name == "spectrum":
        assert asked.spectrum is not None
        lines[:1] = ["import numpy as np", "import permsym as ps"]
        grid, of, right = asked.spectrum
        operators = f", 'of': {of!r}, 'right': {right!r}" if of else ""
        arguments.append(f"spectrum={{'frequencies': {_linspace(grid)}{operators}}}")
    if view.name == "evolution":
        assert asked.evolution is not None
        lines[:1] = ["import numpy as np", "import permsym as ps"]
        arguments.append(f"evolution={{'times': {_linspace(asked.evolution[1])}, 'initial': {asked.evolution[0]!r}}}")
    arguments += [f"{name}={value!r}" for name, value in view.fixed]
    lines += ["data = ps.sweep(", *(f"    {argument}," for argument in arguments), ")", "print(data)"]
    return "\n".join(lines) + "\n"


def _linspace(text: str) -> str:
    first, last, count = text.split(":")
    return f"np.linspace({float(first)!r}, {float(last)!r}, {int(float(count)) + 1})"


def toml(view: View) -> str:
    """The sweep file of a curve."""
    key = "file" if view.model.endswith(".toml") else "function" if ":" in view.model else "name"
    lines = ["[model]", f"{key} = {json.dumps(view.model)}", *(f"{name} = {_toml(value)}" for name, value in view.fixed)]
    lines += ["", "[sweep]", *(f"{name} = [{', '.join(map(_toml, values))}]" for name, values in view.axes)]
    orders = [int(name[1:]) for name in view.methods if name[0] == "c"]
    lines += ["", "[methods]", "exact = true"] + ["mf = true"] * ("mf" in view.methods) + [f"cumulants = {orders}"] * bool(orders)
    if "twa" in view.methods:
        lines.append("twa = {" + ", ".join(f"{name} = {value}" for name, value in OPTIONS["twa"].items()) + "}")
    return "\n".join(lines) + "\n"


def _toml(value: Number) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _text(value: Number) -> str:
    return value if isinstance(value, str) else repr(value)
