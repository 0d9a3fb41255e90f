"""An approximation beside a reference: errors, where one method overtakes another, whether higher orders help.

Error of a method at a point: value - reference, of the quantity as it stands (a complex number for most moments).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from permsym.dataset.schema import DERIVED_NAMES
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import parse


@dataclass(frozen=True)
class Row:
    """One value beside the reference's.

    point        index of the reference's point
    error        value - reference
    uncertainty  what the error estimates of both sides leave open
    unphysical   why no density matrix has this value; "" where one may
    bar          error estimate of the value itself: half its error bar
    """

    point: int
    quantity: str
    method: str
    reference: complex
    value: complex
    uncertainty: float
    unphysical: str
    bar: float = 0.0

    @property
    def error(self) -> complex:
        return self.value - self.reference

    @property
    def beyond(self) -> float:
        """How far the value is from the reference beyond what the error estimates of both leave open."""
        return max(abs(self.error) - self.uncertainty, 0.0)

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
        at = ", ".join(f"{name}={value:g}" for name, value in self.line.items() if not math.isnan(value))
        return f"{self.quantity}: {self.worse} is worse than {self.better} {spans}" + (f" ({at})" if at else "")


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
    own         approximations that the reference's file has itself
    """

    reference: str
    approximation: str
    points: list[dict[str, float]]
    rows: list[Row]
    unmatched: int = 0
    doubtful: int = 0
    sites: Model | None = None
    own: frozenset[str] = frozenset()

    def of_quantities(self, names: Sequence[str]) -> Comparison:
        """The comparison of some quantities alone; InputError for one that the two sides do not share."""
        there = dict.fromkeys(row.quantity for row in self.rows)
        chosen = {_canonical(name, self.sites) for name in names}
        if missing := sorted(chosen - set(there)):
            few = ", ".join(self.quantities[:12])
            raise InputError(f"{self.approximation} and {self.reference} share no quantity {missing[0]!r}; they share {few}")
        return replace(self, rows=[row for row in self.rows if row.quantity in chosen])

    @cached_property
    def methods(self) -> list[str]:
        """Methods, those with an order by their order."""
        names = list(dict.fromkeys(row.method for row in self.rows))
        return sorted(names, key=lambda name: (order_of(name) is None, order_of(name) or 0))

    @cached_property
    def quantities(self) -> list[str]:
        """Quantities: derived ones, then moments, then those that vanish in the reference; one of each conjugate pair.

        Quantities that vanish on both sides are left out.
        """
        nonzero = {row.quantity for row in self.rows if row.reference or row.value}
        there = {row.quantity for row in self.rows if row.reference}
        seen: set[str] = set()
        chosen = []
        for name in dict.fromkeys(row.quantity for row in self.rows if row.quantity in nonzero):
            if _conjugate(name, self.sites) not in seen - {name}:
                chosen.append(name)
            seen.add(name)
        return sorted(chosen, key=lambda name: (not is_derived(name), name not in there, len(name.split())))

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

    def where(self, point: int) -> str:
        """The parameters that tell a point from the others."""
        return " ".join(f"{name}={self.points[point][name]:.6g}" for name in self.free if name in self.points[point])

    def _others(self, axis: str) -> list[str]:
        others: list[str] = []
        for name in self.varying:
            if name == axis:
                continue
            seen: dict[tuple[float, ...], float] = {}
            free = False
            for i in self.used:
                point = self.points[i]
                key = tuple(point.get(other, math.nan) for other in (axis, *others))
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
            overtaking
            for quantity in self.quantities
            for line, group in self.lines(self.axis)
            for better, worse in itertools.combinations(self.methods, 2)
            if (overtaking := self._overtaking(quantity, worse, better, self.axis, line, group)) is not None
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
    match = re.fullmatch(r"ce?(\d+)(?:-broken)?", method.lower())
    return int(match[1]) if match else None


def _conjugate(quantity: str, sites: Model | None) -> str:
    """Label of the complex conjugate; the quantity itself where it is no label, as a function of two times."""
    try:
        return quantity if sites is None or is_derived(quantity) else str(parse(quantity, sites).conjugate())
    except InputError:
        return quantity


def _canonical(quantity: str, sites: Model | None) -> str:
    """A label as files spell it; a quantity that is no label as it stands."""
    try:
        return quantity if sites is None or is_derived(quantity) else str(parse(quantity, sites))
    except InputError:
        return quantity


def is_derived(quantity: str) -> bool:
    """Whether a quantity is derived, and no moment."""
    return quantity.partition("@")[0] in DERIVED_NAMES


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
