"""The slowest rate of one sector of the Liouvillian, and what was searched for it.

A small sector is solved completely, one decoupled class of unknowns after the other.  In a large one, eigenvalues nearest to points i w
of the imaginary axis fill discs,

    |lambda - i w| < r(w),     r(w) the distance of the farthest one computed

and nothing slower than a rate g is missed where the discs cover the strip  -g <= Re lambda <= 0,  |Im lambda| <= W.  With S = D L D^-1, D
the Hilbert-Schmidt norms of the unknowns, the numerical range of S bounds all frequencies, |Im lambda| <= |S - S^dag| / 2, and more
tightly those of what decays slowly (:mod:`frequencies`): Re lambda + t Im lambda <= f(t), so that  W <= (f(t) + g) / t  for any t > 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from permsym.assembly import Assembly
from permsym.dynamics.frequencies import Frequencies, Place
from permsym.errors import SolverFailed
from permsym.linear.eigenpairs import Eigenpairs, every, improved
from permsym.linear.shift_invert import ShiftInvert
from permsym.machine import one_blas_thread

EPS = float(np.finfo(float).eps)
COMPLETE = 512  # unknowns of a class up to which all of its eigenvalues are computed: two seconds
AT_ONCE = 128  # the same for eigenvalues near zero alone: faster than a factorisation
_MOST = 4096  # unknowns of all such classes
_COUNT = 6  # eigenvalues around a point at first
_ROUGH = 1e-3  # relative accuracy of distances from a point, where all eigenvalues are far
_POINTS = 48  # most points of the imaginary axis, in each decoupled class
_REST = 1e3 * EPS  # of the largest rate: slower is at rest, where no error says so


@dataclass(frozen=True)
class Searched:
    """Where nothing slower than what was computed can be.

    unknowns      of the sector
    frequencies   (low, high) of the imaginary parts that were covered; all of them where ``complete``
    points        of the imaginary axis around which eigenvalues were computed; 0: every eigenvalue of the sector was
    complete      whether all frequencies were covered
    note          what a method leaves out besides
    """

    unknowns: int
    frequencies: tuple[float, float]
    points: int
    complete: bool
    note: str = ""

    def __str__(self) -> str:
        low, high = self.frequencies
        sector = "of the permutation-symmetric sector"
        if not self.points and self.complete:
            text = f"all {self.unknowns:,} eigenvalues {sector}"
        elif self.complete:
            text = f"all frequencies {sector}, from {low:.4g} to {high:.4g}"
        else:
            text = f"frequencies from {low:.4g} to {high:.4g} {sector} only; slower modes may oscillate faster"
        return f"{text}; {self.note}" if self.note else text


@dataclass(frozen=True)
class Slowest:
    """The eigenvalue with the slowest rate that is not zero (nan where there is none), its error, and what was searched for it.

    vector   (n,) its right vector on the sector's unknowns
    """

    value: complex
    error: float
    searched: Searched
    vector: NDArray[np.complex128]


def classes(matrix: sparse.csc_array, largest: int) -> list[NDArray[np.int64]] | None:
    """Positions of the unknowns of each decoupled class, where none has more than ``largest`` of them."""
    count, member = csgraph.connected_components(abs(matrix), directed=False)
    if np.bincount(member).max() > largest or len(member) > _MOST:
        return None
    return [np.flatnonzero(member == number) for number in range(count)]


@dataclass(frozen=True)
class Everything:
    """All eigenvalues of a sector, by its decoupled classes: (n,) values and errors, and where each vector is."""

    values: NDArray[np.complex128]
    errors: NDArray[np.float64]
    pieces: list[tuple[NDArray[np.int64], Eigenpairs]]

    @classmethod
    def of(cls, assembly: Assembly, parts: list[NDArray[np.int64]]) -> Everything:
        pieces, values, errors = [], [], []
        for positions in parts:
            part = assembly.restricted(positions)
            pairs = every(part.matrix)
            value, error = improved(part.matrix, part.rounding, pairs)
            pieces.append((positions, pairs))
            values.append(value)
            errors.append(error)
        return cls(np.concatenate(values), np.concatenate(errors), pieces)

    def pairs(self, numbers: NDArray[np.int64]) -> Eigenpairs:
        """Some of the eigenpairs, on all unknowns."""
        shape = len(self.values), len(numbers)
        right, left = np.zeros(shape, dtype=complex), np.zeros(shape, dtype=complex)
        first = 0
        for positions, pairs in self.pieces:
            for column in np.flatnonzero((numbers >= first) & (numbers < first + len(positions))):
                right[positions, column] = pairs.right[:, numbers[column] - first]
                left[positions, column] = pairs.left[:, numbers[column] - first]
            first += len(positions)
        return Eigenpairs(self.values[numbers], right, left)

    @property
    def slowest(self) -> Slowest:
        number = slowest_of(self.values, self.errors)
        frequencies = float(self.values.imag.min()), float(self.values.imag.max())
        searched = Searched(len(self.values), frequencies, 0, True)
        if number is None:
            return Slowest(complex("nan"), 0.0, searched, np.zeros(len(self.values), dtype=complex))
        return Slowest(complex(self.values[number]), float(self.errors[number]), searched, self.pairs(np.array([number])).right[:, 0])


def slowest_of(values: NDArray[np.complex128], errors: NDArray[np.float64]) -> int | None:
    """The eigenvalue that decays most slowly of those that decay at all."""
    least = np.maximum(errors, _REST * np.abs(values).max(initial=0.0) * np.isinf(errors))
    decaying = np.flatnonzero(-values.real > least)
    return int(decaying[np.argmin(-values.real[decaying])]) if len(decaying) else None


@one_blas_thread()  # small products in factors: the gap of 40,401 unknowns takes 7 s, with two threads 18 s
def slowest_mode(
    assembly: Assembly, coordinates: NDArray[np.int64], log_norms: NDArray[np.float64], trace: NDArray[np.float64], solver: ShiftInvert
) -> Slowest:
    """The slowest mode of a sector: of all that there are, or searched for along the imaginary axis, one decoupled class after the other.

    coordinates, log_norms, trace   of the sector's unknowns: lattice positions, logarithms of norms, the functional (zero where charged)
    """
    parts = classes(assembly.matrix, COMPLETE)
    if parts is not None:
        return Everything.of(assembly, parts).slowest
    answers: list[tuple[NDArray[np.int64], Slowest]] = []
    for positions in _decoupled(assembly.matrix):
        part = assembly.restricted(positions)
        if len(positions) <= COMPLETE:
            parts = classes(part.matrix, COMPLETE)
            assert parts is not None
            answers.append((positions, Everything.of(part, parts).slowest))
            continue
        rate = min((-each.value.real for _, each in answers if not math.isnan(each.value.real)), default=math.inf)
        space = Place(coordinates[:, positions], log_norms[positions], trace[positions])
        axis = _Axis(part, space, solver, rate)
        answers.append((positions, axis.searched()))
    return _slowest(answers, assembly.matrix.shape[0])


def _decoupled(matrix: sparse.csc_array) -> list[NDArray[np.int64]]:
    """Positions of the unknowns of each large decoupled class, and of all small ones together."""
    _, member = csgraph.connected_components(abs(matrix), directed=False)
    sizes = np.bincount(member)
    rest = np.flatnonzero((sizes <= COMPLETE)[member])
    every = [np.flatnonzero(member == number) for number in np.flatnonzero(sizes > COMPLETE)]
    return [rest, *every] if len(rest) else every


def _slowest(answers: Sequence[tuple[NDArray[np.int64], Slowest]], size: int) -> Slowest:
    """The slowest of all classes, and what was covered in each of them."""
    searches = [each.searched for _, each in answers]
    complete = all(each.complete for each in searches)
    ranges = [each.frequencies for each in searches if complete or not each.complete]
    lows, highs = zip(*ranges, strict=True)
    frequencies = (min(lows), max(highs)) if complete else (max(lows), min(highs))
    vector = np.zeros(size, dtype=complex)
    positions, best = min(answers, key=lambda answer: math.inf if math.isnan(answer[1].value.real) else -answer[1].value.real)
    vector[positions] = best.vector
    return Slowest(best.value, best.error, Searched(size, frequencies, sum(each.points for each in searches), complete), vector)


class _Axis:
    """Discs about points of the imaginary axis."""

    def __init__(self, assembly: Assembly, space: Place, solver: ShiftInvert, rate: float) -> None:
        self.assembly, self.space, self.solver = assembly, space, solver
        self.offset, self.other = solver.sigma(assembly.matrix), rate
        self.real = not np.iscomplexobj(assembly.matrix)  # eigenvalues in conjugate pairs
        bounds = Frequencies(assembly.matrix, space)
        self.range = bounds.every()
        self.bounds = bounds
        self.discs: list[tuple[float, float]] = []
        self.best: tuple[complex, float, NDArray[np.complex128]] | None = None
        self.points = 0

    @property
    def rate(self) -> float:
        """The slowest rate so far, here or in ``other`` classes."""
        return min(-self.best[0].real, self.other) if self.best else self.other

    def searched(self) -> Slowest:
        """The slowest mode of these unknowns, after discs about points of the axis that cover it as far as anything slower can be."""
        low, high = self.range
        self.look(min(max(0.0, low if not self.real else 0.0), high))
        if math.isfinite(self.rate) and not self.bounds.none:
            high = self.bounds.slower(self.rate, high) if high else high
            low = -high if self.real else self.bounds.slower(self.rate, low) if low else low
        start = 0.0 if self.real else low
        while self.points < _POINTS and (open_ := self.uncovered(start, high)) is not None:
            try:
                self.look(open_)
            except SolverFailed:  # what was covered before is said
                break
        complete, size = self.uncovered(start, high) is None, self.assembly.matrix.shape[0]
        reached = self.reached(start, high)
        searched = Searched(size, self.range if complete else (-reached[1], reached[1]) if self.real else reached, self.points, complete)
        return (
            Slowest(complex("nan"), 0.0, searched, np.zeros(size, dtype=complex))
            if self.best is None
            else Slowest(*self.best[:2], searched, self.best[2])
        )

    def look(self, frequency: float) -> None:
        """A disc about i w, roughly: of few eigenvalues, or of more until it is wider than the slowest rate.  What is slow follows."""
        matrix, sigma = self.assembly.matrix, self.offset + 1j * frequency
        most, count, radius = matrix.shape[0] - 2, _COUNT, math.inf
        while self.points < _POINTS:
            self.points += 1
            values = self.solver.nearest(matrix, self.space.coordinates, min(count, most), sigma, _ROUGH)
            radius = (1 - 10 * _ROUGH) * float(np.abs(values - sigma).max()) if count < most else math.inf
            if (-values.real < (1 + 10 * _ROUGH) * self.rate).any():
                self._enter(self.solver.around(matrix, self.space.coordinates, min(count, most), sigma))
            if radius > 1.1 * (self.rate + self.offset):
                break
            count *= 2
        self.discs.append((frequency, radius))

    def _enter(self, pairs: Eigenpairs) -> None:
        """Take the slowest of some eigenvalues, if it is slower than those before."""
        values, errors = improved(self.assembly.matrix, self.assembly.rounding, pairs)
        number = slowest_of(values, errors)
        if number is not None and -values[number].real < self.rate:
            self.best = values[number].item(), float(errors[number]), pairs.right[:, number]

    def _intervals(self) -> Iterator[tuple[float, float]]:
        """Frequencies at which nothing slower than the slowest rate was missed, by disc, in order."""
        depth = self.rate + self.offset
        for frequency, radius in sorted(self.discs):
            if radius > depth:
                half = math.sqrt(radius**2 - depth**2) if math.isfinite(radius) else math.inf
                yield frequency - half, frequency + half

    def reached(self, low: float, high: float) -> tuple[float, float]:
        """The frequencies about zero that were covered without a hole."""
        left = right = min(max(0.0, low), high)
        intervals = sorted(self._intervals())
        for start, stop in intervals:
            if start <= right:
                right = max(right, stop)
        for start, stop in sorted(intervals, key=lambda interval: -interval[1]):
            if stop >= left:
                left = min(left, start)
        return max(left, low), min(right, high)

    def uncovered(self, low: float, high: float) -> float | None:
        """A frequency to look at next: in the first hole, as far into it as the disc before it was wide; None: there is no hole."""
        at, half = low, 0.0
        hole = None
        for start, stop in sorted(self._intervals()):
            if start > at:
                hole = start
                break
            if stop > at:
                at, half = stop, (stop - start) / 2
        end = min(high, hole if hole is not None else high)
        if at >= high or (hole is None and at >= high):
            return None
        return at + 0.9 * half if hole is None and at + 0.9 * half <= high else (at + end) / 2
