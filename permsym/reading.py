"""Reading what others wrote: ordinary files of a bounded size and nothing else, and numbers as people type them."""

from __future__ import annotations

import csv
import math
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.errors import InputError
from permsym.text import readable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Where = tuple[str, ...]
"""The keys that lead to an entry of a TOML file."""

LARGEST_TEXT = 2**20  # bytes of a model or a sweep; the largest of the examples has 2 kB
_LARGEST_COUNTED = 2**17  # characters of a TOML text whose lines are looked up: the slowest kind takes seconds, in a square of them
_MOST_ROWS = 200_000  # of a table, which take about a minute to compare
LARGEST_TABLE = 2**26  # bytes of somebody's CSV: reading takes about 30 times as much memory


def read_bytes(path: Path, largest: int) -> bytes:
    """The content of an ordinary file; InputError for a device, a pipe, a folder, or more than ``largest`` bytes.

    A pipe is opened without waiting for its writer.  OSError as :func:`open` raises it.
    """
    check(path, largest)
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(handle, "rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise InputError(f"{str(path)!r} has more than {readable(largest)}, the most that is read")
    return content


def csv_rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Column names, and line and cells by column of each row, of anybody's CSV; InputError, with the line, for what is none.

    Empty lines, and those that begin with #, are left out.
    """
    try:
        text = read_bytes(path, LARGEST_TABLE).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {str(path)!r}: {getattr(error, 'strerror', None) or error}") from error
    lines = [(number, line) for number, line in enumerate(text.splitlines(True), start=1) if line.strip() and not line.startswith("#")]
    if len(lines) > _MOST_ROWS:
        raise InputError(f"{path}: the table has {len(lines):,} rows, but at most {_MOST_ROWS:,} are read; leave some out")
    if len(lines) < 2:
        raise InputError(f"{path}: a table needs a line of column names and at least one row")
    try:
        dialect: Any = csv.Sniffer().sniff(lines[0][1], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = list(csv.reader([line for _, line in lines], dialect, skipinitialspace=True))
    except csv.Error as error:
        raise InputError(f"{path}: it is no table ({error})") from None
    if len(rows) != len(lines):
        raise InputError(f"{path}: a quoted cell goes over several lines; write each row on one")
    head = [cell.strip() for cell in rows[0]]
    if len(set(head)) < len(head):
        raise InputError(f"{path}: the column {next(c for c in head if head.count(c) > 1)!r} appears twice")
    for (number, _), row in zip(lines[1:], rows[1:], strict=True):
        if len(row) != len(head):
            raise InputError(f"{path}:{number}: {len(row)} cells, but there are {len(head)} columns")
    return head, [(number, dict(zip(head, map(str.strip, row), strict=True))) for (number, _), row in zip(lines[1:], rows[1:], strict=True)]


def check(path: Path, largest: float = float("inf")) -> None:
    """InputError unless the path leads to an ordinary file of at most ``largest`` bytes; OSError where it leads to none."""
    if b"\0" in os.fsencode(path):
        raise InputError(f"{str(path)!r} is no path: it has a NUL")
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):
        raise InputError(f"{str(path)!r} is {'a folder' if stat.S_ISDIR(state.st_mode) else 'a device or a pipe'}; give an ordinary file")
    if state.st_size > largest:
        raise InputError(f"{str(path)!r} has {readable(state.st_size)}, but at most {readable(largest)} are read")


class NotToml(ValueError):
    """A text that is no TOML.

    line   where it ceases to be; None where that is not clear
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def parsed_toml(text: str) -> dict[str, Any]:
    """The tables of a TOML text; NotToml for what is none, for numbers of too many digits, and for values nested too deep."""
    import tomllib

    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise NotToml("its values are nested too deep") from None
    except ValueError as error:
        raise NotToml(str(error), _line_of_mistake(text)) from error
    level: list[Any] = [tables]
    while level:
        if any(isinstance(value, int) and abs(value) >= 2**63 for value in level):
            raise NotToml("a whole number has more digits than TOML allows, which are those of 64 bits")
        level = [
            entry for value in level if isinstance(value, dict | list) for entry in (value.values() if isinstance(value, dict) else value)
        ]
    return tables


def _line_of_mistake(text: str) -> int | None:
    import tomlkit
    from tomlkit.exceptions import ParseError, TOMLKitError

    try:
        tomlkit.parse(text[:_LARGEST_COUNTED])
    except ParseError as error:
        return error.line
    except (TOMLKitError, RecursionError):
        pass
    return None


def key_lines(text: str) -> dict[Where, int]:
    """Line of each table and key of a TOML text, by the keys that lead there; of each array of tables, the first.

    Empty for a text with too many characters, and for one that tomlkit does not write as it stands.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    if len(text) > _LARGEST_COUNTED:
        return {}
    try:
        document = tomlkit.parse(text)
    except (TOMLKitError, RecursionError):
        return {}
    lines: dict[Where, int] = {}
    if document.as_string() == text:
        _count(document, (), 1, lines)
    return lines


def _count(container: Any, table: Where, line: int, lines: dict[Where, int]) -> int:
    """Note the lines of a container that begins on ``line``; the line after it.  What tomlkit parses it writes again, piece by piece."""
    from tomlkit.items import AoT, Table

    for key, item in container.body:
        if key is None:  # a comment, or blank lines
            line += item.as_string().count("\n")
            continue
        where = (*table, key.key)
        for part in item.body if isinstance(item, AoT) else [item]:
            line += part.trivia.indent.count("\n")
            lines.setdefault(where, line)
            if not isinstance(part, Table):
                line += f"{part.as_string()}{part.trivia.trail}".count("\n")
                continue
            if not part.is_super_table():  # such as a of [a.b], which has no line of its own
                line += max(part.trivia.trail.count("\n"), 1)
            line = _count(part.value, where, line, lines)
    return line


_LONGEST_NUMBER = 300  # characters: longer whole numbers are no doubles


def number_or_text(text: str) -> float | str:
    """A number, or the text of an expression: digits are those of ASCII, without ``_`` between them."""
    if len(text) > _LONGEST_NUMBER or not text.isascii() or "_" in text:
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


MOST_STEPS = 100_000  # every one has all of its values in memory


def steps(text: str, name: str, letter: str, example: str, least: float = -math.inf) -> NDArray[np.float64]:
    """STEPS + 1 numbers from W0 to W1, of a text W0:W1:STEPS; InputError for others.

    name, letter, example   for messages: what is spelled so, W, and a text that is right
    least                   smallest W0
    """
    import numpy as np

    first_, last_ = f"{letter}0", f"{letter}1"
    parts = [number_or_text(part) for part in text.split(":")]
    if len(parts) != 3 or any(isinstance(part, str) for part in parts):
        raise InputError(f"{name} must be {first_}:{last_}:STEPS, such as {example}, but is {text!r}")
    first, last, count = (float(part) for part in parts)
    if count > MOST_STEPS:
        raise InputError(f"{name} has {count:.3g} STEPS, but at most {MOST_STEPS:,} are computed at once; take fewer")
    if not (least <= first <= last < math.inf) or first == -math.inf or not count.is_integer() or count < 1:
        order = f"0 <= {first_} <= {last_}" if least == 0 else f"{first_} <= {last_}"
        raise InputError(f"{name} must have {order} and a whole number of STEPS >= 1, such as {example}, but is {text!r}")
    return np.linspace(first, last, int(count) + 1)
