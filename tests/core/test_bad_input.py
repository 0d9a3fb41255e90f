"""What users get wrong in Python: always a PermsymError, on one line, that says what was given and what to do."""

import numpy as np
import pytest

import permsym as ps
from permsym import models

c, s = ps.Spin(), ps.Ensemble(5)
MODEL = ps.models.central_spin(N=5)
STATE = ps.steady_state(MODEL)


def three_levels():
    d = ps.Ensemble(2, levels=3)
    return ps.Model(c, d, c.z, [ps.Central(1, c.x), *(ps.Individual(1, d.unit(k, (k + 1) % 3)) for k in range(3))])


TABLE = {
    "no model": (lambda: ps.steady_state("central-spin"), "`model` must be a Model such as"),
    "N zero": (lambda: ps.models.central_spin(N=0), "`N` must be an integer >= 1, but is 0"),
    "N negative": (lambda: ps.models.central_spin(N=-3), "`N` must be an integer >= 1"),
    "N fractional": (lambda: ps.models.central_spin(N=2.5), "`N` must be an integer >= 1, but is 2.5"),
    "N not a number": (lambda: ps.models.central_spin(N=float("nan")), "`N` must be finite, but is nan"),
    "N infinite": (lambda: ps.models.central_spin(N=float("inf")), "`N` must be finite, but is inf"),
    "N an expression with a fraction": (lambda: ps.models.central_spin(N="5/2"), "`N` must be an integer >= 1, but is 2.5"),
    "N true": (lambda: ps.models.central_spin(N=True), "`N` must be a number or an expression, but is True"),
    "N none": (lambda: ps.models.central_spin(N=None), "`N` must be a number or an expression, but is None"),
    "rate negative": (lambda: ps.models.central_spin(N=5, kappa=-1), "`kappa` must be a rate >= 0, but is -1.0"),
    "rate negative by expression": (lambda: ps.models.central_spin(N=5, gamma_phi="1-N"), "`gamma_phi` must be a rate >= 0, but is -4.0"),
    "rate complex": (lambda: ps.models.central_spin(N=5, kappa=1j), "`kappa` must be a number or an expression"),
    "rate not a number": (lambda: ps.models.central_spin(N=5, gamma_up=float("nan")), "`gamma_up` must be finite, but is nan"),
    "coupling infinite": (lambda: ps.models.central_spin(N=5, g=float("-inf")), "`g` must be finite, but is -inf"),
    "expression broken": (lambda: ps.models.central_spin(N=5, kappa="N/"), "'N/' is not an expression; write a number or arithmetic"),
    "expression of unknown": (lambda: ps.models.central_spin(N=5, kappa="M/16"), "refers to 'M', which is no parameter here"),
    "expressions in a circle": (lambda: ps.models.central_spin(N=5, kappa="g", g="kappa"), "refer to each other in a circle"),
    "expression divides by zero": (lambda: ps.models.central_spin(N=5, kappa="1/(N-5)"), "divides by zero"),
    "expression calls": (lambda: ps.models.central_spin(N=5, kappa="__import__('os')"), "'__import__', which is no parameter here"),
    "model name misspelt": (lambda: models.lookup("central-spn"), "there is no model 'central-spn'; did you mean 'central-spin'?"),
    "model name unknown": (lambda: models.lookup("xyz"), "there is no model 'xyz'; the models are central-spin"),
    "model file missing": (lambda: models.lookup("missing.toml"), "cannot read the model file 'missing.toml'"),
    "model module missing": (lambda: models.lookup("no_such_module:f"), "cannot load the model function 'no_such_module:f'"),
    "model function missing": (lambda: models.lookup("math:f"), "cannot load the model function 'math:f'"),
    "model function not one": (lambda: models.lookup("math:pi"), "'math:pi' is not a function"),
    "parameter misspelt": (
        lambda: models.lookup("central-spin").model({"N": 5, "gama_up": 1}),
        "has no parameter 'gama_up'; did you mean 'gamma_up'?",
    ),
    "parameter missing": (lambda: models.lookup("central-spin").model({"g": 1}), "needs a value for N; add N=10, for instance"),
    "basis unknown": (
        lambda: ps.steady_state(MODEL, basis="fock"),
        "there is no representation 'fock'; choose one of auto, dicke, occupation, full",
    ),
    "solver unknown": (lambda: ps.steady_state(MODEL, solver="lu"), "there is no solver 'lu'; choose one of auto, superlu"),
    "ordering unknown": (lambda: ps.SuperLU(ordering="AMD"), "`ordering` must be one of nested-dissection"),
    "tolerance zero": (lambda: ps.steady_state(MODEL, tolerance=0), "`tolerance` must be a positive number, but is 0"),
    "tolerance not a number": (lambda: ps.steady_state(MODEL, tolerance=float("nan")), "`tolerance` must be a positive number, but is nan"),
    "order zero": (lambda: ps.steady_state(MODEL, moments=0), "the order of moments must be an integer from 1 to 20"),
    "label wrong": (lambda: ps.steady_state(MODEL, moments=["z0 q1"]), "moment label 'z0 q1': 'q1' is not a factor"),
    "label empty": (lambda: STATE.moment(""), "is empty; write one such as"),
    "too many satellites": (lambda: STATE.moment("z1 z2 z3 z4 z5 z6"), "needs 6 distinct satellites, but N=5"),
    "reduced, too many": (lambda: STATE.reduced(satellites=6), "`satellites` must be from 0 to N=5, but is 6"),
    "reduced, by name": (lambda: STATE.reduced(satellites={"A": 1}), "`satellites` must be one number, or one for each of the 1 ensembles"),
    "reduced, negative": (lambda: STATE.reduced(satellites=-1), "`satellites` must be from 0 to N=5, but is -1"),
    "reduced, nothing": (lambda: STATE.reduced(satellites=0, centre=False), "needs at least one site"),
    "reduced, wrong length": (lambda: STATE.reduced(satellites=[1, 1]), "one for each of the 1 ensembles, but is [1, 1]"),
    "expect on another ensemble": (lambda: STATE.expect(ps.Ensemble(5, "B").z), "there is no ensemble 'B'"),
    "expect on another centre": (lambda: STATE.expect(ps.Levels(3).unit(0, 0)), "an operator of a 3-level centre cannot act on Spin()"),
    "expect on other levels": (lambda: STATE.expect(ps.Ensemble(5, levels=3).unit(0, 0)), "an operator with 3 levels acts on"),
    "P(j, m) elsewhere": (lambda: ps.steady_state(MODEL, basis="occupation").populations(), "solve with basis='dicke'"),
    "concurrence of one spin": (lambda: ps.concurrence(np.eye(2) / 2), "use negativity instead"),
    "negativity with a wrong cut": (lambda: ps.negativity(np.eye(4) / 4, 3), "must divide 4, but is 3"),
    "Hamiltonian a number": (lambda: ps.Model(c, s, 1.0), "the Hamiltonian must be an operator such as"),
    "Hamiltonian not hermitian": (lambda: ps.Model(c, s, c.p * s.m), "is not hermitian; add the conjugate terms"),
    "one jump without a list": (lambda: ps.Model(c, s, c.z, ps.Central(1, c.m)), "`jumps` must be a list of"),
    "centre a class": (lambda: ps.Model(ps.Spin, s, c.z), "the centre must be a site such as Spin()"),
    "Dicke of three levels": (
        lambda: ps.steady_state(three_levels(), basis="dicke"),
        "needs two-level satellites",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_message(name):
    call, fragment = TABLE[name]
    with pytest.raises(ps.PermsymError, match=r"^[^\n]*$") as caught:
        call()
    assert fragment in str(caught.value)
    assert caught.value.exit_code == 1


def test_a_single_label_is_not_read_letter_by_letter():
    assert set(ps.steady_state(MODEL, moments="z0 z1").certificate.errors) == {"z0 z1"}


@pytest.mark.parametrize("number", [5, 5.0, np.int64(5), np.float64(5), np.float32(5), "5", "10/2"])
def test_numbers_of_many_types(number):
    assert ps.models.central_spin(N=number).hash == MODEL.hash
    assert ps.models.central_spin(N=number).parameters == MODEL.parameters


def test_numpy_integers_count_satellites():
    assert np.array_equal(STATE.reduced(satellites=np.int64(2)), STATE.reduced(satellites=2))


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="has no attribute 'steadystate'"):
        _ = ps.steadystate


@pytest.mark.parametrize("keyword", ["tol", "window_", "method"])
def test_unknown_options_are_type_errors(keyword):
    with pytest.raises(TypeError, match=keyword):
        ps.steady_state(MODEL, **{keyword: 1})
    with pytest.raises(TypeError, match=keyword):
        ps.SuperLU(**{keyword: 1})


def test_public_names_exist():
    for name in ps.__all__:
        assert getattr(ps, name) is not None
    assert set(ps.__all__) <= set(dir(ps))
