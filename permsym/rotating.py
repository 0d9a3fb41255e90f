"""Rotating frames: the energies that a steady state cannot feel are taken out of a model, exactly.

Let F = sum over sites of sum_k f_k |k><k| commute with the Hamiltonian but for phases of the jumps, [F, x] = lambda x.  Then the
unique steady state commutes with F, and so it is that of H - F, too:

    [F, rho] = 0   =>   [H - F, rho] = [H, rho]

F is chosen so that only detunings of H are left.  Energies are sums of fractions, rounded once at the end: those of 1e9 leave
detunings of order one with all their digits.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from permsym.model import Model, integer_nullspace
from permsym.operators import Matrix, Monomial, Operator, Product, SiteOperator, as_array, as_matrix, entries
from permsym.sites import Boson, Site, unit

Change = dict[int, int]
"""How many times each coordinate of F is raised; sites that change nothing are left out."""


def in_rotating_frame(model: Model) -> Model:
    """The model with H - F for H: the same steady state and, where H has no energies to take out, the same model.

    The ensembles' energies go first, so that detunings are the centre's wherever one frame can do that.
    """
    frame = _Frame(model)
    rotations = integer_nullspace(list(frame.constraints()), frame.size)
    energies, rest = frame.energies()
    if len(rotations) == frame.trivial or not any(energies):
        return model
    for rotation in rotations:  # each is the only one with its last coordinate, which it brings to zero
        last = max(i for i, value in enumerate(rotation) if value)
        shift = energies[last] / rotation[last]
        energies = [energy - shift * value for energy, value in zip(energies, rotation, strict=True)]
    hamiltonian = frame.operator(energies) + Operator(rest)
    return Model(model.centre, model.ensembles, hamiltonian, model.jumps, name=model.name, parameters=model.parameters)


class _Frame:
    """Coordinates f of F: those of the centre's levels (of a mode one, a photon's energy), site by site, then of the ensembles' levels."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.sites: tuple[Site, ...] = model.sites
        widths = [1 if isinstance(site, Boson) else site.levels for site in self.sites]
        self.starts = list(itertools.accumulate(widths, initial=0))
        self.size = self.starts[-1]
        self.trivial = sum(not isinstance(site, Boson) for site in self.sites)
        """Number of F that are constants."""

    # -- symmetry -------------------------------------------------------------------------------------------------------

    def constraints(self) -> Iterator[list[int]]:
        """Rows c with c . f = 0: terms of the Hamiltonian conserve F, and all summands of a jump change it alike."""
        for key in self.model.hamiltonian.terms:
            yield from self._changes(key)
        for jump in self.model.jumps:
            first, *others = [change for key in jump.operator.terms for change in self._changes(key)] or [[0] * self.size]
            yield from ([a - b for a, b in zip(other, first, strict=True)] for other in others)

    def _changes(self, key: Product) -> list[list[int]]:
        """What each entry of a product adds to each coordinate."""
        options: list[set[tuple[tuple[int, int], ...]]] = []
        for site, one in self._factors(key):
            start = self.starts[site]
            options.append({((start, one.p - one.q),)} if isinstance(one, Monomial) else _steps(one, start))
        changes = set()
        for chosen in itertools.product(*options):
            change = [0] * self.size
            for at, step in itertools.chain(*chosen):
                change[at] += step
            changes.add(tuple(change))
        return [list(change) for change in sorted(changes)]

    def _factors(self, key: Product) -> list[tuple[int, SiteOperator]]:
        """Position of the site of each factor of a product, and the factor."""
        centre = [(site, one) for site, one in enumerate(self.model.on_centre_sites(key)) if one is not None]
        return [*centre, *((len(self.model.centre_sites) + self.model.ensemble(name), matrix) for name, matrix in key.satellites)]

    # -- energies -------------------------------------------------------------------------------------------------------

    def energies(self) -> tuple[list[Fraction], dict[Product, complex]]:
        """The energy of each coordinate in H, and the terms that H has besides."""
        energies, rest = [Fraction(0)] * self.size, dict(self.model.hamiltonian.terms)
        for key, value in self.model.hamiltonian.terms.items():
            factors = self._factors(key)
            if len(factors) != 1 or (isinstance(factors[0][1], Monomial) and factors[0][1] != Monomial(1, 1)):
                continue  # no energies of one site's levels
            del rest[key]
            ((site, one),) = factors
            if isinstance(one, Monomial):
                energies[self.starts[site]] += Fraction(value.real)
                continue
            for level in range(len(one)):
                energies[self.starts[site] + level] += _real_part(value, one[level][level])
            across = as_matrix(as_array(one) - np.diag(as_array(one).diagonal()))
            if any(entries(across)):
                ((other, _),) = self.sites[site].operator(across).terms.items()
                rest[other] = rest.get(other, 0) + value
        return energies, {key: value for key, value in rest.items() if key != Product()}

    def operator(self, energies: list[Fraction]) -> Operator:
        """The Hamiltonian of energies, as z of two-level sites and as populations of others."""
        total = Operator()
        for site, start, stop in zip(self.sites, self.starts, self.starts[1:], strict=False):
            mine = energies[start:stop]
            if isinstance(site, Boson):
                total += site.n * float(mine[0])
            elif site.levels == 2:
                total += site.operator([[1, 0], [0, -1]]) * float((mine[0] - mine[1]) / 2)
            elif site.levels > 2:  # of one level it means nothing
                for level, energy in enumerate(mine):
                    total += site.operator(unit(site.levels, level, level)) * float(energy)
        return Operator({key: value for key, value in total.terms.items() if value != 0})


def _steps(matrix: Matrix, start: int) -> set[tuple[tuple[int, int], ...]]:
    """What each entry of a site's matrix adds to the coordinates of its levels."""
    return {((start + row, 1), (start + column, -1)) if row != column else () for row, column, _ in entries(matrix)}


def _real_part(a: complex, b: complex) -> Fraction:
    return Fraction(a.real) * Fraction(b.real) - Fraction(a.imag) * Fraction(b.imag)
