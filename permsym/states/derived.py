"""Derived quantities: what people plot, from moments, and their errors; one table for exact states, evolutions and approximations.

p0_up              population of the upper state of a spin centre
photons            <ad a>
coherent_photons   |<a>|^2
g2                 <ad ad a a> / <ad a>^2, the second-order coherence at zero delay; left out where there are no photons
p_up, p_up@A       population of the upper state of one satellite, of each ensemble where there are several

Where the centre has several sites, the first four carry the name of one, ``photons@x``, and two modes have

g2@x@y             <ad@x a@x ad@y a@y> / (<ad@x a@x> <ad@y a@y>), the correlation of their photons
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse
from permsym.operators import CentreOperator, ComplexArray, Matrix, Monomial, OnSites, Product, as_array, as_matrix, matrices_of
from permsym.several_sites import modes_of_centre
from permsym.sites import Boson, Ensemble, Site, unit

POPULATIONS = ("p0_up", "p_up")
"""How the names of populations begin."""


def is_ratio(name: str) -> bool:
    """Whether a derived quantity is a quotient of moments, which loses its digits where the denominator vanishes."""
    return name.partition("@")[0] == "g2"


class ModeLabels(NamedTuple):
    """Labels of a mode's moments.

    at   what ends names of what is derived from them: "" where the mode is the centre
    """

    at: str
    field: str
    photons: str
    pairs: str


def mode_labels(model: Model) -> list[ModeLabels]:
    """Of each mode of the centre."""
    ends = [f"@{mode.name}" if mode.name else "" for _, mode in modes_of_centre(model.centre)]
    return [ModeLabels(at, f"a{at}", f"ad{at} a{at}", f"ad{at} ad{at} a{at} a{at}") for at in ends]


def coincidences(model: Model) -> list[tuple[str, str, str, str]]:
    """Name of the correlation of the photons of two modes, its numerator, and the photons of each."""
    pairs = itertools.combinations(mode_labels(model), 2)
    return [(f"g2{a.at}{b.at}", f"{a.photons} {b.photons}", a.photons, b.photons) for a, b in pairs]


def spins_of(model: Model) -> list[tuple[str, Site]]:
    """Name of the population of the upper state of each kind of spin, and the spin: of the centre, then of the ensembles."""
    centre: list[tuple[str, Site]] = [(f"p0_up@{s.name}" if s.name else "p0_up", s) for s in model.centre_sites if s.kind == "spin"]
    return [*centre, *((f"p_up{suffix(model, each)}", each) for each in model.ensembles if each.kind == "spin")]


def derived_quantities(
    model: Model, moment: Callable[[str], complex], population: Callable[[Site], float] | None = None
) -> dict[str, float]:
    """The table's rows that a model has.

    moment       value of a moment by its label
    population   of a site's upper state; None: (1 + <z>) / 2, which loses the digits of a small one
    """
    upper = population or (lambda site: (1 + moment(inversion(model, site)).real) / 2)
    values = {name: upper(site) for name, site in spins_of(model) if not isinstance(site, Ensemble)}
    for mode in mode_labels(model):
        photons = moment(mode.photons).real
        values |= {f"photons{mode.at}": photons, f"coherent_photons{mode.at}": abs(moment(mode.field)) ** 2}
        if photons > 0:
            values[f"g2{mode.at}"] = moment(mode.pairs).real / photons / photons
    for name, both, one, other in coincidences(model):
        if moment(one).real > 0 and moment(other).real > 0:
            values[name] = moment(both).real / moment(one).real / moment(other).real
    return values | {name: upper(site) for name, site in spins_of(model) if isinstance(site, Ensemble)}


def derived_errors(
    model: Model,
    moment: Callable[[str], complex],
    error: Callable[[str], float],
    population_error: Callable[[Site], float] | None = None,
    numerator_errors: Mapping[str, float] = MappingProxyType({}),
) -> dict[str, float]:
    """Error of each of the table's rows, from those of its moments.

    With n = <ad a>, n2 = <ad ad a a> and r = dn / n:

        d<z> / 2,    dn,    2 |<a>| da + da^2,    (dn2 + n2 (2 r + r^2)) / (n (1 - r))^2

    and (dc + c (r + s + r s)) / (n (1 - r) m (1 - s)) for c / (n m) of two modes with r = dn / n, s = dm / m.

    error             error of a moment by its label
    population_error  error of the population of a site's upper state; None: half of that of <z>
    numerator_errors  of g2 of a mode, the error of n2 - 2 (n2/n) n, both taken together, which is below dn2 + 2 n2 r; without: their sum
    """
    upper = population_error or (lambda site: error(inversion(model, site)) / 2)
    errors = {name: upper(site) for name, site in spins_of(model) if not isinstance(site, Ensemble)}
    for mode in mode_labels(model):
        photons, change, field = moment(mode.photons).real, error(mode.photons), error(mode.field)
        errors |= {f"photons{mode.at}": change, f"coherent_photons{mode.at}": 2 * abs(moment(mode.field)) * field + field**2}
        if photons > 0:
            name, r, pairs = f"g2{mode.at}", change / photons, abs(moment(mode.pairs))
            top = numerator_errors[name] if name in numerator_errors else error(mode.pairs) + 2 * pairs * r
            errors[name] = (top + pairs * r**2) / photons / photons / (1 - r) ** 2 if r < 1 else math.inf
    for name, both, one, other in coincidences(model):
        n, m = moment(one).real, moment(other).real
        if n > 0 and m > 0:
            r, s = error(one) / n, error(other) / m
            top = error(both) + abs(moment(both)) * (r + s + r * s)
            errors[name] = top / n / m / (1 - r) / (1 - s) if max(r, s) < 1 else math.inf
    return errors | {name: upper(site) for name, site in spins_of(model) if isinstance(site, Ensemble)}


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
        matrices = [matrix for each in self.on_centre for matrix in matrices_of(Product(each))]
        return max((abs(entry) for matrix in matrices for row in matrix for entry in row), default=1.0)

    def operators(self, model: Model) -> tuple[Sequence[CentreOperator], Sequence[Sequence[Matrix]]]:
        return self.on_centre, self.on_satellites


def upper_population(model: Model, site: Site, size: float = 1.0) -> Observable:
    """\\|up><up\\| of the centre or of one satellite: 1 + <z> would lose the digits of a small population."""
    up = unit(2, 0, 0)
    centre: tuple[CentreOperator, ...] = () if isinstance(site, Ensemble) else (OnSites(((site.name, up),)) if site.name else up,)
    return Observable(centre, tuple((up,) if each is site else () for each in model.ensembles), size)


def emptied(model: Model, site: Site) -> bool:
    """Whether a spin's upper state is exactly empty in the steady state: a jump of the site alone leaves it, and no term enters it."""

    def factors(key: Product) -> list[ComplexArray]:
        if isinstance(site, Ensemble):
            return [as_array(matrix) for name, matrix in key.satellites if name == site.name]
        one = model.on_centre_sites(key)[model.centre_sites.index(site)]
        return [] if one is None else [as_array(one)]  # of a spin

    operators = [model.hamiltonian, *(jump.operator for jump in model.jumps)]
    if any(factor[0, 1] != 0 for operator in operators for key in operator.terms for factor in factors(key)):
        return False
    alone = [next(iter(jump.operator.terms)) for jump in model.jumps if jump.kind != "collective" and len(jump.operator.terms) == 1]
    apart = [key for key in alone if sum(one is not None for one in model.on_centre_sites(key)) == (not isinstance(site, Ensemble))]
    return any(factor[1, 0] != 0 for key in apart for factor in factors(key))


