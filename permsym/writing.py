"""Writing files: aside, then renamed, so that a reader never sees half of one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from permsym.errors import InputError


@contextlib.contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder, renamed to ``path`` when the block ends well and removed when it does not.

    A symbolic link stays one: the file that it leads to is written.
    """
    path = linked(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise InputError(f"cannot write {str(path)!r}: {error.strerror}; choose a folder that exists and may be written") from error
    aside = Path(name)
    try:
        yield aside
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        aside.chmod(0o666 & ~umask)  # mkstemp makes private files
        aside.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise InputError(f"cannot write {str(path)!r}: {error.strerror or error}; nothing was left behind") from error
    finally:
        aside.unlink(missing_ok=True)


def linked(path: Path) -> Path:
    """The path, or where a symbolic link leads."""
    try:
        return path.resolve() if path.is_symlink() else path
    except (OSError, RuntimeError):  # before Python 3.13 a circle of links is a RuntimeError
        raise InputError(f"cannot write {str(path)!r}: its symbolic links lead in a circle; choose another name") from None


def _sync_folder(folder: Path) -> None:
    """Put a rename on the disk, where folders can be synchronised."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
