"""A steady state: its moments, each with an error estimate.  Long because estimates, certificate and derived quantities share them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import Operator
from permsym.several_sites import modes_of_centre
from permsym.shown import Card
from permsym.sites import Boson, NoCentre, Site
from permsym.states.archived import Packing
from permsym.states.collective_spin import SpinDistribution
from permsym.states.density import DensityOperator
from permsym.states.derived import (
    Observable,
    coincidences,
    derived_errors,
    emptied,
    inversion,
    is_ratio,
    mode_labels,
    pair_numerator,
    spins_of,
    upper_population,
)
from permsym.states.sectors import Charge
from permsym.states.squeezing import Squeezing, squeezing, squeezing_labels
from permsym.steady.certificate import Certificate, derived_tolerance, sides_tolerance
from permsym.steady.in_time import AtRest
from permsym.steady.scaling.levels import reach, tail
from permsym.steady.scaling.wells import Survey, survey

if TYPE_CHECKING:
    from permsym.steady.plan import Plan

DEFAULT_TOLERANCE = 1e-9
_APART = 1e-2  # size below which an observable gets a dual vector of its own
EPS = float(np.finfo(float).eps)
_SIGNED_SUMS = 3  # for the trace norm of the error
METASTABLE = 1e-6  # an algebraic bound above it means a relaxation so slow that rounding moves probability between wells


class ErrorParts(NamedTuple):
    """Parts of an error estimate.

    algebraic   from the residual and from rounding
    window      from what a window left out
    cutoff      from what a boson's cut-off left out
    unseen      the whole of it, for a moment of which the window has nothing
    """

    algebraic: float = 0.0
    window: float = 0.0
    cutoff: float = 0.0
    unseen: float = 0.0


class Solution(Protocol):
    """What a route to the steady state hands to a :class:`State`; what it can do besides, optional fields say.

    x           the state vector as its basis holds it, of trace 1
    size        unknowns that were solved for
    residual    of the equations that were solved, relative to the size of their terms
    converged   whether an iteration reached its tolerance; always so for factors
    edge_mass   probability next to a window's edge
    many_duals  whether a dual vector costs little, since there are factors
    spin        P(j, m) where it is not listed on the basis; None: it is
    rigorous     whether error estimates of moments are bounds
    noise       what populations are certain to, however small they are: an iteration rounds to its largest numbers
    """

    @property
    def noise(self) -> float: ...

    @property
    def rigorous(self) -> bool: ...

    @property
    def x(self) -> NDArray[Any]: ...

    @property
    def size(self) -> int: ...

    @property
    def residual(self) -> float: ...

    @property
    def converged(self) -> bool: ...

    @property
    def edge_mass(self) -> float: ...

    @property
    def many_duals(self) -> bool: ...

    @property
    def spin(self) -> SpinDistribution | None: ...

    def estimates(self, keys: Sequence[MomentLabel | Observable]) -> list[list[ErrorParts]]:
        """Error estimates of neutral moments and other observables: each those of its real and imaginary part, as far as there are such."""

    def covector_estimates(self, covectors: Sequence[NDArray[np.complex128]]) -> list[list[ErrorParts]]:
        """The same of the values c @ x of covectors (basis.dimension,) that no operators spell, over :meth:`Basis.unknowns`."""

    def fock_estimates(self, position: int = 0) -> NDArray[np.float64]:
        """Error estimates of the populations of a boson's Fock states, of several sites of that at one position."""


