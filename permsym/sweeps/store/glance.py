"""A look at a store that another process may be writing: nothing is locked or changed, because a copy is read."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

from permsym.errors import InputError
from permsym.sweeps.store.store import Store
from permsym.sweeps.task import Result

_JOURNALS = ("-wal", "-journal")  # what SQLite writes beside a database, by its journal mode
_ATTEMPTS = 20  # copies until one is made while nobody writes; after that the last one, whose rows have checksums


@dataclass
class Contents:
    """What a store holds.

    results   by key
    plans     fingerprint of a sweep -> the keys of its points, the sweep that ran last at the end
    """

    results: dict[str, Result]
    plans: dict[str, list[str]]


def look(path: Path) -> Contents:
    """What the store at a path holds now; InputError where there is none, or where it cannot be read."""
    with tempfile.TemporaryDirectory(prefix="permsym-") as folder:
        copy = Path(folder) / "copy"
        try:
            _copy(path, copy)
            with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as database:
                database.text_factory = lambda text: text.decode(errors="replace")
                plans = database.execute("SELECT fingerprint, keys FROM plans ORDER BY rowid").fetchall()
                return Contents(Store(path, database).results(), {mark: keys.split() for mark, keys in plans})
        except OSError as error:
            raise InputError(f"cannot read the store {str(path)!r}: {error.strerror or error}") from error
        except sqlite3.Error as error:
            raise InputError(f"cannot read the store {str(path)!r} now ({error}); look again in a moment") from error


def _copy(path: Path, copy: Path) -> None:
    """Copy a store with the journal beside it, both of one instant."""
    for _ in range(_ATTEMPTS):
        before = _state(path)
        shutil.copyfile(path, copy)
        for suffix in _JOURNALS:
            journal = copy.with_name(copy.name + suffix)
            journal.unlink(missing_ok=True)
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(path.with_name(path.name + suffix), journal)
        if _state(path) == before:
            return


def _state(path: Path) -> list[tuple[int, int, int] | None]:
    """What changes whenever the store or its journal is written."""
    states: list[tuple[int, int, int] | None] = []
    for suffix in ("", *_JOURNALS):
        try:
            state = path.with_name(path.name + suffix).stat()
            states.append((state.st_ino, state.st_size, state.st_mtime_ns))
        except FileNotFoundError:
            states.append(None)
    return states


def owner(path: Path) -> int | None:
    """Number of the process that works on the store, by its lock file; None where there is none, or where it has ended."""
    try:
        number = int(path.with_name(path.name + ".lock").read_text(encoding="ascii")[:20])
        os.kill(number, 0)  # signal 0 reaches nobody: it only asks
    except PermissionError:  # somebody else's process
        return number
    except (OSError, ValueError):
        return None
    return number
