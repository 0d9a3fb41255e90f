"""Sums over the charge sectors of a density operator: the neutral one, and one of each pair of opposite charges.

rho = rho_0 + sum over q > 0 of  (rho_q + rho_q^dag)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.whole_space import dense
from permsym.operators import ComplexArray, Matrix, Operator, adjoint, entries

Charge = tuple[int, ...]
SectorOf = tuple[Basis, NDArray[Any]]
"""A basis of one sector, and the state as it holds it."""


def paired(charge: Charge) -> Charge:
    """One of a charge and its opposite, the same for both."""
    return max(charge, tuple(-q for q in charge))


def expected(sectors: Sequence[SectorOf], operator: Operator) -> complex:
    """tr(A rho)."""
    (basis, x), *charged = sectors
    total = basis.expected(x, operator.terms)
    for basis, x in charged:
        total += basis.expected(x, operator.terms) + basis.expected(x, operator.dag().terms).conjugate()
    return total


def seen(sectors: Sequence[SectorOf], operators: Sequence[Sequence[Matrix]], left: Sequence[int] | None = None) -> set[Charge]:
    """Charges, one of each pair, of the elements that operators on distinct satellites see, whatever the centre's.

    left   positions of the centre's sites that are not traced out; None: all
    """
    model = max((basis.model for basis, _ in sectors), key=lambda one: one.centre.levels)
    steps = []
    for k, site in enumerate(model.centre_sites):
        q = site.excitations if left is None or k in left else (0,)
        steps.append({(k, a - b) for a in q for b in q})
    for k, (ensemble, some) in enumerate(zip(model.ensembles, operators, strict=True), start=len(steps)):
        q = ensemble.excitations
        steps += [{(k, q[bra] - q[ket]) for ket, bra, _ in entries(matrix)} for matrix in some]
    return {paired(tuple(sum(w[k] * d for k, d in each) for w in model.charges)) for each in itertools.product(*steps)}


def partial(
    sectors: Sequence[SectorOf], operators: Sequence[Sequence[Matrix]], levels: int, left: Sequence[int] | None = None
) -> ComplexArray:
    """tr over the satellites of (operators on distinct satellites) rho, an operator of the centre (levels, levels).

    left   positions of the centre's sites that are not traced out; None: all
    """
    total, some = np.zeros((levels, levels), dtype=complex), seen(sectors, operators, left)
    for basis, x in sectors:
        if paired(basis.charge) not in some:
            continue

        def of(ones: Sequence[Sequence[Matrix]], basis: Basis = basis, x: NDArray[Any] = x) -> ComplexArray:
            return basis.partial(x, ones) if left is None else basis.site_partial(basis.unknowns(x), ones, left)

        parts = [of(operators)]
        if not basis.hermitian:  # tr(S rho_q^dag) = tr(S^dag rho_q)^dag
            parts.append(of([[adjoint(matrix) for matrix in one] for one in operators]).conj().T)
        for part in parts:
            total[: len(part), : len(part)] += part
    return total


def populations(sectors: Sequence[SectorOf], left: Sequence[int]) -> NDArray[np.float64]:
    """Populations of the levels of some of the centre's sites together, one axis for each."""
    (basis, x), *_ = sectors  # coherences have no populations
    return basis.joint_populations(basis.unknowns(x), left)


def whole(sectors: Sequence[SectorOf], levels: int) -> ComplexArray:
    """The density matrix of all sites, one by one, (D, D); small systems."""
    matrices = []
    for basis, x in sectors:
        matrix = dense(basis, basis.unknowns(x))
        matrices.append(matrix if basis.hermitian else matrix + matrix.conj().T)
    size = math.prod(each.levels**each.N for each in sectors[0][0].model.ensembles)
    total = np.zeros((levels, size, levels, size), dtype=complex)
    for (basis, _), matrix in zip(sectors, matrices, strict=True):
        mine = basis.centre_levels
        total[:mine, :, :mine] += matrix.reshape(mine, size, mine, size)
    return total.reshape(levels * size, -1)
