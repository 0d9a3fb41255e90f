"""Finished points on disk beside the output: one line of a log for each, see log.py.

    ["permsym store", 1]
    ["point", key (see Task.key), lasting, record (see record.py)]
    ["sweep", fingerprint of a sweep, keys of its points]     a finished sweep is recognised without making its models
    ["output", fingerprint, state of the file]               and its output, where it is there, is not written again

Of entries with one key or fingerprint the last one counts.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import filterfalse
from pathlib import Path
from typing import Any

from permsym import reading
from permsym.dataset.versions import Software, mixture, software
from permsym.errors import InputError, PermsymError
from permsym.sweeps.store.lock import locked
from permsym.sweeps.store.log import LONGEST, Log, lines, parsed, spelled
from permsym.sweeps.store.record import packed, unpacked
from permsym.sweeps.task import Result
from permsym.writing import written_aside

_NAME, _FORMAT = "permsym store", 1
_UNFINISHED = ".unfinished"  # how names of files of points end that are being computed
_HEAD = spelled([_NAME, _FORMAT])


class NoStore(InputError):
    """A file of something else."""


class StoreFailed(PermsymError):
    """The store cannot be written or read: the disk is full, or fails."""


@dataclass
class Contents:
    """What a store holds.

    results   by key
    sweeps    fingerprint of a sweep -> the keys of its points
    outputs   fingerprint -> the state of the finished output
    size      bytes of whole and damaged lines; what follows, ``cut`` bytes, is the beginning of a line
    damaged   number of lines that cannot be read
    """

    results: dict[str, Result] = field(default_factory=dict)
    sweeps: dict[str, list[str]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    size: int = 0
    cut: int = 0
    damaged: int = 0

    @property
    def versions(self) -> list[tuple[Software, int]]:
        """Each software that computed some of the points, and how many: the most first."""
        return mixture(result.point.computed_by for result in self.results.values())

    def takes(self, line: bytes) -> bool:
        """Take in a line; False where it is damaged."""
        try:
            match parsed(line):
                case [name, number] if (name, number) == (_NAME, _FORMAT):
                    pass
                case ["point", str(key), bool(lasting), record]:
                    self.results[key] = Result(unpacked(record), lasting)
                case ["sweep", str(mark), list(keys)]:
                    self.sweeps[mark] = list(map(str, keys))
                case ["output", str(mark), str(state)]:
                    self.outputs[mark] = state
                case _:
                    return False
        except (ValueError, OverflowError):
            return False
        return True


def read(path: Path) -> Contents:
    """What the store at a path holds, also while a run writes to it; InputError for a file that is no store."""
    reading.check(path)
    _check_head(path)
    contents = Contents()
    whole, rest = 0, b""
    for line in lines(path):
        if line.endswith(b"\n") or len(line) == LONGEST:
            good = contents.takes(line)
            whole += good
            contents.damaged += not good
            contents.size += len(line)
        else:
            rest = line
    if not whole and (contents.size or not _HEAD.startswith(rest)):
        raise _foreign(path)
    contents.cut = len(rest)
    return contents


def _check_head(path: Path) -> None:
    """InputError for a file whose first bytes say that it is no store, or one of another version.

    A damaged first line is let pass: whether there are other lines of a store shows when they are read.
    """
    with path.open("rb") as file:
        head = file.readline(100)
        application = (head + file.read(100))[68:72]
    if head.startswith(b"SQLite format 3\0"):
        if application == b"psym":
            raise InputError(f"{str(path)!r} is a store of an older permsym, whose points are of no use to this one; delete it")
        raise _foreign(path)
    match parsed(head):
        case [name, number] if name == _NAME and number != _FORMAT:
            raise InputError(f"{str(path)!r} is a store of a newer permsym; use that, or choose another output with -o")


def _foreign(path: Path) -> NoStore:
    return NoStore(f"{str(path)!r} exists and is no store of permsym; delete it or choose another output with -o")


class Store:
    """An open store; made by :func:`opened`."""

    def __init__(self, path: Path, contents: Contents, log: Log) -> None:
        self.path = path
        self._contents, self._log = contents, log

    def results(self) -> dict[str, Result]:
        """Results by key."""
        return self._contents.results

    def put(self, key: str, result: Result) -> None:
        """Store a result; it is on the disk when this returns.  StoreFailed where that is impossible."""
        self._append(["point", key, result.lasting, packed(result.point)])
        self._contents.results[key] = result

    def keys_of(self, fingerprint: str) -> list[str] | None:
        """Keys of the points of a sweep that was seen before."""
        return self._contents.sweeps.get(fingerprint)

    def remember(self, fingerprint: str, keys: Sequence[str]) -> None:
        """Note the keys of a sweep's points."""
        if self.keys_of(fingerprint) != keys:
            self._append(["sweep", fingerprint, list(keys)])
            self._contents.sweeps[fingerprint] = list(keys)

    def has_written(self, fingerprint: str, output: Path) -> bool:
        """Whether the output is still the file that :meth:`wrote` saw for this sweep."""
        return output.exists() and self._contents.outputs.get(fingerprint) == _seen(output)

    def wrote(self, fingerprint: str, output: Path) -> None:
        """Note that a finished sweep has this output, so that it is not written again."""
        self._append(["output", fingerprint, _seen(output)])
        self._contents.outputs[fingerprint] = _seen(output)

    def aside(self, key: str) -> Path:
        """Where a point may write how far it is; other software, whose numbers may differ, has another place."""
        name = hashlib.sha256(f"{key} {software()}".encode()).hexdigest()[:16]
        return self.path.with_name(f"{self.path.name}.{name}{_UNFINISHED}")

    def _append(self, entry: list[Any]) -> None:
        try:
            self._log.append(entry)
        except OSError as error:
            raise StoreFailed(
                f"cannot store a point in {str(self.path)!r} ({error.strerror}); the points before it are safe: "
                "free some space and give the same command again"
            ) from error


