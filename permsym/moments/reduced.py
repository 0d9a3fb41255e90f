"""Reduced density matrices of the centre and a few satellites, and what is computed from them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError
from permsym.operators import ComplexArray, Matrix
from permsym.sites import Site, unit

Correlator = Callable[[Sequence[Matrix], Sequence[Sequence[Matrix]]], complex]


def reduced_density_matrix(correlator: Correlator, centre: Site | None, satellites: Sequence[tuple[Site, int]]) -> ComplexArray:
    """Density matrix of the centre (unless None) and of k distinct satellites of each ensemble.

    correlator   value of a product of one-site operators on distinct sites
    satellites   (site, k) for each ensemble
    returns      (d, d) in the product basis, centre first, level 0 (spin up) first on each site
    """
    sites = ([] if centre is None else [centre]) + [site for site, k in satellites for _ in range(k)]
    levels = [range(site.levels) for site in sites]
    states = list(itertools.product(*levels))
    rho = np.zeros((len(states), len(states)), dtype=complex)
    values: dict[object, complex] = {}
    for (i, ket), (j, bra) in itertools.product(enumerate(states), repeat=2):
        # rho[ket, bra] = tr(rho |bra><ket|); satellites of one ensemble are exchangeable
        units = [(b, k) for k, b in zip(ket, bra, strict=True)]
        start = 0 if centre is None else 1
        groups: list[tuple[tuple[int, int], ...]] = []
        for _, k in satellites:
            groups.append(tuple(sorted(units[start : start + k])))
            start += k
        key = (tuple(units[: centre is not None]), tuple(groups))
        if key not in values:
            centre_ops = [] if centre is None else [unit(centre.levels, *units[0])]
            values[key] = correlator(
                centre_ops, [[unit(site.levels, *u) for u in group] for (site, _), group in zip(satellites, groups, strict=True)]
            )
        rho[i, j] = values[key]
    return rho


def purity(rho: ComplexArray) -> float:
    """tr rho^2, from 1/d (maximally mixed) to 1 (pure)."""
    return float(np.einsum("ij,ji->", rho, rho).real)


def entropy(rho: ComplexArray) -> float:
    """Von Neumann entropy -tr rho ln rho, in nats."""
    p = np.linalg.eigvalsh(rho)
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def concurrence(rho: ComplexArray) -> float:
    """Wootters' concurrence of two spins-1/2, from 0 (separable) to 1.  W. K. Wootters, Phys. Rev. Lett. 80, 2245 (1998)."""
    if rho.shape != (4, 4):
        raise InputError(f"concurrence needs the state of two spins, a 4 x 4 matrix, but has shape {rho.shape}; use negativity instead")
    flip = np.array([[0, 0, 0, -1], [0, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 0]])
    values, vectors = np.linalg.eigh(rho)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.conj().T
    # singular values of sqrt(rho) sqrt(rho~): no eigenvalues of a non-hermitian product
    other = flip @ root.conj() @ flip
    lambdas = np.linalg.svd(root @ other, compute_uv=False)
    return float(max(0.0, lambdas[0] - lambdas[1:].sum()))


def negativity(rho: ComplexArray, first: int) -> float:
    """Sum of the moduli of negative eigenvalues of the partial transpose over the first ``first`` dimensions' factor.

    first   dimension of the first factor; 0.5 for a Bell pair.  G. Vidal, R. F. Werner, Phys. Rev. A 65, 032314 (2002).
    """
    size = rho.shape[0]
    if first < 1 or size % first:
        raise InputError(f"the first factor's dimension must divide {size}, but is {first}")
    second = size // first
    transposed: NDArray[np.complex128] = rho.reshape(first, second, first, second).transpose(2, 1, 0, 3).reshape(size, size)
    values = np.linalg.eigvalsh(transposed)
    return float(np.abs(values[values < 0]).sum())
