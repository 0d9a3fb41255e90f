"""What is asked of a two-time function, and the shares of its error while its sectors are added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.dynamics.two_time.regression import Evolving
from permsym.dynamics.two_time.result import CorrelationCertificate
from permsym.errors import InputError
from permsym.operators import Operator, Product
from permsym.sites import is_real
from permsym.steady.certificate import derived_tolerance
from permsym.steady.state import DEFAULT_TOLERANCE

Real = NDArray[np.float64]
Spelled = Operator | str
IDENTITY = Operator({Product(): 1})
_READ = 16 * float(np.finfo(float).eps)  # of |a| . |X|: rounding of elements, of their weights and of the sum
SHARE = 0.25  # of the tolerance: what steps may cost, and what a cut-off may


@dataclass(frozen=True)
class Asked:
    """What is asked of a two-time function.

    number, order   an operator n and a power: values are over <n>^order; None: as they are

    A function over <n>^order is a derived quantity, and certified like one.
    """

    of: Spelled
    right: Spelled
    left: Spelled | None
    times: Real
    tolerance: float = DEFAULT_TOLERANCE
    number: Operator | None = None
    order: int = 0

    @classmethod
    def checked(cls, of: Spelled, right: Spelled, times: ArrayLike, left: Spelled | None, tolerance: float) -> Asked:
        """InputError where delays or the tolerance make no sense."""
        try:
            at = np.atleast_1d(np.asarray(times, dtype=float))
        except (TypeError, ValueError):
            raise InputError(f"`times` must be numbers, but are {times!r}") from None
        if at.ndim != 1 or not len(at) or not np.isfinite(at).all() or at[0] < 0 or (np.diff(at) < 0).any():
            raise InputError("`times` must be finite, ascending and >= 0, such as np.linspace(0, 10, 101); they are delays tau")
        if not is_real(tolerance) or not 0 < tolerance < np.inf:
            raise InputError(f"`tolerance` must be a positive number, but is {tolerance!r}")
        for operator in (of, right, left):
            if not isinstance(operator, Operator | str | None):
                raise InputError(f"an operator is a text such as 'ad a' or '-1', or an Operator such as s.m, but not {operator!r}")
        return cls(of, right, left, at, float(tolerance))

    @property
    def certain(self) -> float:
        """The error of a value relative to max(1, largest modulus) that counts as certified."""
        return derived_tolerance(self.tolerance) if self.order else self.tolerance

    @property
    def operators(self) -> list[Spelled]:
        """A, B and, where there is one, C."""
        return [each for each in (self.of, self.right, self.left) if each is not None]


class Moving(Protocol):
    """A part of X = B rho C in one charge sector, and what A sees of it; fields as in :class:`permsym.dynamics.two_time.source.Source`."""

    @property
    def x(self) -> NDArray[Any]: ...

    @property
    def observed(self) -> NDArray[np.complex128]: ...

    @property
    def lost(self) -> float: ...

    @property
    def norm(self) -> float: ...

    @property
    def dimension(self) -> int: ...

    @property
    def charge(self) -> tuple[int, ...]: ...

    @property
    def value(self) -> complex: ...

    @property
    def moving(self) -> tuple[NDArray[Any], complex]: ...


class Shares:
    """Values and the shares of their errors while sources are added up, (T,) each."""

    def __init__(self, count: int) -> None:
        self.values = np.zeros(count, dtype=complex)
        self.steps, self.rounding, self.cut, self.state = (np.zeros(count) for _ in range(4))
        self.dimension = self.products = 0

    def follow(self, source: Moving, sector: Evolving, x: NDArray[Any], asked: Asked, error: float) -> None:
        """Add exp(tau L) x as A sees it; ``error``: what the steps may cost."""
        path = sector.path(x, source.observed, asked.times, error / source.norm)
        self.values += path.values
        self.steps += source.norm * path.steps
        self.rounding += source.norm * path.rounding + _READ * float(np.abs(source.observed) @ np.abs(source.x))
        self.cut += source.norm * (path.beyond + source.lost) + path.edge
        self.dimension, self.products = max(self.dimension, source.dimension), self.products + path.products

    def over(self, unit: float) -> None:
        """Divide by the unit of a normalised function."""
        for array in (self.values, self.steps, self.rounding, self.cut):
            array /= unit

    def certificate(self, tolerance: float, shortfall: Sequence[str]) -> tuple[Real, CorrelationCertificate]:
        """The error of each value, and what certifies them together."""
        errors = self.steps + self.rounding + self.cut + self.state
        return errors, CorrelationCertificate(
            error_estimate=float(errors.max()),
            steps=float(self.steps.max()),
            rounding=float(self.rounding.max()),
            cut=float(self.cut.max()),
            state=float(self.state.max()),
            size=float(np.abs(self.values).max()),
            tolerance=tolerance,
            shortfall=tuple(shortfall),
        )
