"""What a release says in several files is the same."""

import re
import tomllib
from pathlib import Path

import permsym as ps

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RECIPE = (ROOT / "docs" / "conda" / "recipe.yaml").read_text()
CITATION = (ROOT / "CITATION.cff").read_text()


def test_there_is_one_version():
    said = [re.search(r'^  version: "(.+)"$', RECIPE, re.MULTILINE)[1], re.search(r"^version: (.+)$", CITATION, re.MULTILINE)[1]]
    assert [ps.__version__, *said] == [PROJECT["version"]] * 3


def test_the_recipe_requires_what_the_project_requires():
    run = re.search(r"^  run:\n((?:    - .+\n)+)", RECIPE, re.MULTILINE)[1]
    python, *others = [line.strip(" -").replace("matplotlib-base", "matplotlib") for line in run.splitlines()]
    assert python == f"python {PROJECT['requires-python']}"
    assert [line.replace(" ", "") for line in others] == PROJECT["dependencies"]
