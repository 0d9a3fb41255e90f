"""The command line.  Results go to standard output, progress and warnings to standard error.

Exit codes: 0 done and certified; 1 wrong input; 2 wrong usage; 3 solved, but a certificate fell short; 4 refused
beforehand for lack of memory; 70 a fault of permsym; 130 interrupted.  Each command has a file, and imports what it needs when it runs.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shlex
import sys
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

from permsym.errors import InputError, Mistakes, OlderFile, PermsymError, UncertifiedWarning

COMMANDS = {
    "states": {
        "solve": "exact steady state of a model, certified",
        "trajectories": "exact averages over quantum trajectories, with 95 % intervals; dwell times",
        "limit": "N -> infinity, with powers and coefficients",
        "info": "versions; for a model the plan: route, unknowns, memory and time",
    },
    "in time": {
        "evolve": "exact time evolution of a model",
        "floquet": "periodic state under a periodic modulation, Floquet multipliers",
        "correlate": "two-time functions: g1, g2, any operators",
        "spectrum": "power spectrum S(omega), linewidths",
        "eigenvalues": "eigenvalues of the Liouvillian: rates, frequencies, the gap",
    },
    "approximations": {
        "cumulants": "steady state of a cumulant expansion of any order",
        "linear-noise": "mean field and its Gaussian fluctuations: moments to first order in 1/N, linewidth",
        "twa": "truncated Wigner: averages over trajectories, with 95 % intervals",
        "bounds": "proved bounds of steady-state moments at any N, in rational arithmetic",
        "continue": "branch of cumulant steady states along a parameter: stability, folds, Hopf points",
        "boundary": "semiclassical-to-quantum boundary N_sc of the driven cavity",
    },
    "batch": {
        "run": "a parameter sweep from a file, durable and resumable",
        "status": "what a run has done so far, also while it runs",
        "check": "whether files are whole and unchanged",
        "rerun": "compute a file again from its own provenance",
        "convert": "write a dataset in other formats",
    },
    "judging": {
        "compare": "judge an approximation against a reference",
        "validity": "a map of where which approximation is within a tolerance",
        "reference": "the reference set: problems with exact values, on which any method can be scored",
    },
    "looking": {
        "figure": "data and picture of a published figure",
        "explore": "a live page in the browser: sliders, exact values beside approximations",
    },
}
"""What ``permsym --help`` lists.  Each command has a module of this folder with ``add(commands)``."""

_FOLDERS = {"in time": "in_time.", "approximations": "approximations.", "batch": "batch."}
_MODULES = {name: _FOLDERS.get(group, "") + name.replace("-", "_") for group, names in COMMANDS.items() for name in names}
_MODULES["continue"] = "approximations.continuation"  # a keyword of Python
"""The module of each command."""

FAULT_EXIT_CODE, INTERRUPTED_EXIT_CODE = 70, 130  # EX_SOFTWARE of sysexits.h; 128 + SIGINT
_LONGEST_LINE = 440  # characters of an error, so that it can be read
_LONGEST_WORD = 4000  # characters of an argument, the longest path of Linux


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = partial(_warned, warnings.showwarning)
            code = _run(words)
        sys.stdout.flush()
        return code
    except PermsymError as error:
        for line in error.lines if isinstance(error, Mistakes) else [str(error)]:
            _say(line)
        return error.exit_code
    except MemoryError:
        _say("out of memory in the middle of the work; use fewer satellites or free some memory")
        return 4
    except KeyboardInterrupt:
        _say("interrupted; nothing half-written was left")
        return INTERRUPTED_EXIT_CODE
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # what the system refuses: open files, disk space, a path
        _say(f"the system refuses: {error.strerror or error}" + (f" ({error.filename!r})" if error.filename else ""))
        return InputError.exit_code
    except Exception as error:
        from permsym.cli.fault import logged

        _say(logged(error, words))
        return FAULT_EXIT_CODE


def _run(words: list[str]) -> int:
    """Parse the words and run the command."""
    for word in words:
        if "\0" in word or len(word) > _LONGEST_WORD:
            raise InputError(
                f"an argument has {'a NUL' if chr(0) in word else f'{len(word)} characters'}: {word[:40]!r}; write it otherwise"
            )
    parser, commands = _parser([word for word in words if word in _MODULES][:1])
    options, rest = parser.parse_known_args(_joined(words, commands))
    unknown = [word for word in rest if word.startswith("--")]
    if unknown:
        parser.error(f"unknown option {unknown[0]}")
    options.words = [*getattr(options, "words", []), *rest]
    options.command_line = shlex.join(["permsym", *words])
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


def _warned(otherwise: Callable[..., None], message: Warning | str, category: type[Warning], *rest: Any) -> None:
    """A warning of permsym as a line like its errors; those of other packages as Python shows them."""
    if issubclass(category, OlderFile | UncertifiedWarning):
        _say(str(message))
    else:
        otherwise(message, category, *rest)


def _say(text: str) -> None:
    """An error on one line of standard error; of a long one, both ends."""
    print(f"permsym: {_one_line(text)}", file=sys.stderr)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE // 2]} ... {line[-_LONGEST_LINE // 2 :]}"


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line of a bounded length, too."""

    def error(self, message: str) -> NoReturn:
        super().error(_one_line(message))


