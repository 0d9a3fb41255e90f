"""The scope of an evolution: what a model's dynamics makes of its initial state, in one charge sector."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from permsym.basis.moves import Labels
from permsym.basis.part import Part
from permsym.basis.representations import dimension, parts_of
from permsym.basis.scope import Scope
from permsym.dynamics.initial import InitialState, SiteState
from permsym.dynamics.initial_density import Initial, InitialDensity
from permsym.model import Model
from permsym.sites import Boson, Ensemble, Site
from permsym.states.elements import written_out
from permsym.states.sectors import Charge
from permsym.symmetry.actions import Type, sites_of
from permsym.symmetry.classes import Symmetry
from permsym.symmetry.smith import Row


def scope_of(model: Model, representation: str, charge: Charge, initial: Initial) -> Scope | None:
    """Elements of a charge that the initial state may reach; None: all, or of a matrix of all sites and other Fock states any."""
    if isinstance(initial, InitialState):
        symmetry, classes = _of_product(model, initial)
        scope: Scope | None = Scope(symmetry, classes.get(charge, ()))
    else:
        scope = _of_state(model, representation, charge, initial) if isinstance(initial, InitialDensity) else None
    if scope is None or scope.count(parts_of(model, representation)) == dimension(model, representation, charge):
        return None
    return scope


def reached_dimension(model: Model, representation: str, charge: Charge, initial: Initial) -> int:
    """Number of unknowns of a sector of an evolution, counted without making them."""
    return dimension(model, representation, charge, scope=scope_of(model, representation, charge, initial))


def _of_state(model: Model, representation: str, charge: Charge, initial: InitialDensity) -> Scope | None:
    """The same of a state of another solution, from its elements."""
    centre = model.centre
    displaced = isinstance(centre, Boson) and centre.displacement != initial.displacement
    if displaced or initial.state.basis.representation != representation:
        return None
    parts = parts_of(model, representation)
    labels = np.concatenate([written_out(each.basis, each.vector)[0] for each in initial.sources(model, charge)], axis=1)
    scope = Scope.of_labels(model, parts, labels[:, (_charges(model, parts, labels) == np.array(charge)[:, None]).all(axis=0)])
    return scope if any(charge) else scope.only([*scope.classes, *map(scope.opposite, scope.classes)])


def _charges(model: Model, parts: list[Part] | tuple[Part, ...], labels: Labels) -> Labels:
    """The charges of labels, (charges, n)."""
    starts = np.cumsum([0] + [part.columns for part in parts])
    differences = np.array([part.difference(labels[at : at + part.columns]) for part, at in zip(parts, starts, strict=False)])
    return np.asarray(np.array(model.charges, dtype=np.int64).reshape(-1, len(parts)) @ differences)


@lru_cache(maxsize=8)  # every sector of an evolution asks
def _of_product(model: Model, initial: InitialState) -> tuple[Symmetry, dict[Charge, tuple[Row, ...]]]:
    """The symmetry of what a product state reaches, and the classes of its elements by charge."""
    sites, states = sites_of(model), (*initial.of_centre, *initial.satellites)
    symmetry = Symmetry.of(model, [_types(site, state) for site, state in zip(sites, states, strict=True)])
    width, sums = len(symmetry.modulus), {(0,) * (len(symmetry.modulus) + len(model.charges))}
    modulus = (*symmetry.modulus, *(0 for _ in model.charges))
    for position, (site, state) in enumerate(zip(sites, states, strict=True)):
        steps = set(_steps(model, symmetry, position, site, state))
        sums = {_summed(modulus, a, b) for a, b in itertools.product(sums, steps)}
    classes: dict[Charge, tuple[Row, ...]] = {}
    for row in sorted(sums):
        classes[row[width:]] = (*classes.get(row[width:], ()), row[:width])
    return symmetry, classes


def _types(site: Site, state: SiteState) -> frozenset[Type]:
    """Types of one site in its state; of two-level and of symmetric satellites all, which states of all of them together have."""
    if isinstance(site, Boson):
        return frozenset()
    if isinstance(site, Ensemble) and (site.levels == 2 or site.symmetric):
        return frozenset((k, b) for k in range(site.levels) for b in range(site.levels))
    kets, bras = np.nonzero(state.matrix(site.levels))
    return frozenset(zip(kets.tolist(), bras.tolist(), strict=True))


def _steps(model: Model, symmetry: Symmetry, position: int, site: Site, state: SiteState) -> Iterable[Row]:
    """What elements of one site's state add to the classes and to the charges."""
    weights = [charge[position] for charge in model.charges]
    if symmetry.numbers[position].kind == "types":
        q = site.excitations
        for k, b in _types(site, state) if not isinstance(site, Ensemble) else {(0, 0)}:  # an ensemble's are populations of one level
            yield (*symmetry.of_type(position, (k, b)), *(w * (q[k] - q[b]) for w in weights))
        return
    if symmetry.numbers[position].kind == "levels":  # a population
        yield (0,) * (len(symmetry.modulus) + len(weights))
        return
    size = site.N if isinstance(site, Ensemble) else site.levels - 1
    coherent = state.coherent or (isinstance(site, Boson) and site.displacement != 0)
    for d in range(-size, size + 1) if coherent else (0,):
        yield (*(w * d for (w,) in symmetry.weights(position)), *(w * d for w in weights))


def _summed(modulus: Row, first: Row, second: Row) -> Row:
    return tuple((a + b) % k if k else a + b for k, a, b in zip(modulus, first, second, strict=True))
