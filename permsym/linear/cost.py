"""Bytes and seconds of a direct solve, predicted from the number of unknowns and the lattice that they live on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Kind = Literal["double", "single", "incomplete", "iterated"]
"""Factors in double or in single precision, incomplete ones, or an iteration with the matrix itself."""

_MANY_SIDES = 1.5
"""Minimum degree, on lattices of more than two dimensions, over dissection of a box: nonzeros 0.5 to 1, of which each takes up to 16.5
bytes instead of 12 (measured on cavities with N = 3 to 16 as far as 14,000 unknowns; both grow with the size)."""

_MINIMUM_DEGREE = 0.7
"""The same over (largest section times third side)^2, where that is more: nonzeros 0.45 to 0.53, of up to 16.5 bytes (measured for driven
central spins with N = 14 to 30, whose third side is N / 2 + 1)."""

_LIBRARIES = 4e7
"""Bytes of what a first solve loads, and of small arrays (measured: 10 to 15 MB), with a margin for what allocators leave."""

_AN_UNKNOWN: dict[Kind, float] = {"double": 800.0, "single": 800.0, "incomplete": 2000.0, "iterated": 0.0}
"""Bytes an unknown: assembly and certificate (measured: 400 to 800, on windows of N = 400 to 4,000); incomplete factors 1,600 to 2,250."""

_COMPILER = 1.3e8
"""Bytes of the library whose loops an iteration runs (measured: 125 to 131 MB)."""

_ITERATED = 900.0
"""Bytes an unknown of an iteration: entries while they are summed, the matrix twice, vectors (measured: 860 for two ensembles of 20)."""

PRODUCTS = 100
"""Products of an iteration, whatever the size: 80 to 135 for two and three ensembles, for atoms of several levels in cavities and for two
modes (measured); thousands where rates differ by orders of magnitude."""

_A_NONZERO: dict[Kind, float] = {"double": 12.0, "single": 8.5, "incomplete": 0.0, "iterated": 0.0}
"""Bytes of a nonzero of L + U: a value and an index, and what SuperLU copies (measured in single precision: 8.0 to 8.5)."""


_DUALS, _A_PRODUCT = 4, 1.6e-8
"""Solves of a certificate of a few moments, with that of the state; seconds of a product for each unknown of the lattice."""


def fill_estimate(unknowns: int, extents: Sequence[int]) -> float:
    """Nonzeros of L + U under nested dissection of a lattice box: 8 s^2 for each separator of size s, dense leaves.

    The constant 8 was fitted to measured fills (benchmarks/bench_solve.py): these were 0.85 to 0.97 of it on full lattices of central
    spins with N = 100 to 600 and on windows with N = 400 to 4,000.
    """
    box = _dissected(unknowns, extents, 8.0, 2)
    if len(extents) <= 2:
        return box
    longest, _, third, *_ = sorted(extents, reverse=True)
    return max(_MANY_SIDES * box, _MINIMUM_DEGREE * (unknowns / longest * third) ** 2)


def work_estimate(unknowns: int, extents: Sequence[int]) -> float:
    """Cubes of the separators' sizes, summed: proportional to the operations of the factorisation."""
    return _dissected(unknowns, extents, 1.0, 3)


def _dissected(unknowns: int, extents: Sequence[int], weight: float, power: int) -> float:
    """Sum of weight * s^power over the separators of a box that is halved along its longest side again and again."""
    sides = [float(max(extent, 1)) for extent in extents] or [1.0]
    size, blocks, total = float(unknowns), 1.0, 0.0
    while size > 32 and max(sides) > 2:
        longest = sides.index(max(sides))
        total += blocks * weight * (size / sides[longest]) ** power
        sides[longest] /= 2
        size /= 2
        blocks *= 2
    return total + blocks * size**power


def solve_bytes(unknowns: int, extents: Sequence[int], kind: Kind = "double", share: float = 1.0) -> float:
    """Peak memory of assembling a matrix, factoring it and solving in both directions, in bytes.

    share   of the unknowns that are eliminated; the matrix is assembled with all of them
    """
    if kind == "iterated":
        return _LIBRARIES + _COMPILER + _ITERATED * unknowns
    return _LIBRARIES + _AN_UNKNOWN[kind] * unknowns + _A_NONZERO[kind] * fill_estimate(round(share * unknowns), extents)


def solve_seconds(unknowns: int, extents: Sequence[int], kind: Kind = "double") -> float:
    """Rough time of the same, in seconds of one modern core."""
    if kind == "incomplete":
        return 0.05 + 1e-4 * unknowns
    if kind == "iterated":
        return 0.4 + (4e-6 + _DUALS * PRODUCTS * _A_PRODUCT) * unknowns
    return 0.05 + 1.2e-5 * unknowns + (0.5e-9 if kind == "single" else 1e-9) * work_estimate(unknowns, extents)
