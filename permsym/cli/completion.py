"""``permsym --print-completion SHELL``: commands, options and their values, models with their parameters, figures, files."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from permsym.errors import InputError
from permsym.models.registry import lookup, names
from permsym.text import suggestion

_CHOICES = {
    "--basis": ("auto", "dicke", "occupation"),
    "--format": ("png", "pdf", "svg"),
    "--closure": ("full", "no-three-spin"),
    "--counting": ("operators", "sites"),
    "--equations": ("text", "latex", "python"),
}
_FIGURES, _FILES = ("figure",), ("run", "status", "check", "rerun", "compare", "convert")
_NAME = "_permsym_model"


def script(
    parser: argparse.ArgumentParser, commands: Mapping[str, argparse.ArgumentParser], shell: str, groups: Mapping[str, Mapping[str, str]]
) -> str:
    """The completion of a shell; for bash ``eval "$(permsym --print-completion bash)"`` in ~/.bashrc.

    groups   commands and what they do, by group

    InputError for a shell that shtab does not know, and where shtab is missing.
    """
    try:
        import shtab
    except ImportError:
        raise InputError("completion needs shtab; install it with `pip install permsym[completion]`") from None
    if shell not in shtab.SUPPORTED_SHELLS:
        raise InputError(f"there is no completion for {shell!r}; {suggestion(shell, shtab.SUPPORTED_SHELLS, 'the shells are')}")
    _shown(parser, {name: does for group in groups.values() for name, does in group.items()})
    for name, command in commands.items():
        for action in command._actions:
            choices = next((_CHOICES[option] for option in action.option_strings if option in _CHOICES), None)
            if choices:
                action.choices = choices
            elif action.dest == "words":
                action.complete = _words(name, shtab.FILE)  # type: ignore[attr-defined]
            elif action.dest in ("output", "source", "checkpoint"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell, preamble=_preamble()))


def _shown(parser: argparse.ArgumentParser, about: Mapping[str, str]) -> None:
    """Let the commands be seen, which the help lists in groups of its own."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            action.help = ""
            action._choices_actions = [action._ChoicesPseudoAction(name, [], about[name]) for name in action.choices]


def _words(command: str, files: Mapping[str, str]) -> Mapping[str, str]:
    """What completes the words of a command."""
    if command in _FILES:
        return files
    kind = "_permsym_figure" if command in _FIGURES else _NAME
    return {"bash": kind, "zsh": kind, "tcsh": "f"}


def _preamble() -> dict[str, str]:
    """Functions of the shells, with the names of models, parameters and figures: a shell waits for no Python."""
    from permsym.figures.registry import FIGURES

    models = {name: [f"{parameter}=" for parameter in (*lookup(name).defaults, *lookup(name).others)] for name in names()}
    cases = "\n".join(f'    *" {name} "*) words="{" ".join(parameters)}" ;;' for name, parameters in models.items())
    every, figures = " ".join(models), " ".join(FIGURES)
    bash = f"""
{_NAME}() {{
  local words="{every}"
  case " ${{COMP_WORDS[*]}} " in
{cases}
  esac
  compgen -W "$words" -- "$1"
  compgen -f -X '!*.toml' -- "$1"
}}
_permsym_figure() {{ compgen -W "{figures}" -- "$1"; }}
"""
    zsh_cases = cases.replace(" words=", " compadd -S '' -- ").replace('-- "', "-- ").replace('" ;;', " ;;")
    zsh = f"""
{_NAME}() {{
  case " ${{words[*]}} " in
{zsh_cases}
    *) compadd -- {every}; _files -g '*.toml' ;;
  esac
}}
_permsym_figure() {{ compadd -- {figures} }}
"""
    return {"bash": bash, "zsh": zsh}
