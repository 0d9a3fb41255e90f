"""The report: one HTML file with its pictures inside, for any browser, offline, also on a phone."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from permsym.compare.comparison import Comparison
from permsym.compare.picture import panels, pictured
from permsym.compare.summary import cells, convergence, head, number, overview, scorecard
from permsym.writing import written_aside

_ROWS = 2000  # rows of the table of points; the CSV has all of them

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #111827; background: #ffffff; }
h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin-top: 2rem; }
p, li { overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; }
figure { margin: 1rem 0; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: .5rem; }
figcaption, caption { color: #374151; font-size: .9rem; text-align: left; }
caption { padding: .25rem 0; }
.scroll { overflow-x: auto; }
.scroll:focus { outline: 2px solid #1f4fbf; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; white-space: nowrap; vertical-align: top; }
thead th { border-bottom: 2px solid #374151; }
tbody tr { border-bottom: 1px solid #e5e7eb; }
.note { border-left: 4px solid #b45309; padding: .25rem .75rem; background: #fffbeb; }
details > summary { cursor: pointer; font-weight: 600; padding: .5rem 0; }
@media print { .scroll { overflow: visible; } }
"""


def write_html(comparison: Comparison, path: Path, within: float | None = None) -> None:
    """The report as a file."""
    page = report(comparison, within)
    with written_aside(path) as aside:
        aside.write_text(page, encoding="utf-8")


def report(comparison: Comparison, within: float | None = None) -> str:
    """The page; it loads nothing from elsewhere."""
    title = f"{comparison.approximation} against {comparison.reference}"
    notes = [
        (comparison.unmatched, f"points of {comparison.approximation} have no counterpart in {comparison.reference}."),
        (comparison.doubtful, "points of the reference that were used are not certified."),
    ]
    described = escape(_described(comparison, pictured(comparison)))
    pictures = "".join(embedded(image, title) for title, image in panels(comparison, within))
    along = f" along {comparison.axis}" if comparison.axis else ""
    caption = f"<figcaption>Values and moduli of the errors{escape(along)}. {described}</figcaption>"
    picture = f'<figure><div class="panels">{pictures}</div>{caption}</figure>'
    merit = [str(overtaking) for overtaking in comparison.overtakings]
    sections = [
        section(
            "Scorecard",
            table("Errors relative to the reference, the best approximation of each quantity first", scorecard(comparison, within)),
        ),
        section("Errors", picture + table("Errors over all points", overview(comparison))),
        section("Order of merit", bullets(merit) or "<p>At no point is a higher order (or a later method) worse than a lower one.</p>"),
    ]
    orders = convergence(comparison)
    if len(orders) > 1:
        sections.append(section("Convergence with order", table("Points at which the error falls with every order", orders)))
    sections += [section("Values that no state has", _unphysical(comparison) or "<p>None.</p>"), _every_point(comparison)]
    noted = "".join(f'<p class="note">{escape(f"{count} {words}")}</p>' for count, words in notes if count)
    return page(title, f"<p>{escape(head(comparison))}. Error means value minus reference.</p>{noted}{''.join(sections)}")


def page(title: str, content: str) -> str:
    """A whole page around HTML content."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="generator" content="permsym">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>"
        f"{content}</main></body></html>\n"
    )


def embedded(image: bytes, words: str) -> str:
    """A PNG inside the page, with words for readers who cannot see it."""
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{base64.b64encode(image).decode()}">'


def _unphysical(comparison: Comparison) -> str:
    rows = [["quantity", "approach", "point", "value", "why"]]
    for row in comparison.unphysical[:_ROWS]:
        rows.append([row.quantity, row.method, comparison.where(row.point) or "-", number(row.value), row.unphysical])
    return table("Values that no density matrix has", rows) if len(rows) > 1 else ""


def _every_point(comparison: Comparison) -> str:
    rows = [row for row in comparison.rows if row.quantity in set(comparison.quantities)]
    points = [["point", "quantity", "approach", "reference", "value", "error", "|error|", "relative"]]
    points += [cells(comparison, row) for row in rows[:_ROWS]]
    cut = f"<p>The first {_ROWS} of {len(rows)} rows; <code>-o REPORT.csv</code> writes all.</p>" if len(rows) > _ROWS else ""
    return f"<section><details><summary>Every point</summary>{cut}{table('Errors point by point', points)}</details></section>"


def _described(comparison: Comparison, quantities: Sequence[str]) -> str:
    """The pictures in words, for readers who cannot see them."""
    said = []
    for row in overview(comparison, quantities)[1:]:
        said.append(f"{row[0]}, {row[1]}: largest error {row[3]}" + (f" at {row[4]}" if row[4] != "-" else ""))
    return "; ".join(said) + "."


def section(title: str, content: str) -> str:
    """Content under a heading."""
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def bullets(lines: Sequence[str]) -> str:
    """A list of sentences; nothing for none."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>" if lines else ""


def table(caption: str, rows: Sequence[Sequence[str]]) -> str:
    """A table with a caption and headed columns and rows, which scrolls in a box of its own on a narrow screen."""
    columns = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in rows[0])
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>" for row in rows[1:]
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )
