"""Cards of the gallery, made from the registry of figures as the pages are built: marks ``% cards: NAME ...`` and ``% cards: all``."""

from __future__ import annotations

import re
from pathlib import Path

from permsym.figures import FIGURES

HERE = Path(__file__).parent
MARK = re.compile(r"^% cards: (.+)$", re.MULTILINE)
SECTION = re.compile(r"^### (\S+)$", re.MULTILINE)
OPTION = re.compile(r" \(--[^)]*\)$")  # what a title says of the command line
BESIDE = "1 2 3 3"  # cards in a row, from narrow windows to wide ones


def card(name: str, page: str) -> str:
    """One figure: its picture, title and command; it leads to its section of a page."""
    return f"""::::{{grid-item-card}} {OPTION.sub("", FIGURES[name].title)}
:img-top: pictures/{name}.png
:img-alt: {name}
:link: {page}.html#{name}
:link-type: url

`permsym figure {name}`
::::
"""


def with_cards(text: str) -> str:
    """A page with its marks replaced by grids of cards."""
    pages = {name: path.stem for path in sorted(HERE.glob("gallery*.md")) for name in SECTION.findall(path.read_text())}

    def grid(mark: re.Match[str]) -> str:
        names = list(pages) if mark[1] == "all" else mark[1].split()
        return f":::::{{grid}} {BESIDE}\n:gutter: 2\n\n" + "\n".join(card(name, pages[name]) for name in names) + ":::::\n"

    return MARK.sub(grid, text)
