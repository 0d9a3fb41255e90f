"""How one point of a sweep is computed: `exact`, `mf`, `ln`, `twa`, `trajectories`, `bounds`, `c2` ...  Long because all methods are here.

A method is a function (model, wanted, options, bench) -> Point with an estimate of what it will cost.  To add one, write
these two functions and a line of the table ``METHODS``: sweep files and comparisons have it then.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from permsym.dataset.build import Point
from permsym.dataset.status import EXACT, judged, physical
from permsym.errors import BeyondOrder, DegenerateSteadyState, InputError, TooLarge, UncertifiedWarning
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.sites import Boson, is_real
from permsym.sweeps.bench import Bench
from permsym.sweeps.cost import Cost
from permsym.sweeps.evolutions import exact_estimate, exact_series, expanded_series
from permsym.sweeps.proved import BOUNDS_OPTIONS, bounds_cost, bounds_point
from permsym.sweeps.quantities import add_quantities, expanded_quantities
from permsym.sweeps.semiclassical import linear_noise_point
from permsym.sweeps.spectra import add_spectrum, cumulant_spectrum, exact_coherence, exact_spectrum
from permsym.sweeps.trajectories import (
    IN_TIME,
    TRAJECTORY_OPTIONS,
    TWA_IN_TIME,
    TWA_OPTIONS,
    trajectories_cost,
    trajectories_point,
    twa_cost,
    twa_point,
)
from permsym.sweeps.wanted import STATE, Wanted

if TYPE_CHECKING:  # solvers are loaded by whoever computes: plans and finished sweeps need none
    from permsym.cumulants.state import CumulantState
    from permsym.steady.state import State

Moments = int | str | Iterable[str]
Options = Mapping[str, Any]
HIGHEST_ORDER = 8


@dataclass(frozen=True)
class Method:
    """One way to compute a point.

    point            how
    cost             what it will take
    options          option -> what it must be, in words, and whether a value is that
    key              its key in the table [methods] of a sweep file; "" for expansions, which ``cumulants`` lists by their order
    follows_branch   whether it needs the model function, to follow a branch in N
    in_time          those of its options that evolutions have; None: it has steady states alone
    modulated        whether coefficients of its evolutions may change in time
    long             whether a point writes how far it is
    """

    name: str
    point: Callable[[Model, Wanted, Options, Bench], Point]
    cost: Callable[[Model, Options, Wanted], Cost]
    options: Mapping[str, tuple[str, Callable[[Any], bool]]] = field(default_factory=dict)
    key: str = ""
    follows_branch: bool = False
    in_time: tuple[str, ...] | None = None
    modulated: bool = True
    long: bool = False

    def check_in_time(self, options: Options, modulated: bool) -> None:
        """InputError where the method has no such evolutions, with coefficients that change or not, and for an option they do not have."""
        if self.in_time is None:
            raise InputError(f"the method {self.name} has steady states alone; leave it out of an [evolution]")
        if modulated and not self.modulated:
            raise InputError(f"evolutions by the method {self.name} have constant coefficients; leave it or [modulate] out")
        wrong = next((option for option in options if option not in self.in_time), None)
        if wrong is not None:
            has = ", ".join(self.in_time) or "none"
            raise InputError(f"an evolution by the method {self.name} has no option {wrong!r}; it has {has}")

    def check(self, options: Options) -> None:
        """InputError for options that the method does not have, or values that they cannot take."""
        for name, value in options.items():
            if name not in self.options:
                raise InputError(f"the method {self.name} has no option {name!r}; it has {', '.join(self.options) or 'none'}")
            words, allowed = self.options[name]
            if not allowed(value):
                raise InputError(f"{name!r} of the method {self.name} must be {words}, but is {value!r}")


# -- exact ----------------------------------------------------------------------------------------------------------------

_BASES = ("auto", "dicke", "occupation", "full")


def _solvers() -> list[str]:
    from permsym.steady.plan import NAMES

    return list(NAMES)


def _is_window(value: Any) -> bool:
    from permsym.basis.several import Cut

    if isinstance(value, str):
        return value in ("auto", "full") or Cut.read(value) is not None
    return is_real(value) and value > 0


_EXACT_OPTIONS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "basis": (f"one of {', '.join(_BASES)}", lambda value: value in _BASES),
    "solver": ("auto or a solver of `permsym info`", lambda value: value == "auto" or value in _solvers()),
    "window": ("auto, full, a positive number of standard deviations, or ORDER/SHARE such as 6/1e-9", _is_window),
    "tolerance": ("a positive number below 1", lambda value: is_real(value) and 0 < value < 1),
}


def exact_point(model: Model, wanted: Wanted, options: Options, bench: Bench) -> Point:
    """Exact steady state with its certificate, and its spectrum; the status says where that falls short."""
    from permsym.dynamics.spectra.spectrum import with_more_levels

    family = None if wanted.quantities is None or bench.origin is None else bench.origin.source().function
    if wanted.evolution is not None:
        return exact_series(model, wanted.evolution, wanted.labels, options, wanted.quantities, family)
    asked = wanted.spectrum
    state = exact_state(model, wanted, options, bench)
    answers = [] if asked is None else exact_spectrum(state, asked)
    while wider := [other for each in answers if (other := with_more_levels(model, each)) is not None]:
        assert asked is not None
        state = exact_state(wider[0], wanted, options, bench)
        answers = exact_spectrum(state, asked)
    point = state_point(state, wanted.labels)
    add_spectrum(point, answers)
    if asked is not None:
        exact_coherence(point, state, asked)
    if wanted.quantities is not None:
        add_quantities(point, state, wanted.quantities, family)
    return point


def exact_state(model: Model, wanted: Wanted, options: Options, bench: Bench) -> State:
    """The steady state; one of which more than moments is wanted is no series in (j, m), which has no sectors and no solves of its own."""
    from permsym.dynamics.counting.full_counting import countable
    from permsym.steady.needs import on_full_basis
    from permsym.steady.plan import Request
    from permsym.steady.planning import on_whole_lattice
    from permsym.steady.solve import steady_state

    window = options.get("window", "auto")
    plain = all(options.get(name, "auto") == "auto" for name in ("basis", "solver"))
    shared = bench.liouvillian(model) if plain and on_whole_lattice(Request.of(model, [], window=window)) else None
    if shared is not None:
        on_full_basis(model, "auto")  # refused where it does not fit

    def solved(solver: str) -> State:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UncertifiedWarning)  # the status says it
            return steady_state(
                model,
                moments=wanted.labels,
                liouvillian=shared,
                basis=options.get("basis", "auto"),
                solver=solver,
                window=window,
                **({"tolerance": options["tolerance"]} if "tolerance" in options else {}),
            )

    factors = wanted.quantities is not None and wanted.quantities.factors and not _iterated(model)
    state = solved(options.get("solver", "quick" if wanted.moments_alone else "superlu" if factors else "auto"))
    counted = wanted.quantities is not None and wanted.quantities.counting
    return solved("superlu") if counted and "solver" not in options and not countable(state) else state


def _iterated(model: Model) -> bool:
    """Whether factors fill, and what serves in their place serves for quantities, too."""
    from permsym.steady.needs import fills, lattice

    return not getattr(model.centre, "automatic", False) and fills(model, "auto", lattice(model)[0])


def exact_cost(model: Model, options: Options, wanted: Wanted = STATE) -> Cost:
    """From the plan; a window is predicted by smaller systems.  A charge sector has as many unknowns as the neutral one, complex ones."""
    if wanted.evolution is not None:
        return Cost(*exact_estimate(model, options.get("basis", "auto"), wanted.evolution, wanted.quantities))
    from permsym.steady.needs import lattice
    from permsym.steady.scaling.levels import START
    from permsym.steady.solve import plan_of

    if getattr(model.centre, "automatic", False):  # unknown before it is solved: as if the first attempt had to be doubled
        cost = exact_cost(model.with_levels(2 * START if isinstance(model.centre, Boson) else START), options, wanted)
        return replace(cost, seconds=3 * cost.seconds)
    asked = {"basis": "auto", "window": "auto", "solver": "quick" if wanted.spectrum is None else "auto"} | dict(options)
    asked.pop("tolerance", None)
    try:
        plan = plan_of(model, **asked)
    except TooLarge as error:  # the solver has other means, or refuses by itself: it runs alone
        basis = asked["basis"]
        return Cost(lattice(model, basis)[0], error.needed or float("inf"), 600.0)
    except DegenerateSteadyState:  # the solver says so at once
        return Cost(lattice(model, asked["basis"])[0], 0.0, 0.0)
    charged = 0 if wanted.spectrum is None else 1
    return Cost(plan.unknowns, plan.bytes * (1 + 2 * charged), plan.seconds * (1 + 4 * charged), plan)


def state_point(state: State, labels: Iterable[MomentLabel]) -> Point:
    """A dataset's point from a state."""
    certificate = state.certificate
    keys = list(labels)
    status, reason = judged(certificate)
    return Point(
        parameters=state.model.parameters,
        moments={str(key): state.moment(key) for key in keys},
        cumulants={str(key): state.cumulant(key) for key in keys},
        errors=dict(certificate.errors),
        derived=state.derived,
        scalars={
            "error_estimate": certificate.error_estimate,
            "residual": certificate.residual,
            "edge_mass": certificate.edge_mass,
            "balance": certificate.balance,
            "min_population": certificate.min_population,
            "certified": int(certificate.certified),
            "dimension": state.dimension,
            **{f"time_{name}": seconds for name, seconds in state.timings.items()},
        },
        status=status,
        reason=reason,
        derived_errors=state.derived_errors,
    )


