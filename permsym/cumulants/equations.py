"""The closed equations of motion of a model's moments, ready to evaluate, differentiate and re-parametrise."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from permsym import machine
from permsym.cumulants.alphabet import Alphabet, Counts
from permsym.cumulants.closure import Predicate, Program, retained_by
from permsym.cumulants.structure import Rows
from permsym.errors import InputError, TooLarge
from permsym.jumps import Jump
from permsym.model import Model, Term
from permsym.moments.cumulants import joint_cumulant
from permsym.moments.labels import MomentLabel, parse
from permsym.operators import ComplexArray, Monomial, Operator, Product, as_matrix
from permsym.sites import Boson, Levels
from permsym.text import readable

Vector = NDArray[np.float64]
TermKey = tuple[str, object]


@dataclass(frozen=True, repr=False)
class Hierarchy:
    """What a truncated hierarchy does not take from parameters: unknowns, numbers of the rows, closure program.

    retained   the unknowns: moments with 1..order operators, neutral ones only unless ``charged``
    columns    moments on the right-hand sides: the identity, the unknowns, closed moments
    entries    row, column, term, falling factorial -> value
    """

    alphabet: Alphabet
    sites: tuple[object, ...]
    order: int
    counting: str
    closure: str
    charged: bool
    retained: tuple[Counts, ...]
    keeps: Predicate
    terms: tuple[TermKey, ...]
    rows: NDArray[np.intp]
    nodes: NDArray[np.intp]
    term: NDArray[np.intp]
    falling: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    fall: NDArray[np.intp]
    value: ComplexArray
    program: Program
    seconds: float

    @cached_property
    def index(self) -> dict[Counts, int]:
        return {counts: i for i, counts in enumerate(self.retained)}

    @cached_property
    def observed(self) -> Program:
        """The closure program for moments that the equations do without: grows with what is asked for."""
        return copy.deepcopy(self.program)

    @cached_property
    def conjugates(self) -> NDArray[np.intp]:
        """Position of each unknown's complex conjugate."""
        return np.array([self.index[self.alphabet.conjugate(counts)] for counts in self.retained], dtype=np.intp)

    @cached_property
    def photon_powers(self) -> Vector:
        """Number of a and ad in each unknown."""
        return np.array([self.alphabet.photon_operators(counts) for counts in self.retained], dtype=float)

    @cached_property
    def node_powers(self) -> Vector:
        """Number of a and ad in each node that is a moment."""
        powers = np.zeros(self.program.nodes)
        for counts, node in self.program.moments.items():
            powers[node] = self.alphabet.photon_operators(counts)
        return powers

    @cached_property
    def charge(self) -> Vector:
        """Charges of the unknowns, (number of charges, n)."""
        return np.array([self.alphabet.charge(c) for c in self.retained], dtype=float).reshape(len(self.retained), -1).T


