"""Mistakes in a TOML file: collected, and listed with the lines that they stand on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from permsym.errors import Mistakes
from permsym.text import suggestion

Where = tuple[str, ...]
"""The keys that lead to an entry of a file."""

SHOWN = 20  # mistakes listed


@dataclass
class Reader:
    """Collects the mistakes in a file while its tables are read.

    lines      line of each table and key
    announce   called with the name of a user's function before its module is imported, which runs it
    """

    path: Path
    lines: dict[Where, int]
    announce: Callable[[str], None] = lambda name: None
    mistakes: list[tuple[Where, str]] = field(default_factory=list)

    def wrong(self, where: Where, words: str) -> None:
        """Note a mistake, once."""
        if (where, words) not in self.mistakes:
            self.mistakes.append((where, words))

    def line(self, where: Where) -> int:
        """The line of a key, or of the nearest table around it."""
        return next((self.lines[where[:length]] for length in range(len(where), 0, -1) if where[:length] in self.lines), 1)

    def fail(self) -> None:
        """Raise Mistakes if there are any."""
        if self.mistakes:
            ordered = sorted((self.line(where), words) for where, words in self.mistakes)
            listed = [f"{self.path}:{line}: {words}" for line, words in ordered[:SHOWN]]
            more = len(ordered) - SHOWN
            raise Mistakes([*listed, f"{self.path}: {more} more mistakes"] if more > 0 else listed)

    def unknown(self, where: Where, names: Iterable[str], allowed: Sequence[str], what: str) -> None:
        """Note every name that is not allowed, with the nearest one that is."""
        for name in names:
            if name not in allowed:
                self.wrong((*where, name), f"{what} {name!r}; {suggestion(name, allowed, 'there are')}")


def key_lines(text: str) -> dict[Where, int]:
    """Line of each table and key of a TOML text, by the keys that lead there; of each array of tables, the first."""
    lines: dict[Where, int] = {}
    table: Where = ()
    for number, line in enumerate(text.splitlines(), start=1):
        head = re.match(r"\s*\[\[?([^\[\]]+)\]", line)  # no two repetitions may share blanks: a line of them would take minutes
        key = re.match(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=""", line)
        if head and "=" not in line.split("#")[0]:
            table = _keys(head[1])
            lines.setdefault(table, number)
        elif key:
            lines.setdefault((*table, *_keys(key[1])), number)
    return lines


def _keys(text: str) -> Where:
    return tuple(part.strip().strip("\"'") for part in text.split("."))
