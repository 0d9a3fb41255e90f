"""A comparison in words and rows: the text for the terminal, the CSV with everything."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from permsym.compare.judge import Comparison, Row
from permsym.dataset.files import written_aside
from permsym.text import table

SHOWN = 24  # lines of the first table
_SHOWN_LINES = 20


def overview(found: Comparison, quantities: Sequence[str] | None = None) -> list[list[str]]:
    """One line for each quantity and method: largest, mean and signed mean error, largest relative error, and where."""
    rows = [["quantity", "method", "points", "largest |error|", "at", "mean |error|", "mean error", "largest relative"]]
    for quantity in found.quantities if quantities is None else quantities:
        for method in found.methods:
            each = [row for row in found.rows if row.quantity == quantity and row.method == method]
            if not each:
                continue
            worst = max(each, key=lambda row: abs(row.error))
            relative = [row.relative for row in each if not math.isnan(row.relative)]
            mean = sum(row.error for row in each) / len(each)
            rows.append([
                quantity, method, str(len(each)), f"{abs(worst.error):.3e}", place(found, worst.point) or "-",
                f"{sum(abs(row.error) for row in each) / len(each):.3e}", _signed(mean), f"{max(relative):.3e}" if relative else "-",
            ])  # fmt: skip
    return rows


def place(found: Comparison, point: int) -> str:
    """The parameters that tell a point from the others."""
    return " ".join(f"{name}={found.points[point][name]:.6g}" for name in found.free if name in found.points[point])


def convergence(found: Comparison) -> list[list[str]]:
    """One line for each quantity: at how many points the error falls with every order, and where it first does not."""
    rows = [["quantity", "errors fall with order at", "exceptions"]]
    for quantity in found.quantities:
        judged = found.monotonic(quantity)
        if judged is None:
            continue
        good, total, broken = judged
        shown = "; ".join(f"{b} worse than {a} at {place(found, i) or 'the point'}" for i, a, b in broken[:2])
        more = f"; {len(broken) - 2} more" if len(broken) > 2 else ""
        rows.append([quantity, f"{good} of {total} points", (shown + more) or "none"])
    return rows


def text(found: Comparison) -> str:
    """What ``permsym compare`` prints."""

    quantities = found.quantities[: max(3, SHOWN // len(found.methods))]
    parts = [head(found), table(overview(found, quantities))]
    if len(found.quantities) > len(quantities):
        parts.append(f"{len(found.quantities) - len(quantities)} more quantities are in the report: -o REPORT.html or .csv")
    merit = [str(each) for each in found.overtakings if each.quantity in quantities]
    if merit:
        more = [f"... {len(merit) - _SHOWN_LINES} more"] if len(merit) > _SHOWN_LINES else []
        parts.append("Order of merit:\n" + "\n".join("  " + line for line in [*merit[:_SHOWN_LINES], *more]))
    orders = [row for row in convergence(found) if row[0] in (*quantities, "quantity")]
    if len(orders) > 1:
        parts.append("Convergence with order:\n" + table(orders))
    bad = found.unphysical
    if bad:
        lines = [
            f"  {row.quantity} of {row.method} at {place(found, row.point) or 'the point'}: {number(row.value)} is {row.unphysical}"
            for row in bad
        ]
        more = [f"  ... {len(bad) - _SHOWN_LINES} more"] if len(bad) > _SHOWN_LINES else []
        parts.append("Values that no state has:\n" + "\n".join([*lines[:_SHOWN_LINES], *more]))
    return "\n\n".join(parts)


def head(found: Comparison) -> str:
    """What was compared."""
    words = f"{found.approximation} against {found.reference}: {len(found.used)} points, methods {', '.join(found.methods)}"
    if found.unmatched:
        words += f"; {found.unmatched} points have no counterpart"
    if found.doubtful:
        words += f"; {found.doubtful} points of the reference are not certified"
    return words


def write_csv(found: Comparison, path: Path) -> None:
    """Every value with its errors: one row for each point, quantity and method."""
    names = list(dict.fromkeys(name for i in found.used for name in found.points[i]))
    with written_aside(path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# permsym compare: {found.approximation} against {found.reference}\n".replace("\r", " "))
        rows = csv.writer(file)
        rows.writerow([
            *names, "quantity", "method", "reference_real", "reference_imag", "value_real", "value_imag", "error_real", "error_imag",
            "error_absolute", "error_relative", "uncertainty", "unphysical",
        ])  # fmt: skip
        for row in found.rows:
            numbers = [row.reference, row.value, row.error]
            parts = [repr(part) for number in numbers for part in (number.real, number.imag)]
            point = [repr(found.points[row.point].get(name, math.nan)) for name in names]
            tail = [repr(abs(row.error)), repr(row.relative), repr(row.uncertainty), row.unphysical]
            rows.writerow([*point, row.quantity, row.method, *parts, *tail])


def cells(found: Comparison, row: Row) -> list[str]:
    """A row of the report's table of points."""
    relative = "-" if math.isnan(row.relative) else f"{row.relative:.2e}"
    return [
        place(found, row.point) or "-",
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
