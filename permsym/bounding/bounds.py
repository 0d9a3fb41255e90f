"""Proved bounds of steady-state moments: the public functions and what they return."""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.errors import InputError, NotApplicable
from permsym.model import Model
from permsym.several_sites import refuse_several
from permsym.sites import is_real

if TYPE_CHECKING:
    from flint import fmpq

    from permsym.bounding.solve import Solver

DEFAULT_DEGREE, DEFAULT_GAP = 4.0, 1e-7
_HIGHEST_DEGREE = 12.0
_GROWTH = 6.0  # a degree more takes about so much longer


@dataclass(frozen=True)
class Bounds:
    """A proved interval of one steady-state quantity: lower <= value <= upper.

    It holds for every steady state of the model whose moments are finite, with the model's floats taken as the rational numbers that
    they are.  ``lower`` is rounded down and ``upper`` up; ``exact`` has both as fractions.

    name         label of the moment, or the quantity's name
    degree       d of the moment matrices: moments with up to 2 d operators took part
    free         number of moments that no equation gave
    gap          by how much at most each end may be beside the best of this degree
    seconds      time for both ends, shared by what was asked for together
    certificate  what a verifier needs, see :func:`save`
    notes        what is worth knowing: a symmetry that makes it zero, several steady states
    """

    name: str
    lower: float
    upper: float
    degree: float
    free: int
    gap: float
    seconds: float
    exact: tuple[Fraction, Fraction]
    certificate: dict[str, Any] = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()

    @property
    def proved(self) -> bool:
        """Always: what is not proved is raised."""
        return True

    @property
    def width(self) -> float:
        """upper - lower."""
        return self.upper - self.lower

    def excludes(self, value: Any) -> bool:
        """Whether a value lies outside; of a state - exact, of cumulants, of truncated Wigner - its value of the same quantity.

        An error that a state gives beside its value is not looked at.
        """
        if is_real(value) and math.isinf(value):
            return True
        if is_real(value) and not math.isnan(value):
            return not self.exact[0] <= Fraction(value) <= self.exact[1]
        if hasattr(value, "moment"):
            derived = getattr(value, "derived", {})
            if self.name in derived:
                return self.excludes(float(derived[self.name]))
            if self.name == "fano":
                pairs, photons = (complex(value.moment(label)).real for label in ("ad ad a a", "ad a"))
                if photons == 0:
                    raise InputError("a state without photons has no Fano factor to hold against bounds")
                return self.excludes(1 + pairs / photons - photons)
            if self.name.startswith("cumulant "):
                if not hasattr(value, "cumulant"):
                    raise InputError(f"{value!r} has no cumulants to hold against bounds of one")
                return self.excludes(complex(value.cumulant(self.name.removeprefix("cumulant "))).real)
            number = complex(value.moment(self.name.removeprefix("Im ")))
            return self.excludes(number.imag if self.name.startswith("Im ") else number.real)
        raise InputError(f"bounds exclude a real number or a state, but not {value!r}")

    def save(self, path: str | Path) -> None:
        """Write the certificate, JSON with the model in it; ``permsym check FILE`` proves it again, without the solver."""
        from permsym.bounding.certificate import write

        write(Path(path), self.certificate)

    def __str__(self) -> str:
        return f"{self.lower!r} <= {self.name} <= {self.upper!r}"


def bounds(
    model: Model,
    moment: str,
    *,
    degree: float | None = DEFAULT_DEGREE,
    gap: float = DEFAULT_GAP,
    width: float | None = None,
    seconds: float | None = None,
) -> Bounds:
    """A proved interval that holds the moment in the steady state, at any N.

    Minimise and maximise the moment over all numbers that obey the moment equations before any closure and make the collective moment
    matrices of a degree positive:

        <L^dag(O)> = 0,        M[i, j] = <O_i^dag O_j> >= 0

    Each end is proved by an identity in rational numbers (:mod:`permsym.bounding.proof`).

    model     any with whole N
    moment    a label such as "z0" - its real part; "Im +0 -1": the imaginary one - or p0_up, p_up, photons, g2,
              fano, variance over mean of the photon number, or "cumulant z0 z1", <z0 z1> - <z0><z1>
    degree    d: moments with up to 2 d operators, of a finite centre 2 d satellites; halves are allowed; None: raised from the lowest
              until ``width`` or ``seconds`` is reached
    gap       how far each end may be from the best of this degree, absolute
    width     with degree=None: stop where the interval is no wider
    seconds   with degree=None: stop where the next degree would take longer in all

    Raises InputError for a degree that the moment does not fit into, and where python-flint is not installed; SolverFailed where nothing is
    proved; NotApplicable where the matrices have no interior, even without the rows that vanish (:mod:`permsym.bounding.faces`).
    Sources: arXiv 2410.13646, 2410.07384; here with permutation symmetry.

    >>> from permsym.models import central_spin
    >>> b = bounds(central_spin(N=3), "z0", degree=1.5)
    >>> b.free, b.lower <= 0.34 <= b.upper
    (0, False)
    """
    return bounds_of(model, [moment], degree=degree, gap=gap, width=width, seconds=seconds)[0]


