"""Operators as a text spells them: factors separated by blanks, multiplied in their order.

centre       z0 +0 -0 x0 y0, |i><j|0; ad and a of a boson
satellites   z + - x y, |i><j|: the sum over an ensemble; with a digit, -1, on one satellite; z@B, z1@B where there are several ensembles
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from permsym.errors import InputError
from permsym.operators import Operator
from permsym.sites import Boson, Ensemble, NoCentre, Site

_WORD = re.compile(r"(?P<op>[+\-zxy]|\|(?P<row>\d+)><(?P<column>\d+)\|)(?P<digit>\d+)?(?:@(?P<ensemble>\w+))?")
_NAMES = {"+": "p", "-": "m", "z": "z", "x": "x", "y": "y"}


class Factor(NamedTuple):
    """One operator of a product; of an ensemble, the sum over its satellites unless ``digit`` names one of them."""

    operator: Operator
    ensemble: str = ""
    digit: int = 0


def factors(text: str, centre: Site, ensembles: Sequence[Ensemble]) -> list[Factor]:
    """The factors that a text spells for these sites; InputError with one line otherwise."""
    return [_factor(word, text, centre, ensembles) for word in text.split()]


def _factor(word: str, text: str, centre: Site, ensembles: Sequence[Ensemble]) -> Factor:
    if isinstance(centre, Boson) and word in ("a", "ad"):
        return Factor(centre.a if word == "a" else centre.ad)
    match = _WORD.fullmatch(word)
    on_centre = match is not None and match["digit"] is not None and int(match["digit"]) == 0
    if match is None or (on_centre and (isinstance(centre, Boson | NoCentre) or match["ensemble"])):
        if on_centre and isinstance(centre, NoCentre):
            raise InputError(f"{word!r} in operator {text!r} acts on a centre, which this model lacks; write z + - for an ensemble")
        allowed = "ad a" if isinstance(centre, Boson) else "z0 +0 -0"
        raise InputError(f"{word!r} in operator {text!r} is not one; write {allowed} for the centre, z + - for an ensemble")
    site: Site = centre
    name, digit = "", 0
    if not on_centre:
        named = [e for e in ensembles if match["ensemble"] in (None, e.name)]
        if not named or (match["ensemble"] is None and len(ensembles) > 1):
            raise InputError(f"{word!r} in operator {text!r} must name an ensemble of {', '.join(e.name for e in ensembles)}")
        site, name, digit = named[0], named[0].name, int(match["digit"] or 0)
    if match["row"] is not None:
        return Factor(site.unit(int(match["row"]), int(match["column"])), name, digit)
    if site.kind != "spin":
        raise InputError(f"{word!r} in operator {text!r} acts on a site with {site.levels} levels; write |i><j|")
    return Factor(getattr(site, _NAMES[match["op"]]), name, digit)
