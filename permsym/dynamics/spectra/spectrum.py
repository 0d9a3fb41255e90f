"""The power spectrum of a steady state.

    S(w) = int <A(tau) B(0)> e^{-i w tau} d tau = 2 Re a . (i w - L)^{-1} (B rho),      int S dw = 2 pi <A B>

for A = B^dag; a peak at +w where B takes the energy w away.  The part that never decays, 2 pi <A><B> delta(w), is apart.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.dynamics.spectra.lattice import PARTS
from permsym.dynamics.spectra.response import operators, responses, state_of
from permsym.dynamics.two_time.marked import NO_CHARGE, why_zero
from permsym.errors import InputError
from permsym.model import Model
from permsym.operators import Operator
from permsym.progress import Progress, silent
from permsym.several_sites import modes_of_centre
from permsym.shown import Card, verdict
from permsym.sites import is_real
from permsym.steady.in_time import OverFrequencies
from permsym.steady.state import DEFAULT_TOLERANCE, State
from permsym.text import finite

MOST = 1_000_000  # frequencies of one call
_SHARE = 0.5  # of the tolerance: what a cut-off may cost
_MORE, _MOST_LEVELS = 6, 200  # a sixth more levels until they suffice: estimates are some hundred times the error, and P(n) falls fast


@dataclass(frozen=True)
class SpectrumCertificate:
    """Evidence that a power spectrum is right.

    error_estimate  largest absolute error estimate over the frequencies
    parts           the largest of each part: resolvent, rounding, steady state, window, cut-off
    correction      largest |2 Re y . r|: what the dual correction changed, and is in the result
    scale           largest |S|, which ``tolerance`` is relative to
    sum_rule        2 pi (<A B> - coherent), the integral of S over all frequencies
    integral        of S over those that were asked for, by trapezoids
    unsound         reasons for which the steady state itself is not certified
    """

    error_estimate: float
    parts: dict[str, float]
    correction: float
    scale: float
    sum_rule: float
    integral: float
    tolerance: float
    unsound: tuple[str, ...] = ()
    reasons: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        reasons = [f"of the steady state, {each}" for each in self.unsound]
        if not self.error_estimate <= self.allowed:
            worst = max(self.parts, key=lambda name: self.parts[name], default="")
            reasons.append(
                f"the error estimate is {self.error_estimate:.1e}, above {self.tolerance:.0e} of the largest power {self.scale:.3g}; "
                f"most of it is {_OF[worst]}"
            )
        object.__setattr__(self, "reasons", tuple(reasons))

    @property
    def allowed(self) -> float:
        """The error that counts as certified; an S that is exactly zero has no size to be relative to."""
        return self.tolerance * (self.scale or 1.0)

    @property
    def certified(self) -> bool:
        """Whether every entry is within the tolerance."""
        return not self.reasons

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: numbers that are not finite become None."""
        return {
            "certified": self.certified,
            "error_estimate": finite(self.error_estimate),
            "parts": {name: finite(value) for name, value in self.parts.items()},
            "correction": finite(self.correction),
            "sum_rule": self.sum_rule,
            "integral": self.integral,
            "tolerance": self.tolerance,
            "reasons": list(self.reasons),
        }


_OF = {
    "resolvent": "what the iteration left",
    "rounding": "rounding",
    "steady": "that of the steady state",
    "window": "what the window left out; give a state on a larger one",
    "cutoff": "what the cut-off left out; give more levels",
}


@dataclass(frozen=True)
class PowerSpectrum(OverFrequencies):
    """S at some frequencies.

    frequencies, power, errors   (F,); errors are estimates of the absolute error of each value
    coherent    <A><B>: S has 2 pi times that in a delta peak at zero, which ``power`` leaves out
    state       whose spectrum it is
    of, right   A and B
    note        where it is zero because there is nothing to follow, why
    """

    frequencies: NDArray[np.float64]
    power: NDArray[np.float64]
    errors: NDArray[np.float64]
    coherent: complex
    certificate: SpectrumCertificate
    state: State
    of: Operator | str
    right: Operator | str
    solver: dict[str, Any]
    timings: dict[str, float]
    note: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not certified."""
        return self.certificate.reasons

    @property
    def lacks_levels(self) -> bool:
        """Whether a cut-off is what the certificate lacks."""
        certificate = self.certificate
        return certificate.parts["cutoff"] > _SHARE * certificate.allowed

    @property
    def _card(self) -> Card:
        """What it shows of itself."""
        span = f"{len(self.frequencies)} frequencies, {min(self.frequencies):g} to {max(self.frequencies):g}"
        title = f"Spectrum of {self.state.model.called}: {span}"
        top = int(np.argmax(self.power))
        evidence = f"every value is estimated to be right to {self.certificate.error_estimate:.1e}"
        rows = [("largest S", float(self.power[top]), float(self.errors[top])), ("at frequency", float(self.frequencies[top]), 0.0)]
        said = verdict(self.certificate.certified, self.reasons, evidence)
        return Card(title, said, self.certificate.certified, rows, notes=[self.note] if self.note else [])

    def __repr__(self) -> str:
        return self._card.text()

    def _repr_html_(self) -> str:
        return self._card.html()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: numbers that are not finite become None."""
        return {
            "frequencies": self.frequencies.tolist(),
            "power": self.power.tolist(),
            "errors": [finite(error) for error in self.errors.tolist()],
            "coherent": self.coherent.real,
            "certificate": self.certificate.to_dict(),
            "solver": self.solver,
            "note": self.note,
        }


