"""The judgement: errors of an approximation, where one method overtakes another, whether higher orders help.

Error of a method at a point: value - reference, of the quantity as it stands (a complex number for most moments).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from permsym.compare.tables import DERIVED_NAMES, Table
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import parse

_CLOSE = 1e-9  # relative difference of parameters that are the same
_BOUND = 1e-9  # how far outside its range a value must be to count


@dataclass(frozen=True)
class Row:
    """One value beside the reference's.

    point        index of the reference's point
    error        value - reference
    uncertainty  what the error estimates of both sides leave open
    unphysical   why no density matrix has this value; "" where one may
    """

    point: int
    quantity: str
    method: str
    reference: complex
    value: complex
    uncertainty: float
    unphysical: str

    @property
    def error(self) -> complex:
        return self.value - self.reference

    @property
    def relative(self) -> float:
        """|error| / |reference|; nan where the reference vanishes."""
        return abs(self.error) / abs(self.reference) if self.reference else math.nan


@dataclass(frozen=True)
class Overtaking:
    """Where along an axis one method is worse than another.

    worse, better   methods; by their order the first should be the better one, where they have an order
    intervals       (from, to) along the axis, nan where the end of the data is the end
    """

    quantity: str
    worse: str
    better: str
    axis: str
    line: Mapping[str, float]
    intervals: tuple[tuple[float, float], ...]

    def __str__(self) -> str:
        spans = " and ".join(_span(self.axis, start, stop) for start, stop in self.intervals)
        at = f" ({', '.join(f'{name}={value:g}' for name, value in self.line.items())})" if self.line else ""
        return f"{self.quantity}: {self.worse} is worse than {self.better} {spans}{at}"


def _span(axis: str, start: float, stop: float) -> str:
    if math.isnan(start) and math.isnan(stop):
        return f"at every {axis}"
    if math.isnan(start):
        return f"for {axis} < {stop:.4g}"
    return f"for {axis} > {start:.4g}" if math.isnan(stop) else f"for {start:.4g} < {axis} < {stop:.4g}"


@dataclass
class Comparison:
    """An approximation beside a reference.

    unmatched   how many points of the approximation the reference does not have
    doubtful    how many of the reference's points that were used are not certified
    """

    reference: str
    approximation: str
    points: list[dict[str, float]]
    rows: list[Row]
    unmatched: int = 0
    doubtful: int = 0
    sites: Model | None = None

    @cached_property
    def methods(self) -> list[str]:
        """Methods, those with an order by their order."""
        found = list(dict.fromkeys(row.method for row in self.rows))
        return sorted(found, key=lambda name: (order_of(name) is None, order_of(name) or 0))

    @cached_property
    def quantities(self) -> list[str]:
        """Quantities: derived ones, then moments, then those that vanish in the reference; one of each conjugate pair.

        Without those that vanish on both sides.
        """
        alive = {row.quantity for row in self.rows if row.reference or row.value}
        there = {row.quantity for row in self.rows if row.reference}
        found = [name for name in dict.fromkeys(row.quantity for row in self.rows) if name in alive]
        seen: set[str] = set()
        kept = []
        for name in found:
            if _conjugate(name, self.sites) not in seen - {name}:
                kept.append(name)
            seen.add(name)
        return sorted(kept, key=lambda name: (not is_derived(name), name not in there, len(name.split())))

    @cached_property
    def table(self) -> dict[tuple[int, str, str], Row]:
        """Rows by (point, quantity, method)."""
        return {(row.point, row.quantity, row.method): row for row in self.rows}

    @cached_property
    def varying(self) -> list[str]:
        """Parameters that take more than one value at the points that were compared."""
        used = self.used
        names = list(dict.fromkeys(name for i in used for name in self.points[i]))
        return [name for name in names if len({self.points[i].get(name) for i in used}) > 1]

    @property
    def used(self) -> list[int]:
        """Points that were compared."""
        return list(dict.fromkeys(row.point for row in self.rows))

    @cached_property
    def axis(self) -> str | None:
        """The parameter to follow: N where it varies, else the one with the most values."""
        if "N" in self.varying:
            return "N"
        return max(self.varying, key=lambda name: len({self.points[i].get(name) for i in self.used}), default=None)

    @cached_property
    def free(self) -> list[str]:
        """The axis, and the parameters that vary on their own: the others follow from these."""
        return [] if self.axis is None else [self.axis, *self._others(self.axis)]

    def _others(self, axis: str) -> list[str]:
        others: list[str] = []
        for name in self.varying:
            if name == axis:
                continue
            seen: dict[tuple[float, ...], float] = {}
            free = False
            for i in self.used:
                point = self.points[i]
                key = tuple(point.get(each, math.nan) for each in (axis, *others))
                free |= seen.setdefault(key, point.get(name, math.nan)) != point.get(name, math.nan)
            if free:
                others.append(name)
        return others

    def lines(self, axis: str) -> list[tuple[dict[str, float], list[int]]]:
        """Points along an axis, one list for each setting of the parameters that vary on their own."""
        others = self._others(axis)
        groups: dict[tuple[float, ...], list[int]] = {}
        for i in self.used:
            groups.setdefault(tuple(self.points[i].get(name, math.nan) for name in others), []).append(i)
        return [
            (dict(zip(others, key, strict=True)), sorted(group, key=lambda i: self.points[i].get(axis, math.nan)))
            for key, group in groups.items()
        ]

    @cached_property
    def overtakings(self) -> list[Overtaking]:
        """Where the order of merit is another one than the order of the methods, for every pair along the axis."""
        if self.axis is None:
            return []
        return [
            found
            for quantity in self.quantities
            for line, group in self.lines(self.axis)
            for better, worse in itertools.combinations(self.methods, 2)
            if (found := self._overtaking(quantity, worse, better, self.axis, line, group)) is not None
        ]

    def _overtaking(
        self, quantity: str, later: str, earlier: str, axis: str, line: Mapping[str, float], group: Sequence[int]
    ) -> Overtaking | None:
        """Intervals in which the method of higher order (or the later one) has the larger error."""
        data = []
        for i in group:
            a, b = self.table.get((i, quantity, later)), self.table.get((i, quantity, earlier))
            if a is not None and b is not None:
                x, blur = self.points[i].get(axis, math.nan), max(a.uncertainty, b.uncertainty)
                first, second = abs(a.error), abs(b.error)
                data.append((x, 0.0 if abs(first - second) <= blur else first - second, first, second))
        intervals = []
        start: float | None = None
        for k, (x, difference, first, second) in enumerate(data):
            before = data[k - 1] if k else None
            if difference > 0 and start is None:
                start = math.nan if before is None else _crossing(before, (x, difference, first, second))
            elif difference <= 0 and start is not None and before is not None:
                intervals.append((start, _crossing(before, (x, difference, first, second))))
                start = None
        if start is not None:
            intervals.append((start, math.nan))
        if not intervals:
            return None
        return Overtaking(quantity, later, earlier, axis, line, tuple(intervals))

    def monotonic(self, quantity: str) -> tuple[int, int, list[tuple[int, str, str]]] | None:
        """Whether errors fall with every order: (points where they do, points in all, where not: point, order, next order).

        None with fewer than two orders.
        """
        ordered = [name for name in self.methods if order_of(name) is not None]
        ordered = [name for name in ordered if name.removesuffix("-broken") == name or name.removesuffix("-broken") not in ordered]
        if len(ordered) < 2:
            return None
        good = total = 0
        broken: list[tuple[int, str, str]] = []
        for i in self.used:
            rows = [self.table[i, quantity, name] for name in ordered if (i, quantity, name) in self.table]
            if len(rows) < 2:
                continue
            total += 1
            bad = [
                (i, a.method, b.method)
                for a, b in itertools.pairwise(rows)
                if abs(b.error) > abs(a.error) + max(a.uncertainty, b.uncertainty)
            ]
            good += not bad
            broken += bad
        return (good, total, broken) if total else None

    @property
    def unphysical(self) -> list[Row]:
        """Values that no density matrix has."""
        return [row for row in self.rows if row.unphysical]


def order_of(method: str) -> int | None:
    """Order of a cumulant expansion by its name: mf is 1, c3 (also C3, CE3, c3-broken) is 3; None for others."""
    if method.lower() in ("mf", "mean-field", "mean_field", "meanfield"):
        return 1
    found = re.fullmatch(r"ce?(\d+)(?:-broken)?", method.lower())
    return int(found[1]) if found else None


def _conjugate(quantity: str, sites: Model | None) -> str:
    """Label of the complex conjugate; the quantity itself where it is no label."""
    if sites is None or is_derived(quantity):
        return quantity
    return str(parse(quantity, sites).conjugate())


def is_derived(quantity: str) -> bool:
    """Whether a quantity is derived, and no moment."""
    return quantity.partition("@")[0] in DERIVED_NAMES


def compare(reference: Table, approximation: Table) -> Comparison:
    """Match points and judge every value of the approximation, and the reference's own approximations beside it."""
    truth = "exact" if "exact" in reference.methods else reference.methods[0]
    if len(reference.methods) > 1 and truth != "exact":
        raise InputError(f"{reference.name} holds {', '.join(reference.methods)}, none of which is exact; give a reference with one method")
    matches, unmatched = _matched(reference, approximation)
    if not matches:
        raise InputError(
            f"no point of {approximation.name} is in {reference.name}: "
            f"compare {_example(approximation)} with {_example(reference)}, for instance"
        )
    judged = [name for name in approximation.methods if name != "exact"] or approximation.methods
    used = dict.fromkeys(matches.values())
    own = [name for name in reference.methods if name != truth and name not in judged]
    wanted = set(approximation.quantities)
    rows = [row for row in _judged(reference, truth, reference, own, {i: i for i in used}) if row.quantity in wanted]
    rows += _judged(reference, truth, approximation, judged, matches)
    if not rows:
        raise InputError(
            f"{approximation.name} and {reference.name} have no quantity in common; there are {', '.join(reference.quantities[:8])} ..."
        )
    doubtful = len(reference.doubtful & {(i, truth) for i in used})
    return Comparison(reference.name, approximation.name, reference.points, rows, unmatched, doubtful, reference.sites)


