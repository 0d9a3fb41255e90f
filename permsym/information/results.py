"""Fisher information about a parameter as a result, and the matrices that it is made from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from permsym.errors import InputError
from permsym.information.forms import Information
from permsym.operators import ComplexArray
from permsym.states.density import DensityOperator
from permsym.text import finite

QUANTITIES = ("steady", "rate", "photon_counting")
_WHOLE = 2**10  # dimension up to which states without blocks of the total spin are written out


@dataclass(frozen=True)
class ParameterFisher:
    """Fisher information F about a parameter theta: no measurement does better than  (delta theta)^2 = 1 / F.

    steady            quantum Fisher information of the steady state itself
    rate              of light and system together in a long time t, F = rate * t; of parameters of the Hamiltonian
    photon_counting   classical one of the photon-number distribution P(n) of the mode
    errors            estimate of the error of each that there is
    missing           why another is None
    allowed           relative error that counts as certified
    scale             max(1, |theta|): what is below ``allowed`` / scale^2 is nothing
    """

    name: str
    steady: float | None
    rate: float | None
    photon_counting: float | None
    errors: dict[str, float]
    missing: dict[str, str] = field(default_factory=dict)
    allowed: float = 1e-6
    scale: float = 1.0

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not certified."""
        values = {name: getattr(self, name) for name in self.errors}
        return tuple(
            f"the Fisher information {name!r} about {self.name!r}, {value:.6g}, has the error {self.errors[name]:.0e}"
            for name, value in values.items()
            if not self.errors[name] <= self.allowed * max(value, self.allowed / self.scale**2)
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: numbers that are not finite become None."""
        values = {name: None if getattr(self, name) is None else finite(getattr(self, name)) for name in QUANTITIES}
        errors = {name: finite(error) for name, error in self.errors.items()}
        return {**values, "errors": errors, **({"missing": self.missing} if self.missing else {})}

    @classmethod
    def of(cls, name: str, results: Mapping[str, Information], missing: dict[str, str], allowed: float, theta: float) -> ParameterFisher:
        """From what there is."""
        values = {quantity: results[quantity].value if quantity in results else None for quantity in QUANTITIES}
        errors = {quantity: result.error for quantity, result in results.items()}
        return cls(name, **values, errors=errors, missing=missing, allowed=allowed, scale=max(1.0, abs(theta)))


def matrices(rho: DensityOperator) -> list[ComplexArray]:
    """The blocks of the total spin; the whole matrix of small systems that have none."""
    if rho.basis.representation == "dicke" and len(rho.model.ensembles) == len(rho.model.centre_sites) == 1:
        return [block.flat for block in rho.blocks()]
    size = rho.basis.centre_levels * math.prod(each.levels**each.N for each in rho.model.ensembles)
    if size > _WHOLE:
        raise InputError(
            f"the quantum Fisher information needs a centre of one site and one ensemble in the Dicke representation, or a whole space of "
            f"at most {_WHOLE:,} dimensions, but this one has {size:,}; solve with basis='dicke', or take fewer satellites or levels"
        )
    return [rho.full()]
