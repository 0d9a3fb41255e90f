"""Drift and noise of one spin in its own jumps, and their arrays for a class of equal ones.

With x = c0 + c . sigma at rate r, and s the Bloch vector:

    d<sigma_a>/dt = d_a + sum_b M_ab <sigma_b>
    D_ab = sum r <[x^dag, sigma_a][sigma_b, x] + a <-> b>/2 = sum 4 r Re (c x e_a)^* . (c x e_b) + 2 (m_a s_b + s_a m_b)
    m    = sum r i c^* x c
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.operators import ComplexArray
from permsym.semiclassical.twa.phase_space import SpinClass
from permsym.semiclassical.twa.symbols import PAULI

RealArray = NDArray[np.float64]
_ROUNDING = 1e-13


def one_spin(jumps: list[tuple[float, ComplexArray]]) -> tuple[RealArray, RealArray, RealArray, RealArray]:
    """M (3, 3), d (3,), D0 (3, 3) and m (3,) of one spin in jumps (rate, 2x2 matrix)."""
    damping, pump, diffusion, bias = np.zeros((3, 3)), np.zeros(3), np.zeros((3, 3)), np.zeros(3)
    for rate, x in jumps:
        dagger, c = x.conj().T, np.einsum("kij,ji->k", PAULI, x) / 2
        for a, sigma in enumerate(PAULI):
            change = rate * (dagger @ sigma @ x - (dagger @ x @ sigma + sigma @ dagger @ x) / 2)
            pump[a] += np.trace(change).real / 2
            damping[a] += np.einsum("kij,ji->k", PAULI, change).real / 2
        across = [np.cross(c, axis) for axis in np.eye(3)]
        diffusion += 4 * rate * np.array([[np.vdot(p, q).real for q in across] for p in across])
        bias += rate * (1j * np.cross(c.conj(), c)).real
    return damping, pump, diffusion, bias


def class_arrays(spins: SpinClass, jumps: list[tuple[float, ComplexArray]]) -> dict[str, Any]:
    """The arrays of one class, by name."""
    damping, pump, diffusion, bias = one_spin(jumps)
    size = float(np.linalg.norm(bias))
    total = sum(rate * float(np.abs(x).max()) ** 2 for rate, x in jumps)
    if size > _ROUNDING * total:
        others = np.linalg.svd(bias[None])[2][1:]
        _, turn = np.linalg.eigh(others @ diffusion @ others.T)
        frame = np.vstack([turn.T @ others, bias / size])
    else:  # a constant D: its smallest eigenvalue last
        size, frame = 0.0, np.linalg.eigh(diffusion)[1].T[::-1]
    turned = frame @ diffusion @ frame.T
    roots = np.sqrt(np.maximum(turned.diagonal()[:2], 0.0))
    inverse = np.divide(1.0, roots, out=np.zeros(2), where=roots > 0)
    cross = turned[:2, 2] if size else np.zeros(2)
    noisy = bool(np.abs(diffusion).max() > _ROUNDING * total) if jumps else False
    return {
        "damping": damping,
        "pump": spins.N * pump,
        "frame": frame,
        "root": roots,
        "inverse": inverse,
        "cross": cross,
        "along": float(turned[2, 2]),
        "bias": size,
        "noisy": noisy,
    }
