"""Model files."""

import numpy as np
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


def test_complex_coefficients_and_sums():
    text = MODEL_FILE.replace('coefficient = "g"\noperator = "+0 -"', 'coefficient = "g*exp(1i*phi) + .5i"\noperator = "+0 -"')
    text = text.replace('coefficient = "g"\noperator = "-0 +"', 'coefficient = "g*exp(-1i*phi) - 0.5i"\noperator = "-0 +"')
    text = text.replace('rate = "1/N"', 'rate = "1/N"\nphi = 0.3').replace(
        'rate = "1/2"\noperator = "+"',
        'rate = "1/2"\noperator = [{coefficient = 1, operator = "+"}, {coefficient = "2i**3", operator = "z"}]',
    )
    model = read_model_text(text, "model.toml")[0](N=3, g=0.5, rate=1, phi=0.3)
    c, s = ps.Spin(), ps.Ensemble(3)
    g = 0.5 * np.exp(0.3j) + 0.5j
    expected = g * c.p * s.m + np.conj(g) * c.m * s.p
    assert model.hamiltonian.terms == pytest.approx(expected.terms, abs=1e-15)
    assert model.jumps[1].operator.terms == pytest.approx((s.p - 8j * s.z).terms, abs=1e-15)
    assert f"({g.real:.6g}{g.imag:+.6g}i) [+0 -]" in model.equation
    assert model.equation.splitlines()[2].startswith("+ 0.5 L[")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"1/2"', '"0.5i"', "'0.5i' is complex, but must be real"),
        ('"g"', '"g*sqrt(-1)"', "has no finite value"),
        ('"g"', '"1i/(1i - 1i)"', "divides by zero"),
        ('"g"', '"1i*abs(g)"', "use numbers, 1i, parameters"),
        ('"g"', '"1ii"', "no number here"),
        ('"g"', '"1i*h"', "refers to 'h'"),
        ('"g"', '"g + 0.5i"', "not hermitian"),
        ('operator = "-0"', "operator = [1]", "an entry is missing or of the wrong kind"),
        ('operator = "-0"', 'operator = [{operator = "-0"}]', "an entry is missing or of the wrong kind"),
    ],
)
def test_coefficients_that_are_refused(old, new, words):
    with pytest.raises(ps.InputError, match=words):
        read_model_text(MODEL_FILE.replace(old, new), "model.toml")[0](N=3, g=0.5, rate=1)


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
