"""Small Hilbert spaces with named operators: the centre and the satellites of an ensemble.

Spin-1/2: level 0 is up, level 1 is down; ``z`` = sigma^z, ``p`` = sigma^+ = \\|up><down\\|, ``m`` = sigma^-.
Levels(d): level i holds i excitations; ``unit(i, j)`` = \\|i><j\\|.
Boson(levels): Fock states 0..levels-1, operators ``a``, ``ad`` and ``n`` = ad a, kept as symbols until a basis cuts them.
"""

from __future__ import annotations

import copy
import numbers
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from permsym.errors import InputError
from permsym.operators import Matrix, Monomial, OnSites, Operator, Product, SiteOperator, as_matrix

SPIN_OPERATORS: Mapping[str, Matrix] = {
    "z": as_matrix([[1, 0], [0, -1]]),
    "p": as_matrix([[0, 1], [0, 0]]),
    "m": as_matrix([[0, 0], [1, 0]]),
    "x": as_matrix([[0, 1], [1, 0]]),
    "y": as_matrix([[0, -1j], [1j, 0]]),
    "up": as_matrix([[1, 0], [0, 0]]),
    "down": as_matrix([[0, 0], [0, 1]]),
}


def unit(levels: int, row: int, column: int) -> Matrix:
    """The matrix unit \\|row><column\\|."""
    array = np.zeros((levels, levels))
    array[row, column] = 1
    return as_matrix(array)


@lru_cache
def _units(levels: int) -> Mapping[str, Matrix]:
    return {f"|{i}><{j}|": unit(levels, i, j) for i in range(levels) for j in range(levels)}


