"""What shows that no density matrix has the moments of an approximation."""

from __future__ import annotations

from collections.abc import Callable

from permsym.model import Model
from permsym.states.derived import POPULATIONS, derived_quantities, suffix

MARGIN = 1e-9
"""How far rounding may carry a population beyond its range."""


def unphysical(model: Model, moment: Callable[[str], complex]) -> tuple[str, ...]:
    """Populations outside [0, 1] and negative photon numbers, in words."""
    populations = {name: value for name, value in derived_quantities(model, moment).items() if name.startswith(POPULATIONS)}
    if model.centre.kind == "levels":
        populations |= {f"|{i}><{i}|0": moment(f"|{i}><{i}|0").real for i in range(1, model.centre.levels)}
    for ensemble in model.ensembles:
        if ensemble.kind == "levels":
            labels = [f"|{i}><{i}|1{suffix(model, ensemble)}" for i in range(1, ensemble.levels)]
            populations |= {label: moment(label).real for label in labels}
    defects = [
        f"the population {name} = {value:.6g} is outside [0, 1]"
        for name, value in populations.items()
        if not -MARGIN <= value <= 1 + MARGIN
    ]
    if model.centre.kind == "boson":
        photons = moment("ad a").real
        if photons < -MARGIN * max(1.0, abs(photons)):
            defects.append(f"the photon number = {photons:.6g} is negative")
    return tuple(defects)
