"""Mean field: product states, order 1 of the cumulant expansion, for any model.

Expectation values of operators on different sites factorise.  A stationary state may rotate: in a model with U(1)
symmetry the phase of a symmetry-broken state turns at some frequency, which is found together with the state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from permsym.cumulants.equations import Equations, equations
from permsym.cumulants.newton import FixedPoint, turned_rhs
from permsym.cumulants.start import refuse_fixed_spin, relaxed_from_product
from permsym.model import Model
from permsym.models.closed_forms import closed_form
from permsym.moments.labels import MomentLabel, parse
from permsym.operators import ComplexArray
from permsym.states.derived import derived_quantities


class Source(StrEnum):
    """Where a mean-field state comes from."""

    CLOSED_FORM = "closed form"
    EQUATIONS = "order-1 equations"


@dataclass(frozen=True)
class MeanField:
    """A stationary product state rho_0 (x) rho_A (x) rho_A ...

    point    one-site moments, in the order of the order-1 equations' labels, and the frequencies of the broken phases
    source   where it comes from
    """

    model: Model
    point: FixedPoint
    source: Source

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
        """Density matrix of each site of the centre, but for modes, then of one satellite of each ensemble."""
        alphabet, y = self.equations.hierarchy.alphabet, self.point.y
        index = self.equations.hierarchy.index
        one = np.eye(alphabet.size, dtype=int)
        return tuple(
            site.density([1, *(y[index[tuple(int(n) for n in one[letter])]] for letter in range(mine.start, mine.stop))])
            for mine, site in alphabet.finite
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
        """Product of one-site expectation values.  Charged moments do not vanish: mean field breaks the symmetry."""
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

    The closed form where the model has one, else the order-1 equations solved numerically.

    Raises NoFixedPoint where no stationary state is reached (a limit cycle beyond a mere rotation, or no relaxation), UnsuitedModel
    where an ensemble has a fixed total spin.
    """
    refuse_fixed_spin(model)
    built = equations(model, order=1)
    closed = closed_form(model)
    if closed is None:
        return MeanField(model, relaxed_from_product(built), Source.EQUATIONS)
    return MeanField(
        model, FixedPoint(built, built.product_state(closed.sites), (closed.rotation,) * len(model.charges)), Source.CLOSED_FORM
    )
