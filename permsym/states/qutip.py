"""Density matrices of other programs: the way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from permsym.basis.representations import build
from permsym.basis.whole_space import project
from permsym.errors import InputError
from permsym.model import Model
from permsym.operators import ComplexArray
from permsym.several_sites import modes_of_centre
from permsym.sites import NoCentre
from permsym.states.density import DensityOperator

if TYPE_CHECKING:
    import qutip

_NOT_A_STATE = 1e-8


def from_qutip(rho: qutip.Qobj, model: Model, basis: str = "auto") -> DensityOperator:
    """A QuTiP state of the centre and all satellites, one by one, as a state on a basis of the model (small systems).

    rho     ket or density matrix; its sites: the centre, then the satellites, ensemble after ensemble, level 0 (up) first
            on each.  A boson's cut-off is that of ``rho`` where the model leaves it open
    basis   "auto", "dicke", "occupation" or "full"

    Raises InputError where ``rho`` is no state, changes when satellites are exchanged, or has coherences between states of
    different conserved charge, which the model's neutral sector does not hold.
    """
    matrix, cut = checked_matrix(rho, model)
    return from_matrix(matrix, cut, basis)


def from_matrix(matrix: ComplexArray, model: Model, basis: str = "auto") -> DensityOperator:
    """The same from an array (D, D) in the product basis."""
    array = np.asarray(matrix, dtype=complex)
    neutral = build(model, basis)
    vector = project(neutral, array)
    _check_state(array)
    return DensityOperator(model, neutral, vector)


def checked_matrix(rho: qutip.Qobj, model: Model) -> tuple[ComplexArray, Model]:
    """Density matrix (D, D) of a QuTiP state, and the model at its cut-off; refused where it is no state of the model's sites."""
    if not hasattr(rho, "full") or not hasattr(rho, "dims"):
        raise InputError(f"from_qutip takes a QuTiP object, but got {type(rho).__name__}; use from_matrix for arrays")
    state: Any = rho.proj() if rho.type == "ket" else rho
    if state.type != "oper":
        raise InputError(f"the QuTiP object must be a ket or a density matrix, but is of type {rho.type!r}")
    found = state.dims[0]
    open_ = {k: found[k] for k, mode in modes_of_centre(model.centre) if mode.automatic and k < len(found) and found[k] >= 2}
    model = model.with_more_levels(open_)  # from none
    centre = [] if isinstance(model.centre, NoCentre) else [site.levels for site in model.centre_sites]
    expected = [*centre, *(each.levels for each in model.ensembles for _ in range(each.N))]
    if found != expected or state.dims[1] != found:
        order = "the centre, then every satellite" if centre else "every satellite"
        raise InputError(f"the QuTiP object must have dims {expected} ({order}), but has {found}")
    matrix = state.full()
    _check_state(matrix)
    return matrix, model


def _check_state(matrix: ComplexArray) -> None:
    trace = float(np.trace(matrix).real)
    if not abs(trace - 1) <= _NOT_A_STATE:
        raise InputError(f"a density matrix must have trace 1, but this one has {trace:.6g}; divide by it")
    lowest = float(np.linalg.eigvalsh(matrix).min())
    if not lowest >= -_NOT_A_STATE:
        raise InputError(f"a density matrix must be positive, but this one has the eigenvalue {lowest:.3g}")
