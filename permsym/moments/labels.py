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
from permsym.operators import CentreOperator, Matrix, Monomial, entries
from permsym.sites import SPIN_OPERATORS, Boson, Ensemble, NoCentre, Site, unit

_FACTOR = re.compile(r"(?P<op>[+\-z]|\|\d+><\d+\|)(?P<site>\d+)(?:@(?P<ensemble>\w+))?")
_SPIN_NAMES = {"+": "p", "-": "m", "z": "z"}
_BOSON_NAMES = ("ad", "a")
_CONJUGATES = {"+": "-", "-": "+", "z": "z", "ad": "a", "a": "ad"}


@dataclass(frozen=True)
class MomentLabel:
    """A moment of a model.

    centre      operator symbols of the centre: none, one, or for a boson any number of "ad" before any number of "a"
    satellites  for each ensemble the symbols of its factors, sorted, one a distinct satellite
    ensembles   names of the ensembles
    """

    centre: tuple[str, ...]
    satellites: tuple[tuple[str, ...], ...]
    ensembles: tuple[str, ...]

    def __str__(self) -> str:
        words = [symbol if symbol in _BOSON_NAMES else symbol + "0" for symbol in self.centre]
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
        return MomentLabel(tuple(map(_conjugate, reversed(self.centre))), satellites, self.ensembles)

    def operators(self, model: Model) -> tuple[list[CentreOperator], list[list[Matrix]]]:
        """Operator of the centre (none or one), and for each ensemble a matrix for each distinct satellite."""
        centre: list[CentreOperator] = [_matrix(model.centre, symbol) for symbol in self.centre if symbol not in _BOSON_NAMES]
        if self.centre and not centre:
            centre.append(self.monomial)
        return centre, [[_matrix(e, symbol) for symbol in symbols] for e, symbols in zip(model.ensembles, self.satellites, strict=True)]

    @property
    def monomial(self) -> Monomial:
        """The boson's factors."""
        return Monomial(self.centre.count("ad"), self.centre.count("a"))

    def norm(self, model: Model) -> float:
        """A bound of the operator's norm: sqrt(levels - 1) + |alpha| for each ladder operator, 1 for the others."""
        centre = model.centre
        if not isinstance(centre, Boson):
            return 1.0
        return float(max(1.0, math.sqrt(centre.levels - 1) + abs(centre.displacement)) ** len(self.centre))

    def charge(self, model: Model) -> tuple[int, ...]:
        """Excitations that the operator adds, in each U(1) charge of the model; nonzero means an exactly zero moment."""
        sites: list[Site] = [model.centre, *model.ensembles]
        total = [0] * len(sites)
        for kind, symbol in self.factors:
            if symbol in _BOSON_NAMES:
                total[0] += 1 if symbol == "ad" else -1
                continue
            q = sites[kind].excitations
            row, column, _ = next(entries(_matrix(sites[kind], symbol)))
            total[kind] += q[row] - q[column]
        return tuple(sum(w * t for w, t in zip(vector, total, strict=True)) for vector in model.charges)


def parse(text: str, model: Model) -> MomentLabel:
    """The label that a text spells, for a model's sites.

    >>> from permsym.models import central_spin
    >>> str(parse("-2 +1 z7", central_spin(N=5)))
    '+1 -2 z3'
    """
    names = [ensemble.name for ensemble in model.ensembles]
    centre: tuple[str, ...] = ()
    satellites: list[list[str]] = [[] for _ in names]
    seen: set[tuple[str, int]] = set()
    words = text.split()
    if not words:
        raise InputError("a moment label must have at least one factor, but is empty; write one such as 'z0' or '+1 -2'")
    for word in words:
        if word in _BOSON_NAMES and model.centre.kind == "boson":
            if word == "ad" and "a" in centre:
                raise InputError(f"moment label {text!r} is not in normal order; write every ad before every a, with <a ad> = <ad a> + 1")
            centre += (word,)
            continue
        match = _FACTOR.fullmatch(word)
        if match is None:
            raise InputError(f"moment label {text!r}: {word!r} is not a factor; write {_allowed(model)}")
        symbol, digit, ensemble = _spelled(match["op"]), int(match["site"]), match["ensemble"]
        if digit == 0:
            if isinstance(model.centre, NoCentre):
                raise InputError(f"moment label {text!r}: {word!r} is of a centre, which this model lacks; write {_allowed(model)}")
            _check_symbol(model.centre, symbol, text, word, model)
            if ensemble is not None or centre:
                raise InputError(
                    f"moment label {text!r}: the centre takes one factor at most and no ensemble; "
                    "multiply its operators out, as in +0 -0 = (1 + z0)/2"
                )
            centre = (symbol,)
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
    return MomentLabel(centre, tuple(tuple(sorted(symbols, key=_rank)) for symbols in satellites), tuple(names))


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
    for centre in _centres(model.centre, order):
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


def _centres(site: Site, order: int) -> list[tuple[str, ...]]:
    """All products of the centre's operators with up to ``order`` factors, the empty one first."""
    if site.kind == "boson":
        return [("ad",) * p + ("a",) * (degree - p) for degree in range(order + 1) for p in range(degree, -1, -1)]
    return [(), *((symbol,) for symbol in _symbols(site))]


def _symbols(site: Site) -> list[str]:
    """A complete set of operators of a site, without the identity."""
    if site.kind == "spin":
        # the centre's inversion first, as one reads it; satellites in canonical order
        return ["+", "-", "z"] if isinstance(site, Ensemble) else ["z", "+", "-"]
    return [f"|{i}><{j}|" for i in range(site.levels) for j in range(site.levels) if (i, j) != (0, 0)]


def _matrix(site: Site, symbol: str) -> Matrix:
    if symbol in _SPIN_NAMES:
        return SPIN_OPERATORS[_SPIN_NAMES[symbol]]
    row, column = map(int, re.findall(r"\d+", symbol))
    return unit(site.levels, row, column)


def _spelled(symbol: str) -> str:
    """One spelling of an operator: |00><1| is |0><1|."""
    return re.sub(r"\d+", lambda digits: str(int(digits[0])), symbol)


def _conjugate(symbol: str) -> str:
    if symbol in _CONJUGATES:
        return _CONJUGATES[symbol]
    row, column = re.findall(r"\d+", symbol)
    return f"|{column}><{row}|"


def _rank(symbol: str) -> tuple[int, list[int]]:
    return ("+-z".find(symbol), []) if symbol in _SPIN_NAMES else (3, [int(d) for d in re.findall(r"\d+", symbol)])


def _check_symbol(site: Site, symbol: str, text: str, word: str, model: Model) -> None:
    spin = symbol in _SPIN_NAMES
    levels_fit = spin or max(map(int, re.findall(r"\d+", symbol))) < site.levels
    if spin != (site.kind == "spin") or not levels_fit:
        raise InputError(f"moment label {text!r}: {word!r} is not an operator of its site; write {_allowed(model)}")


def _allowed(model: Model) -> str:
    centre = {"spin": "z0 +0 -0", "boson": "ad a"}.get(model.centre.kind, f"|i><j|0 with levels 0..{model.centre.levels - 1}")
    satellites = "+1 -2 z3" if all(e.kind == "spin" for e in model.ensembles) else "|i><j|1"
    if isinstance(model.centre, NoCentre):
        return f"{satellites} for satellites, separated by blanks"
    return f"{centre} for the centre and {satellites} for satellites, separated by blanks"
