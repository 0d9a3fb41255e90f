"""The Fock cut-offs of several modes, each as high as its own photons need: the search of :mod:`permsym.steady.fock_cutoff`, mode by mode.

What a cut-off costs a moment is known of all modes together.  It is shared out as the populations of their highest levels, and a mode
whose share is too large gets more levels, as many as the fall of its own ln P(n) says.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError, PermsymError, TooLarge
from permsym.model import Model
from permsym.progress import Progress
from permsym.several_sites import modes_of_centre
from permsym.states.derived import mode_labels
from permsym.steady.fock_cutoff import loses_photons
from permsym.steady.plan import Request
from permsym.steady.scaling.levels import continued

if TYPE_CHECKING:
    from permsym.steady.state import State

    Answer = Callable[[Request], State]

Levels = dict[str, int]
"""Levels of each mode that is left open, by its name."""

FIRST = 4  # levels of the first attempt where nothing is known: the product of all is solved
_SMALL, _RATIO = 4, 3.0  # satellites of the smallest system that predicts; how much larger the next one is
_ATTEMPTS = 30
_FLAT = 1e-3  # ln P(n) that falls by less than this a level does not fall at all
_ENOUGH = 24  # levels from which a flat distribution is believed
_PATIENCE = 4  # attempts that a mode with a loss of its own may stay flat
_SHARE = 0.1  # of what is left to be gained: a mode that costs less keeps its levels


def open_modes(model: Model) -> list[tuple[int, str]]:
    """Position and name of each mode whose cut-off is left open."""
    return [(position, mode.name) for position, mode in modes_of_centre(model.centre) if mode.automatic]


def first_levels(model: Model, answer: Answer) -> Levels:
    """The cut-offs to try first, from a system a third as large: ln P_N(n) = (N / N') ln P_N'(n N' / N), relative to the largest."""
    names = [name for _, name in open_modes(model)]
    N = max(model.sizes)
    if N <= _SMALL:
        return dict.fromkeys(names, FIRST)
    factor = max(_SMALL / N, 1 / _RATIO)
    try:
        small = answer(Request.of(model.rescaled(factor), [], tolerance=1e-8))
    except PermsymError:  # a fault of the small system alone; the model itself will show it if it has it
        return dict.fromkeys(names, FIRST)
    return {name: continued(np.maximum(small.site_populations(name), 0.0), factor) for name in names}


def search(model: Model, request: Request, say: Progress, answer: Answer) -> State:
    """The certified state at the first cut-offs whose part of every error estimate is negligible."""
    levels, flat = first_levels(model, answer), Counter[str]()
    watched = [mode.photons for mode in mode_labels(model)]
    target = request.tolerance / 10
    for _ in range(_ATTEMPTS):
        cut = model.with_levels(**levels)
        try:
            state = answer(request.about(cut, dict.fromkeys([*watched, *map(str, request.labels)])))
        except TooLarge as error:
            raise error.about(f"the cut-offs have grown to {_spelled(levels)} and are not enough yet") from None
        if not state.solution.converged:
            return state  # its certificate says so
        say(f"levels {_spelled(levels)}: cut-off part of the error {state.cutoff_error:.1e}")
        if state.cutoff_error <= target:
            state.adopt(state.certify(request.labels))
            return state
        for position, name in open_modes(model):
            flat[name] += _slope(state.site_populations(name)) < _FLAT and levels[name] >= _ENOUGH
            if flat[name] and (not loses_photons(model, position) or flat[name] > _PATIENCE):
                raise InputError(_unbounded(model, levels, state, (position, name)))
        larger = _grown(levels, state, target)
        if larger == levels:  # it is a mode's whose levels are given: the certificate says so
            state.adopt(state.certify(request.labels))
            return state
        levels = larger
    raise InputError(_unbounded(model, levels, state, open_modes(model)[0]))


def _grown(levels: Levels, state: State, target: float) -> Levels:
    """More levels for each mode whose share of the error is too large."""
    names = [mode.name for _, mode in modes_of_centre(state.model.centre)]
    tops = {name: max(float(state.site_populations(name)[-1]), 1e-300) for name in names}
    grown = {}
    for name in levels:
        share = state.cutoff_error * tops[name] / max(tops.values())
        slope = _slope(state.site_populations(name))
        excess = math.log(share / (_SHARE * target)) if math.isfinite(share) else math.inf
        most = max(levels[name], 2)
        grown[name] = levels[name] + (max(math.ceil(min(most, excess / max(slope, _FLAT))), 1) if excess > 0 else 0)
    return grown


def _slope(fock: NDArray[np.float64]) -> float:
    """How fast ln P(n) falls towards the top, a level; the last level, which the cut distorts, left out."""
    span = max(1, len(fock) // 3)
    upper, lower = np.maximum(fock[[-2, max(-2 - span, -len(fock))]], 1e-300)
    return float(np.log(lower / upper) / span)


def _spelled(levels: Levels) -> str:
    return ", ".join(f"{name}={number}" for name, number in levels.items())


def _unbounded(model: Model, levels: Levels, state: State, mode: tuple[int, str]) -> str:
    position, name = mode
    fock = state.site_populations(name)
    why = "its photon number runs away" if loses_photons(model, position) else "nothing of its own takes photons out of it"
    return (
        f"there is no normalisable steady state: with levels {_spelled(levels)} the populations of mode {name!r} do not fall with the "
        f"photon number (P({len(fock) - 2}) = {fock[-2]:.1e}); {why}. Give the mode a loss, or fixed levels to study the cut model"
    )
