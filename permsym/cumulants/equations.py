"""The closed equations of motion of a model's moments, ready to evaluate, differentiate and re-parametrise."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from permsym.cumulants.alphabet import Alphabet, Counts
from permsym.cumulants.closure import Predicate, Program, retained_by
from permsym.cumulants.structure import Rows
from permsym.errors import InputError, TooLarge
from permsym.model import Model, Term
from permsym.moments.labels import MomentLabel, parse
from permsym.operators import ComplexArray
from permsym.steady import memory

Vector = NDArray[np.float64]
TermKey = tuple[str, object]


@dataclass(frozen=True)
class Hierarchy:
    """What a truncated hierarchy does not take from parameters: unknowns, numbers of the rows, closure program.

    retained   the unknowns: moments with 1..order operators, neutral ones only unless ``charged``
    columns    moments on the right-hand sides: the identity, the unknowns, closed moments
    entries    row, column, term, falling factorial -> value
    """

    alphabet: Alphabet
    order: int
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
    def conjugates(self) -> NDArray[np.intp]:
        """Position of each unknown's complex conjugate."""
        return np.array([self.index[self.alphabet.conjugate(counts)] for counts in self.retained], dtype=np.intp)

    @cached_property
    def photon_powers(self) -> Vector:
        """Number of a and ad in each unknown."""
        return np.array([self.alphabet.photon_operators(counts) for counts in self.retained], dtype=float)

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
        counts = self.hierarchy.alphabet.counts(key)
        if counts not in self.hierarchy.index:
            raise InputError(f"{key} is not among the {len(self)} moments that order {self.order} keeps; `moment` closes it")
        return self.hierarchy.index[counts]

    # -- parameters -----------------------------------------------------------------------------------------------------

    def at(self, model: Model) -> Equations:
        """The equations of a model with the same sites and terms at other parameters."""
        known = {key: i for i, key in enumerate(self.hierarchy.terms)}
        fits = self.hierarchy.alphabet.charges == model.charges or not self.hierarchy.alphabet.charges
        same = self.hierarchy.alphabet.names == tuple(e.name for e in model.ensembles) and self.model.centre.kind == model.centre.kind
        if not (fits and same and all(term.key in known for term in model.terms)):
            h = self.hierarchy
            return equations(model, order=h.order, closure=h.closure, break_symmetry=h.charged)  # type: ignore[arg-type]
        coefficients = np.zeros(len(known), dtype=complex)
        for term in model.terms:
            coefficients[known[term.key]] += term.coefficient
        return Equations(self.hierarchy, model, coefficients, tuple(float(n) for n in model.sizes))

    def scaled_sizes(self, factor: float) -> Equations:
        """The same coefficients with ``factor`` times as many satellites (a real number)."""
        return Equations(self.hierarchy, self.model, self.coefficients, tuple(n * factor for n in self.sizes))

    # -- evaluation -----------------------------------------------------------------------------------------------------

    @cached_property
    def scale(self) -> Vector:
        """Natural size of each unknown: N^(k/2) for k operators of a boson, so that solvers work with numbers of order 1."""
        return max(sum(self.sizes), 1.0) ** (self.hierarchy.photon_powers / 2)

    @cached_property
    def _matrix(self) -> sp.csr_matrix:
        """Right-hand sides as a matrix on nodes, for scaled moments."""
        h = self.hierarchy
        falls = np.array(
            [
                np.prod([n - m - i for n, m, f in zip(self.sizes, taken, new, strict=True) for i in range(f)], dtype=float)
                for taken, new in h.falling
            ]
        )
        powers = np.zeros(h.program.nodes)
        for counts, node in h.program._moments.items():
            powers[node] = h.alphabet.photon_operators(counts)
        root = max(sum(self.sizes), 1.0) ** 0.5
        data = h.value * self.coefficients[h.term] * falls[h.fall] * root ** (powers[h.nodes] - h.photon_powers[h.rows])
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
        return self.scaled_rhs(np.asarray(y, dtype=complex) / self.scale) * self.scale

    def jacobian(self, y: ComplexArray) -> ComplexArray:
        """d(dy/dt)/dy, (n, n)."""
        return self.scaled_jacobian(np.asarray(y, dtype=complex) / self.scale) * self.scale[:, None] / self.scale[None, :]

    # -- states ---------------------------------------------------------------------------------------------------------

    def symmetrised(self, x: ComplexArray) -> ComplexArray:
        """Conjugate unknowns made conjugate to each other exactly."""
        return (x + x[self.hierarchy.conjugates].conj()) / 2

    def moment(self, y: ComplexArray, label: str | MomentLabel) -> complex:
        """Any moment: an unknown, or one that the closure builds from them."""
        key = parse(label, self.model) if isinstance(label, str) else label
        return self.node(y, key)

    def cumulant(self, y: ComplexArray, label: str | MomentLabel) -> complex:
        """A joint cumulant; zero outside the retained set."""
        key = parse(label, self.model) if isinstance(label, str) else label
        return self.node(y, key, cumulant=True)

    def error(self, errors: Vector, label: MomentLabel) -> float:
        """Error of a moment from those of the unknowns; nan where the closure builds it."""
        counts = self.hierarchy.alphabet.counts(label)
        if not self.hierarchy.charged and any(self.hierarchy.alphabet.charge(counts)):
            return 0.0
        return float(errors[self.hierarchy.index[counts]]) if counts in self.hierarchy.index else float("nan")

    def node(self, y: ComplexArray, label: MomentLabel, cumulant: bool = False) -> complex:
        """Value of a moment or cumulant in the closure program."""
        program, counts = self.hierarchy.program, self.hierarchy.alphabet.counts(label)
        node = program.cumulant(counts) if cumulant else program.moment(counts)
        return 0j if node is None else complex(program.values(np.asarray(y, dtype=complex))[node])

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


