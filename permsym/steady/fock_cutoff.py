"""The Fock cut-off of a bosonic centre: what it costs, and the search for one that costs nothing.

A density operator that is steady on the levels 0..L-1 is not steady beyond them.  Let L' be the Liouvillian on k more
levels, enough to hold every move, and x the solution filled up with zeros.  Then

    r = L' x

is what the cut dropped: the rows above the top level, and the top levels themselves, where products of cut matrices
differ.  The error of a moment is y . r with its dual vector y on the larger space; y is continued from the levels that
were solved along n - n' = const.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.moves import Labels
from permsym.basis.representations import choose
from permsym.errors import InputError, PermsymError, TooLarge
from permsym.linear.factorisation import Factorisation
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.moments.labels import parse
from permsym.operators import Monomial
from permsym.progress import Progress, silent
from permsym.several_sites import modes_of_centre
from permsym.steady import needs
from permsym.steady.plan import Request
from permsym.steady.scaling import wells
from permsym.steady.scaling.levels import predict_levels, reach

if TYPE_CHECKING:
    from permsym.steady.state import State

    Answer = Callable[[Request], State]

TARGET = 1e-12  # relative to max(1, |value|): what a cut-off may cost a moment where it is cheap to repeat
_ATTEMPTS = 40
_FLAT = 1e-3  # ln P(n) that falls by less than this a level does not fall at all, without photon loss
_PATIENCE = 60.0  # seconds of one solve that a branch above the levels is worth
_ENOUGH = 48  # levels from which a flat distribution is believed


@dataclass(frozen=True)
class Dropped:
    """What a cut-off dropped, by the kept unknowns that stand for it.

    weight     (dimension,) sum of |r| over the rows that are continued from each unknown
    elsewhere  sum of |r| over rows without such an unknown
    """

    weight: NDArray[np.float64]
    elsewhere: float


def continued(labels: Labels, levels: int, row: int = 0) -> Labels:
    """Labels with a boson's two levels moved down together, to below ``levels``: a parity of n - n' is kept.

    The lower one may end below zero, where nothing stands for the label.

    row   where the levels are
    """
    moved = labels.copy()
    moved[row : row + 2] -= np.maximum(labels[row : row + 2].max(axis=0) - (levels - 1), 0)
    return moved


def narrowed(labels: Labels, levels: int, step: int, row: int = 0) -> Labels:
    """Labels with the higher of a boson's two levels moved down by steps, to below ``levels``: n - n' changes by multiples of it."""
    moved = labels.copy()
    moved[row : row + 2] -= -(-np.maximum(labels[row : row + 2] - (levels - 1), 0) // step) * step
    return moved


def dropped(basis: Basis, model: Model, vector: NDArray[np.float64], right: NDArray[np.float64] | None = None) -> Dropped:
    """What the cut-off of a basis dropped from a steady state ``vector`` (basis.dimension,), or from the solution of L v = ``right``."""
    modes = modes_of_centre(basis.model.centre)
    more = {position: reach(model, position) for position, _ in modes}
    if not any(more.values()):
        return Dropped(np.zeros(basis.dimension), 0.0)
    larger = basis.widened(model.with_more_levels(more))
    at, _ = larger.index(basis.labels)

    def embedded(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        x = np.zeros(larger.dimension)
        x[at] = numbers[: basis.size]
        x[larger.imaginary[at[basis.paired]]] = numbers[basis.size :]
        return x

    r = np.abs(Liouvillian(larger).matrix() @ embedded(vector) - (0.0 if right is None else embedded(right)))
    tops = [larger.labels[2 * at : 2 * at + 2].max(axis=0) >= mode.levels - more[at] for at, mode in modes]
    rows = np.flatnonzero(np.logical_or.reduce(tops))
    place = _stand_ins(basis, larger.labels[:, rows])
    weight, elsewhere = np.zeros(basis.dimension), 0.0
    imaginary = larger.imaginary[rows]
    own = np.where(basis.imaginary[place] >= 0, basis.imaginary[place], place)
    for size, target in ((r[rows], place), (np.where(imaginary >= 0, r[imaginary], 0.0), own)):
        known = place >= 0
        np.add.at(weight, target[known], size[known])
        elsewhere += float(size[~known].sum())
    return Dropped(weight, elsewhere)


def _stand_ins(basis: Basis, labels: Labels) -> NDArray[np.int64]:
    """Positions in a basis of what stands for labels beyond its levels; -1: nothing.

    Where n - n' is too large for the levels, it is made smaller: coherences that differ by less are felt more.
    """
    place, model = np.full(labels.shape[1], -1), basis.model
    levels = {at: mode.levels if basis.width > 1 else basis.centre_levels for at, mode in modes_of_centre(model.centre)}
    together, one = labels, labels
    for at, most in levels.items():
        together = continued(together, most, 2 * at)
        one = narrowed(one, most, step, 2 * at) if (step := model.turn_of(at)) else one
    for moved in (together, one):
        inside = [
            (moved[2 * at : 2 * at + 2].min(axis=0) >= 0) & (moved[2 * at : 2 * at + 2].max(axis=0) < most) for at, most in levels.items()
        ]
        there = (place < 0) & np.logical_and.reduce(inside)
        place[there] = basis.index(moved[:, there])[0]
    return place


def search(
    model: Model,
    request: Request,
    say: Progress,
    answer: Answer,
    together: Callable[[Model], bool],
    start: int | None = None,
    rough: bool = False,
) -> State:
    """The certified state at the first cut-off whose part of every error estimate is negligible.

    request    what is asked for: labels, tolerance, and how each cut-off is solved
    together   whether the moments of a model with a given cut-off are certified together, at once; else after the last one
    start      the cut-off to try first; None: predicted from a smaller system
    rough      without a certificate: the state at the first cut-off beyond which its own populations put nothing of <n^3>
    """
    keys, tolerance = request.labels, request.tolerance
    levels = predict_levels(model, lambda small: populations(small, request, answer, together)) if start is None else start
    photons = parse("ad a", model)
    flat, below = 0, None
    for _ in range(_ATTEMPTS):
        cut = model.with_levels(levels)
        try:
            state = answer(request.about(cut, [] if rough else [photons, *keys] if together(cut) else [photons]))
        except TooLarge as error:
            if below is not None:  # its certificate says what lies above
                below.adopt(below.certify(keys))
                return below
            raise error.about(f"the cut-off has grown to levels={levels} and is not enough yet") from None
        if not state.solution.converged:
            if not loses_photons(model):
                raise InputError(_unbounded(model, levels, state.fock))
            return state  # its certificate says so
        # an iteration is for what is large, where another attempt takes minutes
        target = tolerance / 10 if together(cut) else min(tolerance / 10, TARGET)
        lost = state.above_the_cutoffs({0: 6}) if rough else state.cutoff_error
        say(f"levels={levels}: top population {state.fock[-1]:.1e}, cut-off part of the error {lost:.1e}")
        if lost <= target:
            if rough:
                return state
            above = wells.survey(cut, levels)
            state.above_levels = above.survey
            if above.survey is wells.Survey.BEYOND and keys and _worthwhile(model.with_levels(above.levels), request):
                say(f"a semiclassical branch has {above.photons:.0f} photons")
                levels, below = above.levels, state
                continue
            state.adopt(state.certify(keys))
            return state
        levels, flat = _next_attempt(model, levels, state.fock, np.log(lost / target), flat)
    raise InputError(_unbounded(model, levels, state.fock))


def _next_attempt(model: Model, levels: int, fock: NDArray[np.float64], excess: float, flat: int) -> tuple[int, int]:
    """The next cut-off, and for how many attempts ln P(n) has not fallen; InputError where it never will.

    excess   ln of what the cut-off costs over what it may
    """
    slope = _slope(fock)
    flat = flat + 1 if slope < _FLAT and levels >= _ENOUGH else 0
    if flat and (not loses_photons(model) or flat > 4):
        raise InputError(_unbounded(model, levels, fock))
    wanted = excess / max(slope, 1e-3) if np.isfinite(excess) else levels
    return levels + int(np.clip(np.ceil(wanted) + 1, 2, levels)), flat


def _worthwhile(model: Model, request: Request) -> bool:
    """Whether levels that hold a branch far above take no more time than is spent unasked."""
    basis = choose(model) if request.basis == "auto" else str(request.basis)
    factors = Factorisation.of(*needs.lattice(model, basis), needs.double_solver(model, basis)).seconds
    return min(factors, needs.of_blocks(model, basis).seconds) <= _PATIENCE


def populations(model: Model, request: Request, answer: Answer, together: Callable[[Model], bool]) -> NDArray[np.float64]:
    """Populations of a small system's Fock states, at the cut-off that it needs."""
    return search(model, replace(request, labels=(), tolerance=1e-8), silent, answer, together, rough=True).fock