@contextlib.contextmanager
def opened(path: Path, fresh: bool = False) -> Iterator[Store]:
    """The store at a path, locked for this process; made where there is none, or anew if ``fresh``.

    A damaged store is copied aside and continued with what can be read of it.  InputError for a file that is no store.
    """
    with locked(path.with_name(path.name + ".lock")):
        contents = read(path) if path.exists() else Contents()
        if fresh:
            contents = Contents()
            for unfinished in path.parent.glob(f"{glob.escape(path.name)}.*{_UNFINISHED}"):
                unfinished.unlink(missing_ok=True)
        if contents.damaged:
            contents = _salvaged(path, contents)
        elif not contents.size:
            contents.size = _write(path, [_HEAD])
        if contents.cut:
            _say(
                f"the store {path.name!r} was damaged at its end, as a kill does while a point is written: "
                f"{len(contents.results)} points were read, what is missing is computed again"
            )
        try:
            log = Log(path, contents.size)
        except OSError as error:
            raise StoreFailed(f"cannot write the store {str(path)!r} ({error.strerror}); put the output into another folder") from error
        try:
            yield Store(path, contents, log)
        finally:
            log.close()


def _salvaged(path: Path, contents: Contents) -> Contents:
    """Replace a damaged store by its whole lines; a copy of it stays beside."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    try:
        shutil.copyfile(path, aside)
    except OSError as error:
        raise StoreFailed(f"the store {str(path)!r} is damaged and cannot be mended now ({error.strerror}); free some space") from error
    whole = Contents()
    whole.size = _write(path, [_HEAD, *filter(whole.takes, filterfalse(_HEAD.__eq__, lines(aside)))])
    _say(
        f"the store {path.name!r} was damaged: {contents.damaged} of its lines cannot be read, what they held is computed again; "
        f"{len(whole.results)} points were read, the damaged file is {aside.name!r}"
    )
    return whole


def _write(path: Path, content: Sequence[bytes]) -> int:
    """Replace a file as a whole; its size."""
    with written_aside(path) as part, part.open("wb") as file:
        file.writelines(content)
    return sum(map(len, content))


def _say(text: str) -> None:
    print(f"permsym: {text}", file=sys.stderr)


def _seen(path: Path) -> str:
    """A text that changes whenever the file is written."""
    state = path.stat()
    return f"{path.name} {state.st_ino} {state.st_size} {state.st_mtime_ns}"