def _judged(reference: Table, truth: str, table: Table, methods: Sequence[str], matches: Mapping[int, int]) -> Iterator[Row]:
    for (i, method, quantity), value in table.values.items():
        if method not in methods or i not in matches:
            continue
        there = matches[i]
        exact = reference.values.get((there, truth, quantity))
        if exact is not None:
            known = reference.errors.get((there, truth, quantity), 0.0)
            spread = known + 1e-15 * max(abs(exact), abs(value))
            yield Row(there, quantity, method, exact, value, spread, _impossible(quantity, value))


def _matched(reference: Table, approximation: Table) -> tuple[dict[int, int], int]:
    """Point of the approximation -> point of the reference, and how many have none."""
    known = set(reference.parameters)
    foreign = [name for name in approximation.parameters if name not in known]
    if foreign and len({tuple(point.get(name) for name in foreign) for point in approximation.points}) > 1:
        raise InputError(f"{approximation.name}: {foreign[0]!r} is no parameter of {reference.name}; those are {', '.join(sorted(known))}")
    common = [name for name in approximation.parameters if name in known]
    if not common and len(reference.points) > 1:
        raise InputError(f"{approximation.name} has no parameter of {reference.name}; add a column {reference.parameters[0]}, for instance")
    index: dict[tuple[str, ...], list[int]] = {}
    for i, point in enumerate(reference.points):
        index.setdefault(tuple(_rounded(point.get(name)) for name in common), []).append(i)
    found: dict[int, int] = {}
    for i, point in enumerate(approximation.points):
        near = index.get(tuple(_rounded(point.get(name)) for name in common))
        if near is None:  # equal numbers may round apart
            near = [k for k, other in enumerate(reference.points) if all(_same(point.get(n), other.get(n)) for n in common)]
        if len(near) > 1:
            first, second = reference.points[near[0]], reference.points[near[1]]
            differing = [name for name in first if first.get(name) != second.get(name)]
            raise InputError(
                f"{approximation.name}: several points of {reference.name} have {_spelled(point, common)}; add the column {differing[0]}"
            )
        if near:
            found[i] = near[0]
    return found, len(approximation.points) - len(found)


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.9e}"