def spectrum(
    system: Model | State,
    frequencies: ArrayLike,
    of: Operator | str | None = None,
    right: Operator | str | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
    progress: Progress | None = None,
) -> PowerSpectrum:
    """The power spectrum S(w) = 2 Re tr[A (i w - L)^{-1} B rho] of a steady state, each value with an error estimate.

    system       a model, or its steady state as it was solved for: basis, window and levels stay
    frequencies  one or several, in the model's unit; a peak at +w is emission at w
    of, right    A and B: operators, or texts such as "ad", "+0", "-@B", "-1"; a digit is the same satellite in both.
                 Default: ad, a of a boson, +0, -0 of a spin
    tolerance    error relative to the largest power that counts as certified
    progress     called with a line of text now and then

    A model's automatic cut-off grows until it suffices.  One factorisation serves a curve, and another where frequencies are far apart;
    a cavity that was iterated takes products alone.  Raises InputError for operators that the model does not have, TooLarge where the
    charge sector does not fit.  The integral of S is 2 pi <A B>.
    """
    started, say = time.perf_counter(), progress or silent
    asked = _frequencies(frequencies)
    if not is_real(tolerance) or not 0 < tolerance < np.inf:
        raise InputError(f"`tolerance` must be a positive number, but is {tolerance!r}")
    w, back = np.unique(asked, return_inverse=True)  # in order: errors in between are those of neighbours
    model = system.model if isinstance(system, State) else system
    of, right = operators(model, of, right)
    state = state_of(system, say)
    answer = _of_state(state, w, of, right, tolerance, say)
    while isinstance(system, Model) and (wider := with_more_levels(system, answer)) is not None:
        say(f"{wider.centre!r}: the cut-off costs {answer.certificate.parts['cutoff']:.1e} with {state.model.centre!r}")
        state = state_of(wider, say)
        answer = _of_state(state, w, of, right, tolerance, say)
    answer.timings["total"] = time.perf_counter() - started
    return replace(answer, frequencies=asked, power=answer.power[back], errors=answer.errors[back])


class Cut(Protocol):
    """What a state's cut-off may be too low for."""

    @property
    def state(self) -> State: ...

    @property
    def lacks_levels(self) -> bool: ...


def with_more_levels(model: Model, answer: Cut) -> Model | None:
    """The state's model on more levels where a cut-off that is ours to choose is what the certificate lacks, else None."""
    mine = answer.state.model
    levels = {position: mine.centre_sites[position].levels for position, mode in modes_of_centre(model.centre) if mode.automatic}
    if not levels or max(levels.values()) >= _MOST_LEVELS or not answer.lacks_levels:
        return None
    return mine.with_more_levels({position: max(2, own // _MORE) for position, own in levels.items()})


def _of_state(
    state: State, w: NDArray[np.float64], of: Operator | str, right: Operator | str, tolerance: float, say: Progress
) -> PowerSpectrum:
    started = time.perf_counter()
    power, correction, decaying, coherent = np.zeros(len(w)), np.zeros(len(w)), 0j, 0j
    parts = {name: np.zeros(len(w)) for name in PARTS}
    poles: list[complex] = []
    fill = 0
    every = responses(state, of, right, say)
    note = "" if every else why_zero(state.model, [of, right])
    for response in every:
        mine = response.power(w)
        power, correction = power + mine.power, correction + mine.correction
        parts = {name: parts[name] + mine.parts[name] for name in PARTS}
        decaying, coherent = decaying + response.decaying, coherent + response.coherent
        poles, fill = [*poles, *response.poles], max(fill, response.fill)
    errors = np.sum(list(parts.values()), axis=0)
    certificate = SpectrumCertificate(
        error_estimate=float(errors.max(initial=0.0)),
        parts={name: float(values.max(initial=0.0)) for name, values in parts.items()},
        correction=float(np.abs(correction).max(initial=0.0)),
        scale=float(np.abs(power).max(initial=0.0)),
        sum_rule=2 * np.pi * decaying.real,
        integral=float(np.trapezoid(power, w)),
        tolerance=tolerance,
        unsound=() if note == NO_CHARGE else state.certificate.reasons,
    )
    timings = {"steady": state.timings.get("total", 0.0), "spectrum": time.perf_counter() - started}
    solver = {"name": "rational-krylov" if poles else "matrix-free", "poles": [[pole.real, pole.imag] for pole in poles], "fill": fill}
    return PowerSpectrum(w, power, errors, coherent, certificate, state, of, right, solver, timings, note)


def _frequencies(frequencies: ArrayLike | Sequence[float]) -> NDArray[np.float64]:
    try:
        w = np.atleast_1d(np.asarray(frequencies, dtype=float))
    except (TypeError, ValueError):
        raise InputError(f"`frequencies` must be numbers, but is {frequencies!r}") from None
    if w.ndim != 1 or not len(w) or not np.isfinite(w).all():
        raise InputError("`frequencies` must be one finite number or a list of them")
    if len(w) > MOST:
        raise InputError(f"`frequencies` has {len(w):,} entries, but at most {MOST:,} are computed at once; take fewer")
    return w
