"""Squeezing as a formula of moments near a state, for the chain rule.

V = min d M d over unit vectors d orthogonal to v has M d = V d + mu v there, with mu = v M d / |v|^2, and to first order

    dV = d dM d - 2 mu d . dv

so that d and mu count as constants, and the eigenvector need not be differentiated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from permsym.gradients.chain import Formula
from permsym.model import Model
from permsym.states.squeezing import Squeezing, polarisation, second_moments, squeezed_ensemble, squeezing_texts

_NO_ERRORS = (0.0,) * 6


def squeezing_formulas(model: Model, squeezing: Squeezing, moment: Callable[[str], complex], ensemble: str | None) -> dict[str, Formula]:
    """The formulas of both numbers near a state with these moments; none where it has no mean spin."""
    d = squeezing.direction
    if d is None:
        return {}
    site = squeezed_ensemble(model, ensemble)
    N, texts = float(site.size), squeezing_texts(model, site)
    v = squeezing.mean_spin / (N / 2)
    mu = float(v @ second_moments(N, [moment(text) for text in texts], _NO_ERRORS)[0] @ d) / float(v @ v)

    def parts(moment: Callable[[str], Any]) -> tuple[Any, Any]:
        """V, and |v|^2."""
        values = [moment(text) for text in texts]
        polarised, second = polarisation(values, _NO_ERRORS)[0], second_moments(N, values, _NO_ERRORS)[0]  # arrays of Dual numbers
        return d @ second @ d - 2 * mu * (d @ polarised), polarised @ polarised

    def kitagawa_ueda(moment: Callable[[str], Any]) -> Any:
        return 4 / N * parts(moment)[0]

    def wineland(moment: Callable[[str], Any]) -> Any:
        least, length = parts(moment)
        return 4 / N * (least / length)

    return {"wineland": wineland, "kitagawa_ueda": kitagawa_ueda}
