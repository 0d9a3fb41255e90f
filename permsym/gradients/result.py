"""Derivatives of one quantity by parameter, with their errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Gradient(dict[str, complex]):
    """Derivatives of one quantity by parameter.

    errors   error estimates by parameter, which take solves of their own: made when they are asked for.  Derivatives of the terms'
             coefficients count as exact in them: a stencil of fourth order, which rounds to 3e-13 of a slope
    """

    def __init__(self, values: Mapping[str, complex], errors: Callable[[], dict[str, float]] | dict[str, float]) -> None:
        super().__init__(values)
        self._errors = errors

    @property
    def errors(self) -> dict[str, float]:
        if not isinstance(self._errors, dict):
            self._errors = self._errors()
        return self._errors

    def __reduce__(self) -> tuple[Any, ...]:
        return Gradient, (dict(self), self.errors)
