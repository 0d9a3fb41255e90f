"""Cut lattices of several ensembles of spins and of atoms with several levels.

Of spins few coherences between ensembles are left, and the sites where a smaller system sees the probability; of atoms those elements in
which few of them are coherent.
"""

from __future__ import annotations

from permsym.basis.coherent import FewCoherent
from permsym.basis.several import Cut, CutBasis, Sites
from permsym.errors import TooLarge
from permsym.linear.assembled.solver import BiCGStab
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.progress import Progress
from permsym.rotating import in_rotating_frame
from permsym.steady import needs
from permsym.steady.degenerate import refuse_degenerate
from permsym.steady.lattice.direct import solve_on
from permsym.steady.lattice.solution import FactoredSolution
from permsym.steady.plan import Plan, Request
from permsym.steady.scaling.joint import JointCloud
from permsym.steady.state import State, certified

_SMALLEST = 60_000  # labels of the first system, which no window cuts
_RATIO = 1.9  # from one size to the next: ln P at the nearest site of a system half as large is near enough
MANY = 4_000_000  # unknowns that take two minutes and less than 4 GB, beyond which nothing goes unasked
_ROUGH = BiCGStab(tolerance=1e-11)


def on_cut(plan: Plan, request: Request, say: Progress) -> State:
    """The certified steady state on a cut lattice."""
    assert isinstance(plan.window, Cut)
    assert isinstance(plan.solver, BiCGStab)
    refuse_degenerate(plan.model)
    if any(each.levels > 2 for each in plan.model.ensembles):
        return certified(_few_coherent(plan.model, plan.window.order, plan.solver, request.tolerance, say), request.labels)
    cloud = plan.joint or predict_joint(plan.model, plan.window, say)
    basis = CutBasis(plan.model, plan.window, cloud.level_set(plan.model.sizes, plan.window.share))
    say(f"{basis.sites.count:,} sites, {basis.dimension:,} unknowns, coherences to order {plan.window.order} ...")
    needs.check_iteration(basis.dimension)
    return certified(solve_on(Liouvillian(basis), plan.model, plan.solver, request.tolerance, progress=say), request.labels)


def _few_coherent(model: Model, order: int, solver: BiCGStab, tolerance: float, say: Progress) -> State:
    """With at most so many coherent atoms; what that costs is less than the difference to one less, as errors fall with each order."""
    states = []
    for most in (order - 1, order):
        basis = FewCoherent(model, most)
        needs.check_iteration(basis.dimension)
        say(f"{basis.dimension:,} unknowns, at most {most} coherent atoms ...")
        states.append(solve_on(Liouvillian(basis), model, solver, tolerance, progress=say))
    coarse, fine = states
    labels, rows = coarse.basis.written_out()
    assert isinstance(fine.solution, FactoredSolution)
    fine.solution.coarser = (fine.basis.collected(labels) @ (rows @ coarse.x)).real
    return fine


def predict_joint(model: Model, cut: Cut, say: Progress) -> JointCloud:
    """The cloud of a system of about half the size, by continuation from one that no window cuts."""
    resting = in_rotating_frame(model)
    shares = [1 / _RATIO]
    while largest(resting.rescaled(shares[-1]), cut) > _SMALLEST and max(model.sizes) * shares[-1] > 2:
        shares.append(shares[-1] / _RATIO)
    cloud: JointCloud | None = None
    for share in reversed(shares):
        smaller = resting.rescaled(share)
        sites = Sites.all(smaller.sizes) if cloud is None else cloud.level_set(smaller.sizes, cut.share)
        basis = CutBasis(smaller, cut, sites)
        needs.check_iteration(basis.dimension)
        state = solve_on(Liouvillian(basis), smaller, _ROUGH, 1.0)
        cloud = JointCloud.of(state)
        say(f"N={', '.join(map(str, smaller.sizes))}: {sites.count:,} sites, {basis.dimension:,} unknowns")
    assert cloud is not None
    return cloud


def largest(model: Model, cut: Cut) -> int:
    """Labels with all sites, no coherence missing below the cut's order."""
    every = 1
    for N in model.sizes:
        every *= (N // 2 + 1) * ((N + 1) // 2 + 1)
    basis = CutBasis(model, cut, Sites.none(model.sizes))
    return every * basis.labels_a_site


def fitting(model: Model, cloud: JointCloud, cuts: tuple[Cut, ...]) -> tuple[Cut, int]:
    """The first cut that takes no more than minutes and fits into the memory that is free now, and its unknowns; else TooLarge."""
    refusal: TooLarge | None = None
    for cut in cuts:
        unknowns = CutBasis(model, cut, cloud.level_set(model.sizes, cut.share)).count()
        try:
            needs.check_iteration(unknowns)
        except TooLarge as error:
            refusal = error
            continue
        if unknowns <= MANY or cut is cuts[-1]:
            return cut, unknowns
    assert refusal is not None
    raise refusal
