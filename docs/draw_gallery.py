"""Draw the pictures of the gallery: run the commands of its pages, gallery*.md, and keep each picture small enough for the repository.

    python docs/draw_gallery.py [NAME ...]

Without a NAME all figures are drawn.  Pictures go to pictures/NAME.png beside this file.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from permsym.errors import UNCERTIFIED_EXIT_CODE
from permsym.figures.gallery.rows import ROWS

HERE = Path(__file__).parent
COMMAND = re.compile(r"^    permsym figure (\S+)(.*)$", re.MULTILINE)
SEVERAL = 1000  # pixels: a wider picture has panels beside each other
NARROW, WIDE, ROW = 600, 1000, 800  # pixels; the last of the gallery's rows, whose panels are beside each other
SHADES = [min(255, round(value / 8) * 8) for value in range(256)] * 3  # 32 of each colour: half the bytes, and no difference to see
PALETTE = 64  # colours: curves keep theirs, and a picture takes half the bytes


def commands() -> dict[str, list[str]]:
    """The arguments of ``permsym`` for each figure's picture, as the pages print them."""
    pages = "".join(path.read_text() for path in sorted(HERE.glob("gallery*.md")))
    return {name: ["figure", name, *more.split()] for name, more in COMMAND.findall(pages)}


def shrink(source: Path, target: Path, curves: bool = False) -> None:
    """Write a picture again, narrower and with fewer colours.

    curves   whether it has curves alone, and no map: then a palette does
    """
    with Image.open(source) as picture:
        width = NARROW if picture.width <= SEVERAL else ROW if target.stem in ROWS else WIDE
        size = (width, round(picture.height * width / picture.width))
        small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    few = small.quantize(PALETTE, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE) if curves else small.point(SHADES)
    few.save(target, optimize=True)


def draw(name: str, arguments: list[str]) -> None:
    """One picture, and the processor's seconds."""
    before = os.times()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "permsym", *arguments, "-o", folder]
        code = subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode
        if code not in (0, UNCERTIFIED_EXIT_CODE):
            sys.exit(f"permsym {' '.join(arguments)} ended with exit code {code}")
        target = HERE / "pictures" / f"{name}.png"
        shrink(Path(folder) / f"{name}.png", target, name in ROWS)
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    print(f"{name:16} {seconds:6.0f} s  {target.stat().st_size / 1e3:5.0f} kB", flush=True)


def main(names: list[str]) -> None:
    """Draw the figures of these names, or all."""
    (HERE / "pictures").mkdir(exist_ok=True)
    every = commands()
    for name in names or every:
        if name not in every:
            sys.exit(f"the gallery has no figure {name!r}")
        draw(name, every[name])


if __name__ == "__main__":
    main(sys.argv[1:])
