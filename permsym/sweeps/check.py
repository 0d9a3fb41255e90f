"""Whether files are whole and unchanged: outputs, stores, states, checkpoints, references; whether certificates of bounds prove."""

from __future__ import annotations

import hashlib
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from permsym import reading
from permsym.archive import kind_of
from permsym.archive import read as read_archive
from permsym.dataset import FORMATS, check_dataset, reference_names
from permsym.dataset.reference import reference_folder, sums
from permsym.errors import InputError
from permsym.sweeps.store.store import NoStore, read

_WRITING = 0.2  # seconds within which a run that goes on has written its line


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a file.

    problems   why it is not whole
    notes      what else is worth knowing of it
    """

    file: str
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def checked_file(name: str) -> Verdict:
    """The verdict about a file, or about the reference dataset of this name."""
    path = Path(name)
    try:
        if not path.exists() and name in reference_names():
            path = reference_folder() / f"{name}.nc"
        reading.check(path)
        listed = _check_sum(path)
        if kind := kind_of(path):
            read_archive(path, kind)
            return Verdict(name)
        if path.suffix in FORMATS:
            note = "" if listed else check_dataset(path)
            return Verdict(name, notes=(note,) if note else ())
        if path.suffix == ".json":
            return _certificate(name, path)
        with path.open("rb") as file:
            archive = file.read(2) == b"PK"
        return _checkpoint(name, path) if archive or path.suffix == ".npz" else _store(name, path)
    except NoStore:
        return Verdict(name, ("it is no file that permsym writes",))
    except InputError as error:
        return Verdict(name, (str(error),))
    except OSError as error:
        return Verdict(name, (error.strerror or str(error),))


def _certificate(name: str, path: Path) -> Verdict:
    """A certificate of bounds is multiplied out again."""
    from permsym.bounding.certificate import checked

    problems, proved = checked(path)
    return Verdict(name, tuple(problems), () if problems else tuple(proved))


def _check_sum(path: Path) -> bool:
    """Compare a file with SHA256SUMS beside it, as reference datasets have it; False where it is not listed there."""
    try:
        listed = sums(path.parent).get(path.name)
    except (OSError, ValueError):
        return False
    if listed is None:
        return False
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != listed:
            raise InputError("its checksum is not the one in SHA256SUMS beside it")
    return True


def _store(name: str, path: Path) -> Verdict:
    contents = read(path)
    if contents.cut:  # a kill, or a run that is writing its next line at this moment
        time.sleep(_WRITING)
        contents = read(path)
    problems = []
    whole = f"{len(contents.results)} points are whole"
    if contents.damaged:
        problems.append(f"{contents.damaged} of its lines are damaged; {whole}")
    if contents.cut:
        problems.append(f"its last line is cut off; {whole}")
    software = len(contents.versions)
    return Verdict(name, tuple(problems), (f"{software} versions computed its points",) if software > 1 else ())


def _checkpoint(name: str, path: Path) -> Verdict:
    """An archive of arrays, each with its checksum."""
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        with np.load(path, allow_pickle=False) as file:
            missing = {"model", "iterate"} - set(file.files)
            for array in file.files:
                _ = file[array]
    except Exception as error:  # a damaged archive raises nearly anything
        return Verdict(name, (f"it is no checkpoint, or damaged ({error or type(error).__name__})",))
    if damaged or missing:
        return Verdict(name, (f"{damaged!r} in it is damaged" if damaged else f"it is no checkpoint: it has no {min(missing)!r}",))
    return Verdict(name)
