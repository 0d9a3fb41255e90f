"""A steady state: its moments, each with an error estimate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import Matrix, Operator
from permsym.sites import Boson
from permsym.states.density import DensityOperator
from permsym.steady.certificate import Certificate
from permsym.steady.gradient import Family, moment_gradient
from permsym.steady.lattice.null_vector import Bounds

DEFAULT_TOLERANCE = 1e-9
METASTABLE = 1e-6  # an algebraic bound above it means a relaxation so slow that rounding moves probability between wells
_BLOCK, _BLOCK_NUMBERS = 8, 2**23  # covectors, and numbers in them, solved for at once; bounds the memory of a certificate


class Solution(Protocol):
    """What a solver hands to a :class:`State`.

    size          unknowns that were solved for
    residual      of the equations that were solved, relative to the size of their terms
    edge_mass     probability next to a window's edge; outside_mass: estimate of that beyond it
    """

    @property
    def size(self) -> int: ...

    @property
    def residual(self) -> float: ...

    @property
    def edge_mass(self) -> float: ...

    @property
    def outside_mass(self) -> float: ...

    def unknowns(self, dimension: int) -> NDArray[np.float64]:
        """Every unknown of the basis (dimension,), in its order."""


class Factored(Solution, Protocol):
    """What a solver with factors hands over: they solve for dual vectors, too."""

    def restricted(self, covector: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """A covector of the basis on the unknowns that were solved for (size,)."""

    def bounds(self, covectors: NDArray[np.float64]) -> Bounds:
        """Error bounds of the values of covectors (size, k)."""


class State(DensityOperator):
    """The steady state of a model, in one representation.

    model, basis     what was solved
    null             what the solver found
    solver, timings  how, and how long each step took, in seconds
    """

    def __init__(
        self, model: Model, basis: Basis, null: Solution, solver: Mapping[str, Any], timings: Mapping[str, float], tolerance: float
    ) -> None:
        super().__init__(model, basis)
        self.null = null
        self.solver = dict(solver)
        self.timings = dict(timings)
        self.tolerance = tolerance
        self._errors: dict[MomentLabel, float] = {}
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

    def gradient(self, label: str | MomentLabel, family: Family | None = None) -> dict[str, complex]:
        """d<moment>/d parameter for every real parameter.

        family   the function that makes the model from its parameters (a library model knows its own)
        """
        raise InputError("a gradient needs the factors of a direct solver; solve with solver='superlu'")

    # -- certificate ----------------------------------------------------------------------------------------------------

    def error(self, label: str | MomentLabel) -> float:
        """Estimate of the absolute error of a moment (dual-weighted residual; zero for moments that vanish by symmetry)."""
        key = self.label(label)
        self._estimate([key])
        return self._errors[_smaller(key)]

    def _estimate(self, labels: Iterable[MomentLabel]) -> None:
        """Fill in error estimates, one for a moment and its conjugate."""
        raise NotImplementedError

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
        ladder = math.sqrt(len(self.fock) + 1) + abs(self.model.centre.displacement)
        return float(2 * outside * ladder ** len(key.centre))

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
        """Populations (levels,) of the centre's kept states; of a boson that is not displaced, the photon-number distribution P(n)."""
        return self.basis.centre_populations(self.vector)

    def __repr__(self) -> str:
        return f"State({self.model!r}, {self.basis.representation}, dimension={self.dimension})"


class FactoredState(State):
    """A steady state whose error estimates come from the factors that solved for it."""

    null: Factored

    def gradient(self, label: str | MomentLabel, family: Family | None = None) -> dict[str, complex]:
        """From one transposed solve."""
        key = self.label(label)
        if any(key.charge(self.model)):
            return dict.fromkeys((name for name, value in self.model.parameters.items() if not isinstance(value, int)), 0j)
        return moment_gradient(self, self._covector(key), family)

    def _estimate(self, labels: Iterable[MomentLabel]) -> None:
        wanted = [key for key in dict.fromkeys(map(_smaller, labels)) if key not in self._errors]
        columns: list[tuple[MomentLabel, NDArray[np.float64]]] = []
        for key in wanted:
            self._errors[key] = 0.0
            if key.order and not any(key.charge(self.model)):
                covector = self.null.restricted(self._covector(key))
                held = [(key, part) for part in (covector.real, covector.imag) if part.any()]
                columns += held
                if not held and self.null.edge_mass > 0:  # a window without any site that this moment lives on says nothing of it
                    self._errors[key] = self.null.outside_mass
        for (key, _), bound in zip(columns, self._bounds([part for _, part in columns]), strict=True):
            self._errors[key] = float(np.hypot(self._errors[key], bound))
        for key in wanted:
            if key.order and not any(key.charge(self.model)):
                above = self._above_the_cutoff(key)
                self._errors[key] += above
                self.cutoff_error = max(self.cutoff_error, above)

    def _bounds(self, covectors: Sequence[NDArray[np.float64]]) -> Iterator[float]:
        """Error estimate of each covector's value, over the active unknowns, in blocks."""
        step = max(1, min(_BLOCK, _BLOCK_NUMBERS // self.dimension))
        for start in range(0, len(covectors), step):
            bounds = self.null.bounds(np.stack(covectors[start : start + step], axis=1))
            self.algebraic_error = max(self.algebraic_error, float(bounds.algebraic.max()))
            self.window_error = max(self.window_error, float(bounds.window.max()))
            self.cutoff_error = max(self.cutoff_error, float(np.max(bounds.cutoff)))
            np.maximum(self.edge, bounds.edge, out=self.edge)
            yield from bounds.total.tolist()

    def _fock_errors(self) -> NDArray[np.float64] | None:
        nothing: list[tuple[Matrix, ...]] = [()] * len(self.model.ensembles)
        covectors = (self.basis.correlator([self.basis.centre_projector(n)], nothing) for n in range(self.basis.centre_levels))
        return np.array(list(self._bounds([self.null.restricted(each).real for each in covectors])))


def _smaller(key: MomentLabel) -> MomentLabel:
    """One of a label and its conjugate, the same for both."""
    return min(key, key.conjugate(), key=str)


def _excitations(model: Model) -> list[Operator]:
    """Excitation numbers of the centre and of each ensemble."""
    centre = model.centre.n if isinstance(model.centre, Boson) else model.centre.operator(np.diag(model.centre.excitations))
    return [centre, *(e.operator(np.diag(e.excitations)) for e in model.ensembles)]
