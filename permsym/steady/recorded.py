"""A steady state out of a file: its coefficients and what was estimated of their errors, without the solver that made them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.fields import checked
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import Matrix, Monomial, SiteOperator, as_array
from permsym.several_sites import on_each_site
from permsym.sites import Site
from permsym.states.derived import Observable
from permsym.steady.state import ErrorParts, State

_NUMBER = (float, None)
SHAPE = {
    "tolerance": float,
    "solver": dict,
    "timings": {str: float},
    "labels": [str],
    "verification": _NUMBER,
    "verified_in": (str, None),
    "solution": {"size": int, "residual": float, "converged": bool, "edge_mass": float, "noise": float, "rigorous": bool},
    "off": float,
    "fock": (str, None),
    "estimates": {"moments": {str: float}, "derived": {str: float}, "cutoffs": {str: float}, "parts": [float]},
}
"""What :meth:`State.save` writes beside what every state has."""


@dataclass(frozen=True)
class RecordedSolution:
    """A :class:`permsym.steady.state.Solution` without transposed solves: what it has not estimated before is bounded by the trace norm.

    off    estimate of the trace norm of the state's error: the value of an operator is off by its norm times that
    fock   (levels,) errors of the Fock states' populations; None: no boson
    """

    basis: Basis
    x: NDArray[Any]
    size: int
    residual: float
    converged: bool
    edge_mass: float
    noise: float
    rigorous: bool
    off: float
    fock: NDArray[np.float64] | None = None
    many_duals = False
    spin = None

    def estimates(self, keys: Sequence[MomentLabel | Observable]) -> list[list[ErrorParts]]:
        return [[ErrorParts(self.off * _norm(self.basis.model, key))] for key in keys]

    def covector_estimates(self, covectors: Sequence[NDArray[np.complex128]]) -> list[list[ErrorParts]]:
        """sum |c_i e_i| <= max |c_i| / w_i  sum w_i |e_i|, with w_i the trace norm of an unknown's operator."""
        basis = self.basis
        norms = basis.element_norms(basis.labels) * (1 + basis.paired)
        weights = np.concatenate([norms, norms[basis.paired]])
        parts = [[part for part in (each.real, each.imag) if part.any()] for each in covectors]
        return [[ErrorParts(self.off * float(np.max(np.abs(part) / weights))) for part in each] for each in parts]

    def fock_estimates(self, position: int = 0) -> NDArray[np.float64]:
        return np.full(self.basis.levels_of(position), self.off) if self.fock is None else self.fock


def _norm(model: Model, key: MomentLabel | Observable) -> float:
    """Of an operator, at most."""
    if isinstance(key, MomentLabel):
        return key.norm(model)

    def norm(matrix: Matrix) -> float:
        return float(np.linalg.norm(as_array(matrix), 2))

    def on_site(site: Site, one: SiteOperator | None) -> float:
        if isinstance(one, Monomial):
            ladder = math.sqrt(site.levels - 1) + abs(getattr(site, "displacement", 0.0))
            return float(ladder ** sum(one))
        return 1.0 if one is None else norm(one)

    ones = [pair for each in key.on_centre for pair in zip(model.centre_sites, on_each_site(model.centre, each), strict=True)]
    return math.prod(on_site(*pair) for pair in ones) * math.prod(norm(each) for some in key.on_satellites for each in some)


def restored(header: Mapping[str, Any], model: Model, basis: Basis, x: NDArray[Any], fock: NDArray[np.float64] | None) -> State:
    """The steady state of a file's header."""
    checked(dict(header), SHAPE, "the state")
    solution = RecordedSolution(basis, x, **header["solution"], off=header["off"], fock=fock)
    solver = {"name": "file", "written": header["solver"]}
    state = State(model, basis, solution, solver, header["timings"], header["tolerance"])
    state.__dict__["trace_norm_error"] = float(header["off"])
    state.recall(header["estimates"])
    certificate = state.certify(header["labels"])
    state.adopt(replace(certificate, verification=header["verification"], verified_in=header["verified_in"]))
    return state
