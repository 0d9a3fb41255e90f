"""Coefficients in time: against the model made anew at each time, and everything that is refused."""

import math
import pickle

import numpy as np
import pytest

import permsym as ps
from permsym.errors import InputError
from permsym.modulation.modulation import Modulation

SPAN = (0.0, 4.0)
TIMES = np.array([0.0, 0.3, 1.7, 4.0])

FILE = """
name = "mine"
[parameters]
N = ""
g = 0.5
kappa = 1.0
[centre]
kind = "spin"
[[ensembles]]
N = "N"
[[hamiltonian]]
coefficient = "g**2"
operator = "+0 -"
[[hamiltonian]]
coefficient = "g**2"
operator = "-0 +"
[[jumps]]
kind = "central"
rate = "kappa"
operator = "-0"
name = "loss"
"""


def by_key(model):
    return {term.key: term.coefficient for term in model.terms}


def agrees(modulation, expected):
    """The model at every time has the coefficients of another one."""
    for t in TIMES:
        mine, other = by_key(modulation.at(t)), by_key(expected(t))
        assert mine.keys() == other.keys()
        for key, value in other.items():
            assert abs(mine[key] - value) <= 1e-13 * (1 + abs(value))


def from_file(tmp_path, **parameters):
    path = tmp_path / "mine.toml"
    path.write_text(FILE)
    return ps.models.lookup(str(path)).model(parameters)


def test_a_linear_parameter_needs_two_channels():
    model = ps.models.driven_tavis_cummings(N=3, C=14, eta=0.0)
    modulation = Modulation.of(model, {"eta": lambda t: math.sin(t) + 2}, SPAN)
    assert len(modulation.channels) == 2
    agrees(modulation, lambda t: ps.models.driven_tavis_cummings(N=3, C=14, eta=math.sin(t) + 2))


def test_several_parameters_that_are_not_linear():
    model = ps.models.driven_tavis_cummings(N=3, C=14, drive=1.0)
    rules = {"C": lambda t: 14 + t, "drive": "1 + 0.1*t", "kappa": "2 + 0.1*t"}
    agrees(
        Modulation.of(model, rules, SPAN),
        lambda t: ps.models.driven_tavis_cummings(N=3, kappa=2 + 0.1 * t, C=14 + t, drive=1 + 0.1 * t),
    )


def test_expressions_use_static_values():
    model = ps.models.central_spin(N=4, g=0.3)
    agrees(Modulation.of(model, {"g": "2*g*exp(-t/N)"}, SPAN), lambda t: ps.models.central_spin(N=4, g=0.6 * math.exp(-t / 4)))


def test_model_files_know_their_function(tmp_path):
    model = from_file(tmp_path, N=3)
    agrees(Modulation.of(model, {"g": "t - 1"}, SPAN), lambda t: from_file(tmp_path, N=3, g=float(t) - 1))
    assert pickle.loads(pickle.dumps(model)).family is None


def test_terms_are_multiplied_with_their_conjugates():
    model = ps.models.central_spin(N=3)
    agrees(
        Modulation.of(model, {"H[+0 -]": "cos(t)", "L[-0]": "exp(-t)", "kappa": "3 + t"}, SPAN),
        lambda t: ps.models.central_spin(N=3, g=0.75 * math.cos(t), kappa=(3 + float(t)) * math.exp(-t)),
    )


def test_the_operator_of_a_jump_may_carry_the_root_of_its_rate():
    def family(kappa=1.0):
        c, s = ps.Spin(), ps.Ensemble(2)
        jumps = [ps.Central(1.0, math.sqrt(kappa) * c.m), ps.Individual(0.5, s.m)]
        return ps.Model(c, s, c.p * s.m + c.m * s.p, jumps, parameters={"kappa": kappa})

    modulation = Modulation.of(family(), {"kappa": "2 + t"}, SPAN, family=family)
    (loss,) = (k for k, term in enumerate(modulation.terms) if term.kind == "central")
    assert np.allclose(modulation.coefficients(TIMES)[loss], 2 + TIMES, atol=1e-13)


def test_charges_are_those_of_all_terms_that_may_appear():
    model = ps.models.driven_tavis_cummings(N=3, g=1.0, eta=0.0)
    assert model.charges == ((1, 1),)
    assert Modulation.of(model, {"eta": "step(t - 1)"}, SPAN).model.charges == ()
    assert Modulation.of(model, {"g": "sin(t)"}, (0.0, 2 * math.pi)).model.charges == ((1, 1),)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("abs(t - 1.3)", [1.3]),
        ("step(sin(2*t) - 0.5)", [math.asin(0.5) / 2, (math.pi - math.asin(0.5)) / 2, math.asin(0.5) / 2 + math.pi]),
        ("max(t, 2)", [2]),
        ("1 if 0.5 < t < 3.25 else 0", [0.5, 3.25]),
        ("exp(-(t - 2)**2)", []),
        (lambda t: abs(t - 1.3), [1.3]),
        (lambda t: 1.0 if t < 2.2 else 3.0, [2.2]),
        (math.tanh, []),
    ],
)
def test_kinks_are_read_off_or_searched_for(rule, expected):
    kinks = Modulation.of(ps.models.central_spin(N=2), {"g": rule}, SPAN).kinks
    assert len(kinks) == len(expected)
    assert np.allclose(kinks, expected, atol=1e-12, rtol=0)