class State(DensityOperator, AtRest):
    """The steady state of a model, in one representation.

    model, basis     what was solved
    solution         what the route found
    plan             which route, and what it was expected to need; None for a small system solved along the way
    solver, timings  how, and how long each step took, in seconds
    """

    def __init__(
        self, model: Model, basis: Basis, solution: Solution, solver: Mapping[str, Any], timings: Mapping[str, float], tolerance: float
    ) -> None:
        super().__init__(model, basis, solution.x, solution.spin)
        self.solution = solution
        self.plan: Plan | None = None
        self.solver = dict(solver)
        self.timings = dict(timings)
        self.tolerance = tolerance
        self._errors: dict[MomentLabel, float] = {}
        self._own_errors: dict[str, float] = {}  # of derived quantities that have a dual vector of their own
        self._certificate: Certificate | None = None
        self._balance: float | None = None
        self.above_levels: Survey | None = Survey.NOBODY if modes_of_centre(model.centre) else None
        """What is known of a boson above its levels; None: no boson."""
        if isinstance(model.centre, Boson):
            self.above_levels = survey(model, model.centre.levels, follow=False).survey
        self._cutoffs: dict[MomentLabel, float] = {}  # what a cut-off costs a moment, relative to max(1, |value|)
        self.algebraic_error = self.window_error = self.cutoff_error = 0.0
        """The largest of the three parts of the error estimates made so far, of moments relative to max(1, |value|).

        Derived quantities enter the last two, where it helps to solve for more, as parts of what their errors may be times the tolerance.
        """

    @property
    def dimension(self) -> int:
        """Number of unknowns that were solved for."""
        return self.solution.size

    def squeezing(self, ensemble: str | None = None) -> Squeezing:
        """As :meth:`DensityOperator.squeezing`, with errors from those of the moments."""
        self.estimate(squeezing_labels(self.model, ensemble))
        return squeezing(self.model, self.moment, self.error, derived_tolerance(self.tolerance), ensemble)

    @property
    def _side_to_side(self) -> float:
        return sides_tolerance(self.tolerance)

    @cached_property
    def trace_norm_error(self) -> float:
        """Estimate of the trace norm of the difference to the exact state.

        |e|_1 <= sum over unknowns of w |e_i|, with w the trace norms of their operators, which is at most n^(1/2) times the root mean
        square of  sum of +- w e_i  over random signs; the largest estimate of a few such sums stands for that.
        """
        estimates = self.solution.covector_estimates(signed_sums(self.basis))
        return math.sqrt(self.basis.dimension) * max(_joined(parts) for parts in estimates)

    # -- certificate ----------------------------------------------------------------------------------------------------

    def error(self, label: str | MomentLabel) -> float:
        """Estimate of the absolute error of a moment (dual-weighted residual; zero for moments that vanish by symmetry)."""
        key = self.label(label)
        self.estimate([key])
        return self._errors[_smaller(key)]

    def deviation(self, charge: Charge | None = None) -> float:
        """Trace norm that the state, or one sector of it, is off by: :attr:`trace_norm_error`, an estimate."""
        return self.trace_norm_error

    def estimate(self, labels: Iterable[MomentLabel], others: Mapping[str, Observable] | None = None) -> None:
        """Fill in error estimates, one for a moment and its conjugate, and of derived quantities that are observables themselves."""
        wanted = [key for key in dict.fromkeys(map(_smaller, labels)) if key not in self._errors]
        self._errors |= dict.fromkeys(wanted, 0.0)
        neutral = [key for key in wanted if key.order and not any(key.charge(self.model))]
        named = {name: other for name, other in (others or {}).items() if name not in self._own_errors}
        estimates = self.solution.estimates([*neutral, *named.values()])
        for key, parts in zip(neutral, estimates, strict=False):
            # without an error the state has nothing of it by a symmetry, or too few levels
            reached = (max(key.monomial_of(mode.name)) >= mode.levels for _, mode in modes_of_centre(self.model.centre))
            seen = any(map(any, parts)) or any(reached)
            unit, above = max(1.0, abs(self.moment(key))), self._above_the_cutoff(key) if seen else 0.0
            self._errors[key] = _joined(parts) + above
            self.algebraic_error = max([self.algebraic_error, *(part.algebraic / unit for part in parts)])
            self._cutoffs[key] = self._enter(parts, above, unit)
        share = derived_tolerance(self.tolerance) / self.tolerance
        for (name, other), parts in zip(named.items(), estimates[len(neutral) :], strict=True):
            above = self._pairs_above_the_cutoff(name) if is_ratio(name) else 0.0
            noise = self.solution.noise * other.largest if parts else 0.0  # without parts nothing of it can be there
            rounding = max([noise, *(part.algebraic for part in parts)])
            self._own_errors[name] = _joined(parts) + above + noise
            # more levels or sites mend neither rounding nor the digits of a zero
            if other.size and max([above, *(part.window + part.cutoff for part in parts)]) > rounding:
                self._enter(parts, above, other.size * share)

    def _enter(self, parts: Iterable[ErrorParts], above: float, unit: float) -> float:
        """Parts of an error estimate relative to a unit; returns that from the cut-off and, ``above``, from beyond it."""
        self.window_error = max([self.window_error, *(part.window / unit for part in parts)])
        cutoff = max([above, *(part.cutoff for part in parts)]) / unit
        self.cutoff_error = max(self.cutoff_error, cutoff)
        return cutoff

    def _estimate_derived(self, labels: Iterable[MomentLabel] = ()) -> None:
        """Error estimates of these moments and of all that the derived quantities need, together where a solution sums observables.

        Half the error of an inversion that is asked for serves its population, where that is within what is allowed.
        """
        keys = list(labels)
        asked = {*map(_smaller, keys), *self._errors}
        others: dict[str, Observable] = {}
        halved: dict[str, Observable] = {}
        for name, site in self._upper_states().items():
            observable, z = upper_population(self.model, site, self._population(site)), self.label(inversion(self.model, site))
            (halved if z in asked else others)[name] = observable
        for (position, _), mode in zip(modes_of_centre(self.model.centre), mode_labels(self.model), strict=True):
            keys += [self.label(mode.field), self.label(mode.photons)]
            photons = self.moment(mode.photons).real
            if photons > 0:
                others[f"g2{mode.at}"] = pair_numerator(self.model, position, photons, self.moment(mode.pairs).real)
        keys += [self.label(both) for _, both, _, _ in coincidences(self.model)]
        # a small one apart: its weight in a sum would leave the errors of the others unknown
        self.estimate(keys, {name: each for name, each in others.items() if each.size > _APART})
        self.estimate([], others)
        allowed = derived_tolerance(self.tolerance)
        sites = self._upper_states()
        self.estimate([], {name: each for name, each in halved.items() if not self._population_error(sites[name]) <= allowed * each.size})

    def _upper_states(self) -> dict[str, Site]:
        """Site of each derived population that is not exactly zero, by its name."""
        return {name: site for name, site in spins_of(self.model) if not emptied(self.model, site)}

    def _population(self, site: Site) -> float:
        return 0.0 if emptied(self.model, site) else super()._population(site)

    def _population_error(self, site: Site) -> float:
        """Of the upper state: its own estimate, or half that of the inversion, whichever there is and is tighter."""
        if emptied(self.model, site):
            return 0.0
        name = next(name for name, each in self._upper_states().items() if each is site)
        half = self._errors.get(self.label(inversion(self.model, site)), math.inf) / 2
        return min(self._own_errors.get(name, math.inf), half)

    @property
    def derived_errors(self) -> dict[str, float]:
        """Error estimate of each derived quantity, propagated from its moments."""
        self._estimate_derived()
        photons = {f"g2{mode.at}": self.moment(mode.photons).real for mode in mode_labels(self.model)}
        tops = {name: self._own_errors[name] * max(1.0, n) ** 2 for name, n in photons.items() if name in self._own_errors}
        return derived_errors(self.model, self.moment, self.error, self._population_error, tops)

    def _above_the_cutoff(self, key: MomentLabel) -> float:
        """What photon numbers above the cut-offs would add to a moment: :func:`permsym.steady.scaling.levels.tail`, mode by mode."""
        every = {position: key.monomial_of(mode.name) for position, mode in modes_of_centre(self.model.centre)}
        return self.above_the_cutoffs({at: p + q for at, (p, q) in every.items()}, {at: abs(p - q) for at, (p, q) in every.items()})

    def above_the_cutoffs(
        self, ladders: Mapping[int, int], apart: Mapping[int, int] | None = None, vector: NDArray[Any] | None = None
    ) -> float:
        """The same for so many ladder operators of each mode, by its position, that change its n by so many quanta.

        vector   what is summed over as the basis holds it; None: the state
        """
        total, modes = 0.0, modes_of_centre(self.model.centre)
        if not modes:
            return total
        fock = self._populations if vector is None else self._site_populations(vector)
        for position, mode in modes:
            if ladders[position]:
                step, change = reach(self.model, position), 0 if apart is None else apart[position]
                own = tail(fock[position], step, ladders[position], change, mode.displacement)
                total += own * math.prod(math.sqrt(other.levels) ** ladders[at] for at, other in modes if at != position)
        return total

    @cached_property
    def _populations(self) -> list[NDArray[np.float64]]:
        """Populations of the states of each of the centre's sites."""
        return self._site_populations(self.x)

    def _site_populations(self, vector: NDArray[Any]) -> list[NDArray[np.float64]]:
        return [self.basis.site_populations(vector, position) for position in range(len(self.model.centre_sites))]

    @property
    def top_populations(self) -> dict[int, float]:
        """Population of the highest Fock state of each mode, by its position among the centre's sites."""
        return {position: float(self._populations[position][-1]) for position, _ in modes_of_centre(self.model.centre)}

    def _pairs_above_the_cutoff(self, name: str) -> float:
        """The same for the linearised numerator of g2, see :func:`permsym.states.derived.pair_numerator`."""
        mode = next(mode for mode in mode_labels(self.model) if f"g2{mode.at}" == name)
        photons = self.moment(mode.photons).real
        each, pairs = (self._above_the_cutoff(self.label(text)) for text in (mode.photons, mode.pairs))
        return (pairs + 2 * abs(self.moment(mode.pairs)) / photons * each) / max(1.0, photons) ** 2

    def _fock_errors(self, position: int = 0) -> NDArray[np.float64]:
        return self.solution.fock_estimates(position)

    def certify(self, labels: Iterable[str | MomentLabel], tolerance: float | None = None) -> Certificate:
        """Certificate for the moments of these labels and, where there are any, for all derived quantities."""
        keys = [self.label(label) for label in labels]
        if keys:
            self._estimate_derived(keys)
        errors = {str(key): self._errors[_smaller(key)] for key in keys}
        return Certificate(
            error_estimate=max(errors.values(), default=0.0),
            errors=errors,
            residual=self.solution.residual,
            edge_mass=max([self.solution.edge_mass, *self.top_populations.values()]),
            balance=self.balance,
            min_population=self.basis.least_population(self.x),
            tolerance=self.tolerance if tolerance is None else tolerance,
            metastable=self.algebraic_error > METASTABLE,
            cutoff_error=max((self._cutoffs.get(_smaller(key), 0.0) for key in keys), default=0.0),
            levels=_levels(self.model),
            above_levels=self.above_levels,
            converged=self.solution.converged,
            rigorous=self.solution.rigorous,
            sizes={str(key): abs(self.moment(key)) for key in keys},
            derived=self.derived if keys else {},
            derived_errors=self.derived_errors if keys else {},
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
        differences = [abs(self.moment(label) - other.moment(label)) / max(1.0, abs(self.moment(label))) for label in labels]
        worst = max((float("nan") if np.isnan(d) else d for d in differences), default=0.0)
        return replace(self.certificate, verification=worst, verified_in=name or other.basis.representation)

    @property
    def balance(self) -> float:
        """Largest relative defect of d<O>/dt = 0 for the excitations of each site of the centre and of each ensemble.

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
        """Populations (levels,) of the centre's states; of a boson that is not displaced, the photon-number distribution P(n)."""
        return self.basis.site_populations(self.x, 0)

    # -- files ------------------------------------------------------------------------------------------------------------

    def _header(self, packing: Packing) -> dict[str, Any]:
        header, solution, certificate = super()._header(packing), self.solution, self.certificate
        return header | {
            "type": "steady",
            "tolerance": self.tolerance,
            "solver": self.solver,
            "timings": self.timings,
            "labels": list(certificate.errors),
            "verification": certificate.verification,
            "verified_in": certificate.verified_in,
            "solution": {name: getattr(solution, name) for name in ("size", "residual", "converged", "edge_mass", "noise", "rigorous")},
            "off": self.trace_norm_error,
            "fock": packing.array(self._fock_errors()) if isinstance(self.model.centre, Boson) else None,
            "estimates": {
                "moments": {str(key): error for key, error in self._errors.items()},
                "derived": self._own_errors,
                "cutoffs": {str(key): error for key, error in self._cutoffs.items()},
                "parts": [self.algebraic_error, self.window_error, self.cutoff_error],
            },
        }

    def recall(self, estimates: Mapping[str, Any]) -> None:
        """Take over the estimates that a file holds."""
        self._errors = {self.label(text): float(error) for text, error in estimates["moments"].items()}
        self._own_errors = {name: float(error) for name, error in estimates["derived"].items()}
        self._cutoffs = {self.label(text): float(error) for text, error in estimates["cutoffs"].items()}
        self.algebraic_error, self.window_error, self.cutoff_error = map(float, estimates["parts"])

    # -- looking --------------------------------------------------------------------------------------------------------

    @property
    def _card(self) -> Card:
        """What it shows of itself; nothing is solved for that."""
        title = f"State of {self.model.called}: {self.basis.representation}, {self.dimension:,} unknowns"
        certificate = self._certificate
        if certificate is None:
            return Card(title, notes=["nobody has asked for its certificate yet: state.certificate"])
        values = [(text, self.moment(text), error) for text, error in certificate.errors.items()]
        zero = [text for text, value, error in values if not value and not error]
        derived = [(name, value, certificate.derived_errors.get(name, math.nan)) for name, value in certificate.derived.items()]
        moments = [each for each in values if each[0] not in zero]
        return Card(title, certificate.summary, certificate.certified, derived, moments, zero)

    def __repr__(self) -> str:
        return self._card.text()

    def _repr_html_(self) -> str:
        return self._card.html()


def signed_sums(basis: Basis) -> list[NDArray[np.complex128]]:
    """Covectors (basis.dimension,) of  sum of +- w e_i  over random signs, with w the trace norms of the unknowns' operators."""
    weights = basis.element_norms(basis.labels)
    if basis.hermitian:
        weights = weights * (1 + basis.paired)
        weights = np.concatenate([weights, weights[basis.paired]])
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (_SIGNED_SUMS, len(weights)))
    return [(each * weights).astype(complex) for each in signs]


