"""The report: one HTML file with its pictures inside, for any browser, offline, also on a phone."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from permsym.compare.judge import Comparison
from permsym.compare.picture import panels, pictured
from permsym.compare.summary import cells, convergence, head, number, overview, place
from permsym.dataset.files import written_aside

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


def write_html(found: Comparison, path: Path) -> None:
    """The report as a file."""
    page = report(found)
    with written_aside(path) as aside:
        aside.write_text(page, encoding="utf-8")


def report(found: Comparison) -> str:
    """The page: nothing in it is loaded from anywhere."""
    title = f"{found.approximation} against {found.reference}"
    notes = [
        f"{found.unmatched} points of {found.approximation} have no counterpart in {found.reference}." if found.unmatched else "",
        f"{found.doubtful} points of the reference that were used are not certified." if found.doubtful else "",
    ]
    described = escape(_described(found, pictured(found)))
    pictures = "".join(
        f'<img alt="{escape(title)}" src="data:image/png;base64,{base64.b64encode(image).decode()}">' for title, image in panels(found)
    )
    along = f" along {found.axis}" if found.axis else ""
    caption = f"<figcaption>Values and moduli of the errors{escape(along)}. {described}</figcaption>"
    picture = f'<figure><div class="panels">{pictures}</div>{caption}</figure>'
    merit = [str(each) for each in found.overtakings]
    sections = [
        _section("Errors", picture + _table("Errors over all points", overview(found))),
        _section("Order of merit", _list(merit) or "<p>At no point is a higher order (or a later method) worse than a lower one.</p>"),
    ]
    orders = convergence(found)
    if len(orders) > 1:
        sections.append(_section("Convergence with order", _table("Points at which the error falls with every order", orders)))
    bad = [[row.quantity, row.method, place(found, row.point) or "-", number(row.value), row.unphysical] for row in found.unphysical]
    unphysical = _table("Values that no density matrix has", [["quantity", "method", "point", "value", "why"], *bad[:_ROWS]]) if bad else ""
    sections.append(_section("Values that no state has", unphysical or "<p>None.</p>"))
    rows = [row for row in found.rows if row.quantity in set(found.quantities)]
    points = [["point", "quantity", "method", "reference", "value", "error", "|error|", "relative"]]
    points += [cells(found, row) for row in rows[:_ROWS]]
    cut = f"<p>The first {_ROWS} of {len(rows)} rows; <code>-o REPORT.csv</code> writes all.</p>" if len(rows) > _ROWS else ""
    sections.append(f"<section><details><summary>Every point</summary>{cut}{_table('Errors point by point', points)}</details></section>")
    notes_ = "".join(f'<p class="note">{escape(note)}</p>' for note in notes if note)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="generator" content="permsym">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>"
        f"<p>{escape(head(found))}. Error means value minus reference.</p>{notes_}{''.join(sections)}</main></body></html>\n"
    )


def _described(found: Comparison, quantities: Sequence[str]) -> str:
    """The pictures in words, for whoever cannot see them."""
    said = []
    for row in overview(found, quantities)[1:]:
        said.append(f"{row[0]}, {row[1]}: largest error {row[3]}" + (f" at {row[4]}" if row[4] != "-" else ""))
    return "; ".join(said) + "."


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _list(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>" if lines else ""


def _table(caption: str, rows: Sequence[Sequence[str]]) -> str:
    """A table with a caption and headed columns and rows, which scrolls in a box of its own on a narrow screen."""
    columns = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in rows[0])
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>" for row in rows[1:]
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )
