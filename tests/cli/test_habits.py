"""Silence, completion, and help without a word."""

import subprocess

import pytest
from command_line import run

from permsym.cli import COMMANDS, _parser

SWEEP = """
[model]
name = "central-spin"
[sweep]
N = [2]
[moments]
labels = ["z0"]
"""


@pytest.mark.slow
def test_quiet_says_nothing_of_progress(capsys, tmp_path):
    (tmp_path / "sweep.toml").write_text(SWEEP)
    words = ["run", tmp_path / "sweep.toml", "-o", tmp_path / "sweep.nc", "--jobs", 1, "--fresh"]
    assert "1/1 points" in run(capsys, *words)[2]
    code, out, err = run(capsys, *words, "--quiet")
    assert (code, err) == (0, "")
    assert "1 points: 1 certified" in out


def test_every_command_can_be_quiet():
    commands = _parser()[1]
    assert commands.keys() == {name for names in COMMANDS.values() for name in names}
    assert all("--quiet" in command.format_help() for command in commands.values())


def test_no_word_prints_the_commands_in_groups(capsys):
    code, out, _ = run(capsys)
    assert code == 0
    assert [line[:-1] for line in out.splitlines() if line.removesuffix(":") in COMMANDS] == list(COMMANDS)


@pytest.mark.slow
def test_bash_completes_commands_models_parameters_and_figures(capsys, tmp_path):
    pytest.importorskip("shtab")
    code, out, _ = run(capsys, "--print-completion", "bash")
    assert code == 0
    (tmp_path / "permsym.bash").write_text(out)
    ask = """
source permsym.bash
for words in "solv" "solve central-s" "solve central-spin gamma_u" "solve --basis di" "figure p2-fig2"; do
  COMP_WORDS=(permsym $words); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); COMPREPLY=()
  _shtab_permsym permsym "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; echo "${COMPREPLY[*]}"
done
"""
    answer = subprocess.run(["bash", "--norc", "-c", ask], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=True).stdout
    assert answer.splitlines() == ["solve", "central-spin", "gamma_up=", "dicke", "p2-fig2a p2-fig2b p2-fig2c"]


def test_completion_of_a_shell_that_nobody_has_is_refused(capsys):
    pytest.importorskip("shtab")
    code, _, err = run(capsys, "--print-completion", "bsh")
    assert (code, err) == (1, "permsym: there is no completion for 'bsh'; did you mean 'bash'?\n")
