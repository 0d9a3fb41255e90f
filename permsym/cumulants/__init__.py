"""Cumulant expansions of any order, for any model; everything here sees only a Model.

    import permsym as ps
    model = ps.models.central_spin(N=150)

    state = ps.cumulants.steady_state(model, order=3)        # fixed point on the branch from the smallest N
    state.moment("z0"), state.cumulant("+0 -1"), state.derived, state.stable, state.stability, state.attractor, state.folds

    eqs = ps.cumulants.equations(model, order=3)             # counting=, closure=, break_symmetry=
    eqs.labels, eqs.index("+0 -1"), eqs.rhs(y), eqs.jacobian(y), eqs.moment(y, "z0 z1 z2 z3")
    eqs.at(ps.models.central_spin(N=200, g=0.5))             # other parameters, nothing is built again

    branch = ps.cumulants.continuation("central-spin", over="N", start=10, stop=1e6, order=5, kappa="N/16")
    branch.points, branch.folds, branch.hopf

    trajectory = ps.cumulants.evolve(model, times, "down up", order=2)      # or of eqs; trajectory.moment("z0"), .derived, .error("z0")
    cycle = ps.cumulants.floquet(model, modulate={"g": "0.7 + 0.1*cos(t)"}, period=2 * pi, order=2)      # .moment, .multipliers, .stable

    C = ps.cumulants.correlation(state, "+1", "-1", times)   # C.values, C.coherent, C.failures; g1(state, times), g2(state, times)
    S = ps.cumulants.spectrum(state, frequencies)            # S.power; regression="operators" or "jacobian"
    line = ps.cumulants.linewidth(state, near=1.0)           # line.eigenvalue, line.fwhm, line.weight

``y`` holds the moments in the order of ``eqs.labels``; a moment and its conjugate are separate unknowns.
"""

from permsym.cumulants.attractor import Attractor
from permsym.cumulants.branch import Branch, BranchPoint, Event
from permsym.cumulants.equations import Equations, equations
from permsym.cumulants.in_time import CumulantFloquet, Trajectory, evolve, floquet
from permsym.cumulants.mean_field import MeanField, mean_field
from permsym.cumulants.newton import FixedPoint, newton
from permsym.cumulants.state import CumulantState
from permsym.cumulants.steady import continuation, steady_state
from permsym.cumulants.two_time import (
    CumulantCorrelation,
    CumulantLine,
    CumulantSpectrum,
    Failure,
    Regression,
    SourceEquations,
    correlation,
    g1,
    g2,
    linewidth,
    spectrum,
)

__all__ = [
    "Attractor",
    "Branch",
    "BranchPoint",
    "CumulantCorrelation",
    "CumulantFloquet",
    "CumulantLine",
    "CumulantSpectrum",
    "CumulantState",
    "Equations",
    "Event",
    "Failure",
    "FixedPoint",
    "MeanField",
    "Regression",
    "SourceEquations",
    "Trajectory",
    "continuation",
    "correlation",
    "equations",
    "evolve",
    "floquet",
    "g1",
    "g2",
    "linewidth",
    "mean_field",
    "newton",
    "spectrum",
    "steady_state",
]
