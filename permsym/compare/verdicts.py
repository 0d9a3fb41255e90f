"""Verdicts for programs: whether every value of an approximation is within a tolerance of the reference."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from permsym.compare.comparison import Comparison, Row

_SMALL = 1e-3  # of the largest value of its quantity: errors of smaller values are relative to this


@dataclass(frozen=True)
class Verdict:
    """One quantity by one approximation.

    Errors are relative to the reference, or to a thousandth of the quantity's largest reference where that is more, and absolute where
    all references vanish.  What the error estimates of both sides leave open is no error.

    worst, median   of the errors
    where           the parameters of the worst one
    points          how many values were judged
    off             how many of them are not within
    within          whether the worst is within the tolerance; None without one
    own             whether the approximation is one of the reference's file
    """

    quantity: str
    approach: str
    worst: float
    median: float
    where: dict[str, float]
    within: bool | None
    own: bool
    points: int
    off: int | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        numbers = {name: value if math.isfinite(value) else None for name, value in (("worst", self.worst), ("median", self.median))}
        counts = {"points": self.points, "points_off": self.off}
        return {"approach": self.approach, "quantity": self.quantity, "within": self.within, **numbers, "where": self.where, **counts}


def to_dict(comparison: Comparison, judged: Sequence[Verdict], within: float | None) -> dict[str, Any]:
    """JSON-ready: what was compared, whether all of it is within, and each pair of quantity and approximation."""
    return {
        "reference": comparison.reference,
        "approximation": comparison.approximation,
        "within": within,
        "all_within": None if within is None else all(verdict.within for verdict in judged),
        "points": len(comparison.used),
        "unmatched": comparison.unmatched,
        "uncertified": comparison.doubtful,
        "pairs": [verdict.to_dict() for verdict in judged],
    }


def unit(size: float, largest: float) -> float:
    """What an error is relative to: its value's size, or a thousandth of its quantity's largest where that is more; else 1."""
    return max(size, _SMALL * largest) or 1.0


def relative_errors(comparison: Comparison, rows: Sequence[Row]) -> list[float]:
    """Errors of rows of one quantity, relative as :class:`Verdict` says."""
    if not rows:
        return []
    largest = max(abs(row.reference) for row in comparison.rows if row.quantity == rows[0].quantity)
    return [row.beyond / unit(abs(row.reference), largest) for row in rows]


def verdicts(comparison: Comparison, within: float | None = None) -> list[Verdict]:
    """A verdict for every quantity and approximation."""
    judged: dict[tuple[str, str], list[Row]] = {}
    for row in comparison.rows:
        judged.setdefault((row.quantity, row.method), []).append(row)
    chosen = set(comparison.quantities)
    return [_verdict(comparison, rows, within) for (quantity, _), rows in judged.items() if quantity in chosen]


def _verdict(comparison: Comparison, rows: Sequence[Row], within: float | None) -> Verdict:
    quantity, method = rows[0].quantity, rows[0].method
    errors = relative_errors(comparison, rows)
    worst = max(range(len(rows)), key=errors.__getitem__)
    point = comparison.points[rows[worst].point]
    where = {name: point[name] for name in comparison.free if name in point}
    met = None if within is None else errors[worst] <= within
    off = None if within is None else sum(not error <= within for error in errors)
    return Verdict(quantity, method, errors[worst], statistics.median(errors), where, met, method in comparison.own, len(errors), off)
