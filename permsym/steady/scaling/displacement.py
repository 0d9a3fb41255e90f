"""Displaced Fock states for a driven mode: how far to displace, and how many levels that takes.

A driven mode has a field <a>, and may be spread over two branches of it; states D(alpha) \\|n> with alpha between them need fewer levels
than plain Fock states.  The displacement that needs fewest is found on a model with few satellites and the same mean field
(:meth:`Model.rescaled`), and continued to the number of satellites asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from permsym.model import Model
from permsym.operators import ComplexArray, displacement
from permsym.sites import Boson

if TYPE_CHECKING:
    from permsym.steady.state import State

FEW = 2  # satellites of the small model
WORTHWHILE = 5  # satellites from which the small model pays
TOLERANCE = 1e-6  # of the small model's field
_TAIL = 1e-10  # probability beyond the levels that a displacement is judged by
_GROWTH = 0.37, 0.55
"""Powers of N with which the best displacement and the levels on it grow (driven cavity at C = 14, N = 2 to 10)."""
_GAIN = 0.8  # of the levels without a displacement: where more are needed with it, it is left out


def worthwhile(model: Model) -> bool:
    """Whether a displacement may help: an automatic cut-off, no symmetry that forbids a field, enough satellites."""
    if not isinstance(model.centre, Boson) or not model.centre.automatic or model.centre.displacement:
        return False
    return sum(model.sizes) >= WORTHWHILE and not any(charge[0] for charge in model.charges)


def predict_displacement(model: Model, solve: Callable[[Model], State]) -> tuple[Model, int] | None:
    """The model on well displaced Fock states, and a number of levels to start from; None where nothing is gained.

    solve   the steady state of a small model, with an automatic cut-off
    """
    factor = sum(model.sizes) / FEW
    state = solve(model.rescaled(1 / factor))
    rho = state.reduced()
    alpha = best_amplitude(rho, state.moment("a"))
    if needed(rho, alpha) > min(_GAIN * needed(rho, 0), needed(rho, 0) - 2):
        return None
    amplitude, levels = (factor**power for power in _GROWTH)
    return model.displaced(alpha * amplitude), int(np.ceil(needed(rho, alpha) * levels)) + 4


def needed(rho: ComplexArray, alpha: complex, small: float = _TAIL) -> float:
    """Displaced levels (a real number) beyond which a mode's state rho (levels, levels) holds less than ``small``."""
    levels = len(rho)
    turned = displacement(-alpha, int((np.sqrt(levels) + abs(alpha)) ** 2) + 2, levels)
    populations = np.einsum("nm,mk,nk->n", turned, rho, turned.conj()).real
    tail = np.maximum(np.cumsum(populations[::-1])[::-1], 1e-3 * small)
    k = int(np.argmax(tail < small))
    return k - 1 + float(np.log(tail[k - 1] / small) / np.log(tail[k - 1] / tail[k])) if k else float(len(tail))


def best_amplitude(rho: ComplexArray, amplitude: complex, small: float = _TAIL) -> complex:
    """The displacement that needs fewest levels, to a tenth of the vacuum's width, searched from the mean field."""
    from scipy.optimize import minimize

    start = np.array([[amplitude, 1.5 * amplitude + 0.1, amplitude * (1 + 0.3j) + 0.3j]])
    nearest = minimize(
        lambda x: needed(rho, complex(*x), small),
        [amplitude.real, amplitude.imag],
        method="Nelder-Mead",
        options={"xatol": 0.02, "fatol": 0.05, "initial_simplex": np.stack([start.real[0], start.imag[0]], axis=1)},
    )
    alpha = complex(*nearest.x)
    # a field that is real up to the search's accuracy is real: on resonance that halves the unknowns
    return complex(alpha.real) if abs(alpha.imag) < 0.05 and needed(rho, alpha.real, small) < nearest.fun + 0.3 else alpha
