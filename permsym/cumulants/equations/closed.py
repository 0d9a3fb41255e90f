"""The closed equations of motion of a model's moments, ready to evaluate, differentiate and re-parametrise."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from permsym.cumulants.equations.alphabet import Counts, FiniteSite
from permsym.cumulants.equations.hierarchy import Hierarchy, Vector, counted, counted_terms
from permsym.cumulants.equations.structure import falling
from permsym.cumulants.equations.truncation import Truncation
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.cumulants import joint_cumulant
from permsym.moments.labels import MomentLabel, parse
from permsym.operators import ComplexArray, Monomial, as_array
from permsym.terms import Term


@dataclass(frozen=True)
class Equations:
    """dy/dt = F(y) for the retained moments y of one model.

    y and F(y) are (n,) complex, in the order of ``labels``.  A moment and its conjugate are separate unknowns: F is a polynomial in y,
    and ``jacobian`` its exact derivative.  ``at`` gives the equations at other parameters without building anything again; N may be
    real there.
    """

    hierarchy: Hierarchy
    model: Model
    coefficients: ComplexArray = field(repr=False)
    sizes: tuple[float, ...]

    @classmethod
    def of(cls, model: Model, truncation: Truncation) -> Equations:
        """The equations of a model; see :func:`equations`."""
        sites = counted(model, truncation.counting)
        hierarchy = Hierarchy.of(sites, truncation)
        return cls(hierarchy, model, hierarchy.coefficients(sites), _sizes(model))

    def at(self, model: Model) -> Equations:
        """The equations of a model with the same sites and terms at other parameters."""
        h, sites = self.hierarchy, counted(model, self.hierarchy.truncation.counting)
        if not h.fits(sites):
            return Equations.of(model, replace(h.truncation, break_symmetry=h.charged))
        return Equations(h, model, h.coefficients(sites), _sizes(model))

    def of_terms(self, terms: Iterable[Term]) -> Equations:
        """What some terms of the model contribute, with their own coefficients; those may be negative."""
        h = self.hierarchy
        return replace(self, coefficients=h.coefficients_of(counted_terms(terms, self.model, h.truncation.counting)))

    def with_matrix(self, matrix: sp.csr_matrix) -> Equations:
        """The equations with another ``scaled_matrix``, whose coefficients are those of a moment in time."""
        other = copy.copy(self)
        other.__dict__.pop("_magnitudes", None)
        other.__dict__["scaled_matrix"] = matrix
        return other

    # -- labels ---------------------------------------------------------------------------------------------------------

    @property
    def order(self) -> int:
        return self.hierarchy.truncation.order

    @cached_property
    def labels(self) -> tuple[MomentLabel, ...]:
        """Labels of the unknowns."""
        return tuple(self.hierarchy.alphabet.label(counts) for counts in self.hierarchy.unknowns)

    def __len__(self) -> int:
        return len(self.hierarchy.unknowns)

    def index(self, label: str | MomentLabel) -> int:
        """Position of a moment among the unknowns."""
        key = parse(label, self.model) if isinstance(label, str) else label
        counts = None if self._cut else next((c for c, _ in self._expansion(key)), None)
        if counts not in self.hierarchy.index:
            raise InputError(f"{key} is not among the {len(self)} moments that order {self.order} keeps; `moment` closes it")
        return self.hierarchy.index[counts]

    @cached_property
    def counted_model(self) -> Model:
        """The model whose sites are counted; see :func:`~permsym.cumulants.equations.hierarchy.counted`."""
        return counted(self.model, self.hierarchy.truncation.counting)

    @property
    def _cut(self) -> bool:
        """Whether the equations treat modes as sites with finitely many levels."""
        return self.counted_model is not self.model

    def _expansion(self, label: MomentLabel) -> list[tuple[Counts, complex]]:
        """A moment in the hierarchy's letters: a sum over matrix units for modes cut to sites, else one summand."""
        alphabet = self.hierarchy.alphabet
        if not self._cut or not label.centre:
            return [(alphabet.counts(label), 1.0)]
        rest = alphabet.counts(MomentLabel((), label.satellites, label.ensembles))[alphabet.slices[0].stop :]
        total: list[tuple[Counts, complex]] = [((), 1.0)]
        for site, letters in zip(self.model.centre_sites, alphabet.own, strict=True):
            assert isinstance(letters, FiniteSite)
            one = label.site_operator(site)
            matrix = np.eye(site.levels) if one is None else one.matrix(site.levels) if isinstance(one, Monomial) else as_array(one)
            expanded = letters.expand(as_complex(matrix))
            total = [((*counts, *letters.letters(element)), value * factor) for counts, value in total for element, factor in expanded]
        return [((*counts, *rest), value) for counts, value in total]

    # -- evaluation -----------------------------------------------------------------------------------------------------

    @property
    def root(self) -> float:
        """sqrt(N): smooth in N, as continuation wants it."""
        return float(sum(self.sizes) ** 0.5)

    @cached_property
    def scale(self) -> Vector:
        """Natural size of each unknown: N^(k/2) for k operators of a boson, so that solvers work with numbers of order 1."""
        return self.root**self.hierarchy.photon_powers

    @cached_property
    def scaled_matrix(self) -> sp.csr_matrix:
        """Right-hand sides as a matrix (n, nodes) on the nodes of the closure program, for scaled moments; its places hold zeros, too."""
        return self._assembled(self.root)

    @property
    def physical_matrix(self) -> sp.csr_matrix:
        """Right-hand sides as a matrix (n, nodes) on the nodes of the closure program."""
        return self._assembled(1.0)

    def _assembled(self, root: float) -> sp.csr_matrix:
        """The matrix for moments divided by root^k, k the number of operators of the boson."""
        h = self.hierarchy
        falls = np.array([falling(self.sizes, taken, new) for taken, new in h.falling])
        powers = root ** (h.node_powers[h.nodes] - h.photon_powers[h.rows])
        data = h.value * self.coefficients[h.term] * falls[h.fall] * powers
        return sp.csr_matrix((data, (h.rows, h.nodes)), shape=(len(self), h.program.nodes))

    @cached_property
    def _magnitudes(self) -> sp.csr_matrix:
        return abs(self.scaled_matrix)

    def scaled_rhs(self, x: ComplexArray) -> ComplexArray:
        """dx/dt for x = y / scale."""
        return self.scaled_matrix @ self.hierarchy.program.values(x)

    def scaled_jacobian(self, x: ComplexArray) -> ComplexArray:
        """d(dx/dt)/dx, (n, n)."""
        program = self.hierarchy.program
        return self.scaled_matrix @ program.derivatives(program.values(x))

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
        if self._cut:  # factors of a boson are no letters here
            return joint_cumulant(key, lambda part: self.moment(y, part))
        node = self.hierarchy.observed.cumulant(self.hierarchy.alphabet.counts(key))
        return 0j if node is None else complex(self.hierarchy.observed.values(as_complex(y))[node])

    def product_state(self, states: Sequence[ComplexArray], alpha: complex | Sequence[complex] = 0) -> ComplexArray:
        """Moments of a product state.

        states   density matrix of each site of the centre but modes, then of one satellite of each ensemble
        alpha    amplitude of the coherent state of a mode, the same of all or of each
        """
        h = self.hierarchy
        one = np.zeros(h.alphabet.size, dtype=complex)
        for mine, amplitude in zip(modes := h.alphabet.modes, np.broadcast_to(np.asarray(alpha, dtype=complex), len(modes)), strict=True):
            one[mine] = amplitude.conjugate(), amplitude
        for (mine, site), rho in zip(h.alphabet.finite, states, strict=True):
            one[mine] = [np.trace(element @ rho) for element in site.basis[1:]]
        return np.array([np.prod([v**n for v, n in zip(one, counts, strict=True)]) for counts in h.unknowns], dtype=complex)


def _sizes(model: Model) -> tuple[float, ...]:
    return tuple(float(ensemble.size) for ensemble in model.ensembles)


def as_complex(y: Any) -> ComplexArray:
    """An array of complex numbers."""
    return np.asarray(y, dtype=np.complex128)


def equations(
    model: Model, *, order: int = 2, counting: str = "operators", closure: str = "full", break_symmetry: bool = False
) -> Equations:
    """Equations of motion of a model's moments, closed at an order.

    order            largest number of operators in a retained moment; 1 is mean field
    counting         "operators" (each a and ad is one) or "sites" (a boson cut at ``levels`` is one site)
    closure          "full", or "no-three-spin": no correlations of three satellites
    break_symmetry   keep moments that a U(1) symmetry makes vanish; order 1 always does

    Raises InputError for other options, TooLarge where the equations do not fit into memory.
    """
    return Equations.of(model, Truncation.of(order, counting, closure, break_symmetry))
