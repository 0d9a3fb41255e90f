"""Terms of a model in matrix units: no product of operators is rounded before it meets numbers of extended precision."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from permsym.model import Model
from permsym.operators import CentreOperator, Matrix, Monomial, OnSites, Product, entries, matrices_of
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
    matrices = matrices_of(key)
    for chosen in itertools.product(*(list(entries(matrix)) for matrix in matrices)):
        value = np.clongdouble(1)
        units = []
        for matrix, (row, column, entry) in zip(matrices, chosen, strict=True):
            value = value * np.clongdouble(entry)
            units.append(unit(len(matrix), row, column))
        centre = [units.pop(0) for _ in range(len(units) - len(key.satellites))]
        satellites = tuple((name, one) for (name, _), one in zip(key.satellites, units, strict=True))
        yield Product(_replaced(key.centre, centre), satellites), value


def _replaced(operator: CentreOperator | None, matrices: list[Matrix]) -> CentreOperator | None:
    """An operator of the centre with other matrices in the place of its own, in their order."""
    if isinstance(operator, OnSites):
        left = iter(matrices)
        return OnSites(tuple((name, one if isinstance(one, Monomial) else next(left)) for name, one in operator.factors))
    return matrices[0] if matrices else operator
