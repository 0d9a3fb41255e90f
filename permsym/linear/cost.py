"""Bytes and seconds of a direct solve, predicted from the number of unknowns and the lattice that they live on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Kind = Literal["double", "single", "incomplete"]
"""Factors in double or in single precision, or incomplete ones."""


def fill_estimate(unknowns: int, extents: Sequence[int]) -> float:
    """Nonzeros of L + U under nested dissection of a lattice box: 8 s^2 for each separator of size s, dense leaves.

    The constant 8 was fitted to measured fills (benchmarks/bench_solve.py).
    """
    return _dissected(unknowns, extents, 8.0, 2)


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


def solve_bytes(unknowns: int, extents: Sequence[int], kind: Kind = "double") -> float:
    """Peak memory of assembling a matrix, factoring it and solving in both directions, in bytes."""
    if kind == "incomplete":
        return 6e7 + 1800.0 * unknowns
    return 6e7 + 800.0 * unknowns + (6.3 if kind == "single" else 12.0) * fill_estimate(unknowns, extents)


def solve_seconds(unknowns: int, extents: Sequence[int], kind: Kind = "double") -> float:
    """Rough time of the same, in seconds of one modern core."""
    if kind == "incomplete":
        return 0.05 + 1e-4 * unknowns
    return 0.05 + 1.2e-5 * unknowns + (0.5e-9 if kind == "single" else 1e-9) * work_estimate(unknowns, extents)
