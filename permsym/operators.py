"""Operators of a many-to-one system, as data.

An :class:`Operator` is a sum of products; a product is a coefficient, one operator of the centre and a sequence of
*collective* one-body operators, ``S = sum_n s_n`` over all satellites of an ensemble::

    c * C (x) S_1 S_2 ...        (collective factors keep their order; n = m is included in S_1 S_2)

The centre's operator is a matrix, or, for a boson, a normal-ordered monomial: products of those are expanded by

    a^q a^dag^p = sum_k k! C(q, k) C(p, k) a^dag^(p-k) a^(q-k)

so that the algebra knows nothing of a cut-off.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym import spelling
from permsym.errors import InputError, UnsuitedModel

ComplexArray = NDArray[np.complex128]
Matrix = tuple[tuple[complex, ...], ...]
"""A small square matrix as nested tuples: immutable, hashable, comparable."""


def as_matrix(array: Any) -> Matrix:
    """Nested tuples of a square array.  ``+ 0`` turns -0.0 into 0.0, so that equal matrices have one spelling."""
    values = np.asarray(array, dtype=complex) + 0
    return tuple(tuple(complex(entry) for entry in row) for row in values)


@lru_cache(maxsize=4096)
def as_array(matrix: Matrix) -> ComplexArray:
    """Read-only array (d, d) of a matrix."""
    array = np.array(matrix, dtype=complex)
    array.setflags(write=False)
    return array


@lru_cache(maxsize=512)
def product(first: Matrix, second: Matrix) -> Matrix:
    return as_matrix(as_array(first) @ as_array(second))


@lru_cache(maxsize=512)
def adjoint(matrix: Matrix) -> Matrix:
    return as_matrix(as_array(matrix).conj().T)


def entries(matrix: Matrix) -> Iterator[tuple[int, int, complex]]:
    """Nonzero entries as (row, column, value)."""
    for row, values in enumerate(matrix):
        for column, value in enumerate(values):
            if value != 0:
                yield row, column, value


class Monomial(NamedTuple):
    """a^dag^p a^q of a boson."""

    p: int
    q: int

    def matrix(self, levels: int, displacement: complex = 0j) -> ComplexArray:
        """<n| a^dag^p a^q |m> on the Fock states 0..levels-1, shape (levels, levels).

        displacement   alpha of displaced Fock states D(alpha) \\|n>, on which a stands for a + alpha
        """
        if displacement:
            parts = itertools.product(range(self.p + 1), range(self.q + 1))
            return sum(
                (
                    math.comb(self.p, i)
                    * math.comb(self.q, k)
                    * displacement.conjugate() ** (self.p - i)
                    * displacement ** (self.q - k)
                    * Monomial(i, k).matrix(levels)
                    for i, k in parts
                ),
                np.zeros((levels, levels), dtype=complex),
            )
        result = np.zeros((levels, levels), dtype=complex)
        for m in range(self.q, min(levels, levels + self.q - self.p)):
            n = m - self.q + self.p
            result[n, m] = math.sqrt(math.perm(m, self.q) * math.perm(n, self.p))
        return result

    def __str__(self) -> str:
        return " ".join(["ad"] * self.p + ["a"] * self.q)


def displacement(alpha: complex, rows: int, columns: int) -> ComplexArray:
    """<n| exp(alpha a^dag - alpha^* a) |m>, n < rows, m < columns, from a generator cut far enough beyond both."""
    size = max(rows, columns)
    size += 20 + math.ceil(abs(alpha) ** 2 + 8 * abs(alpha) * math.sqrt(size))
    ladder = Monomial(1, 0).matrix(size)
    values, vectors = np.linalg.eigh(1j * (alpha * ladder - alpha.conjugate() * ladder.conj().T))
    return np.asarray((vectors[:rows] * np.exp(-1j * values)) @ vectors[:columns].conj().T)


SiteOperator = Matrix | Monomial
"""One operator of one site of the centre."""


@dataclass(frozen=True)
class OnSites:
    """A product of operators of different sites of the centre: of a centre of several sites, each with its name.

    factors   (name of a site, its operator), by name; sites that are left out have the identity
    """

    factors: tuple[tuple[str, SiteOperator], ...]

    @property
    def adjoint(self) -> OnSites:
        return OnSites(tuple((name, _site_adjoint(one)) for name, one in self.factors))

    def __str__(self) -> str:
        return " ".join(f"({one})@{name}" for name, one in self.factors)


CentreOperator = SiteOperator | OnSites
"""One operator of the centre."""


def one_site(operator: CentreOperator | None) -> SiteOperator | None:
    """An operator of a centre that has one site; UnsuitedModel where it has several: for what has refused such centres before."""
    if isinstance(operator, OnSites):
        raise UnsuitedModel(f"this needs a centre of one site, but the operator {operator} is of one with several")
    return operator


def _site_adjoint(operator: SiteOperator) -> SiteOperator:
    return Monomial(operator.q, operator.p) if isinstance(operator, Monomial) else adjoint(operator)


def _site_products(left: SiteOperator, right: SiteOperator) -> Iterator[tuple[SiteOperator | None, complex]]:
    """A product of two operators of one site as a sum; None stands for the identity."""
    if isinstance(left, Monomial) and isinstance(right, Monomial):
        for k in range(min(left.q, right.p) + 1):
            p, q = left.p + right.p - k, left.q + right.q - k
            yield (Monomial(p, q) if p or q else None), math.factorial(k) * math.comb(left.q, k) * math.comb(right.p, k)
    elif isinstance(left, Monomial) or isinstance(right, Monomial):
        raise InputError("an operator of a boson cannot be multiplied by one of another centre; in a centre of several sites name each")
    else:
        yield product(left, right), 1.0


def _centre_products(left: CentreOperator | None, right: CentreOperator | None) -> Iterator[tuple[CentreOperator | None, complex]]:
    """A product of two operators of the centre as a sum; None stands for the identity."""
    if left is None or right is None:
        yield right if left is None else left, 1.0
    elif isinstance(left, OnSites) and isinstance(right, OnSites):
        a, b = dict(left.factors), dict(right.factors)
        both = [[(name, one, factor) for one, factor in _site_products(a[name], b[name])] for name in a if name in b]
        alone = [item for item in (*left.factors, *right.factors) if item[0] not in a or item[0] not in b]
        for chosen in itertools.product(*both):
            factors = sorted([*alone, *((name, one) for name, one, _ in chosen if one is not None)], key=lambda item: item[0])
            yield (OnSites(tuple(factors)) if factors else None), math.prod(factor for *_, factor in chosen)
    elif isinstance(left, OnSites) or isinstance(right, OnSites):
        raise InputError("a centre of several sites needs a name of each, such as ps.Boson(8, name='x'), but an operator has none")
    else:
        yield from _site_products(left, right)


@dataclass(frozen=True)
class Product:
    """``C (x) S_1 S_2 ...`` without its coefficient.

    centre      the centre's operator, a matrix or a boson's monomial, or one of each of its sites; None for the identity
    satellites  (ensemble name, one-site matrix) for each collective factor, in order
    """

    centre: CentreOperator | None = None
    satellites: tuple[tuple[str, Matrix], ...] = ()

    def __matmul__(self, other: Product) -> Operator:
        satellites = _grouped(self.satellites + other.satellites)
        return Operator({Product(centre, satellites): factor for centre, factor in _centre_products(self.centre, other.centre)})

    @property
    def adjoint(self) -> Product:
        centre = self.centre
        if centre is not None:
            centre = centre.adjoint if isinstance(centre, OnSites) else _site_adjoint(centre)
        return Product(centre, _grouped(tuple((name, adjoint(one)) for name, one in reversed(self.satellites))))


def _grouped(factors: tuple[tuple[str, Matrix], ...]) -> tuple[tuple[str, Matrix], ...]:
    """Factors of different ensembles commute: sort them by ensemble, keeping the order within each."""
    return tuple(sorted(factors, key=lambda factor: factor[0]))


class Operator:
    """A sum of products with complex coefficients; supports +, -, * with numbers and operators, and ``dag()``."""

    __array_priority__ = 1000  # numpy scalars on the left leave the multiplication to us

    def __init__(self, terms: Mapping[Product, complex] | None = None) -> None:
        self.terms: dict[Product, complex] = {key: complex(value) for key, value in (terms or {}).items()}

    def __add__(self, other: Operator | complex) -> Operator:
        terms = dict(self.terms)
        for key, value in _operator(other).terms.items():
            terms[key] = terms.get(key, 0) + value
        return Operator(terms)

    __radd__ = __add__

    def __neg__(self) -> Operator:
        return self * -1

    def __sub__(self, other: Operator | complex) -> Operator:
        return self + _operator(other) * -1

    def __rsub__(self, other: complex) -> Operator:
        return _operator(other) - self

    def __mul__(self, other: Operator | complex) -> Operator:
        if not isinstance(other, Operator):
            return Operator({key: value * complex(other) for key, value in self.terms.items()})
        result: dict[Product, complex] = {}
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                for key, factor in (left @ right).terms.items():
                    result[key] = result.get(key, 0) + a * b * factor
        return Operator(result)

    def __rmul__(self, other: complex) -> Operator:
        return self * other

    def __truediv__(self, other: complex) -> Operator:
        return self * (1 / complex(other))

    def __pow__(self, exponent: int) -> Operator:
        """The product of ``exponent`` >= 0 copies: of an ensemble's operator, of the sum over its satellites."""
        if isinstance(exponent, bool) or not isinstance(exponent, int | np.integer) or exponent < 0:
            raise InputError(f"an operator has whole powers >= 0, such as c.z**2, but not {exponent!r}")
        result = Operator({Product(): 1})
        for _ in range(exponent):
            result = result * self
        return result

    def dag(self) -> Operator:
        """Hermitian conjugate."""
        result: dict[Product, complex] = {}
        for key, value in self.terms.items():
            result[key.adjoint] = result.get(key.adjoint, 0) + value.conjugate()
        return Operator(result)

    def __bool__(self) -> bool:
        return any(self.terms.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Operator) and self.terms == other.terms

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """The terms as model files spell them; ``@`` and a name where it is of an ensemble that is not called A."""
        shown = list(itertools.islice(self.terms.items(), _SHOWN))
        parts = [f"{spelling.coefficient(value)} [{_spelled(key)}]" for key, value in shown]
        more = f" + ... ({len(self.terms)} terms)" if len(self.terms) > _SHOWN else ""
        return spelling.total(parts) + more


