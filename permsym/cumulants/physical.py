"""What shows that no density matrix has the moments of an approximation."""

from __future__ import annotations

from collections.abc import Callable

from permsym.model import Model
from permsym.sites import Ensemble
from permsym.states.derived import POPULATIONS, derived_quantities, mode_labels, suffix

MARGIN = 1e-9
"""How far rounding may carry a population beyond its range."""


def unphysical(model: Model, moment: Callable[[str], complex]) -> tuple[str, ...]:
    """Populations outside [0, 1] and negative photon numbers, in words."""
    populations = {name: value for name, value in derived_quantities(model, moment).items() if name.startswith(POPULATIONS)}
    for site in (each for each in model.sites if each.kind == "levels"):
        end = f"1{suffix(model, site)}" if isinstance(site, Ensemble) else f"0@{site.name}" if site.name else "0"
        labels = [f"|{i}><{i}|{end}" for i in range(1, site.levels)]
        populations |= {label: moment(label).real for label in labels}
    defects = [
        f"the population {name} = {value:.6g} is outside [0, 1]"
        for name, value in populations.items()
        if not -MARGIN <= value <= 1 + MARGIN
    ]
    for mode in mode_labels(model):
        photons = moment(mode.photons).real
        if photons < -MARGIN * max(1.0, abs(photons)):
            defects.append(f"the photon number{f' {mode.photons}' if mode.at else ''} = {photons:.6g} is negative")
    return tuple(defects)
