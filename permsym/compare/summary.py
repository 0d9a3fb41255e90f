"""A comparison in words and rows: the text for the terminal, the CSV with everything."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from permsym.compare.comparison import Comparison, Row
from permsym.compare.verdicts import verdicts
from permsym.text import table
from permsym.writing import written_aside

SHOWN = 24  # lines of the first table
_SHOWN_LINES = 20


def overview(comparison: Comparison, quantities: Sequence[str] | None = None) -> list[list[str]]:
    """One line for each quantity and method: largest, mean and signed mean error, largest relative error, and where.

    The last column counts points whose error bars reach the reference, where values have any.
    """
    bars = any(row.bar > 0 for row in comparison.rows)
    rows = [["quantity", "approach", "points", "largest |error|", "at", "mean |error|", "mean error", "largest relative"]]
    rows[0] += ["within error bars"] * bars
    for quantity in comparison.quantities if quantities is None else quantities:
        for method in comparison.methods:
            judged = [row for row in comparison.rows if row.quantity == quantity and row.method == method]
            if not judged:
                continue
            worst = max(judged, key=lambda row: abs(row.error))
            relative = [row.relative for row in judged if not math.isnan(row.relative)]
            mean = sum(row.error for row in judged) / len(judged)
            rows.append([
                quantity, method, str(len(judged)), f"{abs(worst.error):.3e}", comparison.where(worst.point) or "-",
                f"{sum(abs(row.error) for row in judged) / len(judged):.3e}", _signed(mean), f"{max(relative):.3e}" if relative else "-",
            ])  # fmt: skip
            rows[-1] += [f"{sum(row.beyond == 0 for row in judged)} of {len(judged)}" if any(row.bar for row in judged) else "-"] * bars
    return rows


def scorecard(comparison: Comparison, within: float | None = None) -> list[list[str]]:
    """One line for each quantity and approximation, by the median of the errors that verdicts have; error bars are no error."""
    rows = [["quantity", "approach", "rank", "median", "worst", "at", *([] if within is None else [f"not within {within:g}"])]]
    judged = verdicts(comparison, within)
    for quantity in comparison.quantities:
        ranked = sorted((verdict for verdict in judged if verdict.quantity == quantity), key=lambda verdict: verdict.median)
        for rank, verdict in enumerate(ranked, 1):
            at = " ".join(f"{name}={value:.6g}" for name, value in verdict.where.items()) or "-"
            off = [] if within is None else [f"{verdict.off} of {verdict.points}"]
            rows.append([quantity, verdict.approach, str(rank), f"{verdict.median:.2e}", f"{verdict.worst:.2e}", at, *off])
    return rows


def convergence(comparison: Comparison) -> list[list[str]]:
    """One line for each quantity: at how many points the error falls with every order, and where it first does not."""
    rows = [["quantity", "errors fall with order at", "exceptions"]]
    for quantity in comparison.quantities:
        judged = comparison.monotonic(quantity)
        if judged is None:
            continue
        good, total, broken = judged
        shown = "; ".join(f"{b} worse than {a} at {comparison.where(i) or 'the point'}" for i, a, b in broken[:2])
        more = f"; {len(broken) - 2} more" if len(broken) > 2 else ""
        rows.append([quantity, f"{good} of {total} points", (shown + more) or "none"])
    return rows


def text(comparison: Comparison) -> str:
    """What ``permsym compare`` prints."""
    quantities = comparison.quantities[: max(3, SHOWN // len(comparison.methods))]
    parts = [head(comparison), table(overview(comparison, quantities))]
    if len(comparison.quantities) > len(quantities):
        parts.append(f"{len(comparison.quantities) - len(quantities)} more quantities are in the report: -o REPORT.html or .csv")
    merit = [str(overtaking) for overtaking in comparison.overtakings if overtaking.quantity in quantities]
    if merit:
        more = [f"... {len(merit) - _SHOWN_LINES} more"] if len(merit) > _SHOWN_LINES else []
        parts.append("Order of merit:\n" + "\n".join("  " + line for line in [*merit[:_SHOWN_LINES], *more]))
    orders = [row for row in convergence(comparison) if row[0] in (*quantities, "quantity")]
    if len(orders) > 1:
        parts.append("Convergence with order:\n" + table(orders))
    bad = comparison.unphysical
    if bad:
        lines = [
            f"  {row.quantity} of {row.method} at {comparison.where(row.point) or 'the point'}: {number(row.value)} is {row.unphysical}"
            for row in bad
        ]
        more = [f"  ... {len(bad) - _SHOWN_LINES} more"] if len(bad) > _SHOWN_LINES else []
        parts.append("Values that no state has:\n" + "\n".join([*lines[:_SHOWN_LINES], *more]))
    return "\n\n".join(parts)


def head(comparison: Comparison) -> str:
    """What was compared."""
    words = (
        f"{comparison.approximation} against {comparison.reference}: {len(comparison.used)} points, methods {', '.join(comparison.methods)}"
    )
    if comparison.unmatched:
        words += f"; {comparison.unmatched} points have no counterpart"
    if comparison.doubtful:
        words += f"; {comparison.doubtful} points of the reference are not certified"
    return words


def write_csv(comparison: Comparison, path: Path) -> None:
    """Every value with its errors: one row for each point, quantity and method."""
    names = list(dict.fromkeys(name for i in comparison.used for name in comparison.points[i]))
    with written_aside(path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# permsym compare: {comparison.approximation} against {comparison.reference}\n".replace("\r", " "))
        rows = csv.writer(file)
        rows.writerow([
            *map(defused, names), "quantity", "approach", "reference_real", "reference_imag", "value_real", "value_imag",
            "error_real", "error_imag", "error_absolute", "error_relative", "uncertainty", "unphysical",
        ])  # fmt: skip
        for row in comparison.rows:
            numbers = [row.reference, row.value, row.error]
            parts = [repr(part) for number in numbers for part in (number.real, number.imag)]
            point = [repr(comparison.points[row.point].get(name, math.nan)) for name in names]
            tail = [repr(abs(row.error)), repr(row.relative), repr(row.uncertainty), row.unphysical]
            rows.writerow([*point, row.quantity, defused(row.method), *parts, *tail])


def defused(text: str) -> str:
    """A text of a file as a cell that no spreadsheet takes for a formula; labels of moments, such as ``+1 -2``, carry none."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def cells(comparison: Comparison, row: Row) -> list[str]:
    """A row of the report's table of points."""
    relative = "-" if math.isnan(row.relative) else f"{row.relative:.2e}"
    return [
        comparison.where(row.point) or "-",
        row.quantity,
        row.method,
        number(row.reference),
        number(row.value),
        _signed(row.error),
        f"{abs(row.error):.2e}",
        relative,
    ]


def number(value: complex) -> str:
    """A number as the report spells it."""
    return f"{value.real:.9g}" if not value.imag else f"{value.real:.9g}{value.imag:+.9g}i"


def _signed(value: complex) -> str:
    return f"{value.real:+.2e}" if abs(value.imag) <= 1e-3 * abs(value.real) else f"{value.real:+.2e}{value.imag:+.2e}i"
