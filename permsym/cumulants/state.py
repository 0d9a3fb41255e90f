"""Steady states of cumulant equations: the fixed point on the branch that starts where the hierarchy is exact."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from permsym.cumulants.continuation import Branch, follow
from permsym.cumulants.equations import Equations, equations
from permsym.cumulants.evolve import Attractor, attractor, relaxed
from permsym.cumulants.newton import Point, newton, physical
from permsym.cumulants.path import Path, over_parameter, over_size
from permsym.cumulants.start import exact_point, first_point, tilted
from permsym.errors import InputError, SolverFailed
from permsym.model import Model
from permsym.models.registry import ModelSource, lookup, source_of
from permsym.moments.labels import MomentLabel, enumerate_labels, parse

UNSTABLE = 1e-9
"""Largest real part of the spectrum, in units of the largest rate, that still counts as stable."""


@dataclass(frozen=True)
class CumulantState:
    """A fixed point of cumulant equations.

    ``certified`` says that the numbers solve the equations; how far these are from the exact answer they cannot say.

    point    moments, frequencies, Jacobian
    folds    parameter values at which the branch folded on its way here; the state is beyond them
    over     name of the parameter along which the branch was followed
    seconds  time to build the equations and to solve them
    """

    point: Point
    model: Model
    folds: tuple[float, ...] = ()
    over: str = "N"
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def equations(self) -> Equations:
        return self.point.equations

    @property
    def order(self) -> int:
        return self.equations.order

    @property
    def frequencies(self) -> tuple[float, ...]:
        """Angular frequencies at which broken phases turn, one for each U(1) symmetry."""
        return self.point.frequencies

    @property
    def stability(self) -> float:
        """Largest real part of the Jacobian's spectrum: positive where the fixed point is unstable."""
        return self.point.stability

    @property
    def stability_by_charge(self) -> dict[tuple[int, ...], float]:
        """The same in each charge sector, where charged moments are kept and vanish."""
        return self.point.stability_by_charge

    @property
    def stable(self) -> bool:
        """Whether small deviations decay."""
        return self.stability < UNSTABLE * max((abs(c) for c in self.equations.coefficients), default=1.0)

    @cached_property
    def attractor(self) -> Attractor:
        """Where the equations go from here: the fixed point itself where it is stable, else found by time evolution."""
        return Attractor("fixed point", point=self.point) if self.stable else attractor(self.point)

    @property
    def residual(self) -> float:
        """Largest |dy/dt| relative to the summands of its row."""
        return self.point.residual

    def moment(self, label: str | MomentLabel) -> complex:
        """Any moment; beyond the order, the closure's value."""
        return self.equations.moment(self.point.y, label)

    def cumulant(self, label: str | MomentLabel) -> complex:
        """Any joint cumulant; zero beyond the order."""
        return self.equations.cumulant(self.point.y, label)

    def error(self, label: str | MomentLabel) -> float:
        """Estimate of the absolute error of a moment as a solution of the equations; nan beyond the order."""
        key = parse(label, self.model) if isinstance(label, str) else label
        return self.equations.error(self.point.errors, key)

    def labels(self, order: int) -> list[MomentLabel]:
        """Labels of all moments up to an order."""
        return enumerate_labels(self.model, order)

    @cached_property
    def derived(self) -> dict[str, float]:
        """Populations and photon numbers, named as in exact results."""
        return derived(self.model, self.moment)

    @cached_property
    def unphysical(self) -> tuple[str, ...]:
        """What no density matrix has: populations outside [0, 1], negative photon numbers, |<s+ s->| > 1."""
        found = []
        for name, value in self.derived.items():
            kind = name.partition("@")[0]
            if kind in ("p0_up", "p_up") and not -1e-9 <= value <= 1 + 1e-9:
                found.append(f"the population {name} = {value:.6g} is outside [0, 1]")
            if kind in ("photons", "g2") and value < -1e-9:
                found.append(f"{name} = {value:.6g} is negative")
        for site, label in _populations(self.model):
            value = self.moment(label).real
            if not -1e-9 <= value <= 1 + 1e-9:
                found.append(f"the population {site} = {value:.6g} is outside [0, 1]")
        return tuple(found)


