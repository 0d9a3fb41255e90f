"""Operators of a centre and a collective spin as sums of separable terms, ready for compiled loops.

    value * conj(alpha)^u alpha^v  C (x) w

C is ``(LADDER, p, q)`` = b^dag^p b^q of a mode whose field is a = alpha + b (p = q = 0: the identity of any centre), or
``(ENTRY, i, k)`` = \\|i><k\\|.  A word w is a tuple of letters that act from the right on \\|j, m>:

    PLUS, MINUS, Z          J_+, J_-, J_z
    SAME, DOWN, UP + those  A, B, D of :mod:`permsym.basis.spin` times sqrt(w_0), sqrt(w_-), sqrt(w_+): j -> j, j - 1, j + 1
    ROOT, REST              1 / sqrt(w_0) and sqrt(N - 1/w_0), numbers

    w_0 = (N/2+1) / (2j(j+1)),    w_- = (N/2+j+1) / (2j(2j+1)),    w_+ = (N/2-j) / (2(j+1)(2j+1))
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from permsym.basis.spin import components
from permsym.errors import UnsuitedModel
from permsym.model import Model
from permsym.operators import CentreOperator, Matrix, Monomial, Operator, Product, as_array, as_matrix, entries, one_site
from permsym.several_sites import refuse_several
from permsym.sites import Boson

LADDER, ENTRY = 0, 1
PLUS, MINUS, Z = 0, 1, 2
SAME, DOWN, UP = 3, 6, 9
ROOT, REST = 12, 13
LETTERS = {"+": PLUS, "-": MINUS, "z": Z}

CentreKey = tuple[int, int, int]
Word = tuple[int, ...]
Key = tuple[CentreKey, Word, int, int]
"""(C, w, u, v)"""
Terms = dict[Key, complex]
IDENTITY: CentreKey = (LADDER, 0, 0)


def add(*parts: Terms, factor: complex = 1) -> Terms:
    """Their sum times a factor; terms that cancel exactly are left out."""
    result: Terms = {}
    for key, value in itertools.chain(*(each.items() for each in parts)):
        result[key] = result.get(key, 0) + factor * value
    return {key: value for key, value in result.items() if value != 0}


def times_number(number: Terms, terms: Terms, factor: complex = 1) -> Terms:
    """The conjugate of a number that depends on alpha, times terms."""
    result: Terms = {}
    for (_, _, u, v), x in number.items():
        for (centre, word, p, q), y in terms.items():
            key = (centre, word, p + v, q + u)
            result[key] = result.get(key, 0) + factor * x.conjugate() * y
    return {key: value for key, value in result.items() if value != 0}


@dataclass(frozen=True)
class Expansion:
    """How a model's operators become terms.

    displaced   whether a stands for alpha + b; else alpha is 0
    """

    model: Model
    displaced: bool

    @property
    def N(self) -> int:
        return self.model.ensembles[0].N

    @property
    def boson(self) -> bool:
        return isinstance(self.model.centre, Boson)

    def centre(self, operator: CentreOperator | None) -> Iterator[tuple[CentreKey, int, int, complex]]:
        """(C, u, v, value) of the centre's factor."""
        operator = one_site(operator)
        if operator is None:
            yield IDENTITY, 0, 0, 1.0
        elif not isinstance(operator, Monomial):
            for row, column, value in entries(operator):
                yield (ENTRY, row, column), 0, 0, value
        elif not self.displaced:
            yield (LADDER, operator.p, operator.q), 0, 0, 1.0
        else:
            for u, v in itertools.product(range(operator.p + 1), range(operator.q + 1)):
                yield (LADDER, operator.p - u, operator.q - v), u, v, float(math.comb(operator.p, u) * math.comb(operator.q, v))

    def collective(self, matrices: Sequence[Matrix]) -> dict[Word, complex]:
        """A product of sums over all satellites, as words."""
        result: dict[Word, complex] = {(): 1.0}
        for matrix in matrices:
            one, parts = components(matrix)
            factors: list[tuple[Word, complex]] = [((), one * self.N)] if one else []
            factors += [((LETTERS[q],), value) for q, value in parts.items()]
            grown: dict[Word, complex] = {}
            for (word, x), (letter, y) in itertools.product(result.items(), factors):
                grown[word + letter] = grown.get(word + letter, 0) + x * y
            result = grown
        return result

    def terms(self, operator: Operator) -> Terms:
        """The terms of an operator."""
        result: Terms = {}
        for key, coefficient in operator.terms.items():
            words = self.collective([matrix for _, matrix in key.satellites])
            for (centre, u, v, x), (word, y) in itertools.product(self.centre(key.centre), words.items()):
                name = (centre, word, u, v)
                result[name] = result.get(name, 0) + coefficient * x * y
        return {key: value for key, value in result.items() if value != 0}

    def constant(self, terms: Terms) -> Terms:
        """The multiple of the identity in terms: a part that a jump can do without."""
        size = 1 if self.boson else self.model.centre.levels
        result: Terms = {}
        for ((kind, row, column), word, u, v), value in terms.items():
            if word or row != column or (kind == LADDER and row):
                continue
            name = (IDENTITY, (), u, v)
            result[name] = result.get(name, 0) + (value if kind == LADDER else value / size)
        return {key: value for key, value in result.items() if value != 0}


def distinct_product(matrices: Sequence[Matrix], ensemble: str) -> Operator:
    """Sum over ordered distinct satellites n1, n2, ... of a_n1 b_n2 ..., in collective operators.

    S(a, b, ...) = S_a S(b, ...) - S(a b, ...) - S(b, a c, ...) - ...
    """
    if not matrices:
        return Operator({Product(): 1})
    first, rest = matrices[0], list(matrices[1:])
    result = Operator({Product(None, ((ensemble, first),)): 1}) * distinct_product(rest, ensemble)
    for i, other in enumerate(rest):
        merged = as_matrix(as_array(first) @ as_array(other))
        if np.any(as_array(merged)):
            result = result - distinct_product([*rest[:i], merged, *rest[i + 1 :]], ensemble)
    return result


def check(model: Model) -> None:
    """UnsuitedModel unless the satellites are one ensemble of two levels and all rates positive."""
    refuse_several(model.centre, "a quantum trajectory")
    if negative := next((term for term in model.terms if term.jump and term.coefficient.real < 0), None):
        raise UnsuitedModel(f"trajectories have no jumps at the negative rate of {negative.name!r}; take the exact solver or cumulants")
    if len(model.ensembles) != 1 or model.ensembles[0].levels != 2:
        numbers = ", ".join(f"{each.name} of {each.levels} levels" for each in model.ensembles)
        raise UnsuitedModel(
            f"trajectories need one ensemble of two-level satellites, but this model has {numbers}; use steady_state, evolve or twa"
        )
