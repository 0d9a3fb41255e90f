"""The command line as people type it: in processes of its own where that matters."""

import json
import os
import subprocess
import sys

import pytest

import permsym as ps
from permsym.cli import main

MODEL_FILE = """
name = "collective-loss"
[parameters]
N = ""
g = 0.5
rate = "1/N"
[centre]
kind = "spin"
[[ensembles]]
name = "A"
N = "N"
[[hamiltonian]]
coefficient = "g"
operator = "+0 -"
[[hamiltonian]]
coefficient = "g"
operator = "-0 +"
[[jumps]]
kind = "collective"
rate = "rate"
operator = "-"
[[jumps]]
kind = "individual"
rate = "1/2"
operator = "+"
[[jumps]]
kind = "central"
rate = 1.0
operator = "-0"
"""


def run(capsys, *words):
    """(exit code, standard output, standard error)."""
    try:
        code = main(words)
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


def solved(capsys, *words):
    code, out, _ = run(capsys, "solve", *words, "--json")
    assert code == 0
    return json.loads(out)


def test_json_has_the_keys_of_the_contract(capsys):
    report = solved(capsys, "central-spin", "N=10")
    assert set(report) >= {
        "model",
        "parameters",
        "representation",
        "dimension",
        "moments",
        "cumulants",
        "derived",
        "certificate",
        "solver",
        "timings",
        "versions",
    }
    assert report["derived"]["p0_up"] == pytest.approx(0.612914993686, abs=1e-11)
    assert set(report["certificate"]) >= {"certified", "error_estimate", "errors", "residual", "edge_mass", "balance", "min_population"}
    assert set(report["timings"]) == {"assemble", "solve", "moments", "total"}
    assert report["certificate"]["certified"] is True
    assert report["moments"]["+1 +2"] == [0.0, 0.0]  # vanishes by symmetry, and is listed
    assert report["certificate"]["error_estimate"] == max(report["certificate"]["errors"].values())


@pytest.mark.parametrize(
    "words",
    [
        ["central-spin", "N=5", "--moment", "z0", "+1 -2"],
        ["N=5", "central-spin", "--moment", "z0", "--moment", "+1 -2"],
        ["--moment", "z0", "+1 -2", "central-spin", "N=5"],
        ["--moment", "z0", "-2 +1", "N=5", "--basis", "dicke", "central-spin"],
    ],
)
def test_words_come_in_any_order_and_labels_are_canonical(capsys, words):
    assert set(solved(capsys, *words)["moments"]) == {"z0", "+1 -2"}


def test_labels_that_begin_with_a_minus(capsys):
    assert set(solved(capsys, "central-spin", "N=3", "--moment", "-0", "-1 +0")["moments"]) == {"-0", "+0 -1"}


def test_expressions_and_defaults(capsys):
    code, out, err = run(capsys, "solve", "central-spin", "N=8", "kappa=N/8", "g=3/sqrt(N)", "--json")
    report = json.loads(out)
    assert code == 0
    assert report["parameters"]["kappa"] == 1.0
    assert report["parameters"]["g"] == pytest.approx(3 / 8**0.5)
    assert "gamma_up=1.5" in err
    assert " kappa=" not in err


def test_verify_reports_the_other_representation(capsys):
    report = solved(capsys, "central-spin", "N=12", "omega=1.5", "--verify")
    assert report["certificate"]["verification"]["representation"] == "occupation"
    assert report["certificate"]["verification"]["largest_difference"] < 1e-12


def test_solvers_agree(capsys):
    values = [solved(capsys, "central-spin", "N=12", "--solver", name)["derived"]["p0_up"] for name in ("superlu", "shift-invert")]
    assert values[0] == pytest.approx(values[1], abs=1e-11)


def test_table_for_people(capsys):
    code, out, _ = run(capsys, "solve", "central-spin", "N=10")
    assert code == 0
    assert "p0_up = 0.612914993686" in out
    assert "certified: error_estimate" in out


def test_output_file(capsys, tmp_path):
    path = tmp_path / "point.nc"
    assert run(capsys, "solve", "central-spin", "N=10", "-o", str(path))[0] == 0
    data = ps.open_dataset(path)
    assert float(data["p0_up"]) == pytest.approx(0.612914993686, abs=1e-11)
    assert data.attrs["command"] == f"permsym solve central-spin N=10 -o {path}"
    assert data.attrs["N"] == 10


def test_model_file_equals_the_same_model_in_python(capsys, tmp_path):
    path = tmp_path / "model.toml"
    path.write_text(MODEL_FILE)
    report = solved(capsys, str(path), "N=6", "g=0.8")
    c, s = ps.Spin(), ps.Ensemble(6)
    jumps = [ps.Collective(1 / 6, s.m), ps.Individual(0.5, s.p), ps.Central(1.0, c.m)]
    state = ps.steady_state(ps.Model(c, s, 0.8 * (c.p * s.m + c.m * s.p), jumps))
    assert report["derived"]["p0_up"] == pytest.approx(state.derived["p0_up"], abs=1e-14)
    assert report["parameters"]["rate"] == pytest.approx(1 / 6)


