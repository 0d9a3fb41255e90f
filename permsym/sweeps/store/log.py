"""A file that only grows: one line an entry, each with a checksum.

    ["permsym store", 1]<TAB>SHA-256
    ["point", KEY, ...]<TAB>SHA-256

An entry is on the disk when :meth:`Log.append` returns.  There is no second file, whose loss would cost entries and which could belong
to another log.  A process that is killed while it writes leaves the beginning of a line at the end; the entries before are whole.  So a
copy, taken at any instant, holds everything that was finished then.  A damaged byte costs the line that it is in.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LONGEST = 2**28  # bytes of a line; the keys of a million points take 7e7


def spelled(entry: list[Any]) -> bytes:
    """The line of an entry."""
    text = json.dumps(entry).encode()
    return b"%s\t%s\n" % (text, hashlib.sha256(text).hexdigest().encode())


def parsed(line: bytes) -> list[Any] | None:
    """The entry of a line; None where the line is cut off or damaged."""
    text, _, checksum = line.rpartition(b"\t")
    if checksum != hashlib.sha256(text).hexdigest().encode() + b"\n":
        return None
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, list) and entry else None


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, the last one perhaps without its end."""
    with path.open("rb") as file:
        while line := file.readline(LONGEST):
            yield line


class Log:
    """A log that is open for writing, by one process alone.  Whatever follows its first ``size`` bytes is cut off."""

    def __init__(self, path: Path, size: int) -> None:
        self._size = size
        self._file = path.open("r+b", buffering=0)

    def append(self, entry: list[Any]) -> None:
        """Write an entry; it is on the disk when this returns.  OSError where that is impossible: the log is as before then."""
        line = spelled(entry)
        try:
            self._file.truncate(self._size)  # what an interrupted writing left
            self._file.seek(self._size)
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
            os.fsync(self._file.fileno())
        except OSError:
            self._cut()
            raise
        self._size += len(line)

    def close(self) -> None:
        """Close the file."""
        self._cut()
        self._file.close()

    def _cut(self) -> None:
        with contextlib.suppress(OSError):
            self._file.truncate(self._size)
