"""Arithmetic expressions.  Long because real numbers, complex numbers and functions of time share one grammar.

Of a model's parameters, such as ``kappa="N/16"``, of complex coefficients, ``"0.5i*exp(1i*phi)"``, and of time, ``"0.5*step(t - 1)"``.

Parsed with ``ast`` and evaluated over a fixed table of operations: no names, attributes or calls beyond it.
Expressions in time have more functions than those of parameters, and conditions such as ``1 if 2 < t < 3 else 0``.
"""

from __future__ import annotations

import ast
import cmath
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, pairwise
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
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


@dataclass(frozen=True)
class _Grammar:
    """What an expression may hold.

    functions    of one number
    several      functions of two numbers or more
    conditions   whether there are comparisons and ``A if condition else B``
    imaginary    whether there are numbers such as 0.5i
    """

    functions: Mapping[str, Callable[[Any], Any]]
    several: Mapping[str, Callable[..., float]] = field(default_factory=dict)
    conditions: bool = False
    imaginary: bool = False

    @property
    def spelled(self) -> str:
        more = ", and A if x < y else B" if self.conditions else ""
        numbers = "numbers, 1i" if self.imaginary else "numbers"
        return f"{numbers}, parameters, + - * / **, parentheses, pi and {', '.join([*self.functions, *self.several])}{more}"


_PLAIN = _Grammar(_FUNCTIONS)
_COMPLEX = _Grammar({name: getattr(cmath, name) for name in _FUNCTIONS}, imaginary=True)
_IN_TIME = _Grammar(
    {
        **_FUNCTIONS,
        "tanh": math.tanh,
        "sinh": math.sinh,
        "cosh": math.cosh,
        "atan": math.atan,
        "abs": abs,
        "step": lambda x: 1.0 if x >= 0 else 0.0,
    },
    {"min": min, "max": max},
    conditions=True,
)
_CONSTANTS = {"pi": math.pi}
_NOTHING = ast.Constant(value=0)
_LONGEST, _DEEPEST = 1000, 100  # characters, and operations inside one another: those of the papers have 40 and 6
_LARGEST = 2**1000  # of a whole number; p2 = "p1*p1", p3 = "p2*p2" ... would have more digits than fit in memory
_IMAGINARY = re.compile(r"(?<![\w.])((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)i\b", re.ASCII)  # 0.5i, which Python writes 0.5j
_DIGITS = re.compile(r"\d+([eEjJ]\d*)?$", re.ASCII)


def parse(text: str) -> ast.expr:
    """The expression's syntax tree; NotAnExpression for other texts."""
    if len(text) > _LONGEST:
        raise NotAnExpression(f"{_brief(text)} has {len(text)} characters, but an expression has at most {_LONGEST}")
    if odd := next((word for word in re.findall(r"\w+", text) if word[0].isdigit() and not _DIGITS.match(word)), None):
        if _IMAGINARY.search(text):
            raise NotAnExpression(f"{_brief(text)} is complex, but must be real; coefficients of operators in model files may be complex")
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
    return _evaluated(parse(text), text, values, _PLAIN)


def evaluate_complex(text: str, values: Mapping[str, float]) -> complex:
    """Value of an expression that may hold imaginary numbers; without them it is real, and sqrt(-1) has no value.

    >>> evaluate_complex("0.5i * exp(1i*phi)", {"phi": 0})
    0.5j
    """
    tree = parse(_IMAGINARY.sub(r"\1j", text))
    if not any(isinstance(node, ast.Constant) and isinstance(node.value, complex) for node in ast.walk(tree)):
        return evaluate(text, values)
    return _evaluated(tree, text, values, _COMPLEX)


