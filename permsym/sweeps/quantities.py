"""Quantities of a state beside its moments, as a sweep asks for them: its table ``[quantities]``, and what goes into a point."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from permsym.dataset.build import Point
from permsym.dataset.schema import COUNTING_NAMES
from permsym.errors import InputError, UncertifiedWarning
from permsym.model import Model
from permsym.sweeps.spectra import uncertify

if TYPE_CHECKING:  # solvers are loaded by whoever computes
    from permsym.cumulants.state import CumulantState
    from permsym.dynamics.counting.full_counting import FullCounting
    from permsym.information.results import ParameterFisher
    from permsym.states.squeezing import Squeezing
    from permsym.steady.gradient import Family
    from permsym.steady.state import State


@dataclass(frozen=True)
class Quantities:
    """The table ``[quantities]`` of a sweep.

    counting    jumps whose full counting statistics are wanted, each by a part of its name that is unique
    squeezing   whether spin squeezing of every ensemble is
    fisher      parameters about which Fisher information is
    """

    counting: tuple[str, ...] = ()
    squeezing: bool = False
    fisher: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field, example in (("counting", "jumps such as ['L[a] central']"), ("fisher", "parameters such as ['g']")):
            names: Any = getattr(self, field)
            if isinstance(names, str) or not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
                raise InputError(f"`{field}` must be a list of {example}, but is {names!r}", parameter=field)
            object.__setattr__(self, field, tuple(names))
        if not isinstance(self.squeezing, bool):
            raise InputError(f"`squeezing` must be true or false, but is {self.squeezing!r}", parameter="squeezing")

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
        words = [f"counting of {', '.join(map(repr, self.counting))}"] if self.counting else []
        words += ["squeezing"] if self.squeezing else []
        return " and ".join([*words, *([f"Fisher information about {', '.join(self.fisher)}"] if self.fisher else [])])

    @property
    def factors(self) -> bool:
        """Whether a state needs factors for them."""
        return bool(self.fisher)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: what is asked for."""
        lists = {"counting": list(self.counting), "fisher": list(self.fisher), "squeezing": self.squeezing}
        return {name: value for name, value in lists.items() if value}

    def check(self, model: Model) -> None:
        """InputError for jumps and parameters that a model does not have, or that two entries name, and for spins where there are none."""
        from permsym.states.squeezing import squeezed_ensembles

        if self.squeezing:
            squeezed_ensembles(model)
        for name in self.fisher:
            if name not in model.parameters:
                raise InputError(f"the model has no parameter {name!r}; it has {', '.join(model.parameters)}")
        if twice := [name for name in self.fisher if self.fisher.count(name) > 1]:
            raise InputError(f"Fisher information about {twice[0]!r} is asked for twice; name it once")
        names = [model.jump(text).name for text in self.counting]
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError(f"the jump {twice[0]!r} is counted twice; name it once")


def add_quantities(point: Point, state: State, wanted: Quantities, family: Family | None = None) -> None:
    """Give a point what is wanted of its state; what this state does not have is left out, and the reason says so.

    family   the function that makes the model from its parameters; None: a library's
    """
    from permsym.dynamics.counting.full_counting import full_counting

    if wanted.squeezing:
        add_squeezing(point, squeezing_of(state))
    for name in wanted.fisher:
        try:
            add_fisher(point, state.fisher(name, family))
        except InputError as error:  # a function that cannot be imported, a parameter that counts something
            _say(point, str(error))
    for name in wanted.counting:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UncertifiedWarning)  # the status says it
                counting = full_counting(state, name)
        except InputError as error:  # no such jump at these parameters, or one that never happens
            _say(point, str(error))
        else:
            add_counting(point, counting)


def add_counting(point: Point, counting: FullCounting) -> None:
    """Statistics of one jump with their errors; the point is uncertified where they are."""
    values = (counting.current, counting.fano, counting.noise, *counting.cumulants)
    for name, value, error in zip(COUNTING_NAMES, values, counting.errors.values(), strict=True):
        point.derived[f"{name}@{counting.jump}"] = value
        point.derived_errors[f"{name}@{counting.jump}"] = error
    uncertify(point, counting.certificate.reasons)


def squeezing_of(state: State | CumulantState) -> dict[str, Squeezing]:
    """Squeezing of every ensemble of spins."""
    from permsym.states.squeezing import squeezed_ensembles

    return {each.name: state.squeezing(each.name) for each in squeezed_ensembles(state.model)}


def add_squeezing(point: Point, results: Mapping[str, Squeezing], exact: bool = True) -> None:
    """Squeezing by ensemble, with its errors where they are those of the exact state; where there is none, the reason says so."""
    for ensemble, squeezing in results.items():
        end = f"@{ensemble}" if len(results) > 1 else ""
        for name in ("wineland", "kitagawa_ueda"):
            value = getattr(squeezing, name)
            if value is not None:
                point.derived[f"squeezing_{name}{end}"] = value
                if exact:
                    point.derived_errors[f"squeezing_{name}{end}"] = squeezing.errors[name]
        if squeezing.reason:
            _say(point, f"no squeezing: {squeezing.reason}")
        if exact:
            uncertify(point, squeezing.reasons)


def add_fisher(point: Point, fisher: ParameterFisher) -> None:
    """Fisher information about one parameter with its errors; the reason says what there is not."""
    for quantity, error in fisher.errors.items():
        point.derived[f"fisher_{quantity}@{fisher.name}"] = getattr(fisher, quantity)
        point.derived_errors[f"fisher_{quantity}@{fisher.name}"] = error
    for quantity, why in fisher.missing.items():
        _say(point, f"no {quantity} Fisher information about {fisher.name}: {why}")
    uncertify(point, fisher.reasons)


def _say(point: Point, words: str) -> None:
    point.reason = "; ".join(filter(None, [point.reason, words]))


def expanded_quantities(point: Point, state: CumulantState | None, wanted: Quantities | None) -> None:
    """Give a point what an expansion has of these, squeezing alone; its reason says what it has not.  None: mean field, without pairs."""
    if wanted is None:
        return
    if wanted.squeezing and state is not None:
        add_squeezing(point, squeezing_of(state), exact=False)
    others = wanted if state is None else replace(wanted, squeezing=False)
    if others != Quantities():
        point.reason += f", no {others}: an expansion has moments alone"
