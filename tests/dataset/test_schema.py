"""Names of the schema are no parameters: refused before anything runs, wherever a model comes from."""

import pytest
from command_line import run

import permsym as ps
from permsym.dataset.schema import VARIABLES, check_parameters
from permsym.errors import InputError

MODEL = """
[parameters]
N = ""
{name} = 0.5
[centre]
kind = "spin"
[[ensembles]]
N = "N"
[[hamiltonian]]
coefficient = "{name}"
operator = "+0 -"
[[hamiltonian]]
coefficient = "{name}"
operator = "-0 +"
[[jumps]]
kind = "central"
rate = 1
operator = "-0"
"""
NAMES = ("p_up", "status", "moment", "approach", "reason", "g2", "g2_error", "time", "time_solve", "definition", "point_2", "method")


@pytest.fixture
def here(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    return lambda *words: run(capsys, *words)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_file(here, tmp_path, name):
    (tmp_path / "mine.toml").write_text(MODEL.format(name=name))
    (tmp_path / "x.toml").write_text('[model]\nfile = "mine.toml"\n[sweep]\nN = [2, 3]\n')
    (tmp_path / "y.toml").write_text(f'[model]\nfile = "mine.toml"\nN = 2\n[sweep]\n{name} = [0.1, 0.2]\n')
    for words in (("run", "x.toml"), ("run", "y.toml"), ("solve", "mine.toml", "N=2"), ("evolve", "mine.toml", "N=2", "--times", "0:1:2")):
        code, out, err = here(*words)
        assert (code, out) == (1, "")
        assert len([line for line in err.splitlines() if not line.startswith("defaults:")]) == 1
        assert f"a parameter cannot be called {name!r}" in err
        assert ("y.toml:5:" in err) is (words == ("run", "y.toml"))
    assert {path.name for path in tmp_path.iterdir()} == {"mine.toml", "x.toml", "y.toml"}


def test_a_function_and_what_it_says_itself():
    def named(N, status=0.5):
        return ps.models.central_spin(N=N, g=status)

    def inside(N):
        model = ps.models.central_spin(N=N)
        model.parameters = {"N": N, "certified": 0.5}
        return model

    for function, name in ((named, "status"), (inside, "certified")):
        with pytest.raises(InputError, match=f"cannot be called '{name}'") as error:
            ps.sweep(function, {"N": [2, 3]})
        assert error.value.parameter == name


def test_the_library_and_ordinary_names_pass():
    for name in ps.models.names():
        source = ps.models.lookup(name)
        check_parameters([*source.defaults, *source.others])
    check_parameters(["pointer", "timescale", "errors", "N", "kappa_up"])
    assert all(_refused(variable.name) for variable in VARIABLES)
    assert all(_refused(name) for name in ("computed_by", "digest", "mixed_versions"))


def _refused(name):
    with pytest.raises(InputError):
        check_parameters([name])
    return True
