"""The report as a page: whole, safe, and readable in a browser without a network."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from oracles.tables import EXACT, table

from permsym.cli import main
from permsym.compare import compare, read_table
from permsym.compare.html import report


class Page(HTMLParser):
    """What matters in a page: tags that stay open, addresses, texts."""

    VOID = ("meta", "img", "br", "link", "input")

    def __init__(self, text):
        super().__init__()
        self.open, self.addresses, self.tags, self.text = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.addresses += [value for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_page_is_whole_and_loads_nothing(files):
    text = report(compare(read_table("p1-fig3b"), read_table(str(files / "all.nc"))))
    page = Page(text)
    assert page.open == []
    assert page.addresses
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert not re.search(r"@import|url\(|<script|https?://", text)
    assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")
    tables = sum(tag == "table" for tag, _ in page.tags)
    assert sum(tag == "caption" for tag, _ in page.tags) == tables > 2
    assert all(attributes.get("scope") in ("row", "col") for tag, attributes in page.tags if tag == "th")
    assert any(attributes.get("name") == "viewport" for tag, attributes in page.tags if tag == "meta")


def test_names_cannot_break_the_page(tmp_path):
    values = {"<script>alert(1)</script>": {"p0_up": {10: 0.5}}}
    text = report(compare(table("<b>&r", EXACT), table('"a"', values)))
    assert "<script>" not in text
    assert "<b>" not in text
    assert Page(text).open == []


CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; Debian's package is called chromium")
def test_the_page_in_a_browser_without_a_network(files, tmp_path):
    page = tmp_path / "r.html"
    assert main(["compare", "p1-fig3b", str(files / "all.nc"), "-o", str(page)]) == 0
    # what the page measures of itself: broken pictures, and whether a narrow screen would have to scroll it sideways
    probe = (
        "<script>const wide = document.documentElement.scrollWidth, all = [...document.images];"
        "document.title = JSON.stringify({wide: wide, inner: innerWidth, pictures: all.length,"
        "broken: all.filter(i => !i.naturalWidth).length,"
        "small: all.filter(i => i.getBoundingClientRect().width < 250).length});</script>"
    )
    page.write_text(page.read_text().replace("</body>", probe + "</body>"))
    for width in (500, 1200):
        done = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND",
             f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--virtual-time-budget=2000", "--dump-dom",
             page.as_uri()],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        measured = dict(re.findall(r'"(\w+)":(\d+)', re.search(r"<title>(.*?)</title>", done.stdout)[1]))
        assert int(measured["inner"]) <= width
        assert int(measured["wide"]) <= int(measured["inner"])
        assert int(measured["pictures"]) >= 2
        assert (measured["broken"], measured["small"]) == ("0", "0")
