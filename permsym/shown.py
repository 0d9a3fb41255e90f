"""Results as they print themselves: values to the digits that their errors leave, and a verdict in words; as text and as HTML.

HTML has inline styles only, which notebooks that are not trusted show, too; every meaning is in words, colour repeats it.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from permsym.text import table

_DIGITS = 12  # of a value that is certain to more
_ROWS = 12  # moments that are listed
_GOOD, _SHORT = "#1b7837", "#b35806"


@dataclass(frozen=True)
class Card:
    """What a result shows of itself.

    title     what it is, on one line
    verdict   what its certificate says, on one line; "" without one
    good      whether it is certified
    derived   name, value, error
    moments   label, value, error; zero: labels that vanish by symmetry
    notes     further lines
    """

    title: str
    verdict: str = ""
    good: bool = True
    derived: Sequence[tuple[str, float, float]] = ()
    moments: Sequence[tuple[str, complex, float]] = ()
    zero: Sequence[str] = ()
    notes: Sequence[str] = field(default=())

    def text(self) -> str:
        """For terminals."""
        lines = [self.title, *([self.verdict] if self.verdict else []), *self.notes]
        if rows := [*((name, digits(value, error)) for name, value, error in self.derived), *self._listed]:
            lines += ["", table(rows)]
        return "\n".join([*lines, *self._left])

    def html(self) -> str:
        """For notebooks."""
        colour = _GOOD if self.good else _SHORT
        parts = [f"<div><b>{html.escape(self.title)}</b></div>"]
        if self.verdict:
            parts.append(f'<div style="color:{colour}">{html.escape(self.verdict)}</div>')
        parts += [f"<div>{html.escape(note)}</div>" for note in self.notes]
        rows = [(f"<b>{html.escape(name)}</b>", digits(value, error)) for name, value, error in self.derived]
        rows += [(f"&lang;{html.escape(label)}&rang;", value) for label, value in self._listed]
        cell = '<td style="text-align:left;padding:1px 12px 1px 0;font-variant-numeric:tabular-nums">'
        body = "".join(f"<tr>{cell}{name}</td>{cell}{html.escape(value)}</td></tr>" for name, value in rows)
        parts += [f"<table>{body}</table>"] if rows else []
        parts += [f'<div style="color:#777">{html.escape(line)}</div>' for line in self._left]
        return f"<div>{''.join(parts)}</div>"

    @property
    def _listed(self) -> list[tuple[str, str]]:
        return [(label, complex_digits(value, error)) for label, value, error in self.moments[:_ROWS]]

    @property
    def _left(self) -> list[str]:
        """What the table leaves out, in words."""
        more = len(self.moments) - _ROWS
        lines = [f"and {more} more moments"] if more > 0 else []
        return lines + ([f"zero by symmetry: {', '.join(self.zero)}"] if self.zero else [])


def digits(value: float, error: float) -> str:
    """A value to the digits that its error leaves; in brackets the error in units of the last one.

    >>> digits(0.46412345, 2.1e-6), digits(3.1e-7, 2e-12), digits(0.25, 0.0), digits(2.0, float("inf")), digits(0.0, 1e-310)
    ('0.464123(3)', '3.10000(2)e-07', '0.25', '2 (no digit is certain)', '0 within 1e-310')
    """
    if not math.isfinite(value):
        return "not finite"
    if not value:
        return f"0 within {error:.0e}" if error else "0"
    if not error < abs(value):
        return f"{value:.2g} (no digit is certain)"
    if not value or error < abs(value) * 10.0**-_DIGITS:
        return f"{value:.{_DIGITS}g}"
    power = math.floor(math.log10(abs(value))) if not 1e-4 <= abs(value) < 1e6 else 0
    value, error = value / 10.0**power, error / 10.0**power
    decimals = max(0, -math.floor(math.log10(error)))
    return f"{value:.{decimals}f}({math.ceil(error * 10**decimals):d})" + (f"e{power:+03d}" if power else "")


def complex_digits(value: complex, error: float) -> str:
    """The same of a complex value; a part that is within its error of zero is left out."""
    real, imaginary = abs(value.real) > error, abs(value.imag) > error
    if not imaginary:
        return digits(value.real if real else 0.0, error)
    second = f"{digits(abs(value.imag), error)}i"
    sign = "-" if value.imag < 0 else ""
    return f"{digits(value.real, error)} {sign or '+'} {second}" if real else sign + second


def verdict(certified: bool, reasons: Sequence[str], evidence: str) -> str:
    """A certificate on one line."""
    return f"certified: {evidence}" if certified else f"NOT certified: {'; '.join(reasons)}"
