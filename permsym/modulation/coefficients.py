"""Models as vectors of coefficients: one entry for each term that any of them has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError
from permsym.jumps import Jump
from permsym.model import Model
from permsym.operators import Operator
from permsym.terms import Term

_ROUNDING = 1e-13  # of the largest rate: above minus that a rate is zero
_DIGITS = 12  # to which the numbers in a jump's operator agree where they are the same


class Coefficients:
    """The terms that models have had so far, by what their matrices depend on; the operator of a jump begins with the number 1.

    terms   with the coefficient 1
    """

    def __init__(self) -> None:
        self.terms: list[Term] = []
        self._position: dict[Any, int] = {}

    def position(self, term: Term) -> tuple[int, complex]:
        """Where a term stands among all, and its coefficient there: L[c x] is |c|^2 L[x]."""
        structure, coefficient = term.structure, term.coefficient
        first = structure[0][1]
        if term.jump and first != 1:
            structure = tuple((key, value / first if k else 1 + 0j) for k, (key, value) in enumerate(structure))
            coefficient = coefficient * abs(first) ** 2
        rounded = tuple((key, round(value.real, _DIGITS), round(value.imag, _DIGITS)) for key, value in structure)
        at = self._position.setdefault((term.kind, rounded), len(self.terms))
        if at == len(self.terms):
            self.terms.append(replace(term, structure=structure, coefficient=1 + 0j))
        return at, coefficient

    def vector(self, model: Model) -> NDArray[np.complex128]:
        """Coefficients of a model's terms (terms so far,)."""
        entries = [self.position(term) for term in model.terms]
        vector = np.zeros(len(self.terms), dtype=complex)
        for at, coefficient in entries:
            vector[at] += coefficient
        return vector

    def table(self, vectors: Sequence[NDArray[np.complex128]]) -> NDArray[np.complex128]:
        """Vectors of different lengths as columns (terms, n)."""
        table = np.zeros((len(self.terms), len(vectors)), dtype=complex)
        for column, vector in enumerate(vectors):
            table[: len(vector), column] = vector
        return table

    def check_operators(self, table: NDArray[np.complex128], names: Sequence[str]) -> None:
        """Refuse parameters that change the operator of a jump and not only its rate; ``table`` (terms, n) of several values of theirs."""
        alike: dict[Any, list[int]] = defaultdict(list)
        for at, term in enumerate(self.terms):
            if term.jump and len(term.structure) > 1:
                alike[term.kind, tuple(key for key, _ in term.structure)].append(at)
        for rows in alike.values():
            if len(rows) > (table[rows] != 0).sum(axis=0).max():
                raise InputError(
                    f"{_quoted(names)} changes the operator of the jump {self.terms[rows[0]]}, not only its rate, and cannot change in "
                    "time; write the jump as several with rates of their own",
                    parameter=names[0],
                )


def model_of(model: Model, terms: Sequence[Term], coefficients: NDArray[np.complex128], parameters: dict[str, float]) -> Model:
    """The model of the same sites whose terms have these coefficients."""
    hamiltonian = {term.structure[0][0]: complex(value) for term, value in zip(terms, coefficients, strict=True) if not term.jump}
    least = -_ROUNDING * max((abs(value) for term, value in zip(terms, coefficients, strict=True) if term.jump), default=0.0)
    jumps = [
        Jump(
            term.kind,
            _rate(term, float(value.real), least),
            Operator(dict(term.structure)),
            term.name if term.name != term.spelled else None,
        )
        for term, value in zip(terms, coefficients, strict=True)
        if term.kind != "hamiltonian"
    ]
    return Model(model.centre, model.ensembles, Operator(hamiltonian), jumps, name=model.name, parameters=parameters)


def _rate(term: Term, value: float, least: float) -> float:
    """Without what rounding leaves below zero; a collective rate may be negative."""
    return value if value >= 0 or (term.kind == "collective" and value < least) else 0.0


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
