"""A time evolution: moments over time and what certifies them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.evolved.certificate import EvolutionCertificate
from permsym.dynamics.initial_density import Initial
from permsym.dynamics.taylor.steps import Clock
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse
from permsym.shown import Card, verdict
from permsym.sites import is_real
from permsym.states.derived import derived_errors, derived_quantities, is_ratio
from permsym.states.fisher import RotationFisherSeries
from permsym.states.rotation import Axis
from permsym.states.squeezing import SqueezingSeries, squeezing, squeezing_labels
from permsym.steady.certificate import derived_tolerance
from permsym.steady.in_time import OnItsWay

if TYPE_CHECKING:
    from permsym.dynamics.evolved.state import EvolvedState

TimeSeries = NDArray[np.complex128]


@dataclass(frozen=True)
class Evolution(OnItsWay):
    """Moments of rho(t) = exp(t L) rho(0).

    model                 whose boson has the cut-off that was needed
    initial               rho(0), at t = 0
    times                 (T,)
    values                label -> (T,), requested moments and those that ``derived`` needs
    labels                the requested ones
    photon_distribution   (T, levels) probabilities of a boson's Fock states; None for other centres
    errors                estimate of each moment's absolute error at any of the times
    states                time -> state, of those that ``keep`` left
    stateless             what to do to have some where there are none
    modulation            what changed in time, as it was given; ``model`` has its coefficients from means over the times then
    clock                 its functions; None without any, and where the evolution was pickled
    """

    model: Model
    initial: Initial
    times: NDArray[np.float64]
    values: Mapping[MomentLabel, TimeSeries]
    labels: tuple[MomentLabel, ...]
    photon_distribution: NDArray[np.float64] | None
    certificate: EvolutionCertificate
    representation: str
    dimension: int
    solver: dict[str, Any]
    timings: dict[str, float]
    errors: Mapping[MomentLabel, float] = field(default_factory=dict)
    states: Mapping[float, EvolvedState] = field(default_factory=dict, repr=False)
    stateless: str = ""
    modulation: Mapping[str, str] = field(default_factory=dict)
    clock: Clock | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "clock": None}  # functions of a user's do not go into files

    @property
    def _card(self) -> Card:
        """What it shows of itself: values at the last time."""
        times, certificate = self.times, self.certificate
        title = f"Evolution of {self.model.called}: {len(times)} times, {times[0]:g} to {times[-1]:g}; {self.representation}"
        evidence = f"every moment is right to {certificate.error_estimate:.1e} at all times; the trace to {certificate.trace_defect:.1e}"
        errors = self.derived_errors
        derived = [(name, float(values[-1]), float(errors[name][-1])) for name, values in self.derived.items()]
        moments = [(name, complex(values[-1]), certificate.errors.get(name, 0.0)) for name, values in self.moments.items() if values.any()]
        said = verdict(certificate.certified, certificate.reasons, evidence)
        return Card(title, said, certificate.certified, derived, moments, notes=[f"values at t = {times[-1]:g}:"])

    def __repr__(self) -> str:
        return self._card.text()

    def _repr_html_(self) -> str:
        return self._card.html()

    def state(self, t: float) -> EvolvedState:
        """rho(t) at one of the times, with errors of its own: moments of any order, reduced states, P(n), P(j, m), two-time functions.

        Another evolution goes on from it, ``evolve(model, times, initial=that)``.  Raises InputError where it is not there.
        """
        if not self.states:
            raise InputError(f"this evolution has no states: {self.stateless}")
        times = np.array(list(self.states))
        if not is_real(t):
            raise InputError(f"`t` must be a time of the evolution, but is {t!r}")
        near = times[np.abs(times - t).argmin()]
        if not abs(near - t) <= 1e-12 * max(1.0, float(times.max())):
            raise InputError(f"there is no state at t = {t:g}, the nearest is at {near:g}; add the time to `times`, or to keep=[...]")
        return self.states[float(near)]

    def rotated(self, axis: Axis, angle: float, of: str = "satellites") -> EvolvedState:
        """The state at the last time after an instantaneous rotation, as :meth:`permsym.DensityOperator.rotated` makes it."""
        return self.state(float(self.times[-1])).rotated(axis, angle, of)

    def moment(self, label: str | MomentLabel) -> TimeSeries:
        """A requested moment at all times, (T,)."""
        key = label if isinstance(label, MomentLabel) else parse(label, self.model)
        if key in self.values:
            return self.values[key]
        if key.conjugate() in self.values:
            return self.values[key.conjugate()].conj()
        raise KeyError(f"the moment {str(key)!r} was not followed; ask for it with moments=[...], or at one time with state(t).moment(...)")

    def expect(self, label: str | MomentLabel) -> TimeSeries:
        """A requested moment at all times, (T,), by the name that it has on a state; InputError for operators, which need one."""
        if not isinstance(label, str | MomentLabel):
            raise InputError(
                f"an evolution has followed moments only, but {label!r} is none; ask for those that the operator is made of with "
                "evolve(..., moments=[...])"
            )
        return self.moment(label)

    @property
    def moments(self) -> dict[str, TimeSeries]:
        """The requested moments by canonical label, each (T,)."""
        return {str(label): self.values[label] for label in self.labels}

    @property
    def derived(self) -> dict[str, NDArray[np.float64]]:
        """Excited-state populations, photon numbers and g2 at all times, each (T,).

        g2 is nan where it is not certain to max(tolerance, 1e-6) of its value: a ratio of moments that vanish with the photons.
        """
        values, errors = self._over_times(derived_quantities), self.derived_errors
        allowed = derived_tolerance(self.certificate.tolerance)
        for name in filter(is_ratio, list(values)):
            values[name] = np.where(errors[name] <= allowed * np.abs(values[name]), values[name], np.nan)
        return values

    @property
    def derived_errors(self) -> dict[str, NDArray[np.float64]]:
        """Error estimate of each derived quantity at all times, (T,), propagated from those of its moments.

        As :func:`permsym.states.derived.derived_errors` does: inf where no digit of g2 is certain, nan where there is none.
        """
        return self._over_times(lambda model, moment: derived_errors(model, moment, self._error))

    def squeezing(self, ensemble: str | None = None) -> SqueezingSeries:
        """Squeezing of an ensemble at all times, with errors: see :func:`permsym.states.squeezing.squeezing`.

        InputError where its moments were not followed; those up to order 2 have them.
        """
        missing = [str(key) for key in squeezing_labels(self.model, ensemble) if not {key, key.conjugate()} & self.values.keys()]
        if missing:
            raise InputError(f"squeezing needs the moment {missing[0]!r}, which was not followed; evolve with moments=2")
        allowed = derived_tolerance(self.certificate.tolerance)
        moments = [lambda text, k=k: complex(self.moment(text)[k]) for k in range(len(self.times))]
        return SqueezingSeries(tuple(squeezing(self.model, moment, self._error, allowed, ensemble) for moment in moments))

    def rotation_fisher(self, joint: bool = False) -> RotationFisherSeries:
        """Fisher information about angles of rotation at all times, as :meth:`permsym.DensityOperator.rotation_fisher` has it at one.

        InputError where there is no state at some time, see ``keep``.
        """
        return RotationFisherSeries(tuple(self.state(float(t)).rotation_fisher(joint) for t in self.times))

    def judged(self) -> Evolution:
        """The evolution with its derived quantities in the certificate.

        What is zero within its errors at all times has no digits to be relative to, and is judged by its moments alone.
        """
        errors = self.derived_errors
        largest = {name: float(np.abs(series).max()) for name, series in self.derived.items() if not is_ratio(name)}
        ratios = {name: float(errors[name].max()) / value for name, value in largest.items() if value > errors[name].max()}
        return replace(self, certificate=replace(self.certificate, derived_errors=ratios))

    def _error(self, label: str) -> float:
        key = parse(label, self.model)
        return self.errors[key] if key in self.errors else self.errors[key.conjugate()]

    def _over_times(self, table: Callable[[Model, Callable[[str], complex]], dict[str, float]]) -> dict[str, NDArray[np.float64]]:
        """A table of moments, made at each time; nan where a row is missing."""
        rows = [table(self.model, lambda text, k=k: complex(self.moment(text)[k])) for k in range(len(self.times))]  # type: ignore[misc]
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}
