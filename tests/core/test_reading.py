"""Lines of keys and of mistakes in a TOML file."""

import random
import re
from pathlib import Path

import pytest

from permsym.reading import NotToml, key_lines, parsed_toml

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("examples/**/*.toml"), *ROOT.glob("data/*.toml"), ROOT / "pyproject.toml"])


def test_lines_of_keys():
    lines = key_lines('[a]\nb = 1\n[[a.c]]\n"d e" = [\n  "x = 1",\n]\n[a.f]\ng.h = {i = 1} # [j]\n')
    assert {("a",): 1, ("a", "b"): 2, ("a", "c"): 3, ("a", "c", "d e"): 4, ("a", "f"): 7, ("a", "f", "g", "h"): 8}.items() <= lines.items()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_key_of_a_file_stands_on_its_line(path):
    text = path.read_text()
    lines, rows = key_lines(text), text.splitlines()
    assert len(lines) > 5
    for where, line in lines.items():
        key = re.escape(where[-1])
        assert re.match(rf"""\s*(\[\[?[^=\]]*{key}[^=]*\]|["']?{key}["']?\s*=)""", rows[line - 1])


def test_keys_of_texts_at_random():
    """Texts are put together line by line, so that the line of each key is known before anything reads it."""
    draw = random.Random(3)
    for _ in range(200):
        rows, expected = [], {}

        def filler():
            rows.extend(draw.choices(["", "   ", "# x = 1", "#[y]"], k=draw.randrange(3)))  # noqa: B023

        for t in range(draw.randrange(1, 5)):
            filler()
            table = draw.choice([(f"t{t}",), (f"t{t}", "sub")])
            many = draw.random() < 0.3
            for _ in range(draw.randrange(1, 3) if many else 1):
                rows.append(f"{'[[' if many else '['}{'.'.join(table)}{']]' if many else ']'}{draw.choice(['', '  # [z]'])}")
                expected.setdefault(table, len(rows))
                for k in range(draw.randrange(4)):
                    filler()
                    key, value = draw.choice([("k", "1"), ('"a b"', "'''x\n[y]\nk = 3'''"), ("d.e", '"]"'), ("l", "[1, # k = 2\n  2,\n]")])
                    name = (f"{key.split('.')[0].strip(chr(34))}{k}", *key.split(".")[1:])
                    spelled = f'"{name[0]}"' if '"' in key else ".".join(name)
                    expected.setdefault((*table, *name), len(rows) + 1)
                    rows.extend(f"{draw.choice(['', '  '])}{spelled} = {value}".split("\n"))
        text = "\n".join(rows) + draw.choice(["", "\n"])
        parsed_toml(text)
        assert expected.items() <= key_lines(text).items(), text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = = 2\n", 2),
        ("[a]\nx = 1\n[a\n", 3),
        ("x = 'a\n", 1),
        ("\n\nx = [1,\n2,\n", 4),
        ("x = " + "[" * 5000, None),
        ("x = 1\nx = 2\n", 2),
    ],
)
def test_the_line_of_a_mistake(text, line):
    with pytest.raises(NotToml) as error:
        parsed_toml(text)
    assert error.value.line == line


def test_long_texts_are_not_looked_up():
    assert key_lines("x = 1\n" + "# a\n" * 50_000) == {}
    assert key_lines("x = 1\n") == {("x",): 1}
