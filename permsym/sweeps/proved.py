"""Points of a sweep that are proved intervals: the middle as the value, half the width as its error, both rounded outwards."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from permsym.dataset.build import Point
from permsym.errors import BeyondOrder
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.sites import is_real
from permsym.states.derived import suffix
from permsym.sweeps.bench import Bench
from permsym.sweeps.cost import Cost
from permsym.sweeps.quantities import expanded_quantities
from permsym.sweeps.wanted import STATE, Wanted

if TYPE_CHECKING:  # solvers are loaded by whoever computes
    from permsym.bounding.bounds import Bounds

BOUNDS_OPTIONS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "degree": ("a whole or half number from 1 to 12", lambda v: is_real(v) and 1 <= v <= 12 and float(2 * v).is_integer()),
    "gap": ("a positive number", lambda v: is_real(v) and 0 < v < math.inf),
}
"""Option of :func:`permsym.bounds` -> what it must be, and whether a value is that."""


def bounds_point(model: Model, wanted: Wanted, options: Mapping[str, Any], bench: Bench) -> Point:
    """Proved intervals of moments, populations and photon numbers; BeyondOrder where the degree has none of the labels."""
    from permsym.bounding.bounds import DEFAULT_DEGREE, bounds_of

    degree = float(options.get("degree", DEFAULT_DEGREE))
    labels = [label for label in wanted.labels if _operators(model, label) <= 2 * degree]
    if wanted.labels and not labels:
        raise BeyondOrder(f"degree {degree:g} has none of the moments; ask for a higher degree", order=int(2 * degree))
    imaginary = [label for label in labels if label.conjugate() != label]
    derived = [f"p_up{suffix(model, ensemble)}" for ensemble in model.ensembles if ensemble.kind == "spin"]
    derived += {"spin": ["p0_up"], "boson": ["photons"]}.get(model.centre.kind, [])
    results = {b.name: b for b in bounds_of(model, [*map(str, labels), *(f"Im {label}" for label in imaginary), *derived], **options)}
    if model.centre.kind == "boson":
        results["photons"] = results["ad a"]
    return _point(model, wanted, results, labels, derived, degree)


def _point(
    model: Model, wanted: Wanted, results: Mapping[str, Bounds], labels: Sequence[MomentLabel], derived: Sequence[str], degree: float
) -> Point:
    """A dataset's point from intervals."""
    moments, errors = {}, {}
    for label in map(str, labels):
        (x, dx), (y, dy) = (middle(results[name]) if name in results else (0.0, 0.0) for name in (label, f"Im {label}"))
        moments[label], errors[label] = complex(x, y), math.nextafter(math.hypot(dx, dy), math.inf) if dx or dy else 0.0
    first = next(iter(results.values()))
    point = Point(
        parameters=model.parameters,
        moments=moments,
        errors=errors,
        derived={name: middle(results[name])[0] for name in derived},
        derived_errors={name: middle(results[name])[1] for name in derived},
        scalars={"dimension": first.free, "time_solve": first.seconds},
        reason=f"proved, degree {degree:g}" + ("" if wanted.spectrum is None else ", no spectrum: bounds are of steady-state moments"),
    )
    expanded_quantities(point, None, wanted.quantities)
    return point


def middle(b: Bounds) -> tuple[float, float]:
    """Middle and half width; the interval around the middle holds the proved one."""
    if b.exact[0] == b.exact[1] == b.lower:
        return b.lower, 0.0
    centre = (b.lower + b.upper) / 2
    return centre, math.nextafter(max(b.upper - centre, centre - b.lower), math.inf)


def bounds_cost(model: Model, options: Mapping[str, Any], wanted: Wanted = STATE) -> Cost:
    """Two-level satellites at degree 4 take 0.4 s, and three times as much for half a degree more."""
    letters = sum(ensemble.levels**2 - 1 for ensemble in model.ensembles) + (2 if model.centre.kind == "boson" else 0)
    degree = float(options.get("degree", 4))
    unknowns = math.comb(round(2 * degree) + letters, letters)
    return Cost(unknowns, 1e8 + 2e3 * unknowns, 0.005 * 3.0**degree * (letters / 3) ** 3)


def _operators(model: Model, label: MomentLabel) -> int:
    return label.order if model.centre.kind == "boson" else sum(map(len, label.satellites))
