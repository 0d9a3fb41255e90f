"""X = B rho C, the vector from which a two-time function starts, in the sectors that A sees.

    <C(0) A(tau) B(0)> = tr[ A exp(tau L) (B rho C) ] = sum over sectors of  a . exp(tau L) X

A sector is what L makes of elements of one class: charges of every level, and those that count modulo k.

The moves of B and C are composed before any label is looked up: products of matrices cut to a sector or a window would be wrong.
rho is written out on both labels of each conjugate pair; in the neutral sector X has complex unknowns unless it is hermitian.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.basis import Basis
from permsym.basis.centre import CentrePart
from permsym.basis.moves import Labels, Moves, Shift
from permsym.basis.part import Part
from permsym.basis.populated import classes_of
from permsym.basis.scope import Scope, rows_of
from permsym.dynamics.propagator import check_memory
from permsym.dynamics.two_time.marked import Marked, marked
from permsym.model import Model
from permsym.operators import Monomial, Operator, Product, as_array
from permsym.sites import Boson
from permsym.states.density import DensityOperator
from permsym.states.sectors import Charge
from permsym.symmetry.smith import Row

_IDENTITY = Operator({Product(): 1})


@dataclass(frozen=True)
class Source:
    """The part of X = B rho C in one sector.

    basis      the sector; its model has marked satellites as ensembles of their own
    x          (basis.dimension,) unknowns of X, real where X is hermitian
    observed   (basis.dimension,) covector a of A: its value is a . x, without conjugation
    change     (basis.dimension, dimension of rho's basis): X = change @ rho's unknowns
    own        rows of the same shape: rho itself in this sector, own @ rho's unknowns; None in a charged sector
    steady     (basis.dimension,) rho itself; None in a charged sector
    lost       bound of the trace norm of what B and C took beyond a window or a cut-off
    norm       bound of the norm of A
    """

    basis: Basis
    x: NDArray[Any]
    observed: NDArray[np.complex128]
    change: sparse.csr_array
    own: sparse.csr_array | None
    steady: NDArray[np.float64] | None
    lost: float
    norm: float

    @property
    def dimension(self) -> int:
        return self.basis.dimension

    @property
    def charge(self) -> tuple[int, ...]:
        return self.basis.charge

    @property
    def moving(self) -> tuple[NDArray[Any], complex]:
        """What of X decays, and the value of what does not."""
        if self.steady is None:
            return self.x, 0j
        return self.x - self.trace * self.steady, self.trace * complex(self.observed @ self.steady)

    @property
    def value(self) -> complex:
        """Its part of <C A B>, at tau = 0."""
        return complex(self.observed @ self.x)

    @property
    def trace(self) -> complex:
        """tr X: what of it never decays; zero in a charged sector."""
        if not self.basis.hermitian:
            return 0j
        return complex(np.asarray(self.basis.trace(self.basis.labels)) @ self.x[: self.basis.size])

    def pulled_back(self, covector: NDArray[Any]) -> NDArray[np.complex128]:
        """The observable of rho whose value is covector . X: a covector of rho's own unknowns."""
        return np.asarray(self.change.T @ covector, dtype=complex)


def sources(
    rho: DensityOperator, of: Operator | str, right: Operator | str, left: Operator | str | None = None, more: int = 0
) -> list[Source]:
    """X = B rho C in every class that A = ``of`` sees, with B = ``right`` and C = ``left``, None for the identity.

    rho        a steady state, on any basis; or a state on its way, in one charge sector of it
    more       levels of a boson in the sectors beyond those of rho
    operators  of the model's sites, or texts of :mod:`permsym.models.operator_text`; a digit means the same satellite in all three

    An empty list says that the function is zero by charge.  Raises TooLarge before the labels of a large sector are made.
    """
    system = marked(rho.model, [of, right, _IDENTITY if left is None else left])
    observed, second, first = system.operators
    product = _Product.of(rho, system, second, first)
    model, parts = system.model, product.parts
    if more:
        model = model.with_levels(model.centre.levels + more)
        parts = [CentrePart(model.centre), *parts[1:]]
    hermitian = rho.basis.hermitian and not (first - second.dag())
    seen = {tuple(-q for q in charge) for charge in system.model.charges_of(observed)}
    scope, charges = product.scope(model, parts)
    result = []
    for row, charge in charges.items():
        if charge not in seen:
            continue
        part = scope.only([row])
        basis = rho.basis.sector(charge, model, parts, part)
        if basis.boundary == "closed":  # the sectors of a window, or near the vacuum, are as large as itself
            check_memory(model, part.count(parts), assembled=True)
        change, lost = product.onto(basis, scope, row)
        x, covector = change @ rho.vector, basis.expectation(observed.terms)
        if x.any() and covector.any():
            x = x.real.copy() if hermitian and basis.hermitian else x
            own = product.state(basis)
            steady = None if own is None else (own @ rho.vector).real
            norm = operator_norm(model, observed)
            result.append(Source(basis, x, covector, change, own, steady, lost, norm))
    return result


@dataclass(frozen=True)
class _Product:
    """B rho C before any label is looked up.

    labels, rows  elements of rho with satellites marked, and rows (elements, dimension) of their coefficients
    parts         what the labels are of
    moved         the label that each move makes of each element, with its weight and the charge of where it leads
    """

    rho: DensityOperator
    labels: Labels
    rows: sparse.csr_array
    parts: list[Part]
    moved: list[_Moved]

    @classmethod
    def of(cls, rho: DensityOperator, system: Marked, right: Operator, left: Operator) -> _Product:
        labels, rows, parts = system.elements(rho.basis)
        space = _climbed(rho.basis, system.model, parts, right, left)
        steps = [space.left(b) @ space.right(c) * (x * y) for b, x in right.terms.items() for c, y in left.terms.items()]
        weights = Moves(tuple(step for each in steps for step in each.steps)).weights(labels)
        return cls(rho, labels, rows, parts, [_Moved.of(space, labels, shift, values) for shift, values in weights.items()])

    def scope(self, model: Model, parts: Sequence[Part]) -> tuple[Scope, dict[Row, Charge]]:
        """Where L takes it, on the parts of a model; and its classes with the charge of each."""
        targets = np.concatenate([np.zeros((self.labels.shape[0], 0), dtype=np.int64), *(move.target for move in self.moved)], axis=1)
        scope = Scope.of_labels(model, parts, targets)
        charges = np.concatenate([np.zeros((len(model.charges), 0), dtype=np.int64), *(move.charge for move in self.moved)], axis=1)
        both = rows_of(np.concatenate([classes_of(parts, scope.symmetry, targets), charges]))
        width = len(scope.symmetry.modulus)
        return scope, {row[:width]: row[width:] for row in both}

    def onto(self, basis: Basis, scope: Scope, row: Row) -> tuple[sparse.csr_array, float]:
        """Rows (basis.dimension, rho's dimension) of its part in a class, and a bound of the trace norm of what is not in the basis."""
        change = sparse.csr_array((basis.dimension, self.rows.shape[1]), dtype=complex)
        size, lost = np.abs(self.rows @ self.rho.vector), 0.0
        for move in self.moved:
            classes = classes_of(basis.parts, scope.symmetry, move.target)
            some = (classes == np.array(row, dtype=np.int64)[:, None]).all(axis=0)
            target, weights, elements = move.target[:, some], move.weights[some], move.elements[some]
            outside = basis.index(target)[0] < 0
            change = change + basis.collected(target) @ sparse.diags_array(weights) @ self.rows[elements]
            lost += float(basis.element_norms(target[:, outside]) @ np.abs(weights * size[elements])[outside])
        return change.tocsr(), lost

    def state(self, basis: Basis) -> sparse.csr_array | None:
        """Rows of rho itself in a sector of populations."""
        if not (basis.hermitian and self.rho.basis.hermitian and basis.population.any()):
            return None
        return (basis.collected(self.labels) @ self.rows).real.tocsr()


class _Moved(NamedTuple):
    """Elements (n,) that a move takes somewhere: the labels (columns, n) it leads to, its weights, the charges (charges, n) there."""

    elements: NDArray[np.int64]
    target: Labels
    weights: NDArray[Any]
    charge: NDArray[np.int64]

    @classmethod
    def of(cls, space: Basis, labels: Labels, shift: Shift, values: NDArray[Any]) -> _Moved:
        elements = np.flatnonzero(values)
        target = labels[:, elements] + np.array(shift)[:, None]
        differences = np.array([part.difference(target[mine]) for part, mine in zip(space.parts, space.slices, strict=True)])
        charges = np.array(space.model.charges, dtype=np.int64).reshape(len(space.model.charges), len(space.parts))
        return cls(elements, target, values[elements], charges @ differences)


def _climbed(basis: Basis, model: Model, parts: list[Part], right: Operator, left: Operator) -> Basis:
    """The space in which B and C act: of a boson with as many levels more as they climb, so that nothing is cut before it is counted."""
    if isinstance(model.centre, Boson):
        climbed = [key.centre.p for key in right.terms if isinstance(key.centre, Monomial)]
        climbed += [key.centre.q for key in left.terms if isinstance(key.centre, Monomial)]
        model = model.with_levels(model.centre.levels + max(climbed, default=0))
        parts = [CentrePart(model.centre), *parts[1:]]
    return Basis(model, parts, basis.representation)


def operator_norm(model: Model, operator: Operator) -> float:
    """A bound of the norm of an operator: sqrt(levels - 1) + |alpha| for each ladder operator, N times a satellite's for a sum."""
    sizes = {each.name: each.N for each in model.ensembles}
    total = 0.0
    for key, value in operator.terms.items():
        size = abs(value)
        if isinstance(key.centre, Monomial) and isinstance(model.centre, Boson):
            size *= max(1.0, math.sqrt(model.centre.levels - 1) + abs(model.centre.displacement)) ** sum(key.centre)
        elif key.centre is not None and not isinstance(key.centre, Monomial):
            size *= float(np.linalg.norm(as_array(key.centre), 2))
        for name, matrix in key.satellites:
            size *= sizes[name] * float(np.linalg.norm(as_array(matrix), 2))
        total += size
    return total
