"""Real unknowns of a relaxation: real and imaginary parts of moments, one for a moment and its conjugate.

In some models all moments are real after a change of phases, p~(m) = i^(g m) p(m) with g the excitations that the operator adds to
some sites; a resonant central spin is one, g those of the centre.  Then the imaginary parts are no unknowns.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flint import fmpq

from permsym.bounding.relaxed.equations import Gaussian, times
from permsym.cumulants.equations.alphabet import Alphabet, Counts

Form = dict[int, fmpq]
"""A real linear form: unknown -> coefficient; ``CONSTANT`` -> the constant."""
CONSTANT = -1
_PHASES = ((1, 0), (0, 1), (-1, 0), (0, -1))
Row = Callable[[Counts], Mapping[Counts, Gaussian]]


def phase(power: int) -> Gaussian:
    """i^power."""
    return fmpq(_PHASES[power % 4][0]), fmpq(_PHASES[power % 4][1])


@dataclass(frozen=True)
class Unknowns:
    """Unknowns of all neutral moments up to an order.

    moments    one of each conjugate pair, lowest order first, without the identity
    gauge      for each kind of site (centre, ensembles) whether its excitations count in g; None: imaginary parts are unknowns too
    """

    alphabet: Alphabet
    moments: tuple[Counts, ...]
    gauge: tuple[int, ...] | None
    index: dict[tuple[Counts, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, alphabet: Alphabet, moments: Iterable[Counts], row: Row) -> Unknowns:
        """The unknowns of neutral moments, with the gauge that makes all their rows real, where there is one."""
        first = sorted({min(m, alphabet.conjugate(m)) for m in moments if any(m)}, key=lambda m: (sum(m), m))
        kinds = 1 + len(alphabet.ensembles)
        rows = {m: row(m) for m in first}
        gauges = (gauge for gauge in itertools.product((0, 1), repeat=kinds) if _real(alphabet, gauge, rows))
        return cls(alphabet, tuple(first), next(gauges, None)).indexed()

    def indexed(self) -> Unknowns:
        """Numbers the unknowns: the real part of each moment, then its imaginary part where it has one."""
        for m in self.moments:
            self.index[m, 0] = len(self.index)
            if self.gauge is None and self.alphabet.conjugate(m) != m:
                self.index[m, 1] = len(self.index)
        return self

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def order(self) -> list[int]:
        """For each unknown the number of operators of its moment."""
        return [sum(m) for m, _ in self.index]

    def turns(self, moment: Counts) -> int:
        """g of a moment."""
        return _turns(self.alphabet, self.gauge, moment)

    def parts(self, moment: Counts) -> tuple[tuple[int, int], tuple[int, int] | None]:
        """Real and imaginary part of p~(moment), each as (unknown, sign); None: it is zero."""
        if not any(moment):
            return (CONSTANT, 1), None
        other = self.alphabet.conjugate(moment)
        first = min(moment, other)
        imaginary = self.index.get((first, 1))
        return (self.index[first, 0], 1), None if imaginary is None else (imaginary, 1 if moment == first else -1)

    def form(self, terms: Mapping[Counts, Gaussian], part: int = 0, gauged: bool = True) -> Form:
        """Real (0) or imaginary (1) part of a sum of numbers times moments p~, or p where not ``gauged``."""
        result: Form = {}
        for moment, number in terms.items():
            a = number if gauged else times(number, phase(-self.turns(moment)))
            real, imaginary = self.parts(moment)
            for (unknown, sign), value in ((real, a[part]), (imaginary or (CONSTANT, 0), -a[1] if part == 0 else a[0])):
                if sign and value != 0:
                    result[unknown] = result.get(unknown, fmpq(0)) + value * sign
        return {unknown: value for unknown, value in result.items() if value != 0}


def _turns(alphabet: Alphabet, gauge: tuple[int, ...] | None, moment: Counts) -> int:
    return 0 if gauge is None else sum(n * s for n, s in zip(moment, letter_turns(alphabet, gauge), strict=True))


def letter_turns(alphabet: Alphabet, gauge: tuple[int, ...]) -> list[int]:
    """g of each letter."""
    centre = [1, -1] if alphabet.centre is None else alphabet.centre.shifts[1:]
    result = [gauge[0] * s for s in centre]
    for e, site in enumerate(alphabet.ensembles):
        result += [gauge[1 + e] * s for s in site.shifts[1:]]
    return result


def _real(alphabet: Alphabet, gauge: tuple[int, ...], rows: Mapping[Counts, Mapping[Counts, Gaussian]]) -> bool:
    turns = letter_turns(alphabet, gauge)

    def g(moment: Counts) -> int:
        return sum(n * s for n, s in zip(moment, turns, strict=True))

    return all(number[1 - (g(m) - g(other)) % 2] == 0 for m, row in rows.items() for other, number in row.items())
