"""Proved intervals of linear forms of moments: phase one once, then both ends of every form, then their proofs together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from flint import arb, arb_mat, ctx, fmpq

from permsym.bounding.barrier import NoInteriorError, Path, interior
from permsym.bounding.faces import Faces, reduce
from permsym.bounding.pencil import Pencil, RealBlock, Whitened, combined, real_block
from permsym.bounding.proof import Dual, Proof, Prover, nothing, positions, rounded
from permsym.bounding.relaxed.equations import Gaussian
from permsym.bounding.relaxed.relaxation import PrecisionError, Relaxation, UnboundedError
from permsym.bounding.relaxed.unknowns import Form
from permsym.cumulants.equations.alphabet import Counts
from permsym.errors import NotApplicable, SolverFailed
from permsym.model import Model

_MOST_BITS = 4096
_CLOSER = 8  # ends are so much nearer than the gap asked for: a few steps in doubles
T = TypeVar("T")


@dataclass(frozen=True)
class ProvedInterval:
    """lower <= A <= upper, with proofs of lower <= A and -upper <= -A."""

    form: Form
    proofs: tuple[Proof, Proof]

    @property
    def lower(self) -> fmpq:
        return self.proofs[0].bound

    @property
    def upper(self) -> fmpq:
        return -self.proofs[1].bound


class Numeric:
    """A relaxation in one precision: pencil, a point inside, and what proofs share.

    start   a point that was inside with fewer bits
    """

    def __init__(self, relaxation: Relaxation, blocks: Sequence[RealBlock], start: Sequence[arb] = ()) -> None:
        self.relaxation, self.blocks = relaxation, blocks
        self.positions: tuple[tuple[int, int], ...] | None = None
        self.inside: list[arb] = []
        if not relaxation.free:
            self.positions = ()
            return
        self.pencil = Pencil.of(relaxation, blocks, self.solved)
        self.inside = list(start) if start and self.pencil.positive(start) else interior(self.pencil, self._shift())

    def _shift(self) -> list[arb]:
        """Elements of the blocks in a product state."""
        values = [[arb(value)] for value in self.relaxation.product_state]
        return [combined(form, values, [arb(1)])[0] for block in self.blocks for form in block.forms]

    @cached_property
    def solved(self) -> arb_mat:
        """All unknowns in terms of the free ones."""
        return self.relaxation.solved()

    @cached_property
    def start(self) -> Whitened:
        """The pencil at the point inside, where all paths start."""
        return self.pencil.whitened(self.inside)

    def reached(self) -> tuple[tuple[int, int], ...]:
        """Elements of the blocks that proofs change, see :func:`positions`."""
        if self.positions is None:
            self.positions = positions(self.pencil, self.start)
        return self.positions

    def end(self, form: Form, gap: float) -> Dual:
        """The dual point near the minimum of a form; zero where the equalities give its value."""
        slopes = self._row(form)[1:] if self.relaxation.free else []
        if all(abs(slope) < arb(2) ** (-ctx.prec // 2) for slope in slopes):
            return nothing(self.blocks)
        path = Path(self.pencil, slopes, self.inside, start=self.start)
        here = path.follow(_CLOSER * path.theta / gap)
        if self.positions is None:
            self.positions = positions(self.pencil, here)
        return rounded(self.blocks, here, here.slopes(slopes), path.tau)

    def values_at_minimum(self, form: Form, gap: float, forms: Sequence[Form]) -> list[float]:
        """Values of some forms near the minimum of another; unproved."""
        slopes, t = self._row(form)[1:], self.inside
        if any(slope != 0 for slope in slopes):
            path = Path(self.pencil, slopes, t, start=self.start)
            t = path.follow(_CLOSER * path.theta / gap).t
        return [float(sum((a * b for a, b in zip(self._row(each), [arb(1), *t], strict=True)), arb(0))) for each in forms]

    def _row(self, form: Form) -> list[arb]:
        """A form as one of the free unknowns: its constant, then their coefficients."""
        return combined(form, self.solved.tolist(), [arb(1)] + [arb(0)] * len(self.relaxation.free))


class Solver:
    """Proved intervals of any forms of one relaxation; precision is doubled where it is too low."""

    def __init__(self, model: Model, k: int) -> None:
        self.relaxation = Relaxation(model, k)
        self.bits = 192 + int(5 * k / 2 * math.log2(max(2, *model.sizes)))
        self.numeric: Numeric | None = None
        self.faces = Faces()
        self._start: list[arb] = []
        self.blocks = self._blocks()

    def _blocks(self) -> list[RealBlock]:
        """Without the rows that vanish."""
        blocks = [real_block(block, self.relaxation.unknowns, b, self.faces.without(b)) for b, block in enumerate(self.relaxation.blocks)]
        return [block for block in blocks if block.rows]

    @property
    def free(self) -> int:
        """Number of unknowns that no equality gives."""
        return len(self.relaxation.free)

    @property
    def degenerate(self) -> bool:
        """Whether the equations are complete, and yet leave moments free: there is more than one symmetric steady state."""
        model = self.relaxation.model
        complete = not self.relaxation.alphabet.boson and self.relaxation.k >= sum(model.sizes)
        return complete and self.free > 0

    def form(self, terms: dict[Counts, Gaussian]) -> Form:
        """Real part of a sum of numbers times moments as a form of the unknowns."""
        return self.relaxation.unknowns.form(terms, gauged=False)

    def values_at_minimum(self, form: Form, gap: float, forms: Sequence[Form]) -> list[float]:
        """Values of some forms near the minimum of another; unproved."""
        return self._precisely(lambda numeric: numeric.values_at_minimum(form, gap, forms))

    def intervals(self, forms: Sequence[Form], gap: float) -> list[ProvedInterval]:
        """Proved intervals, each at most about 2 gap wider than the best of this degree.  SolverFailed where there is no proof."""
        signed = [{unknown: sign * value for unknown, value in form.items()} for form in forms for sign in (1, -1)]

        def proved(numeric: Numeric) -> list[Proof]:
            duals = [numeric.end(form, gap) for form in signed]
            return Prover(self.relaxation, self.blocks, numeric.reached()).prove(signed, duals)

        proofs = self._precisely(proved)
        return [ProvedInterval(form, (proofs[2 * i], proofs[2 * i + 1])) for i, form in enumerate(forms)]

    def _precisely(self, work: Callable[[Numeric], T]) -> T:
        """What ``work`` gives, with as many bits as it needs."""
        before = ctx.prec
        try:
            while self.bits <= _MOST_BITS:
                ctx.prec = self.bits
                try:
                    if self.numeric is None:
                        self.numeric = Numeric(self.relaxation, self.blocks, self._start)
                    return work(self.numeric)
                except NoInteriorError:
                    if self.faces.steps:
                        raise
                    self.faces = reduce(self.relaxation)
                    if not self.faces.steps:
                        raise
                    self.blocks, self.numeric, self._start = self._blocks(), None, []
                except UnboundedError:
                    if self.relaxation.compact or self.faces.steps:
                        raise NotApplicable("moments of this model have no bound at this degree; use a higher one") from None
                    del self.relaxation.blocks
                    self.relaxation.compact, self.numeric = True, None
                    self.blocks = self._blocks()
                except PrecisionError:
                    self._start = [] if self.numeric is None else self.numeric.inside
                    self.bits, self.numeric = 2 * self.bits, None
            raise SolverFailed(f"no proof with {_MOST_BITS} bits; use another degree or a wider gap")
        finally:
            ctx.prec = before
