"""Derived quantities, named alike for exact states, evolutions and approximations."""

from __future__ import annotations

from collections.abc import Callable

from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse
from permsym.moments.photons import photon_numbers
from permsym.sites import Ensemble, Site


def derived(model: Model, moment: Callable[[str], complex], population: Callable[[Site], float] | None = None) -> dict[str, float]:
    """Excited-state populations of the centre (``p0_up``) and of one satellite (``p_up``), photon numbers of a mode.

    moment       value of a moment by its label
    population   of a site's upper level; default: (1 + <z>) / 2
    """

    def from_moment(site: Site) -> float:
        return (1 + moment(f"z1{suffix(model, site)}" if isinstance(site, Ensemble) else "z0").real) / 2

    population = population or from_moment
    values = {"p0_up": population(model.centre)} if model.centre.kind == "spin" else {}
    if model.centre.kind == "boson":
        values |= photon_numbers(moment)
    return values | {f"p_up{suffix(model, site)}": population(site) for site in model.ensembles if site.kind == "spin"}


def derived_labels(model: Model) -> list[MomentLabel]:
    """Moments that :func:`derived` asks for."""
    texts = ["z0"] if model.centre.kind == "spin" else ["a", "ad a", "ad ad a a"] if model.centre.kind == "boson" else []
    texts += [f"z1{suffix(model, site)}" for site in model.ensembles if site.kind == "spin"]
    return [parse(text, model) for text in texts]


def suffix(model: Model, ensemble: Ensemble) -> str:
    """What tells an ensemble's labels apart: its name, where there are several."""
    return "" if len(model.ensembles) == 1 else f"@{ensemble.name}"
