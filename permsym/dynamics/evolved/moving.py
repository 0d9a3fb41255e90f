"""Windows in time: of many satellites only the sites (j, m) that hold probability are followed, and the window moves with them.

A window drops moves that leave it.  Since exp(t L) contracts the trace norm, this costs no more than

    integral of sum_i leak_i |x_i(s)| ds,

with leak_i the trace norm of what an unknown loses in a unit of time, twice that where an edge reflects.  A step that loses too much
is taken back, and the state goes on in a wider window: its level set, the sites that hold all but a negligible part of it, and room
around it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from permsym.basis.basis import Basis
from permsym.basis.dicke import DickePart
from permsym.basis.representations import build, dimension
from permsym.basis.window import Window
from permsym.dynamics.initial import InitialState
from permsym.dynamics.initial_density import Initial, InitialDensity
from permsym.dynamics.krylov import Step
from permsym.dynamics.propagator import Propagator, check_memory
from permsym.dynamics.sector import Sector
from permsym.errors import SolverFailed
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.several_sites import modes_of_centre
from permsym.states.sectors import Charge

LARGE = 200_000  # unknowns of the neutral sector from which a window is tried
_DROPPED = 0.01  # of the population that the last Fock states of a mode may have: what a change of windows leaves out
_SHARE, _LEAST = 0.25, (2, 32)  # room around a level set, of its extent in j and in m, and in sites: a subspace reaches 30 sites
_SMALLER = 0.5  # of the present sites: a window that is not needed any more must save as many


def first_window(model: Model, representation: str, initial: Initial) -> Window | None:
    """The window that an evolution starts in; None where the whole lattice is small, or the state not confined to a few sites of it."""
    if representation != "dicke" or len(model.ensembles) != 1 or modes_of_centre(model.centre) or len(model.centre_sites) > 1:
        return None
    if not any(weights[1] for weights in model.charges) or dimension(model, representation) < LARGE:
        return None
    sites = _sites(model, initial)
    return None if sites is None else _with_room(Window.at_sites(model.sizes[0], sites), 1)


def _sites(model: Model, initial: Initial) -> NDArray[np.int64] | None:
    """(2j, 2m) of all sites that an initial state has, (2, n)."""
    N = model.sizes[0]
    if isinstance(initial, InitialState):
        (state,) = initial.satellites
        if state.kind == "dicke":
            return np.array([[round(2 * value.real)] for value in state.values])
        if state.kind in ("up", "down") and not state.values:
            return np.array([[N], [N if state.kind == "up" else -N]])
    if isinstance(initial, InitialDensity):
        bases = [each.basis for each in (initial.state, *initial.state.coherences)]
        windows = [part.window for basis in bases for part in basis.parts if isinstance(part, DickePart) and part.window is not None]
        if len(windows) == len(bases):
            return np.concatenate([window.sites() for window in windows], axis=1)
    return None


def _with_room(window: Window, times: int) -> Window:
    """A window and the sites around it, ``times`` as much room as usual."""
    J, M = (times * max(least, int(_SHARE * extent)) for least, extent in zip(_LEAST, window.mask.shape, strict=True))
    padded = np.pad(window.mask, ((J, J), (M, M)))
    grown = ndimage.maximum_filter(padded.view(np.uint8), size=(2 * J + 1, 2 * M + 1), mode="constant").astype(bool)
    return Window.of(window.N, (window.corner[0] - 2 * J, window.corner[1] - 2 * M), grown)


class WindowSector(Sector):
    """One charge sector on a window.

    state     unknowns (dimension,) to go on from; None: the initial state
    missing   trace norm of what a change of windows left out
    times     how much room the window has, in units of the usual
    """

    def __init__(
        self,
        model: Model,
        basis: Basis,
        labels: Sequence[MomentLabel],
        initial: Initial,
        state: NDArray[np.inexact] | None = None,
        missing: float = 0.0,
        times: int = 1,
    ) -> None:
        self.model, self.labels, self.source = model, labels, initial
        self.missing, self.times, self.cavity = missing, times, False
        check_memory(model, basis.dimension, assembled=True)
        assembly = Liouvillian(basis).assembled()
        Propagator.__init__(self, basis, initial.vector(basis) if state is None else state, assembly.matrix.tocsr())
        self._leaks = (2.0 if basis.hermitian else 1.0) * assembly.leaks * _norms(basis)

    @classmethod
    def first(cls, model: Model, charge: Charge, window: Window, labels: Sequence[MomentLabel], initial: Initial) -> WindowSector:
        """The sector on the window that an evolution starts in."""
        check_memory(model, dimension(model, "dicke", charge, window), assembled=True)
        return cls(model, build(model, "dicke", charge, window), labels, initial)

    @property
    def window(self) -> Window:
        part = self.basis.parts[1]
        assert isinstance(part, DickePart)
        assert part.window is not None
        return part.window

    def lost(self, step: Step) -> float:
        return self.missing + step.lost(self._leaks[self.active])

    def settled(self) -> None:
        """A step was accepted, and with it what a change of windows left out."""
        self.missing, self.times = 0.0, 1

    def moved(self, state: NDArray[np.inexact], small: float, wider: bool) -> WindowSector | None:
        """The state on its level set, with room; None where that is not ``wider`` and saves little.

        small   trace norm that may be left out
        """
        times = 2 * self.times if wider else 1
        window = _with_room(self._level_set(state, _DROPPED * small), times)
        if not wider and window.size > _SMALLER * self.window.size:
            return None
        if wider and window.size == self.window.size and window.is_full:
            raise SolverFailed("a window that is the whole lattice loses nothing")
        check_memory(self.model, dimension(self.model, "dicke", self.basis.charge, window), assembled=True)
        basis, spread = build(self.model, "dicke", self.basis.charge, window), self._spread(state)
        labels, rows = self.basis.written_out()
        changed = basis.collected(labels) @ (rows @ spread)
        left_out = basis.index(self.basis.labels)[0] < 0
        missing = self.missing + float(_norms(self.basis)[: self.basis.size][left_out] @ self._sizes(spread)[left_out])
        return WindowSector(self.model, basis, self.labels, self.source, changed.real if basis.hermitian else changed, missing, times)

    def _sizes(self, spread: NDArray[np.inexact]) -> NDArray[np.float64]:
        """(size,) moduli of the elements."""
        return np.abs(self.basis.coefficients(spread))

    def _level_set(self, state: NDArray[np.inexact], dropped: float) -> Window:
        """The sites of all but the least elements, whose trace norms add up to ``dropped``."""
        sizes = _norms(self.basis)[: self.basis.size] * self._sizes(self._spread(state))
        order = np.argsort(sizes)
        some = order[np.searchsorted(np.cumsum(sizes[order]), dropped) :]
        J, M, bra = self.basis.labels[self.basis.slices[1]][:, some]
        return Window.at_sites(self.window.N, np.concatenate([[J, M], [J, bra]], axis=1))


def _norms(basis: Basis) -> NDArray[np.float64]:
    """(dimension,) trace norm of the operator of each unknown, at most."""
    norms = np.asarray(basis.element_norms(basis.labels), dtype=float)
    return np.concatenate([np.where(basis.paired, 2, 1) * norms, 2 * norms[basis.paired]]) if basis.hermitian else norms
