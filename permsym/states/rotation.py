"""Instantaneous rotations of all satellites alike, or of a spin centre: R rho R^dag, R = exp(-i angle n . sigma / 2) on each spin.

A rotation mixes charges, so that every sector is needed, and nearly every one is there afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from permsym import machine
from permsym.basis.basis import Basis
from permsym.basis.moves import Labels
from permsym.basis.nodes import NodePart
from permsym.basis.part import Part
from permsym.basis.representations import build, parts_of
from permsym.basis.sector import SectorTable
from permsym.basis.spin import Rotation
from permsym.errors import InputError, TooLarge
from permsym.model import Model
from permsym.operators import ComplexArray
from permsym.sites import Boson, is_real
from permsym.states.elements import Elements, on_fock_states, written_out
from permsym.states.sectors import Charge, SectorOf, paired
from permsym.text import readable

_BYTES = 16 * 12.0  # an element: the tensor twice, labels, the sectors
Axis = str | Sequence[float]
_AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
ROUNDING = 32 * float(np.finfo(float).eps)
"""Rounding of a rotation in trace norm, a site: up to 19 eps in product and Dicke states of up to 60 satellites."""


def turn_of(axis: Axis, angle: float) -> Rotation:
    """The rotation about an axis, "x", "y", "z" or a vector; InputError where it is none."""
    if not is_real(angle) or not math.isfinite(angle):
        raise InputError(f"`angle` must be a finite number of radians, but is {angle!r}")
    if isinstance(axis, str):
        if axis not in _AXES:
            raise InputError(f"`axis` must be 'x', 'y', 'z' or a vector of three numbers, but is {axis!r}")
        return Rotation.about(_AXES[axis], angle)
    try:
        vector = np.asarray(axis, dtype=float)
    except (TypeError, ValueError):
        vector = np.zeros(0)
    length = float(np.linalg.norm(vector))
    if vector.shape != (3,) or not np.isfinite(vector).all() or not length:
        raise InputError(f"`axis` must be 'x', 'y', 'z' or a vector of three numbers, but is {axis!r}")
    x, y, z = (float(each) / length for each in vector)
    return Rotation.about((x, y, z), angle)


def positions(model: Model, of: str) -> list[int]:
    """Positions in ``model.sites`` that a word names: "satellites", "centre", or the name of an ensemble or of a site of the centre."""
    width, names = len(model.centre_sites), [each.name for each in model.ensembles]
    if of == "satellites":
        chosen = list(range(width, width + len(names)))
    elif of == "centre":
        chosen = list(range(width))
    elif of in (every := [site.name for site in model.sites]):
        chosen = [every.index(of)]
    else:
        raise InputError(f"`of` must be 'satellites', 'centre' or an ensemble ({', '.join(names)}), but is {of!r}")
    sites = model.sites
    for position in chosen:
        if sites[position].kind != "spin":
            raise InputError(f"only spins are rotated, but {of!r} has {sites[position]!r}; name an ensemble of spins")
    return chosen


def rotated(sectors: Sequence[SectorOf], axis: Axis, angle: float, of: str) -> list[SectorOf]:
    """Sectors of a rotated state, the neutral one first, from all of its sectors.

    axis, angle, of   as :meth:`permsym.DensityOperator.rotated` takes them
    """
    turn = turn_of(axis, angle)
    model, elements = _on_common_states(sectors)
    at, representation = positions(model, of), sectors[0][0].representation
    parts = parts_of(model, representation)
    count = math.prod(part.count(None) for part in parts)
    needed, available = _BYTES * count, machine.available_bytes()
    if needed > available:
        raise TooLarge(
            f"a rotation takes every charge, {count:,} elements and about {readable(needed)}, but {readable(available)} are available; "
            "use fewer satellites",
            needed=needed,
            available=available,
        )
    every = [part.labels(None) for part in parts]
    tensor = _tensor(parts, every, elements)
    for position in at:
        moved = np.ascontiguousarray(np.moveaxis(tensor, position, 0))
        tensor = np.moveaxis(parts[position].rotated(moved, turn), 0, position)
    where = np.nonzero(tensor)
    labels = np.concatenate([some[:, index] for some, index in zip(every, where, strict=True)])
    return _sectors(model, representation, (labels, tensor[where]))


def _on_common_states(sectors: Sequence[SectorOf]) -> tuple[Model, Elements]:
    """All elements on the same states of the centre, and a model that has these: a mode's own Fock states if its sectors share them."""
    if any(isinstance(part, NodePart) for basis, _ in sectors for part in basis.parts):
        raise InputError("a Hermite series has no elements of its own to rotate; solve on the lattice, with solver='superlu'")
    model = max((basis.model for basis, _ in sectors), key=lambda one: one.centre.levels)
    pieces = [written_out(basis, basis.unknowns(x)) for basis, x in sectors]
    if len({each.model.centre.displacement for each, _ in sectors if isinstance(each.model.centre, Boson)}) > 1:
        model = model.displaced(0).with_levels(max(basis.centre_levels for basis, _ in sectors))
        pieces = [on_fock_states(basis, piece) for (basis, _), piece in zip(sectors, pieces, strict=True)]
    labels, values = zip(*pieces, strict=True)
    return model, (np.concatenate(labels, axis=1), np.concatenate(values))


def _tensor(parts: Sequence[Part], every: Sequence[Labels], elements: Elements) -> ComplexArray:
    """Coefficients with one axis for each part, over all its labels."""
    labels, values = elements
    starts = np.cumsum([0, *(part.columns for part in parts)])
    index = [SectorTable(some).find(labels[a:b]) for some, a, b in zip(every, starts[:-1], starts[1:], strict=True)]
    tensor = np.zeros([some.shape[1] for some in every], dtype=complex)
    tensor[tuple(index)] = values
    return tensor


def _sectors(model: Model, representation: str, elements: Elements) -> list[SectorOf]:
    """Elements sector by sector, the neutral one first; of each pair of opposite charges one."""
    labels, values = elements
    neutral = build(model, representation)
    differences = np.array([part.difference(labels[mine]) for part, mine in zip(neutral.parts, neutral.slices, strict=True)])
    charges = np.array(model.charges, dtype=np.int64).reshape(len(model.charges), -1) @ differences if model.charges else differences[:0]
    distinct, which = np.unique(charges, axis=1, return_inverse=True)
    result: dict[Charge, SectorOf] = {}
    for k, column in enumerate(distinct.T):
        charge = tuple(int(q) for q in column)
        if charge != paired(charge):
            continue
        basis: Basis = build(model, representation, charge) if any(charge) else neutral
        mine = which.ravel() == k
        vector = basis.collected(labels[:, mine]) @ values[mine]
        result[charge] = basis, np.asarray(vector.real if basis.hermitian else vector)
    zero = (0,) * len(model.charges)
    return [result.pop(zero), *(result[charge] for charge in sorted(result))]
