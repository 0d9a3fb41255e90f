"""A fault of permsym itself: a log with the traceback, and one line that asks to report it."""

from __future__ import annotations

import os
import platform
import shlex
import tempfile
import traceback
from collections.abc import Sequence

REPORTS = "the repository's list of issues"


def logged(error: Exception, words: Sequence[str]) -> str:
    """Write the traceback to a log of its own, and say where it is and what to do."""
    fault = f"this is a fault of permsym ({type(error).__name__}: {str(error)[:150]})"
    try:
        handle, path = tempfile.mkstemp(prefix="permsym-fault-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{shlex.join(['permsym', *words])}\n{_versions()}\n\n")
            traceback.print_exception(error, file=file)
    except OSError as reason:
        return f"{fault}; no log could be written ({reason.strerror}); please report the command in {REPORTS}"
    return f"{fault}; please report it in {REPORTS}, with the file {path}"


def _versions() -> str:
    from importlib.metadata import PackageNotFoundError, version

    lines = [f"Python {platform.python_version()}, {platform.platform()}"]
    for package in ("permsym", "numpy", "scipy", "xarray", "h5netcdf"):
        try:
            lines.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package} is missing")
    return "\n".join(lines)
