"""One run at a time on an output: a lock of the operating system, which ends with its process."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from permsym.errors import InputError
from permsym.reading import read_bytes

_FLAGS = os.O_RDWR | os.O_CREAT | sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"))  # not all on Windows
_LONGEST = 100  # bytes of a lock file, which has the number of a process


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lock ``path``, a small file that is removed at the end; InputError where another process has locked it, or where it is no lock.

    A symbolic link is not followed, and a file with anything but a process number in it is left as it is.

    The lock has a file of its own: a store is replaced as a whole, and a lock would go with the old one.
    """
    handle = _acquire(path)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()  # while still locked: whoever opened it in between sees that it is gone
        os.close(handle)


def owner(path: Path) -> int | None:
    """Number of the process that has locked ``path``; None where there is none, or where it has ended.  Nothing is locked or changed."""
    try:
        number = int(read_bytes(path, _LONGEST))
        os.kill(number, 0)  # signal 0 reaches nobody: it only asks
    except PermissionError:  # somebody else's process
        return number
    except (OSError, ValueError):
        return None
    return number


def _acquire(path: Path) -> int:
    from filelock import lock_descriptor  # flock, or its like on Windows

    while True:
        try:
            handle = os.open(path, _FLAGS, 0o666)
        except OSError as error:
            if path.is_symlink():
                raise _foreign(path) from None
            raise InputError(f"cannot write {str(path)!r}: {error.strerror}; choose another folder for the output") from error
        try:
            free = lock_descriptor(handle, blocking=False)
        except OSError as error:
            os.close(handle)
            raise InputError(f"cannot lock {str(path)!r}: {error.strerror}; put the output on a local disk") from error
        if not free:
            holder = _content(handle)
            os.close(handle)
            raise InputError(
                f"another run{f' (process {holder})' if holder.isdigit() else ''} is working on {path.name.removesuffix('.lock')!r}; "
                "wait until it is done, or choose another output with -o"
            )
        try:
            same = os.fstat(handle).st_ino == path.stat().st_ino
        except FileNotFoundError:
            same = False
        if same:
            if not _is_lock(handle):
                os.close(handle)
                raise _foreign(path)
            with contextlib.suppress(OSError):  # the number is for people only: a full disk may keep it out
                os.ftruncate(handle, 0)
                os.write(handle, str(os.getpid()).encode())
            return handle
        os.close(handle)  # its owner removed it in between: this is no longer the file that others lock


def _is_lock(handle: int) -> bool:
    """Whether an open file is an ordinary one, and holds nothing or the number of a process."""
    state = os.fstat(handle)
    return stat.S_ISREG(state.st_mode) and (state.st_size == 0 or _content(handle).isdigit())


def _content(handle: int) -> str:
    """The beginning of an open file; nothing where it cannot be read, as on Windows while another process has locked it."""
    try:
        content = os.read(handle, _LONGEST)
        os.lseek(handle, 0, os.SEEK_SET)
    except OSError:
        return ""
    return content.decode(errors="replace").strip()


def _foreign(path: Path) -> InputError:
    return InputError(f"{str(path)!r} exists and is no lock of permsym; delete it or choose another output with -o")