# -- approximations -------------------------------------------------------------------------------------------------------


def mean_field_point(model: Model, wanted: Wanted, options: Options, bench: Bench) -> Point:
    """Mean field: nothing certifies its distance from the exact answer, and it has no fluctuations, whose spectrum one could ask for."""
    if wanted.evolution is not None:
        return expanded_series(1, model, wanted.evolution, wanted.labels, options, wanted.quantities)
    from permsym.cumulants import mean_field

    state = mean_field(model)
    point = Point(
        parameters=model.parameters,
        moments={str(key): state.moment(key) for key in wanted.labels},
        cumulants={str(key): state.cumulant(key) for key in wanted.labels},
        derived=state.derived,
        scalars={"dimension": len(state.equations), "stability": state.stability},
        reason=state.source if wanted.spectrum is None else f"{state.source}, no spectrum: mean field has no fluctuations",
    )
    expanded_quantities(point, None, wanted.quantities)
    return point


def mean_field_cost(model: Model, options: Options, wanted: Wanted = STATE) -> Cost:
    """Bloch components of the centre and of one satellite of each ensemble; a boson has the real and imaginary part of <a>."""
    components = [2 if site.kind == "boson" else site.levels**2 - 1 for site in (model.centre, *model.ensembles)]
    return Cost(sum(components), 6e7, 0.05)


