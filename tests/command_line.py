"""The command line in this process, for tests that need no process of its own."""

import json

from permsym.cli import main


def run(capsys, *words):
    """(exit code, standard output, standard error) of ``permsym WORDS``."""
    try:
        code = main(list(map(str, words)))
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


def solved(capsys, *words):
    """The document that ``permsym solve WORDS --json`` prints."""
    code, out, _ = run(capsys, "solve", *words, "--json")
    assert code == 0
    return json.loads(out)