def _same(a: float | None, b: float | None) -> bool:
    return a is not None and b is not None and math.isclose(a, b, rel_tol=_CLOSE, abs_tol=1e-300)


def _spelled(point: Mapping[str, float], names: Sequence[str]) -> str:
    return ", ".join(f"{name}={point[name]:g}" for name in names if name in point)


def _example(table: Table) -> str:
    point = table.points[0]
    return _spelled(point, list(point)) or "(no parameters)"


def _crossing(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Where two errors are equal between two points, from their logarithms; logarithmic along positive axes."""
    (x, _, first_a, second_a), (y, _, first_b, second_b) = a, b
    if min(first_a, second_a, first_b, second_b) <= 0:
        return (x + y) / 2
    left, right = math.log(first_a / second_a), math.log(first_b / second_b)
    if left == right:
        return (x + y) / 2
    t = min(max(left / (left - right), 0.0), 1.0)
    return math.exp(math.log(x) * (1 - t) + math.log(y) * t) if x > 0 and y > 0 else x * (1 - t) + y * t


def _impossible(quantity: str, value: complex) -> str:
    """Why no density matrix has this value; "" where one may.

    Spins: populations lie in [0, 1], |<z ...>| <= 1, and a product with any + or - is at most 1/2 (one off-diagonal element of
    a density matrix, or a difference of several).  Bosons: <ad^n a^n> >= 0.
    """
    kind = quantity.partition("@")[0]
    if kind in ("p0_up", "p_up"):
        return "" if -_BOUND <= value.real <= 1 + _BOUND else "a population outside [0, 1]"
    if kind in ("photons", "g2", "coherent_photons"):
        return "" if value.real >= -_BOUND else "negative"
    words = quantity.split()
    bosons = [word for word in words if word in ("ad", "a")]
    spins = [word for word in words if word not in ("ad", "a")]
    if any(word.startswith("|") for word in spins):
        return "" if abs(value) <= 1 + _BOUND else "larger than 1 in modulus"
    if bosons:
        photons = bosons.count("ad")
        if not spins and 2 * photons == len(bosons):
            if value.real < -_BOUND:
                return "negative"
            return "" if abs(value.imag) <= _BOUND else "not real"
        return ""
    if all(word.startswith("z") for word in spins):
        if abs(value.imag) > _BOUND:
            return "not real"
        return "" if abs(value.real) <= 1 + _BOUND else "outside [-1, 1]"
    return "" if abs(value) <= 0.5 + _BOUND else "larger than 1/2 in modulus"
