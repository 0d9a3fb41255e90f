"""Terms of a model in matrix units: no product of operators is rounded before it meets numbers of extended precision."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from permsym.model import Model
from permsym.operators import Monomial, Product, entries
from permsym.sites import unit
from permsym.terms import Term

_UNITS = 12  # matrix units of a jump's operators up to which their pairs are multiplied one by one


def in_units(model: Model) -> list[Term] | None:
    """The terms with operators written in matrix units, whose numbers are multiplied in long double; None where they are too many."""
    terms = []
    for term in model.terms:
        pieces = [(piece, factor * value) for key, factor in term.structure for piece, value in _units_of(key)]
        if term.kind == "hamiltonian":
            terms += [replace(term, structure=((piece, 1.0 + 0j),), coefficient=value * term.coefficient) for piece, value in pieces]
        elif len(pieces) > _UNITS:
            return None
        else:
            terms.append(replace(term, structure=tuple(pieces)))
    return terms if len(terms) <= _UNITS**2 else None


def _units_of(key: Product) -> Iterator[tuple[Product, Any]]:
    """A product as a sum of products of matrix units times numbers of extended precision."""
    matrices = ([] if key.centre is None or isinstance(key.centre, Monomial) else [key.centre]) + [matrix for _, matrix in key.satellites]
    for chosen in itertools.product(*(list(entries(matrix)) for matrix in matrices)):
        value = np.clongdouble(1)
        units = []
        for matrix, (row, column, entry) in zip(matrices, chosen, strict=True):
            value = value * np.clongdouble(entry)
            units.append(unit(len(matrix), row, column))
        centre = units.pop(0) if len(units) > len(key.satellites) else key.centre
        yield Product(centre, tuple((name, one) for (name, _), one in zip(key.satellites, units, strict=True))), value
