"""Quantities of a state or an evolution beside moments, as a sweep asks for them in its table ``[quantities]``, and as points have them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from permsym.dataset.build import Point
from permsym.dataset.schema import COUNTING_NAMES
from permsym.errors import InputError, NotApplicable, TooLarge, UncertifiedWarning
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.sweeps.spectra import uncertify

if TYPE_CHECKING:  # solvers are loaded by whoever computes
    from permsym.cumulants.in_time.evolve import Trajectory
    from permsym.cumulants.state import CumulantState
    from permsym.dynamics.counting.full_counting import FullCounting
    from permsym.dynamics.counting.until import CountedNumber
    from permsym.dynamics.evolved.evolution import Evolution
    from permsym.information.evolving import FisherSeries
    from permsym.information.results import ParameterFisher
    from permsym.states.fisher import RotationFisher, RotationFisherSeries
    from permsym.states.squeezing import Squeezing, SqueezingSeries
    from permsym.steady.gradient import Family
    from permsym.steady.state import State


@dataclass(frozen=True)
class Quantities:
    """The table ``[quantities]`` of a sweep.

    counting         jumps that are counted, each by a part of its name that is unique: full counting statistics of a steady state; of an
                     evolution the number until each time
    squeezing        whether spin squeezing of every ensemble is wanted
    fisher           parameters about which Fisher information is
    rotation_fisher  whose Fisher information about rotations is: "satellites", "joint"
    """

    counting: tuple[str, ...] = ()
    squeezing: bool = False
    fisher: tuple[str, ...] = ()
    rotation_fisher: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lists = {
            "counting": "jumps such as ['L[a] central']",
            "fisher": "parameters such as ['g']",
            "rotation_fisher": "states, ['satellites', 'joint'] or one of them",
        }
        for field, example in lists.items():
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
        words += [f"Fisher information about {', '.join(self.fisher)}"] if self.fisher else []
        words += [f"Fisher information of rotations ({', '.join(self.rotation_fisher)})"] if self.rotation_fisher else []
        return " and ".join(words)

    @property
    def factors(self) -> bool:
        """Whether a state needs factors for them."""
        return bool(self.fisher)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: what is asked for."""
        lists = {"counting": list(self.counting), "fisher": list(self.fisher), "squeezing": self.squeezing}
        lists |= {"rotation_fisher": list(self.rotation_fisher)}
        return {name: value for name, value in lists.items() if value}

    def labels(self, model: Model) -> list[MomentLabel]:
        """Moments that an evolution has to follow for them."""
        from permsym.states.squeezing import squeezed_ensembles, squeezing_labels

        ensembles = squeezed_ensembles(model) if self.squeezing else []
        return list(chain.from_iterable(squeezing_labels(model, each.name) for each in ensembles))

    def check(self, model: Model) -> None:
        """InputError for jumps and parameters that a model does not have, or that two entries name, and for spins where there are none."""
        from permsym.states.fisher import WHOSE, check_rotations
        from permsym.states.squeezing import squeezed_ensembles

        if self.squeezing:
            squeezed_ensembles(model)
        if self.rotation_fisher:
            check_rotations(model)
        for name in self.rotation_fisher:
            if name not in WHOSE:
                raise InputError(f"`rotation_fisher` is that of {' or '.join(map(repr, WHOSE))}, but is {name!r}")
        for name in self.fisher:
            if name not in model.parameters:
                raise InputError(f"the model has no parameter {name!r}; it has {', '.join(model.parameters)}")
        if twice := [name for name in self.fisher if self.fisher.count(name) > 1]:
            raise InputError(f"Fisher information about {twice[0]!r} is asked for twice; name it once")
        if twice := [name for name in self.rotation_fisher if self.rotation_fisher.count(name) > 1]:
            raise InputError(f"Fisher information of rotations is asked for twice of {twice[0]!r}; name it once")
        names = [model.jump(text).name for text in self.counting]
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError(f"the jump {twice[0]!r} is counted twice; name it once")


def add_quantities(point: Point, system: State | Evolution, wanted: Quantities, family: Family | None = None) -> None:
    """Give a point what is wanted of its state, or of its evolution at all times; what this one does not have is left out, and the reason
    says so.

    family   the function that makes the model from its parameters; None: a library's
    """
    from permsym.information.fisher import fisher
    from permsym.states.fisher import WHOSE

    def attempt(add: Callable[[], None]) -> None:
        try:
            add()
        except (InputError, NotApplicable, TooLarge) as error:  # a parameter that counts something, a jump that never happens
            _say(point, str(error))

    if wanted.squeezing:
        add_squeezing(point, squeezing_of(system))
    for name in wanted.fisher:
        attempt(lambda name=name: add_fisher(point, fisher(system, name, family)))  # type: ignore[misc]
    for name in wanted.rotation_fisher:
        attempt(lambda name=name: add_rotation_fisher(point, system.rotation_fisher(WHOSE[name])))  # type: ignore[misc]
    for name in wanted.counting:
        attempt(lambda name=name: add_counting(point, _counted(system, name)))  # type: ignore[misc]


