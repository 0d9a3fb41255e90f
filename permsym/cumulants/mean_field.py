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

from permsym.cumulants.equations import Equations, as_complex, equations
from permsym.cumulants.newton import Point, turned_rhs
from permsym.cumulants.start import relaxed_from_product
from permsym.model import Model
from permsym.models.central_spin import central_spin
from permsym.moments.labels import MomentLabel, parse
from permsym.operators import ComplexArray
from permsym.sites import real_sizes
from permsym.states.derived import derived_quantities


@dataclass(frozen=True)
class MeanField:
    """A stationary product state rho_0 (x) rho_A (x) rho_A ...

    point    one-site moments, in the order of the order-1 equations' labels, and the frequencies of the broken phases
    source   "closed form" or "order-1 equations"
    """

    model: Model
    point: Point
    source: str

    @property
    def equations(self) -> Equations:
        """The order-1 equations of the model."""
        return self.point.equations

    @property
    def frequencies(self) -> tuple[float, ...]:
        """Rotation of the broken phases, one for each U(1) symmetry; 0 in a symmetric state."""
        return self.point.frequencies

    @cached_property
    def states(self) -> tuple[ComplexArray, ...]:
        """Density matrix of the centre, but for a boson, then of one satellite of each ensemble."""
        alphabet, y = self.equations.hierarchy.alphabet, self.point.y
        sites = [
            (mine, site) for mine, site in zip(alphabet.slices, [alphabet.centre, *alphabet.ensembles], strict=True) if site is not None
        ]
        index = self.equations.hierarchy.index
        one = np.eye(alphabet.size, dtype=int)
        return tuple(
            site.density([1, *(y[index[tuple(int(n) for n in one[letter])]] for letter in range(mine.start, mine.stop))])
            for mine, site in sites
        )

    @property
    def residual(self) -> float:
        """Largest |d<O>/dt| over one-site operators, in the frame that turns with the phases."""
        return float(np.abs(turned_rhs(self.equations, self.point.x, self.frequencies)).max())

    @property
    def stability(self) -> float:
        """Largest real part of the Jacobian's spectrum without the phase modes; negative where stable."""
        return self.point.stability

    def moment(self, label: str | MomentLabel) -> complex:
        """Product of one-site expectation values.  Charged moments are kept: mean field breaks the symmetry."""
        return self.equations.moment(self.point.y, label)

    def cumulant(self, label: str | MomentLabel) -> complex:
        """Joint cumulants beyond order 1 vanish."""
        key = parse(label, self.model) if isinstance(label, str) else label
        return self.moment(key) if key.order == 1 else 0j

    @property
    def derived(self) -> dict[str, float]:
        """Populations and photon numbers, named as in exact results."""
        return derived_quantities(self.model, self.moment)


def mean_field(model: Model) -> MeanField:
    """Stationary mean-field state that a product state relaxes to: one with broken symmetry where there is a symmetry.

    The closed form where there is one (the resonant central spin), else the order-1 equations solved numerically.

    Raises SolverFailed where no stationary state is reached (a limit cycle beyond a mere rotation, or no relaxation).
    """
    built = equations(model, order=1)
    closed = _central_spin(model.parameters) if _is_central_spin(model) else None
    if closed is None:
        return MeanField(model, relaxed_from_product(built), "order-1 equations")
    states, rotation = closed
    return MeanField(model, Point(built, built.product_state(states), (rotation,) * len(model.charges)), "closed form")


def threshold(N: float, g: float, kappa: float, gamma_up: float, gamma_down: float) -> float:
    """Critical pump ratio R_c = (1 + Gamma_T kappa / (4 g^2 N)) / 2 of the resonant central spin, in gamma_up / Gamma_T."""
    return (1 + (gamma_up + gamma_down) * kappa / (4 * g**2 * N)) / 2


def _is_central_spin(model: Model) -> bool:
    """Whether this is the library's model with the parameters it carries, not another one under its name."""
    if model.name != "central-spin":
        return False
    with real_sizes():  # N may be real along a branch
        return model.terms == central_spin(**model.parameters).terms


def _central_spin(p: Mapping[str, float]) -> tuple[list[ComplexArray], float] | None:
    """Density matrices of centre and satellite, eqs. (7)-(9) of P1, and their rotation; None outside the equations' range.

    The phase of <s0+> is free; here <s0+> > 0.  On resonance everything turns at omega.
    """
    n, g, kappa, up, down = (p[name] for name in ("N", "g", "kappa", "gamma_up", "gamma_down"))
    total, difference = up + down, up - down
    if p["omega"] != p["epsilon"] or kappa <= 0 or total <= 0 or p["gamma_phi"] or p["kappa_up"] or p["kappa_phi"]:
        return None
    if g == 0 or up / total <= threshold(n, g, kappa, up, down):
        return [_spin_state(0, -1), _spin_state(0, difference / total)], 0.0
    a = 1 - difference * n / kappa
    z0 = -a / 2 - math.sqrt(a**2 + total**2 / g**2) / 2
    z = -kappa * total / (4 * g**2 * n * z0)
    plus0 = math.sqrt(-z0 * (1 + z0) / 2)
    return [_spin_state(plus0, z0), _spin_state(1j * kappa / (2 * g * n * z0) * plus0, z)], p["omega"]


def _spin_state(plus: complex, z: float) -> ComplexArray:
    """Density matrix of a spin with <s+> and <z>."""
    return as_complex([[(1 + z) / 2, np.conj(plus)], [plus, (1 - z) / 2]])
