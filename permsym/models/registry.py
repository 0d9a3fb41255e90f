"""Models by name: library models, ``package.module:function`` and TOML files."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from permsym import expressions
from permsym.errors import InputError, PermsymError
from permsym.model import UNNAMED, Model
from permsym.models.central_spin import central_spin
from permsym.models.dicke import dicke
from permsym.models.driven_tavis_cummings import driven_tavis_cummings
from permsym.models.emitters.collective_spins import collective_spins
from permsym.models.emitters.three_level_laser import three_level_laser
from permsym.models.emitters.two_ensembles import two_ensembles
from permsym.models.parameters import AUTO, Number
from permsym.models.tavis_cummings import tavis_cummings
from permsym.text import suggestion

LIBRARY: dict[str, Callable[..., Model]] = {
    "central-spin": central_spin,
    "tavis-cummings": tavis_cummings,
    "driven-tavis-cummings": driven_tavis_cummings,
    "dicke": dicke,
    "collective-spins": collective_spins,
    "two-ensembles": two_ensembles,
    "three-level-laser": three_level_laser,
}

_ADDRESS = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True)
class ModelSource:
    """A model function by the name that a user typed, with its parameters.

    function   keyword parameters -> Model
    defaults   parameter -> default (a number or an expression); None: it needs a value
    others     parameters that may stand for others, such as C for g, and have no default
    recorded   whether a data file named the function: it is never looked up in the current folder
    """

    name: str
    function: Callable[..., Model]
    defaults: Mapping[str, Number | None]
    others: tuple[str, ...] = ()
    recorded: bool = False

    def check(self, name: str) -> None:
        """Raise InputError unless this is a parameter."""
        names = [*self.defaults, *self.others]
        if name not in names:
            advice = suggestion(name, names, "the parameters are")
            raise InputError(f"{self.name} has no parameter {name!r}; {advice}", parameter=name)

    def model(self, parameters: Mapping[str, Number]) -> Model:
        """The model with these parameters, and the defaults of the others."""
        for name in parameters:
            self.check(name)
        missing = [name for name, default in self.defaults.items() if default is None and name not in parameters]
        if missing:
            message = f"{self.name} needs a value for {', '.join(missing)}; add {missing[0]}=10, for instance"
            raise InputError(message, parameter=missing[0])
        values = self.filled(parameters)
        left = {name: value for name, value in values.items() if value == AUTO}
        numbers = expressions.resolve({name: value for name, value in values.items() if name not in left})
        if self.function in LIBRARY.values():
            return self.function(**left, **numbers)
        model = self._users(left, numbers)
        model.family = partial(self.function, **left)
        return model

    def _users(self, left: Mapping[str, Number], numbers: dict[str, float]) -> Model:
        """The model of a user's function, with its name and the numbers that it was made from; InputError where the function fails."""
        try:
            model = self.function(**left, **numbers)
        except PermsymError:
            raise
        except (Exception, SystemExit) as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            raise InputError(
                f"the model function {self.name} fails with {type(error).__name__}: {error} ({where.filename}, line {where.lineno})"
            ) from error
        if not isinstance(model, Model):
            raise InputError(f"the model function {self.name} must return a Model, but returns {model!r}")
        if not model.parameters:
            model.parameters = dict(numbers)
        if model.name == UNNAMED:
            model.name = self.name
        return model

    def filled(self, parameters: Mapping[str, Number]) -> dict[str, Number]:
        """The parameters, and the defaults of the others."""
        values = {name: parameters.get(name) for name in self.others}
        values |= {name: parameters.get(name, default) for name, default in self.defaults.items()}
        return {name: value for name, value in values.items() if value is not None}

    def defaulted(self, parameters: Mapping[str, Number]) -> dict[str, Number]:
        """The defaults that apply beside these parameters."""
        return {name: value for name, value in self.defaults.items() if name not in parameters and value is not None}


def names() -> list[str]:
    """Names of the library's models."""
    return list(LIBRARY)


def lookup(name: str) -> ModelSource:
    """The model that a name, a file or ``package.module:function`` stands for."""
    if name in LIBRARY:
        return source_of(name, LIBRARY[name])
    if name.endswith(".toml") or Path(name).is_file():
        from permsym.models.file import read_model_file

        function, defaults = read_model_file(Path(name))
        return ModelSource(name, function, defaults)
    if ":" in name:
        with _search(current=True):  # a module beside the user, as `python -m` would find it
            return source_of(name, _imported(name))
    advice = suggestion(name, LIBRARY, "the models are", "; a TOML file or package.module:function works too")
    raise InputError(f"there is no model {name!r}; {advice}")


def lookup_recorded(address: str) -> ModelSource:
    """The function that a data file names, which is never looked up in the current folder.

    Only for a function that the user allows: importing it runs its module.
    """
    with _search(current=False):
        return replace(source_of(address, _imported(address)), recorded=True)


def source(model: str | Callable[..., Model] | ModelSource) -> ModelSource:
    """The model that a caller means: by name, as a function, or as a source already."""
    if isinstance(model, ModelSource):
        return model
    if isinstance(model, str):
        return lookup(model)
    name = next((name for name, function in LIBRARY.items() if function is model), getattr(model, "__name__", UNNAMED))
    return source_of(name, model)


def source_of(name: str, function: Callable[..., Model]) -> ModelSource:
    """A model function with the parameters and defaults of its signature."""
    defaults: dict[str, Number | None] = {}
    others = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise InputError(f"the model function {name} must have named parameters only, but has {parameter}")
        if parameter.default is None:
            others.append(parameter.name)
        else:
            defaults[parameter.name] = None if parameter.default is parameter.empty else parameter.default
    return ModelSource(name, function, defaults, tuple(others))


def _imported(name: str) -> Callable[..., Model]:
    if not _ADDRESS.fullmatch(name):
        raise InputError(f"cannot load the model function {name[:200]!r}; write package.module:function")
    module_name, _, attribute = name.partition(":")
    try:
        function: Any = getattr(importlib.import_module(module_name), attribute)
    except (Exception, SystemExit) as error:  # whatever running the module raises is a mistake in it or in its name
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"cannot load the model function {name!r} ({reason}); write package.module:function") from error
    if not callable(function):
        raise InputError(f"{name!r} is not a function; write package.module:function")
    return function


@contextmanager
def _search(current: bool) -> Iterator[None]:
    """Where modules are looked up inside the block: with the current folder first, or without it.  Other folders stay as they are."""
    before = list(sys.path)
    sys.path[:] = ["", *before] if current else [entry for entry in before if not _is_current(entry)]
    try:
        yield
    finally:
        sys.path[:] = [*before, *(entry for entry in sys.path if entry and entry not in before)]


def _is_current(entry: str) -> bool:
    try:
        return os.path.samefile(entry or ".", ".")
    except (OSError, ValueError):
        return False
