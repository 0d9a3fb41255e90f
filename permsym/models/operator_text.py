"""Operators as a text spells them: factors separated by blanks, multiplied in their order.

centre       z0 +0 -0 x0 y0, |i><j|0; ad and a of a boson; of several sites z0@y, a@x (the name may be left out where one alone has it)
             (0.5 |0><1|0 + |1><1|0): one matrix, a sum of matrix units of the same site
satellites   z + - x y, |i><j|: the sum over an ensemble; with a digit, -1, on one satellite; z@B, z1@B where there are several ensembles
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from permsym import expressions
from permsym.errors import InputError
from permsym.operators import OnSites, Operator, Product, as_array, as_matrix, matrices_of
from permsym.several_sites import SeveralSites, sites_of_centre
from permsym.sites import Boson, Ensemble, NoCentre, Site

_WORD = re.compile(r"(?P<op>[+\-zxy]|\|(?P<row>\d+)><(?P<column>\d+)\|)(?P<digit>\d+)?(?:@(?P<ensemble>\w+))?")
_SUM_OR_WORD = re.compile(r"\([^()]*\)|\S+")
_NAMES = {"+": "p", "-": "m", "z": "z", "x": "x", "y": "y"}


class Factor(NamedTuple):
    """One operator of a product; of an ensemble, the sum over its satellites unless ``digit`` names one of them."""

    operator: Operator
    ensemble: str = ""
    digit: int = 0


def factors(text: str, centre: Site, ensembles: Sequence[Ensemble]) -> list[Factor]:
    """The factors that a text spells for these sites; InputError with one line otherwise."""
    return [_factor(word, text, centre, ensembles) for word in _SUM_OR_WORD.findall(text)]


def _summed(word: str, text: str, centre: Site, ensembles: Sequence[Ensemble]) -> Factor:
    """One operator of one site from a sum in brackets: its matrix is the sum of the matrices."""
    parts = [summand.strip().rpartition(" ") for summand in word[1:-1].split(" + ")]
    own = [_factor(unit, text, centre, ensembles) for _, _, unit in parts]
    products = [key for factor in own for key in factor.operator.terms]
    first = products[0]
    rows = [matrices_of(key) for key in products]
    if any(len(each) != 1 for each in rows) or len({(factor.ensemble, factor.digit) for factor in own}) > 1:
        raise InputError(f"{word!r} in operator {text!r} must be a sum of matrix units of one site, such as (0.5 |0><1|0 + |1><1|0)")
    values = [expressions.evaluate_complex(number.replace("j", "i") or "1", {}) for number, _, _ in parts]
    matrix = as_matrix(sum(value * as_array(one) for value, (one,) in zip(values, rows, strict=True)))
    if first.satellites:
        key = Product(None, ((first.satellites[0][0], matrix),))
    elif isinstance(first.centre, OnSites):
        key = Product(OnSites(((first.centre.factors[0][0], matrix),)))
    else:
        key = Product(matrix)
    return Factor(Operator({key: 1}), own[0].ensemble, own[0].digit)


def _factor(word: str, text: str, centre: Site, ensembles: Sequence[Ensemble]) -> Factor:
    if word.startswith("("):
        return _summed(word, text, centre, ensembles)
    if isinstance(centre, SeveralSites) and (own := _on_sites(word, text, centre)) is not None:
        return own
    if isinstance(centre, Boson) and word in ("a", "ad"):
        return Factor(centre.a if word == "a" else centre.ad)
    match = _WORD.fullmatch(word)
    on_centre = match is not None and match["digit"] is not None and int(match["digit"]) == 0
    if match is None or (on_centre and (isinstance(centre, Boson | NoCentre | SeveralSites) or match["ensemble"])):
        if on_centre and isinstance(centre, NoCentre):
            raise InputError(f"{word!r} in operator {text!r} acts on a centre, which this model lacks; write z + - for an ensemble")
        allowed = " ".join(_allowed(site) for site in sites_of_centre(centre))
        raise InputError(f"{word!r} in operator {text!r} is not one; write {allowed} for the centre, z + - for an ensemble")
    site: Site = centre
    name, digit = "", 0
    if not on_centre:
        named = [e for e in ensembles if match["ensemble"] in (None, e.name)]
        if not named or (match["ensemble"] is None and len(ensembles) > 1):
            raise InputError(f"{word!r} in operator {text!r} must name an ensemble of {', '.join(e.name for e in ensembles)}")
        site, name, digit = named[0], named[0].name, int(match["digit"] or 0)
    return Factor(_named(site, match, word, text), name, digit)


def _named(site: Site, match: re.Match[str], word: str, text: str) -> Operator:
    """The operator of a site that a word names."""
    if match["row"] is not None:
        return site.unit(int(match["row"]), int(match["column"]))
    if site.kind != "spin":
        raise InputError(f"{word!r} in operator {text!r} acts on a site with {site.levels} levels; write |i><j|")
    operator: Operator = getattr(site, _NAMES[match["op"]])
    return operator


def _on_sites(word: str, text: str, centre: SeveralSites) -> Factor | None:
    """The factor that a word spells of a centre of several sites; None: it is of no site of it."""
    plain, _, name = word.partition("@")
    mode = plain in ("a", "ad")
    match = None if mode else _WORD.fullmatch(word)
    if not mode and (match is None or match["digit"] is None or int(match["digit"]) != 0):
        return None
    fitting = [site for site in centre.sites if (site.name == name if name else _has(site, match))]
    if len(fitting) != 1 or not _has(fitting[0], match, bool(name)):
        raise InputError(f"{word!r} in operator {text!r} must name one site of the centre; write {' '.join(map(_allowed, centre.sites))}")
    (site,) = fitting
    if match is not None:
        return Factor(_named(site, match, word, text))
    assert isinstance(site, Boson)
    return Factor(site.a if plain == "a" else site.ad)


def _has(site: Site, match: re.Match[str] | None, named: bool = False) -> bool:
    """Whether a site has the operator of a match; of none, a ladder operator.  Matrix units of a spin need its name."""
    if match is None:
        return isinstance(site, Boson)
    return site.kind == ("spin" if match["row"] is None or (named and site.kind == "spin") else "levels")


def _allowed(site: Site) -> str:
    at = f"@{site.name}" if site.name else ""
    return f"ad{at} a{at}" if isinstance(site, Boson) else f"|i><j|0{at}" if at and site.kind == "levels" else f"z0{at} +0{at} -0{at}"
