"""What the figures of paper 2 share: units, the paper's parameters, labelled datasets.

M. Zens, D. O. Krimer, S. Rotter, Phys. Rev. A 100, 013856 (2019).  Rates are in units of kappa, with kappa = 2 gamma_h as in the
paper.  Photon numbers and drives are scaled so that the semiclassical curve is the same at every N: |<a>|^2 / N and eta / (kappa sqrt N).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym.dataset.status import Outcome, Status
from permsym.driven_cavity.empty_cavity import Settled
from permsym.driven_cavity.families import MODEL, HomogeneousFamily
from permsym.driven_cavity.outcome import EvolutionOutcome
from permsym.figures.labelled import LabelledArray, labelled
from permsym.models.semiclassics import MaxwellBloch, coupling

if TYPE_CHECKING:
    import xarray as xr

KAPPA, GAMMA_H = 1.0, 0.5
CONVENTION = (
    "paper 2: kappa and gamma_h decay amplitudes, so that the rates of L[a] and L[s-] are 2 kappa and 2 gamma_h, gamma_p is that of L[sz]; "
    "L[x] rho = x rho x^dag - {x^dag x, rho}/2; frame of the drive; rates in units of kappa = 2 gamma_h"
)


def curve(C: float) -> MaxwellBloch:
    """Semiclassical curve at N = 1: |<a>|^2 and eta are those per N and per sqrt(N)."""
    return MaxwellBloch.of(KAPPA, GAMMA_H, 0.0, coupling(KAPPA, GAMMA_H, C, 1.0), 1.0)


def family(C: float, drive: float) -> HomogeneousFamily:
    """Cumulant steady states over N at a cooperativity and at a drive in units of eta_crit+."""
    return HomogeneousFamily({"kappa": KAPPA, "gamma_h": GAMMA_H, "C": C, "drive": drive})


def dataset(
    coordinates: Mapping[str, LabelledArray], variables: Mapping[str, LabelledArray], fixed: Mapping[str, Any], command: str
) -> xr.Dataset:
    """A labelled dataset that says where it comes from.

    fixed    parameters that are the same at every point
    """
    definition = json.dumps({"name": MODEL, "fixed": dict(fixed)}, sort_keys=True)
    shown = {name: value for name, value in fixed.items() if isinstance(value, int | float | str)}
    origin = {"model": MODEL, "definition": definition, "command": command, "convention": CONVENTION}
    return labelled(coordinates, variables, origin | shown)


def colours(count: int, name: str = "viridis", least: float = 0.0, most: float = 0.9) -> list[Any]:
    """Colours from a map, dark to light."""
    import matplotlib as mpl

    return [mpl.colormaps[name](x) for x in np.linspace(least, most, count)]


def settled_outcome(settled: Settled, first: EvolutionOutcome) -> Outcome:
    """Status and reason of a time evolution that looks for a steady state."""
    if settled.outcome is not EvolutionOutcome.STEADY:
        return Status.NO_FIXED_POINT, f"{settled.outcome} from the empty cavity"
    from_where = "" if first is EvolutionOutcome.STEADY else f" from <sigma^z> = {settled.inversion:g}; {first} from the empty cavity"
    return Status.OK, f"steady{from_where}"
