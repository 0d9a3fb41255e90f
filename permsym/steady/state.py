"""A steady state: its moments, each with an error estimate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.cumulants import joint_cumulant
from permsym.moments.labels import MomentLabel, enumerate_labels, parse
from permsym.moments.reduced import reduced_density_matrix
from permsym.operators import ComplexArray, Matrix, Operator
from permsym.sites import Ensemble, Site, unit
from permsym.steady.certificate import Certificate
from permsym.steady.distribution import DickePopulations, Gaussianity
from permsym.steady.gradient import Family, moment_gradient
from permsym.steady.nullspace import NullVector

if TYPE_CHECKING:
    import qutip

DEFAULT_TOLERANCE = 1e-9
METASTABLE = 1e-6  # an algebraic bound above it means a relaxation so slow that rounding moves probability between wells
_REMEMBERED = 50_000  # unknowns up to which covectors are kept for the certificate and for the next point of a sweep
_BLOCK, _BLOCK_NUMBERS = 8, 2**24  # covectors, and numbers in them, solved for at once; bounds the memory of a certificate


class State:
    """The steady state of a model, in one representation.

    model, basis     what was solved
    solver, timings  how, and how long each step took, in seconds
    """

    def __init__(
        self, model: Model, basis: Basis, null: NullVector, solver: Mapping[str, Any], timings: Mapping[str, float], tolerance: float
    ) -> None:
        self.model = model
        self.basis = basis
        self.null = null
        self.solver = dict(solver)
        self.timings = dict(timings)
        self.tolerance = tolerance
        self.vector = null.problem.expanded(null.vector, basis.dimension)
        """Coefficients (basis.dimension,), see Basis for their order."""
        self._values: dict[MomentLabel, complex] = {}
        self._errors: dict[MomentLabel, float] = {}
        self._cumulants: dict[MomentLabel, complex] = {}
        self._certificate: Certificate | None = None
        self._balance: float | None = None
        self.algebraic_error = self.window_error = 0.0
        """The largest of the two parts of the error estimates made so far."""
        self.edge = np.zeros(len(null.vector))
        """What each unknown's clipped moves contribute to them, shape of ``null.vector``."""

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
                self._values[key] = complex(self._covector(key) @ self.vector) + 0.0  # no -0.0
            self._values[key.conjugate()] = self._values[key].conjugate()
        return self._values[key]

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
        """Quantities people plot: excited-state populations of the centre and of one satellite."""
        found = {}
        if self.model.centre.kind == "spin":
            found["p0_up"] = self._population(self.model.centre)
        for ensemble in self.model.ensembles:
            if ensemble.kind == "spin":
                found["p_up" if len(self.model.ensembles) == 1 else f"p_up@{ensemble.name}"] = self._population(ensemble)
        return found

    def _population(self, site: Site) -> float:
        up = unit(2, 0, 0)
        if isinstance(site, Ensemble):
            return self._correlator([], [[up] if e is site else [] for e in self.model.ensembles]).real
        return self._correlator([up], [[] for _ in self.model.ensembles]).real

    def _correlator(self, centre: Sequence[Matrix], satellites: Sequence[Sequence[Matrix]]) -> complex:
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
                covector = self._covector(key)[self.null.problem.active]
                columns += [(key, part) for part in (covector.real, covector.imag) if part.any()]
        step = max(1, min(_BLOCK, _BLOCK_NUMBERS // len(self.null.vector)))
        for start in range(0, len(columns), step):
            block = columns[start : start + step]
            bounds = self.null.bounds(np.stack([part for _, part in block], axis=1))
            for (key, _), bound in zip(block, bounds.total, strict=True):
                self._errors[key] = float(np.hypot(self._errors[key], bound))
            self.algebraic_error = max(self.algebraic_error, float(bounds.algebraic.max()))
            self.window_error = max(self.window_error, float(bounds.window.max()))
            np.maximum(self.edge, bounds.edge, out=self.edge)

    def certify(self, labels: Iterable[str | MomentLabel], tolerance: float | None = None) -> Certificate:
        """Certificate for the moments of these labels."""
        keys = [self.label(label) for label in labels]
        self._estimate(keys)
        errors = {str(key): self._errors[_smaller(key)] for key in keys}
        populations = self.basis.trace(self.basis.labels) * self.vector[: self.basis.size]
        return Certificate(
            error_estimate=max(errors.values(), default=0.0),
            errors=errors,
            residual=self.null.residual,
            edge_mass=self.null.edge_mass,
            balance=self.balance,
            min_population=float(populations[self.basis.population].min()),
            tolerance=self.tolerance if tolerance is None else tolerance,
            metastable=self.algebraic_error > METASTABLE,
        )

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
        values = self.vector[: self.basis.size][self.basis.population]
        N = self.model.sizes[0]
        places, inverse = np.unique(labels[2] * (2 * N + 1) + labels[3] + N, return_inverse=True)
        J, M = np.divmod(places, 2 * N + 1)
        probability = np.bincount(inverse.ravel(), weights=values, minlength=len(places))
        return DickePopulations(J / 2, (M - N) / 2, np.asarray(probability, dtype=float))

    def distribution(self) -> DickePopulations:
        """P(j, m) at points that carry all of it: for averages and standard deviations of j and m at any N."""
        return self.populations()

    @property
    def standard_deviations(self) -> tuple[float, float]:
        """Standard deviations of j and of m."""
        deviations = self.distribution().deviations
        return float(deviations[0]), float(deviations[1])

    @property
    def gaussianity(self) -> Gaussianity:
        """How far P(j, m) is from a Gaussian."""
        return self.distribution().gaussianity

    def __repr__(self) -> str:
        return f"State({self.model!r}, {self.basis.representation}, dimension={len(self.null.vector)})"


def _smaller(key: MomentLabel) -> MomentLabel:
    """One of a label and its conjugate, the same for both."""
    return min(key, key.conjugate(), key=str)


def _excitations(model: Model) -> list[Operator]:
    """Excitation numbers of the centre and of each ensemble."""
    q = np.diag(model.centre.excitations)
    return [model.centre.operator(q), *(e.operator(np.diag(e.excitations)) for e in model.ensembles)]
