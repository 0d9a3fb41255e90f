"""What tells one basis from others of its model: as files hold it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.coherent import FewCoherent
from permsym.basis.dicke import DickePart
from permsym.basis.representations import build
from permsym.basis.scope import Scope
from permsym.basis.several import Cut, CutBasis, Sites
from permsym.basis.window import Window
from permsym.errors import InputError
from permsym.fields import checked
from permsym.model import Model

Fields = Mapping[str, Any]
Arrays = Mapping[str, NDArray[Any]]


class Description(NamedTuple):
    """A basis but for its model.

    kind     which of the makers takes it
    fields   JSON-ready; arrays: numbers
    """

    kind: str
    fields: Fields
    arrays: Arrays


Maker = Callable[[Model, Fields, Arrays], Basis]


@singledispatch
def described(basis: Basis) -> Description:
    """The description of a basis; InputError for a kind that files do not hold."""
    if isinstance(basis, FewCoherent):
        return Description("coherent", {"order": basis.order}, {})
    if isinstance(basis, CutBasis):
        return Description("cut", {"order": basis.cut.order, "share": basis.cut.share}, {"sites": basis.sites.sites})
    if type(basis) is not Basis:
        return _of_blocks(basis)
    fields: dict[str, Any] = {"representation": basis.representation, "charge": list(basis.charge), "populated": basis.populated}
    if basis.scope is not None:
        fields["alive"] = [sorted(map(list, types)) for types in basis.scope.symmetry.alive]
        fields["classes"] = [list(row) for row in basis.scope.classes]
    windows = [part.window for part in basis.parts if isinstance(part, DickePart) and part.window is not None]
    if not windows:
        return Description("whole", fields, {})
    (window,) = windows
    return Description("whole", fields | {"corner": list(window.corner)}, {"mask": window.mask})


def _of_blocks(basis: Basis) -> Description:
    from permsym.basis.blocks import Blocks  # loads a compiler

    if type(basis) is not Blocks:
        raise InputError(f"files do not hold a {type(basis).__name__}; solve with solver='superlu'")
    fields = {
        "representation": basis.representation,
        "charge": list(basis.charge),
        "populated": basis.populated,
        "boundary": basis.boundary,
        "phases": [int(phase) for phase in basis.phases],
    }
    cut = {} if basis.boundary == "closed" else {"outer": basis.outer, "low": basis.low, "high": basis.high}
    return Description("blocks", fields, cut)


def _whole(model: Model, fields: Fields, arrays: Arrays) -> Basis:
    shape = {"representation": str, "charge": [int], "populated?": bool, "corner?": [int], "alive?": [list], "classes?": [list]}
    checked(dict(fields), shape, "a basis")
    window, scope = None, None
    if "alive" in fields:
        scope = Scope.of(model, [[(k, b) for k, b in types] for types in fields["alive"]], map(tuple, fields["classes"]))
    if "corner" in fields:
        (N,), (J, M) = model.sizes, fields["corner"]
        window = Window(N, (J, M), np.ascontiguousarray(arrays["mask"], dtype=bool))
    return build(model, fields["representation"], tuple(fields["charge"]), window, fields.get("populated", False), scope)


def _blocks(model: Model, fields: Fields, arrays: Arrays) -> Basis:
    from permsym.basis.blocks import BlockRanges, Blocks

    shape = {"representation": str, "charge": [int], "populated?": bool, "boundary": str, "phases": [int]}
    entries = checked(dict(fields), shape, "a basis")
    cut = BlockRanges(arrays["outer"], arrays["low"], arrays["high"]) if "low" in arrays else None
    populated = entries.get("populated", False)
    basis = Blocks.of(model, entries["representation"], cut, entries["boundary"], tuple(entries["charge"]), populated)
    basis.phases = tuple(entries["phases"])
    return basis


def _cut(model: Model, fields: Fields, arrays: Arrays) -> Basis:
    entries = checked(dict(fields), {"order": int, "share": float}, "a basis")
    return CutBasis(model, Cut(entries["order"], entries["share"]), Sites(model.sizes, arrays["sites"]))


def _coherent(model: Model, fields: Fields, arrays: Arrays) -> Basis:
    return FewCoherent(model, checked(dict(fields), {"order": int}, "a basis")["order"])


MAKERS: Mapping[str, Maker] = {"whole": _whole, "blocks": _blocks, "cut": _cut, "coherent": _coherent}