def refuse_unbounded(model: Model, answer: Answer) -> None:
    """InputError where nothing takes photons out of the mode and one satellite, with the same physics, cannot hold them either."""
    if loses_photons(model) or max(model.sizes) == 1:
        return
    try:
        answer(Request.of(model.rescaled(1 / max(model.sizes)), ["ad a"]))
    except InputError:
        raise
    except PermsymError:  # a fault of the small system alone; the model itself will show it if it has it
        return


def _slope(fock: NDArray[np.float64]) -> float:
    """How fast ln P(n) falls towards the top, a level; the last level, which the cut distorts, left out."""
    span = max(2, len(fock) // 4)
    upper, lower = np.maximum(fock[[-2, max(-2 - span, -len(fock))]], 1e-300)
    return float(np.log(lower / upper) / span)


def loses_photons(model: Model, position: int = 0) -> bool:
    """Whether a mode itself loses photons faster than it gains them, at large photon numbers."""
    rates: dict[int, float] = {}
    for key, value in model.heisenberg(model.centre_sites[position].n).terms.items():  # type: ignore[attr-defined]
        mine, others = (ones := model.on_centre_sites(key))[position], [*ones[:position], *ones[position + 1 :]]
        if isinstance(mine, Monomial) and not key.satellites and not any(others) and mine.p == mine.q:
            rates[mine.p] = rates.get(mine.p, 0.0) + value.real
    return bool(rates) and rates[max(rates)] < 0


def _unbounded(model: Model, levels: int, fock: NDArray[np.float64]) -> str:
    why = (
        "its photon number runs away"
        if loses_photons(model)
        else "nothing takes photons out of the mode (kappa = 0), and the rest does not hold them back"
    )
    return (
        f"there is no normalisable steady state: with levels={levels} the populations still do not fall with the photon number "
        f"(P({levels - 2}) = {fock[-2]:.1e}); {why}. Give the mode a loss, such as kappa=1, or fixed levels to study the cut model"
    )
