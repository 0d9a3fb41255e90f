"""Jumps of a Lindblad model: central, individual and collective ones."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from permsym.errors import InputError
from permsym.operators import Operator, Product, as_array, as_matrix
from permsym.sites import is_real

Kind = Literal["central", "individual", "collective"]
_NAME = re.compile(r"[^\W\d][\w-]*")


@dataclass(frozen=True)
class Jump:
    """``rate * L[operator]`` of one kind; made by :func:`Central`, :func:`Individual` and :func:`Collective`.

    name   what its term is called: a word such as ``loss``; None: as it is spelled, ``L[-] individual``
    """

    kind: Kind
    rate: float
    operator: Operator
    name: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.name is not None and not (isinstance(self.name, str) and _NAME.fullmatch(self.name)):
            raise InputError(f"the name of this {self.kind} jump must be a word such as 'loss', but is {self.name!r}")
        if not is_real(self.rate) or not math.isfinite(self.rate):
            raise InputError(f"the rate of this {self.kind} jump must be a finite number, but is {self.rate!r}")
        if self.rate < 0 and self.kind != "collective":  # a collective one may be: see kossakowski.py
            raise InputError(
                f"the rate of this {self.kind} jump must be >= 0, but is {self.rate!r}; only a collective rate may be negative, beside "
                "individual jumps of the same operator"
            )
        for key in self.operator.terms:
            if self.kind == "central" and key.satellites:
                raise InputError("a Central jump acts on the centre alone; use Individual or Collective for operators of an ensemble")
            if self.kind == "individual" and len(key.satellites) != 1:
                raise InputError("an Individual jump needs exactly one ensemble operator in each term, such as s.m or c.m * s.p")
        if self.kind == "individual" and len({key.satellites[0][0] for key in self.operator.terms}) > 1:
            raise InputError("an Individual jump acts on the satellites of one ensemble; write one jump for each ensemble")


def Central(rate: float, operator: Operator, name: str | None = None) -> Jump:
    """``rate * L[C]`` with an operator of the centre; ``name``: what its term is called."""
    return Jump("central", rate, operator, name)


def Individual(rate: float, operator: Operator, name: str | None = None) -> Jump:
    """``rate * sum_n L[S_n]``, or ``rate * sum_n L[C (x) S_n]``: each satellite on its own."""
    return Jump("individual", rate, operator, name)


def Collective(rate: float, operator: Operator, name: str | None = None) -> Jump:
    """``rate * L[sum_n S_n]``: all satellites together, optionally with operators of the centre.

    The rate h may be negative beside individual jumps g of the same operator, where g + N h >= 0; a model checks that.
    """
    return Jump("collective", rate, operator, name)


def individual_adjoint(jump: Jump, key: Product) -> Operator:
    """sum_n (X_n^dag O X_n - {X_n^dag X_n, O}/2) for X_n = sum_k c_k C_k (x) s_kn and a one-body product O."""
    size = len(next(iter(jump.operator.terms)).satellites[0][1])
    ensemble = next(iter(jump.operator.terms)).satellites[0][0]
    on_satellite = bool(key.satellites) and key.satellites[0][0] == ensemble
    o = as_array(key.satellites[0][1]) if on_satellite else np.eye(size)
    middle = Operator({Product(key.centre): 1})
    other = Operator({Product(None, () if on_satellite else key.satellites): 1})  # satellites of another ensemble only watch
    result = Operator()
    for (k, a), (q, b) in itertools.product(jump.operator.terms.items(), repeat=2):
        s, t = as_array(k.satellites[0][1]).conj().T, as_array(q.satellites[0][1])
        left, right = Operator({Product(k.adjoint.centre): 1}), Operator({Product(q.centre): 1})
        for sign, centre, satellite in (
            (1.0, left * middle * right, s @ o @ t),
            (-0.5, left * right * middle, s @ t @ o),
            (-0.5, middle * left * right, o @ s @ t),
        ):
            on_one = Operator({Product(None, ((ensemble, as_matrix(satellite)),)): sign * a.conjugate() * b})
            result += centre * on_one * other
    return result