def derived(model: Model, moment: Callable[[MomentLabel], complex]) -> dict[str, float]:
    """Derived quantities from moments, named as in exact results."""
    found: dict[str, float] = {}
    if model.centre.kind == "spin":
        found["p0_up"] = (1 + moment(parse("z0", model)).real) / 2
    for each in model.ensembles:
        if each.kind == "spin":
            suffix = "" if len(model.ensembles) == 1 else f"@{each.name}"
            found[f"p_up{suffix}"] = (1 + moment(parse(f"z1{suffix}", model)).real) / 2
    return found


def _populations(model: Model) -> list[tuple[str, MomentLabel]]:
    """Populations of sites with more than two levels."""
    found = []
    if model.centre.kind == "levels":
        found += [f"|{i}><{i}|0" for i in range(1, model.centre.levels)]
    for each in model.ensembles:
        if each.kind == "levels":
            suffix = "" if len(model.ensembles) == 1 else f"@{each.name}"
            found += [f"|{i}><{i}|1{suffix}" for i in range(1, each.levels)]
    return [(label, parse(label, model)) for label in found]


def steady_state(
    model: Model,
    order: int = 2,
    *,
    counting: str = "operators",
    closure: str = "full",
    break_symmetry: bool = False,
    source: tuple[ModelSource, Mapping[str, float | str]] | None = None,
) -> CumulantState:
    """The fixed point on the branch continued from the smallest number of satellites, where the order is exact.

    order 1        the stable mean-field state that a symmetry-broken start relaxes to
    break_symmetry the symmetric state where it is stable against breaking, else the broken one that replaces it
    source         a model function and its parameters, so that expressions in N are evaluated along the branch; without
                   it all coefficients keep their values while N grows
    counting, closure   see :func:`permsym.cumulants.equations`

    The state may be unstable: ``stable``, ``stability``, ``attractor``, ``folds`` and ``unphysical`` say so.

    Raises SolverFailed where the branch ends before it reaches N, with the place; InputError for options that are none;
    TooLarge for orders that do not fit into memory.
    """
    started = time.perf_counter()
    options: dict[str, Any] = {"order": order, "counting": counting, "closure": closure}
    built = equations(model, **options)
    seconds = {"build": built.hierarchy.seconds}
    if order == 1:
        point = _relaxed_from_tilt(built)
        return CumulantState(point, model, seconds=seconds | {"solve": time.perf_counter() - started})
    path = over_size(built) if source is None else over_parameter(source[0], source[1], "N", options)
    point, folds = on_branch(path, order, float(sum(model.sizes)))
    if break_symmetry and built.hierarchy.alphabet.charges:
        point = _broken(equations(model, break_symmetry=True, **options), point)
    return CumulantState(point, model, folds, path.name, seconds | {"solve": time.perf_counter() - started})


def on_branch(path: Path, order: int, target: float) -> tuple[Point, tuple[float, ...]]:
    """The fixed point at N = target on the branch over N from the smallest system, and the folds passed on the way."""
    smallest = float(max(1, order - 1))
    if target <= smallest and target == round(target):
        path.named[path.scale(target)] = target
        point = exact_point(path.at(path.scale(target)))
        if point is not None:
            return point, ()
    path.named[path.scale(smallest)] = smallest
    start = first_point(path.at(path.scale(smallest)))
    if start is None:
        raise SolverFailed(
            f"Newton's method found no fixed point of order {order} at N={smallest:g}, where the branch should start; try another order"
        )
    if target == smallest:
        return start, ()
    branch = follow(path, start, smallest, target, points=12, watch=False)
    if not branch.reached:
        raise SolverFailed(
            f"the branch of order {order} from N={smallest:g} does not reach N={target:g}: {branch.ended}; choose another N or order"
        )
    return branch.points[-1].point, tuple(fold.value for fold in branch.folds)


