"""What the pages say outside executed cells: the README's lines, the gallery's commands, the glossary's files, links."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from permsym.cli import main
from permsym.figures import FIGURES
from permsym.figures.gallery.rows import ROWS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text()
GALLERY = "".join(path.read_text() for path in sorted(DOCS.glob("gallery*.md")))
PICTURES = sorted((DOCS / "pictures").glob("*.png"))
ROUNDING = re.compile(r"\d(\.\d+)?e-\d+|not finite")


def indented(text):
    """The first block of lines that are indented by four blanks."""
    block = re.search(r"(?:^(?:    .*)?\n)+", text[re.search(r"^    ", text, re.MULTILINE).start() :], re.MULTILINE)
    return [line[4:] for line in block[0].strip("\n").splitlines()]


def test_the_readme_fits_a_screen():
    assert len(README.splitlines()) <= 80


def test_the_readme_s_python_prints_what_it_says():
    code, rest = re.search(r"```python\n(.*?)```\n(.*)", README, re.DOTALL).groups()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue().splitlines() == indented(rest)


def test_the_readme_s_command_prints_what_it_says(capsys):
    command, *said = indented(README[README.index("    $ permsym") :])
    assert main(shlex.split(command)[2:]) == 0
    shown = capsys.readouterr()
    printed = (shown.err + shown.out).splitlines()
    assert [ROUNDING.sub("*", line) for line in printed] == [ROUNDING.sub("*", line) for line in said]


def test_the_gallery_has_every_figure_with_its_command_and_picture():
    assert re.findall(r"^    permsym figure (\S+)", GALLERY, re.MULTILINE) == re.findall(r"^### (\S+)", GALLERY, re.MULTILINE)
    assert set(re.findall(r"^### (\S+)", GALLERY, re.MULTILINE)) == set(FIGURES)
    maps = re.findall(r"\(pictures/(\S+)\.png\)", (DOCS / "validity.md").read_text())
    assert {path.stem for path in PICTURES} == {*FIGURES, *maps, "explorer"}
    assert re.findall(r"\(pictures/(\S+)\.png\)", GALLERY) == re.findall(r"^### (\S+)", GALLERY, re.MULTILINE)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_s_section_has_its_numbers_and_citations(name):
    section = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", GALLERY, re.DOTALL | re.MULTILINE)[1]
    numbers = [text for check in ROWS[name].checks for text in check.expected.values()]
    assert [text for text in numbers if text not in section] == []
    assert [one.doi for one in ROWS[name].citations if one.doi not in section] == []


def test_pictures_are_small():
    sizes = [path.stat().st_size for path in PICTURES]
    assert max(sizes) < 150e3
    assert sum(sizes) < 4e6
    assert max((path.stat().st_size for path in PICTURES if path.stem in ROWS), default=0) < 80e3


def test_the_glossary_s_files_exist_and_a_word_has_one_line():
    rows = re.findall(r"^\| ([^|]+) \|.*\| `(\S+)` \|$", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    words = [word for word, _ in rows]
    assert len(words) > 90
    assert len(set(words)) == len(words)
    assert [path for _, path in rows if not (ROOT / "permsym" / path).is_file()] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "data/README.md", "examples/quantumcumulants_to_csv.md"])
def test_links_lead_somewhere(name):
    path = ROOT / name
    links = re.findall(r"\]\(([^)#\s]+)", path.read_text())
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


def test_the_first_page_s_python_prints_what_it_says(capsys):
    code = re.search(r"```python\n(.*?)```", (DOCS / "index.md").read_text(), re.DOTALL)[1]
    exec(code, {})
    (said,) = re.findall(r"^# (\S+)$", code, re.MULTILINE)
    assert capsys.readouterr().out.startswith(said)
