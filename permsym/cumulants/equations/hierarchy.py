"""What the equations of a model do not take from its parameters: unknowns, rows, closure program."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from permsym import machine
from permsym.cumulants.equations.alphabet import Alphabet, Counts
from permsym.cumulants.equations.closure import Predicate, Program, Retained
from permsym.cumulants.equations.structure import Rows
from permsym.cumulants.equations.truncation import Counting, Truncation
from permsym.errors import InputError, TooLarge
from permsym.model import Model
from permsym.operators import CentreOperator, ComplexArray, Matrix, Monomial, OnSites, Operator, Product, SiteOperator, as_matrix
from permsym.several_sites import modes_of_centre
from permsym.sites import Boson, Levels
from permsym.terms import Term
from permsym.text import readable

Vector = NDArray[np.float64]
TermKey = tuple[str, object]
Falling = tuple[tuple[int, ...], tuple[int, ...]]
"""A product of falling factorials of N: satellites of each ensemble that a row's moment has, and new ones that a term takes."""

MOST_UNKNOWNS = 5_000
"""Dense eigenvalues of so many moments take an hour."""


@dataclass(frozen=True, repr=False)
class Hierarchy:
    """Unknowns, numbers of the rows and closure program of a truncated hierarchy.

    charged    whether moments with a U(1) charge are unknowns too
    unknowns   moments with 1..order operators, lowest order first
    terms      what each term of the Liouvillian does, without its coefficient
    rows, nodes, term, fall, value    one entry each: value * coefficient of ``term`` * ``falling[fall]`` * node of ``program``
    """

    alphabet: Alphabet
    sites: tuple[object, ...]
    truncation: Truncation
    charged: bool
    unknowns: tuple[Counts, ...]
    terms: tuple[TermKey, ...]
    rows: NDArray[np.intp]
    nodes: NDArray[np.intp]
    term: NDArray[np.intp]
    falling: tuple[Falling, ...]
    fall: NDArray[np.intp]
    value: ComplexArray
    program: Program
    seconds: float

    @classmethod
    def of(cls, model: Model, truncation: Truncation) -> Hierarchy:
        """The hierarchy of a model whose sites are counted as the truncation says; see :func:`counted`.

        Raises TooLarge where it does not fit into memory.
        """
        started = time.perf_counter()
        alphabet = Alphabet(model)
        retains = Retained(alphabet, truncation.order, truncation.closure)
        charged = truncation.break_symmetry or truncation.order == 1 or not alphabet.charges
        # about one in 2 M moments of order M is neutral
        share = 1.0 if charged else 1 / (2 * truncation.order)
        unknowns = enumerated(alphabet, truncation.order, lambda c: retains(c) and (charged or not any(alphabet.charge(c))), share)
        program = Program(alphabet, unknowns, retains, charged)
        terms: dict[TermKey, Term] = {term.key: term for term in model.terms}
        falling: dict[Falling, int] = {}
        entries = list(_entries(alphabet, unknowns, list(terms.values()), program, falling))
        row, node, term, fall, value = zip(*entries, strict=True) if entries else ((),) * 5
        return cls(
            alphabet=alphabet,
            sites=_sites(model),
            truncation=truncation,
            charged=charged,
            unknowns=tuple(unknowns),
            terms=tuple(terms),
            rows=np.array(row, dtype=np.intp),
            nodes=np.array(node, dtype=np.intp),
            term=np.array(term, dtype=np.intp),
            falling=tuple(falling),
            fall=np.array(fall, dtype=np.intp),
            value=np.array(value, dtype=complex),
            program=program,
            seconds=time.perf_counter() - started,
        )

    def fits(self, model: Model) -> bool:
        """Whether a model has the same sites, symmetries and terms, or fewer terms."""
        same_sites = self.sites == _sites(model) and self.alphabet.charges == model.charges
        return same_sites and all(term.key in self._term_index for term in model.terms)

    def coefficients(self, model: Model) -> ComplexArray:
        """The coefficient of each term in a model that fits."""
        return self.coefficients_of(model.terms)

    def coefficients_of(self, terms: Iterable[Term]) -> ComplexArray:
        """The coefficient of each term, of some of them."""
        coefficients = np.zeros(len(self.terms), dtype=complex)
        for term in terms:
            coefficients[self._term_index[term.key]] += term.coefficient
        return coefficients

    @cached_property
    def _term_index(self) -> dict[TermKey, int]:
        return {key: i for i, key in enumerate(self.terms)}

    @cached_property
    def index(self) -> dict[Counts, int]:
        """Position of each unknown."""
        return {counts: i for i, counts in enumerate(self.unknowns)}

    @cached_property
    def observed(self) -> Program:
        """The closure program for moments that the equations do without: grows with what is asked for."""
        return copy.deepcopy(self.program)

    @cached_property
    def conjugates(self) -> NDArray[np.intp]:
        """Position of each unknown's complex conjugate."""
        return np.array([self.index[self.alphabet.conjugate(counts)] for counts in self.unknowns], dtype=np.intp)

    @cached_property
    def photon_powers(self) -> Vector:
        """Number of a and ad in each unknown."""
        return np.array([self.alphabet.photon_operators(counts) for counts in self.unknowns], dtype=float)

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
        return np.array([self.alphabet.charge(c) for c in self.unknowns], dtype=float).reshape(len(self.unknowns), -1).T


