"""Low-lying spectrum of the Liouvillian in any charge sector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import build, dimension
from permsym.errors import InputError
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.steady.arpack import ShiftInvert


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues of one charge sector, in the model's unit of frequency, largest real part first.

    eigenvalues  (k,); exp(eigenvalue t) is how such a disturbance evolves
    charge       the sector
    residuals    (k,) |L v - lambda v| / |v|
    """

    eigenvalues: NDArray[np.complex128]
    charge: tuple[int, ...]
    residuals: NDArray[np.float64]

    @property
    def gap(self) -> float:
        """Slowest relaxation rate: minus the largest real part, the steady state itself left out."""
        values = self.eigenvalues
        if not any(self.charge):
            values = np.delete(values, int(np.argmin(np.abs(values))))
        return float(-values.real.max())


def spectrum(
    model: Model, k: int = 6, charge: int | tuple[int, ...] = 0, basis: str = "auto", solver: ShiftInvert | None = None
) -> Spectrum:
    """The ``k`` eigenvalues of the Liouvillian nearest to zero in one charge sector.

    charge   ket minus bra excitations (one number for each U(1) symmetry of the model): 0 holds the steady state and the
             Liouvillian gap, 1 the linewidths of emission

    Every eigenvalue of the permutation-symmetric Liouvillian is one of the full Liouvillian.
    """
    charges = tuple(charge) if isinstance(charge, tuple | list) else (charge,) * len(model.charges)
    if not all(isinstance(each, int | np.integer) for each in (charges or (charge,))):
        raise InputError(f"`charge` must be a whole number, or a tuple of them, but is {charge!r}")
    if not isinstance(charge, tuple | list) and charge and not model.charges:
        raise InputError(f"`charge` is {charge}, but this model has no U(1) symmetry; leave it out")
    if len(charges) != len(model.charges):
        raise InputError(f"`charge` must have {len(model.charges)} entries, one for each U(1) symmetry, but is {charge!r}")
    charges = tuple(int(each) for each in charges)
    if not dimension(model, basis, charges):
        raise InputError(f"no state has `charge` {charge!r}; it is limited by the excitations that the sites can hold")
    space = build(model, basis, charges)
    if not 1 <= k < max(space.dimension, 2):
        raise InputError(f"`k` must be from 1 to {space.dimension - 1}, but is {k!r}")
    matrix = Liouvillian(space).matrix()
    values, vectors = (solver or ShiftInvert()).eigenpairs(matrix, space.coordinates, k)
    residuals = np.linalg.norm(matrix @ vectors - vectors * values, axis=0) / np.linalg.norm(vectors, axis=0)
    return Spectrum(values, space.charge, residuals)
