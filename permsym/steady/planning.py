"""Plan a steady state: choose route, basis, window and solver, and refuse what does not fit, before anything is allocated."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from permsym import machine
from permsym.basis.basis import Basis
from permsym.basis.representations import choose
from permsym.basis.window import Window
from permsym.errors import InputError, NotApplicable, PermsymError, TooLarge
from permsym.linear.assembled.solver import BiCGStab
from permsym.linear.cost import PRODUCTS
from permsym.linear.factorisation import Factorisation, kind_of
from permsym.linear.incomplete_lu import IncompleteLU
from permsym.model import Model
from permsym.progress import Progress
from permsym.several_sites import SeveralSites, refuse_several
from permsym.steady import fock_cutoff, modes, needs, several
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.steady.degenerate import refuse_free_spin, refuse_parted
from permsym.steady.plan import Plan, Request, Route
from permsym.steady.scaling import displacement
from permsym.steady.scaling.decoupling import Decoupling
from permsym.steady.scaling.lattice import THRESHOLD, predict_cloud
from permsym.steady.scaling.levels import START, predict_likely_levels
from permsym.steady.state import State
from permsym.steady.weak.basis import WeakBasis
from permsym.steady.weak.graded import SOLVER
from permsym.steady.weak.prediction import LARGEST, LIKELY, predict

Answer = Callable[[Request], State]
"""Solves a smaller system along the way."""

CROSSOVER = 300  # satellites up to which the full basis is as fast as a window
MANY = 24  # satellites from which a cavity's need is predicted from a small one's before it is approached through larger ones
QUICK = 20_000  # satellites from which "quick" asks the Hermite solver first
CROSS_CHECK = 10_000  # satellites from which the automatic choice asks the Hermite solver too
DEGREE = 16  # of the Hermite series
_HERMITE = 3e7  # bytes of what it loads, and of its tables (measured: 34 to 37 MB in all, with 18 of the dense matrix)
# A factorisation of about 0.25 s and an iteration take the same time, certificate included; from there the iteration gains
# (2 s: fivefold), but loading its machine code takes 0.5 s once, and its error estimates of P(n) are one for all n.
PATIENCE = 0.5  # seconds of a factorisation above which a cavity is solved by iteration
LONGER = 60.0  # seconds of a factorisation that may follow an iteration that converged, for the sake of a certificate
_WHOLE = 2.0  # how much longer, at that size, a factorisation takes where no half of the unknowns decouples


def plan_for(request: Request, say: Progress, answer: Answer, ahead: bool = False) -> Plan:
    """How a steady state will be computed.

    answer   solves smaller systems, which predictions need
    ahead    whether only the plan is wanted: an open cut-off is then predicted for small systems, too

    Raises InputError for wishes that do not go together, TooLarge where nothing fits into the memory that is free now,
    DegenerateSteadyState where the total spin of an ensemble is free, or where some levels never exchange populations.
    """
    refuse_free_spin(request.model)
    refuse_parted(request.model)
    return _weak(request) or _ordinary(request, say, answer, ahead)


def _ordinary(request: Request, say: Progress, answer: Answer, ahead: bool = False) -> Plan:
    """The plan of a state that may be anywhere."""
    if request.open_levels:
        return _open_levels(request, say, answer, ahead)
    if request.iterated or request.solver == "hermite":
        refuse_several(request.model.centre, f"the solver {'hermite' if request.solver == 'hermite' else 'matrix-free'}")
    if request.solver == "hermite":
        return _hermite(request.model, "asked for")
    if request.solver == "quick":
        if request.model.sizes[0] >= QUICK and request.basis == request.window == "auto" and not request.verify:
            why = f"from N={QUICK:,} on the Hermite series is quickest where it certifies itself"
            return replace(_hermite(request.model, why), provisional=True)
        request = replace(request, solver="auto")
    if several.cuts(request):
        return several.plan_cut(request, say)
    window = _window(request)
    if iterates(request, request.model, window):
        return _cavity(request, window)
    if request.checkpoint is not None:
        raise InputError("only the matrix-free solver keeps checkpoints; give solver='matrix-free'")
    if window == "adapted":
        return _adapted(request, say)
    return _full_basis(request) if window == "full" else _on_window(request, window, say)


def on_whole_lattice(request: Request) -> bool:
    """Whether the plan is the full basis with factors; seen without solving anything."""
    if request.open_levels or request.solver not in ("auto", "quick") or several.cuts(replace(request, solver="auto")):
        return False
    window = _window(request)
    return window == "full" and not iterates(replace(request, solver="auto"), request.model, window)


def settled(plan: Plan, state: State) -> bool:
    """Whether a state is the answer; else another plan follows.

    An iteration that leaves too much rounding is followed by factors where these take no more than a minute; a cut-off's part of the
    error is nobody else's either.
    """
    if plan.provisional and plan.route is Route.CAVITY:
        if not state.solution.converged or not math.isfinite(state.certificate.error_estimate):
            return False
        factors = needs.unrefused(plan.model, plan.basis)
        return state.algebraic_error <= state.tolerance or factors.seconds > LONGER or not factors.fits
    return state.certificate.certified or not plan.provisional


def instead(plan: Plan, request: Request, say: Progress, failure: PermsymError | None, answer: Answer) -> Plan | None:
    """What is done where a plan fails, or, without a failure, is not :func:`settled`.

    Where nothing is left: None, or the failure is raised.
    """
    if plan.route is Route.WEAK:
        return _ordinary(request, say, answer)
    if plan.provisional and plan.route is Route.CAVITY:
        try:
            factors = _full_basis(request)
        except TooLarge:
            if failure is None:
                return None
            raise failure from None
        say("the iteration did not succeed; factors follow")
        return replace(factors, why="the iteration did not succeed")
    if plan.provisional:
        return plan_for(replace(request, solver="auto"), say, answer)
    if plan.route is Route.HERMITE and plan.beyond is not None and isinstance(failure, NotApplicable):
        try:
            return _adapted(replace(request, solver=IncompleteLU()), say)
        except TooLarge as refusal:
            raise TooLarge(
                f"{plan.beyond}; the Hermite solver, which needs no memory, does not apply: {failure}",
                needed=refusal.needed,
                available=refusal.available,
                fits=refusal.fits,
            ) from None
    if plan.window == "adapted" and isinstance(failure, TooLarge) and _free(request):
        return _past_the_window(request.model, failure)
    assert failure is not None
    raise failure


# -- weak excitation --------------------------------------------------------------------------------------------------------


def _weak(request: Request) -> Plan | None:
    """The few elements near the vacuum, where they hold the state; a cavity whose given levels are quickly factored is left to that."""
    model = request.model
    left_open = request.solver in ("auto", "quick") and request.window == "auto" and request.basis in ("auto", "dicke")
    if not left_open or request.verify or request.liouvillian is not None or request.checkpoint is not None:
        return None
    if model.centre.kind != "boson" or any(each.fixed for each in model.ensembles) or not (request.open_levels or prefers_iteration(model)):
        return None
    prediction = predict(model)
    if prediction is None:
        return None
    levels = LIKELY + 2 if request.open_levels else model.centre.levels
    unknowns = WeakBasis(model.with_levels(LIKELY + 2), LIKELY).dimension
    bytes_ = 1.2e7 + 4e3 * min(unknowns, LARGEST)  # measured: 10 to 14 MB with one ensemble, 18 to 41 with two
    why = f"about {prediction.excitations:.1g} excitations: few elements near the vacuum hold the state"
    return Plan(Route.WEAK, model, "dicke", "excitations", SOLVER, unknowns, bytes_, 0.05, why, levels, provisional=True)


# -- one lattice ------------------------------------------------------------------------------------------------------------


def window_applies(model: Model, representation: str) -> bool:
    """Whether a window can cut this model: one ensemble in the Dicke representation, with a U(1) symmetry that ties m' to m.

    Not beside a boson: its photon number grows with N, so that a window of (j, m) alone gains nothing.
    """
    tied = len(model.ensembles) == 1 and model.ensembles[0].j is None and any(charge[1] for charge in model.charges)
    return representation == "dicke" and tied and model.centre.kind not in ("boson", "several")


def _window(request: Request) -> Literal["full", "adapted"] | float | Window:
    """What to do about a window: nothing, adapt one, or use what was asked for."""
    own = request.liouvillian is not None or not isinstance(request.basis, str)
    if request.window == "full" or (request.window == "auto" and own):
        return "full"
    name = "" if own else choose(request.model) if request.basis == "auto" else str(request.basis)
    applies = window_applies(request.model, name)
    if request.window == "auto":
        return "adapted" if applies and request.model.sizes[0] > CROSSOVER else "full"
    if not applies:
        raise InputError(
            "a window needs one ensemble of two-level satellites, a U(1) symmetry that ties m' to m, and basis='dicke' (or 'auto'); "
            "use window='full'"
        )
    return request.window  # type: ignore[return-value]  # a Cut is several.cuts()'s


def _full_basis(request: Request) -> Plan:
    model, liouvillian = request.model, request.liouvillian
    basis = request.basis if liouvillian is None else liouvillian.basis
    if liouvillian is not None and not liouvillian.fits(model):
        raise InputError("this Liouvillian belongs to a model with other sites or symmetry; make a new one")
    chosen = None if request.solver == "auto" else request.solver
    assert not isinstance(chosen, str | MatrixFree)
    if isinstance(basis, str):
        name = choose(model) if basis == "auto" else basis
        factors = needs.on_full_basis(model, name, chosen)
        why = "asked for"
        if chosen is None:
            iterated = kind_of(factors.solver) == "iterated"
            why = f"about {PRODUCTS} products, where factors would fill" if iterated else f"the full {name} basis is small enough"
    else:
        if not basis.hermitian:
            raise InputError(
                f"the steady state lives in the neutral sector, but the basis has charge {basis.charge}; build it with charge 0"
            )
        name, why = basis.representation, "the basis was given"
        unknowns, sides = basis.dimension, needs.lattice(model, basis.representation)[1]
        filling = chosen is None and needs.fills(model, name, unknowns)
        factors = Factorisation.of(unknowns, sides, BiCGStab() if filling else chosen or needs.double_solver(model, basis))
    return _lattice(model, name, "full", factors, why)


def _adapted(request: Request, say: Progress) -> Plan:
    """On the level set that a smaller system predicts; past the reach of the memory by the Hermite series."""
    model = request.model
    chosen = None if request.solver == "auto" else request.solver
    assert not isinstance(chosen, str | MatrixFree)
    try:
        cloud = predict_cloud(model, say)
        factors = needs.on_window(model, cloud.level_set(model.sizes[0], THRESHOLD), cloud.unknowns, chosen)
    except TooLarge as refusal:
        if not _free(request):
            raise
        return _past_the_window(model, refusal)
    plan = _lattice(model, "dicke", "adapted", factors, f"above N={CROSSOVER} a window of the lattice holds the state")
    return replace(plan, cloud=cloud, cross_check=_free(request) and model.sizes[0] >= CROSS_CHECK)


def _on_window(request: Request, window: float | Window, say: Progress) -> Plan:
    """On the user's window: sites, or a number of standard deviations around the mean that a smaller system predicts."""
    model = request.model
    chosen = None if request.solver == "auto" else request.solver
    assert not isinstance(chosen, str | MatrixFree)
    cloud = None if isinstance(window, Window) else predict_cloud(model, say)
    sites = window if cloud is None else cloud.rectangle(model.sizes[0], window)  # type: ignore[arg-type]
    assert isinstance(sites, Window)
    factors = needs.on_window(model, sites, None if cloud is None else cloud.unknowns, chosen)
    return replace(_lattice(model, "dicke", window, factors, "the window was given"), cloud=cloud)


