"""From symmetric tensors of the product space to sums over ensembles; what is not symmetric is refused with the term that differs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from permsym.errors import InputError
from permsym.operators import ComplexArray, Operator, Product, as_matrix
from permsym.translation.one_site import EXACT, OneSite, identity

ROUNDING = 1e-13
"""Relative size of coefficients that are rounding: matrices of a hundred rounded products were off by 3e-15."""


@dataclass(frozen=True)
class Layout:
    """Which sites of the product space belong together.

    names   of the ensembles
    sites   axes of the satellites of each; axis 0 is the centre, with the identity alone where there is none
    bases   one for each axis
    """

    names: tuple[str, ...]
    sites: tuple[range, ...]
    bases: tuple[OneSite, ...]

    def spelled(self, index: Sequence[int]) -> str:
        """The product of one-site operators with this index of a tensor, as labels write it; digits count sites."""
        centre = self.bases[0].names[index[0]]
        words = [] if index[0] == 0 else [centre if "a" in centre or "@" in centre else f"{centre}0"]
        words += [f"{self.bases[site].names[k]}{site}" for site, k in enumerate(index) if site and k]
        return " ".join(words) or "1"


def check_symmetric(tensor: ComplexArray, layout: Layout, what: str) -> None:
    """InputError where exchanging neighbours of an ensemble changes the tensor."""
    scale = np.abs(tensor).max(initial=0.0)
    for sites in layout.sites:
        for site in sites[:-1]:
            defect = tensor - tensor.swapaxes(site, site + 1)
            if np.abs(defect).max(initial=0.0) > EXACT * scale:
                index = [int(i) for i in np.unravel_index(np.abs(defect).argmax(), tensor.shape)]
                other = [*index[:site], index[site + 1], index[site], *index[site + 2 :]]
                if abs(tensor[tuple(other)]) > abs(tensor[tuple(index)]):
                    index, other = other, index
                raise InputError(
                    f"{what} changes when satellites {site} and {site + 1} are exchanged: its coefficient of {layout.spelled(index)!r} is "
                    f"{spelled_number(tensor[tuple(index)])}, that of {layout.spelled(other)!r} {spelled_number(tensor[tuple(other)])}; "
                    "give satellites that differ to different ensembles, ensembles=[2, 1]"
                )


def spelled_number(value: complex) -> str:
    """A number for a message."""
    value = complex(value)
    return f"{value:.6g}" if abs(value.imag) > ROUNDING else f"{value.real:.6g}"


def bodies(tensor: ComplexArray) -> ComplexArray:
    """How many satellites each entry acts on, as an array of the tensor's shape without axis 0."""
    counts = np.zeros(tensor.shape[1:], dtype=int)
    for axis in range(counts.ndim):
        shape = [1] * counts.ndim
        shape[axis] = -1
        counts = counts + (np.arange(counts.shape[axis]) > 0).reshape(shape)
    return counts


def collective(tensor: ComplexArray, layout: Layout, what: str) -> Operator:
    """The operator of a symmetric tensor as products of sums over ensembles.

    sum over n < m of c_kl b_k(n) b_l(m)  =  c_kl (S_k S_l - sum_n (b_k b_l)_n), half of it where k = l.

    Raises InputError where a term acts on three satellites.
    """
    floor = ROUNDING * np.abs(tensor).max(initial=0.0)
    counts = bodies(tensor)
    beyond = np.where(counts > 2, tensor, 0)
    if np.abs(beyond).max(initial=0.0) > EXACT * np.abs(tensor).max(initial=0.0):
        index = [int(i) for i in np.unravel_index(np.abs(beyond).argmax(), tensor.shape)]
        raise InputError(f"{what} acts on three satellites at once, as in {layout.spelled(index)!r}; permsym has terms of at most two")
    result = centre_part(at(tensor, {}), layout, floor)
    for name, sites in zip(layout.names, layout.sites, strict=True):
        basis = layout.bases[sites[0]]
        for k in range(1, len(basis.names)):
            result += centre_part(at(tensor, {sites[0]: k}), layout, floor) * satellite(name, basis, k)
        if len(sites) > 1:
            result += _pairs(tensor, layout, name, sites, floor)
    for (name, sites), (other, others) in combinations(zip(layout.names, layout.sites, strict=True), 2):
        for k in range(1, len(layout.bases[sites[0]].names)):
            for m in range(1, len(layout.bases[others[0]].names)):
                centre = centre_part(at(tensor, {sites[0]: k, others[0]: m}), layout, floor)
                if centre:
                    result += centre * satellite(name, layout.bases[sites[0]], k) * satellite(other, layout.bases[others[0]], m)
    return _without_counts(Operator({key: value for key, value in result.terms.items() if abs(value) > floor}), layout)


