"""Derived quantities: what people plot, from moments; one table for exact states, evolutions and approximations.

p0_up              population of the upper state of a spin centre
photons            <ad a>
coherent_photons   |<a>|^2
g2                 <ad ad a a> / <ad a>^2, the second-order coherence at zero delay; left out where there are no photons
p_up, p_up@A       population of the upper state of one satellite, of each ensemble where there are several
"""

from __future__ import annotations

from collections.abc import Callable

from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse
from permsym.sites import Ensemble, Site

POPULATIONS = ("p0_up", "p_up")
"""How the names of populations begin."""


def derived_quantities(
    model: Model, moment: Callable[[str], complex], population: Callable[[Site], float] | None = None
) -> dict[str, float]:
    """The table's rows that a model has.

    moment       value of a moment by its label
    population   of a site's upper state; None: (1 + <z>) / 2, which loses the digits of a small one
    """
    upper = population or (lambda site: (1 + moment(_inversion(model, site)).real) / 2)
    values = {}
    if model.centre.kind == "spin":
        values["p0_up"] = upper(model.centre)
    if model.centre.kind == "boson":
        photons = moment("ad a").real
        values |= {"photons": photons, "coherent_photons": abs(moment("a")) ** 2}
        if photons > 0:
            values["g2"] = moment("ad ad a a").real / photons**2
    for ensemble in model.ensembles:
        if ensemble.kind == "spin":
            values[f"p_up{suffix(model, ensemble)}"] = upper(ensemble)
    return values


def derived_labels(model: Model) -> list[MomentLabel]:
    """Moments that the table is made of."""
    texts = {"spin": ["z0"], "boson": ["a", "ad a", "ad ad a a"]}.get(model.centre.kind, [])
    texts += [_inversion(model, ensemble) for ensemble in model.ensembles if ensemble.kind == "spin"]
    return [parse(text, model) for text in texts]


def suffix(model: Model, ensemble: Ensemble) -> str:
    """What tells an ensemble apart in labels and names, where there are several."""
    return "" if len(model.ensembles) == 1 else f"@{ensemble.name}"


def _inversion(model: Model, site: Site) -> str:
    return f"z1{suffix(model, site)}" if isinstance(site, Ensemble) else "z0"