_CUMULANT_OPTIONS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "break_symmetry": ("true or false", lambda value: isinstance(value, bool)),
    "counting": ("operators or sites", lambda value: value in ("operators", "sites")),
    "closure": ("full or no-three-spin", lambda value: value in ("full", "no-three-spin")),
    "regression": ("operators or jacobian", lambda value: value in ("operators", "jacobian")),
}


def cumulant_point(order: int, broken: bool, model: Model, wanted: Wanted, options: Options, bench: Bench) -> Point:
    """Fixed point of the cumulant expansion of an order, and its spectrum; BeyondOrder where it has none of the labels."""
    from permsym.cumulants import steady_state

    keys = [key for key in wanted.labels if key.order <= order]  # beyond it the equations have no value of their own
    if wanted.labels and not keys:
        lowest = min(key.order for key in wanted.labels)
        raise BeyondOrder(f"order {order} has none of the moments, whose lowest order is {lowest}; choose a higher order", order=order)
    chosen: dict[str, Any] = ({"break_symmetry": True} if broken else {}) | dict(options)
    if wanted.evolution is not None:
        return expanded_series(order, model, wanted.evolution, keys, chosen, wanted.quantities)
    source = bench.recipe if bench.origin is not None and "N" in bench.origin.parameters else None
    regression = chosen.pop("regression", "operators")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # the status says it
        state = steady_state(model, order, source=source, branches=bench.branches, **chosen)
    point = expanded_point(model, state, keys)
    if wanted.spectrum is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UncertifiedWarning)  # the status says it
            cumulant_spectrum(point, state, wanted.spectrum, regression)
    expanded_quantities(point, state, wanted.quantities)
    return point