def certified(state: State, labels: Iterable[MomentLabel]) -> State:
    """The state with a certificate for these moments."""
    started = time.perf_counter()
    state.adopt(state.certify(labels))
    state.timings["moments"] = time.perf_counter() - started
    return state


def _joined(parts: Iterable[ErrorParts]) -> float:
    """The estimates of a real and of an imaginary part as one."""
    return math.hypot(*(sum(part) for part in parts))


def _smaller(key: MomentLabel) -> MomentLabel:
    """One of a label and its conjugate, the same for both."""
    return min(key, key.conjugate(), key=str)


def _excitations(model: Model) -> list[Operator]:
    """Excitation numbers of the centre and of each ensemble."""
    ensembles = [e.operator(np.diag(e.excitations)) for e in model.ensembles]
    own = [site for site in model.centre_sites if not isinstance(site, NoCentre)]
    return [*(site.n if isinstance(site, Boson) else site.operator(np.diag(site.excitations)) for site in own), *ensembles]


def _levels(model: Model) -> int | str | None:
    """The cut-off of the mode of the centre, of several as words; None: there is no mode."""
    modes = [mode for _, mode in modes_of_centre(model.centre)]
    if len(modes) == 1 and not modes[0].name:
        return modes[0].levels
    return ", ".join(f"{mode.name}={mode.levels}" for mode in modes) or None
