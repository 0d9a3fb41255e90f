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
[spectrum]                     # of and right as on the command line
frequencies = "-3:3:200"       # and/or linewidth = true, near = 1.0; delays = "0:10:100": g2(tau) of the centre's light
[quantities]                   # squeezing = true, fisher = ["g"], rotation_fisher = ["satellites", "joint"]
counting = ["L[a] central"]    # jumps whose full counting statistics are wanted
[evolution]                    # moments over time instead of those of steady states
times = "0:10:100"             # or a list; the initial state stands at t = 0
initial = "vacuum up"          # lowest states by default
[modulate]                     # what changes in that time: a parameter is replaced, a named term or jump multiplied
g = "0.5*(1 + tanh(t))"
[output]
file = "sweep.nc"              # or .csv, .parquet
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from permsym.errors import InputError, Mistakes
from permsym.model import Model
from permsym.reading import LARGEST_TEXT, NotToml, parsed_toml, read_bytes
from permsym.sweeps.definition import Sweep, checked_moments, dimensions_of, problems
from permsym.sweeps.file import models, tables
from permsym.sweeps.file.mistakes import Reader

_TABLES = ("model", "sweep", "methods", "moments", "spectrum", "quantities", "evolution", "modulate", "output")


@dataclass
class SweepFile:
    """A sweep file; :meth:`check` finds the mistakes that only the models show."""

    path: Path
    sweep: Sweep
    output: str | None
    reader: Reader

    @property
    def default_output(self) -> Path:
        """Where a run writes unless it is told otherwise: the file that [output] names, or the sweep's name with .nc, here."""
        return Path(self.output or self.path.with_suffix(".nc").name)

    def check(self) -> None:
        """Make the model at every point; Mistakes, each different one once, at the parameter that it names."""
        try:
            _ = self.sweep.models
        except InputError as error:
            models.locate(self.reader, self.sweep)
            self.reader.fail()
            raise Mistakes([f"{self.path}:{self.reader.line(('moments', 'labels'))}: {error}"]) from None


def _parsed(path: Path) -> tuple[str, dict[str, Any]]:
    """The text and its tables."""
    try:
        text = read_bytes(path, LARGEST_TEXT).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the sweep file {str(path)!r}: {getattr(error, 'strerror', None) or error}") from error
    try:
        return text, parsed_toml(text)
    except NotToml as error:
        raise Mistakes([f"{path}{'' if error.line is None else f':{error.line}'}: not valid TOML: {error}"]) from error


def _check_requests(reader: Reader, sweep: Sweep, example: Model) -> None:
    """What is asked for beside moments, against one of the models."""
    for table, request in (("spectrum", sweep.spectrum), ("quantities", sweep.quantities), ("evolution", sweep.evolution)):
        try:
            if request is not None:
                request.check(example)
        except InputError as error:
            of_evolution = ("modulate",) if error.parameter is not None else ("evolution", "initial")
            reader.wrong(of_evolution if table == "evolution" else (table,), str(error))


def read_sweep_file(path: Path, announce: Callable[[str], None] = lambda name: None) -> SweepFile:
    """The sweep in a sweep file; Mistakes (all of them, with their lines) where it cannot be carried out.

    announce   called with the name of a user's function before its module is imported, which runs it
    """
    text, data = _parsed(path)
    reader = Reader(path, text, announce)
    reader.unknown((), data, _TABLES, "there is no table")
    for name in _TABLES:
        if name in data and not isinstance(data[name], dict):
            reader.wrong((name,), f"{name!r} must be a table: write [{name}]")
            data[name] = {}
    axes, lists = tables.axes(reader, data.get("sweep", {}))
    source, fixed = tables.model(reader, data.get("model"))
    methods, options = tables.methods(reader, data.get("methods", {}))
    moments = tables.moments(reader, data.get("moments", {}))
    spectrum = tables.spectrum(reader, data.get("spectrum"))
    quantities = tables.quantities(reader, data.get("quantities"))
    evolution = tables.evolution(reader, data.get("evolution"), data.get("modulate"))
    output = tables.output(reader, data.get("output", {}))
    if source is None:
        reader.fail()
        raise AssertionError("a missing model is a mistake")
    models.check_names(reader, source, fixed, axes, lists)
    try:
        asked = spectrum, quantities, evolution
        sweep = Sweep(source, dimensions_of(axes, lists), fixed, tuple(methods or ("exact",)), 2, options, *asked)
    except InputError as error:
        reader.wrong(("sweep",), str(error))
        reader.fail()
        raise
    for where, words in problems(sweep):
        reader.wrong(where, words)
    sound = models.sound(sweep)
    example = models.example(sound)
    if example is not None:
        try:
            sweep = replace(sweep, moments=checked_moments(moments, example))
        except InputError as error:
            reader.wrong(("moments", "order" if isinstance(moments, int) else "labels"), str(error))
        _check_requests(reader, sweep, example)
    if reader.mistakes or example is None:
        models.locate(reader, sound)  # mistakes of values beside those of names
    reader.fail()
    return SweepFile(path, sweep, output, reader)
