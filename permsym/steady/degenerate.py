"""More than one steady state: refused by name, never returned as if unique."""

from __future__ import annotations

from permsym.basis.representations import build, dimension
from permsym.errors import DegenerateSteadyState
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.several_sites import modes_of_centre
from permsym.steady.lattice.direct import solve_on
from permsym.steady.scaling.decoupling import cut_down
from permsym.steady.scaling.levels import reach

_MOST = 40  # levels of a small mode
_HIDDEN = 5_000  # unknowns of a small system that is looked at whole
_LARGEST = 20_000  # unknowns of a system that is small


def refuse_parted(model: Model) -> None:
    """DegenerateSteadyState where no term passes populations between some levels of a site."""
    for name, groups in model.symmetry.parted:
        raise DegenerateSteadyState(
            f"the steady state is not unique: no term passes populations between levels {groups} of {name}, and each group has a steady "
            "state of its own; add a jump or a coupling between them, or leave the idle levels out"
        )


def refuse_hidden(model: Model) -> None:
    """DegenerateSteadyState where a small system with the same terms conserves a coherence that populations never make.

    The basis of a steady state lacks such coherences.  Where it lacks none, nothing is looked at.
    """
    small = cut_down(model, 2)
    more = {}  # enough levels for every term to act
    for (position, mode), (_, own) in zip(modes_of_centre(small.centre), modes_of_centre(model.centre), strict=True):
        more[position] = max(0, min(own.levels or _MOST, 3 * reach(model, position) + 1) - mode.levels)
    small = small.with_more_levels(more)
    for size in (small, cut_down(small, 1)):
        space = build(size, populated=True)
        if space.lacks_elements and dimension(size) <= _HIDDEN:
            solve_on(Liouvillian(build(size)), size, SuperLU(ordering="MMD_AT_PLUS_A"), 1.0)
            return


def refuse_free_spin(model: Model) -> None:
    """DegenerateSteadyState where no term changes the total spin of an ensemble, and nobody says which it is."""
    changed = {name for term in model.terms if term.kind == "individual" for key, _ in term.structure for name, _ in key.satellites}
    for ensemble in model.ensembles:
        if ensemble.size > 1 and not ensemble.fixed and ensemble.name not in changed:
            spin = "give its total spin, ps.Ensemble(N, j=N/2) or j = 'N/2' in a file, or "
            symmetric = f"keep them symmetric, ps.Ensemble(N, levels={ensemble.levels}, symmetric=True), or "
            write = spin if ensemble.levels == 2 else symmetric
            raise DegenerateSteadyState(
                f"the steady state is not unique: no individual jump acts on ensemble {ensemble.name!r}, whose satellites stay as "
                f"symmetric as they start; {write}give an individual jump, such as decay, a positive rate"
            )


def refuse_degenerate(model: Model) -> None:
    """DegenerateSteadyState where a system with the same terms, two satellites and a few levels, has several steady states.

    With many ensembles one satellite of each has to do.
    """
    two = cut_down(model, 2)
    small = two if dimension(two) <= _LARGEST else cut_down(model, 1)
    solve_on(Liouvillian(build(small)), small, SuperLU(ordering="MMD_AT_PLUS_A"), 1.0)