def expanded_point(model: Model, state: CumulantState, keys: Iterable[MomentLabel]) -> Point:
    """A dataset's point from a fixed point."""
    keys = list(keys)
    flags = [] if state.stable else ["unstable"]
    flags += [f"beyond the fold at N={fold:.6g}" for fold in state.folds] + list(state.unphysical)
    return Point(
        parameters=model.parameters,
        moments={str(key): state.moment(key) for key in keys},
        cumulants={str(key): state.cumulant(key) for key in keys},
        derived=state.derived,
        scalars={
            "dimension": len(state.equations),
            "residual": state.residual,
            "stability": state.stability,
            **{f"time_{name}": seconds for name, seconds in state.seconds.items() if name == "solve"},
        },
        status=physical(state.unphysical, state.stable)[0],
        reason=", ".join([f"order {state.order}", *flags]),
    )


def cumulant_cost(order: int, model: Model, options: Options, wanted: Wanted = STATE) -> Cost:
    """The number of neutral moments grows as a power of the order; equations are derived once in a process."""
    return Cost(0, 1.5e8, 0.02 * 3.0**order * (1 if wanted.evolution is None else 10))


def _expansion(order: int, broken: bool) -> Method:
    name, point, cost = f"c{order}{'-broken' * broken}", partial(cumulant_point, order, broken), partial(cumulant_cost, order)
    return Method(name, point, cost, _CUMULANT_OPTIONS, follows_branch=True, in_time=("break_symmetry", "counting", "closure"))


# -- the table ------------------------------------------------------------------------------------------------------------

METHODS: dict[str, Method] = {
    entry.name: entry
    for entry in (
        Method(EXACT, exact_point, exact_cost, _EXACT_OPTIONS, key="exact", in_time=("basis", "tolerance")),
        Method("mf", mean_field_point, mean_field_cost, key="mf", in_time=()),
        Method("ln", linear_noise_point, lambda *asked: replace(mean_field_cost(*asked), seconds=0.5), key="linear_noise"),
        Method("twa", twa_point, twa_cost, TWA_OPTIONS, key="twa", in_time=TWA_IN_TIME, modulated=False, long=True),
        Method(
            "trajectories",
            trajectories_point,
            trajectories_cost,
            TRAJECTORY_OPTIONS,
            key="trajectories",
            in_time=IN_TIME,
            modulated=False,
            long=True,
        ),
        Method("bounds", bounds_point, bounds_cost, BOUNDS_OPTIONS, key="bounds"),
        *(_expansion(order, broken) for broken in (False, True) for order in range(2, HIGHEST_ORDER + 1)),
    )
}
"""Every method by its name in datasets, in sweep files and in :func:`permsym.sweep`."""


def method(name: str) -> Method:
    """The method of a name; InputError where there is none."""
    if name not in METHODS:
        orders = f"c2 ... c{HIGHEST_ORDER} (c3-broken: with charged moments)"
        raise InputError(f"there is no method {name!r}; the methods are {_named()} and {orders}")
    return METHODS[name]


def check_methods(names: Sequence[str]) -> None:
    """InputError unless these are different methods, one at least."""
    if isinstance(names, str) or not names or len(set(names)) < len(names):
        message = f"`methods` must be different ones of {_named()}, c2 ... c{HIGHEST_ORDER}, but is {names!r}"
        raise InputError(message, parameter="methods")
    for name in names:
        try:
            method(name)
        except InputError as error:
            raise InputError(f"`methods`: {error}", parameter="methods") from None


def _named() -> str:
    """The methods that are no expansions, for messages."""
    return ", ".join(name for name, entry in METHODS.items() if entry.key)
