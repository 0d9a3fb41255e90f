"""The steady state of a model: choose, refuse what cannot be done, assemble, solve, certify."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from permsym.basis.basis import Basis
from permsym.basis.representations import REPRESENTATIONS, build
from permsym.basis.window import Window
from permsym.errors import InputError, NotApplicable, PermsymError, TooLarge, UncertifiedWarning
from permsym.linear.contract import DirectSolver
from permsym.linear.incomplete_lu import IncompleteLU
from permsym.linear.pardiso import Pardiso
from permsym.linear.shift_invert import ShiftInvert
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel, select_labels
from permsym.progress import Progress, silent
from permsym.steady import choice, fock_cutoff, needs
from permsym.steady.cavity import displacement
from permsym.steady.cavity.checkpoint import Checkpoint
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.steady.lattice import window as windows
from permsym.steady.lattice.direct import certified, solve_on
from permsym.steady.small import few
from permsym.steady.state import DEFAULT_TOLERANCE, State

Solver = DirectSolver | ShiftInvert | MatrixFree | Literal["auto"]
SOLVERS: dict[str, DirectSolver | ShiftInvert | MatrixFree] = {
    "superlu": SuperLU(),
    "shift-invert": ShiftInvert(),
    "single": SuperLU(precision="single"),
    "ilu": IncompleteLU(),
    "pardiso": Pardiso(),
    "matrix-free": MatrixFree(),
}
"""Solvers by the name that a command line or a file gives them; see NAMES for the others."""
NAMES = (*SOLVERS, "hermite", "quick")

MANY = 24  # satellites from which a cavity's need is predicted from a small one's before it is approached through larger ones
QUICK = 20_000  # satellites from which "quick" asks the Hermite solver first
CROSS_CHECK = 10_000  # satellites from which the automatic choice asks the Hermite solver too


def steady_state(
    model: Model,
    *,
    basis: str | Basis = "auto",
    solver: Solver | str = "auto",
    moments: int | str | Iterable[str | MomentLabel] = 2,
    tolerance: float = DEFAULT_TOLERANCE,
    verify: bool = False,
    liouvillian: Liouvillian | None = None,
    window: Literal["auto", "full"] | float | Window = "auto",
    progress: Progress | None = None,
    checkpoint: Checkpoint | str | None = None,
) -> State:
    """The exact steady state rho with L rho = 0, tr rho = 1, in the neutral charge sector.

    basis        "auto", "dicke", "occupation", "full", or a Basis
    solver       "auto", "superlu", "shift-invert", "single", "ilu", "pardiso", "matrix-free", "hermite", "quick", or a solver
                 value such as SuperLU(ordering="COLAMD"); "auto" checks large windows with the Hermite solver, and uses it
                 past their reach;
                 "quick" takes the Hermite solver from N = 20,000 on, where it applies and certifies itself, else "auto"
    moments      what the certificate covers: an order, a label, or several
    tolerance    absolute error that counts as certified
    verify       solve in the other representation too and enter the largest difference of those moments
    liouvillian  reuse one of another model with the same structure (sweeps)
    window       sites (j, m) to solve on, for one ensemble in the Dicke representation: "auto" (all up to N = 300, then an
                 adaptive level set), "full", a number of standard deviations around the mean, or a Window; beside a boson with
                 automatic levels "auto" cuts the blocks of large systems, and "full" does not
    checkpoint   a file in which the matrix-free solver keeps its iterate, and from which it goes on
    progress     called with a line of text now and then, such as ``permsym.progress.on_stderr()``

    Raises DegenerateSteadyState where the steady state is not unique, TooLarge before allocating more than is free.
    Warns with UncertifiedWarning where the certificate falls short.
    """
    if not isinstance(model, Model):
        raise InputError(f"`model` must be a Model such as ps.models.central_spin(N=10), but is {model!r}")
    if not np.isfinite(tolerance) or tolerance <= 0:
        raise InputError(f"`tolerance` must be a positive number, but is {tolerance!r}")
    labels = select_labels(model, moments)
    kept = Checkpoint(checkpoint) if isinstance(checkpoint, str) else checkpoint
    if needs.automatic_levels(model):
        if liouvillian is not None or isinstance(basis, Basis):
            raise InputError("a basis or Liouvillian of the caller's has a cut-off of its own; give the model the same with with_levels()")
        say = progress or silent
        _refuse_unbounded(model)
        mode, start = start_of(model, say)
        if isinstance(basis, str) and sum(model.sizes) > MANY:
            needs.refuse_hopeless(mode.with_levels(_likely_levels(mode)) if start is None else mode.with_levels(start), basis)

        iterative = solver == "matrix-free" or isinstance(solver, MatrixFree)
        enough = 2 * max((len(each) for label in labels for each in label.satellites), default=0) <= max(mode.sizes)  # for a smaller model
        if (iterative or solver == "auto") and window == "auto" and enough and needs.uses_block_window(mode, basis):
            settings = solver if isinstance(solver, MatrixFree) else MatrixFree.suited(mode)
            return _announced(_on_a_block_window(mode, settings, labels, tolerance, verify, say, kept))
        if kept is not None:
            raise InputError("of a cavity of this size a checkpoint belongs to one cut-off; give levels, such as levels=40, beside it")

        def attempt(cut: Model, asked: list[MomentLabel]) -> State:
            # the dual vectors of an iteration serve all moments together; factors are at hand for later ones
            moments = asked if iterative or (solver == "auto" and needs.prefers_iteration(cut, basis)) else asked[:1]
            return steady_state(
                cut, basis=basis, solver=solver, moments=moments, tolerance=tolerance, verify=verify, window=window, progress=progress
            )

        return _announced(fock_cutoff.automatic(mode, labels, tolerance, say, attempt, start))
    if solver == "hermite":
        return _hermite(model, labels, tolerance)
    if solver == "quick":
        found = (
            _hermite_certified(model, labels, tolerance) if model.sizes[0] >= QUICK and basis == window == "auto" and not verify else None
        )
        if found is not None:
            return found
        solver = "auto"
    chosen = needs.direct_solver(model, basis) if solver == "auto" else _solver(solver)
    started = time.perf_counter()
    place = needs.window_of(model, basis, liouvillian, window)
    if isinstance(chosen, MatrixFree) or (
        solver == "auto" and place == "full" and liouvillian is None and needs.prefers_iteration(model, basis)
    ):
        settings = solver if isinstance(solver, MatrixFree) else MatrixFree.suited(model)
        return _announced(_matrix_free(model, basis, settings, labels, tolerance, verify, place, liouvillian, progress or silent, kept))
    if kept is not None:
        raise InputError("only the matrix-free solver keeps checkpoints; give solver='matrix-free'")
    beyond_reach: TooLarge | None = None
    if place == "adapted" and solver == "auto" and basis == "auto" and not verify:
        try:
            state = windows.adapted(model, labels, None, tolerance, progress or silent)
        except TooLarge as error:
            beyond_reach = error
        if beyond_reach is not None:
            return _past_the_window(model, labels, tolerance, beyond_reach, progress or silent)
        if model.sizes[0] >= CROSS_CHECK:
            _cross_check(state, labels, tolerance)
    elif place == "adapted":
        state = windows.adapted(model, labels, None if solver == "auto" else chosen, tolerance, progress or silent)
    elif place != "full":
        state = windows.given(model, place, labels, None if solver == "auto" else chosen, tolerance, progress or silent)
    else:
        if liouvillian is None:
            if isinstance(basis, str):
                plan = needs.plan_of(model, basis, None if solver == "auto" else chosen)
                chosen = plan.solver
                if plan.seconds > choice.LONG and progress is not None:
                    progress(f"full basis, {plan.describe()} ...")
                basis = build(model, basis)
            if not basis.hermitian:
                raise InputError(
                    f"the steady state lives in the neutral sector, but the basis has charge {basis.charge}; build it with charge 0"
                )
            liouvillian = Liouvillian(basis)
        elif not liouvillian.fits(model):
            raise InputError("this Liouvillian belongs to a model with other sites or symmetry; make a new one")
        peak = _likely_peak(model, liouvillian.basis)
        state = certified(solve_on(liouvillian, model, chosen, tolerance, peak), labels)
        if solver == "auto" and choice.doubtful(chosen, state.algebraic_error):
            double = choice.plan(*needs.lattice(model, liouvillian.basis.representation), needs.direct_solver(model, liouvillian.basis))
            if double.fits:
                del state  # its factors, before the next ones
                state = certified(solve_on(liouvillian, model, double.solver, tolerance, peak), labels)
    state.timings["total"] = time.perf_counter() - started
    if verify:
        other = _other(state.basis)
        needs.check_memory(model, other, "full")
        second = steady_state(model, basis=other, solver=chosen, moments=[], tolerance=tolerance, window="full")
        state.adopt(state.verified(second, labels))
    return _announced(state)


def start_of(model: Model, say: Progress) -> tuple[Model, int | None]:
    """Where the search for an automatic cut-off starts: the model, on displaced Fock states where that saves levels, and a cut-off.

    None leaves the cut-off to a prediction from smaller systems.
    """
    if not displacement.worthwhile(model):
        return model, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UncertifiedWarning)
            found = displacement.predicted(model, lambda small: steady_state(small, moments=["a"], tolerance=displacement.TOLERANCE))
    except PermsymError:  # what the small model lacks the model itself may have, and says otherwise
        return model, None
    if found is None:
        return model, None
    say(f"Fock states displaced by {found[0].centre.displacement:.3g}")  # type: ignore[attr-defined]
    return found


def _announced(state: State) -> State:
    """The state, with a warning where its certificate fell short."""
    if not state.certificate.certified:
        warnings.warn("the certificate fell short: " + "; ".join(state.certificate.reasons), UncertifiedWarning, stacklevel=3)
    return state


def _matrix_free(
    model: Model,
    basis: str | Basis,
    settings: MatrixFree,
    labels: Sequence[MomentLabel],
    tolerance: float,
    verify: bool,
    place: object,
    liouvillian: Liouvillian | None,
    progress: Progress,
    checkpoint: Checkpoint | None,
) -> State:
    if not isinstance(basis, str) or liouvillian is not None or place != "full":
        raise InputError("the matrix-free solver makes its own basis; give basis as a name and window='full', and no Liouvillian")
    started = time.perf_counter()
    needs.check_blocks(model, basis, settings)
    refuse_degenerate(model)
    from permsym.basis.blocks import Blocks  # these two load the compiler
    from permsym.steady.cavity.iterate import solve_blocks

    state: State = certified(solve_blocks(Blocks.of(model, basis), model, settings, tolerance, progress, checkpoint), labels)
    state.timings["total"] = time.perf_counter() - started
    if verify:
        second = steady_state(model, basis=_other(state.basis), solver=settings, moments=[], tolerance=tolerance)
        state.adopt(state.verified(second, labels))
    return state


def _on_a_block_window(
    model: Model,
    settings: MatrixFree,
    labels: Sequence[MomentLabel],
    tolerance: float,
    verify: bool,
    progress: Progress,
    checkpoint: Checkpoint | None,
) -> State:
    started = time.perf_counter()
    refuse_degenerate(model.with_levels(4))
    from permsym.steady.cavity.window import adapted  # loads the compiler

    def solve(small: Model, settings: MatrixFree) -> State:
        return steady_state(small, basis="dicke", solver=settings, moments=labels, tolerance=1e3 * tolerance)

    state = adapted(model, labels, settings, tolerance, progress, solve, checkpoint)
    state.timings["total"] = time.perf_counter() - started
    if verify:
        second = steady_state(state.model, basis=_other(state.basis), solver=settings, moments=[], tolerance=tolerance)
        state.adopt(state.verified(second, labels))
    return state


def with_likely_levels(model: Model) -> Model:
    """A model with an open cut-off, cut where a small system with the same physics suggests."""
    if not needs.automatic_levels(model):
        return model
    mode, levels = start_of(model, silent)
    return mode.with_levels(_likely_levels(mode) if levels is None else levels)


def _likely_levels(model: Model) -> int:
    return fock_cutoff.likely(model, lambda cut, asked: steady_state(cut, moments=asked))


def _refuse_unbounded(model: Model) -> None:
    """InputError where nothing takes photons out of the mode and one satellite, with the same physics, cannot hold them either."""
    if fock_cutoff.loses_photons(model) or max(model.sizes) == 1:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)
        try:
            steady_state(model.rescaled(1 / max(model.sizes)), moments=["ad a"])
        except InputError:
            raise
        except PermsymError:  # what else one satellite lacks the model itself may have, and says otherwise
            return


def refuse_degenerate(model: Model) -> None:
    """DegenerateSteadyState where a system with the same terms, two satellites and a few levels, has several steady states.

    An iteration finds one of them and does not notice.
    """
    small = few(model, 2)
    solve_on(Liouvillian(build(small)), small, SuperLU(ordering="MMD_AT_PLUS_A"), 1.0)


def _hermite(model: Model, labels: Sequence[MomentLabel], tolerance: float) -> State:
    from permsym.steady.hermite.series import hermite_state  # it finds its cloud by a small exact solve, with this module

    return hermite_state(model, moments=labels, tolerance=tolerance)


def _past_the_window(model: Model, labels: Sequence[MomentLabel], tolerance: float, refusal: TooLarge, progress: Progress) -> State:
    """The Hermite solver where no window fits, else the slow solver that needs least; where neither does, both reasons."""
    try:
        return _hermite(model, labels, tolerance)
    except NotApplicable as error:
        reason = str(error)
    try:
        return windows.adapted(model, labels, IncompleteLU(), tolerance, progress)
    except TooLarge:
        raise TooLarge(f"{refusal}; the Hermite solver, which needs no memory, does not apply: {reason}") from None


def _cross_check(state: State, labels: Sequence[MomentLabel], tolerance: float) -> None:
    """Enter the difference to the independent Hermite solver, where that applies and certifies itself."""
    other = _hermite_certified(state.model, labels, tolerance)
    if other is not None:
        state.adopt(state.verified(other, labels, "hermite"))


def _hermite_certified(model: Model, labels: Sequence[MomentLabel], tolerance: float) -> State | None:
    """The Hermite solver's state; None where it does not apply or does not certify itself."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UncertifiedWarning)
            found = _hermite(model, labels, tolerance)
    except (NotApplicable, InputError):
        return None
    return found if found.certificate.certified else None


def _likely_peak(model: Model, basis: Basis) -> tuple[int, int] | None:
    """Where to pin a large full basis: a wrong guess costs a second factorisation."""
    large = windows.applies(model, basis.representation) and model.sizes[0] > windows.CROSSOVER
    return windows.likely_peak(model) if large and basis.boundary == "closed" else None


def _solver(solver: Solver | str) -> DirectSolver | ShiftInvert | MatrixFree:
    if isinstance(solver, str):
        if solver not in SOLVERS:
            raise InputError(f"there is no solver {solver!r}; choose one of auto, {', '.join(NAMES)}")
        return SOLVERS[solver]
    return solver


def _other(basis: Basis) -> str:
    """The representation to verify in."""
    two_level = all(each.levels == 2 for each in basis.model.ensembles)
    if basis.representation == "occupation":
        return "dicke" if two_level else "full"
    return "occupation" if basis.representation in REPRESENTATIONS else "full"
