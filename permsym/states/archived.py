"""States on their way into files and out of them: models, bases and vectors, each of them written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.archive import Archive
from permsym.basis.basis import Basis
from permsym.basis.described import Maker, described
from permsym.fields import checked
from permsym.model import Model
from permsym.states.sectors import Charge

STATE = "state"
"""The kind of such a file."""


class Packing:
    """What a file will hold: numbers stand for models, bases and arrays in its header."""

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[Any]] = {}
        self._models: list[dict[str, Any]] = []
        self._bases: list[dict[str, Any]] = []
        self._numbers: dict[int, int] = {}
        self._alive: list[Basis] = []  # whose identity is a key

    def model(self, model: Model) -> int:
        """The number of a model."""
        data = model.to_dict()
        if data not in self._models:
            self._models.append(data)
        return self._models.index(data)

    def array(self, values: NDArray[Any]) -> str:
        """The name of an array."""
        name = f"a{len(self.arrays)}"
        self.arrays[name] = values
        return name

    def basis(self, basis: Basis) -> int:
        """The number of a basis."""
        if id(basis) not in self._numbers:
            kind, fields, arrays = described(basis)
            named = {name: self.array(values) for name, values in arrays.items()}
            self._alive.append(basis)
            self._numbers[id(basis)] = len(self._bases)
            self._bases.append({"kind": kind, "model": self.model(basis.model), "fields": dict(fields), "arrays": named})
        return self._numbers[id(basis)]

    def archive(self, kind: str, header: Mapping[str, Any]) -> Archive:
        """The file."""
        return Archive(kind, {"models": self._models, "bases": self._bases, **header}, self.arrays)


class Unpacking:
    """What a file holds, made again where it is asked for.

    makers   of bases, by the kind that the file says
    """

    def __init__(self, archive: Archive, makers: Mapping[str, Maker]) -> None:
        self.header: dict[str, Any] = dict(archive.header)
        checked(self.header, {"models": [dict], "bases": [{"kind": str, "model": int, "fields": dict, "arrays": {str: str}}]}, "the file")
        self._arrays, self._makers = archive.arrays, makers
        self._models: dict[int, Model] = {}
        self._bases: dict[int, Basis] = {}

    def model(self, number: int) -> Model:
        if number not in self._models:
            self._models[number] = Model.from_dict(self.header["models"][number])
        return self._models[number]

    def array(self, name: str) -> NDArray[Any]:
        return np.array(self._arrays[name])

    def basis(self, number: int) -> Basis:
        if number not in self._bases:
            entry = self.header["bases"][number]
            arrays = {name: self.array(key) for name, key in entry["arrays"].items()}
            self._bases[number] = self._makers[entry["kind"]](self.model(entry["model"]), entry["fields"], arrays)
        return self._bases[number]


def charges_of(lists: Sequence[Sequence[int]]) -> list[Charge]:
    """Charges from JSON."""
    return [tuple(map(int, each)) for each in lists]
