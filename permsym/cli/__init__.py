"""The command line.  Results go to standard output, progress and warnings to standard error.

Exit codes: 0 done and certified; 1 wrong input; 2 wrong usage; 3 solved, but a certificate fell short; 4 refused
beforehand for lack of memory.  Each command has a file, and imports what it needs when it runs.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence

from permsym.cli import boundary, compare, continuation, cumulants, evolve, figure, info, rerun, run, solve
from permsym.errors import Mistakes, PermsymError

COMMANDS = (solve, cumulants, continuation, boundary, evolve, run, rerun, compare, figure, info)
"""Modules with ``add(commands)``, in the order of ``permsym --help``."""

_NEGATIVE = re.compile(r"-[\d.]+[eE:].*")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    options, rest = parser.parse_known_args(_joined(words))
    unknown = [word for word in rest if word.startswith("--")]
    if unknown:
        parser.error(f"unknown option {unknown[0]}")
    options.words = [*getattr(options, "words", []), *rest]
    options.command_line = shlex.join(["permsym", *words])
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        code = run(options)
        sys.stdout.flush()
        return code
    except PermsymError as error:
        for line in error.lines if isinstance(error, Mistakes) else [str(error)]:
            print(f"permsym: {_one_line(line)}", file=sys.stderr)
        return error.exit_code
    except MemoryError:
        print("permsym: out of memory in the middle of the work; use fewer satellites or free some memory", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        print("permsym: interrupted; nothing half-written was left", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _joined(words: Sequence[str]) -> list[str]:
    """``--times -1:2:5`` as ``--times=-1:2:5``: argparse would take -1:2:5 and -1e3 for options."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1].startswith("--") and _NEGATIVE.fullmatch(word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="permsym", description="Exact steady states of permutation-symmetric open quantum systems.")
    parser.add_argument("--version", action="version", version=f"permsym {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


def _version() -> str:
    from permsym import __version__

    return __version__


if __name__ == "__main__":
    sys.exit(main())
