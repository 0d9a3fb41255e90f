"""Finished points on disk beside the output: one SQLite transaction a point.

    points   key (see Task.key), labels, values, record, checksum, lasting
    plans    fingerprint of a sweep -> the keys of its points: a finished sweep is recognised without making its models

Write-ahead log with ``synchronous=FULL``: a point is on the disk when ``put`` returns, and a process that is killed in the
middle of it leaves the store as it was before.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from permsym.errors import InputError, PermsymError
from permsym.sweeps.store.lock import locked
from permsym.sweeps.store.record import Row, digest, packed, unpacked
from permsym.sweeps.task import Result

_MAGIC = b"SQLite format 3\0"
_APPLICATION = 0x7073796D  # "psym", in the header of every store
_TABLES = """
CREATE TABLE IF NOT EXISTS points (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, labels TEXT NOT NULL, numbers BLOB NOT NULL,
    record TEXT NOT NULL, digest BLOB NOT NULL, lasting INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS plans (fingerprint TEXT PRIMARY KEY, keys TEXT NOT NULL, written TEXT NOT NULL DEFAULT '');
"""
_ROWS = "SELECT id, key, labels, numbers, record, digest, lasting FROM points"


class StoreFailed(PermsymError):
    """The store cannot be written or read: the disk is full, or fails."""


class Store:
    """An open store; made by :func:`opened`."""

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self._database = database

    def results(self, keys: Sequence[str] | None = None) -> dict[str, Result]:
        """Results by key, of these keys or all; rows with a wrong checksum are left out."""
        wanted = None if keys is None else set(keys)
        results: dict[str, Result] = {}
        spelled: dict[str, list[str]] = {}
        for _, key, labels, numbers, record, checksum, lasting in self._rows():
            if wanted is not None and key not in wanted:
                continue
            row: Row = (labels, numbers, record)
            if digest(key, row) != checksum:
                continue
            if labels not in spelled:
                spelled[labels] = json.loads(labels)
            results[key] = Result(unpacked(row, spelled[labels]), bool(lasting))
        return results

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._database.execute(_ROWS)
        except sqlite3.Error as error:
            raise StoreFailed(
                f"cannot read the store {str(self.path)!r} ({error}); move it away, and its points are computed again"
            ) from error

    def put(self, key: str, result: Result) -> None:
        """Store a result; it is on the disk when this returns.  StoreFailed where that is impossible."""
        row = packed(result.point)
        with self._writing():
            self._database.execute(
                "INSERT OR REPLACE INTO points (key, labels, numbers, record, digest, lasting) VALUES (?, ?, ?, ?, ?, ?)",
                (key, *row, digest(key, row), int(result.lasting)),
            )

    def plan(self, fingerprint: str) -> list[str] | None:
        """Keys of the points of a sweep that was seen before."""
        row = self._database.execute("SELECT keys FROM plans WHERE fingerprint = ?", (fingerprint,)).fetchone()
        return None if row is None else row[0].split()

    def remember(self, fingerprint: str, keys: Sequence[str]) -> None:
        """Note the keys of a sweep's points."""
        with self._writing():
            self._database.execute("INSERT OR REPLACE INTO plans (fingerprint, keys) VALUES (?, ?)", (fingerprint, " ".join(keys)))

    def has_written(self, fingerprint: str, output: Path) -> bool:
        """Whether the output is still the file that :meth:`wrote` saw for this sweep."""
        row = self._database.execute("SELECT written FROM plans WHERE fingerprint = ?", (fingerprint,)).fetchone()
        return row is not None and output.exists() and row[0] == _seen(output)

    def wrote(self, fingerprint: str, output: Path) -> None:
        """Note that a finished sweep has this output, so that it is not written again."""
        with self._writing():
            self._database.execute("UPDATE plans SET written = ? WHERE fingerprint = ?", (_seen(output), fingerprint))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            yield
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise StoreFailed(
                f"cannot store a point in {str(self.path)!r} ({error}); the points before it are safe: "
                "free some space and give the same command again"
            ) from error


@contextlib.contextmanager
def opened(path: Path, fresh: bool = False) -> Iterator[Store]:
    """The store at a path, locked for this process; made where there is none, or anew if ``fresh``.

    A damaged store is moved aside, and its readable rows go into a new one.  InputError for a file that is no store.
    """
    with locked(path.with_name(path.name + ".lock")):
        _check_ours(path)
        if fresh:
            _remove(path)
        database = _connect(path)
        try:
            yield Store(path, database)
        finally:
            with contextlib.suppress(sqlite3.Error):
                database.close()  # moves the log into the file, where there is space for it


def _connect(path: Path) -> sqlite3.Connection:
    try:
        return _open(path)
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise StoreFailed(
                f"cannot open the store {str(path)!r} ({error}); free it or its disk and give the same command again"
            ) from error
    try:
        _rescue(path)
        return _open(path)
    except (sqlite3.Error, OSError) as error:
        raise StoreFailed(f"the store {str(path)!r} is damaged and cannot be read now ({error}); free some space") from error


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.text_factory = _decoded
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")  # one process only: no shared memory that a full disk could break
        mode = database.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise StoreFailed(f"the store {str(path)!r} cannot have a write-ahead log there; put the output on a local disk")
        database.execute("PRAGMA synchronous = FULL")
        if database.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
        if database.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
            database.execute(f"PRAGMA application_id = {_APPLICATION}")
            database.executescript(_TABLES)
        else:
            database.execute("SELECT count(*) FROM points, plans")
    except BaseException:
        database.close()
        raise
    return database


def _decoded(text: bytes) -> str:
    """A text of the store; damaged ones have a wrong checksum then, instead of ending the reading of all rows."""
    return text.decode(errors="replace")


def _seen(path: Path) -> str:
    """A text that changes whenever the file is written."""
    state = path.stat()
    return f"{path.name} {state.st_ino} {state.st_size} {state.st_mtime_ns}"


def _check_ours(path: Path) -> None:
    """Refuse a file that is neither a store nor the beginning of one."""
    if not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(100)
    application = int.from_bytes(head[68:72], "big") if len(head) >= 72 else 0
    if head and not (head.startswith(_MAGIC[: len(head)]) and application in (0, _APPLICATION)):
        raise InputError(f"{str(path)!r} exists and is no store of permsym; delete it or choose another output with -o")


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _rescue(path: Path) -> None:
    """Replace a damaged store by one with its readable rows whose checksum is right; the old one stays beside it."""
    new = path.with_name(path.name + ".rescue")
    _remove(new)
    rows = [
        row
        for row in _readable(path).values()
        if isinstance(row[0], str) and isinstance(row[2], bytes) and digest(row[0], (str(row[1]), row[2], str(row[3]))) == row[4]
    ]
    with contextlib.closing(_open(new)) as database:
        database.execute("BEGIN IMMEDIATE")
        database.executemany(
            "INSERT OR REPLACE INTO points (key, labels, numbers, record, digest, lasting) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
        database.execute("COMMIT")
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for suffix in ("-wal", "-shm"):
        old = path.with_name(path.name + suffix)
        if old.exists():
            old.replace(aside.with_name(aside.name + suffix))
    path.replace(aside)
    new.replace(path)
    said = f"the store {path.name!r} was damaged; {len(rows)} points were read from it, the file is kept as {aside.name!r}"
    print(f"permsym: {said}", file=sys.stderr)


def _readable(path: Path) -> Mapping[int, tuple[object, ...]]:
    """Rows of a damaged store that SQLite can still read, from both ends."""
    rows: dict[int, tuple[object, ...]] = {}
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.text_factory = _decoded
        database.execute("PRAGMA writable_schema = ON")  # reads on although the file is shorter than its header says
        for order in ("ASC", "DESC"):
            with contextlib.suppress(sqlite3.Error, ValueError, TypeError):
                for number, *rest in database.execute(f"{_ROWS} ORDER BY id {order}"):
                    rows[number] = tuple(rest)
    return rows
