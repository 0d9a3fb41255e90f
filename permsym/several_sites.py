"""A centre of several sites: modes, spins and sites with levels, each with a name.

Operators act on one site each, ``OnSites``; no matrix of their product is made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from permsym.errors import InputError, UnsuitedModel
from permsym.operators import CentreOperator, Matrix, OnSites, Operator, SiteOperator
from permsym.sites import Boson, Ensemble, NoCentre, Site


class SeveralSites(Site):
    """A centre of several sites, such as two modes, or a mode and a spin: ``Model([a, b], s, ...)`` makes it.

    sites   with different names, in the order of labels and reduced states
    """

    kind = "several"

    def __init__(self, sites: Sequence[Site]) -> None:
        self.sites = tuple(sites)
        for site in self.sites:
            if isinstance(site, Ensemble | NoCentre | SeveralSites):
                raise InputError(f"a centre is made of sites such as Spin() or Boson(), but one of them is {site!r}")
            if not site.name:
                raise InputError(f"each site of a centre of several needs a name, such as ps.Boson(8, name='x'), but {site!r} has none")
            if isinstance(site, Boson) and site.displacement:
                raise InputError(f"Fock states are displaced in a centre of one mode alone; leave the displacement of {site.name!r} out")
        if len(set(self.names)) < len(self.sites):
            raise InputError(f"the sites of a centre need different names, but are called {', '.join(self.names)}")
        self.levels = math.prod(site.levels for site in self.sites)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(site.name for site in self.sites)

    @property
    def automatic(self) -> bool:
        """Whether the cut-off of a mode is still to be chosen."""
        return self.levels == 0

    @property
    def excitations(self) -> tuple[int, ...]:
        raise InputError("excitations of a centre of several sites are counted site by site")

    @property
    def operators(self) -> Mapping[str, Matrix]:
        return {}

    def operator(self, matrix: Any) -> Operator:
        raise InputError(f"write operators of the sites {', '.join(self.names)} of this centre, such as a.ad * b.a")

    def unit(self, row: int, column: int) -> Operator:
        return self.operator(None)

    def position(self, name: str) -> int:
        """Position of a site by its name."""
        if name not in self.names:
            raise InputError(f"the centre has no site {name!r}; it has {', '.join(self.names)}")
        return self.names.index(name)

    def __repr__(self) -> str:
        return f"[{', '.join(map(repr, self.sites))}]"


def sites_of_centre(centre: Site) -> tuple[Site, ...]:
    """The sites of a centre: itself, unless it is of several."""
    return centre.sites if isinstance(centre, SeveralSites) else (centre,)


def modes_of_centre(centre: Site) -> tuple[tuple[int, Boson], ...]:
    """Position and site of each mode of a centre."""
    return tuple((position, site) for position, site in enumerate(sites_of_centre(centre)) if isinstance(site, Boson))


def on_each_site(centre: Site, operator: CentreOperator | None) -> tuple[SiteOperator | None, ...]:
    """The operator of each of :func:`sites_of_centre`, from one of the centre; None is the identity."""
    if isinstance(operator, OnSites):
        factors, sites = dict(operator.factors), sites_of_centre(centre)
        if unknown := factors.keys() - {site.name for site in sites}:
            raise InputError(f"an operator acts on a site called {min(unknown)!r}, but the centre {centre!r} has none of this name")
        return tuple(factors.get(site.name) for site in sites)
    if not isinstance(centre, SeveralSites):
        return (operator,)
    if operator is not None:
        raise InputError(f"an operator names no site of the centre, which has {', '.join(centre.names)}")
    return (None,) * len(centre.sites)


def refuse_several(centre: Site, what: str) -> None:
    """UnsuitedModel for what takes a centre of one site only, where there are several."""
    if isinstance(centre, SeveralSites):
        names = ", ".join(centre.names)
        raise UnsuitedModel(f"{what} takes a centre of one site, but this one has several ({names}); {_THERE_ARE}")


_THERE_ARE = "there are exact steady states, evolutions, correlations, spectra and full counting of several, and cumulants of any order"
