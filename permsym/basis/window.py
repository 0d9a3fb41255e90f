"""A window on the lattice of a Dicke representation: the sites (2j, 2m) whose populations are unknowns.

A coherence |j,m><j,m'| is in the basis where both populations that it couples are, at (2j, 2m) and (2j, 2m').
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from permsym.basis.moves import Labels

Mask = NDArray[np.bool_]
Boundary = Literal["closed", "reflecting", "absorbing"]
"""What happens to a move that leaves the basis.

closed       none does: the basis ends where the physics ends, and the weights vanish there
reflecting   the move is dropped; what it would take from a population stays there, so that no probability is lost
absorbing    the move is dropped, and what it would take is lost
"""

_NEIGHBOURS = np.ones((3, 3), dtype=bool)  # moves reach j +- 1 and m +- 1 at once


@dataclass(frozen=True, eq=False)
class Window:
    """Sites of the triangle |m| <= j <= N/2 of N two-level satellites.

    N        number of satellites
    corner   (2j, 2m) of mask[0, 0]
    mask     (sites in j, sites in m): True where the site is in the window; a step is one unit of j or m

    Sites beyond |m| <= j <= N/2 do not exist: they are never in the window, and ending there is no edge.
    """

    boundary: ClassVar[Boundary] = "reflecting"

    N: int
    corner: tuple[int, int]
    mask: Mask

    @classmethod
    def of(cls, N: int, corner: tuple[int, int], mask: Mask) -> Window:
        """The physical sites of a mask of any extent, in the smallest box that holds them."""
        inside = mask & _physical(N, corner, mask.shape)
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        if not len(rows):
            return cls(N, corner, np.zeros((0, 0), dtype=bool))
        cut = inside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return cls(N, (corner[0] + 2 * int(rows[0]), corner[1] + 2 * int(columns[0])), np.ascontiguousarray(cut))

    @classmethod
    def full(cls, N: int) -> Window:
        """Every site."""
        return cls.of(N, (N % 2, -N), np.ones((N // 2 + 1, N + 1), dtype=bool))

    @classmethod
    def at_sites(cls, N: int, sites: Labels) -> Window:
        """Exactly these sites (2, n)."""
        corner = int(sites[0].min()), int(sites[1].min())
        at = (sites - np.array(corner)[:, None]) // 2
        mask = np.zeros(tuple(at.max(axis=1) + 1), dtype=bool)
        mask[at[0], at[1]] = True
        return cls.of(N, corner, mask)

    @property
    def size(self) -> int:
        """Number of sites."""
        return int(np.count_nonzero(self.mask))

    @property
    def is_full(self) -> bool:
        """Whether nothing is left out."""
        J = self.N // 2 + 1  # number of values of j; 2j = N, N - 2, ... has 2j + 1 values of m
        return self.size == J * (self.N + 2 - J)

    @property
    def sides(self) -> tuple[int, int]:
        """Length and mean width, in sites: what the cost of elimination depends on."""
        longest = max(self.mask.shape)
        return longest, -(-self.size // max(longest, 1))

    def sites(self) -> Labels:
        """(2j, 2m) of every site, shape (2, n), by rising j, then m."""
        rows, columns = np.nonzero(self.mask)
        return np.stack([self.corner[0] + 2 * rows, self.corner[1] + 2 * columns])

    def contains(self, J: NDArray[np.int64], M: NDArray[np.int64]) -> Mask:
        """Whether the sites (2j, 2m) are in the window."""
        row, column = (J - self.corner[0]) >> 1, (M - self.corner[1]) >> 1
        inside = (row >= 0) & (row < self.mask.shape[0]) & (column >= 0) & (column < self.mask.shape[1])
        result = np.zeros(inside.shape, dtype=bool)
        result[inside] = self.mask[row[inside], column[inside]]
        return result

    def dilated(self, steps: int) -> Window:
        """With every site at most this many steps away in j and in m."""
        from scipy import ndimage

        padded = np.pad(self.mask, steps)
        grown = ndimage.maximum_filter(padded.view(np.uint8), size=2 * steps + 1, mode="constant").astype(bool)
        return Window.of(self.N, (self.corner[0] - 2 * steps, self.corner[1] - 2 * steps), grown)

    def united(self, other: Window) -> Window:
        """The sites of either window."""
        return Window.at_sites(self.N, np.concatenate([self.sites(), other.sites()], axis=1))

    def components(self) -> Iterator[Window]:
        """The connected pieces."""
        from scipy import ndimage

        labelled, count = ndimage.label(self.mask, structure=_NEIGHBOURS)
        for number in range(1, count + 1):
            yield Window.of(self.N, self.corner, labelled == number)

    def __repr__(self) -> str:
        (J, M), (rows, columns) = self.corner, self.mask.shape
        spans = f"j={J / 2:g}..{J / 2 + rows - 1:g}, m={M / 2:g}..{M / 2 + columns - 1:g}"
        return f"Window(N={self.N}, {self.size} sites, {spans})"


def _physical(N: int, corner: tuple[int, int], shape: tuple[int, ...]) -> Mask:
    J = (corner[0] + 2 * np.arange(shape[0]))[:, None]
    M = (corner[1] + 2 * np.arange(shape[1]))[None, :]
    return (np.abs(M) <= J) & (J <= N)
