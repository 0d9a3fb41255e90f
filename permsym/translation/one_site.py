"""Operators of the product space as tensors: coefficients over bases of one-site operators, the identity first."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from permsym.operators import CentreOperator, ComplexArray, Monomial, OnSites, as_matrix
from permsym.sites import SPIN_OPERATORS, unit

HIGHEST = 4
"""Most operators a and ad in a term of a mode that is recognised by its matrix."""

EXACT = 1e-10
"""Relative deviation below which two matrices are one: 1e-13 comes from products of a hundred rounded factors."""


@dataclass(frozen=True)
class OneSite:
    """Independent operators of one site.

    names       as labels spell them; "1" first
    operators   the same as permsym writes them; None, the identity, first
    matrices    (operators, d, d)
    """

    names: tuple[str, ...]
    operators: tuple[CentreOperator | None, ...]
    matrices: ComplexArray

    @cached_property
    def dual(self) -> ComplexArray:
        """(operators, d^2): from a matrix, row by row, to its coefficients (least squares, where the operators are not all)."""
        columns = self.matrices.reshape(len(self.names), -1).T
        scale = np.linalg.norm(columns, axis=0)
        return np.linalg.pinv(columns / scale) / scale[:, None]


def spin_site() -> OneSite:
    """1, z, +, -."""
    operators = [SPIN_OPERATORS[name] for name in "zpm"]
    return OneSite(("1", "z", "+", "-"), (None, *operators), np.array([np.eye(2), *operators], dtype=complex))


def level_site(levels: int, without: int = 0) -> OneSite:
    """1 and \\|i><j\\|, all but \\|r><r\\| with r = ``without``: that is 1 minus the others."""
    pairs = [(i, j) for i in range(levels) for j in range(levels) if (i, j) != (without, without)]
    operators = [unit(levels, *pair) for pair in pairs]
    names = ("1", *(f"|{i}><{j}|" for i, j in pairs))
    return OneSite(names, (None, *operators), np.array([np.eye(levels), *operators], dtype=complex).reshape(-1, levels, levels))


def satellite_sites(levels: int) -> list[OneSite]:
    """Bases that a satellite may have: for spins the Pauli operators, then all that leave a level out."""
    return ([spin_site()] if levels == 2 else []) + [level_site(levels, level) for level in range(levels)]


def mode_site(levels: int, asked: bool) -> OneSite:
    """Normally ordered products of ad and a.

    asked   whether the site is said to be a mode: then as many as fit; else on each diagonal fewer than it has entries, so that
            a matrix which they reproduce is hardly there by chance
    """
    free = 0 if asked else 1
    monomials = []
    for p in range(HIGHEST + 1):
        for q in range(HIGHEST + 1 - p):
            if min(p, q) < levels - abs(p - q) - free:
                monomials.append(Monomial(p, q))
    names = tuple(str(each) or "1" for each in monomials)
    operators = tuple(each if each.p or each.q else None for each in monomials)
    return OneSite(names, operators, np.array([each.matrix(levels) for each in monomials]))


def joint(names: Sequence[str], sites: Sequence[OneSite]) -> OneSite:
    """Products of operators of the sites of a centre, by their names; of these no matrices are made."""
    spelled, operators = [], []
    for chosen in itertools.product(*(range(len(site.names)) for site in sites)):
        some = [(name, site, k) for name, site, k in zip(names, sites, chosen, strict=True) if k]
        words = (f"{word}@{name}" for name, site, k in some for word in _words(site.names[k]))
        spelled.append(" ".join(words) or "1")
        factors = sorted(((name, site.operators[k]) for name, site, k in some), key=lambda factor: factor[0])
        operators.append(OnSites(tuple(factors)) if factors else None)  # type: ignore[arg-type]  # no identities, and each of one site
    return OneSite(tuple(spelled), tuple(operators), np.zeros((0, 0, 0), dtype=complex))


def _words(name: str) -> list[str]:
    """An operator of a site of the centre as labels write it, without the site."""
    return name.split() if "a" in name else [f"{name}0"]


def expanded(matrix: ComplexArray, sites: Sequence[OneSite]) -> ComplexArray:
    """Coefficients (operators of site 0, of site 1, ...) of a matrix in the product space of the sites."""
    dims = [site.matrices.shape[1] for site in sites]
    n = len(dims)
    tensor = np.asarray(matrix).reshape(dims + dims).transpose([axis for site in range(n) for axis in (site, n + site)])
    tensor = tensor.reshape([d * d for d in dims])
    for axis, site in enumerate(sites):
        tensor = np.moveaxis(np.tensordot(site.dual, tensor, axes=(1, axis)), 0, axis)
    return np.asarray(tensor)


def centre_of(tensor: ComplexArray, before: OneSite, after: OneSite) -> ComplexArray | None:
    """The tensor over another basis of site 0; None where that cannot hold it."""
    flat = tensor.reshape(len(before.names), -1)
    matrices = before.matrices.reshape(len(before.names), -1).T @ flat
    result = after.dual @ matrices
    defect = np.abs(after.matrices.reshape(len(after.names), -1).T @ result - matrices).max(initial=0.0)
    if defect > EXACT * np.abs(matrices).max(initial=0.0):
        return None
    return np.asarray(result.reshape(len(after.names), *tensor.shape[1:]))


def identity(levels: int) -> tuple[tuple[complex, ...], ...]:
    """The identity of one site: summed over an ensemble, its number of satellites whatever that is."""
    return as_matrix(np.eye(levels))
