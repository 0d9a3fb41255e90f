"""Arithmetic in parameters: values, names, and everything that is refused."""

import math

import pytest

import permsym as ps
from permsym import expressions
from permsym.errors import InputError, NotAnExpression

VALUES = {"N": 16, "g": 0.5}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("N/16", 1.0),
        ("3/sqrt(N)", 0.75),
        ("-g**2 + 2*N", 31.75),
        ("2**-1", 0.5),
        ("-2**2", -4.0),
        ("2**3**2", 512.0),
        ("(1+2)*3 - 4/2", 7.0),
        ("exp(0) + log(1) + sin(0) + cos(0)", 2.0),
        ("pi", math.pi),
        ("  N ", 16),
        ("+N", 16),
        ("1e-3", 1e-3),
    ],
)
def test_values(text, value):
    assert expressions.evaluate(text, VALUES) == value


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "N/", "N N", "import os", "__import__('os')", "N.real", "N[0]", "[1]", "lambda: 1", "1 if N else 2", "N if 1 else 2",
        "N == 2", "N and g", "not N", "N // 2", "N % 2", "N << 2", "~N", "'N'", "b'N'", "1j", "True", "None", "f'{N}'", "sqrt()",
        "sqrt(N, g)", "sqrt(x=N)", "sqrt(*N)", "abs(N)", "(N := 3)", "N; g", "N\ng", "\0", "...", "{N}", "N if", "exec('1')",
        "sqrt(N)(2)", "(" * 5000, "1+" * 5000 + "1", "-" * 5000 + "1",
    ],
)  # fmt: skip
def test_what_is_no_arithmetic_is_refused(text):
    with pytest.raises(ps.InputError) as caught:
        expressions.evaluate(text, VALUES)
    assert isinstance(caught.value, NotAnExpression) or text == "sqrt"  # a name like any other


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sqrt", "'sqrt', which is no parameter here"),
        ("1/(N-16)", "divides by zero"),
        ("0**-1", "divides by zero"),
        ("10**400", "no finite value"),
        ("exp(1000)", "no finite value"),
        ("log(0)", "no finite value"),
        ("sqrt(-1)", "no finite value"),
        ("(-1)**0.5", "not real"),
        ("M/2", "'M', which is no parameter here"),
        ("9**9**9**9", "no finite value"),
    ],
)
def test_values_that_do_not_exist(text, message):
    with pytest.raises(ps.InputError, match=message) as caught:
        expressions.evaluate(text, VALUES)
    assert not isinstance(caught.value, NotAnExpression)


def test_names():
    assert expressions.names("3/sqrt(N) + pi*g - exp(2)") == {"N", "g"}


def test_resolve_in_any_order():
    assert expressions.resolve({"a": "b + 1", "b": "c*2", "c": 3}) == {"a": 7, "b": 6, "c": 3}
    assert list(expressions.resolve({"a": "b", "b": 1})) == ["a", "b"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"a": "b", "b": "a"}, "in a circle"),
        ({"a": "a + 1"}, "in a circle"),
        ({"a": "b + 1", "c": 1}, "'b', which is no parameter"),
    ],
)
def test_resolve_refuses(parameters, message):
    with pytest.raises(ps.InputError, match=message):
        expressions.resolve(parameters)


def test_an_error_names_the_parameter_whose_expression_it_is():
    for text in ("1/(N - 2)", "9**9**9**9", "sqrt(-N)"):
        with pytest.raises(InputError) as error:
            expressions.resolve({"N": 2, "kappa": text})
        assert error.value.parameter == "kappa"
        assert "(34," not in str(error.value)
