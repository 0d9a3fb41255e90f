"""Arithmetic expressions in a model's parameters, such as ``kappa="N/16"``.

Parsed with ``ast`` and evaluated over a fixed table of operations: no names, attributes or calls beyond it.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from permsym.errors import InputError, NotAnExpression

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: lambda base, exponent: float(base) ** float(exponent),  # integer powers could take for ever
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "sin": math.sin,
    "cos": math.cos,
}
_CONSTANTS = {"pi": math.pi}


def parse(text: str) -> ast.expr:
    """The expression's syntax tree; NotAnExpression for other texts."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotAnExpression(
            f"{text!r} is not an expression; write a number or arithmetic in the other parameters, such as N/16 or 3/sqrt(N)"
        ) from None


def names(text: str) -> set[str]:
    """Parameters that the expression refers to.

    >>> sorted(names("3/sqrt(N) + pi"))
    ['N']
    """
    words = {node.id for node in ast.walk(parse(text)) if isinstance(node, ast.Name)}
    return words - set(_FUNCTIONS) - set(_CONSTANTS)


def evaluate(text: str, values: Mapping[str, float]) -> float:
    """Value of an expression.

    >>> evaluate("N/16", {"N": 8})
    0.5
    """
    try:
        return _value(parse(text), text, values)
    except ZeroDivisionError:
        raise InputError(f"{text!r} divides by zero at {_shown(values)}; change the expression or the values") from None
    except (OverflowError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{text!r} has no finite value at {_shown(values)} ({error}); change the expression or the values") from None


def resolve(parameters: Mapping[str, float | str]) -> dict[str, float]:
    """Numbers for all parameters, expressions evaluated in whatever order they need.

    >>> resolve({"N": 10, "kappa": "N/16"})
    {'N': 10, 'kappa': 0.625}
    """
    done: dict[str, float] = {name: value for name, value in parameters.items() if not isinstance(value, str)}
    waiting = {name: value for name, value in parameters.items() if isinstance(value, str)}
    for name, text in waiting.items():
        unknown = names(text) - set(parameters)
        if unknown:
            raise InputError(
                f"{name}={text!r} refers to {sorted(unknown)[0]!r}, which is no parameter here; the parameters are {', '.join(parameters)}"
            )
    while waiting:
        ready = [name for name, text in waiting.items() if names(text) <= set(done)]
        if not ready:
            raise InputError(f"the expressions of {', '.join(waiting)} refer to each other in a circle; give one of them as a number")
        for name in ready:
            done[name] = evaluate(waiting.pop(name), done)
    return {name: done[name] for name in parameters}


def _value(node: ast.expr, text: str, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=bool() | str() | bytes() | complex()):
            pass
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.Name(id=name):
            raise InputError(f"{text!r} refers to {name!r}, which is no parameter here; the parameters are {', '.join(values)}")
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            result = _BINARY[type(op)](_value(left, text, values), _value(right, text, values))
            if isinstance(result, complex):
                raise InputError(f"{text!r} is not real at {_shown(values)}; change the expression or the values")
            return result
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](_value(operand, text, values))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_value(argument, text, values))
    raise NotAnExpression(
        f"{text!r} is not an expression permsym evaluates; use numbers, parameters, + - * / **, parentheses, pi and {', '.join(_FUNCTIONS)}"
    )


def _shown(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())
