"""The check of the built pages sees what they must not do."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def check():
    spec = importlib.util.spec_from_file_location("check_site", DOCS / "check_site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WHOLE = '<h1 id="top">x</h1><a href="b.html#top">b</a> <code>$$</code> <span class="math">\\frac12</span> <script src="s.js"></script>'


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("", None),
        ('<script src="https://cdn.example.org/x.js"></script>', "from another host"),
        ("<p>a = \\frac{1}{2}</p>", "as it is typed"),
        ('<a href="c.html">c</a>', "which is not there"),
        ('<a href="b.html#bottom">b</a>', "whose section is not there"),
        ('<a href="https://example.org">elsewhere</a>', None),
    ],
)
def test_faults_of_pages_are_seen(check, tmp_path, capsys, fault, words):
    for name in "a.html", "b.html":
        (tmp_path / name).write_text(WHOLE + fault * (name == "a.html"))
    (tmp_path / "s.js").touch()
    assert check.main(str(tmp_path), str(tmp_path / "all.zip")) == (words is not None)
    assert (words or "2 pages") in capsys.readouterr().out
    assert (tmp_path / "all.zip").exists() == (words is None)
