"""Where a model function comes from, in words that another process or a file can use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from permsym.errors import InputError
from permsym.models.file import read_model_text
from permsym.models.parameters import Number
from permsym.models.registry import LIBRARY, ModelSource, lookup, lookup_recorded


@dataclass(frozen=True)
class Origin:
    """A model function and the parameters it gets.

    address      a library name, or ``module:function``
    text         of a model file; its address is the file's name
    parameters   as they were typed: expressions are evaluated again along a branch
    recorded     whether a data file named the function
    """

    address: str
    text: str | None
    parameters: Mapping[str, Number]
    recorded: bool = False

    def source(self) -> ModelSource:
        """The model function."""
        if self.text is not None:
            return ModelSource(self.address, *read_model_text(self.text, self.address))
        return lookup_recorded(self.address) if self.recorded else lookup(self.address)


def origin_of(source: ModelSource, parameters: Mapping[str, Number]) -> Origin | None:
    """The origin of a source; None for a function that another process cannot import."""
    text = text_of(source)
    if text is not None or is_library(source):
        return Origin(source.name, text, parameters)
    address = address_of(source)
    return None if address is None else Origin(address, None, parameters, source.recorded)


def is_library(source: ModelSource) -> bool:
    """Whether the name alone says which function it is."""
    return LIBRARY.get(source.name) is source.function


def text_of(source: ModelSource) -> str | None:
    """The text of the model file that a source was read from."""
    return getattr(source.function, "text", None)


def address_of(source: ModelSource) -> str | None:
    """``module:function`` where that leads back to the function."""
    if ":" in source.name:
        return source.name
    module, name = getattr(source.function, "__module__", "__main__"), getattr(source.function, "__qualname__", "<locals>")
    return None if module == "__main__" or "<" in name else f"{module}:{name}"


def recorded_source(definition: Mapping[str, Any], allow: Callable[[str], None] | None = None) -> ModelSource:
    """The source that a file's provenance names; InputError for a function that may not be imported, or cannot be.

    A data file runs no code: library models and the text of model files are data.

    allow   called with the name of a user's function before it is imported; None: such a function is refused
    """
    name, text, address = definition["name"], definition["model_file"], definition["function"]
    if text is not None:
        return ModelSource(name, *read_model_text(text, name))
    if name in LIBRARY:
        return lookup(name)
    if address is None:
        raise InputError(
            f"the model {name!r} was a function that cannot be imported, so that the file cannot be computed again; "
            "keep model functions in a module"
        )
    if allow is None:
        raise InputError(
            f"the file names the function {address!r}, and importing it would run its module; "
            "if you trust the file and the module, add --allow-function"
        )
    allow(address)
    source = lookup_recorded(address)
    return source if ":" in name else replace(source, name=name)