_SHOWN = 12  # terms of an operator that it prints


def _spelled(key: Product) -> str:
    """A product whose sites nobody knows: two-level matrices are a spin's."""
    factors = key.centre.factors if isinstance(key.centre, OnSites) else () if key.centre is None else (("", key.centre),)
    words = []
    for name, one in factors:
        at = f"@{name}" if name else ""
        words += [f"{word}{at}" for word in str(one).split()] if isinstance(one, Monomial) else [spelling.matrix(one, True, f"0{at}")]
    words += [spelling.matrix(one, True, "" if name == "A" else f"@{name}") for name, one in key.satellites]
    return " ".join(words) or "1"


def _operator(value: Operator | complex) -> Operator:
    return value if isinstance(value, Operator) else Operator({Product(): complex(value)})


def unnamed(operator: Operator, name: str) -> Operator:
    """An operator of a centre whose one site has a name, without it."""

    def plain(centre: CentreOperator | None) -> CentreOperator | None:
        return centre.factors[0][1] if isinstance(centre, OnSites) and [each for each, _ in centre.factors] == [name] else centre

    return Operator({Product(plain(key.centre), key.satellites): value for key, value in operator.terms.items()})


def commutator(operator: Operator, one_body: Operator) -> Operator:
    """[A, O] for a one-body O (of the centre or of one ensemble), by the product rule: large products never have to cancel."""
    result: dict[Product, complex] = {}

    def put(key: Product, value: complex) -> None:
        result[key] = result.get(key, 0) + value

    for a, x in operator.terms.items():
        for o, y in one_body.terms.items():
            if o.centre is not None:
                if a.centre is not None:
                    for key, factor in _centre_commutator(a.centre, o.centre):
                        put(Product(key, a.satellites), x * y * factor)
                continue
            for (name, matrix), position in zip(a.satellites, range(len(a.satellites)), strict=True):
                if o.satellites and name == o.satellites[0][0]:
                    other = o.satellites[0][1]
                    bracket = as_array(matrix) @ as_array(other) - as_array(other) @ as_array(matrix)
                    factors = (*a.satellites[:position], (name, as_matrix(bracket)), *a.satellites[position + 1 :])
                    put(Product(a.centre, factors), x * y)
    return Operator({key: value for key, value in result.items() if value != 0 and not _vanishes(key)})


