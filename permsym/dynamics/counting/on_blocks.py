"""Counting along evolutions of large driven modes, block by block: on Fock states displaced to the middle of the path."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.blocks import Blocks
from permsym.dynamics.counting.follower import Follower, MatrixFollower, Real
from permsym.dynamics.evolved.errors import CUT
from permsym.dynamics.evolved.evolution import Evolution
from permsym.dynamics.initial_density import InitialDensity
from permsym.dynamics.sector import block_by_block
from permsym.errors import NotApplicable
from permsym.matrixfree import BlockLiouvillian
from permsym.model import Model
from permsym.sites import Boson
from permsym.steady.certificate import derived_tolerance
from permsym.steady.scaling.displacement import needed
from permsym.terms import Term

_ATTEMPTS = 12  # cut-offs, a quarter larger from one to the next
_LEAST = 1e-15  # population that rounding hides


def followed(evolution: Evolution, jump: Term, order: int) -> tuple[Follower, list[Real], Real]:
    """The system of a jump, what it has at every time and bounds of that: block by block where the evolution would go so, else by matrices.

    On blocks with more levels, where those are too few and the evolution has chosen its own.
    """
    model = evolution.model
    if not block_by_block(model, evolution.representation, (0,) * len(model.charges)):
        written = MatrixFollower(evolution, jump, order)
        return written, *written.followed()
    grows, model = _chosen(evolution), _half_way(evolution)
    for attempt in range(_ATTEMPTS):
        follower = BlockFollower(evolution, jump, order, model)
        more = grows and attempt + 1 < _ATTEMPTS
        rows, bounds = follower.followed(follower.small if more else np.inf)
        if max(follower.top, follower.lost) <= follower.small or not more:
            break
        levels = model.centre.levels
        model = model.with_levels(levels + max(4, levels // 4))
    return follower, rows, bounds


class BlockFollower(Follower):
    """Without a matrix; complex numbers as pairs of real ones.

    An evolution follows its field from one displacement to another; this system stays on one, half way between the first and the last,
    with as many levels as the whole path needs.  Where the levels are a user's they stay as they are.

    small   population that the last levels may have
    """

    def __init__(self, evolution: Evolution, jump: Term, order: int, model: Model) -> None:
        super().__init__(evolution, jump, order, model)
        self.basis: Blocks = Blocks.of(self.model, evolution.representation)
        self._check_memory(2 * self.basis.numbers, assembled=False)
        operator = BlockLiouvillian(self.basis)
        first = self.basis.from_unknowns(evolution.initial.vector(self.basis), real=False)
        self.dtype = self._channels(operator, bool(np.abs(first.imag).max(initial=0.0) < _LEAST))
        trace = operator.trace.astype(self.dtype)
        self.trace = self._flat(trace)
        self.fluxes = [self._flat(sum((gain.rmatvec(trace) for gain in gains), np.zeros_like(trace))) for _, gains in self._made]
        self.applied = [partial(self._applied, *parts, flux) for parts, flux in zip(self._made, self.fluxes, strict=True)]
        self.small = max(derived_tolerance(evolution.certificate.tolerance) / (8 * CUT * self.scale**2), _LEAST)
        begun = self._flat(first.real.copy() if self.dtype == float else first)
        self.lost = abs(1 - float(self.trace @ begun))
        self.start = np.concatenate([begun, np.zeros((order - 1) * len(begun) + 1)])

    def _channels(self, operator: BlockLiouvillian, real: bool) -> np.dtype[Any]:
        """Make L_c and J_c of each channel, on real numbers where that is possible; returns the numbers' type."""
        for each in [True, False] if real and operator.dtype == float else [False]:
            try:
                self._made = [
                    (operator.part(terms, each), [operator.counted(one, each) for one in jumps]) for terms, jumps in self._parts_of()
                ]
                return np.dtype(float if each else complex)
            except NotApplicable:
                continue
        raise AssertionError("complex numbers are always possible")

    def _flat(self, elements: NDArray[Any]) -> Real:
        return np.ascontiguousarray(elements).view(float)

    def _applied(self, channel: BlockLiouvillian, gains: list[BlockLiouvillian], flux: Real, v: Any) -> Real:
        parts = [np.ascontiguousarray(part).view(self.dtype) for part in self._parts(v)[:-1]]
        result = [channel.matvec(part) for part in parts]
        for k in range(1, self.order):
            for gain in gains:
                result[k] += gain.matvec(parts[k - 1]) / self.scale
        last = float(flux @ self._flat(parts[-1])) / self.scale
        return np.concatenate([*(self._flat(part) for part in result), [last]])

    def _parts(self, v: Real) -> list[Real]:
        n = (len(v) - 1) // self.order
        return [v[k * n : (k + 1) * n] for k in range(self.order + 1)]

    def _level_populations(self, part: Real, position: int) -> Real:
        return self.basis.site_populations(np.ascontiguousarray(part).view(self.dtype), position)


def _chosen(evolution: Evolution) -> bool:
    """Whether the evolution has chosen its Fock states, and not a user."""
    centres = [evolution.model.centre, *(state.origin.model.centre for state in evolution.states.values())]
    return any(isinstance(centre, Boson) and (centre.automatic or bool(centre.displacement)) for centre in centres)


def _half_way(evolution: Evolution) -> Model:
    """The model on Fock states half way between the first displacement and the last."""
    model, initial = evolution.model, evolution.initial
    centre = model.centre
    if not isinstance(centre, Boson) or not centre.displacement:
        return model
    first = initial.displacement if isinstance(initial, InitialDensity) else 0j
    middle = (first + centre.displacement) / 2
    levels = int(needed(np.ones((1, 1), dtype=complex), middle - first, _LEAST)) + 2
    return model.displaced(middle).with_levels(max(levels, centre.levels, initial.site_levels(0)))