def pair_numerator(model: Model, position: int, photons: float, pairs: float) -> Observable:
    """n2 - 2 (n2/n) n in units of max(1, n)^2, g2 linearised: a dual vector for it knows that the errors of n2 and n cancel in part."""
    boson = model.centre_sites[position]
    assert isinstance(boson, Boson)
    n2, n = (Monomial(k, k).matrix(boson.levels, boson.displacement) for k in (2, 1))
    square = max(1.0, photons) ** 2
    matrix = as_matrix((n2 - 2 * pairs / photons * n) / square)
    return Observable((OnSites(((boson.name, matrix),)) if boson.name else matrix,), ((),) * len(model.ensembles), abs(pairs) / square)


def derived_labels(model: Model) -> list[MomentLabel]:
    """Moments that the table is made of."""
    spins = spins_of(model)
    texts = [inversion(model, site) for _, site in spins if not isinstance(site, Ensemble)]
    texts += [text for mode in mode_labels(model) for text in (mode.field, mode.photons, mode.pairs)]
    texts += [both for _, both, _, _ in coincidences(model)]
    texts += [inversion(model, site) for _, site in spins if isinstance(site, Ensemble)]
    return [parse(text, model) for text in texts]


def suffix(model: Model, ensemble: Ensemble) -> str:
    """What tells an ensemble apart in labels and names, where there are several."""
    return "" if len(model.ensembles) == 1 else f"@{ensemble.name}"


def inversion(model: Model, site: Site) -> str:
    """Label of <z> of the centre or of one satellite."""
    if isinstance(site, Ensemble):
        return f"z1{suffix(model, site)}"
    return f"z0@{site.name}" if site.name else "z0"