def test_model_function(capsys):
    assert solved(capsys, "permsym.models:central_spin", "N=10")["derived"]["p0_up"] == pytest.approx(0.612914993686, abs=1e-11)


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
        ([], 2, "required"),
        (["solve", "nosuch.toml", "N=3"], 1, "cannot read the model file"),
        (["solve", "nosuch.module:f", "N=3"], 1, "cannot load the model function"),
        (["figure"], 1, "which figure"),
        (["figure", "p1-fig9"], 1, "there is no figure"),
        (["figure", "p1-fig3b", "--max-N", "x"], 1, "max-N"),
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


USERS_MODULE = """
import permsym as ps

def driven(N, rabi=0.3, loss="1/N"):
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(c, s, hamiltonian=rabi * c.x + 0.2 * c.x * s.x, jumps=[ps.Central(loss, c.m), ps.Individual(0.5, s.m)])

def wrong(N):
    return ps.Model(1 / 0)

def nothing(N):
    pass
"""


def test_model_function_knows_its_name_and_parameters(capsys, tmp_path, monkeypatch):
    (tmp_path / "users_models.py").write_text(USERS_MODULE)
    monkeypatch.chdir(tmp_path)
    found = solved(capsys, "users_models:driven", "N=2")
    assert found["parameters"] == {"N": 2, "rabi": 0.3, "loss": 0.5}
    code, out, _ = run(capsys, "info", "users_models:driven", "N=2", "--json")
    assert code == 0
    assert json.loads(out)["model"] == "users_models:driven"


@pytest.mark.parametrize(
    ("module", "function", "message"),
    [
        (USERS_MODULE, "wrong", "ZeroDivisionError: division by zero"),
        (USERS_MODULE, "nothing", "must return a Model, but returns None"),
        ("def wrong(:", "wrong", "SyntaxError"),
    ],
)
def test_mistakes_in_a_model_function_are_one_line(capsys, tmp_path, monkeypatch, module, function, message):
    name = f"mistaken_{function}_{len(module)}"
    (tmp_path / f"{name}.py").write_text(module)
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "solve", f"{name}:{function}", "N=2")
    assert (code, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1


def test_uncertified_results_are_written_and_flagged(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("permsym.steady.solve.DEFAULT_TOLERANCE", 1e-20)
    monkeypatch.setitem(ps.steady_state.__kwdefaults__, "tolerance", 1e-20)
    path = tmp_path / "x.nc"
    code, out, err = run(capsys, "solve", "central-spin", "N=5", "--json", "-o", str(path))
    assert code == 3
    assert json.loads(out)["certificate"]["certified"] is False
    assert "not certified" in err.splitlines()[-1]
    assert ps.open_dataset(path)["certified"] == 0


def test_info(capsys):
    code, out, _ = run(capsys, "info", "central-spin", "N=150", "--json")
    report = json.loads(out)
    assert code == 0
    assert report["dimension"] == 22952
    assert report["charges"] == [[1, 1]]
    assert 5e7 < report["memory_bytes"] < 3e8


def process(*words, **options):
    return subprocess.run([sys.executable, "-m", "permsym", *words], capture_output=True, text=True, timeout=120, check=False, **options)


def test_help_loads_nothing_heavy():
    call = "import sys, permsym.cli\ntry: permsym.cli.main(['--help'])\nexcept SystemExit: pass\n"
    code = call + "assert not {'numpy', 'scipy', 'xarray'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_solve_loads_neither_xarray_nor_matplotlib():
    call = "import sys, permsym.cli\npermsym.cli.main(['solve', 'central-spin', 'N=3'])\n"
    code = call + "assert not {'xarray', 'matplotlib', 'pandas', 'qutip'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_stops_early_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m permsym solve central-spin N=6 --moments 4 | head -1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_refused_beforehand_for_memory():
    done = process("solve", "central-spin", "N=200", env={**os.environ, "PERMSYM_MEMORY": "70MB"})
    assert done.returncode == 4
    assert "would fit" in done.stderr


def test_version():
    assert process("--version").stdout.strip() == f"permsym {ps.__version__}"


def test_info_reckons_with_displaced_fock_states(capsys):
    words = ["driven-tavis-cummings", "N=6", "C=4", "drive=1"]
    code, out, _ = run(capsys, "info", *words, "--json")
    assert code == 0
    needed = solved(capsys, *words, "--moments", "1")["parameters"]["levels"]
    assert needed / 2 < json.loads(out)["levels"] <= needed
