"""Mean field: product states, order 1 of the cumulant expansion, for any model.

Expectation values of operators on different sites factorise.  A stationary state may rotate: in a model with U(1)
symmetry the phase of a symmetry-broken state turns at some frequency, which is found together with the state.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from permsym.cumulants.order_one import OrderOne, density_matrices
from permsym.model import Model
from permsym.models.central_spin import central_spin
from permsym.moments.labels import MomentLabel, parse
from permsym.operators import ComplexArray, Matrix, Monomial, as_array

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class MeanField:
    """A stationary product state rho_0 (x) rho_A (x) rho_A ...

    point        Bloch components of the centre, then of one satellite of each ensemble; see OrderOne
    source       "closed form" or "order-1 equations"
    frequencies  rotation of the broken phases, one for each U(1) symmetry; 0 in a symmetric state
    """

    model: Model
    point: Vector
    source: str
    frequencies: tuple[float, ...]

    @cached_property
    def equations(self) -> OrderOne:
        """The order-1 equations of the model."""
        return OrderOne(self.model)

    @cached_property
    def states(self) -> tuple[ComplexArray, ...]:
        """Density matrix of the centre, then of one satellite of each ensemble."""
        return density_matrices([self.model.centre, *self.model.ensembles], self.point)

    @property
    def residual(self) -> float:
        """Largest |d<O>/dt| over one-site operators, in the frame that turns with the phases."""
        return float(np.abs(self.equations.rotating(self.point, self.frequencies)).max())

    @property
    def stability(self) -> float:
        """Largest real part of the Jacobian's spectrum without the phase modes; negative where stable."""
        return self.equations.stability(self.point, self.frequencies)

    def moment(self, label: str | MomentLabel) -> complex:
        """Product of one-site expectation values.  Charged moments are kept: mean field breaks the symmetry."""
        key = parse(label, self.model) if isinstance(label, str) else label
        centre, satellites = key.operators(self.model)
        value = 1.0 + 0j
        factors: list[list[Matrix]] = [[matrix for matrix in centre if not isinstance(matrix, Monomial)], *satellites]
        for state, operators in zip(self.states, factors, strict=True):
            for matrix in operators:
                value *= complex(np.trace(as_array(matrix) @ state))
        return value

    def cumulant(self, label: str | MomentLabel) -> complex:
        """Joint cumulants beyond order 1 vanish."""
        key = parse(label, self.model) if isinstance(label, str) else label
        return self.moment(key) if key.order == 1 else 0j

    @property
    def derived(self) -> dict[str, float]:
        """Excited-state populations, named as in exact results."""
        found = {}
        if self.model.centre.kind == "spin":
            found["p0_up"] = float(self.states[0][0, 0].real)
        for ensemble, state in zip(self.model.ensembles, self.states[1:], strict=True):
            if ensemble.kind == "spin":
                found["p_up" if len(self.model.ensembles) == 1 else f"p_up@{ensemble.name}"] = float(state[0, 0].real)
        return found


def mean_field(model: Model) -> MeanField:
    """Stationary mean-field state that a symmetry-broken start relaxes to.

    The closed form where there is one (the resonant central spin), else the order-1 equations solved numerically:
    integrated from a product state with a transverse component, then Newton's method.

    Raises SolverFailed where no stationary state is reached (a limit cycle beyond a mere rotation, or no relaxation).
    """
    closed = _central_spin(model.parameters) if _is_central_spin(model) else None
    if closed is None:
        point, frequencies = OrderOne(model).relaxed()
        return MeanField(model, point, "order-1 equations", frequencies)
    point, rotation = closed
    return MeanField(model, point, "closed form", (rotation,) * len(model.charges))


def threshold(N: float, g: float, kappa: float, gamma_up: float, gamma_down: float) -> float:
    """Critical pump ratio R_c = (1 + Gamma_T kappa / (4 g^2 N)) / 2 of the resonant central spin, in gamma_up / Gamma_T."""
    return (1 + (gamma_up + gamma_down) * kappa / (4 * g**2 * N)) / 2


def _is_central_spin(model: Model) -> bool:
    """Whether this is the library's model with the parameters it carries, not another one under its name."""
    return model.name == "central-spin" and model.terms == central_spin(**model.parameters).terms


def _central_spin(p: Mapping[str, float]) -> tuple[Vector, float] | None:
    """Bloch vectors (x0, y0, z0, x, y, z) of eqs. (7)-(9) of P1 and their rotation, None outside their range.

    The phase of <s0+> is free; here <s0+> > 0.  On resonance everything turns at omega.
    """
    n, g, kappa, up, down = (p[name] for name in ("N", "g", "kappa", "gamma_up", "gamma_down"))
    total, difference = up + down, up - down
    if p["omega"] != p["epsilon"] or kappa <= 0 or total <= 0 or p["gamma_phi"] or p["kappa_up"] or p["kappa_phi"]:
        return None
    if g == 0 or up / total <= threshold(n, g, kappa, up, down):
        return np.array([0, 0, -1.0, 0, 0, difference / total]), 0.0
    a = 1 - difference * n / kappa
    z0 = -a / 2 - math.sqrt(a**2 + total**2 / g**2) / 2
    z = -kappa * total / (4 * g**2 * n * z0)
    plus0 = math.sqrt(-z0 * (1 + z0) / 2)
    plus = 1j * kappa / (2 * g * n * z0) * plus0
    # <s+> = (x + i y) / 2
    return np.array([2 * plus0, 0, z0, 2 * plus.real, 2 * plus.imag, z]), p["omega"]
