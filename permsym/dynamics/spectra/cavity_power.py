"""The power spectrum of a cavity by products alone, with an error at every frequency.

    S(w) = 2 Re int_0^inf exp(-i w tau) <A(tau) B(0)> d tau = 2 Re u . (i w - L)^-1 X

A peak of <a^dag(tau) a> at +w is one of S at +w.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from permsym import kernels
from permsym.basis.charged_blocks import applied
from permsym.dynamics.spectra.cavity import ChargedSector
from permsym.dynamics.spectra.cavity_curve import Array, Curve
from permsym.operators import Operator
from permsym.progress import Progress, silent
from permsym.steady.cavity.beyond import Wider
from permsym.steady.cavity.defect import defect
from permsym.steady.state import State

TOLERANCE = 1e-8
_SOLVES = 60
_PAIRS = 7  # that memory is counted for beforehand; more are solved for while there is room
_VECTORS, _EACH = 28, 8  # real ones at once: of a complex iteration, and of each pair of solutions with their images
_CUT, _STATE = 2.0, 2.0  # safety of error estimates from cuts and from the state


@dataclass(frozen=True)
class CavityPower:
    """S(w) of a cavity; each an array over the frequencies.

    values       S, whose integral over w is 2 pi <A B>
    errors       estimates of |S - true|: the sum of the next four
    solve        from the iteration
    window       from what a window left out, or a cut-off
    state        from the steady state
    rounding     of products
    corrections  what the last pair of solutions and the cuts' share changed
    numbers      of the charged sector's vectors
    products     with the Liouvillian and its adjoint
    solves       pairs of shifted solves
    converged    whether the iteration's share of every error is within the tolerance
    """

    frequencies: Array
    values: Array
    errors: Array
    solve: Array
    window: Array
    state: Array
    rounding: Array
    corrections: Array
    numbers: int
    products: int
    solves: int
    converged: bool


def power(
    state: State,
    frequencies: Sequence[float] | Array,
    of: Operator | None = None,
    right: Operator | None = None,
    tolerance: float = TOLERANCE,
    progress: Progress | None = None,
) -> CavityPower:
    """The spectrum of <A(tau) B(0)> beside the steady state of a cavity with a U(1) symmetry.

    of, right   A and B; by default a^dag and a
    tolerance   of the iteration's share of every error, relative to the largest value

    NotApplicable, TooLarge: see :meth:`ChargedSector.beside`.
    """
    return power_of(ChargedSector.beside(state, of, right), np.asarray(frequencies, dtype=float), tolerance, progress or silent)


def curve_of(sector: ChargedSector, frequencies: Array, tolerance: float, say: Progress = silent) -> Curve:
    """Pairs of solutions until the iteration's share of every error is within the tolerance, or as many as there is room for."""
    sector.reserve(_VECTORS + _PAIRS * _EACH)
    curve = Curve(sector, frequencies)
    while not curve.converged(tolerance) and curve.solves < (_SOLVES if sector.has_room(_EACH) else _PAIRS):
        curve.refine(tolerance)
        say(f"{sector.numbers:,} numbers, {curve.products} products, {curve.solves} pairs: error {curve.estimates.max():.1e}")
    return curve


def power_of(sector: ChargedSector, frequencies: Array, tolerance: float = TOLERANCE, say: Progress = silent) -> CavityPower:
    """The same of a sector that there is."""
    curve = curve_of(sector, frequencies, tolerance, say)
    cut, own, rounding = _cut(curve), _STATE * np.abs(_moved(curve)), _rounding(curve)
    window = _CUT * np.abs(cut)
    return CavityPower(
        frequencies=curve.frequencies,
        values=curve.values + cut,
        errors=curve.estimates + window + own + rounding,
        solve=curve.estimates,
        window=window,
        state=own,
        rounding=rounding,
        corrections=np.abs(curve.values - curve.before) + np.abs(cut),
        numbers=sector.numbers,
        products=curve.products,
        solves=curve.solves,
        converged=curve.converged(tolerance),
    )


def _cut(curve: Curve) -> Array:
    """What a window or a cut-off moves S by: 2 Re y . (X' - i w x + L' x) on a larger set of labels, with y continued there."""
    sector, k = curve.sector, len(curve.right.rows)
    wider = Wider(sector.operator)
    operator, blocks = wider.operator(), sector.blocks
    images, source = np.zeros((k, k), dtype=complex), np.zeros(k, dtype=complex)
    for j, row in enumerate(curve.right.rows):
        folded = wider.folded(operator.matvec(blocks.embedded(row, wider.wide)))
        images[:, j] = [kernels.inner(w, folded) for w in curve.left.rows]
    folded = wider.folded(sector.source(wider.wide))
    source[:] = [kernels.inner(w, folded) for w in curve.left.rows]
    f = np.array([kernels.inner(w, sector.x) for w in curve.left.rows])
    return curve.weighed((source - f)[None, :] + curve.a @ (images - curve.L).T)


def _moved(curve: Curve) -> Array:
    """What the state's error moves S by: 2 Re y . B delta."""
    sector = curve.sector
    moved = sector.turned(applied(sector.right.terms, *defect(sector.state), sector.blocks))
    return curve.weighed(np.array([kernels.inner(w, moved) for w in curve.left.rows])[None, :])


def _rounding(curve: Curve) -> Array:
    """2 |y| . (what L x may be off by): evaluated where S is largest, elsewhere in proportion to |x| |y|."""
    at = int(np.argmax(np.abs(curve.values)))
    x, y = curve.right.combined(curve.a[at]), curve.left.combined(curve.b[at])
    size = np.linalg.norm(curve.a, axis=1) * np.linalg.norm(curve.b, axis=1)
    return np.asarray(2 * float(np.abs(y) @ curve.sector.operator.rounding(x)) * size / size[at])
