"""The one table: class by class, what was tried and what went wrong, and how far bounds are above errors."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from adversary.verdict import Verdict

COLUMNS = ("violated", "wrong", "crashed", "refused")
_WIDTHS = (18, 7, 16, 18, 9, 9, 22, 9, 9, 10)
_HEAD = (
    *("class", "tried", "bound violated", "certified, wrong", "crashed", "refused"),
    *("bound / error: least", "median", "most", "no truth"),
)


def _line(cells: tuple[object, ...]) -> str:
    first, *others = zip(cells, _WIDTHS, strict=True)
    return f"{first[0]!s:<{first[1]}}" + "".join(f"{cell!s:>{width}}" for cell, width in others)


@dataclass
class Row:
    """Numbers of systems, and all ratios of bound over error."""

    tried: int = 0
    untold: int = 0
    faults: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0))
    ratios: list[float] = field(default_factory=list)

    def enter(self, verdict: Verdict) -> None:
        self.untold += bool(verdict.untold)
        self.tried += not verdict.untold
        for kind in COLUMNS:
            self.faults[kind] += bool(getattr(verdict, kind))
        self.ratios += verdict.ratios

    def line(self, name: str) -> str:
        spread = [f"{x:.2g}" for x in np.quantile(self.ratios, [0, 0.5, 1])] if self.ratios else ["", "", ""]
        return _line((name, self.tried, *self.faults.values(), *spread, self.untold))


class Table:
    """Rows by class."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = defaultdict(Row)

    def enter(self, name: str, verdict: Verdict) -> None:
        self.rows[name].enter(verdict)

    @property
    def clean(self) -> bool:
        """Whether columns two to five are zero."""
        return not any(count for row in self.rows.values() for count in row.faults.values())

    def __str__(self) -> str:
        everything = Row()
        for row in self.rows.values():
            everything.tried += row.tried
            everything.untold += row.untold
            everything.ratios += row.ratios
            for kind in COLUMNS:
                everything.faults[kind] += row.faults[kind]
        return "\n".join([_line(_HEAD), *(row.line(name) for name, row in self.rows.items()), everything.line("all")])
