"""Reading files of unknown origin: ordinary files of a bounded size, and nothing else."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import Any

from permsym.errors import InputError
from permsym.text import readable

LARGEST_TEXT = 2**20  # bytes of a model or a sweep; the largest of the examples has 2 kB
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


def check(path: Path, largest: float = float("inf")) -> None:
    """InputError unless the path leads to an ordinary file of at most ``largest`` bytes; OSError where it leads to none."""
    if "\0" in str(path):
        raise InputError(f"{str(path)!r} is no path: it has a NUL")
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):
        raise InputError(f"{str(path)!r} is {'a folder' if stat.S_ISDIR(state.st_mode) else 'a device or a pipe'}; give an ordinary file")
    if state.st_size > largest:
        raise InputError(f"{str(path)!r} has {readable(state.st_size)}, but at most {readable(largest)} are read")


def parsed_toml(text: str) -> dict[str, Any]:
    """The tables of a TOML text; ValueError for what is none, for numbers of too many digits, and for values nested too deep."""
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise ValueError("its values are nested too deep") from None
    level: list[Any] = [tables]
    while level:
        if any(isinstance(value, int) and abs(value) >= 2**63 for value in level):
            raise ValueError("a whole number has more digits than TOML allows, which are those of 64 bits")
        level = [
            entry for value in level if isinstance(value, dict | list) for entry in (value.values() if isinstance(value, dict) else value)
        ]
    return tables