@dataclass(frozen=True)
class Equations:
    """dy/dt = F(y) for the retained moments y of one model.

    y and F(y) are (n,) complex, in the order of ``labels``; a moment and its conjugate are separate unknowns, so that F is
    a polynomial in y and ``jacobian`` its exact derivative.  ``at`` gives the equations of the same model at other
    parameters without building anything again; N may be real there.
    """

    hierarchy: Hierarchy
    model: Model
    coefficients: ComplexArray = field(repr=False)
    sizes: tuple[float, ...]

    # -- what stands for what -------------------------------------------------------------------------------------------

    @property
    def order(self) -> int:
        return self.hierarchy.order

    @cached_property
    def labels(self) -> tuple[MomentLabel, ...]:
        """Labels of the unknowns."""
        return tuple(self.hierarchy.alphabet.label(counts) for counts in self.hierarchy.retained)

    def __len__(self) -> int:
        return len(self.hierarchy.retained)

    def index(self, label: str | MomentLabel) -> int:
        """Position of a moment among the unknowns."""
        key = parse(label, self.model) if isinstance(label, str) else label
        counts = next((c for c, _ in self._expansion(key)), None) if self._cut is None else None
        if counts not in self.hierarchy.index:
            raise InputError(f"{key} is not among the {len(self)} moments that order {self.order} keeps; `moment` closes it")
        return self.hierarchy.index[counts]

    @cached_property
    def counted_model(self) -> Model:
        """The model whose sites are counted: with counting by sites, a boson is one site with so many levels."""
        return _finite(self.model, self.hierarchy.counting)

    @property
    def _cut(self) -> int | None:
        """Levels of a boson that the equations treat as one site with so many levels; None elsewhere."""
        alphabet = self.hierarchy.alphabet
        return alphabet.centre.levels if self.model.centre.kind == "boson" and alphabet.centre is not None else None

    def _expansion(self, label: MomentLabel) -> list[tuple[Counts, complex]]:
        """A moment in the hierarchy's letters: one, but for a boson cut to one site a sum over its matrix units."""
        alphabet = self.hierarchy.alphabet
        if self._cut is None or not label.centre:
            return [(alphabet.counts(label), 1.0)]
        assert alphabet.centre is not None
        rest = alphabet.counts(MomentLabel((), label.satellites, label.ensembles))[alphabet.slices[0].stop :]
        expanded = alphabet.centre.expand(label.monomial.matrix(self._cut))
        return [((*alphabet.with_centre(element), *rest), value) for element, value in expanded]

    # -- parameters -----------------------------------------------------------------------------------------------------

    def at(self, model: Model) -> Equations:
        """The equations of a model with the same sites and terms at other parameters."""
        known = {key: i for i, key in enumerate(self.hierarchy.terms)}
        h, finite = self.hierarchy, _finite(model, self.hierarchy.counting)
        if h.sites != _sites(finite) or h.alphabet.charges != finite.charges or not all(term.key in known for term in finite.terms):
            return equations(model, order=h.order, counting=h.counting, closure=h.closure, break_symmetry=h.charged)
        coefficients = np.zeros(len(known), dtype=complex)
        for term in finite.terms:
            coefficients[known[term.key]] += term.coefficient
        return Equations(h, model, coefficients, tuple(float(each.size) for each in model.ensembles))

    # -- evaluation -----------------------------------------------------------------------------------------------------

    @property
    def _root(self) -> float:
        """sqrt(N): smooth in N, as continuation wants it."""
        return float(sum(self.sizes) ** 0.5)

    @cached_property
    def scale(self) -> Vector:
        """Natural size of each unknown: N^(k/2) for k operators of a boson, so that solvers work with numbers of order 1."""
        return self._root**self.hierarchy.photon_powers

    @cached_property
    def _matrix(self) -> sp.csr_matrix:
        """Right-hand sides as a matrix on nodes, for scaled moments."""
        return self._assembled(self._root)

    @property
    def physical_matrix(self) -> sp.csr_matrix:
        """Right-hand sides as a matrix (n, nodes) on the nodes of the closure program."""
        return self._assembled(1.0)

    def _assembled(self, root: float) -> sp.csr_matrix:
        """The matrix for moments divided by root^k, k the number of operators of the boson."""
        h = self.hierarchy
        falls = np.array(
            [
                np.prod([n - m - i for n, m, f in zip(self.sizes, taken, new, strict=True) for i in range(f)], dtype=float)
                for taken, new in h.falling
            ]
        )
        powers = root ** (h.node_powers[h.nodes] - h.photon_powers[h.rows])
        data = h.value * self.coefficients[h.term] * falls[h.fall] * powers
        return sp.csr_matrix((data, (h.rows, h.nodes)), shape=(len(self), h.program.nodes))

    @cached_property
    def _magnitudes(self) -> sp.csr_matrix:
        return abs(self._matrix)

    def scaled_rhs(self, x: ComplexArray) -> ComplexArray:
        """dx/dt for x = y / scale."""
        return self._matrix @ self.hierarchy.program.values(x)

    def scaled_jacobian(self, x: ComplexArray) -> ComplexArray:
        """d(dx/dt)/dx, (n, n)."""
        program = self.hierarchy.program
        return self._matrix @ program.derivatives(program.values(x))

    def rounding(self, x: ComplexArray) -> Vector:
        """Sum of the absolute values of the summands of each row: what rounding is relative to."""
        return np.asarray(self._magnitudes @ np.abs(self.hierarchy.program.values(x)), dtype=float)

    def rhs(self, y: ComplexArray) -> ComplexArray:
        """dy/dt."""
        return self.scaled_rhs(as_complex(y) / self.scale) * self.scale

    def jacobian(self, y: ComplexArray) -> ComplexArray:
        """d(dy/dt)/dy, (n, n)."""
        return self.scaled_jacobian(as_complex(y) / self.scale) * self.scale[:, None] / self.scale[None, :]

    # -- states ---------------------------------------------------------------------------------------------------------

    def symmetrised(self, x: ComplexArray) -> ComplexArray:
        """Conjugate unknowns made conjugate to each other exactly."""
        return (x + x[self.hierarchy.conjugates].conj()) / 2

    def error(self, errors: Vector, label: MomentLabel) -> float:
        """Error of a moment from those of the unknowns; nan where the closure builds it."""
        h, total = self.hierarchy, 0.0
        for counts, value in self._expansion(label):
            if any(counts) and (h.charged or not any(h.alphabet.charge(counts))):
                total += abs(value) * float(errors[h.index[counts]]) if counts in h.index else float("nan")
        return total

    def moment(self, y: ComplexArray, label: str | MomentLabel) -> complex:
        """Any moment: an unknown, or one that the closure builds from them."""
        key = parse(label, self.model) if isinstance(label, str) else label
        program, total = self.hierarchy.observed, 0j
        for counts, value in self._expansion(key):
            node = program.moment(counts)
            if node is not None:
                total += value * complex(program.values(as_complex(y))[node])
        return total

    def cumulant(self, y: ComplexArray, label: str | MomentLabel) -> complex:
        """The joint cumulant of a label's factors; those that the closure sets to zero vanish."""
        key = parse(label, self.model) if isinstance(label, str) else label
        if self._cut is not None:  # factors of a boson are no letters here
            return joint_cumulant(key, lambda part: self.moment(y, part))
        node = self.hierarchy.observed.cumulant(self.hierarchy.alphabet.counts(key))
        return 0j if node is None else complex(self.hierarchy.observed.values(as_complex(y))[node])

    def product_state(self, states: Sequence[ComplexArray], alpha: complex = 0) -> ComplexArray:
        """Moments of a product state.

        states   density matrix of the centre (left out for a boson), then of one satellite of each ensemble
        alpha    amplitude of the coherent state of a boson
        """
        h = self.hierarchy
        one: list[complex] = [complex(alpha).conjugate(), complex(alpha)] if h.alphabet.boson else []
        sites = [*([] if h.alphabet.centre is None else [h.alphabet.centre]), *h.alphabet.ensembles]
        one += [complex(np.trace(element @ rho)) for site, rho in zip(sites, states, strict=True) for element in site.basis[1:]]
        return np.array([np.prod([v**n for v, n in zip(one, counts, strict=True)]) for counts in h.retained], dtype=complex)


