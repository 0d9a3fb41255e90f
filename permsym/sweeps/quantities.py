"""Quantities of a state beside its moments, as a sweep asks for them: its table ``[quantities]``, and what goes into a point."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from permsym.dataset.build import Point
from permsym.dataset.schema import COUNTING_NAMES
from permsym.errors import InputError, UncertifiedWarning
from permsym.model import Model
from permsym.sweeps.spectra import uncertify

if TYPE_CHECKING:  # solvers are loaded by whoever computes
    from permsym.dynamics.counting.full_counting import FullCounting
    from permsym.steady.state import State


@dataclass(frozen=True)
class Quantities:
    """The table ``[quantities]`` of a sweep.

    counting   jumps whose full counting statistics are wanted, each by a part of its name that is unique
    """

    counting: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names: Any = self.counting
        if isinstance(names, str) or not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            raise InputError(f"`counting` must be a list of jumps such as ['L[a] central'], but is {names!r}", parameter="counting")
        object.__setattr__(self, "counting", tuple(names))

    @classmethod
    def of_table(cls, table: Mapping[str, Any] | Quantities | None) -> Quantities | None:
        """The quantities that a mapping spells, None where it asks for none; InputError for entries that there are not."""
        if isinstance(table, Quantities):
            return table
        unknown = [name for name in table or () if name not in cls.__dataclass_fields__]
        if unknown:
            raise InputError(f"there is no quantity {unknown[0]!r}; there is {', '.join(cls.__dataclass_fields__)}", parameter=unknown[0])
        wanted = cls(**(table or {}))
        return wanted if wanted != cls() else None

    def __str__(self) -> str:
        return f"counting of {', '.join(map(repr, self.counting))}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self) | {"counting": list(self.counting)}

    def check(self, model: Model) -> None:
        """InputError for jumps that a model does not have, or that two entries name."""
        names = [model.jump(text).name for text in self.counting]
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError(f"the jump {twice[0]!r} is counted twice; name it once")


def add_quantities(point: Point, state: State, wanted: Quantities) -> None:
    """Give a point what is wanted of its state; what this state does not have is left out, and the reason says so."""
    from permsym.dynamics.counting.full_counting import full_counting

    for name in wanted.counting:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UncertifiedWarning)  # the status says it
                counting = full_counting(state, name)
        except InputError as error:  # no such jump at these parameters, or one that never happens
            point.reason = "; ".join(filter(None, [point.reason, str(error)]))
        else:
            add_counting(point, counting)


def add_counting(point: Point, counting: FullCounting) -> None:
    """Statistics of one jump with their errors; the point is uncertified where they are."""
    values = (counting.current, counting.fano, counting.noise, *counting.cumulants)
    for name, value, error in zip(COUNTING_NAMES, values, counting.errors.values(), strict=True):
        point.derived[f"{name}@{counting.jump}"] = value
        point.derived_errors[f"{name}@{counting.jump}"] = error
    uncertify(point, counting.certificate.reasons)


def leave_out(point: Point, wanted: Quantities | None) -> None:
    """An approximation has none of these: its reason says so."""
    if wanted is not None:
        point.reason += f", no {wanted}: an expansion has moments alone"
