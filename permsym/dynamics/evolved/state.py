"""A state on its way: rho(t) of an evolution, with an error of everything that is read off it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.dynamics.evolved.certificate import EvolutionCertificate
from permsym.dynamics.evolved.errors import CUT, START, SectorError, moment_error, sector_of
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.several_sites import modes_of_centre
from permsym.states.archived import Packing
from permsym.states.density import DensityOperator
from permsym.states.derived import derived_errors, is_ratio
from permsym.states.rotation import Axis
from permsym.states.sectors import Charge, paired
from permsym.states.squeezing import Squeezing, squeezing
from permsym.steady.certificate import derived_tolerance, sides_tolerance
from permsym.steady.in_time import InTime


class SectorPart(NamedTuple):
    """One charge sector of a state on its way.

    x        the state as the basis holds it
    error    trace norm that it is off by
    top      largest population of a boson's last Fock states so far; 0 in charged sectors
    """

    basis: Basis
    x: NDArray[Any]
    error: SectorError
    top: float = 0.0


class Origin(NamedTuple):
    """Where a state comes from.

    model       the one that was evolved, its cut-off still open if it was
    labels      moments that were asked for
    tolerance   what certified means
    deviation   trace norm that the initial state was off by
    modulated   whether its coefficients changed in time: then ``model`` has none that hold now
    """

    model: Model
    labels: tuple[MomentLabel, ...]
    tolerance: float
    deviation: float = 0.0
    modulated: bool = False


class EvolvedState(DensityOperator, InTime):
    """The state of an evolution at one time.

    model       whose boson has the cut-off of this time
    time        since the initial state of the first evolution, on the clock of coefficients that depend on time
    sectors     its charge sectors, the neutral one first
    lacking     charges that the initial state reaches, but that were not followed
    """

    def __init__(self, origin: Origin, time: float, sectors: Sequence[SectorPart], lacking: Collection[Charge] = ()) -> None:
        neutral, *charged = sectors
        coherences = [DensityOperator(each.basis.model, each.basis, each.x) for each in charged]
        super().__init__(neutral.basis.model, neutral.basis, neutral.x, coherences=coherences, lacking=lacking)
        self.time = time
        self.origin = origin
        self.tolerance = origin.tolerance
        self.errors: Mapping[Charge, SectorError] = {paired(each.basis.charge): each.error for each in sectors}
        self.top_population = neutral.top

    def squeezing(self, ensemble: str | None = None) -> Squeezing:
        """As :meth:`permsym.DensityOperator.squeezing`, with errors from those of the moments."""
        return squeezing(self.model, self.moment, self.error, derived_tolerance(self.tolerance), ensemble)

    @property
    def _side_to_side(self) -> float:
        return sides_tolerance(self.tolerance)

    # -- errors -----------------------------------------------------------------------------------------------------------

    def deviation(self, charge: Charge | None = None) -> float:
        """Trace norm by which the state, or one sector of it, is off: a bound, but for what is estimated of a cut-off.

        The expectation value of any operator A is off by this times the norm of A, at most.
        """
        cut = CUT * self.top_population
        if charge is not None:
            error = self.errors.get(paired(charge))
            return 0.0 if error is None else error.total + cut
        steps = sum((2 if any(each) else 1) * (error.steps + error.rounding) for each, error in self.errors.items())
        return self.origin.deviation + steps + cut

    def rotated(self, axis: Axis, angle: float, of: str = "satellites") -> EvolvedState:
        """As :meth:`permsym.DensityOperator.rotated`; what the state is off by, every sector is off by afterwards, at most."""
        parts, off = self._rotated(axis, angle, of)
        tops = [self.top_population, *(0.0 for _ in parts[1:])]
        error = SectorError(off - CUT * self.top_population)
        sectors = [SectorPart(basis, x, error, top) for (basis, x), top in zip(parts, tops, strict=True)]
        return EvolvedState(self.origin._replace(deviation=error.start), self.time, sectors)

    @property
    def trace_norm_error(self) -> float:
        """Of the difference to the exact state, with the rounding of its moments."""
        return self.deviation() + START * (1 + sum(self.model.sizes))

    def error(self, label: str | MomentLabel) -> float:
        """Estimate of the absolute error of a moment: a bound from the steps and their rounding, and an estimate for a cut-off."""
        key = self.label(label)
        value = abs(self.moment(key))  # refuses what is not known
        sector = sector_of(self.model, key)
        if key.order == 0 or sector not in self.errors:
            return 0.0
        model = max((each.model for each in (self, *self.coherences)), key=lambda one: one.centre.levels)
        return moment_error(model, key, self.errors[sector].total, self._top(key), max(1.0, value))

    def _fock_errors(self, position: int = 0) -> NDArray[np.float64]:
        """Error of each P(n), whose operator has norm 1."""
        return np.full(self.site_levels(position), self.deviation())

    def _top(self, key: MomentLabel) -> float:
        """Population of the last Fock states; of as many as the ladder operators of one kind in a label reach, at least."""
        top = self.top_population
        for position, mode in modes_of_centre(self.model.centre) if top else ():
            if ladders := max(key.monomial_of(mode.name)):
                top = max(top, float(self.basis.site_populations(self.x, position)[-ladders:].sum()))
        return top

    @property
    def derived_errors(self) -> dict[str, float]:
        """Error estimate of each derived quantity, propagated from those of its moments."""
        return derived_errors(self.model, self.moment, self.error)

    @cached_property
    def certificate(self) -> EvolutionCertificate:
        """Certificate of the moments that the evolution was asked for, at this time."""
        return self.certify(self.origin.labels)

    def certify(self, labels: Iterable[str | MomentLabel]) -> EvolutionCertificate:
        """Certificate of moments at this time, and of the derived quantities that are not zero within their errors."""
        keys = [self.label(label) for label in labels]
        errors = {str(key): self.error(key) for key in keys}
        uncertain = {
            name: error / abs(self.derived[name])
            for name, error in self.derived_errors.items()
            if not is_ratio(name) and abs(self.derived[name]) > error
        }
        return EvolutionCertificate(
            error_estimate=max(errors.values(), default=0.0),
            errors=errors,
            trace_defect=abs(float(np.sum(self.basis.site_populations(self.x, 0))) - 1),
            min_population=self.basis.least_population(self.x),
            top_population=self.top_population,
            tolerance=self.tolerance,
            sizes={str(key): max(1.0, abs(self.moment(key))) for key in keys},
            derived_errors=uncertain,
        )

    def _header(self, packing: Packing) -> dict[str, Any]:
        origin = self.origin._replace(model=packing.model(self.origin.model), labels=list(map(str, self.origin.labels)))  # type: ignore[arg-type]
        errors = [list(self.errors[paired(basis.charge)]) for basis, _ in self._sectors]
        return super()._header(packing) | {"type": "evolved", "origin": origin._asdict(), "errors": errors, "top": self.top_population}

    def __repr__(self) -> str:
        return f"EvolvedState(t={self.time:g}, {self.model.called}, {self.basis.representation}, {1 + len(self.coherences)} charge sectors)"
