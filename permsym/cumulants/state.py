"""A steady state of cumulant equations: moments, errors, stability, and where the equations go from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from permsym.cumulants.attractor import Attractor, AttractorKind, attractor
from permsym.cumulants.equations import Equations
from permsym.cumulants.newton import FixedPoint
from permsym.cumulants.physical import unphysical
from permsym.cumulants.squeezing import expanded_squeezing
from permsym.model import Model
from permsym.moments.labels import MomentLabel, enumerate_labels, parse
from permsym.states.derived import derived_quantities, mode_labels
from permsym.states.squeezing import Squeezing


@dataclass(frozen=True)
class CumulantState:
    """A fixed point of cumulant equations.

    ``certified`` says that the numbers solve the equations; how far these are from the exact answer they cannot say.

    point    moments, frequencies, Jacobian
    folds    parameter values at which the branch folded on its way here; the state is beyond them
    over     name of the parameter along which the branch was followed
    seconds  time to build the equations and to solve them
    """

    point: FixedPoint
    model: Model
    folds: tuple[float, ...] = ()
    over: str = "N"
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def equations(self) -> Equations:
        return self.point.equations

    @property
    def order(self) -> int:
        return self.equations.order

    @property
    def frequencies(self) -> tuple[float, ...]:
        """Angular frequencies at which broken phases turn, one for each U(1) symmetry."""
        return self.point.frequencies

    @property
    def stability(self) -> float:
        """Largest real part of the Jacobian's spectrum: positive where the fixed point is unstable."""
        return self.point.stability

    @property
    def stability_by_charge(self) -> dict[tuple[int, ...], float]:
        """The same in each charge sector, where charged moments are unknowns that vanish."""
        return self.point.stability_by_charge

    @property
    def stable(self) -> bool:
        """Whether small deviations decay."""
        return self.point.stable

    @cached_property
    def attractor(self) -> Attractor:
        """Where the equations go from here: the fixed point itself where it is stable, else the end of a time evolution."""
        return Attractor(AttractorKind.FIXED_POINT, point=self.point) if self.stable else attractor(self.point)

    @property
    def residual(self) -> float:
        """Largest |dy/dt| relative to the summands of its row."""
        return self.point.residual

    @property
    def certified(self) -> bool:
        """Whether the numbers solve the equations: residual and error estimates near rounding."""
        errors = self.point.errors / self.equations.scale
        return bool(self.residual < 1e-10 and np.nanmax(errors, initial=0.0) < 1e-6)

    def moment(self, label: str | MomentLabel) -> complex:
        """Any moment; beyond the order, the closure's value."""
        return self.equations.moment(self.point.y, label)

    def cumulant(self, label: str | MomentLabel) -> complex:
        """Any joint cumulant; zero beyond the order."""
        return self.equations.cumulant(self.point.y, label)

    def error(self, label: str | MomentLabel) -> float:
        """Estimate of the absolute error of a moment as a solution of the equations; nan beyond the order."""
        key = parse(label, self.model) if isinstance(label, str) else label
        return self.equations.error(self.point.errors, key)

    def labels(self, order: int) -> list[MomentLabel]:
        """Labels of all moments up to an order."""
        return enumerate_labels(self.model, order)

    @cached_property
    def derived(self) -> dict[str, float]:
        """Populations and photon numbers, named as in exact results."""
        return derived_quantities(self.model, self.moment)

    def squeezing(self, ensemble: str | None = None) -> Squeezing:
        """Squeezing of an ensemble, see :func:`permsym.states.squeezing.squeezing`; its errors are those of a solution of the equations.

        BeyondOrder at order 1, whose pairs are products.
        """
        return expanded_squeezing(self.model, self.order, self.moment, self.error, ensemble)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the numbers owe to the closure alone.

        With <a> = <a a> = 0 and no cumulant beyond the third order, <ad ad a a> = 2 <ad a>^2 of any light, a laser's included.
        """
        notes = []
        for mode in mode_labels(self.model):
            thermal = f"g2{mode.at}" in self.derived and self.moment(mode.field) == 0 == self.moment(f"{mode.field} {mode.field}")
            if thermal and not self.cumulant(mode.pairs):
                notes.append(
                    f"g2{mode.at} = 2 is a property of the closure: order {self.order} sets the cumulant of {mode.pairs} to zero; "
                    "take order 4 or more"
                )
        return tuple(notes)

    @cached_property
    def unphysical(self) -> tuple[str, ...]:
        """What no density matrix has: populations outside [0, 1], negative photon numbers."""
        return unphysical(self.model, self.moment)
