"""Representations by name: from a model to its parts, its basis, and the size of that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from permsym.basis.basis import Basis
from permsym.basis.centre import centre_parts
from permsym.basis.dicke import DickePart
from permsym.basis.full import FullPart
from permsym.basis.occupation import OccupationPart
from permsym.basis.part import Part
from permsym.basis.scope import Scope
from permsym.basis.sector import charge_count
from permsym.basis.window import Window
from permsym.errors import InputError
from permsym.model import Model
from permsym.sites import Ensemble

Representation = Literal["dicke", "occupation", "full"]
REPRESENTATIONS: dict[str, Callable[[Ensemble], Part]] = {"dicke": DickePart, "occupation": OccupationPart, "full": FullPart}


def parts_of(model: Model, representation: str, window: Window | None = None) -> tuple[Part, ...]:
    """One part for each site of the centre and one for each ensemble; a window cuts the Dicke representation of the only ensemble."""
    if window is not None:
        if representation != "dicke" or len(model.ensembles) != 1:
            raise InputError("a window cuts the Dicke representation of a single ensemble of two-level satellites; use window='full'")
        return *centre_parts(model), DickePart(model.ensembles[0], window)
    if representation not in REPRESENTATIONS:
        raise InputError(f"there is no representation {representation!r}; choose one of auto, {', '.join(REPRESENTATIONS)}")
    return *centre_parts(model), *(REPRESENTATIONS[representation](each) for each in model.ensembles)


def choose(model: Model) -> str:
    """The representation that ``auto`` picks: Dicke for two-level satellites, occupations otherwise."""
    return "dicke" if all(each.levels == 2 for each in model.ensembles) else "occupation"


def build(
    model: Model,
    representation: str = "auto",
    charge: tuple[int, ...] | None = None,
    window: Window | None = None,
    populated: bool = False,
    scope: Scope | None = None,
) -> Basis:
    """Basis of a model in one charge sector, cut to a window or a scope where one is given; ``populated``: to what populations reach."""
    name = choose(model) if representation == "auto" else representation
    return Basis(model, parts_of(model, name, window), name, charge, populated, scope)


def populated_dimension(model: Model, representation: str = "auto", window: Window | None = None) -> int:
    """Number of real unknowns that the dynamics makes of populations, counted without making the basis."""
    parts = parts_of(model, choose(model) if representation == "auto" else representation, window)
    return Scope.of_populations(model).count(parts)


def dimension(
    model: Model,
    representation: str = "auto",
    charge: tuple[int, ...] | None = None,
    window: Window | None = None,
    scope: Scope | None = None,
) -> int:
    """Number of unknowns of a sector or a scope (real ones where it is hermitian), counted without making the basis."""
    parts = parts_of(model, choose(model) if representation == "auto" else representation, window)
    if scope is not None:
        return scope.count(parts)
    target = (0,) * len(model.charges) if charge is None else charge
    return charge_count(parts, model.charges, target)
