"""Mistakes in a TOML file: collected, and listed with the lines that they stand on."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from permsym.errors import Mistakes

Where = tuple[str, ...]
"""The keys that lead to a place in a file."""

SHOWN = 20  # mistakes listed


@dataclass
class Reader:
    """Reads the tables and collects mistakes, each with the keys that lead to it."""

    path: Path
    lines: dict[Where, int]
    mistakes: list[tuple[Where, str]] = field(default_factory=list)

    def wrong(self, where: Where, words: str) -> None:
        if (where, words) not in self.mistakes:
            self.mistakes.append((where, words))

    def line(self, where: Where) -> int:
        """The line of a key, or of the nearest table around it."""
        for length in range(len(where), 0, -1):
            if where[:length] in self.lines:
                return self.lines[where[:length]]
        return 1

    def fail(self) -> None:
        """Raise Mistakes if there are any."""
        if self.mistakes:
            found = sorted((self.line(where), words) for where, words in self.mistakes)
            listed = [f"{self.path}:{line}: {words}" for line, words in found[:SHOWN]]
            more = len(found) - SHOWN
            raise Mistakes([*listed, f"{self.path}: {more} more mistakes"] if more > 0 else listed)

    def unknown(self, where: Where, found: Mapping[str, Any], known: Sequence[str], what: str) -> None:
        for name in found:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                self.wrong(
                    (*where, name), f"{what} {name!r}; " + (f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}")
                )


def key_lines(text: str) -> dict[Where, int]:
    """Line of each table and key of a TOML text, by the keys that lead there; of each array of tables, the first."""
    found: dict[Where, int] = {}
    table: Where = ()
    for number, line in enumerate(text.splitlines(), start=1):
        head = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?", line)
        key = re.match(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=""", line)
        if head and "=" not in line.split("#")[0]:
            table = _keys(head[1])
            found.setdefault(table, number)
        elif key:
            found.setdefault((*table, *_keys(key[1])), number)
    return found


def _keys(text: str) -> Where:
    return tuple(part.strip().strip("\"'") for part in text.split("."))