def _centre_commutator(a: CentreOperator, o: CentreOperator) -> Iterator[tuple[CentreOperator | None, complex]]:
    if isinstance(a, OnSites) and isinstance(o, OnSites):
        ((name, one),) = o.factors
        if (mine := dict(a.factors).get(name)) is None:
            return
        for bracket, factor in _site_commutator(mine, one):
            factors = [(other, bracket if other == name else each) for other, each in a.factors]
            left = tuple((other, each) for other, each in factors if each is not None)
            yield (OnSites(left) if left else None), factor
    elif isinstance(a, OnSites) or isinstance(o, OnSites):
        yield from _centre_products(a, o)  # says what is wrong
    else:
        yield from _site_commutator(a, o)


def _site_commutator(a: SiteOperator, o: SiteOperator) -> Iterator[tuple[SiteOperator | None, complex]]:
    if isinstance(a, Monomial) or isinstance(o, Monomial):
        yield from _site_products(a, o)
        yield from ((key, -factor) for key, factor in _site_products(o, a))
    else:
        yield as_matrix(as_array(a) @ as_array(o) - as_array(o) @ as_array(a)), 1.0


def _vanishes(key: Product) -> bool:
    return any(not as_array(matrix).any() for matrix in matrices_of(key))


def matrices_of(key: Product) -> list[Matrix]:
    """The matrices of a product: of the centre's sites but for bosons, then of the satellites."""
    centre = [one for _, one in key.centre.factors] if isinstance(key.centre, OnSites) else [key.centre]
    return [one for one in centre if one is not None and not isinstance(one, Monomial)] + [matrix for _, matrix in key.satellites]


