"""The Liouvillian of a U(1)-symmetric two-level model on Gaussians times Hermite polynomials.

A field f = (centre ket, centre bra, m - m') of the Dicke coefficients is a smooth function of u = (j, (m + m')/2):

    x_f(u) = G(u) sum_a c_fa phi_a(xi),      u = mean + root xi,      root root^T = covariance

with the normalised Gaussian G and phi_a = he_p(xi_1) he_q(xi_2), he_n = He_n / sqrt(n!), p + q <= degree.  The lattice
equations  0 = sum_s [w_s x](l - s)  are tested with the same polynomials; the sum over the lattice, which has one site
in each unit of area, becomes an integral:

    sum_l phi_b(l) sum_s w_s(l - s) x(l - s)  =  sum_s int du  phi_b(xi + root^-1 s) w_s(u) x(u)

Phi_b(xi + t) - phi_b(xi) is a polynomial of lower degree with known coefficients, so that what is gained at l + s and
lost at l, both O(N), cancels before any rounding.  Tested with phi_0 over all populations it is zero: the trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import factorial

import numpy as np
from numpy.polynomial.hermite_e import hermegauss, hermeval
from numpy.typing import NDArray
from scipy.sparse import csgraph

from permsym.basis.basis import Basis
from permsym.basis.centre import CentrePart
from permsym.basis.moves import Shift, Values
from permsym.basis.nodes import NodePart
from permsym.errors import DegenerateSteadyState
from permsym.model import Model

Array = NDArray[np.float64]
EXTRA_NODES = 12  # nodes in each direction beyond the degree: weights are no polynomials
EXTENDED_EPS = float(np.finfo(np.longdouble).eps)

Field = tuple[int, int]
"""(position of a stored field, 0 for its real or 1 for its imaginary part)."""
Coupling = dict[tuple[int, int], Values]
"""Values at the nodes for each displacement (2 dj, d(m + m'))."""


@dataclass(frozen=True)
class Gaussian:
    """Where the probability sits: mean (2,) and covariance (2, 2) of (j, m)."""

    mean: Array
    covariance: Array

    @cached_property
    def root(self) -> Array:
        """(2, 2) with root root^T = covariance, columns along the principal axes."""
        values, vectors = np.linalg.eigh(self.covariance)
        return np.asarray(vectors * np.sqrt(values))

    @cached_property
    def inverse(self) -> Array:
        return np.asarray(np.linalg.inv(self.root))

    def scaled(self, factor: float) -> Gaussian:
        return Gaussian(self.mean * factor, self.covariance * factor)

    def edges(self, N: int) -> dict[str, tuple[float, float]]:
        """(distance, standard deviation across) of each edge of the triangle |m| <= j <= N/2."""
        edges = {}
        for name, normal, offset in (("j = m", (1, -1), 0.0), ("j = -m", (1, 1), 0.0), ("j = N/2", (-1, 0), N / 2)):
            n = np.array(normal, dtype=float)
            edges[name] = (float(n @ self.mean) + offset, float(np.sqrt(n @ self.covariance @ n)))
        return edges


@dataclass(frozen=True)
class Polynomials:
    """The basis of one degree and its quadrature.

    powers   (size, 2) degrees (p, q), ordered by total degree
    nodes    (2, n) in whitened coordinates; weights (n,) of the normalised Gaussian
    values   (n, size) of phi_a at the nodes
    """

    powers: NDArray[np.int64]
    nodes: Array
    weights: Array
    values: Array

    @property
    def total(self) -> NDArray[np.int64]:
        return np.asarray(self.powers.sum(axis=1))

    def translated(self, step: Array) -> Array:
        """(n, size) phi_b(xi + step) - phi_b(xi) at the nodes, without a difference of large numbers."""
        degree = int(self.total.max())
        one = [np.zeros((degree + 1, degree + 1)) for _ in range(2)]
        for n in range(degree + 1):
            for k in range(n + 1):
                # he_n(x + t) = sum_k sqrt(n!/k!) t^(n-k) / (n-k)! he_k(x)
                factor = np.sqrt(factorial(n) / factorial(k)) / factorial(n - k)
                for matrix, t in zip(one, step, strict=True):
                    matrix[n, k] = factor * t ** (n - k)
        p, q = self.powers.T
        product = one[0][np.ix_(p, p)] * one[1][np.ix_(q, q)]
        np.fill_diagonal(product, 0.0)
        return np.asarray(self.values @ product.T)


@lru_cache(maxsize=16)
def polynomials(degree: int) -> Polynomials:
    """Hermite polynomials up to a total degree with (degree + 12)^2 nodes."""
    powers = np.array([(total - q, q) for total in range(degree + 1) for q in range(total + 1)], dtype=np.int64)
    x, w = hermegauss(degree + EXTRA_NODES)
    one = np.ones((degree + 1, len(x)))
    for n in range(degree):
        one[n + 1] = (x * one[n] - (np.sqrt(n) * one[n - 1] if n else 0.0)) / np.sqrt(n + 1)
    first, second = (grid.ravel() for grid in np.indices((len(x), len(x))))
    w = w / w.sum()
    values = one[powers[:, 0]][:, first] * one[powers[:, 1]][:, second]
    return Polynomials(powers, np.stack([x[first], x[second]]), w[first] * w[second], np.ascontiguousarray(values.T))


class Galerkin:
    """Dense steady-state equations  matrix @ coefficients = e_0  of a model on a cloud.

    basis    labels are the nodes of every stored field, field by field
    fields   the real fields that take part: (stored field, real or imaginary part), populations first
    matrix   (n, n), unknowns field by field; row 0 is the trace
    noise    rounding error of rates that cancel
    sizes    (n, fields) bounds of the terms that were added up in a row's entries, for each source field
    """

    def __init__(self, model: Model, cloud: Gaussian, degree: int) -> None:
        self.cloud = cloud
        self.degree = degree
        self.polynomials = polynomials(degree)
        nodes = cloud.mean[:, None] + cloud.root.astype(np.longdouble) @ self.polynomials.nodes
        (ensemble,) = model.ensembles
        self.basis = Basis(model, (CentrePart(model.centre), NodePart(ensemble, nodes)), "hermite")
        self.count = len(self.polynomials.weights)
        blocks = self.basis.labels.reshape(self.basis.columns, -1, self.count)
        self.centres = [(int(ket), int(bra)) for ket, bra in blocks[:2, :, 0].T]
        couplings = self._couplings(model)
        self.fields = self._active(couplings)
        self.populations = [i for i, (f, part) in enumerate(self.fields) if part == 0 and not self._paired(f)]
        self.matrix, self.sizes = self._assembled(couplings)

    def _paired(self, field: int) -> bool:
        return self.centres[field][0] != self.centres[field][1]

    # -- couplings at the nodes ---------------------------------------------------------------------------------------

    def _couplings(self, model: Model) -> dict[tuple[Field, Field], Coupling]:
        """Weights of all moves from a real field to a real field, (target, source); see Liouvillian for the signs."""
        totals: dict[Shift, Values] = {}
        sizes: dict[Shift, Values] = {}
        for term in model.terms:
            factor = term.coefficient if term.coefficient.imag else term.coefficient.real
            for shift, values in self.basis.superoperator(term).weights(self.basis.labels).items():
                totals[shift] = totals.get(shift, 0.0) + factor * values
                sizes[shift] = sizes.get(shift, 0.0) + np.abs(factor * values)
        # what rounding may leave of rates that cancel, averaged over the cloud
        terms = sum((each.reshape(-1, self.count) for each in sizes.values()), start=np.zeros((1, self.count)))
        self.noise = EXTENDED_EPS * float((terms.astype(float) @ self.polynomials.weights).max())
        couplings: dict[tuple[Field, Field], Coupling] = {}
        for shift, total in totals.items():
            moved = (shift[2], (shift[3] + shift[4]) // 2)
            rates, size = total.reshape(-1, self.count), sizes[shift].reshape(-1, self.count)
            for source, (w, scale) in enumerate(zip(rates, size, strict=True)):
                for target, at, values in self._pieces(source, shift, w, scale):
                    coupling = couplings.setdefault((target, at), {})
                    coupling[moved] = coupling[moved] + values if moved in coupling else values
        return couplings

    def _pieces(self, source: int, shift: Shift, w: Values, size: Values) -> list[tuple[Field, Field, Values]]:
        noise = 64 * EXTENDED_EPS * size
        if (np.abs(w) <= noise).all():  # what cancels between terms is no coupling
            return []
        place = (self.centres[source][0] + shift[0], self.centres[source][1] + shift[1])
        conjugated = place not in self.centres
        if conjugated:
            place = place[::-1]
        if place not in self.centres:
            raise AssertionError(f"a move by {shift} leaves the basis; its weight should vanish")
        target = self.centres.index(place)
        from_pair, to_pair = self._paired(source), self._paired(target)
        if conjugated and not from_pair:
            return []  # a population reaches a label and its conjugate by two moves that say the same
        factor, sign = (2 if from_pair and not to_pair else 1), (-1 if conjugated else 1)
        pieces = [((target, 0), (source, 0), factor * w.real)]
        if from_pair:
            pieces.append(((target, 0), (source, 1), -factor * w.imag))
        if to_pair:
            pieces.append(((target, 1), (source, 0), sign * w.imag))
        if from_pair and to_pair:
            pieces.append(((target, 1), (source, 1), sign * w.real))
        return [piece for piece in pieces if not (np.abs(piece[2]) <= noise).all()]

    def _active(self, couplings: dict[tuple[Field, Field], Coupling]) -> list[Field]:
        """Fields that couple to populations, populations first; others (on resonance: real parts of coherences) are zero."""
        fields = [(f, part) for f in range(len(self.centres)) for part in range(1 + self._paired(f))]
        graph = np.zeros((len(fields), len(fields)), dtype=bool)
        for target, source in couplings:
            graph[fields.index(target), fields.index(source)] = True
        _, component = csgraph.connected_components(graph, directed=False)
        classes = {component[i] for i, (f, _) in enumerate(fields) if not self._paired(f)}
        if len(classes) > 1:
            raise DegenerateSteadyState(
                f"the steady state is not unique: the centre's levels fall into {len(classes)} classes that do not exchange probability; "
                "connect them by a Hamiltonian term or a jump"
            )
        chosen = [field for field, each in zip(fields, component, strict=True) if each in classes]
        return sorted(chosen, key=lambda field: self._paired(field[0]))

    # -- the dense matrix -----------------------------------------------------------------------------------------------

    def _assembled(self, couplings: dict[tuple[Field, Field], Coupling]) -> tuple[Array, Array]:
        """The matrix, and for every row and source field the size of what was added up (for rounding errors)."""
        size = len(self.polynomials.powers)
        matrix = np.zeros((len(self.fields), size, len(self.fields), size))
        sizes = np.zeros((len(self.fields), size, len(self.fields)))
        steps = {moved for coupling in couplings.values() for moved in coupling if any(moved)}
        gained = {moved: self.polynomials.translated(self.cloud.inverse @ (np.array(moved) / 2)) for moved in steps}
        # The first population's rows are those of the sum over all populations: there the fast exchange between the
        # centre's levels, O(N), drops out exactly and the slow motion of the cloud, O(1), remains.
        first = self.populations[0]
        for column, source in enumerate(self.fields):
            joint: Coupling = {}
            for row, target in enumerate(self.fields):
                coupling = couplings.get((target, source), {})
                if row in self.populations:
                    for moved, values in coupling.items():
                        joint[moved] = joint[moved] + values if moved in joint else values
                if row != first and coupling:
                    total = sum(coupling.values(), start=np.zeros(1))
                    matrix[row, :, column], sizes[row, :, column] = self._block(coupling, gained, total)
            if joint:
                self._check_trace(joint)
                matrix[first, :, column], sizes[first, :, column] = self._block(joint, gained, None)
        matrix[first, 0] = 0.0
        matrix[first, 0, self.populations, 0] = 1.0  # the trace takes the place of its own conservation
        sizes[first, 0, self.populations] = 1.0
        return matrix.reshape(len(self.fields) * size, -1), sizes.reshape(len(self.fields) * size, -1)

    def _check_trace(self, joint: Coupling) -> None:
        """What reaches the populations in total must be zero up to rounding, wherever there are states."""
        spin, middle = self.basis.labels[2, : self.count], self.basis.labels[3:, : self.count].sum(axis=0) / 2
        (N,) = self.basis.model.sizes
        inside = (spin - np.abs(middle) >= 4) & (spin <= N - 2)
        size = sum((np.abs(values) for values in joint.values()), start=np.zeros(1))
        if (np.abs(sum(joint.values(), start=np.zeros(1))) > 1e4 * EXTENDED_EPS * size)[inside].any():
            raise AssertionError("the moves do not conserve the trace")

    def _block(self, coupling: Coupling, gained: dict[tuple[int, int], Array], total: Values | None) -> tuple[Array, Array]:
        """int phi_b(xi + t) w phi_a G, summed over displacements t, and the size of each row's integrand.

        gained   (n, size) phi_b(xi + t) - phi_b(xi) at the nodes, for each displacement
        total    the sum of w over displacements, None where it vanishes
        """
        phi, weights = self.polynomials.values, self.polynomials.weights[:, None]
        integrand = np.zeros_like(phi) if total is None else total.astype(float)[:, None] * phi
        size = np.abs(integrand)
        for moved, values in coupling.items():
            if any(moved):
                term = values.astype(float)[:, None] * gained[moved]
                integrand += term
                size += np.abs(term)
        integrand *= weights
        size *= size
        return integrand.T @ phi, np.sqrt(self.polynomials.weights @ size)

    # -- vectors ------------------------------------------------------------------------------------------------------

    @cached_property
    def degrees(self) -> NDArray[np.int64]:
        """Total degree of every unknown."""
        return np.tile(self.polynomials.total, len(self.fields))

    def _positions(self, field: Field) -> slice | NDArray[np.int64]:
        """Where a real field's nodes are among the basis's unknowns."""
        start = field[0] * self.count
        mine = slice(start, start + self.count)
        return mine if field[1] == 0 else self.basis.imaginary[mine]

    def at_nodes(self, coefficients: Array) -> Array:
        """(basis.dimension,) quadrature weight times value at every node: covectors of the basis apply to it."""
        result = np.zeros(self.basis.dimension)
        for field, mine in zip(self.fields, coefficients.reshape(len(self.fields), -1), strict=True):
            result[self._positions(field)] = self.polynomials.weights * (self.polynomials.values @ mine)
        return result

    def projected(self, covectors: Array) -> Array:
        """(n, k) covectors on coefficients, from those on nodes (basis.dimension, k): the transpose of at_nodes."""
        table = self.polynomials.weights[:, None] * self.polynomials.values
        return np.concatenate([table.T @ covectors[self._positions(field)] for field in self.fields])

    def moments(self, coefficients: Array) -> tuple[Array, Array]:
        """Mean (2,) and covariance (2, 2) of xi."""
        c = coefficients.reshape(len(self.fields), -1)[self.populations].sum(axis=0)
        known = {(int(p), int(q)): float(value) for (p, q), value in zip(self.polynomials.powers, c, strict=True)}
        mean = np.array([known[1, 0], known[0, 1]])
        second = np.eye(2)
        if self.degree > 1:
            cross = known[1, 1]
            second = np.array([[1 + np.sqrt(2) * known[2, 0], cross], [cross, 1 + np.sqrt(2) * known[0, 2]]])
            second -= np.outer(mean, mean)
        return mean, second


def evaluated(coefficients: Array, powers: NDArray[np.int64], xi: Array) -> Array:
    """(n,) sum_a c_a phi_a at points xi (2, n)."""
    degree = int(powers.max())
    table = np.zeros((degree + 1, degree + 1))
    table[powers[:, 0], powers[:, 1]] = coefficients
    # he series of the second coordinate inside that of the first; normalisation into the coefficients
    norm = np.array([np.sqrt(float(factorial(n))) for n in range(degree + 1)])
    inner = hermeval(xi[1], (table / np.outer(norm, norm)).T)
    return np.asarray(hermeval(xi[0], inner, tensor=False))