def _relaxed_from_tilt(built: Equations) -> Point:
    """The stable state that a product state with transverse components relaxes to."""
    if not built.model.jumps:
        raise SolverFailed("mean field has no attractor without dissipation; give at least one rate a positive value")
    x = tilted(built)
    for _ in range(6):
        found = relaxed(built, x)
        if found is None:
            break
        x = found
        point = newton(built, x)
        if point is not None and np.abs(np.abs(point.x) - np.abs(x)).max() < 0.05 and point.stability < UNSTABLE:
            return point
    raise SolverFailed(
        "no stationary mean-field state was reached; the attractor is a limit cycle, or relaxation is slower than the rates suggest"
    )


def _broken(charged: Equations, symmetric: Point) -> Point:
    """The state with broken symmetry where the symmetric one is unstable against it, else the symmetric one."""
    h, neutral = charged.hierarchy, symmetric.equations.hierarchy
    x = np.array([symmetric.x[neutral.index[c]] if c in neutral.index else 0 for c in h.retained], dtype=complex)
    embedded = newton(charged, x, (0.0,) * len(h.alphabet.charges))
    if embedded is None:
        raise SolverFailed("the symmetric state is no regular fixed point of the equations with charged moments; change N a little")
    sectors = {q: value for q, value in embedded.stability_by_charge.items() if any(q)}
    worst = max(sectors, key=lambda q: sectors[q], default=None)
    if worst is None or sectors[worst] <= UNSTABLE:
        return embedded
    mine = [i for i in np.flatnonzero(physical(charged)) if tuple(h.charge[:, i]) == worst]
    values, vectors = np.linalg.eig(embedded.jacobian[np.ix_(mine, mine)])
    fastest = int(np.argmax(values.real))
    # in a frame that turns with the growing mode nothing has to oscillate
    q = np.array(worst, dtype=float)
    frame = tuple(float(f) for f in values[fastest].imag * q / (q @ q))
    direction = np.zeros(len(x), dtype=complex)
    direction[mine] = vectors[:, fastest] / np.abs(vectors[:, fastest]).max()
    direction = direction + direction[h.conjugates].conj()
    x = embedded.x + 0.1 * direction
    for _ in range(6):
        found = relaxed(charged, x, frame)
        if found is None:
            break
        x = found
        point = newton(charged, x)
        if point is not None and np.abs(np.abs(point.x) - np.abs(x)).max() < 0.05 and point.broken:
            return point
    raise SolverFailed(
        f"the symmetric state is unstable against breaking its symmetry (growth rate {sectors[worst]:.4g}), but the evolution from "
        "there settles at no fixed point; use `evolve` to follow it"
    )


def continuation(
    model: str | Callable[..., Model] | ModelSource,
    *,
    over: str,
    start: float,
    stop: float,
    order: int = 2,
    points: int = 50,
    counting: str = "operators",
    closure: str = "full",
    break_symmetry: bool = False,
    initial: Point | None = None,
    **fixed: float | str,
) -> Branch:
    """The branch of fixed points between two values of a parameter, with folds and Hopf points.

    model     a library name, a model function, a file, or a ModelSource
    over      the parameter; N may be real, and N is followed in its logarithm
    points    least number of points on the branch
    initial   a fixed point at ``start`` (equations of the same options), default: the one on the branch from the smallest N
    fixed     other parameters; expressions such as kappa="N/16" are evaluated along the branch

    Raises SolverFailed where the branch does not get to ``stop``; the exception's ``branch`` holds what was found.
    """
    source = model if isinstance(model, ModelSource) else lookup(model) if isinstance(model, str) else source_of("user-defined", model)
    if over in fixed:
        raise InputError(f"{over!r} is both followed and fixed; leave one of them out")
    options: dict[str, Any] = {"order": order, "counting": counting, "closure": closure, "break_symmetry": break_symmetry}
    path = over_parameter(source, fixed, over, options)
    path.named[path.scale(start)] = start
    first = path.at(path.scale(start))
    if initial is None:
        found = steady_state(
            first.model,
            order,
            counting=counting,
            closure=closure,
            break_symmetry=break_symmetry,
            source=(source, {**fixed, over: start}) if "N" in source.defaults else None,
        )
        initial = found.point
    point = newton(first, initial.x, initial.frequencies)
    if point is None:
        raise SolverFailed(f"Newton's method finds no fixed point of order {order} at {over}={start:g} near the given one")
    return follow(path, point, start, stop, points)