def as_complex(y: Any) -> ComplexArray:
    """An array of complex numbers."""
    return np.asarray(y, dtype=np.complex128)


MOST_UNKNOWNS = 5_000
"""Dense eigenvalues of so many moments take an hour."""


def equations(
    model: Model, *, order: int = 2, counting: str = "operators", closure: str = "full", break_symmetry: bool = False
) -> Equations:
    """Equations of motion of a model's moments, closed at an order.

    order            largest number of operators in a retained moment; 1 is mean field
    counting         "operators" (each a and ad is one) or "sites" (a boson cut at ``levels`` is one site)
    closure          "full", or "no-three-spin": no correlations of three satellites
    break_symmetry   keep moments that a U(1) symmetry makes vanish; order 1 always does

    Raises InputError for options that are none, TooLarge where the equations do not fit into memory.
    """
    started = time.perf_counter()
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise InputError(f"the order of a cumulant expansion must be a whole number >= 1, but is {order!r}")
    if counting not in ("operators", "sites"):
        raise InputError(f"the counting must be operators or sites, but is {counting!r}")
    finite = _finite(model, counting)
    alphabet = Alphabet(finite)
    keeps = retained_by(alphabet, order, closure)
    charged = break_symmetry or order == 1 or not alphabet.charges
    retained = _enumerate(alphabet, order, keeps, charged)
    program = Program(alphabet, retained, keeps, charged)
    index = {counts: i for i, counts in enumerate(retained)}
    entries: list[tuple[int, int, int, int, complex]] = []
    falls: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
    keys = list(dict.fromkeys(term.key for term in finite.terms))
    by_key: dict[TermKey, Term] = {term.key: term for term in finite.terms}
    for position, key in enumerate(keys):
        rows = Rows(alphabet, by_key[key])
        for counts in retained:
            taken = alphabet.satellites(counts)
            for (moment, fresh), value in rows.of(counts).items():
                node = program.moment(moment)
                if node is not None:
                    fall = falls.setdefault((taken, fresh) if any(fresh) else ((0,) * len(taken), fresh), len(falls))
                    entries.append((index[counts], node, position, fall, value))
    table: list[Any] = list(zip(*entries, strict=True)) if entries else [()] * 5
    r, node_array, t, f = (np.array(column, dtype=np.intp) for column in table[:4])
    hierarchy = Hierarchy(
        alphabet, _sites(finite), order, counting, closure, charged, tuple(retained), keeps, tuple(keys), r, node_array, t, tuple(falls), f,
        np.array(table[4], dtype=complex), program, time.perf_counter() - started,
    )  # fmt: skip
    coefficients = np.zeros(len(keys), dtype=complex)
    for term in finite.terms:
        coefficients[keys.index(term.key)] += term.coefficient
    return Equations(hierarchy, model, coefficients, tuple(float(each.size) for each in model.ensembles))


