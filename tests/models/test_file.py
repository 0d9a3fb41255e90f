"""Model files."""

import pytest
from command_line import solved

import permsym as ps
from permsym.models.file import read_model_text

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


def test_model_file_equals_the_same_model_in_python(capsys, tmp_path):
    path = tmp_path / "model.toml"
    path.write_text(MODEL_FILE)
    report = solved(capsys, str(path), "N=6", "g=0.8")
    c, s = ps.Spin(), ps.Ensemble(6)
    jumps = [ps.Collective(1 / 6, s.m), ps.Individual(0.5, s.p), ps.Central(1.0, c.m)]
    state = ps.steady_state(ps.Model(c, s, 0.8 * (c.p * s.m + c.m * s.p), jumps))
    assert report["derived"]["p0_up"] == pytest.approx(state.derived["p0_up"], abs=1e-14)
    assert report["parameters"]["rate"] == pytest.approx(1 / 6)


def test_operators_of_a_file_have_all_pauli_matrices_and_name_no_single_satellite():
    base = MODEL_FILE.replace('operator = "+0 -"', 'operator = "x0 x"').replace('operator = "-0 +"', 'operator = "y0 y"')
    model = read_model_text(base, "model.toml")[0](N=3, g=0.5, rate=1)
    c, s = ps.Spin(), ps.Ensemble(3)
    assert model.hamiltonian == 0.5 * c.x * s.x + 0.5 * c.y * s.y
    with pytest.raises(ps.InputError, match="names one satellite"):
        read_model_text(base.replace('"x0 x"', '"x0 x1"'), "model.toml")[0](N=3, g=0.5, rate=1)


def test_a_jump_of_a_file_may_have_a_name():
    text = MODEL_FILE + 'name = "loss"\n'
    assert read_model_text(text, "model.toml")[0](N=3, g=0.5, rate=1).jump("loss").spelled == "L[-0] central"
    for wrong, message in (('"two words"', "must be a word such as 'loss', but is 'two words'"), ("3", "'name' of .* must be a text")):
        with pytest.raises(ps.InputError, match=message):
            read_model_text(text.replace('"loss"', wrong), "model.toml")[0](N=3, g=0.5, rate=1)
