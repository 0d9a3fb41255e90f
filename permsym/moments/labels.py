"""The grammar of moment labels and their canonical spelling.

Factors are separated by blanks.  Centre: spin ``z0 +0 -0``, levels ``|i><j|0``, boson ``ad`` and ``a``, as often as one
likes but in normal order (``ad ad a a``).  Satellites: ``+1 -2 z3`` (spins) or
``|i><j|1`` (levels); the digit names a *distinct* satellite.  With several ensembles: ``z1@A -2@B``.

Canonical: centre first, then each ensemble in the order of declaration, its operators ordered +, -, z with digits
counting from 1 in that order: ``-2 +1 z7`` is ``+1 -2 z3``.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from permsym.errors import InputError, TooFewSatellites
from permsym.model import Model
from permsym.operators import CentreOperator, Matrix, Monomial, OnSites, SiteOperator, entries
from permsym.several_sites import SeveralSites, modes_of_centre
from permsym.sites import SPIN_OPERATORS, Boson, Ensemble, NoCentre, Site, unit

_MODE = re.compile(r"(?P<op>ad|a)(?:@(?P<name>\w+))?")
_FACTOR = re.compile(r"(?P<op>[+\-z]|\|\d+><\d+\|)(?P<site>\d+)(?:@(?P<ensemble>\w+))?")
_SPIN_NAMES = {"+": "p", "-": "m", "z": "z"}
_BOSON_NAMES = ("ad", "a")
_CONJUGATES = {"+": "-", "-": "+", "z": "z", "ad": "a", "a": "ad"}


@dataclass(frozen=True)
class MomentLabel:
    """A moment of a model.

    centre      operator symbols of the centre: none, one, or for a boson any number of "ad" before any number of "a"; of several
                sites those of each, in their order, with its name: "ad@x", "z@y"
    satellites  for each ensemble the symbols of its factors, sorted, one a distinct satellite
    ensembles   names of the ensembles
    """

    centre: tuple[str, ...]
    satellites: tuple[tuple[str, ...], ...]
    ensembles: tuple[str, ...]

    def __str__(self) -> str:
        words = [_word(symbol) for symbol in self.centre]
        for name, symbols in zip(self.ensembles, self.satellites, strict=True):
            suffix = f"@{name}" if len(self.ensembles) > 1 else ""
            words += [f"{symbol}{digit}{suffix}" for digit, symbol in enumerate(symbols, start=1)]
        return " ".join(words)

    @property
    def order(self) -> int:
        """Number of factors."""
        return len(self.centre) + sum(map(len, self.satellites))

    @property
    def factors(self) -> tuple[tuple[int, str], ...]:
        """(0, symbol) for the centre, (1 + ensemble, symbol) for satellites."""
        satellites = ((1 + e, symbol) for e, symbols in enumerate(self.satellites) for symbol in symbols)
        return (*((0, symbol) for symbol in self.centre), *satellites)

    def of(self, factors: tuple[tuple[int, str], ...]) -> MomentLabel:
        """The label with some of these factors, on renumbered satellites."""
        centre = tuple(symbol for kind, symbol in factors if kind == 0)
        satellites = tuple(tuple(symbol for kind, symbol in factors if kind == 1 + e) for e in range(len(self.ensembles)))
        return MomentLabel(centre, satellites, self.ensembles)

    def conjugate(self) -> MomentLabel:
        """Label of the complex conjugate moment."""
        satellites = tuple(tuple(sorted(map(_conjugate, symbols), key=_rank)) for symbols in self.satellites)
        sites = (list(symbols) for _, symbols in itertools.groupby(self.centre, key=_site_name))
        return MomentLabel(tuple(_conjugate(symbol) for symbols in sites for symbol in reversed(symbols)), satellites, self.ensembles)

    def operators(self, model: Model) -> tuple[list[CentreOperator], list[list[Matrix]]]:
        """Operator of the centre (none or one), and for each ensemble a matrix for each distinct satellite."""
        ones = {site.name: self.site_operator(site) for site in model.centre_sites}
        factors = tuple(sorted((name, one) for name, one in ones.items() if one is not None))
        centre: list[CentreOperator] = []
        if factors:
            centre.append(OnSites(factors) if len(ones) > 1 else factors[0][1])
        return centre, [[_matrix(e, symbol) for symbol in symbols] for e, symbols in zip(model.ensembles, self.satellites, strict=True)]

    def site_operator(self, site: Site) -> SiteOperator | None:
        """What it has of one site of the centre; None is the identity."""
        if isinstance(site, Boson):
            return self.monomial_of(site.name) if any(self.monomial_of(site.name)) else None
        return next((_matrix(site, symbol) for symbol in self.centre if _site_name(symbol) == site.name), None)

    @property
    def monomial(self) -> Monomial:
        """The boson's factors."""
        return self.monomial_of("")

    def monomial_of(self, name: str) -> Monomial:
        """The factors of one of the centre's modes."""
        suffix = f"@{name}" if name else ""
        return Monomial(self.centre.count(f"ad{suffix}"), self.centre.count(f"a{suffix}"))

    def norm(self, model: Model) -> float:
        """A bound of the operator's norm: sqrt(levels - 1) + |alpha| for each ladder operator, 1 for the others."""
        norm = 1.0
        for _, mode in modes_of_centre(model.centre):
            norm *= max(1.0, math.sqrt(mode.levels - 1) + abs(mode.displacement)) ** sum(self.monomial_of(mode.name))
        return float(norm)

    def charge(self, model: Model) -> tuple[int, ...]:
        """Excitations that the operator adds, in each U(1) charge of the model; nonzero means an exactly zero moment."""
        total = [0] * len(model.sites)
        names = [site.name for site in model.centre_sites]
        for kind, symbol in self.factors:
            position = len(names) + kind - 1 if kind else names.index(_site_name(symbol))
            if (plain := _plain(symbol)) in _BOSON_NAMES:
                total[position] += 1 if plain == "ad" else -1
                continue
            q = model.sites[position].excitations
            row, column, _ = next(entries(_matrix(model.sites[position], symbol)))
            total[position] += q[row] - q[column]
        return tuple(sum(w * t for w, t in zip(vector, total, strict=True)) for vector in model.charges)


