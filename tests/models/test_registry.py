"""Models by name: functions of other packages, their names, parameters and mistakes."""

import json

import pytest
from command_line import run, solved


def test_model_function(capsys):
    assert solved(capsys, "permsym.models:central_spin", "N=10")["derived"]["p0_up"] == pytest.approx(0.612914993686, abs=1e-11)


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
