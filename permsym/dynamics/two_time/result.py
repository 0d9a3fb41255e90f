"""<C(0) A(tau) B(0)> of a steady state and <C(t) A(t+tau) B(t)> of a state on its way, each value with an error estimate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.model import Model
from permsym.operators import Operator
from permsym.steady.in_time import OverDelays
from permsym.steady.plan import Plan
from permsym.text import finite


@dataclass(frozen=True)
class CorrelationCertificate:
    """Evidence that the values of a two-time function are right, at all its times.

    error_estimate   largest absolute error estimate of a value, the sum of
    steps            bound of what the steps in time left out
    rounding         bound of what rounding adds along the way
    cut              bound of what leaves a window or a cut-off, and an estimate of what a boson's higher levels would add
    state            estimate of what the error of the state at tau = 0 makes of it
    size             the largest modulus of a value
    tolerance        what certified means, relative to max(1, size); of a normalised function that of derived quantities
    shortfall        what the state's own certificate falls short of
    """

    error_estimate: float
    steps: float
    rounding: float
    cut: float
    state: float
    size: float
    tolerance: float
    shortfall: tuple[str, ...] = ()
    reasons: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        reasons = [f"of the state: {reason}" for reason in self.shortfall]
        if not self.error_estimate <= self.tolerance * max(1.0, self.size):
            shares = {
                "the steps": self.steps,
                "rounding": self.rounding,
                "the window or the cut-off": self.cut,
                "the state's own error": self.state,
            }
            worst = max(shares, key=lambda name: (np.isnan(shares[name]), shares[name]))
            reasons.insert(
                0,
                f"the error estimate is {self.error_estimate:.1e}, above the tolerance {self.tolerance:.0e}; "
                f"the largest part is that of {worst}, {shares[worst]:.1e}",
            )
        object.__setattr__(self, "reasons", tuple(reasons))

    @property
    def certified(self) -> bool:
        """Whether every entry is within the tolerance."""
        return not self.reasons

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: numbers that are not finite become None."""
        numbers = {name: finite(getattr(self, name)) for name in ("error_estimate", "steps", "rounding", "cut", "state")}
        return {"certified": self.certified, **numbers, "tolerance": self.tolerance, "reasons": list(self.reasons)}


@dataclass(frozen=True)
class Correlation(OverDelays):
    """A two-time function C(tau) = <C(t) A(t + tau) B(t)> at given delays.

    model               whose boson has the cut-off that was needed
    of, right, left     A, B and C as they were asked for; C may be None
    times               (T,) delays tau >= 0
    values, errors      (T,) complex values, and an estimate of the error of each
    coherent            the limit of late times, <C B> <A>; nan where no steady state is known
    start               t; None in the steady state
    plan                how the steady state was computed, where it was planned
    order               0, or of a normalised function: 1 for g1 = C / <n>, 2 for g2 = C / <n>^2
    note                where it is zero because there is nothing to follow, why
    """

    model: Model
    of: Operator | str
    right: Operator | str
    left: Operator | str | None
    times: NDArray[np.float64]
    values: NDArray[np.complex128]
    errors: NDArray[np.float64]
    coherent: complex
    certificate: CorrelationCertificate
    representation: str
    dimension: int
    solver: dict[str, Any]
    timings: dict[str, float]
    start: float | None = None
    initial: str = ""
    order: int = 0
    plan: Plan | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """How the function is written: ``<+0(0) ad a(tau) a(0)>``, ``g2(tau)``."""
        return name_of(self.order, self.of, self.right, self.left)

    def __repr__(self) -> str:
        span = f"tau = {self.times[0]:g} to {self.times[-1]:g}, {len(self.times)} values"
        verdict = "certified" if self.certificate.certified else "not certified"
        return f"Correlation({self.name}, {span}, error {self.certificate.error_estimate:.1e}, {verdict})"


def name_of(order: int, of: Operator | str | None, right: Operator | str | None, left: Operator | str | None) -> str:
    """How a two-time function is written; ``order`` of a normalised one, else 0."""
    if order:
        return f"g{order}(tau)"
    words = [(left, "0"), (of, "tau"), (right, "0")]
    spelled = [f"[{word if isinstance(word, str) else 'operator'}]({at})" for word, at in words if word is not None]
    return f"<{' '.join(spelled)}>"
