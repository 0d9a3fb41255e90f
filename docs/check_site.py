"""What the built pages promise: they load nothing from another host, no formula was left as it is typed, and links lead somewhere.

    python docs/check_site.py docs/_build/html [ARCHIVE.zip]

Ends with exit code 1 and a line for each fault.  With an ARCHIVE, all pages go into it; it opens from a disk, without a server.
"""

from __future__ import annotations

import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
VERBATIM = {"pre", "code", "script", "style", "annotation"}
TYPED = re.compile(r"\\(begin|frac|tfrac|mathrm|dot)\b|\$\$|\{(grid|image|code-cell)")


class Page(HTMLParser):
    """Addresses of a page: what it loads, where it leads, the names in it; and typed formulas in its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.names: set[str] = set()
        self.typed: list[str] = []
        self._open: list[str] = []
        self._text = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note addresses and names."""
        values = {name: value or "" for name, value in attrs}
        self.names |= {values[name] for name in ("id", "name") if name in values}
        if tag in LOADED and LOADED[tag] in values:
            self.loads.append(values[LOADED[tag]])
        if tag == "a" and "href" in values:
            self.leads.append(values["href"])
        if tag in VERBATIM or "math" in values.get("class", "").split():
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave what is shown as it is typed."""
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Look for formulas outside of code and of what the browser typesets."""
        if not self._open and TYPED.search(data):
            self.typed.append(data.strip()[:60])


def faults(site: Path) -> list[str]:
    """A line for each fault of a built site."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    wrong = []
    for path, page in pages.items():
        where = path.relative_to(site)
        wrong += [f"{where} loads {address} from another host" for address in page.loads if urlsplit(address).netloc]
        wrong += [f"{where} shows a formula as it is typed: {text}" for text in page.typed]
        for address in page.loads + page.leads:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc or not (parts.path or parts.fragment):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            if not target.exists():
                wrong.append(f"{where} leads to {address}, which is not there")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].names:
                wrong.append(f"{where} leads to {address}, whose section is not there")
    return wrong


def main(site: str, archive: str | None = None) -> int:
    """Check, and pack what is whole."""
    wrong = faults(Path(site).resolve())
    print("\n".join(wrong) or f"{len(list(Path(site).rglob('*.html')))} pages load nothing from elsewhere, and their links lead somewhere")
    if not wrong and archive:
        shutil.make_archive(archive.removesuffix(".zip"), "zip", site)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