def _lattice(model: Model, basis: str, window: str | float | Window, factors: Factorisation, why: str) -> Plan:
    return Plan(Route.LATTICE, model, basis, window, factors.solver, factors.unknowns, factors.bytes, factors.seconds, why)


def _free(request: Request) -> bool:
    """Whether everything is left to permsym."""
    return request.solver == request.basis == "auto" and not request.verify


# -- Hermite series -----------------------------------------------------------------------------------------------------------


def _hermite(model: Model, why: str, beyond: TooLarge | None = None) -> Plan:
    unknowns = model.centre.levels**2 * (DEGREE + 1) * (DEGREE + 2) // 2
    return Plan(Route.HERMITE, model, "dicke", "full", None, unknowns, 48.0 * unknowns**2 + _HERMITE, 1.0, why, beyond=beyond)


def _past_the_window(model: Model, refusal: TooLarge) -> Plan:
    return _hermite(model, f"no window fits: {refusal}", refusal)


# -- cavities -----------------------------------------------------------------------------------------------------------------


def iterates(request: Request, model: Model, window: object = "full") -> bool:
    """Whether a cavity with a given cut-off is solved by iteration: asked for, or left to permsym and faster."""
    if request.solver != "auto" or request.liouvillian is not None or window != "full":
        return request.iterated
    return prefers_iteration(model, request.basis)


