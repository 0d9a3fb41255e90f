"""Make the data of the reference set again: ``python data/make_reference.py [NAME ...]``, resumable.

Points are kept in build/reference; finished datasets and their checksums go to data/reference.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from permsym.cli import main as permsym
from permsym.errors import UNCERTIFIED_EXIT_CODE
from permsym.reference.problems import PROBLEMS, problem


def main(names: list[str]) -> int:
    """Run the sweeps of these problems, or of all; the largest exit code."""
    work, code = Path("build") / "reference", 0
    work.mkdir(parents=True, exist_ok=True)
    for each in [problem(name) for name in names or PROBLEMS]:
        made = work / f"{each.name}.nc"
        code = max(code, permsym(["run", str(each.path), "-o", str(made)]) % UNCERTIFIED_EXIT_CODE)  # approximations may fall short
        shutil.copyfile(made, each.path.with_suffix(".nc"))
        seal(each.path.parent)
    return code


def seal(folder: Path) -> None:
    """Write the checksums of a folder's datasets."""
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.glob("*.nc"))]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