def _sites(model: Model) -> tuple[object, ...]:
    """What a hierarchy takes from a model's sites: everything but numbers of satellites."""
    centre = (model.centre.kind, 0 if model.centre.kind == "boson" else model.centre.levels)
    return (centre, *((each.name, each.kind, each.levels) for each in model.ensembles))


def _finite(model: Model, counting: str) -> Model:
    """The model whose letters are counted: with counting by sites, a boson is one site with ``levels`` states."""
    if counting == "operators" or not isinstance(model.centre, Boson):
        return model
    levels = model.centre.levels
    if model.centre.automatic:
        raise InputError("counting by sites treats the boson as one site with a finite number of levels; give it, as in levels=10")

    def cut(operator: Operator) -> Operator:
        result: dict[Product, complex] = {}
        for key, value in operator.terms.items():
            centre = as_matrix(key.centre.matrix(levels)) if isinstance(key.centre, Monomial) else None
            cut_key = Product(centre, key.satellites)
            result[cut_key] = result.get(cut_key, 0) + value
        return Operator(result)

    jumps = [Jump(jump.kind, jump.rate, cut(jump.operator)) for jump in model.jumps]
    return Model(Levels(levels), model.ensembles, cut(model.hamiltonian), jumps, name=model.name, parameters=model.parameters)


def _enumerate(alphabet: Alphabet, order: int, keeps: Predicate, charged: bool) -> list[Counts]:
    """The unknowns, lowest order first; refused before the list fills the memory."""
    most = min(MOST_UNKNOWNS, int((machine.available_bytes() / 64) ** 0.5))
    # about one in 2 M moments of order M is neutral
    expected = alphabet.number(order) / (1 if charged else 2 * order)
    if expected > 4 * most:
        raise TooLarge(_too_large(order, expected))
    found = [c for c in alphabet.all_counts(order) if keeps(c) and (charged or not any(alphabet.charge(c)))]
    if len(found) > most:
        raise TooLarge(_too_large(order, len(found)))
    return sorted(found, key=lambda counts: (sum(counts), [-n for n in counts]))


def _too_large(order: int, number: float) -> str:
    needed, hours = readable(48 * number**2), 2.5e-11 * number**3 / 3600
    return (
        f"order {order} of this model keeps about {number:,.0f} moments: a fixed point with its stability would take {needed} and "
        f"{hours:,.1g} hours; choose a lower order"
    )
