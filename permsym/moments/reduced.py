"""Reduced density matrices of the centre and a few satellites; purity, entropy and entanglement from them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError
from permsym.operators import ComplexArray, Matrix
from permsym.sites import Site, unit

Partial = Callable[[Sequence[Sequence[Matrix]]], ComplexArray]


def reduced_density_matrix(partial: Partial, levels: int | None, satellites: Sequence[tuple[Site, int]]) -> ComplexArray:
    """Density matrix of the centre (unless None) and of k distinct satellites of each ensemble.

    partial      tr over the satellites of (one-site operators on distinct satellites) rho, an operator of the centre
    levels       of the centre; None leaves it out
    satellites   (site, k) for each ensemble
    returns      (d, d) in the product basis, centre first, level 0 (spin up) first on each site
    """
    states = list(itertools.product(*(range(site.levels) for site, k in satellites for _ in range(k))))
    rho = np.zeros((levels or 1, len(states), levels or 1, len(states)), dtype=complex)
    blocks: dict[object, ComplexArray] = {}
    for (i, ket), (j, bra) in itertools.product(enumerate(states), repeat=2):
        # <.., ket| rho |.., bra> = tr_satellites(|bra><ket| rho); satellites of one ensemble are exchangeable
        units = iter(zip(bra, ket, strict=True))
        groups = tuple(tuple(sorted(itertools.islice(units, k))) for _, k in satellites)
        if groups not in blocks:
            block = partial([[unit(site.levels, *u) for u in group] for (site, _), group in zip(satellites, groups, strict=True)])
            blocks[groups] = block if levels else np.trace(block)
        rho[:, i, :, j] = blocks[groups]
    size = (levels or 1) * len(states)
    return rho.reshape(size, size)


class Mixed(Protocol):
    """A whole state, which has these as attributes."""

    @property
    def purity(self) -> float: ...
    @property
    def entropy(self) -> float: ...


def purity(rho: ComplexArray | Mixed) -> float:
    """tr rho^2 of a density matrix or of a whole state, from 1/d (maximally mixed) to 1 (pure)."""
    if not isinstance(rho, np.ndarray):
        return rho.purity
    return float(np.einsum("ij,ji->", rho, rho).real)


def entropy(rho: ComplexArray | Mixed) -> float:
    """Von Neumann entropy -tr rho ln rho of a density matrix or of a whole state, in nats."""
    if not isinstance(rho, np.ndarray):
        return rho.entropy
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
