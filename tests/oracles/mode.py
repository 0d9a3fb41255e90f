"""A mode on its own, dense, with its own ladder matrices: no unknown but the elements whose n - n' is a multiple of ``step``."""

from __future__ import annotations

import numpy as np


def ladder(levels):
    return np.diag(np.sqrt(np.arange(1.0, levels)), 1)


def steady(hamiltonian, jumps, step=1):
    """rho (levels, levels) of H and jump operators (rates included); rho_nm = 0 where n - m is no multiple of ``step``."""
    levels = len(hamiltonian)
    n, m = (each.ravel() for each in np.indices((levels, levels)))
    mine = np.flatnonzero((n - m) % step == 0)
    heating = -1j * hamiltonian - sum(x.conj().T @ x for x in jumps) / 2
    n, m = n[mine], m[mine]
    L = heating[n[:, None], n] * (m[:, None] == m) + heating.conj()[m[:, None], m] * (n[:, None] == n)
    for x in jumps:
        L = L + x[n[:, None], n] * x.conj()[m[:, None], m]
    row = int(np.flatnonzero((n == 0) & (m == 0))[0])
    right = np.zeros(len(mine), dtype=complex)
    L[row], right[row] = n == m, 1
    rho = np.zeros(levels * levels, dtype=complex)
    rho[mine] = np.linalg.solve(L, right)
    return rho.reshape(levels, levels)
