"""Arithmetic expressions in a model's parameters, such as ``kappa="N/16"``.

Parsed with ``ast`` and evaluated over a fixed table of operations: no names, attributes or calls beyond it.
"""

from __future__ import annotations

import ast
import math
import operator
import re
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
_LONGEST, _DEEPEST = 1000, 100  # characters, and operations inside one another: those of the papers have 40 and 6
_LARGEST = 2**1000  # of a whole number; p2 = "p1*p1", p3 = "p2*p2" ... would have more digits than fit in memory
_DIGITS = re.compile(r"\d+([eEjJ]\d*)?$", re.ASCII)


def parse(text: str) -> ast.expr:
    """The expression's syntax tree; NotAnExpression for other texts."""
    if len(text) > _LONGEST:
        raise NotAnExpression(f"{_brief(text)} has {len(text)} characters, but an expression has at most {_LONGEST}")
    if odd := next((word for word in re.findall(r"\w+", text) if word[0].isdigit() and not _DIGITS.match(word)), None):
        raise NotAnExpression(f"{odd!r} in {_brief(text)} is no number here; write it with the digits 0 to 9 alone, such as 10 or 1e3")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if _depth(tree) > _DEEPEST:
            raise NotAnExpression(f"{_brief(text)} is nested more than {_DEEPEST} deep; write it otherwise")
        return tree
    except NotAnExpression:
        raise
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotAnExpression(
            f"{_brief(text)} is not an expression; write a number or arithmetic in the other parameters, such as N/16 or 3/sqrt(N)"
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
        raise InputError(f"{_brief(text)} divides by zero at {_shown(values)}; change the expression or the values") from None
    except (OverflowError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        words = f"{_brief(text)} has no finite value at {_shown(values)} ({error.args[-1]})"
        raise InputError(f"{words}; change the expression or the values") from None


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
                f"{name}={_brief(text)} refers to {sorted(unknown)[0]!r}, which is no parameter here; "
                f"the parameters are {', '.join(parameters)}"
            )
    while waiting:
        ready = [name for name, text in waiting.items() if names(text) <= set(done)]
        if not ready:
            raise InputError(f"the expressions of {', '.join(waiting)} refer to each other in a circle; give one of them as a number")
        for name in ready:
            try:
                done[name] = evaluate(waiting.pop(name), done)
            except InputError as error:
                error.parameter = error.parameter or name
                raise
    return {name: done[name] for name in parameters}


def _value(node: ast.expr, text: str, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=bool() | str() | bytes() | complex()):
            pass
        case ast.Constant(value=int() | float() as number):
            return _bounded(number)
        case ast.Name(id=name) if name in values:
            return _bounded(values[name])
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.Name(id=name):
            raise InputError(f"{_brief(text)} refers to {name!r}, which is no parameter here; the parameters are {', '.join(values)}")
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            result = _BINARY[type(op)](_value(left, text, values), _value(right, text, values))
            if isinstance(result, complex):
                raise InputError(f"{_brief(text)} is not real at {_shown(values)}; change the expression or the values")
            return _bounded(result)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](_value(operand, text, values))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_value(argument, text, values))
    raise NotAnExpression(
        f"{_brief(text)} is not an expression permsym evaluates; "
        f"use numbers, parameters, + - * / **, parentheses, pi and {', '.join(_FUNCTIONS)}"
    )


def _bounded(number: float) -> float:
    if isinstance(number, int) and abs(number) > _LARGEST:
        raise OverflowError("too large")
    return number


def _depth(tree: ast.expr) -> int:
    """Operations inside one another, counted without recursion."""
    level: list[ast.AST] = [tree]
    depth = 0
    while level and depth <= _DEEPEST:
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        depth += 1
    return depth


def _brief(text: str) -> str:
    return repr(text) if len(text) <= 80 else f"{text[:60]!r} ..."


def _shown(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items() if not (isinstance(value, int) and abs(value) > _LARGEST))