def parse(text: str, model: Model) -> MomentLabel:
    """The label that a text spells, for a model's sites.

    >>> from permsym.models import central_spin
    >>> str(parse("-2 +1 z7", central_spin(N=5)))
    '+1 -2 z3'
    """
    names = [ensemble.name for ensemble in model.ensembles]
    centre: list[str] = []
    satellites: list[list[str]] = [[] for _ in names]
    seen: set[tuple[str, int]] = set()
    words = text.split()
    if not words:
        raise InputError("a moment label must have at least one factor, but is empty; write one such as 'z0' or '+1 -2'")
    for word in words:
        mode = _MODE.fullmatch(word)
        if mode is not None and modes_of_centre(model.centre):
            _add_to_mode(centre, mode["op"], mode["name"], text, word, model)
            continue
        match = _FACTOR.fullmatch(word)
        if match is None:
            raise InputError(f"moment label {text!r}: {word!r} is not a factor; write {_allowed(model)}")
        symbol, digit, ensemble = _spelled(match["op"]), int(match["site"]), match["ensemble"]
        if digit == 0:
            _add_to_centre(centre, symbol, ensemble, text, word, model)
            continue
        if ensemble is None and len(names) > 1:
            raise InputError(
                f"moment label {text!r}: {word!r} must name its ensemble, such as {word}@{names[0]}; the model has {', '.join(names)}"
            )
        position = 0 if ensemble is None else model.ensemble(ensemble)
        _check_symbol(model.ensembles[position], symbol, text, word, model)
        if (names[position], digit) in seen:
            raise InputError(
                f"moment label {text!r}: satellite {digit} appears twice; digits name distinct satellites, so multiply operators of one out"
            )
        seen.add((names[position], digit))
        satellites[position].append(symbol)
    _check_sizes(satellites, text, model)
    own = [site.name for site in model.centre_sites]
    centre.sort(key=lambda symbol: own.index(_site_name(symbol)))
    return MomentLabel(tuple(centre), tuple(tuple(sorted(symbols, key=_rank)) for symbols in satellites), tuple(names))