def dense(operator: Operator, centre: int | Sequence[tuple[str, int]], ensembles: Sequence[tuple[str, int, int]]) -> ComplexArray:
    """Matrix of an operator in the product basis, centre first; the brute-force meaning of the algebra above.

    centre     the centre's dimension, for a boson a number of Fock states; of several sites (name, dimension) in order
    ensembles  (name, levels, number of satellites) in order
    """
    own = [("", centre)] if isinstance(centre, int) else list(centre)
    sites = [size for _, size in own] + [levels for _, levels, number in ensembles for _ in range(number)]
    total = int(np.prod(sites))
    positions: dict[str, range] = {}
    start = len(own)
    for name, _, number in ensembles:
        positions[name] = range(start, start + number)
        start += number

    def at(site: int, matrix: Matrix) -> ComplexArray:
        before, after = int(np.prod(sites[:site])), int(np.prod(sites[site + 1 :]))
        return np.asarray(np.kron(np.kron(np.eye(before), as_array(matrix)), np.eye(after)), dtype=complex)

    result = np.zeros((total, total), dtype=complex)
    for key, value in operator.terms.items():
        term = np.eye(total, dtype=complex)
        factors = key.centre.factors if isinstance(key.centre, OnSites) else [] if key.centre is None else [("", key.centre)]
        for name, one in factors:
            site = [each for each, _ in own].index(name)
            term = term @ at(site, as_matrix(one.matrix(own[site][1])) if isinstance(one, Monomial) else one)
        for name, matrix in key.satellites:
            term = term @ sum((at(site, matrix) for site in positions[name]), np.zeros((total, total), dtype=complex))
        result += value * term
    return result
