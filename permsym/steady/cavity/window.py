"""Windows of blocks: solve where a smaller system says that it matters, let the certificate judge, and grow.

predict;  solve;  while the window's part of the error estimate is too large: take a smaller eps, solve again from there

Of a coherence that feeds populations both are in the window: the edge reflects, and loses no probability.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from permsym.basis.blocks import BlockRanges, Blocks
from permsym.model import Model
from permsym.progress import Progress
from permsym.sites import Boson
from permsym.steady import needs
from permsym.steady.cavity.iterate import solve_blocks
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.steady.cavity.solution import BlockSolution
from permsym.steady.plan import Request
from permsym.steady.scaling.blocks import RATIO, BlockPrediction
from permsym.steady.state import State, certified

_ON_ALL_BLOCKS = 0.8  # of the size from which windows are used: what a small system may have
_ROUGH = 1e-10  # residual of the small system, whose logarithms are what counts
_SHARE = 0.5  # of the tolerance: what a window may cost
_ATTEMPTS = 5


class _Chooser:
    """The blocks of a window for each eps; the small system is solved when it is first asked for."""

    def __init__(self, request: Request, model: Model, settings: MatrixFree, answer: Callable[[Request], State]) -> None:
        self.request, self.model, self.settings, self.answer = request, model, settings, answer

    @cached_property
    def prediction(self) -> BlockPrediction:
        """From fewer satellites, enough for the moments, with the same intensive parameters, displaced alike.

        On all blocks: a window's own dual vectors fall too fast towards its edge to say how those of a larger system do.
        """
        model = self.model
        most = max((len(satellites) for label in self.request.labels for satellites in label.satellites), default=0)
        few = min(round(model.sizes[0] / RATIO[bool(model.charges)]), int(_ON_ALL_BLOCKS * needs.block_crossover(model)))
        factor = max(few, most) / model.sizes[0]
        fewer = model.rescaled(factor)
        if isinstance(model.centre, Boson) and model.centre.displacement:
            fewer = fewer.displaced(model.centre.displacement * np.sqrt(factor))
        solver, tolerance = replace(self.settings, tolerance=_ROUGH), 1e3 * self.request.tolerance
        small = self.answer(self.request.about(fewer, self.request.labels, basis="dicke", solver=solver, tolerance=tolerance)).solution
        assert isinstance(small, BlockSolution)
        return BlockPrediction(small.blocks, small.x, small.dual_sizes, model.sizes[0])

    @cached_property
    def whole(self) -> Blocks:
        """The blocks to choose from."""
        return Blocks.of(self.model.with_levels(self.prediction.levels), "dicke", populated=True)

    def blocks(self, eps: float) -> Blocks:
        return _cut(self.model, self.prediction.ranges(self.whole, eps))


def on_window(request: Request, model: Model, settings: MatrixFree, say: Progress, answer: Callable[[Request], State]) -> State:
    """The certified steady state of a model with an open cut-off, on the window that its own certificate finds large enough."""
    chooser, checkpoint = _Chooser(request, model, settings, answer), request.checkpoint
    target = _SHARE * request.tolerance
    written = None if checkpoint is None else checkpoint.arrays("outer", "low", "high", "eps")
    start: NDArray[np.float64] | None = None  # the iterate is in the file
    if written is not None:
        blocks, eps = _cut(model, BlockRanges(*written[:3])), float(written[3])
    else:
        eps = chooser.prediction.first(chooser.whole, request.tolerance)
        blocks = chooser.blocks(eps)
        start = chooser.prediction.start(blocks)
    attempt = 0
    while True:
        attempt += 1
        if checkpoint is not None:
            checkpoint.beside = {"outer": blocks.outer, "low": blocks.low, "high": blocks.high, "eps": np.array(eps)}
            if attempt > 1:
                assert start is not None
                checkpoint.write(blocks.model, start, now=True)
        needs.check_numbers(blocks.numbers, settings)
        state = solve_blocks(blocks, blocks.model, settings, request.tolerance, say, checkpoint, start)
        start = None  # its memory, for the certificate
        certified(state, request.labels)
        say(
            f"{blocks.numbers:,} numbers on {blocks.model.centre.levels} levels: error {state.certificate.error_estimate:.1e}, "
            f"of which the window {state.window_error:.1e}"
        )
        lost = state.window_error + state.cutoff_error
        futile = state.algebraic_error > max(request.tolerance, lost) or not state.solution.converged  # no window helps
        if lost <= target or futile or attempt == _ATTEMPTS:
            return state
        eps *= (target / lost) ** 1.2 / 2
        wider = chooser.blocks(eps)
        start = blocks.embedded(state.x, wider)
        blocks = wider
        del state  # its vectors, before the next ones


def _cut(model: Model, ranges: BlockRanges) -> Blocks:
    """The blocks of a window, with as many levels as it has."""
    return Blocks.of(model.with_levels(int((ranges.high + np.abs(ranges.outer[0])).max())), "dicke", ranges, populated=True)
