"""Time evolutions as points of a sweep: what is asked for, how each method follows it, and what that takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym.dataset.build import Point, Series
from permsym.dataset.status import Status, judged
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.reading import MOST_STEPS
from permsym.sites import Boson, is_real
from permsym.sweeps.quantities import Quantities, add_quantities, expanded_quantities

if TYPE_CHECKING:  # solvers are loaded by whoever computes
    from permsym.cumulants.in_time.evolve import Trajectory
    from permsym.dynamics.evolved.evolution import Evolution
    from permsym.steady.gradient import Family

MOST_TIMES = MOST_STEPS + 1  # of a sweep: every point has its moments at each


@dataclass(frozen=True)
class EvolutionRequest:
    """The tables ``[evolution]`` and ``[modulate]`` of a sweep.

    times     ascending, >= 0; the initial state stands at t = 0
    initial   a label; "": every site in its lowest state
    modulate  name of a parameter, term or jump -> expression in t and the parameters of a point
    """

    times: tuple[float, ...]
    initial: str = ""
    modulate: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.times:
            raise InputError("an evolution needs times, such as '0:10:100'")
        for number in self.times:
            if not is_real(number) or not 0 <= number < np.inf:
                raise InputError(f"a time must be a finite number >= 0, but is {number!r}")
        if any(a >= b for a, b in zip(self.times[:-1], self.times[1:], strict=True)):
            raise InputError("the times of an evolution must increase, each once")
        if len(self.times) > MOST_TIMES:
            raise InputError(f"there are {len(self.times):,} times, but a sweep has at most {MOST_TIMES:,}; take fewer")
        if not isinstance(self.initial, str):
            raise InputError(f"the initial state of a sweep is a label such as 'vacuum up', but is {self.initial!r}")
        for name, rule in self.modulate.items():
            if not isinstance(rule, str):
                words = f"`modulate` of a sweep is saved with it: write {name!r} as the text of an expression in t, not as {rule!r}"
                raise InputError(words, parameter=name)

    @classmethod
    def of_table(cls, table: Mapping[str, Any] | EvolutionRequest | None) -> EvolutionRequest | None:
        """The request that a mapping spells, as JSON has it; InputError for entries that there are not."""
        if table is None or isinstance(table, EvolutionRequest):
            return table
        unknown = [name for name in table if name not in cls.__dataclass_fields__]
        if unknown:
            raise InputError(f"an evolution has no {unknown[0]!r}; it has {', '.join(cls.__dataclass_fields__)}")
        numbers = table.get("times", ())
        return cls(**{**table, "times": tuple(t.item() if hasattr(t, "item") else t for t in numbers)})

    def __str__(self) -> str:
        start = f"from {self.initial!r}" if self.initial else "from the lowest states"
        changes = "".join(f", {name} = {rule}" for name, rule in self.modulate.items())
        return f"{len(self.times)} times from {self.times[0]:g} to {self.times[-1]:g}, {start}{changes}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        drive = {"modulate": dict(self.modulate)} if self.modulate else {}
        return {"times": list(self.times), "initial": self.initial} | drive

    def check(self, model: Model) -> None:
        """InputError for an initial state that a model does not have, and for what cannot change in time as it is asked to."""
        from permsym.dynamics.initial import parse_initial
        from permsym.modulation.modulation import Modulation

        parse_initial(self.initial, model)
        if self.modulate:
            Modulation.of(model, self.modulate, (0.0, self.times[-1]))


# -- exact ----------------------------------------------------------------------------------------------------------------


def exact_series(
    model: Model,
    asked: EvolutionRequest,
    labels: Sequence[MomentLabel],
    options: Mapping[str, Any],
    wanted: Quantities | None = None,
    family: Family | None = None,
) -> Point:
    """The exact evolution with its certificate.

    wanted   quantities at all times beside moments
    family   the function that makes the model from its parameters; None: a library's
    """
    from permsym.dynamics.evolve import evolve

    more = [] if wanted is None else wanted.labels(model)
    keep = "all" if wanted is not None and wanted.rotation_fisher else "none"
    followed = list(dict.fromkeys([*labels, *more]))
    evolution = evolve(model, asked.times, initial=asked.initial, moments=followed, modulate=asked.modulate, keep=keep, **options)
    point = evolved_point(evolution, labels)
    if wanted is not None:
        add_quantities(point, evolution, wanted, family)
    return point


def evolved_point(evolution: Evolution, labels: Iterable[MomentLabel] | None = None) -> Point:
    """A dataset's point from an exact evolution; an error of a moment is the largest over the times.

    labels   of the moments that are to be in it; None: all that were asked for
    """
    certificate = evolution.certificate
    moments = {str(label): evolution.moment(label) for label in (evolution.labels if labels is None else labels)}
    status, reason = judged(certificate)
    return Point(
        parameters=evolution.model.parameters,
        errors={label: certificate.errors[label] for label in moments},
        scalars={
            "error_estimate": certificate.error_estimate,
            "min_population": certificate.min_population,
            "certified": int(certificate.certified),
            "dimension": evolution.dimension,
            "time_total": evolution.timings["total"],
        },
        status=status,
        reason=reason,
        series=Series(tuple(evolution.times.tolist()), moments, evolution.derived, evolution.derived_errors),
    )


def exact_estimate(model: Model, basis: str, asked: EvolutionRequest, wanted: Quantities | None = None) -> tuple[int, float, float]:
    """Unknowns, bytes and seconds of an exact evolution, whose steps resolve the model's rates; an automatic cut-off may have to grow.

    Of quantities a jump doubles the unknowns, Fisher information takes six more evolutions, and some a state at every time.
    """
    from permsym.basis.representations import choose, dimension
    from permsym.dynamics.propagator import VECTORS
    from permsym.steady.scaling.levels import START

    if getattr(model.centre, "automatic", False):
        model = model.with_levels(2 * START if isinstance(model.centre, Boson) else START)
    unknowns = dimension(model, choose(model) if basis == "auto" else basis, (0,) * len(model.charges))
    fastest = sum(abs(term.coefficient) for term in model.terms) * max(1.0, max(model.sizes) ** 0.5)
    fishers, counted = (0, 0) if wanted is None else (len(wanted.fisher), len(wanted.counting))
    states = 0 if wanted is None else len(asked.times) * (7 * bool(fishers) + bool(wanted.rotation_fisher))
    seconds = 1e-7 * unknowns * (VECTORS + fastest * asked.times[-1]) * (1 + 6 * fishers + 2 * counted)
    return unknowns, 6e7 + unknowns * (8.0 * (VECTORS + 6 + states) + 1200.0 * (1 + bool(counted))), seconds


# -- expansions -----------------------------------------------------------------------------------------------------------


def expanded_series(
    order: int,
    model: Model,
    asked: EvolutionRequest,
    labels: Sequence[MomentLabel],
    options: Mapping[str, Any],
    wanted: Quantities | None = None,
) -> Point:
    """The evolution of the equations of an order; nothing certifies their distance from the exact answer."""
    from permsym.cumulants import evolve

    trajectory = evolve(model, asked.times, asked.initial, order=order, modulate=asked.modulate, errors=False, **options)
    point = trajectory_point(model, trajectory, labels)
    expanded_quantities(point, trajectory if order > 1 else None, wanted)
    return point


def trajectory_point(model: Model, trajectory: Trajectory, labels: Sequence[MomentLabel]) -> Point:
    """A dataset's point from a solution of cumulant equations."""
    strange = trajectory.unphysical
    return Point(
        parameters=model.parameters,
        scalars={"dimension": len(trajectory.equations)},
        status=Status.UNPHYSICAL if strange else Status.OK,
        reason=", ".join([f"order {trajectory.order}", *strange]),
        series=Series(tuple(trajectory.times.tolist()), {str(label): trajectory.moment(label) for label in labels}, trajectory.derived),
    )
