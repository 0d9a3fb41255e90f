"""A basis: the parts of a density operator, cut to a charge sector.  Long because all superoperators and functionals are composed here.

Every superoperator of a model is composed here from the moves of its parts, once for all representations.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property, reduce
from operator import add, matmul
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.centre import CentrePart, centre_parts
from permsym.basis.moves import Labels, Moves, Values, Weight, identity
from permsym.basis.part import Part
from permsym.basis.scope import Scope
from permsym.basis.sector import Indices, SectorTable, charge_count, representative, sector_labels
from permsym.basis.window import Boundary
from permsym.model import Model
from permsym.operators import CentreOperator, ComplexArray, Matrix, OnSites, Product, adjoint, as_matrix, product
from permsym.several_sites import on_each_site
from permsym.terms import Term

EPS = float(np.finfo(float).eps)
_REMEMBERED = 50_000  # unknowns up to which covectors are remembered

Factors = tuple[Moves | None, ...]
"""A product of superoperators, one for each part; None stands for the identity."""


class Basis:
    """Labels of a density operator's coefficients and the moves between them.

    model           its symmetries make the sectors
    parts           one part for each site of the centre, then one for each ensemble
    charge          value of each U(1) charge of ``model.charges``; the steady state has 0
    populated       only what the dynamics makes of populations, where the steady state lives; else every element of the charge
    scope           only elements of this scope, of one charge; None: as ``populated`` says
    boundary        what happens to a move that leaves (:data:`Boundary`); "reflecting" where a part has a window

    In the sector of charge 0 a hermitian operator needs one label of each conjugate pair.  Its real unknowns are, in
    this order, Re x_l for every label, then Im x_l for every label that is not its own conjugate.
    """

    def __init__(
        self,
        model: Model,
        parts: Sequence[Part],
        representation: str,
        charge: tuple[int, ...] | None = None,
        populated: bool = False,
        scope: Scope | None = None,
    ) -> None:
        self.model = model
        self.populated = populated
        self.parts = tuple(parts)
        self.width = len(model.centre_sites)
        """Number of parts of the centre."""
        self.representation = representation
        self.charge = (0,) * len(model.charges) if charge is None else charge
        self.scope = scope
        self.hermitian = not any(self.charge) and (scope is None or scope.hermitian)
        starts = np.cumsum([0] + [part.columns for part in self.parts])
        self.slices = [slice(int(a), int(b)) for a, b in itertools.pairwise(starts)]
        self.columns = int(starts[-1])
        self.boundary: Boundary = next((part.boundary for part in self.parts if part.boundary != "closed"), "closed")
        self._covectors: dict[Hashable, NDArray[np.complex128]] = {}

    # -- labels ---------------------------------------------------------------------------------------------------------

    @cached_property
    def labels(self) -> Labels:
        """(columns, size), one label of each conjugate pair in the neutral sector."""
        scope = Scope.of_populations(self.model) if self.populated else self.scope
        labels = sector_labels(self.parts, self.model.charges, self.charge) if scope is None else scope.labels(self.parts)
        return labels[:, self._first(labels)] if self.hermitian else labels

    @cached_property
    def paired(self) -> NDArray[np.bool_]:
        """Which labels are not their own conjugates."""
        return np.asarray((self.labels != self.conjugate(self.labels)).any(axis=0))

    def _first(self, labels: Labels) -> NDArray[np.bool_]:
        """Whether each label is the first of its conjugate pair."""
        return representative(labels, self.conjugate(labels))

    def conjugate(self, labels: Labels) -> Labels:
        """Labels of the hermitian conjugate elements."""
        return np.concatenate([part.conjugate(labels[mine]) for part, mine in zip(self.parts, self.slices, strict=True)])

    def index(self, labels: Labels) -> tuple[Indices, NDArray[np.bool_]]:
        """Position of each label or of its conjugate (-1: neither is in the basis), and whether it is the conjugate's."""
        conjugated = np.zeros(labels.shape[1], dtype=bool)
        if self.hermitian:
            conjugated = ~self._first(labels)
            labels = np.where(conjugated, self.conjugate(labels), labels)
        return self._table.find(self._key(labels)), conjugated

    def _key(self, labels: Labels) -> Labels:
        return np.concatenate([part.key(labels[mine]) for part, mine in zip(self.parts, self.slices, strict=True)])

    @cached_property
    def _table(self) -> SectorTable:
        return SectorTable(self._key(self.labels))

    @cached_property
    def population(self) -> NDArray[np.bool_]:
        """Which labels are populations (diagonal elements)."""
        parts = [part.population(self.labels[mine]) for part, mine in zip(self.parts, self.slices, strict=True)]
        return np.logical_and.reduce(parts)

    @property
    def size(self) -> int:
        """Number of labels."""
        return self.labels.shape[1]

    @property
    def dimension(self) -> int:
        """Number of unknowns: real ones in the hermitian sector, complex ones in a charged sector."""
        return self.size + (int(self.paired.sum()) if self.hermitian else 0)

    @cached_property
    def imaginary(self) -> Indices:
        """Position of each label's imaginary unknown, -1 where it has none."""
        return np.where(self.paired, self.size + np.cumsum(self.paired) - 1, -1)

    @property
    def coordinates(self) -> Labels:
        """Lattice position of every unknown, shape (dimensions, dimension): neighbours couple."""
        columns = [part.coordinates(self.labels[mine]) for part, mine in zip(self.parts, self.slices, strict=True)]
        position = np.concatenate(columns)
        return np.concatenate([position, position[:, self.paired]], axis=1) if self.hermitian else position

    def sector(
        self, charge: tuple[int, ...], model: Model | None = None, parts: Sequence[Part] | None = None, scope: Scope | None = None
    ) -> Basis:
        """The elements of a charge, or of a scope, on the same parts or on those of another model; of blocks all, without their window."""
        return Basis(model or self.model, parts or self.parts, self.representation, charge, scope=scope)

    @property
    def lacks_elements(self) -> bool:
        """Whether there are more elements of its charge than the dynamics makes of populations."""
        model = self.model
        return self.populated and Scope.of_populations(model).count(self.parts) < charge_count(self.parts, model.charges, self.charge)

    def widened(self, model: Model) -> Basis:
        """The same elements on more levels of the centre."""
        parts = (*centre_parts(model), *self.ensemble_parts)
        if self.populated:
            return Basis(model, parts, self.representation, populated=True)
        return self.sector(self.charge, model, parts, self.scope)

    def written_out(self) -> tuple[Labels, sparse.csr_array]:
        """Labels of all elements, both of each conjugate pair, and rows (elements, dimension): coefficients = rows @ unknowns."""
        if not self.hermitian:
            return self.labels, sparse.eye_array(self.size, format="csr")
        pairs, n = np.flatnonzero(self.paired), self.size
        mirrored, v = n + np.arange(len(pairs)), self.imaginary[self.paired]
        rows = np.concatenate([np.arange(n), pairs, mirrored, mirrored])
        columns = np.concatenate([np.arange(n), v, pairs, v])
        values = np.concatenate([np.ones(n), np.full(len(pairs), 1j), np.ones(len(pairs)), np.full(len(pairs), -1j)])
        labels = np.concatenate([self.labels, self.conjugate(self.labels[:, pairs])], axis=1)
        return labels, sparse.csr_array((values, (rows, columns)), shape=(labels.shape[1], self.dimension))

    def collected(self, labels: Labels) -> sparse.csr_array:
        """Rows (dimension, labels): unknowns = rows @ coefficients; what is not in the basis is left out.

        In the neutral sector an operator that is not hermitian has complex unknowns, from the coefficients c and c' of a pair:

            u = (c + c') / 2,    v = (c - c') / 2i
        """
        index, conjugated = self.index(labels)
        columns = np.flatnonzero(index >= 0)
        rows, shape = index[columns], (self.dimension, labels.shape[1])
        if not self.hermitian:
            return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
        pairs = self.paired[rows]
        imaginary = np.where(conjugated[columns], 0.5j, -0.5j)[pairs]
        values = np.concatenate([np.where(pairs, 0.5, 1.0), imaginary])
        positions = np.concatenate([rows, self.imaginary[rows[pairs]]]), np.concatenate([columns, columns[pairs]])
        return sparse.csr_array((values, positions), shape=shape)

    # -- superoperators -------------------------------------------------------------------------------------------------

    def left(self, key: Product) -> Moves:
        """rho -> C S_1 S_2 ... rho."""
        return self._product(self._left(key))

    def right(self, key: Product) -> Moves:
        """rho -> rho C S_1 S_2 ...."""
        return self._product(self._right(key))

    def superoperator(self, term: Term) -> Moves:
        """One summand of the Liouvillian with coefficient 1."""
        return reduce(add, [self._product(factors) * value for value, factors in self.factored(term)])

    def factored(self, term: Term) -> list[tuple[complex, Factors]]:
        """The same summand as numbers times products of superoperators, one for each part."""
        if term.kind == "hamiltonian":
            ((key, factor),) = term.structure
            return [(-1j * factor, self._left(key)), (1j * factor, self._right(key))]
        gains: list[tuple[complex, Factors]] = []
        summands: list[tuple[complex, Factors]] = []
        for (k, a), (q, b) in itertools.product([(self._cut(key), factor) for key, factor in term.structure], repeat=2):
            (square,), weight = (k.adjoint @ q).terms, -0.5 * a.conjugate() * b
            if term.kind == "individual":
                gains.append((a * b.conjugate(), self._individual(k, q)))
                square = Product(square.centre, ((k.satellites[0][0], product(adjoint(k.satellites[0][1]), q.satellites[0][1])),))
            else:
                gains.append((a * b.conjugate(), _composed(self._left(k), self._right(q.adjoint))))
            summands += [gains[-1], (weight, self._left(square)), (weight, self._right(square))]
        return gains if term.gain else summands

    def _cut(self, key: Product) -> Product:
        """A product with its centre's operator as a matrix.

        Jumps are cut *before* their operators are multiplied: only products of the cut matrices conserve the trace.
        """
        if not isinstance(key.centre, OnSites):
            return key if key.centre is None else Product(self._centre.matrix(key.centre), key.satellites)
        names, matrices = self.model.centre.names, self._matrices(key.centre)  # type: ignore[attr-defined]
        cut = sorted((name, one) for name, one in zip(names, matrices, strict=True) if one is not None)
        return Product(OnSites(tuple(cut)), key.satellites)

    @property
    def _centre(self) -> CentrePart:
        return self.parts[0]  # type: ignore[return-value]

    @property
    def _centres(self) -> tuple[CentrePart, ...]:
        """The parts of the centre's sites."""
        return self.parts[: self.width]  # type: ignore[return-value]

    @property
    def ensemble_parts(self) -> tuple[Part, ...]:
        return self.parts[self.width :]

    def _matrices(self, operator: CentreOperator) -> list[Matrix | None]:
        """An operator of the centre as a matrix of each of its sites; None is the identity."""
        ones = on_each_site(self.model.centre, operator)
        return [None if one is None else part.matrix(one) for part, one in zip(self._centres, ones, strict=True)]

    def _position(self, ensemble: str) -> int:
        """Of an ensemble's part."""
        return self.width + self.model.ensemble(ensemble)

    def _individual(self, k: Product, q: Product) -> Factors:
        """rho -> sum_n C_k s_kn rho (C_q s_qn)^dag."""
        ((name, first),), ((_, second),) = k.satellites, q.satellites
        position = self._position(name)
        moves: list[Moves | None] = [None] * len(self.parts)
        moves[position] = self.parts[position].sandwich(first, second)
        return _composed(_composed(self._left(Product(k.centre)), self._right(Product(q.adjoint.centre))), tuple(moves))

    def _left(self, key: Product) -> Factors:
        return tuple(reduce(matmul, moves) if moves else None for moves in self._factors(key, lambda part, matrix: part.left(matrix)))

    def _right(self, key: Product) -> Factors:
        factors = self._factors(key, lambda part, matrix: part.right(matrix))
        return tuple(reduce(matmul, reversed(moves)) if moves else None for moves in factors)

    def _factors(self, key: Product, side: Callable[[Part, Matrix], Moves]) -> list[list[Moves]]:
        """For each part its superoperators, in the product's order."""
        factors: list[list[Moves]] = [[] for _ in self.parts]
        if key.centre is not None:
            for position, one in enumerate(self._matrices(key.centre)):
                if one is not None:
                    factors[position].append(side(self.parts[position], one))
        for name, matrix in key.satellites:
            position = self._position(name)
            factors[position].append(side(self.parts[position], matrix))
        return factors

    def _product(self, factors: Factors) -> Moves:
        moves = [factor.embedded(mine.start, self.columns) for factor, mine in zip(factors, self.slices, strict=True) if factor is not None]
        return reduce(matmul, moves) if moves else identity(self.columns)

    # -- states ---------------------------------------------------------------------------------------------------------

    def product_state(self, weights: Sequence[Weight]) -> NDArray[Any]:
        """Coefficients (dimension,) of a product over the parts, from the coefficients on each: :meth:`Part.product_state`."""
        values = reduce(np.multiply, [weight(self.labels[mine]) for weight, mine in zip(weights, self.slices, strict=True)])
        if not self.hermitian:
            return np.asarray(values, dtype=complex)
        return np.concatenate([np.real(values), np.imag(values)[self.paired]])

    @property
    def trace_norm(self) -> float:
        """The trace norm of an operator is at most this times the Euclidean norm of its unknowns, one of each pair."""
        return math.sqrt(2 if self.hermitian else 1) * math.prod(part.trace_norm for part in self.parts)

    def element_norms(self, labels: Labels) -> Values:
        """A bound of the trace norm of the element of each label."""
        return reduce(np.multiply, [part.element_norm(labels[mine]) for part, mine in zip(self.parts, self.slices, strict=True)])

    @property
    def log_norms(self) -> NDArray[np.float64]:
        """(dimension,) logarithm of the Hilbert-Schmidt norm of each unknown's operator in the whole space."""
        norms = np.sum([part.log_norm(self.labels[mine]) for part, mine in zip(self.parts, self.slices, strict=True)], axis=0)
        if not self.hermitian:
            return np.asarray(norms)
        norms = norms + np.where(self.paired, np.log(2) / 2, 0)  # an element and its conjugate
        return np.concatenate([norms, norms[self.paired]])

    # -- functionals ----------------------------------------------------------------------------------------------------

    def trace(self, labels: Labels) -> Values:
        """Trace of each basis element."""
        return reduce(np.multiply, [part.trace(labels[mine]) for part, mine in zip(self.parts, self.slices, strict=True)])

    def correlator(self, centre: Sequence[CentreOperator], satellites: Sequence[Sequence[Matrix]]) -> NDArray[np.complex128]:
        """Covector of a correlator on distinct sites: <...> = covector @ unknowns.

        centre      operators of the centre, in order; satellites: for each ensemble one operator a distinct site
        """
        weights = [part.correlator(ops) for part, ops in zip(self.parts, [*self._on_sites(centre), *satellites], strict=True)]
        return self._covector(lambda labels: reduce(np.multiply, [w(labels[mine]) for w, mine in zip(weights, self.slices, strict=True)]))

    def _on_sites(self, centre: Sequence[CentreOperator]) -> list[list[Matrix]]:
        """For each site of the centre its matrices in a product of operators, in order."""
        columns = [self._matrices(operator) for operator in centre]
        return [[each[position] for each in columns if each[position] is not None] for position in range(self.width)]  # type: ignore[misc]

    def rounding(self, x: NDArray[Any], centre: Sequence[CentreOperator], satellites: Sequence[Sequence[Matrix]]) -> float:
        """Bound of what cancels in the entries of :meth:`correlator` and adds to the error of its value; 0 where these sums are exact."""
        operators = [*self._on_sites(centre), *satellites]
        sums = [part.summands(ops) for part, ops in zip(self.parts, operators, strict=True)]
        if all(each is None for each in sums):
            return 0.0
        weights = [part.correlator(ops) if s is None else s for part, ops, s in zip(self.parts, operators, sums, strict=True)]

        def weight(labels: Labels) -> Values:
            return reduce(np.multiply, [np.abs(w(labels[mine])) for w, mine in zip(weights, self.slices, strict=True)])

        size = np.abs(self.coefficients(self.unknowns(x)))
        mirrored = self.conjugate(self.labels[:, self.paired]) if self.hermitian else self.labels[:, :0]
        return 4 * EPS * float(weight(self.labels) @ size + (weight(mirrored) @ size[self.paired] if self.hermitian else 0.0))

    def partial(self, vector: Values, satellites: Sequence[Sequence[Matrix]]) -> ComplexArray:
        """tr over all satellites of (s_1 s_2 ... rho): an operator of the centre, (levels, levels), on plain Fock states.

        vector       coefficients (dimension,)
        satellites   for each ensemble one operator a distinct site; none: the reduced density matrix of the centre
        """
        return self.in_fock_states(self.site_partial(vector, satellites, range(self.width)))

    def site_partial(self, vector: Values, satellites: Sequence[Sequence[Matrix]], left: Sequence[int]) -> ComplexArray:
        """The same operator of some of the centre's sites, by their positions, in this order; the others are traced out."""
        matrices: list[Sequence[Matrix]] = [[] for _ in range(self.width)]
        weights = [part.correlator(ops) for part, ops in zip(self.parts, [*matrices, *satellites], strict=True)]
        traced = [(w, mine) for i, (w, mine) in enumerate(zip(weights, self.slices, strict=True)) if i not in left]
        sides = [self._centres[i].site.levels for i in left]
        levels = math.prod(sides)

        def summed(labels: Labels, values: Values) -> ComplexArray:
            for weight, mine in traced:
                values = values * weight(labels[mine])
            ket, bra = (np.zeros(labels.shape[1]) for _ in range(2))
            for i, side in zip(left, sides, strict=True):
                ket, bra = ket * side + labels[self.slices[i]][0], bra * side + labels[self.slices[i]][1]
            entry = (ket * levels + bra).astype(np.int64, copy=False)
            total = np.bincount(entry, values.real, levels**2) + 1j * np.bincount(entry, values.imag, levels**2)
            return total.reshape(levels, levels)

        values = self.coefficients(vector)
        matrix = summed(self.labels, values)
        if self.hermitian:
            matrix = matrix + summed(self.conjugate(self.labels[:, self.paired]), values[self.paired].conj())
        return matrix

    def in_fock_states(self, matrix: ComplexArray) -> ComplexArray:
        """Operators of the centre (..., levels, levels), taken from displaced Fock states to plain ones."""
        turned = self._centre.fock_states
        return matrix if turned is None else turned @ matrix @ turned.conj().T

    @property
    def centre_levels(self) -> int:
        """Levels of the centre in reduced states; for a displaced boson, the plain Fock states that its own reach."""
        turned = self._centre.fock_states
        return self.model.centre.levels if turned is None else len(turned)

    def levels_of(self, position: int) -> int:
        """Levels of one of the centre's sites in reduced states."""
        return self.centre_levels if self.width == 1 else self._centres[position].site.levels

    def centre_projector(self, level: int, position: int = 0) -> CentreOperator:
        """\\|level><level\\| of the centre, of one of its sites where there are several, on the levels of this basis."""
        part = self._centres[position]
        row = np.eye(part.site.levels)[level] if part.fock_states is None else part.fock_states[level]
        matrix = as_matrix(np.outer(row.conj(), row))
        return OnSites(((part.site.name, matrix),)) if self.width > 1 else matrix

    # -- values of a state x, in the form in which this basis holds it ----------------------------------------------------

    def unknowns(self, x: NDArray[Any]) -> NDArray[Any]:
        """The state as coefficients (dimension,)."""
        return x

    def coefficients_of(self, x: NDArray[Any]) -> ComplexArray:
        """The complex coefficient of every label."""
        return self.coefficients(self.unknowns(x))

    def covector(self, centre: Sequence[CentreOperator], satellites: Sequence[Sequence[Matrix]]) -> NDArray[np.complex128]:
        """:meth:`correlator`, remembered on a small basis for the certificate and for the next point of a sweep."""
        if self.dimension > _REMEMBERED:
            return self.correlator(centre, satellites)
        key = tuple(centre), tuple(map(tuple, satellites))
        if key not in self._covectors:
            self._covectors[key] = self.correlator(centre, satellites)
        return self._covectors[key]

    def moment(self, x: NDArray[Any], centre: Sequence[CentreOperator], satellites: Sequence[Sequence[Matrix]]) -> complex:
        """The value of a correlator."""
        return complex(self.covector(centre, satellites) @ x)

    def expected(self, x: NDArray[Any], terms: dict[Product, complex]) -> complex:
        """The expectation value of an operator."""
        return complex(self.expectation(terms) @ x)

    def site_populations(self, x: NDArray[Any], position: int) -> NDArray[np.float64]:
        """Populations (levels,) of the states of one of the centre's sites."""
        diagonal = self.population
        weights = self.trace(self.labels[:, diagonal]) * x[: self.size][diagonal]
        levels = self.labels[self.slices[position].start, diagonal]
        return np.asarray(np.bincount(levels, weights=weights, minlength=self._centres[position].site.levels), dtype=float)

    def joint_populations(self, vector: NDArray[Any], positions: Sequence[int]) -> NDArray[np.float64]:
        """Populations of the levels of some of the centre's sites together, one axis for each; vector: coefficients (dimension,)."""
        diagonal = self.population
        weights = (self.trace(self.labels[:, diagonal]) * vector[: self.size][diagonal]).real
        shape = [self._centres[position].site.levels for position in positions]
        total = np.zeros(shape)
        np.add.at(total, tuple(self.labels[self.slices[position].start, diagonal] for position in positions), weights)
        return total

    def least_population(self, x: NDArray[Any]) -> float:
        """The smallest population, times its trace."""
        populations = self.trace(self.labels) * x[: self.size]
        return float(populations[self.population].min())

    def spin_populations(self, x: NDArray[Any]) -> tuple[Indices, Indices, NDArray[np.float64]]:
        """(2j, 2m, probability) of every population of one ensemble in the Dicke representation, the centre's states apart."""
        labels = self.labels[:, self.population]
        J, M, _ = labels[self.slices[self.width]]
        return J, M, x[: self.size][self.population].real

    def coefficients(self, vector: Values) -> ComplexArray:
        """The complex coefficient of every label, from the unknowns."""
        if not self.hermitian:
            return np.asarray(vector, dtype=complex)
        values = np.array(vector[: self.size], dtype=complex)
        values[self.paired] += 1j * vector[self.size :]
        return values

    def expectation(self, terms: dict[Product, complex]) -> NDArray[np.complex128]:
        """Covector of an operator's expectation value, by letting it act from the left and tracing."""

        def weight(labels: Labels) -> Values:
            total = np.zeros(labels.shape[1], dtype=complex)
            for key, factor in terms.items():
                for shift, values in self.left(key).weights(labels).items():
                    total += factor * values * self.trace(labels + np.array(shift)[:, None])
            return total

        return self._covector(weight)

    def _covector(self, weight: Weight) -> NDArray[np.complex128]:
        direct = np.asarray(weight(self.labels), dtype=complex)
        if not self.hermitian:
            return direct
        mirrored = np.zeros_like(direct)
        mirrored[self.paired] = weight(self.conjugate(self.labels[:, self.paired]))
        return np.concatenate([direct + mirrored, 1j * (direct - mirrored)[self.paired]])


def _composed(second: Factors, first: Factors) -> Factors:
    def both(a: Moves | None, b: Moves | None) -> Moves | None:
        return b if a is None else a if b is None else a @ b

    return tuple(both(a, b) for a, b in zip(second, first, strict=True))
