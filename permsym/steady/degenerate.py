"""More than one steady state: refused by name, never returned as if unique."""

from __future__ import annotations

from permsym.basis.representations import build
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.steady.lattice.direct import solve_on
from permsym.steady.scaling.decoupling import cut_down


def refuse_degenerate(model: Model) -> None:
    """DegenerateSteadyState where a system with the same terms, two satellites and a few levels, has several steady states."""
    small = cut_down(model, 2)
    solve_on(Liouvillian(build(small)), small, SuperLU(ordering="MMD_AT_PLUS_A"), 1.0)