def is_real(value: Any) -> bool:
    """Whether a value is a real number (Python's or numpy's, but no bool)."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


LARGEST_COUNT = 2**53  # up to which doubles tell whole numbers apart


def as_count(name: str, value: Any, least: int) -> int:
    """``value`` as an integer >= ``least`` (10.0 passes, 10.5 and True do not)."""
    if is_real(value) and LARGEST_COUNT < value < float("inf"):
        raise InputError(f"`{name}` must be at most {LARGEST_COUNT:.1e}, but is {float(min(value, 10**300)):.3g}", parameter=name)
    whole = is_real(value) and np.isfinite(float(value)) and float(value) == int(value)
    if not whole or int(value) < least:
        words = f"`{name}` must be an integer >= {least}, but is {value!r}; give a whole number such as {name}={max(least, 10)}"
        raise InputError(words, parameter=name)
    return int(value)


class Continuous(float):
    """A parameter of equations that are polynomials in the number of satellites: an ensemble of so many may have a real size.

    Sums, differences, products, quotients and powers with numbers are Continuous again, so that a model function may write
    ``Ensemble(N / 2)``.

    >>> Ensemble(Continuous(21) / 2).size
    10.5
    """


def _continuous(operation: Callable[..., Any]) -> Callable[..., Any]:
    def applied(*operands: Any) -> Any:
        value = operation(*operands)
        return Continuous(value) if type(value) is float else value

    return applied


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "neg", "pos", "abs"):
    setattr(Continuous, f"__{_name}__", _continuous(getattr(float, f"__{_name}__")))


def as_size(name: str, value: Any) -> int | Continuous:
    """A number of satellites: an integer >= 1, or any :class:`Continuous` number > 0."""
    if isinstance(value, Continuous) and np.isfinite(value) and value > 0:
        return int(value) if value.is_integer() else value
    return as_count(name, value, 1)


def as_spin(j: Any, size: int | Continuous, levels: int) -> float:
    """A total spin of so many satellites: size/2, size/2 - 1, ... >= 0."""
    if levels != 2:
        raise InputError(f"`j` is the total spin of two-level satellites, but these have {levels} levels; leave it out", parameter="j")
    singlets = size / 2 - float(j) if is_real(j) and np.isfinite(float(j)) else -1.0
    if not (0 <= singlets <= size / 2 and singlets == round(singlets)):
        words = f"`j` must be N/2, N/2 - 1, ... >= 0 with N={size:g}, but is {j!r}; write j=N/2 for states that no exchange changes"
        raise InputError(words, parameter="j")
    return float(j)


def as_name(what: str, name: Any) -> str:
    """A word that labels can hold."""
    if not isinstance(name, str) or not name.isidentifier():
        raise InputError(f"{what} must be a word such as A, but is {name!r}")
    return name


class Site:
    """One kind of site: its levels, its named operators, the excitations that each level holds.

    name    tells sites of a centre apart, in labels ``z0@y``; "" where there is one
    alias   the name that operators of a lone site were made with
    """

    kind = "levels"
    name = ""
    alias = ""

    def __init__(self, levels: int, name: str = "") -> None:
        self.levels = as_count("levels", levels, 2)
        self.name = as_name("a site's name", name) if name else ""

    @property
    def automatic(self) -> bool:
        """Whether its cut-off is still to be chosen."""
        return False

    @property
    def excitations(self) -> tuple[int, ...]:
        """Excitations of each level; U(1) charges are differences of these between ket and bra."""
        return tuple(range(self.levels))

    @property
    def operators(self) -> Mapping[str, Matrix]:
        """Named operators of one site."""
        return _units(self.levels) if self.kind == "levels" else SPIN_OPERATORS

    def _operator(self, one: SiteOperator) -> Operator:
        return Operator({Product(centre=OnSites(((self.name, one),)) if self.name else one): 1})

    def operator(self, matrix: Any) -> Operator:
        """The operator with a given matrix (levels, levels); for an ensemble, its sum over the satellites."""
        array = np.asarray(matrix, dtype=complex)
        if array.shape != (self.levels, self.levels) or not np.isfinite(array).all():
            raise InputError(f"an operator of this site must be a finite {self.levels} x {self.levels} matrix, but has shape {array.shape}")
        return self._operator(as_matrix(array))

    def unit(self, row: int, column: int) -> Operator:
        """\\|row><column\\|."""
        if not (0 <= row < self.levels and 0 <= column < self.levels):
            raise InputError(f"unit({row}, {column}) must name two of the levels 0..{self.levels - 1}")
        return self._operator(unit(self.levels, row, column))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def renamed(self, name: str) -> Site:
        """The same with another name, for a centre of several sites; "" for a centre of one."""
        other = copy.copy(self)
        other.alias = "" if name else self.name or self.alias
        other.name = as_name("a site's name", name) if name else ""
        return other

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join([*self._words(), *([f'name={self.name!r}'] if self.name else [])])})"

    def _words(self) -> list[str]:
        return [str(self.levels)]


class _SpinOperators(Site):
    """The attributes z, p, m, x, y of two-level sites."""

    @property
    def z(self) -> Operator:
        return self._named("z")

    @property
    def p(self) -> Operator:
        return self._named("p")

    @property
    def m(self) -> Operator:
        return self._named("m")

    @property
    def x(self) -> Operator:
        return self._named("x")

    @property
    def y(self) -> Operator:
        return self._named("y")

    def _named(self, name: str) -> Operator:
        if self.levels != 2:
            raise InputError(f"`{name}` is an operator of two-level sites, but this one has {self.levels} levels; use unit(i, j)")
        return self._operator(SPIN_OPERATORS[name])


class Spin(_SpinOperators):
    """A spin-1/2 centre: Pauli operators ``z p m x y``."""

    kind = "spin"

    def __init__(self, name: str = "") -> None:
        super().__init__(2, name)

    @property
    def excitations(self) -> tuple[int, ...]:
        return (1, 0)

    def _words(self) -> list[str]:
        return []


class Levels(Site):
    """A centre with ``levels`` states and operators ``unit(i, j)``."""


class NoCentre(Site):
    """The place of a centre in models of satellites alone: one level, no operators.  ``Model(None, s, ...)`` makes it."""

    kind = "none"

    def __init__(self) -> None:
        self.levels = 1

    @property
    def operators(self) -> Mapping[str, Matrix]:
        return {}

    def operator(self, matrix: Any) -> Operator:
        raise InputError(f"{_NO_CENTRE}; write operators of its ensembles, or give it a centre such as Spin()")

    def unit(self, row: int, column: int) -> Operator:
        return self.operator(None)

    def __repr__(self) -> str:
        return "NoCentre()"


_NO_CENTRE = "this model has no centre"


class Boson(Site):
    """A bosonic mode as the centre: ``a``, ``ad`` and ``n`` = ad a, with [a, ad] = 1.

    levels         Fock states 0..levels-1 of the density operator; None leaves the cut-off to the solver
    displacement   alpha of displaced Fock states D(alpha) \\|n>, of which a field of that amplitude takes few; operators and moments
                   keep their meaning
    """

    kind = "boson"

    def __init__(self, levels: float | None = None, displacement: complex = 0j, name: str = "") -> None:
        self.levels = 0 if levels is None else as_count("levels", levels, 2)
        self.name = as_name("a mode's name", name) if name else ""
        self.displacement = complex(displacement)
        if not np.isfinite(self.displacement):
            raise InputError(f"`displacement` must be a finite amplitude, but is {displacement!r}")

    @property
    def automatic(self) -> bool:
        """Whether the cut-off is still to be chosen."""
        return self.levels == 0

    @property
    def a(self) -> Operator:
        return self._operator(Monomial(0, 1))

    @property
    def ad(self) -> Operator:
        return self._operator(Monomial(1, 0))

    @property
    def n(self) -> Operator:
        return self._operator(Monomial(1, 1))

    @property
    def operators(self) -> Mapping[str, Matrix]:
        return {}

    def operator(self, matrix: Any) -> Operator:
        raise InputError("operators of a boson are written in a and ad, such as c.ad * c.a; matrices would depend on the cut-off")

    def unit(self, row: int, column: int) -> Operator:
        raise InputError("operators of a boson are written in a and ad; for Fock states look at the reduced density matrix")

    def with_levels(self, levels: int | None) -> Boson:
        """The same mode with another cut-off; None leaves it open."""
        return self._changed(Boson(levels, self.displacement, self.name))

    def displaced(self, alpha: complex) -> Boson:
        """The same mode on displaced Fock states D(alpha) \\|n>."""
        return self._changed(Boson(self.levels or None, alpha, self.name))

    def _changed(self, other: Boson) -> Boson:
        other.alias = self.alias
        return other

    def _words(self) -> list[str]:
        words = [] if self.automatic else [str(self.levels)]
        return words + ([f"displacement={self.displacement}"] if self.displacement else [])


class Ensemble(_SpinOperators):
    """``N`` identical satellites; an operator of the ensemble stands for the sum over its satellites.

    N       number of satellites, >= 1; a :class:`Continuous` one may be real
    name    tells ensembles apart in labels (``z1@A``)
    levels  2 (spins, ``z p m x y``) or more (``unit(i, j)``)
    j       fixed total spin of two-level satellites, N/2, N/2 - 1, ...: for models without individual jumps on them, which
            conserve it.  j = N/2 are the states that no exchange of satellites changes
    symmetric   whether satellites, of any number of levels, stay in states that no exchange changes: j = N/2 of two-level ones
    """

    def __init__(self, N: float, name: str = "A", levels: int = 2, j: float | None = None, symmetric: bool = False) -> None:
        super().__init__(levels)
        self.size = as_size("N", N)
        if not isinstance(symmetric, bool | np.bool_):
            raise InputError(f"`symmetric` must be True or False, but is {symmetric!r}", parameter="symmetric")
        if symmetric and self.levels == 2 and j is None:
            j = self.size / 2
        self.j = None if j is None else as_spin(j, self.size, self.levels)
        if symmetric and self.j not in (None, self.size / 2):
            raise InputError(f"symmetric states have j=N/2={self.size / 2:g}, but `j` is {j!r}; leave one of the two out", parameter="j")
        self.symmetric = bool(symmetric) and self.levels > 2
        self.name = as_name("an ensemble's name", name)

    @property
    def N(self) -> int:
        """The number of satellites; InputError where it is real, which cumulant equations alone can use."""
        if isinstance(self.size, Continuous):
            raise InputError(f"ensemble {self.name!r} has N={self.size:.6g}, which is no whole number; only cumulant equations take it")
        return self.size

    @property
    def kind(self) -> str:  # type: ignore[override]
        return "spin" if self.levels == 2 else "levels"

    @property
    def excitations(self) -> tuple[int, ...]:
        return (1, 0) if self.levels == 2 else tuple(range(self.levels))

    def _operator(self, one: SiteOperator) -> Operator:
        assert not isinstance(one, Monomial)
        return Operator({Product(satellites=((self.name, one),)): 1})

    @property
    def fixed(self) -> bool:
        """Whether its total spin is fixed, or its satellites stay in states that no exchange changes."""
        return self.j is not None or self.symmetric

    def resized(self, N: float) -> Ensemble:
        """The same with other satellites; a fixed total spin keeps its part of N/2, as far as it can."""
        if self.j is None:
            return Ensemble(N, self.name, self.levels, symmetric=self.symmetric)
        size = as_size("N", N)
        pairs = min(round((self.size / 2 - self.j) * size / self.size), int(size) // 2)  # of satellites, as in singlets
        return Ensemble(N, self.name, self.levels, size / 2 - pairs)

    def __repr__(self) -> str:
        fixed = ", symmetric=True" if self.symmetric else "" if self.j is None else f", j={self.j:g}"
        return f"Ensemble({self.size}, {self.name!r}, levels={self.levels}{fixed})"
