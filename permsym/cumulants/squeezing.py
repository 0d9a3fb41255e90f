"""Squeezing from the moments of an expansion; its errors are those of a solution of the equations."""

from __future__ import annotations

from collections.abc import Callable

from permsym.errors import BeyondOrder
from permsym.model import Model
from permsym.states.squeezing import Squeezing, squeezing, squeezing_labels
from permsym.steady.certificate import DERIVED_TOLERANCE


def expanded_squeezing(
    model: Model, order: int, moment: Callable[[str], complex], error: Callable[[str], float], ensemble: str | None
) -> Squeezing:
    """:func:`permsym.states.squeezing.squeezing` in an order; BeyondOrder where it has no pairs of satellites."""
    deepest = max(key.order for key in squeezing_labels(model, ensemble))
    if order < deepest:
        raise BeyondOrder(f"squeezing needs pairs of satellites, but order {order} has none; take order {deepest}", order=order)
    return squeezing(model, moment, error, DERIVED_TOLERANCE, ensemble)
