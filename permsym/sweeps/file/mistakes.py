"""Mistakes in a TOML file: collected, and listed with the lines that they stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from permsym.errors import Mistakes
from permsym.reading import Where, key_lines
from permsym.text import suggestion

SHOWN = 20  # mistakes listed


@dataclass
class Reader:
    """Collects the mistakes in a file while its tables are read.

    text       of the file
    announce   called with the name of a user's function before its module is imported, which runs it
    """

    path: Path
    text: str
    announce: Callable[[str], None] = lambda name: None
    mistakes: list[tuple[Where, str]] = field(default_factory=list)

    @cached_property
    def lines(self) -> dict[Where, int]:
        """Line of each table and key; only a mistake asks for it."""
        return key_lines(self.text)

    def wrong(self, where: Where, words: str) -> None:
        """Note a mistake, once."""
        if (where, words) not in self.mistakes:
            self.mistakes.append((where, words))

    def line(self, where: Where) -> int:
        """The line of a key, or of the nearest table around it; 1 where there is none."""
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
