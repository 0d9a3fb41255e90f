"""Derived quantities: what people plot, from moments, and their errors; one table for exact states, evolutions and approximations.

p0_up              population of the upper state of a spin centre
photons            <ad a>
coherent_photons   |<a>|^2
g2                 <ad ad a a> / <ad a>^2, the second-order coherence at zero delay; left out where there are no photons
p_up, p_up@A       population of the upper state of one satellite, of each ensemble where there are several
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse
from permsym.operators import CentreOperator, ComplexArray, Matrix, Monomial, Product, as_array, as_matrix
from permsym.sites import Boson, Ensemble, Site, unit

POPULATIONS = ("p0_up", "p_up")
"""How the names of populations begin."""

RATIOS = {"g2"}
"""Quotients of moments, which lose their digits where the denominator vanishes."""


def derived_quantities(
    model: Model, moment: Callable[[str], complex], population: Callable[[Site], float] | None = None
) -> dict[str, float]:
    """The table's rows that a model has.

    moment       value of a moment by its label
    population   of a site's upper state; None: (1 + <z>) / 2, which loses the digits of a small one
    """
    upper = population or (lambda site: (1 + moment(inversion(model, site)).real) / 2)
    values = {}
    if model.centre.kind == "spin":
        values["p0_up"] = upper(model.centre)
    if model.centre.kind == "boson":
        photons = moment("ad a").real
        values |= {"photons": photons, "coherent_photons": abs(moment("a")) ** 2}
        if photons > 0:
            values["g2"] = moment("ad ad a a").real / photons / photons
    for ensemble in model.ensembles:
        if ensemble.kind == "spin":
            values[f"p_up{suffix(model, ensemble)}"] = upper(ensemble)
    return values


def derived_errors(
    model: Model,
    moment: Callable[[str], complex],
    error: Callable[[str], float],
    population_error: Callable[[Site], float] | None = None,
    numerator_error: float | None = None,
) -> dict[str, float]:
    """Error of each of the table's rows, from those of its moments.

    With n = <ad a>, n2 = <ad ad a a> and r = dn / n:

        d<z> / 2,    dn,    2 |<a>| da + da^2,    (dn2 + n2 (2 r + r^2)) / (n (1 - r))^2

    error             error of a moment by its label
    population_error  error of the population of a site's upper state; None: half of that of <z>
    numerator_error   error of n2 - 2 (n2/n) n, both taken together, which is below dn2 + 2 n2 r; None: their sum
    """
    upper = population_error or (lambda site: error(inversion(model, site)) / 2)
    errors = {}
    if model.centre.kind == "spin":
        errors["p0_up"] = upper(model.centre)
    if model.centre.kind == "boson":
        photons, change, field = moment("ad a").real, error("ad a"), error("a")
        errors |= {"photons": change, "coherent_photons": 2 * abs(moment("a")) * field + field**2}
        if photons > 0:
            r, pairs = change / photons, abs(moment("ad ad a a"))
            top = error("ad ad a a") + 2 * pairs * r if numerator_error is None else numerator_error
            errors["g2"] = (top + pairs * r**2) / photons / photons / (1 - r) ** 2 if r < 1 else math.inf
    for ensemble in model.ensembles:
        if ensemble.kind == "spin":
            errors[f"p_up{suffix(model, ensemble)}"] = upper(ensemble)
    return errors


@dataclass(frozen=True)
class Observable:
    """A product of operators that no label spells; it stands where a label does when errors are estimated.

    on_centre, on_satellites   as :meth:`MomentLabel.operators` gives them
    size                       what its error counts relative to
    """

    on_centre: tuple[CentreOperator, ...]
    on_satellites: tuple[tuple[Matrix, ...], ...]
    size: float = 1.0
    centre: tuple[str, ...] = ()

    @property
    def largest(self) -> float:
        """Of the moduli of the centre's matrix, or of a projector on a satellite."""
        matrices = [each for each in self.on_centre if not isinstance(each, Monomial)]
        return max((abs(entry) for matrix in matrices for row in matrix for entry in row), default=1.0)

    def operators(self, model: Model) -> tuple[Sequence[CentreOperator], Sequence[Sequence[Matrix]]]:
        return self.on_centre, self.on_satellites


def upper_population(model: Model, site: Site, size: float = 1.0) -> Observable:
    """\\|up><up\\| of the centre or of one satellite: 1 + <z> would lose the digits of a small population."""
    up, centre = unit(2, 0, 0), not isinstance(site, Ensemble)
    return Observable((up,) if centre else (), tuple((up,) if each is site else () for each in model.ensembles), size)


def emptied(model: Model, site: Site) -> bool:
    """Whether a spin's upper state is exactly empty in the steady state: a jump of the site alone leaves it, and no term enters it."""
    name = site.name if isinstance(site, Ensemble) else None

    def factors(key: Product) -> list[ComplexArray]:
        own = [key.centre] if name is None else [matrix for each, matrix in key.satellites if each == name]
        return [as_array(factor) for factor in own if not isinstance(factor, Monomial | None)]

    operators = [model.hamiltonian, *(jump.operator for jump in model.jumps)]
    if any(factor[0, 1] != 0 for operator in operators for key in operator.terms for factor in factors(key)):
        return False
    alone = [next(iter(jump.operator.terms)) for jump in model.jumps if jump.kind != "collective" and len(jump.operator.terms) == 1]
    return any(factor[1, 0] != 0 for key in alone if name is None or key.centre is None for factor in factors(key))


def pair_numerator(model: Model, photons: float, pairs: float) -> Observable:
    """n2 - 2 (n2/n) n in units of max(1, n)^2, g2 linearised: a dual vector for it knows that the errors of n2 and n cancel in part."""
    boson = model.centre
    assert isinstance(boson, Boson)
    n2, n = (Monomial(k, k).matrix(boson.levels, boson.displacement) for k in (2, 1))
    square = max(1.0, photons) ** 2
    return Observable((as_matrix((n2 - 2 * pairs / photons * n) / square),), ((),) * len(model.ensembles), abs(pairs) / square)


def derived_labels(model: Model) -> list[MomentLabel]:
    """Moments that the table is made of."""
    texts = {"spin": ["z0"], "boson": ["a", "ad a", "ad ad a a"]}.get(model.centre.kind, [])
    texts += [inversion(model, ensemble) for ensemble in model.ensembles if ensemble.kind == "spin"]
    return [parse(text, model) for text in texts]


def suffix(model: Model, ensemble: Ensemble) -> str:
    """What tells an ensemble apart in labels and names, where there are several."""
    return "" if len(model.ensembles) == 1 else f"@{ensemble.name}"


def inversion(model: Model, site: Site) -> str:
    """Label of <z> of the centre or of one satellite."""
    return f"z1{suffix(model, site)}" if isinstance(site, Ensemble) else "z0"