def test_kinks_may_be_named():
    modulation = Modulation.of(ps.models.central_spin(N=2), {"g": "t"}, SPAN, kinks=[1, 2.5, 9])
    assert modulation.kinks == (1.0, 2.5)


def broken(t):
    raise KeyError("x")


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"g": lambda t: math.nan}, "must be finite, but is nan at t = 0"),
        ({"g": lambda t: 1j}, "one real number, but returns 1j at t = 0"),
        ({"g": lambda t: np.array([1.0, 2.0])}, "one real number, but returns array"),
        ({"g": lambda t: "1"}, "one real number, but returns '1'"),
        ({"g": lambda t: np.exp(1e4 * t)}, "must be finite, but is inf"),
        ({"g": broken}, "fails with KeyError: 'x' at t = 0"),
        ({"g": lambda: 1.0}, "fails with TypeError"),
        ({"g": "1/(t - t)"}, "divides by zero"),
        ({"g": "x*t"}, "'x', which is no parameter here"),
        ({"g": "t if t else 1"}, "compares nothing"),
        ({"g": "1 if t < 9 or t == 3 else 0"}, "compares nothing"),
        ({"g": "1 if t < 9 else x"}, "'x', which is no parameter here"),
        ({"g": "import os"}, "not an expression"),
        ({"g": [1.0]}, "must be a function of t"),
        ({"kappa": "1 - t"}, "`kappa` must be a rate >= 0, but is -"),
        ({"L[-0]": "1 - t"}, "the rate of L[-0] central would be -"),
        ({"L[-0]": "cos(t)"}, "rates must stay >= 0"),
        ({"N": "3 + t"}, "`N` counts satellites or levels"),
        ({"gg": "t"}, "no parameter of central-spin (did you mean 'g'?)"),
        ({"H[+0 -]": "t", "H[-0 +]": "t"}, "the same term or its conjugate"),
        ({3: "t"}, "must be a dictionary"),
        ("t", "must be a dictionary"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(rules, message):
    with pytest.raises(InputError) as caught:
        Modulation.of(ps.models.central_spin(N=3), rules, SPAN)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_negative_rate_is_refused_with_its_time():
    with pytest.raises(InputError, match=r"at t = 2: `gamma_up` must be a rate"):
        Modulation.of(ps.models.central_spin(N=3), {"gamma_up": "step(2 - t) + step(2.2 - t) - 1.5"}, SPAN)


def test_numbers_of_numpy_are_numbers():
    model = ps.models.central_spin(N=3)
    modulation = Modulation.of(model, {"g": lambda t: np.where(t < 2, 1, 3), "kappa": np.cosh}, SPAN)
    agrees(modulation, lambda t: ps.models.central_spin(N=3, g=1.0 if t < 2 else 3.0, kappa=np.cosh(t)))
    assert len(modulation.kinks) == 1


def test_a_rate_may_touch_zero():
    agrees(
        Modulation.of(ps.models.central_spin(N=3), {"kappa": "sin(pi*t/4)**2", "L[+]": "t*(4 - t)"}, SPAN),
        lambda t: ps.models.central_spin(N=3, kappa=math.sin(math.pi * t / 4) ** 2, gamma_up=1.5 * t * (4 - t)),
    )


def test_levels_cannot_change():
    with pytest.raises(InputError, match="`levels` counts"):
        Modulation.of(ps.models.tavis_cummings(N=2), {"levels": "4 + t"}, SPAN)


def test_a_function_that_gives_another_model_is_refused():
    model = ps.Model(ps.Spin(), ps.Ensemble(2), ps.Spin().z, parameters={"N": 2, "g": 1.0})
    with pytest.raises(InputError, match="does not give this model"):
        Modulation.of(model, {"g": "t"}, SPAN, family=ps.models.central_spin)
    with pytest.raises(InputError, match="is not there; pass it as family"):
        Modulation.of(model, {"g": "t"}, SPAN)


def test_an_operator_that_turns_is_refused():
    def family(phi=0.5):
        c, s = ps.Spin(), ps.Ensemble(2)
        return ps.Model(c, s, c.z, [ps.Individual(1.0, s.m + phi * s.p)], parameters={"phi": phi})

    with pytest.raises(InputError, match="changes the operator of the jump"):
        Modulation.of(family(), {"phi": "t"}, SPAN, family=family)
