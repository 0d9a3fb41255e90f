"""More than one steady state: refused by name, never returned as if unique."""

from __future__ import annotations

from permsym.basis.representations import build, dimension
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.steady.lattice.direct import solve_on
from permsym.steady.scaling.decoupling import cut_down

_LARGEST = 20_000  # unknowns of a system that is small


def refuse_degenerate(model: Model) -> None:
    """DegenerateSteadyState where a system with the same terms, two satellites and a few levels, has several steady states.

    With many ensembles one satellite of each has to do.
    """
    two = cut_down(model, 2)
    small = two if dimension(two) <= _LARGEST else cut_down(model, 1)
    solve_on(Liouvillian(build(small)), small, SuperLU(ordering="MMD_AT_PLUS_A"), 1.0)
