"""Mean-field states of library models in closed form; the cumulant engine asks here and names no model itself.

The central spin on resonance: eqs. (7)-(9) of P. Fowler-Wright et al., Phys. Rev. Research 5, 033148 (2023).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from permsym.model import Model
from permsym.models.central_spin import central_spin
from permsym.operators import ComplexArray


@dataclass(frozen=True)
class ProductState:
    """A stationary product state.

    sites      density matrix of the centre, then of one satellite of each ensemble
    rotation   angular frequency at which its free phases turn
    """

    sites: tuple[ComplexArray, ...]
    rotation: float


def threshold(N: float, g: float, kappa: float, gamma_up: float, gamma_down: float) -> float:
    """Critical pump ratio R_c = (1 + Gamma_T kappa / (4 g^2 N)) / 2 of the resonant central spin, in gamma_up / Gamma_T."""
    return (1 + (gamma_up + gamma_down) * kappa / (4 * g**2 * N)) / 2


def closed_form(model: Model) -> ProductState | None:
    """The stable mean-field state of a library model; None for other models, and outside the formula's range.

    A model under a library name counts only where its terms are those of the library's function at its parameters.
    """
    function, formula = _FORMULAS.get(model.name, (None, None))
    if function is None or formula is None or model.terms != function(**model.parameters).terms:
        return None
    try:
        return formula(model.parameters)
    except (OverflowError, ZeroDivisionError):  # couplings whose squares are no doubles
        return None


def _central_spin(p: Mapping[str, float]) -> ProductState | None:
    """Resonant, with losses of the centre's excitations alone.  The phase of <s0+> is free; here <s0+> > 0."""
    n, g, kappa, up, down = (p[name] for name in ("N", "g", "kappa", "gamma_up", "gamma_down"))
    total, difference = up + down, up - down
    if p["omega"] != p["epsilon"] or kappa <= 0 or total <= 0 or p["gamma_phi"] or p["kappa_up"] or p["kappa_phi"]:
        return None
    if g == 0 or up / total <= threshold(n, g, kappa, up, down):
        return ProductState((_spin(0, -1), _spin(0, difference / total)), 0.0)
    a = 1 - difference * n / kappa
    z0 = -a / 2 - math.sqrt(a**2 + total**2 / g**2) / 2
    z = -kappa * total / (4 * g**2 * n * z0)
    plus0 = math.sqrt(-z0 * (1 + z0) / 2)
    return ProductState((_spin(plus0, z0), _spin(1j * kappa / (2 * g * n * z0) * plus0, z)), p["omega"])


def _spin(plus: complex, z: float) -> ComplexArray:
    """Density matrix of a spin with <s+> and <z>."""
    return np.array([[(1 + z) / 2, np.conj(plus)], [plus, (1 - z) / 2]], dtype=np.complex128)


_FORMULAS: Mapping[str, tuple[Callable[..., Model], Callable[[Mapping[str, float]], ProductState | None]]] = {
    "central-spin": (central_spin, _central_spin),
}
