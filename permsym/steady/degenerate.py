"""More than one steady state: refused by name, never returned as if unique."""

from __future__ import annotations

from permsym.basis.representations import build
from permsym.errors import DegenerateSteadyState
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.steady.lattice.direct import solve_on
from permsym.steady.scaling.decoupling import cut_down


def refuse_free_spin(model: Model) -> None:
    """DegenerateSteadyState where no term changes the total spin of an ensemble, and nobody says which it is."""
    changed = {name for term in model.terms if term.kind == "individual" for key, _ in term.structure for name, _ in key.satellites}
    for ensemble in model.ensembles:
        if ensemble.N > 1 and ensemble.j is None and ensemble.name not in changed:
            write = "give its total spin, ps.Ensemble(N, j=N/2) or j = 'N/2' in a file, or " if ensemble.levels == 2 else ""
            raise DegenerateSteadyState(
                f"the steady state is not unique: no individual jump acts on ensemble {ensemble.name!r}, whose satellites stay as "
                f"symmetric as they start; {write}give an individual jump, such as decay, a positive rate"
            )


def refuse_degenerate(model: Model) -> None:
    """DegenerateSteadyState where a system with the same terms, two satellites and a few levels, has several steady states."""
    small = cut_down(model, 2)
    solve_on(Liouvillian(build(small)), small, SuperLU(ordering="MMD_AT_PLUS_A"), 1.0)
