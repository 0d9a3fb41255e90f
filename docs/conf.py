"""Sphinx configuration: MyST notebooks, executed where they, the code or data have changed; a failing cell or a warning fails."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import sysconfig
from importlib.metadata import version as installed_version
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))


def _digest(*folders: Path) -> str:
    """Of all that executed pages depend on beside their own text."""
    total = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".nc", ".csv", ".toml")):
        total.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return total.hexdigest()[:16]


project = "permsym"
author = "The permsym developers"
project_copyright = "2026, the permsym developers"
version = release = installed_version("permsym")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_copybutton", "sphinx_design", "sphinxcontrib.katex"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"permsym {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
katex_css_path = "katex.min.css"  # it and its fonts lie in _static: pages load nothing from elsewhere
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "_build" / "executed" / _digest(ROOT / "permsym", ROOT / "data", ROOT / "examples"))
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_in_temp = True
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
maximum_signature_line_length = 100
default_role = "code"

# What the executed pages need: the `permsym` command on the path and the examples' folder.
os.environ["PATH"] = sysconfig.get_path("scripts") + os.pathsep + os.environ.get("PATH", "")
os.environ["PERMSYM_EXAMPLES"] = str(ROOT / "examples")
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"

_ENTRY = re.compile(r"(\w[\w, ]*?) {2,}(\S.*)")


def _escaped(line: str) -> str:
    """Bars and asterisks of formulas, outside ``literals``, as plain characters."""
    parts = re.split(r"(``.*?``|`.*?`)", line)
    return "".join(part if i % 2 else re.sub(r"(?<!\\)([|*])(?!\*)", r"\\\1", part) for i, part in enumerate(parts))


def _house_style(app, what, name, obj, options, lines: list[str]) -> None:  # type: ignore[no-untyped-def]
    """Docstrings as they are written here, in reStructuredText.

    Indented blocks are formulas or examples: literal blocks.  A paragraph of ``name   meaning`` lines is a list of
    definitions.
    """
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    result: list[str] = []
    for paragraph in filter(None, paragraphs):
        if paragraph[0].startswith(">>>"):
            result += [*paragraph, ""]
        elif paragraph[0].startswith(" "):
            result += ["::", "", *(" " + line for line in paragraph), ""]
        elif _ENTRY.fullmatch(paragraph[0]):
            for line in paragraph:
                entry = _ENTRY.fullmatch(line)
                if entry:
                    result.append(", ".join(f"``{word}``" for word in entry[1].split(", ")))
                result.append("    " + _escaped(entry[2] if entry else line.strip()))
            result.append("")
        else:
            result += [*map(_escaped, paragraph), ""]
    lines[:] = result


def _cards(app, name: str, text: list[str]) -> None:  # type: ignore[no-untyped-def]
    from cards import with_cards

    text[0] = with_cards(text[0])


def setup(app) -> None:  # type: ignore[no-untyped-def]
    """Register the docstring style and the gallery's cards."""
    app.connect("source-read", _cards)
    app.connect("autodoc-process-docstring", _house_style)
