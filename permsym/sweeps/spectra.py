"""Power spectra, lines and g2 over delays as quantities of a sweep: what is asked for, and what goes into a point."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from permsym.dataset.build import Point
from permsym.dataset.status import Status, expanded
from permsym.errors import BeyondOrder, InputError, UncertifiedWarning
from permsym.model import Model
from permsym.reading import MOST_STEPS
from permsym.sites import is_real

if TYPE_CHECKING:  # solvers are loaded by whoever computes
    from permsym.cumulants.state import CumulantState
    from permsym.cumulants.two_time.correlation import CumulantCorrelation
    from permsym.cumulants.two_time.regression import Failure
    from permsym.cumulants.two_time.spectrum import CumulantLine, CumulantSpectrum
    from permsym.dynamics.spectra.linewidth import Linewidth
    from permsym.dynamics.spectra.spectrum import PowerSpectrum
    from permsym.dynamics.two_time.result import Correlation
    from permsym.steady.state import State

MOST_FREQUENCIES = MOST_STEPS + 1  # of a sweep: every point has a value and an error for each


@dataclass(frozen=True)
class SpectrumRequest:
    """The table ``[spectrum]`` of a sweep: S(omega) at some frequencies, the width of a line, g2(tau) at some delays.

    of, right     A and B of <A(tau) B(0)>, spelled as in model files; None: those of the centre's emission
    frequencies   omega; none: no curve
    linewidth     whether the line nearest to ``near`` is wanted; ``near`` None: the highest one
    delays        tau >= 0, ascending, of g2(tau) of the centre's light; none: no g2
    """

    of: str | None = None
    right: str | None = None
    frequencies: tuple[float, ...] = ()
    linewidth: bool = False
    near: float | None = None
    delays: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.frequencies and not self.linewidth and not self.delays:
            raise InputError("a spectrum needs frequencies, such as -3, 0, 3, linewidth = true, or delays of g2, such as 0, 1, 2")
        if self.near is not None and not self.linewidth:
            raise InputError("`near` says which line; it needs linewidth = true")
        for number in [*self.frequencies, *([] if self.near is None else [self.near])]:
            if not is_real(number) or not math.isfinite(number):
                raise InputError(f"a frequency must be a finite number, but is {number!r}")
        if len(self.frequencies) > MOST_FREQUENCIES:
            raise InputError(f"there are {len(self.frequencies):,} frequencies, but a sweep has at most {MOST_FREQUENCIES:,}; take fewer")
        if len(set(self.frequencies)) < len(self.frequencies):
            raise InputError("a frequency appears twice; give each once")
        _check_delays(self.delays)

    @classmethod
    def of_table(cls, table: Mapping[str, Any] | SpectrumRequest | None) -> SpectrumRequest | None:
        """The request that a mapping spells, as JSON has it; InputError for entries that there are not."""
        if table is None or isinstance(table, SpectrumRequest):
            return table
        unknown = [name for name in table if name not in cls.__dataclass_fields__]
        if unknown:
            raise InputError(f"a spectrum has no {unknown[0]!r}; it has {', '.join(cls.__dataclass_fields__)}")
        lists = {name: tuple(x.item() if hasattr(x, "item") else x for x in table.get(name, ())) for name in ("frequencies", "delays")}
        return cls(**{**table, **lists})

    def __str__(self) -> str:
        curve = [f"{len(self.frequencies)} frequencies"] if self.frequencies else []
        line = ["the highest line" if self.near is None else f"the line nearest to {self.near:g}"] if self.linewidth else []
        later = [f"g2 at {len(self.delays)} delays"] if self.delays else []
        return " and ".join([*curve, *line, *later]) + (f", of {self.of!r} and {self.right!r}" if self.of else "")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        entries = asdict(self) | {"frequencies": list(self.frequencies)}
        del entries["delays"]  # requests without them are what they were before there were any
        return entries | ({"delays": list(self.delays)} if self.delays else {})

    def check(self, model: Model) -> None:
        """InputError for operators that a model does not have."""
        from permsym.dynamics.spectra.response import operators
        from permsym.dynamics.two_time.correlation import field_operators
        from permsym.dynamics.two_time.marked import marked
        from permsym.errors import TooFewSatellites

        if self.delays:
            field_operators(model)
        if not self.frequencies and not self.linewidth:
            return
        try:
            marked(model, list(operators(model, self.of, self.right)))
        except TooFewSatellites:  # of a point, which says so itself
            return


def _check_delays(delays: tuple[float, ...]) -> None:
    for number in delays:
        if not is_real(number) or not 0 <= number < math.inf:
            raise InputError(f"a delay must be a finite number >= 0, but is {number!r}")
    if any(a >= b for a, b in itertools.pairwise(delays)):
        raise InputError("the delays must increase, each once")
    if len(delays) > MOST_FREQUENCIES:
        raise InputError(f"there are {len(delays):,} delays, but a sweep has at most {MOST_FREQUENCIES:,}; take fewer")


# -- exact ----------------------------------------------------------------------------------------------------------------


def exact_spectrum(state: State, asked: SpectrumRequest) -> list[PowerSpectrum | Linewidth]:
    """The curve and the line of a state, those that are asked for."""
    from permsym.dynamics.spectra.linewidth import linewidth
    from permsym.dynamics.spectra.spectrum import spectrum

    answers: list[PowerSpectrum | Linewidth] = []
    if asked.frequencies:
        answers.append(spectrum(state, asked.frequencies, asked.of, asked.right))
    if asked.linewidth:
        answers.append(linewidth(state, asked.near, asked.of, asked.right))
    return answers


def add_spectrum(point: Point, answers: Sequence[PowerSpectrum | Linewidth]) -> None:
    """Give them to a point."""
    from permsym.dynamics.spectra.spectrum import PowerSpectrum

    for answer in answers:
        if isinstance(answer, PowerSpectrum):
            add_curve(point, answer)
        else:
            add_line(point, answer)


def exact_coherence(point: Point, state: State, asked: SpectrumRequest) -> None:
    """Give a point g2 at the delays that are asked for, with its errors; it is uncertified where g2 is."""
    if not asked.delays:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # the status says it
        answer = state.g2(asked.delays)
    point.coherence |= _by_delay(answer)
    point.coherence_errors |= dict(zip(asked.delays, answer.errors.tolist(), strict=True))
    uncertify(point, answer.certificate.reasons)


def _by_delay(answer: Correlation | CumulantCorrelation) -> dict[float, float]:
    return dict(zip(answer.times.tolist(), answer.values.real.tolist(), strict=True))


def add_curve(point: Point, curve: PowerSpectrum) -> None:
    """S with its errors; the point is uncertified where the spectrum is."""
    frequencies = curve.frequencies.tolist()
    point.power |= dict(zip(frequencies, curve.power.tolist(), strict=True))
    point.power_errors |= dict(zip(frequencies, curve.errors.tolist(), strict=True))
    point.derived["coherent_part"] = curve.coherent.real
    uncertify(point, curve.reasons)


def add_line(point: Point, line: Linewidth) -> None:
    """The line with its errors; the point is uncertified where the line is."""
    point.derived |= {"linewidth": line.fwhm, "line_frequency": line.frequency}
    point.derived_errors |= {"linewidth": 2 * line.error, "line_frequency": line.error}
    _add_shape(point, line)
    errors = {"line_weight": line.weight_error, "half_maximum": line.half_maximum_error}
    point.derived_errors |= {name: error for name, error in errors.items() if error is not None and name in point.derived}
    uncertify(point, line.reasons)


def _add_shape(point: Point, line: Linewidth | CumulantLine) -> None:
    others = {"line_weight": line.weight, "half_maximum": line.half_maximum}
    point.derived |= {name: value for name, value in others.items() if value is not None and math.isfinite(value)}


def uncertify(point: Point, reasons: Sequence[str]) -> None:
    """A point whose state is right, but not what was made of it."""
    if reasons and point.status is Status.OK:  # what the state lacks says so already
        point.status, point.reason = Status.UNCERTIFIED, "; ".join(filter(None, [point.reason, *reasons]))
        point.scalars["certified"] = 0


# -- expansions -----------------------------------------------------------------------------------------------------------


def cumulant_spectrum(point: Point, state: CumulantState, asked: SpectrumRequest, regression: str) -> None:
    """Give a point the curve and the line of a cumulant expansion; those that its order does not have are left out, as moments are."""
    from permsym.cumulants.two_time.correlation import g2
    from permsym.cumulants.two_time.spectrum import linewidth, spectrum

    try:
        if asked.frequencies:
            add_expanded_curve(point, spectrum(state, asked.frequencies, asked.of, asked.right, regression=regression))
        if asked.linewidth:
            add_expanded_line(point, linewidth(state, asked.near, asked.of, asked.right, regression=regression))
        if asked.delays:
            answer = g2(state, asked.delays, regression=regression)
            point.coherence |= _by_delay(answer)
            mark(point, answer.failures)
    except BeyondOrder as error:
        point.reason += f", no spectrum: {error}"


def add_expanded_curve(point: Point, curve: CumulantSpectrum) -> None:
    """S, which nothing bounds the error of."""
    point.power |= dict(zip(curve.frequencies.tolist(), curve.power.tolist(), strict=True))
    point.derived["coherent_part"] = float(sum(value.real for value in curve.coherent.values()))
    mark(point, curve.failures)


def add_expanded_line(point: Point, line: CumulantLine) -> None:
    """The line, also one that grows: its width is negative then."""
    point.derived |= {"linewidth": line.fwhm, "line_frequency": line.frequency}
    _add_shape(point, line)
    mark(point, line.failures)


def mark(point: Point, failures: Mapping[Failure, str]) -> None:
    """The status and the reason say how an approximation fails."""
    status, _ = expanded(failures)
    if status is not Status.OK and point.status is not Status.UNPHYSICAL:
        point.status = status
    point.reason = "; ".join(dict.fromkeys([*filter(None, [point.reason]), *failures.values()]))
