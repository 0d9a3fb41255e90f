"""Phase space of a model: which sites have coordinates, and where; labels of moments as sums of monomials."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from permsym.errors import UnsuitedModel
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import ComplexArray
from permsym.semiclassical.twa.symbols import distinct_symbol, mode_symbol
from permsym.several_sites import refuse_several

_CENTRE_LETTERS = {"+": 0, "-": 1, "z": 2}


@dataclass(frozen=True)
class SpinClass:
    """Equal spins that share three coordinates: the satellites of an ensemble, or a spin centre.

    ensemble   name of the ensemble; None: the centre
    N          number of spins
    start      its first coordinate
    """

    ensemble: str | None
    N: int
    start: int

    @property
    def name(self) -> str:
        """For people."""
        return "centre" if self.ensemble is None else self.ensemble


@dataclass(frozen=True)
class PhaseSpace:
    """The coordinates of a model.

    mode      whether the centre is a mode, with coordinates 0 and 1
    classes   a spin centre, then the ensembles
    """

    mode: bool
    classes: tuple[SpinClass, ...]

    @classmethod
    def of(cls, model: Model) -> PhaseSpace:
        """UnsuitedModel where a site has more than two levels and is no mode, and where the centre has several sites."""
        refuse_several(model.centre, "truncated Wigner")
        for site, name in [(model.centre, "the centre"), *((each, f"ensemble {each.name!r}") for each in model.ensembles)]:
            if site.kind == "levels":
                raise UnsuitedModel(
                    f"truncated Wigner has equations for spins and a mode, but {name} has {site.levels} levels; "
                    "use steady_state, evolve or cumulants"
                )
        mode = model.centre.kind == "boson"
        sizes: list[tuple[str | None, int]] = [(None, 1)] if model.centre.kind == "spin" else []
        sizes += [(each.name, each.N) for each in model.ensembles]
        return cls(mode, tuple(SpinClass(name, N, 2 * mode + 3 * i) for i, (name, N) in enumerate(sizes)))

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return 2 * self.mode + 3 * len(self.classes)

    def spins(self, ensemble: str | None) -> SpinClass:
        """The class of an ensemble, or of the centre."""
        return next(each for each in self.classes if each.ensemble == ensemble)

    def symbol(self, label: MomentLabel) -> dict[tuple[int, ...], complex]:
        """A moment's operator as a polynomial of letters."""
        parts: list[Mapping[tuple[int, ...], float]] = []
        if self.mode:
            parts.append(mode_symbol(label.monomial))
        elif self.classes[0].ensemble is None:
            letter = [_CENTRE_LETTERS[symbol] for symbol in label.centre]
            parts.append({tuple(int(i in letter) for i in range(3)): 1.0})
        ensembles = [each for each in self.classes if each.ensemble is not None]
        for spins, symbols in zip(ensembles, label.satellites, strict=True):
            parts.append(distinct_symbol(symbols.count("+"), symbols.count("-"), symbols.count("z"), spins.N))
        result: dict[tuple[int, ...], complex] = {}
        for chosen in itertools.product(*(part.items() for part in parts)):
            key = tuple(itertools.chain(*(powers for powers, _ in chosen)))
            result[key] = result.get(key, 0) + math.prod(value for _, value in chosen)
        return result


@dataclass(frozen=True)
class Readout:
    """How moments follow from averages of monomials.

    labels     canonical labels
    matrix     (labels, monomials): moment = matrix @ <monomials>
    parent     monomial[k] = monomial[parent[k]] * letter[last[k]]; the first monomial is 1
    """

    labels: tuple[MomentLabel, ...]
    matrix: ComplexArray
    parent: NDArray[np.int64]
    last: NDArray[np.int64]

    @classmethod
    def of(cls, space: PhaseSpace, labels: Sequence[MomentLabel]) -> Readout:
        """Monomials of the labels, and those that lead to them by one letter at a time."""
        symbols = [space.symbol(label) for label in labels]
        one = (0,) * space.size
        position = {one: 0}
        parent, last = [0], [0]

        def at(key: tuple[int, ...]) -> int:
            if key not in position:
                letter = next(i for i in reversed(range(space.size)) if key[i])
                before = at(tuple(n - (i == letter) for i, n in enumerate(key)))
                position[key] = len(parent)
                parent.append(before)
                last.append(letter)
            return position[key]

        entries = [(row, at(key), value) for row, symbol in enumerate(symbols) for key, value in symbol.items()]
        matrix = np.zeros((len(labels), len(parent)), dtype=complex)
        for row, column, value in entries:
            matrix[row, column] += value
        return cls(tuple(labels), matrix, np.array(parent), np.array(last))

    @cached_property
    def real(self) -> NDArray[np.bool_]:
        """(labels,) whether the moment is real."""
        return np.array([label == label.conjugate() for label in self.labels], dtype=bool)