def _add_to_mode(centre: list[str], op: str, name: str | None, text: str, word: str, model: Model) -> None:
    """Append a ladder operator to the symbols of the centre."""
    modes = [site for _, site in modes_of_centre(model.centre) if name in (None, site.name)]
    if len(modes) != 1 or (name is not None and not isinstance(model.centre, SeveralSites)):
        raise InputError(f"moment label {text!r}: {word!r} must name one mode of the centre; write {_allowed(model)}")
    suffix = f"@{modes[0].name}" if modes[0].name else ""
    if op == "ad" and f"a{suffix}" in centre:
        raise InputError(f"moment label {text!r} is not in normal order; write every ad before every a, with <a ad> = <ad a> + 1")
    centre.append(f"{op}{suffix}")


def _add_to_centre(centre: list[str], symbol: str, name: str | None, text: str, word: str, model: Model) -> None:
    """Append an operator of a spin or of a site with levels to the symbols of the centre."""
    if isinstance(model.centre, NoCentre):
        raise InputError(f"moment label {text!r}: {word!r} is of a centre, which this model lacks; write {_allowed(model)}")
    site = model.centre
    if isinstance(site, SeveralSites):
        fitting = [each for each in site.sites if (name is None and _fits(each, symbol)) or each.name == name]
        if len(fitting) != 1:
            raise InputError(f"moment label {text!r}: {word!r} must name one site of the centre; write {_allowed(model)}")
        site = fitting[0]
    _check_symbol(site, symbol, text, word, model)
    suffix = f"@{site.name}" if site.name else ""
    taken = any(_site_name(each) == site.name for each in centre)
    if (name is not None and not suffix) or taken:
        raise InputError(
            f"moment label {text!r}: the centre takes one factor at most and no ensemble; "
            "multiply its operators out, as in +0 -0 = (1 + z0)/2"
        )
    centre.append(symbol + suffix)


def _check_sizes(satellites: list[list[str]], text: str, model: Model) -> None:
    """TooFewSatellites where a label needs more satellites than an ensemble has."""
    for ensemble, symbols in zip(model.ensembles, satellites, strict=True):
        if len(symbols) > ensemble.size:
            message = f"moment label {text!r} needs {len(symbols)} distinct satellites, but N={ensemble.size}; use a label with fewer"
            raise TooFewSatellites(message, needed=len(symbols), available=int(ensemble.size))


def enumerate_labels(model: Model, order: int) -> list[MomentLabel]:
    """All moments with up to ``order`` factors, conjugates listed separately, lowest order first."""
    if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= 20:
        raise InputError(f"the order of moments must be an integer from 1 to 20, but is {order!r}")
    labels = [label for label in _all_labels(model, order) if label.order >= 1]
    return sorted(labels, key=lambda label: label.order)


def select_labels(model: Model, moments: int | str | Iterable[str | MomentLabel]) -> list[MomentLabel]:
    """Labels up to an order, a label, or several."""
    if isinstance(moments, int):
        return enumerate_labels(model, moments)
    labels = [moments] if isinstance(moments, str) else moments
    return [label if isinstance(label, MomentLabel) else parse(label, model) for label in labels]


def _all_labels(model: Model, order: int) -> Iterator[MomentLabel]:
    names = tuple(each.name for each in model.ensembles)
    for centre in _centres_of_sites(model.centre_sites, order):
        for satellites in _satellites(model.ensembles, order - len(centre)):
            yield MomentLabel(centre, satellites, names)


def _satellites(ensembles: Sequence[Ensemble], most: int) -> Iterator[tuple[tuple[str, ...], ...]]:
    """All products of operators of distinct satellites with up to ``most`` factors, by ensemble."""
    if not ensembles:
        yield ()
        return
    for k in range(min(most, int(ensembles[0].size)) + 1):
        for symbols in itertools.combinations_with_replacement(_symbols(ensembles[0]), k):
            for others in _satellites(ensembles[1:], most - k):
                yield (symbols, *others)