MOST_UNKNOWNS = 20_000


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
    alphabet = Alphabet(model)
    keeps = retained_by(alphabet, order, closure)
    charged = break_symmetry or order == 1 or not alphabet.charges
    retained = _enumerate(alphabet, order, keeps, charged)
    program = Program(alphabet, retained, keeps, charged)
    index = {counts: i for i, counts in enumerate(retained)}
    entries: list[tuple[int, int, int, int, complex]] = []
    falls: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
    keys = list(dict.fromkeys(term.key for term in model.terms))
    by_key: dict[TermKey, Term] = {term.key: term for term in model.terms}
    for position, key in enumerate(keys):
        rows = Rows(alphabet, by_key[key])
        for counts in retained:
            taken = alphabet.satellites(counts)
            for (moment, fresh), value in rows.of(counts).items():
                node = program.moment(moment)
                if node is not None:
                    fall = falls.setdefault((taken, fresh) if any(fresh) else ((0,) * len(taken), fresh), len(falls))
                    entries.append((index[counts], node, position, fall, value))
    columns = list(zip(*entries, strict=True)) if entries else [[]] * 5
    r, node_array, t, f = (np.array(column, dtype=np.intp) for column in columns[:4])
    hierarchy = Hierarchy(
        alphabet, order, closure, charged, tuple(retained), keeps, tuple(keys), r, node_array, t, tuple(falls), f,
        np.array(columns[4], dtype=complex), program, time.perf_counter() - started,
    )  # fmt: skip
    coefficients = np.zeros(len(keys), dtype=complex)
    for term in model.terms:
        coefficients[keys.index(term.key)] += term.coefficient
    return Equations(hierarchy, model, coefficients, tuple(float(n) for n in model.sizes))


def _enumerate(alphabet: Alphabet, order: int, keeps: Predicate, charged: bool) -> list[Counts]:
    """The unknowns, lowest order first; refused before the list fills the memory."""
    most = min(MOST_UNKNOWNS, int((memory.available_bytes() / 64) ** 0.5))
    found: list[Counts] = []
    for tried, counts in enumerate(alphabet.all_counts(order)):
        if keeps(counts) and (charged or not any(alphabet.charge(counts))):
            found.append(counts)
        if len(found) > most or tried > 200 * most:
            raise TooLarge(
                f"order {order} of this model keeps more than {len(found):,} moments, whose Jacobian alone needs more than "
                f"{memory.readable(16 * len(found) ** 2)}; choose a lower order"
            )
    return sorted(found, key=lambda counts: (sum(counts), [-n for n in counts]))
