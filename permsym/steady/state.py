"""A steady state: its moments, each with an error estimate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.cumulants import joint_cumulant
from permsym.moments.labels import MomentLabel, enumerate_labels, parse
from permsym.moments.photons import photon_numbers
from permsym.moments.reduced import reduced_density_matrix
from permsym.operators import CentreOperator, ComplexArray, Matrix, Operator
from permsym.sites import Boson, Ensemble, Site, unit
from permsym.steady.certificate import Certificate
from permsym.steady.gradient import Family, moment_gradient
from permsym.steady.nullspace import Bounds

if TYPE_CHECKING:
    import qutip

DEFAULT_TOLERANCE = 1e-9
METASTABLE = 1e-6  # an algebraic bound above it means a relaxation so slow that rounding moves probability between wells
_REMEMBERED = 50_000  # unknowns up to which covectors are kept for the certificate and for the next point of a sweep
_BLOCK, _BLOCK_NUMBERS = 8, 2**21  # covectors, and numbers in them, solved for at once; bounds the memory of a certificate


@dataclass(frozen=True)
class DickePopulations:
    """Probabilities of the collective spin states \\|j, m>, summed over the centre and over the copies of each j.

    j, m, probability   arrays (n,)
    """

    j: NDArray[np.float64]
    m: NDArray[np.float64]
    probability: NDArray[np.float64]


class Solution(Protocol):
    """What a solver hands to a :class:`State`.

    size       unknowns that were solved for
    residual   of the equations that were solved, relative to the size of their terms
    edge_mass  probability next to a window's edge
    """

    @property
    def size(self) -> int: ...

    @property
    def residual(self) -> float: ...

    @property
    def edge_mass(self) -> float: ...

    def unknowns(self, dimension: int) -> NDArray[np.float64]:
        """Every unknown of the basis (dimension,), in its order."""

    def restricted(self, covector: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """A covector of the basis on the unknowns that were solved for (size,)."""

    def bounds(self, covectors: NDArray[np.float64]) -> Bounds:
        """Error bounds of the values of covectors (size, k)."""


class State:
    """The steady state of a model, in one representation.

    model, basis     what was solved
    null             what the solver found
    solver, timings  how, and how long each step took, in seconds
    """

    def __init__(
        self, model: Model, basis: Basis, null: Solution, solver: Mapping[str, Any], timings: Mapping[str, float], tolerance: float
    ) -> None:
        self.model = model
        self.basis = basis
        self.null = null
        self.solver = dict(solver)
        self.timings = dict(timings)
        self.tolerance = tolerance
        self._values: dict[MomentLabel, complex] = {}
        self._errors: dict[MomentLabel, float] = {}
        self._cumulants: dict[MomentLabel, complex] = {}
        self._certificate: Certificate | None = None
        self._balance: float | None = None
        self.algebraic_error = self.window_error = self.cutoff_error = 0.0
        """The largest of the three parts of the error estimates made so far."""
        self.edge = np.zeros(null.size)
        """What each unknown's clipped moves contribute to them."""

    @property
    def dimension(self) -> int:
        """Number of unknowns that were solved for."""
        return self.null.size

    @cached_property
    def vector(self) -> NDArray[np.float64]:
        """Coefficients (basis.dimension,), see Basis for their order."""
        return self.null.unknowns(self.basis.dimension)

    # -- moments --------------------------------------------------------------------------------------------------------

    def label(self, text: str | MomentLabel) -> MomentLabel:
        return text if isinstance(text, MomentLabel) else parse(text, self.model)

    def moment(self, label: str | MomentLabel) -> complex:
        """Expectation value of a product of operators on distinct sites, such as ``"z0 +1 -2"``."""
        key = self.label(label)
        if key not in self._values:
            if key.order == 0:
                return 1.0 + 0j
            if any(key.charge(self.model)):
                self._values[key] = 0j  # exactly zero by symmetry
            else:
                self._values[key] = self._value(key) + 0.0  # no -0.0
            self._values[key.conjugate()] = self._values[key].conjugate()
        return self._values[key]

    def _value(self, key: MomentLabel) -> complex:
        return complex(self._covector(key) @ self.vector)

    def cumulant(self, label: str | MomentLabel) -> complex:
        """Joint cumulant of the factors of a label."""
        return joint_cumulant(self.label(label), self.moment, self._cumulants)

    def labels(self, order: int) -> list[MomentLabel]:
        """All labels with up to ``order`` factors."""
        return enumerate_labels(self.model, order)

    def moments(self, order: int = 2) -> dict[str, complex]:
        """All moments up to an order, by canonical label."""
        return {str(label): self.moment(label) for label in self.labels(order)}

    def expect(self, operator: Operator) -> complex:
        """Expectation value of an operator of the model's sites, such as ``s.p * s.m``."""
        self.model.check(operator)
        return complex(self.basis.expectation(operator.terms) @ self.vector)

    def gradient(self, label: str | MomentLabel, family: Family | None = None) -> dict[str, complex]:
        """d<moment>/d parameter for every real parameter, from one transposed solve.

        family   the function that makes the model from its parameters (a library model knows its own)
        """
        key = self.label(label)
        if any(key.charge(self.model)):
            return dict.fromkeys((name for name, value in self.model.parameters.items() if not isinstance(value, int)), 0j)
        return moment_gradient(self, self._covector(key), family)

    @property
    def derived(self) -> dict[str, float]:
        """Quantities people plot: excited-state populations of the centre and of one satellite; photon numbers of a mode."""
        found = {}
        if self.model.centre.kind == "spin":
            found["p0_up"] = self._population(self.model.centre)
        if self.model.centre.kind == "boson":
            found |= photon_numbers(self.moment)
        for ensemble in self.model.ensembles:
            if ensemble.kind == "spin":
                found["p_up" if len(self.model.ensembles) == 1 else f"p_up@{ensemble.name}"] = self._population(ensemble)
        return found

    def _population(self, site: Site) -> float:
        up = unit(2, 0, 0)
        if isinstance(site, Ensemble):
            return self._correlator([], [[up] if e is site else [] for e in self.model.ensembles]).real
        return self._correlator([up], [[] for _ in self.model.ensembles]).real

    def _correlator(self, centre: Sequence[CentreOperator], satellites: Sequence[Sequence[Matrix]]) -> complex:
        return complex(self.basis.correlator(centre, satellites) @ self.vector)

    def _covector(self, label: MomentLabel) -> NDArray[np.complex128]:
        known = self.basis.covectors
        if label not in known:
            found = self.basis.correlator(*label.operators(self.model))
            if self.basis.dimension > _REMEMBERED:
                return found
            known[label] = found
        return known[label]

    # -- certificate ----------------------------------------------------------------------------------------------------

    def error(self, label: str | MomentLabel) -> float:
        """Estimate of the absolute error of a moment (dual-weighted residual; zero for moments that vanish by symmetry)."""
        key = self.label(label)
        self._estimate([key])
        return self._errors[_smaller(key)]

    def _estimate(self, labels: Iterable[MomentLabel]) -> None:
        """Fill in error estimates, one for a moment and its conjugate."""
        wanted = [key for key in dict.fromkeys(map(_smaller, labels)) if key not in self._errors]
        columns: list[tuple[MomentLabel, NDArray[np.float64]]] = []
        for key in wanted:
            self._errors[key] = 0.0
            if key.order and not any(key.charge(self.model)):
                covector = self.null.restricted(self._covector(key))
                columns += [(key, part) for part in (covector.real, covector.imag) if part.any()]
        step = max(1, min(_BLOCK, _BLOCK_NUMBERS // self.dimension))
        for start in range(0, len(columns), step):
            block = columns[start : start + step]
            bounds = self.null.bounds(np.stack([part for _, part in block], axis=1))
            for (key, _), bound in zip(block, bounds.total, strict=True):
                self._errors[key] = float(np.hypot(self._errors[key], bound))
            self.algebraic_error = max(self.algebraic_error, float(bounds.algebraic.max()))
            self.window_error = max(self.window_error, float(bounds.window.max()))
            self.cutoff_error = max(self.cutoff_error, float(np.max(bounds.cutoff)))
            np.maximum(self.edge, bounds.edge, out=self.edge)
        for key in wanted:
            if key.order and not any(key.charge(self.model)):
                above = self._above_the_cutoff(key)
                self._errors[key] += above
                self.cutoff_error = max(self.cutoff_error, above)

    def _above_the_cutoff(self, key: MomentLabel) -> float:
        """What photon numbers above the cut-off would add to a moment: their probability, continued as a geometric series, times n^k.

        The dual vectors cannot know it where a product of ladder operators vanishes on the kept levels.
        """
        if not isinstance(self.model.centre, Boson) or not key.centre:
            return 0.0
        last, before = np.abs(self.fock[[-1, -2]])
        outside = last**2 / (before - last) if last < before else last * len(self.fock)
        apart = abs(key.monomial.p - key.monomial.q)
        if apart:  # |rho_nm|^2 <= P(n) P(m), of which only the larger need be above the cut-off
            outside = np.sqrt(outside * (outside + np.abs(self.fock[-apart:]).sum()))
        return float(2 * outside * (len(self.fock) + 1) ** (len(key.centre) / 2))

    def certify(self, labels: Iterable[str | MomentLabel], tolerance: float | None = None) -> Certificate:
        """Certificate for the moments of these labels."""
        keys = [self.label(label) for label in labels]
        self._estimate(keys)
        errors = {str(key): self._errors[_smaller(key)] for key in keys}
        return Certificate(
            error_estimate=max(errors.values(), default=0.0),
            errors=errors,
            residual=self.null.residual,
            edge_mass=max(self.null.edge_mass, float(self.fock[-1]) if isinstance(self.model.centre, Boson) else 0.0),
            balance=self.balance,
            min_population=self._min_population(),
            tolerance=self.tolerance if tolerance is None else tolerance,
            metastable=self.algebraic_error > METASTABLE,
            cutoff_error=self.cutoff_error,
            levels=self.model.centre.levels if isinstance(self.model.centre, Boson) else None,
        )

    def _min_population(self) -> float:
        populations = self.basis.trace(self.basis.labels) * self.vector[: self.basis.size]
        return float(populations[self.basis.population].min())

    @property
    def certificate(self) -> Certificate:
        """Certificate of all moments up to order 2, or of those asked for in ``steady_state``."""
        if self._certificate is None:
            self._certificate = self.certify(self.labels(2))
        return self._certificate

    def adopt(self, certificate: Certificate) -> None:
        """Make this the state's certificate."""
        self._certificate = certificate

    def verified(self, other: State, labels: Iterable[str | MomentLabel], name: str | None = None) -> Certificate:
        """The certificate with the largest difference to another state's moments entered, under that state's name."""
        differences = [abs(self.moment(label) - other.moment(label)) for label in labels]
        worst = max((float("nan") if np.isnan(d) else d for d in differences), default=0.0)
        return replace(self.certificate, verification=worst, verified_in=name or other.basis.representation)

    @property
    def balance(self) -> float:
        """Largest relative defect of d<O>/dt = 0 for the excitations of the centre and of each ensemble.

        Relative to the sum of the flows' moduli.  Evaluated from expectation values of products of operators, not from
        the Liouvillian that was solved.
        """
        if self._balance is None:
            defects = []
            for observable in _excitations(self.model):
                terms = self.model.heisenberg(observable).terms
                flows = [self.expect(Operator({key: value})) for key, value in terms.items()]
                # flows that all vanish (equilibrium) leave rounding: measure it against what they could be
                possible = sum(
                    abs(value) * math.prod(self.model.ensembles[self.model.ensemble(e)].N for e, _ in key.satellites)
                    for key, value in terms.items()
                )
                scale = max(sum(map(abs, flows)), 1e-4 * possible)
                defects.append(abs(sum(flows)) / scale if scale else 0.0)
            self._balance = max(defects)
        return self._balance

    @cached_property
    def fock(self) -> NDArray[np.float64]:
        """Populations (levels,) of the centre's states; of a boson, the photon-number distribution P(n)."""
        return self.basis.centre_populations(self.vector)

    # -- density matrices -----------------------------------------------------------------------------------------------

    def reduced(self, satellites: int | Sequence[int] = 0, centre: bool = True) -> ComplexArray:
        """Density matrix of the centre and of some distinct satellites.

        satellites   how many (of each ensemble, where there are several)
        returns      (d, d) in the product basis, centre first, level 0 (up) first on each site
        """
        counts = self._counts(satellites)
        for ensemble, count in zip(self.model.ensembles, counts, strict=True):
            if not 0 <= count <= ensemble.N:
                raise InputError(f"`satellites` must be from 0 to N={ensemble.N}, but is {count}")
        if not centre and not any(counts):
            raise InputError("a reduced density matrix needs at least one site; ask for the centre or for satellites")
        return reduced_density_matrix(
            self._correlator, self.model.centre if centre else None, list(zip(self.model.ensembles, counts, strict=True))
        )

    def _counts(self, satellites: int | Sequence[int]) -> list[int]:
        """How many satellites of each ensemble."""
        number = len(self.model.ensembles)
        counts = [int(satellites)] * number if isinstance(satellites, int | np.integer) else list(satellites)
        if len(counts) != number:
            raise InputError(f"`satellites` must be one number, or one for each of the {number} ensembles, but is {satellites!r}")
        return counts

    def to_qutip(self, satellites: int | Sequence[int] = 0, centre: bool = True) -> qutip.Qobj:
        """The reduced density matrix as a QuTiP object."""
        try:
            import qutip
        except ImportError:
            raise InputError("QuTiP is not installed; install it with `pip install permsym[qutip]`") from None
        counts = self._counts(satellites)
        dims = [self.model.centre.levels] if centre else []
        dims += [e.levels for e, k in zip(self.model.ensembles, counts, strict=True) for _ in range(k)]
        return qutip.Qobj(self.reduced(satellites, centre), dims=[dims, dims])

    def populations(self) -> DickePopulations:
        """P(j, m) of the satellites' collective spin (one ensemble, Dicke representation)."""
        if self.basis.representation != "dicke" or len(self.model.ensembles) != 1:
            raise InputError(
                f"P(j, m) needs one ensemble in the Dicke representation, but this state is in {self.basis.representation!r}; "
                "solve with basis='dicke'"
            )
        labels = self.basis.labels[:, self.basis.population]
        return self._collected(labels[2], labels[3], self.vector[: self.basis.size][self.basis.population])

    def _collected(self, J: NDArray[np.int64], M: NDArray[np.int64], values: NDArray[np.float64]) -> DickePopulations:
        """Probabilities summed over equal (2j, 2m)."""
        N = self.model.sizes[0]
        places, inverse = np.unique(J * (2 * N + 1) + M + N, return_inverse=True)
        j, m = np.divmod(places, 2 * N + 1)
        probability = np.bincount(inverse.ravel(), weights=values, minlength=len(places))
        return DickePopulations(j / 2, (m - N) / 2, np.asarray(probability, dtype=float))

    def __repr__(self) -> str:
        return f"State({self.model!r}, {self.basis.representation}, dimension={self.dimension})"


def _smaller(key: MomentLabel) -> MomentLabel:
    """One of a label and its conjugate, the same for both."""
    return min(key, key.conjugate(), key=str)


def _excitations(model: Model) -> list[Operator]:
    """Excitation numbers of the centre and of each ensemble."""
    centre = model.centre.n if isinstance(model.centre, Boson) else model.centre.operator(np.diag(model.centre.excitations))
    return [centre, *(e.operator(np.diag(e.excitations)) for e in model.ensembles)]