class TimeExpression:
    """A function of the time t, of numbers that have names, and of what time alone needs: tanh, abs, step, min, max, conditions.

    text     such as ``"eta*exp(-(t - 4)**2)"`` or ``"1 if 2 < t < 3 else 0"``; step(x) is 1 where x >= 0, else 0
    values   the names it may refer to, and their numbers

    >>> TimeExpression("g*step(t - 1)", {"g": 0.5})(2.0)
    0.5

    Raises NotAnExpression for other texts, InputError for names that are not there and, when called, where there is no finite value.
    """

    def __init__(self, text: str, values: Mapping[str, float]) -> None:
        self.text, self.values = text, dict(values)
        self._tree = parse(text)
        self._check()

    def __call__(self, t: float) -> float:
        """The value at time t."""
        return _evaluated(self._tree, self.text, {**self.values, "t": t}, _IN_TIME)

    def _check(self) -> None:
        """Refuse what is no expression, and names that are not there, in every part of the text: also in those not reached at t = 0."""
        whole, values = self._tree, {**self.values, "t": 0.0}
        called = {id(node.func) for node in ast.walk(whole) if isinstance(node, ast.Call)}
        for node in ast.walk(whole):
            if not isinstance(node, ast.expr) or id(node) in called:
                continue
            condition = isinstance(node, ast.Compare | ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))
            tried = ast.IfExp(test=node, body=_NOTHING, orelse=_NOTHING) if condition and node is not whole else node
            try:
                _evaluated(tried, self.text, values, _IN_TIME)
            except NotAnExpression:
                raise
            except InputError:
                if isinstance(node, ast.Name):
                    raise

    def switches(self, t: float) -> list[float]:
        """Numbers whose zeros are the times of possible kinks: arguments of abs and step, differences of what is compared.

        nan where such a number has no value.
        """
        values = {**self.values, "t": t}
        numbers: list[float] = []
        for pair in self._compared:
            try:
                left, right = (_evaluated(node, self.text, values, _IN_TIME) for node in pair)
                numbers.append(left - right)
            except InputError:
                numbers.append(math.nan)
        return numbers

    @property
    def _compared(self) -> Iterator[tuple[ast.expr, ast.expr]]:
        for node in ast.walk(self._tree):
            match node:
                case ast.Call(func=ast.Name(id="abs" | "step"), args=[argument]):
                    yield argument, _NOTHING
                case ast.Call(func=ast.Name(id="min" | "max"), args=arguments):
                    yield from combinations(arguments, 2)
                case ast.Compare(left=left, comparators=others):
                    yield from pairwise([left, *others])


def _evaluated(tree: ast.expr, text: str, values: Mapping[str, float], grammar: _Grammar) -> Any:
    try:
        return _value(tree, text, values, grammar)
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


def _value(node: ast.expr, text: str, values: Mapping[str, float], grammar: _Grammar) -> Any:  # complex where the grammar is
    def value(inner: ast.expr) -> Any:
        return _value(inner, text, values, grammar)

    match node:
        case ast.Constant(value=complex() as number) if grammar.imaginary:
            return number
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
            power = grammar.imaginary and isinstance(op, ast.Pow)
            result = (_complex_power if power else _BINARY[type(op)])(value(left), value(right))
            if isinstance(result, complex) and not grammar.imaginary:
                raise InputError(f"{_brief(text)} is not real at {_shown(values)}; change the expression or the values")
            return result if isinstance(result, complex) else _bounded(result)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](value(operand))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in grammar.functions:
            return grammar.functions[name](value(argument))
        case ast.Call(func=ast.Name(id=name), args=[_, _, *_] as arguments, keywords=[]) if name in grammar.several:
            return grammar.several[name](*map(value, arguments))
        case ast.IfExp(test=test, body=body, orelse=otherwise) if grammar.conditions:
            return value(body if _holds(test, text, value) else otherwise)
    raise NotAnExpression(f"{_brief(text)} is not an expression permsym evaluates; use {grammar.spelled}")


def _complex_power(base: complex, exponent: complex) -> complex:
    return complex(base) ** complex(exponent)


def _holds(node: ast.expr, text: str, value: Callable[[ast.expr], float]) -> bool:
    """Whether a condition holds: comparisons, and what ``and``, ``or`` and ``not`` make of them."""
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARISONS for op in ops):
            numbers = [value(each) for each in (left, *others)]
            return all(_COMPARISONS[type(op)](a, b) for op, (a, b) in zip(ops, pairwise(numbers), strict=True))
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_holds(part, text, value) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return any(_holds(part, text, value) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return not _holds(part, text, value)
    raise NotAnExpression(f"{_brief(text)} has a condition that compares nothing; write one such as t < 3 or 2 < t < 3")


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
