"""Files: written aside and renamed, so that a reader never sees half of one; a file of somebody else is never overwritten."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from permsym.errors import InputError

_FIRST_BYTES, _LAST_BYTES = 4096, 2**20  # of a file, in which permsym's name is looked for


@contextlib.contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder, renamed to ``path`` when the block ends well and removed when it does not.

    A symbolic link stays one: the file that it leads to is written.
    """
    path = _target(path)
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


def _target(path: Path) -> Path:
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


def check_target(path: Path, formats: tuple[str, ...]) -> None:
    """Refuse a target before anything is computed: unknown format, no folder, or a file that permsym did not write."""
    if path.suffix not in formats:
        raise InputError(f"cannot tell the format of {str(path)!r}; end its name with {' or '.join(formats)}")
    path = _target(path)
    if not path.parent.is_dir():
        raise InputError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"cannot write {str(path)!r}: the folder {str(path.parent)!r} may not be written; choose another")
    if path.is_dir():
        raise InputError(f"cannot write {str(path)!r}: it is a folder; give a file name inside it")
    if path.exists() and not is_ours(path):
        raise InputError(f"{str(path)!r} exists and was not written by permsym; delete it or choose another name")


def is_ours(path: Path) -> bool:
    """Whether a file carries permsym's mark."""
    if not path.is_file():  # a device or a pipe, which reading would wait for
        return False
    try:
        if path.suffix == ".nc":
            import h5py

            with h5py.File(path, "r") as file:
                return "permsym_version" in file.attrs
        with path.open("rb") as file:
            if path.suffix == ".parquet":  # the schema stands at the end
                file.seek(max(path.stat().st_size - _LAST_BYTES, 0))
                return b"permsym" in file.read()
            return b"permsym" in file.read(_FIRST_BYTES)
    except (OSError, RuntimeError, ValueError, KeyError):  # a damaged HDF5 file raises any of them
        return False
