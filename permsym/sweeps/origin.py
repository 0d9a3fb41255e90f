"""Where a model function comes from, in words that another process or a file can use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from permsym.errors import InputError
from permsym.models.file import read_model_text
from permsym.models.parameters import Number
from permsym.models.registry import LIBRARY, ModelSource, lookup


@dataclass(frozen=True)
class Origin:
    """A model function and the parameters it gets.

    address      a library name, or ``module:function``
    text         of a model file; its address is the file's name
    parameters   as they were typed: expressions are evaluated again along a branch
    """

    address: str
    text: str | None
    parameters: Mapping[str, Number]

    def source(self) -> ModelSource:
        """The model function."""
        return lookup(self.address) if self.text is None else ModelSource(self.address, *read_model_text(self.text, self.address))


def origin_of(source: ModelSource, parameters: Mapping[str, Number]) -> Origin | None:
    """The origin of a source; None for a function that another process cannot import."""
    text = text_of(source)
    if text is not None or is_library(source):
        return Origin(source.name, text, parameters)
    address = address_of(source)
    return None if address is None else Origin(address, None, parameters)


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


def recorded_source(definition: Mapping[str, Any]) -> ModelSource:
    """The source that a file's provenance names; InputError for a function that cannot be imported."""
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
    source = lookup(address)
    return ModelSource(name, source.function, source.defaults)
