"""Points of a sweep by mean field's neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from permsym.dataset.build import Point
from permsym.errors import BeyondOrder
from permsym.model import Model
from permsym.sweeps.bench import Bench
from permsym.sweeps.quantities import expanded_quantities
from permsym.sweeps.spectra import SpectrumRequest
from permsym.sweeps.wanted import Wanted


def linear_noise_point(model: Model, wanted: Wanted, options: Mapping[str, Any], bench: Bench) -> Point:
    """Linear noise around mean field; NotApplicable where its own diagnosis says so, BeyondOrder where it has none of the labels."""
    from permsym.semiclassical.linear_noise.solve import linear_noise
    from permsym.semiclassical.linear_noise.state import HIGHEST_ORDER, LinearNoise

    state: LinearNoise = linear_noise(model)
    keys = [key for key in wanted.labels if state.has(key)]
    if wanted.labels and not keys:
        raise BeyondOrder(
            "linear noise has moments of up to two operators, and all of these have more; ask for lower ones", order=HIGHEST_ORDER
        )
    line, reason = ({}, "linear noise") if wanted.spectrum is None else _line(state.fwhm, wanted.spectrum)
    point = Point(
        parameters=model.parameters,
        moments={str(key): state.moment(key) for key in keys},
        cumulants={str(key): state.cumulant(key) for key in keys if key.order <= HIGHEST_ORDER},
        derived=state.derived | line,
        scalars={"dimension": len(state.point.x), "stability": state.point.stability, "time_solve": sum(state.seconds.values())},
        reason=reason,
    )
    expanded_quantities(point, None, wanted.quantities)
    return point


def _line(fwhm: float | None, asked: SpectrumRequest) -> tuple[dict[str, float], str]:
    """The width of the emitted line where it is asked for, and the point's reason."""
    emitted = asked.linewidth and asked.of is None and asked.right is None
    line = {"linewidth": fwhm} if emitted and fwhm is not None else {}
    return line, "linear noise" if line and not asked.frequencies else "linear noise, no spectrum but the width of a diffusing phase's line"
