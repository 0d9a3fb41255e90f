"""Which coherences of a model appear beside its populations, and the class of labels that they make.

Alive types of a site are (k, k), or those that an evolution starts from, and what single terms make of alive types, whatever else
they need on other sites.  A label counts

    coherences (k, b), k != b, of a centre with few levels, n - n' of a mode,  m - m' of two-level satellites, occupations of
    the alive coherences of others,

all zero for a population.  Every term changes these numbers by vectors of a lattice; their classes modulo it are conserved
(:class:`permsym.symmetry.smith.Quotient`).  The steady state lives in the class of the populations.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from permsym.sites import Boson, Ensemble, Site
from permsym.symmetry import words
from permsym.symmetry.actions import Action, Change, System, Type, actions, names_of, sites_of
from permsym.symmetry.smith import Quotient, Row, independent
from permsym.terms import Term

_LISTED = 6
"""Fock states whose classes are told."""


@dataclass(frozen=True)
class Numbers:
    """What is counted of one site: a mode, spins of an ensemble, or the types of any other.

    alive    coherences (ket, bra) that appear, of a mode and of spins none
    kind     "mode", "quanta" (of a mode, ket and bra apart), "spins" or "types"
    excited  levels' excitations, of spins
    """

    kind: str
    alive: tuple[Type, ...] = ()
    excited: tuple[int, ...] = ()

    @property
    def width(self) -> int:
        return len(self.alive) if self.kind == "types" else 2 if self.kind == "quanta" else 1

    def of_type(self, one: Type) -> Row:
        """What one satellite, or the centre, of a type counts as."""
        if self.kind == "types":
            return tuple(int(one == each) for each in self.alive)
        return (self.excited[one[0]] - self.excited[one[1]],)

    def changes(self, change: Change, alive: frozenset[Type]) -> set[Row]:
        """By what a change of one site changes its numbers."""
        if self.kind in ("mode", "quanta"):
            kets, bras = ({n for n, _ in side} if side else {0} for side in (change.ket, change.bra))
            return {(n - m,) if self.kind == "mode" else (n, m) for n in kets for m in bras}
        result = set()
        for source, target in moved(change, alive):
            result.add(tuple(b - a for a, b in zip(self.of_type(source), self.of_type(target), strict=True)))
        return result


def moved(change: Change, alive: frozenset[Type]) -> Iterator[tuple[Type, Type]]:
    """From which type to which a change takes those that are alive."""
    for k, b in alive:
        kets = [k] if change.ket is None else [row for row, column in change.ket if column == k]
        bras = [b] if change.bra is None else [row for row, column in change.bra if column == b]
        yield from (((k, b), target) for target in itertools.product(kets, bras))


@dataclass(frozen=True)
class Symmetry:
    """What the terms of a model conserve in what appears beside its populations.

    numbers   of each site of the centre and of each ensemble: what is counted
    quotient  classes of these numbers, one after another
    alive     of the centre and of each ensemble the types that appear; of a mode none are listed
    names     of the centre and of each ensemble, for people
    levels    of each site; of a mode 0
    parted    sites of which some levels never exchange populations with the others: their names, and levels from each group
    """

    numbers: tuple[Numbers, ...]
    quotient: Quotient
    alive: tuple[frozenset[Type], ...]
    parted: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    levels: tuple[int, ...]

    @classmethod
    def of(cls, model: System, start: Sequence[frozenset[Type]] | None = None) -> Symmetry:
        """Of what the terms make of some elements.

        start   of the centre and of each ensemble the types in these, of a mode none; None: populations.  Their adjoints come with them
        """
        every = [action for term in model.terms for action in actions(model, term)]
        first = [_populated(site) for site in sites_of(model)] if start is None else [_with_adjoints(types) for types in start]
        alive = _alive(first, every)
        numbers = tuple(_numbers(site, mine) for site, mine in zip(sites_of(model), alive, strict=True))
        rows = list(_rows(numbers, alive, every))
        quotient = Quotient.of(rows, sum(each.width for each in numbers))
        names = names_of(model)
        levels = tuple(0 if isinstance(site, Boson) else site.levels for site in sites_of(model))
        parted = _parted(model, alive, every) if start is None else ()
        return cls(numbers, quotient, alive, parted, names, levels)

    def lines(self) -> list[str]:
        """What was found, in words."""
        sites = [(name, each.kind, each.alive) for name, each in zip(self.names, self.numbers, strict=True)]
        weights = zip(*(self.weights(position) for position in range(len(sites))), strict=True)
        result = [words.charge(k, rows, sites) for k, rows in zip(self.modulus, weights, strict=True)]
        gone = [words.missing(name, d, sorted(mine)) for name, d, mine in zip(self.names, self.levels, self.alive, strict=True)]
        result += [line for line in gone if line is not None]
        return result + [f"populations never pass between levels {groups} of {name}" for name, groups in self.parted]

    def __str__(self) -> str:
        return "\n".join(self.lines()) or "no symmetry was found"

    def weights(self, position: int) -> list[Row]:
        """For each class the weights of the numbers of one site."""
        start = sum(each.width for each in self.numbers[:position])
        return [row[start : start + self.numbers[position].width] for row in self.quotient.weights]

    def of_type(self, position: int, one: Type) -> Row:
        """Contribution of one site of a type to each class."""
        counted = self.numbers[position].of_type(one)
        return tuple(sum(w * n for w, n in zip(row, counted, strict=True)) for row in self.weights(position))

    @property
    def modulus(self) -> Row:
        return self.quotient.modulus

    @property
    def neutral(self) -> Row:
        """The class of the populations."""
        return (0,) * len(self.modulus)

    def conserved_by(self, model: System, term: Term) -> bool:
        """Whether another term of the same sites keeps to what appears, and to its classes."""
        every = list(actions(model, term))
        for action in every:
            for change in action:
                mine = self.alive[change.position]
                if mine and any(target not in mine for _, target in moved(change, mine)):
                    return False
        return all(not any(self.quotient.values(row)) for row in _rows(self.numbers, self.alive, every))


def _populated(site: Site) -> frozenset[Type]:
    return frozenset() if isinstance(site, Boson) else frozenset((k, k) for k in range(site.levels))


def _with_adjoints(types: frozenset[Type]) -> frozenset[Type]:
    return types | {(b, k) for k, b in types}


def _alive(start: Sequence[frozenset[Type]], every: Sequence[Action]) -> tuple[frozenset[Type], ...]:
    """Types of each site, closed under all actions on it."""
    result = []
    for position, first in enumerate(start):
        alive: set[Type] = set(first)
        changes = {change for action in every for change in action if change.position == position}
        fresh = frozenset(alive)
        while fresh:
            fresh = frozenset({target for change in changes for _, target in moved(change, fresh)} - alive)
            alive |= fresh
        result.append(frozenset(alive))
    return tuple(result)


def _numbers(site: Site, alive: frozenset[Type]) -> Numbers:
    if isinstance(site, Boson):
        return Numbers("mode")
    if isinstance(site, Ensemble) and site.levels == 2:
        return Numbers("spins", excited=site.excitations)
    return Numbers("types", tuple(sorted((k, b) for k, b in alive if k != b)))


def _rows(numbers: Sequence[Numbers], alive: Sequence[frozenset[Type]], every: Sequence[Action]) -> Iterator[Row]:
    """All vectors by which actions change the numbers: a sum of choices; one of each factor and all differences span the same."""
    starts = list(itertools.accumulate((each.width for each in numbers), initial=0))

    def whole(position: int, part: Row) -> list[int]:
        row = [0] * starts[-1]
        row[starts[position] : starts[position + 1]] = part
        return row

    for action in every:
        total, steps = [0] * starts[-1], [sorted(numbers[change.position].changes(change, alive[change.position])) for change in action]
        if not all(steps):  # a factor that no element of its site survives
            continue
        for change, (first, *others) in zip(action, steps, strict=True):
            total = [a + b for a, b in zip(total, whole(change.position, first), strict=True)]
            for other in others:
                yield tuple(whole(change.position, tuple(b - a for a, b in zip(first, other, strict=True))))
        yield tuple(total)


def _parted(model: System, alive: Sequence[frozenset[Type]], every: Sequence[Action]) -> tuple[tuple[str, str], ...]:
    """Sites whose populations are of several classes, where all of a site's types are counted, and a mode's quanta in ket and bra."""
    sites = sites_of(model)
    own = names_of(model)[: -len(model.ensembles)]
    names = [*(name if len(own) == 1 else f"site {name!r}" for name in own), *(f"ensemble {each.name!r}" for each in model.ensembles)]
    counted = [_all_numbers(site, mine) for site, mine in zip(sites, alive, strict=True)]
    rows = independent(list(_rows(counted, alive, every)))
    quotient = Quotient.of(rows, sum(each.width for each in counted))
    start, result = 0, []
    for name, site, mine in zip(names, sites, counted, strict=True):
        classes: dict[Row, list[int]] = {}
        for k, counts in enumerate(_populations(site, mine)):
            row = [0] * sum(each.width for each in counted)
            row[start : start + mine.width] = counts
            classes.setdefault(quotient.values(row), []).append(k)
        if len(classes) > 1:
            more = ", ..." if mine.kind == "quanta" and len(classes) < _LISTED else ""
            groups = " | ".join(", ".join(map(str, levels)) + more for levels in classes.values())
            result.append(("the mode" if mine.kind == "quanta" and len(own) == 1 else name, groups))
        start += mine.width
    return tuple(result)


def _all_numbers(site: Site, alive: frozenset[Type]) -> Numbers:
    if isinstance(site, Boson):
        return Numbers("quanta")
    if isinstance(site, Ensemble) and site.levels == 2:
        return _numbers(site, alive)
    return Numbers("types", tuple(sorted(alive)))


def _populations(site: Site, numbers: Numbers) -> Iterator[list[int]]:
    """What the population of each level counts beyond that of the lowest; of a mode of its first Fock states."""
    if numbers.kind == "quanta":
        yield from ([n, n] for n in range(_LISTED))
    elif numbers.kind == "types":
        for k in range(site.levels):
            own = [0] * numbers.width
            own[numbers.alive.index((k, k))] += 1
            own[numbers.alive.index((0, 0))] -= 1
            yield own