def _joined(words: Sequence[str], commands: Mapping[str, argparse.ArgumentParser]) -> list[str]:
    """A word after an option is its value, also where it begins with a minus: ``--times=-1:2:5``, ``--moment ' -2@B'``."""
    command = next((commands[word] for word in words if word in commands), None)
    options = {} if command is None else command._option_string_actions
    joined: list[str] = []
    several = False  # whether values of an option that takes several may follow
    for word in words:
        before = _option(joined[-1], options) if joined else None
        if word in options or word.startswith("--"):
            action = _option(word, options)
            several = action is not None and action.nargs in ("+", "*")
        elif word.startswith("-") and several:
            word = f" {word}"
        elif word.startswith("-") and before is not None and before.nargs != 0:
            joined[-1] += f"={word}" if joined[-1].startswith("--") else word
            continue
        joined.append(word)
    return joined


def _option(word: str, options: Mapping[str, argparse.Action]) -> argparse.Action | None:
    """The option that a word stands for, also where it is shortened."""
    shortened = (action for name, action in options.items() if word.startswith("--") and name.startswith(word))
    return options.get(word) or next(shortened, None)


def _parser(whole: Collection[str] = tuple(_MODULES)) -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    """The parser, and that of each command; the arguments of some commands alone cost a fraction of the time."""
    lists = [f"{group}:\n" + "\n".join(f"  {name:<14}{does}" for name, does in names.items()) for group, names in COMMANDS.items()]
    about = "Exact steady states of permutation-symmetric open quantum systems."
    parser = _Parser(
        prog="permsym",
        usage="permsym [-h] [--version] [--print-completion SHELL] COMMAND ...",
        description="\n\n".join([about, *lists]),
        epilog="permsym COMMAND --help says more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"permsym {_version()}")
    parser.add_argument(
        "--print-completion", action=_Completion, metavar="SHELL", help="a script that completes in bash, zsh, fish or tcsh"
    )
    parser.set_defaults(run=partial(_help, parser))  # no command
    commands = parser.add_subparsers(prog="permsym", metavar="COMMAND", help=argparse.SUPPRESS)
    for command in _MODULES:
        if command in whole:
            importlib.import_module(f"permsym.cli.{_MODULES[command]}").add(commands)
            commands.choices[command].add_argument("--quiet", action="store_true", help="say nothing of how the work gets on")
        else:
            commands.add_parser(command)
    return parser, commands.choices


class _Completion(argparse.Action):
    """Prints what a shell reads, and ends."""

    def __init__(self, option_strings: Sequence[str], dest: str, **others: Any) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, default=argparse.SUPPRESS, **others)

    def __call__(self, parser: argparse.ArgumentParser, options: argparse.Namespace, values: Any, option: str | None = None) -> None:
        from permsym.cli.completion import script

        sys.stdout.write(script(*_parser(), str(values), COMMANDS))
        parser.exit()


def _help(parser: argparse.ArgumentParser, _: argparse.Namespace) -> int:
    parser.print_help()
    return 0


def _version() -> str:
    from permsym import __version__

    return __version__