def prefers_iteration(model: Model, basis: str | Basis = "auto") -> bool:
    """Whether a cavity is too large for a factorisation."""
    if not isinstance(basis, str) or basis == "full" or model.centre.kind != "boson":
        return False
    unknowns, sides = needs.lattice(model, basis)
    if needs.fills(model, basis, unknowns):
        return False
    factors = Factorisation.of(unknowns, sides, needs.double_solver(model, basis))
    if factors.seconds > PATIENCE or factors.bytes > machine.available_bytes():
        return True
    return _WHOLE * factors.seconds > PATIENCE and not Decoupling(model).halved


def _cavity(request: Request, window: object) -> Plan:
    if not isinstance(request.basis, str) or request.liouvillian is not None or window != "full":
        raise InputError("the matrix-free solver makes its own basis; give basis as a name and window='full', and no Liouvillian")
    model = request.model
    name = choose(model) if request.basis == "auto" else request.basis
    settings = request.solver if isinstance(request.solver, MatrixFree) else MatrixFree()
    blocks = needs.on_blocks(model, name, settings)
    why = "asked for" if request.iterated else "an iteration is faster than factors of this size, or needs less memory"
    plan = Plan(Route.CAVITY, model, name, "full", settings, blocks.numbers, blocks.bytes, blocks.seconds, why)
    return replace(plan, provisional=request.solver == "auto" and request.checkpoint is None)