def _centres_of_sites(sites: Sequence[Site], order: int) -> Iterator[tuple[str, ...]]:
    """All products of operators of the centre's sites with up to ``order`` factors, the empty one first."""
    if not sites:
        yield ()
        return
    suffix = f"@{sites[0].name}" if sites[0].name else ""
    for symbols in _centres(sites[0], order):
        for others in _centres_of_sites(sites[1:], order - len(symbols)):
            yield (*(symbol + suffix for symbol in symbols), *others)


def _centres(site: Site, order: int) -> list[tuple[str, ...]]:
    """All products of the centre's operators with up to ``order`` factors, the empty one first."""
    if site.kind == "boson":
        return [("ad",) * p + ("a",) * (degree - p) for degree in range(order + 1) for p in range(degree, -1, -1)]
    return [(), *((symbol,) for symbol in _symbols(site) if order)]


def _symbols(site: Site) -> list[str]:
    """A complete set of operators of a site, without the identity."""
    if site.kind == "spin":
        # the centre's inversion first, as one reads it; satellites in canonical order
        return ["+", "-", "z"] if isinstance(site, Ensemble) else ["z", "+", "-"]
    return [f"|{i}><{j}|" for i in range(site.levels) for j in range(site.levels) if (i, j) != (0, 0)]


def _plain(symbol: str) -> str:
    """A symbol without its site's name."""
    return symbol.partition("@")[0]


def _site_name(symbol: str) -> str:
    """The name of a symbol's site; "" where the centre has one site."""
    return symbol.partition("@")[2]


def _word(symbol: str) -> str:
    """A factor of the centre as labels write it."""
    plain, at, name = symbol.partition("@")
    return f"{plain if plain in _BOSON_NAMES else plain + '0'}{at}{name}"


def _matrix(site: Site, symbol: str) -> Matrix:
    symbol = _plain(symbol)
    if symbol in _SPIN_NAMES:
        return SPIN_OPERATORS[_SPIN_NAMES[symbol]]
    row, column = map(int, re.findall(r"\d+", symbol))
    return unit(site.levels, row, column)


def _spelled(symbol: str) -> str:
    """One spelling of an operator: |00><1| is |0><1|."""
    return re.sub(r"\d+", lambda digits: str(int(digits[0])), symbol)


def _conjugate(symbol: str) -> str:
    plain, at, name = symbol.partition("@")
    if plain in _CONJUGATES:
        return f"{_CONJUGATES[plain]}{at}{name}"
    row, column = re.findall(r"\d+", plain)
    return f"|{column}><{row}|{at}{name}"


def _rank(symbol: str) -> tuple[int, list[int]]:
    return ("+-z".find(symbol), []) if symbol in _SPIN_NAMES else (3, [int(d) for d in re.findall(r"\d+", symbol)])


def _fits(site: Site, symbol: str) -> bool:
    """Whether a site that is no mode has an operator."""
    spin = symbol in _SPIN_NAMES
    return spin == (site.kind == "spin") and site.kind != "boson" and (spin or max(map(int, re.findall(r"\d+", symbol))) < site.levels)


def _check_symbol(site: Site, symbol: str, text: str, word: str, model: Model) -> None:
    if not _fits(site, symbol):
        raise InputError(f"moment label {text!r}: {word!r} is not an operator of its site; write {_allowed(model)}")


def _allowed(model: Model) -> str:
    satellites = "+1 -2 z3" if all(e.kind == "spin" for e in model.ensembles) else "|i><j|1"
    if isinstance(model.centre, NoCentre):
        return f"{satellites} for satellites, separated by blanks"
    centre = " ".join(_allowed_of(site) for site in model.centre_sites)
    return f"{centre} for the centre and {satellites} for satellites, separated by blanks"


def _allowed_of(site: Site) -> str:
    at = f"@{site.name}" if site.name else ""
    words = {"spin": f"z0{at} +0{at} -0{at}", "boson": f"ad{at} a{at}"}
    return words.get(site.kind, f"|i><j|0{at} with levels 0..{site.levels - 1}")