def counted(model: Model, counting: Counting) -> Model:
    """The model whose letters are counted: with counting by sites, a boson is one site with ``levels`` states."""
    if counting is Counting.OPERATORS or not modes_of_centre(model.centre):
        return model
    if model.centre.automatic:
        raise InputError("counting by sites treats the boson as one site with a finite number of levels; give it, as in levels=10")
    sites = [Levels(site.levels, site.name) if isinstance(site, Boson) else site for site in model.centre_sites]
    jumps = [replace(jump, operator=cut(jump.operator, model)) for jump in model.jumps]
    return Model(sites, model.ensembles, cut(model.hamiltonian, model), jumps, name=model.name, parameters=model.parameters)


def counted_terms(terms: Iterable[Term], model: Model, counting: Counting) -> Iterator[Term]:
    """Terms as those of the counted model have them."""
    for term in terms:
        if counting is Counting.OPERATORS or not modes_of_centre(model.centre):
            yield term
        else:
            yield replace(term, structure=tuple(cut(Operator(dict(term.structure)), model).terms.items()))


def cut(operator: Operator, model: Model) -> Operator:
    """An operator with monomials as matrices on the lowest levels of a model's modes."""
    result: dict[Product, complex] = {}
    for key, value in operator.terms.items():
        cut_key = Product(_cut_centre(key.centre, model), key.satellites)
        result[cut_key] = result.get(cut_key, 0) + value
    return Operator(result)


def _cut_centre(operator: CentreOperator | None, model: Model) -> CentreOperator | None:
    levels = {site.name: site.levels for site in model.centre_sites}

    def matrix(name: str, one: SiteOperator) -> Matrix:
        return as_matrix(one.matrix(levels[name])) if isinstance(one, Monomial) else one

    if isinstance(operator, OnSites):
        return OnSites(tuple((name, matrix(name, one)) for name, one in operator.factors))
    return None if operator is None else matrix(model.centre.name, operator)


def _sites(model: Model) -> tuple[object, ...]:
    """What a hierarchy takes from a model's sites: everything but numbers of satellites."""
    centre = ((site.kind, 0 if site.kind == "boson" else site.levels, site.name) for site in model.centre_sites)
    return (*centre, *((ensemble.name, ensemble.kind, ensemble.levels) for ensemble in model.ensembles))


def _entries(
    alphabet: Alphabet, unknowns: Sequence[Counts], terms: Sequence[Term], program: Program, falling: dict[Falling, int]
) -> Iterator[tuple[int, int, int, int, complex]]:
    """(row, node, term, falling factorial, value) of all right-hand sides; ``falling`` is filled on the way."""
    for position, term in enumerate(terms):
        rows = Rows.of_term(alphabet, term)
        for row, counts in enumerate(unknowns):
            satellites = alphabet.satellites(counts)
            for (moment, new), value in rows.of(counts).items():
                node = program.moment(moment)
                if node is not None:
                    key = (satellites, new) if any(new) else ((0,) * len(satellites), new)
                    yield row, node, position, falling.setdefault(key, len(falling)), value


def enumerated(alphabet: Alphabet, order: int, wanted: Predicate, share: float) -> list[Counts]:
    """Moments of 1..order operators, lowest order first; TooLarge before the list fills the memory.

    wanted   which of them
    share    about which part of all they are
    """
    most = min(MOST_UNKNOWNS, int((machine.available_bytes() / 64) ** 0.5))
    expected = alphabet.number(order) * share
    if expected > 4 * most:
        raise _too_large(order, expected)
    unknowns = [c for c in alphabet.all_counts(order) if wanted(c)]
    if len(unknowns) > most:
        raise _too_large(order, len(unknowns))
    return sorted(unknowns, key=lambda counts: (sum(counts), [-n for n in counts]))


def _too_large(order: int, number: float) -> TooLarge:
    needed, hours = 48 * number**2, 2.5e-11 * number**3 / 3600
    return TooLarge(
        f"order {order} of this model keeps about {number:,.0f} moments: a fixed point with its stability would take {readable(needed)} "
        f"and {hours:,.1g} hours; choose a lower order",
        needed=needed,
        available=machine.available_bytes(),
    )