def _without_counts(operator: Operator, layout: Layout) -> Operator:
    """Without what cancels: a multiple of the centre's operator C, and - C (x) sum_n 1, as C (x) S_z^2 leaves them."""
    sizes = {name: len(sites) for name, sites in zip(layout.names, layout.sites, strict=True)}
    counts: dict[object, list[tuple[Product, complex]]] = {}
    for key, value in operator.terms.items():
        if key.centre is not None and all(matrix == identity(len(matrix)) for _, matrix in key.satellites):
            counts.setdefault(key.centre, []).append((key, value * math.prod(sizes[name] for name, _ in key.satellites)))
    result = dict(operator.terms)
    for parts in counts.values():
        if len(parts) > 1 and abs(sum(value for _, value in parts)) < EXACT * max(abs(value) for _, value in parts):
            for key, _ in parts:
                del result[key]
    return Operator(result)


def _pairs(tensor: ComplexArray, layout: Layout, name: str, sites: range, floor: float) -> Operator:
    """Terms of two satellites of one ensemble."""
    basis, result = layout.bases[sites[0]], Operator()
    levels = basis.matrices.shape[1]
    for k in range(1, len(basis.names)):
        for m in range(k, len(basis.names)):
            centre = centre_part(at(tensor, {sites[0]: k, sites[1]: m}), layout, floor) * (0.5 if k == m else 1)
            if centre:
                on_one = basis.dual @ (basis.matrices[k] @ basis.matrices[m]).ravel()
                same = Operator({Product(satellites=((name, identity(levels)),)): on_one[0]})
                for one in range(1, len(on_one)):
                    same += satellite(name, basis, one) * complex(round_off(on_one[one]))
                result += centre * (satellite(name, basis, k) * satellite(name, basis, m) - same)
    return result


def round_off(value: complex) -> complex:
    """A coefficient of products of 0, 1 and -1, without the rounding of the least squares."""
    return complex(round(value.real, 12), round(value.imag, 12))


def at(tensor: ComplexArray, indices: dict[int, int]) -> ComplexArray:
    """The centre's coefficients of one product of satellites' operators, (operators of the centre,)."""
    index: Any = (slice(None), *(indices.get(axis, 0) for axis in range(1, tensor.ndim)))
    return np.asarray(tensor[index])


def centre_part(vector: ComplexArray, layout: Layout, floor: float) -> Operator:
    """An operator of the centre from its coefficients; those below ``floor`` are rounding."""
    operators = layout.bases[0].operators
    return Operator({Product(operators[i]): complex(vector[i]) for i in np.flatnonzero(np.abs(vector) > floor)})


def satellite(name: str, basis: OneSite, k: int) -> Operator:
    """The sum over an ensemble of one operator of its basis."""
    return Operator({Product(satellites=((name, as_matrix(basis.matrices[k])),)): 1})


def without_constants(operator: Operator) -> Operator:
    """A Hamiltonian without its multiples of the identity."""

    def constant(key: Product) -> bool:
        return key.centre is None and all(matrix == identity(len(matrix)) for _, matrix in key.satellites)

    return Operator({key: value for key, value in operator.terms.items() if not constant(key)})
