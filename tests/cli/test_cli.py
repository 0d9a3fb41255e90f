"""The command line as people type it: mistakes on one line, help, and what processes load."""

import json
import os
import re
import subprocess
import sys

import pytest
from command_line import run

import permsym as ps
from permsym.cli import COMMANDS, _joined, _parser, main


@pytest.mark.parametrize(
    ("words", "code", "fragment"),
    [
        (["solve"], 1, "which model"),
        (["solve", "central-spn", "N=3"], 1, "did you mean 'central-spin'"),
        (["solve", "central-spin"], 1, "needs a value for N"),
        (["solve", "central-spin", "N=0"], 1, "integer >= 1, but is 0"),
        (["solve", "central-spin", "N=2.5"], 1, "but is 2.5"),
        (["solve", "central-spin", "N=nan"], 1, "must be finite"),
        (["solve", "central-spin", "N=5", "kapa=2"], 1, "did you mean 'kappa'"),
        (["solve", "central-spin", "N=5", "kappa=-2"], 1, "rate >= 0, but is -2.0"),
        (["solve", "central-spin", "N=5", "kappa=N//2"], 1, "'N//2' is not an expression"),
        (["solve", "central-spin", "N=5", "kappa=__import__('os')"], 1, "no parameter here"),
        (["solve", "central-spin", "N=5", "kappa=g", "g=kappa"], 1, "in a circle"),
        (["solve", "central-spin", "N=5", "N=6"], 1, "given twice"),
        (["solve", "central-spin", "N=5", "--moment", "q7"], 1, "'q7' is not a factor"),
        (["solve", "central-spin", "N=1", "--moment", "z1 z2"], 1, "needs 2 distinct satellites"),
        (["solve", "central-spin", "N=5", "--moments", "many"], 1, "must be an order"),
        (["solve", "central-spin", "N=5", "--moments", "0"], 1, "from 1 to 20"),
        (["solve", "central-spin", "N=5", "--basis", "foo"], 1, "no representation 'foo'"),
        (["solve", "central-spin", "N=5", "--solver", "foo"], 1, "no solver 'foo'"),
        (["solve", "central-spin", "N=5", "-o", "x.txt"], 1, "end its name with .nc or .csv"),
        (["solve", "central-spin", "N=5", "-o", "no/such/x.nc"], 1, "no folder"),
        (["solve", "central-spin", "N=5", "kappa=0", "gamma_up=0", "gamma_down=0"], 1, "not unique"),
        (["solve", "central-spin", "N=5", "gamma_up=0", "gamma_down=0"], 1, "not unique"),
        (["solve", "central-spin", "N=1e6", "--window", "full"], 4, "would fit"),
        (["solve", "central-spin", "N=400", "--window", "wide"], 1, "--window must be"),
        (["solve", "central-spin", "N=400", "--window", "-3"], 1, "positive number of standard deviations"),
        (["solve", "central-spin", "N=5", "--bogus"], 2, "unknown option --bogus"),
        (["frobnicate"], 2, "invalid choice"),
        (["solve", "nosuch.toml", "N=3"], 1, "cannot read the model file"),
        (["solve", "nosuch.module:f", "N=3"], 1, "cannot load the model function"),
        (["figure"], 1, "which figure"),
        (["figure", "p1-fig9"], 1, "there is no figure"),
        (["figure", "p1-fig3b", "--format", "gif"], 1, "format must be one of png, pdf, svg"),
        (["figure", "p1-fig3b", "--max-N", "x"], 1, "max-N"),
        (["cumulants", "central-spin", "N=3", "--order", "1" * 400], 1, "from 1 to 1000"),
        (["figure", "p1-fig3b", "--max-N", "1e9"], 1, "max-N must be at most 1,000,000"),
        (["info", "central-spin", "N=abc"], 1, "no parameter here"),
        (["evolve", "central-spin", "N=2", "--times", "-1:2:5"], 1, "0 <= T0 <= T1 and a whole number of STEPS >= 1, such as 0:10:100"),
        (["evolve", "central-spin", "N=2", "--times", "-1e-1:2:5"], 1, "but is '-1e-1:2:5'"),
        (["rerun", "nosuch.nc"], 1, "cannot read 'nosuch.nc' as a dataset (No such file or directory); give a file"),
        (["rerun", "nosuch.csv"], 1, "cannot read 'nosuch.csv' as a dataset (No such file or directory); give a file"),
    ],
)
def test_mistakes_give_one_line_and_the_documented_code(capsys, words, code, fragment):
    found, out, err = run(capsys, *words)
    lines = [line for line in err.splitlines() if not line.startswith(("defaults:", "usage:"))]
    assert found == code
    assert out == ""
    assert fragment in lines[-1]
    assert len(lines) == 1
    assert "Traceback" not in err


def process(*words, **options):
    return subprocess.run([sys.executable, "-m", "permsym", *words], capture_output=True, text=True, timeout=120, check=False, **options)


@pytest.mark.parametrize("words", [["--help"], ["solve", "--help"]])
def test_help_loads_nothing_heavy_and_no_other_command(words):
    call = f"import sys, permsym.cli\ntry: permsym.cli.main({words})\nexcept SystemExit: pass\n"
    code = call + "assert not {'numpy', 'scipy', 'xarray', 'tomllib', 'permsym.cli.in_time.evolve'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_stops_early_is_no_error():
    """Nobody reads at all, so that the first line already finds the pipe broken."""
    reading, writing = os.pipe()
    words = [sys.executable, "-m", "permsym", "solve", "central-spin", "N=6", "--moments", "4"]
    running = subprocess.Popen(words, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(reading)
    os.close(writing)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 0
    assert err.startswith("defaults: ")
    assert len(err.splitlines()) == 1


def test_refused_beforehand_for_memory():
    done = process("solve", "central-spin", "N=200", env={**os.environ, "PERMSYM_MEMORY": "70MB"})
    assert done.returncode == 4
    assert "would fit" in done.stderr


def test_version():
    assert process("--version").stdout.strip() == f"permsym {ps.__version__}"


def test_no_command_prints_the_commands_in_groups(capsys):
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    for name in (name for names in COMMANDS.values() for name in names):
        assert re.search(rf"^  {name} +\w", out, re.MULTILINE)
        with pytest.raises(SystemExit, match="0"):
            main([name, "--help"])
        assert f"usage: permsym {name} " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        ("evolve central-spin --times -1:2:5 --json", "evolve central-spin --times=-1:2:5 --json"),
        ("evolve central-spin --tim -1:2:5", "evolve central-spin --tim=-1:2:5"),
        ("eigenvalues --charge -1,0 central-spin -h", "eigenvalues --charge=-1,0 central-spin -h"),
        ("solve central-spin -o -x.nc --json -5", "solve central-spin -o-x.nc --json -5"),
        ("solve central-spin --json --moments --json", "solve central-spin --json --moments --json"),
    ],
)
def test_a_word_after_an_option_is_its_value(words, joined):
    assert _joined(words.split(), _parser()[1]) == joined.split()


def test_values_of_an_option_that_takes_several(capsys):
    code, out, _ = run(capsys, "solve", "central-spin", "N=2", "--moment", "-1", "-0 +1", "z0", "--json")
    assert code == 0
    assert list(json.loads(out)["moments"]) == ["-1", "-0 +1", "z0"]
