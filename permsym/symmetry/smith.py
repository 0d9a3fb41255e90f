"""Integer lattices: the classes of Z^n modulo the span of some rows, in exact integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Row = tuple[int, ...]


@dataclass(frozen=True)
class Quotient:
    """Z^n modulo the span of rows, by the Smith normal form U G V = D.

    modulus   (classes,) k > 1 of a coordinate that counts modulo k, 0 of one that counts
    weights   (classes, n): the coordinate of x is  weights @ x,  modulo its modulus; all are zero on the span, and only there
    """

    modulus: tuple[int, ...]
    weights: tuple[Row, ...]

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]], width: int) -> Quotient:
        """The quotient of Z^width; coordinates modulo 1, which say nothing, are left out."""
        diagonal, columns = _smith(independent(rows), width)
        found = [(k, tuple(w % k for w in column) if k else column) for k, column in zip(diagonal, columns, strict=True) if k != 1]
        found.sort(key=lambda pair: (pair[0] > 0, pair))
        return cls(tuple(k for k, _ in found), tuple(column for _, column in found))

    def values(self, x: Sequence[int]) -> Row:
        """The class of a vector (n,)."""
        return tuple(
            sum(w * n for w, n in zip(row, x, strict=True)) % k if k else sum(w * n for w, n in zip(row, x, strict=True))
            for k, row in zip(self.modulus, self.weights, strict=True)
        )


def independent(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """A basis of the span over the integers, in echelon form: no more rows than columns, and the numbers stay small."""
    basis: dict[int, list[int]] = {}
    for row in dict.fromkeys(map(tuple, rows)):
        rest = list(row)
        while (lead := next((i for i, value in enumerate(rest) if value), -1)) >= 0:
            other = basis.get(lead)
            if other is None:
                basis[lead] = rest
                break
            while rest[lead]:  # Euclid's algorithm on the leading entries
                factor = other[lead] // rest[lead]
                other = [a - factor * b for a, b in zip(other, rest, strict=True)]
                other, rest = rest, other
            basis[lead] = other
    return [basis[lead] for lead in sorted(basis)]


def _smith(rows: list[list[int]], width: int) -> tuple[list[int], list[Row]]:
    """The diagonal (width,) of the Smith normal form, and the columns of V."""
    g = [list(row) for row in rows]
    v = [[int(i == j) for j in range(width)] for i in range(width)]
    diagonal: list[int] = []
    for step in range(width):
        if not _pivot(g, v, step):
            break
        while not _cleared(g, v, step):
            pass
        diagonal.append(abs(g[step][step]))
    diagonal += [0] * (width - len(diagonal))
    return diagonal, [tuple(row[j] for row in v) for j in range(width)]


def _pivot(g: list[list[int]], v: list[list[int]], step: int) -> bool:
    """The smallest entry that is left, moved to (step, step); False where all are zero."""
    left = [(abs(g[i][j]), i, j) for i in range(step, len(g)) for j in range(step, len(g[i])) if g[i][j]]
    if not left:
        return False
    _, i, j = min(left)
    g[step], g[i] = g[i], g[step]
    for row in (*g, *v):
        row[step], row[j] = row[j], row[step]
    return True


def _cleared(g: list[list[int]], v: list[list[int]], step: int) -> bool:
    """Row and column of the pivot reduced by it; True where they are zero and the pivot divides all that is left."""
    pivot = g[step][step]
    for i in range(step + 1, len(g)):
        factor = g[i][step] // pivot
        if factor:
            g[i] = [a - factor * b for a, b in zip(g[i], g[step], strict=True)]
    for j in range(step + 1, len(g[step])):
        factor = g[step][j] // pivot
        if factor:
            for row in (*g, *v):
                row[j] -= factor * row[step]
    if any(g[i][step] for i in range(step + 1, len(g))) or any(g[step][step + 1 :]):
        _pivot(g, v, step)
        return False
    for i in range(step + 1, len(g)):
        if any(value % pivot for value in g[i]):
            g[step] = [a + b for a, b in zip(g[step], g[i], strict=True)]
            return False
    return True