def bounds_of(
    model: Model,
    moments: Iterable[str],
    *,
    degree: float | None = DEFAULT_DEGREE,
    gap: float = DEFAULT_GAP,
    width: float | None = None,
    seconds: float | None = None,
) -> list[Bounds]:
    """The same for several moments, which share what does not depend on them."""
    names = [moments] if isinstance(moments, str) else list(moments)
    if not isinstance(model, Model):
        raise InputError(f"bounds are of a model such as ps.models.central_spin(N=150), but not of {model!r}")
    _check(names, degree, gap, width, seconds)
    if degree is not None:
        return _at(model, names, float(degree), gap)
    started = time.monotonic()
    results: list[Bounds] = []
    d = _lowest(model, names)
    while d <= _HIGHEST_DEGREE:
        before = time.monotonic()
        try:
            results = _best(results, _at(model, names, d, gap))
        except NotApplicable:  # a ratio needs a photon number away from zero, which a degree more may prove
            if d == _HIGHEST_DEGREE:
                raise
        now = time.monotonic()
        narrow = width is not None and bool(results) and all(b.width <= width for b in results)
        late = seconds is not None and now - started + _GROWTH * (now - before) > seconds
        if narrow or late or (results and results[0].free == 0):
            break
        d += 1
    if not results:
        raise NotApplicable(f"nothing is proved up to degree {min(d, _HIGHEST_DEGREE):g}; give more seconds")
    return results


def _best(before: list[Bounds], after: list[Bounds]) -> list[Bounds]:
    """The narrower ones: a degree more is never worse than by the gap."""
    return [min(pair, key=lambda b: b.width) for pair in zip(before, after, strict=True)] if before else after


def _at(model: Model, names: list[str], degree: float, gap: float) -> list[Bounds]:
    """Bounds at one degree."""
    from permsym.bounding.certificate import document
    from permsym.bounding.connected import connected
    from permsym.bounding.observables import RATIOS, canonical, linear, needed, observable
    from permsym.bounding.ratios import ratio
    from permsym.bounding.solve import Solver

    proved: Any
    started = time.monotonic()
    refuse_several(model.centre, "a proved bound")
    asked = {name: observable(model, name) for name in names if linear(name)}
    k = round(2 * degree)
    for name in names:
        needs = asked[name].needs if name in asked else needed(model, name)
        if needs > k:
            raise InputError(f"{name} needs degree {needs / 2:g} at least, but the degree is {degree:g}", parameter="degree")
    solver = Solver(model, k)
    intervals = dict(zip(asked, solver.intervals([solver.form(dict(each.terms)) for each in asked.values()], gap), strict=True))
    ratios = {name: (ratio if name in RATIOS else connected)(solver, canonical(model, name), gap) for name in names if not linear(name)}
    seconds = time.monotonic() - started
    results = []
    for name in names:
        if name in ratios:
            proved, label, parts = ratios[name], canonical(model, name), ratios[name].parts
        else:
            proved, label = intervals[name], asked[name].name
            parts = {label: (dict(asked[name].terms), intervals[name])}
        exact = (_fraction(proved.lower), _fraction(proved.upper))
        results.append(
            Bounds(
                name=label,
                lower=rounded_down(exact[0]),
                upper=0.0 - rounded_down(-exact[1]),
                degree=degree,
                free=solver.free,
                gap=gap,
                seconds=seconds,
                exact=exact,
                certificate=document(solver, parts),
                notes=_notes(solver, name in asked and not intervals[name].form),
            )
        )
    return results


def _notes(solver: Solver, vanishes: bool) -> tuple[str, ...]:
    if vanishes:
        return ("zero in every state with the symmetries of the model",)
    return ("the steady state is degenerate: the interval holds for all steady states",) if solver.degenerate else ()


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.numerator), int(value.denominator))


def rounded_down(value: Fraction) -> float:
    """The largest float that is not above a fraction."""
    nearest = float(value)
    return nearest if Fraction(nearest) <= value else math.nextafter(nearest, -math.inf)


def _lowest(model: Model, names: list[str]) -> float:
    from permsym.bounding.observables import needed

    return max(1.0, *(math.ceil(needed(model, name) / 2) for name in names))


def _check(names: list[str], degree: float | None, gap: float, width: float | None, seconds: float | None) -> None:
    """InputError for options that cannot be used."""
    if importlib.util.find_spec("flint") is None:
        raise InputError("bounds need the package python-flint; install it with  pip install 'permsym[bounds]'")
    if not all(isinstance(name, str) for name in names):
        raise InputError(f"a moment is a label, a text such as 'z0', but is {next(n for n in names if not isinstance(n, str))!r}")
    if not names:
        raise InputError("which moments? give at least one, such as 'z0'")
    if degree is not None:
        if not is_real(degree) or not 1 <= degree <= _HIGHEST_DEGREE or not float(2 * degree).is_integer():
            raise InputError(
                f"`degree` must be a whole or half number from 1 to {_HIGHEST_DEGREE:g}, such as 4, but is {degree!r}", parameter="degree"
            )
        if width is not None or seconds is not None:
            raise InputError("`width` and `seconds` say when to stop raising the degree; leave out `degree` (degree=None) to use them")
    elif width is None and seconds is None:
        raise InputError("without a degree, say when to stop: give width or seconds, such as width=1e-3")
    for name, value in (("gap", gap), ("width", width), ("seconds", seconds)):
        if value is not None and (not is_real(value) or not 0 < value < math.inf):
            raise InputError(f"`{name}` must be a finite number > 0, but is {value!r}", parameter=name)