def _open_levels(request: Request, say: Progress, answer: Answer, ahead: bool) -> Plan:
    """A cavity whose cut-off is to be found: on a window of blocks, or at one cut-off after the other."""
    if request.liouvillian is not None or isinstance(request.basis, Basis):
        raise InputError("a basis or Liouvillian of the caller's has a cut-off of its own; give the model the same with with_levels()")
    if isinstance(request.model.centre, SeveralSites):
        return _open_modes(request, answer, ahead)
    fock_cutoff.refuse_unbounded(request.model, answer)
    mode, start = displaced(request.model, say, answer)
    # one small solve; where the system itself is small, the search for its levels is that solve
    many = sum(mode.sizes) > MANY
    cut = mode.with_levels(start or (likely_levels(mode, answer) if many or ahead else START))
    if many:
        needs.refuse_hopeless(cut, request.basis)
    most = max((len(satellites) for label in request.labels for satellites in label.satellites), default=0)
    iterable = request.iterated or request.solver == "auto"
    if iterable and request.window == "auto" and 2 * most <= max(mode.sizes) and needs.may_cut_blocks(mode, request.basis):
        settings = request.solver if isinstance(request.solver, MatrixFree) else MatrixFree()
        blocks = needs.of_blocks(cut, "dicke", settings, window=True)
        why = f"from N={needs.block_crossover(mode)} a window of blocks is faster than all of them"
        plan = Plan(Route.CAVITY, cut, "dicke", "blocks", settings, blocks.numbers, blocks.bytes, blocks.seconds, why)
        return replace(plan, model=mode, levels=cut.centre.levels, open_levels=True)
    if request.checkpoint is not None:
        raise InputError(
            "a checkpoint belongs to one cut-off, but this cavity is solved at several; give levels, such as levels=40, beside it"
        )
    return replace(_at_cutoff(request, cut), model=mode, levels=cut.centre.levels, open_levels=True, start=start)


def _open_modes(request: Request, answer: Answer, ahead: bool) -> Plan:
    """Several modes whose cut-offs are to be found, at one choice after the other."""
    if request.iterated or request.checkpoint is not None:
        raise InputError("the matrix-free solver takes a centre of one mode; leave the solver and the checkpoint out")
    few = dict.fromkeys((name for _, name in modes.open_modes(request.model)), modes.FIRST)
    levels = modes.first_levels(request.model, answer) if ahead else few
    plan = _at_cutoff(request, request.model.with_levels(**levels))
    return replace(plan, model=request.model, why="each mode gets levels until their part of every error is negligible", open_levels=True)


def _at_cutoff(request: Request, cut: Model) -> Plan:
    """About what a cavity needs at a cut-off that is a prediction: nothing is refused, each attempt plans again."""
    name = choose(cut) if request.basis == "auto" else str(request.basis)
    why = "levels are added until their part of every error is negligible"
    if iterates(request, cut):
        settings = request.solver if isinstance(request.solver, MatrixFree) else MatrixFree()
        blocks = needs.of_blocks(cut, name, settings)
        return Plan(Route.CAVITY, cut, name, "full", settings, blocks.numbers, blocks.bytes, blocks.seconds, why)
    chosen = None if isinstance(request.solver, str | MatrixFree) else request.solver
    if chosen is None and needs.fills(cut, name, needs.lattice(cut, name)[0]):
        chosen = BiCGStab()
    return _lattice(cut, name, "full", needs.unrefused(cut, name, chosen), why)


def displaced(model: Model, say: Progress, answer: Answer) -> tuple[Model, int | None]:
    """The model on displaced Fock states where that saves levels, and a cut-off to start from; None: none is known."""
    if not displacement.worthwhile(model):
        return model, None

    def solve(small: Model) -> State:
        return answer(Request.of(small, ["a"], tolerance=displacement.TOLERANCE))

    try:
        better = displacement.predict_displacement(model, solve)
    except PermsymError:  # a fault of the small model alone; the model itself will show it if it has it
        return model, None
    if better is None:
        return model, None
    say(f"Fock states displaced by {better[0].centre.displacement:.3g}")  # type: ignore[attr-defined]
    return better


def likely_levels(model: Model, answer: Answer) -> int:
    """About how many levels a system will need."""
    request = Request.of(model, [])
    return predict_likely_levels(model, lambda small: fock_cutoff.populations(small, request, answer, prefers_iteration))
