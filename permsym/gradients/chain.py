"""The one chain rule: how a quantity made of moments changes with them, by numbers that carry a derivative along.

    (x + x' e) (y + y' e) = x y + (x' y + x y') e,    e^2 = 0

A formula that is written for moments then answers for their derivatives, too: none is written twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Formula = Callable[[Callable[[str], Any]], Any]
"""A real quantity from the values of moments, which it asks for by label."""


@dataclass(frozen=True)
class Dual:
    """x + x' e of a number and its derivative with respect to something real."""

    value: complex
    slope: complex

    @property
    def real(self) -> Dual:
        return Dual(self.value.real, self.slope.real)

    @property
    def imag(self) -> Dual:
        return Dual(self.value.imag, self.slope.imag)

    def conjugate(self) -> Dual:
        return Dual(self.value.conjugate(), self.slope.conjugate())

    def __add__(self, other: Any) -> Dual:
        x = _dual(other)
        return Dual(self.value + x.value, self.slope + x.slope)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: Any) -> Dual:
        return self + -_dual(other)

    def __mul__(self, other: Any) -> Dual:
        x = _dual(other)
        return Dual(self.value * x.value, self.slope * x.value + self.value * x.slope)

    def __truediv__(self, other: Any) -> Dual:
        x = _dual(other)
        ratio = self.value / x.value
        return Dual(ratio, (self.slope - ratio * x.slope) / x.value)

    def __pow__(self, power: float) -> Dual:
        return Dual(self.value**power, power * self.value ** (power - 1) * self.slope)

    def __abs__(self) -> Dual:
        size = abs(self.value)
        return Dual(size, (self.value.conjugate() * self.slope).real / size if size else abs(self.slope))

    def __rsub__(self, other: Any) -> Dual:
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def __gt__(self, other: float) -> bool:
        return self.value.real > other


def _dual(x: Any) -> Dual:
    return x if isinstance(x, Dual) else Dual(x, 0.0)


def slope(formula: Formula, values: Mapping[str, complex], slopes: Mapping[str, complex]) -> float:
    """d f of moments with these values and derivatives, by label; what has no derivative there is a constant."""
    result = formula(lambda label: Dual(values[label], slopes.get(label, 0.0)))
    return float(result.slope.real) if isinstance(result, Dual) else 0.0


def entering(formula: Formula, values: Mapping[str, complex]) -> list[str]:
    """Labels of the moments whose derivatives enter that of a formula."""
    return [label for label in values if any(slope(formula, values, {label: unit}) for unit in (1.0, 1j))]


def slope_error(
    formula: Formula, values: Mapping[str, complex], slopes: Mapping[str, complex], errors: Mapping[str, float], steep: Mapping[str, float]
) -> float:
    """Estimate of the error of :func:`slope`, to first order.

    errors   of the moments; steep: of their derivatives
    """
    total, before = 0.0, slope(formula, values, slopes)
    for label, error in steep.items():
        total += error * math.hypot(*(slope(formula, values, {label: unit}) for unit in (1.0, 1j)))
    for label, error in errors.items():
        if error:
            total += max(abs(slope(formula, {**values, label: values[label] + error * unit}, slopes) - before) for unit in (1, -1, 1j))
    return total