def _counted(system: State | Evolution, jump: str) -> FullCounting | CountedNumber:
    """Statistics of one jump; the status says where they are not certified."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)
        return system.counting(jump)


def add_counting(point: Point, counting: FullCounting | CountedNumber) -> None:
    """Statistics of one jump with their errors; the point is uncertified where they are."""
    from permsym.dynamics.counting.until import CountedNumber

    if isinstance(counting, CountedNumber):
        series = {kind: getattr(counting, kind) for kind in ("current", "mean", "fano", "noise")}
        series |= dict(zip(("c3", "c4"), counting.cumulants, strict=False))
        names: Iterable[tuple[str, Any, Any]] = ((f"counting_{kind}", value, counting.errors[kind]) for kind, value in series.items())
        reasons = counting.own_reasons
    else:
        values = (counting.current, counting.fano, counting.noise, *counting.cumulants)
        names, reasons = zip(COUNTING_NAMES, values, counting.errors.values(), strict=True), counting.certificate.reasons
    for name, value, error in names:
        _enter(point, f"{name}@{counting.jump}", value, error)
    uncertify(point, reasons)


def squeezing_of(system: State | Evolution | CumulantState | Trajectory) -> dict[str, Squeezing] | dict[str, SqueezingSeries]:
    """Squeezing of every ensemble of spins."""
    from permsym.states.squeezing import squeezed_ensembles

    return {each.name: system.squeezing(each.name) for each in squeezed_ensembles(system.model)}  # type: ignore[return-value]


def add_squeezing(point: Point, results: Mapping[str, Squeezing] | Mapping[str, SqueezingSeries], exact: bool = True) -> None:
    """Squeezing by ensemble, with its errors where they are those of the exact state; where there is none, the reason says so."""
    for ensemble, squeezing in results.items():
        end = f"@{ensemble}" if len(results) > 1 else ""
        for name in ("wineland", "kitagawa_ueda"):
            _enter(point, f"squeezing_{name}{end}", getattr(squeezing, name), squeezing.errors[name] if exact else None)
        if squeezing.reason:
            _say(point, f"no squeezing: {squeezing.reason}")
        if exact:
            uncertify(point, squeezing.reasons)


def add_fisher(point: Point, fisher: ParameterFisher | FisherSeries) -> None:
    """Fisher information about one parameter with its errors; the reason says what there is not."""
    for quantity, error in fisher.errors.items():
        _enter(point, f"fisher_{quantity}@{fisher.name}", getattr(fisher, quantity), error)
    for quantity, why in fisher.missing.items():
        _say(point, f"no {quantity} Fisher information about {fisher.name}: {why}")
    uncertify(point, fisher.reasons)


def add_rotation_fisher(point: Point, fisher: RotationFisher | RotationFisherSeries) -> None:
    """Fisher information of rotations and its two sides; the error is the distance to the farther one."""
    whose = "joint" if fisher.joint else "satellites"
    _enter(point, f"fisher_rotation@{whose}", fisher.largest, fisher.error)
    _enter(point, f"fisher_rotation_lower@{whose}", fisher.lower)
    _enter(point, f"fisher_rotation_upper@{whose}", fisher.upper)
    uncertify(point, fisher.reasons)


def _enter(point: Point, name: str, value: Any, error: Any = None) -> None:
    """A derived quantity of a point, or of its series at all times; None: there is no value, or no error."""
    if value is None:
        return
    if point.series is None:
        point.derived[name] = value
        if error is not None:
            point.derived_errors[name] = error
        return
    errors = {} if error is None else {name: error}
    point.series = replace(
        point.series, derived={**point.series.derived, name: value}, derived_errors={**point.series.derived_errors, **errors}
    )


def _say(point: Point, words: str) -> None:
    point.reason = "; ".join(filter(None, [point.reason, words]))


def expanded_quantities(point: Point, system: CumulantState | Trajectory | None, wanted: Quantities | None) -> None:
    """Give a point what an expansion has of these, squeezing alone; its reason says what it has not.  None: mean field, without pairs."""
    if wanted is None:
        return
    if wanted.squeezing and system is not None:
        add_squeezing(point, squeezing_of(system), exact=False)
    others = wanted if system is None else replace(wanted, squeezing=False)
    if others != Quantities():
        point.reason += f", no {others}: an expansion has moments alone"
