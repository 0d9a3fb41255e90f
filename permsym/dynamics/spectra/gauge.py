"""The phases in which a charged sector of the Liouvillian is real: half the memory and half the time of its factors.

On resonance all frequencies of a sector turn together, L_ii = i Omega - rates, and couplings between elements are real or imaginary.
With phases  phi_k = i^(0 or 1)  that change across every imaginary coupling

    L = i Omega + phi L' phi^*,      L' real
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from permsym.assembly import EPS, Assembly


@dataclass(frozen=True)
class Gauge:
    """L = i turn + phases L' conj(phases), with L' real if ``real``, else L itself: turn 0 and phases 1.

    assembly   of L'
    """

    assembly: Assembly
    phases: NDArray[np.complex128] | float
    turn: float
    real: bool

    @classmethod
    def of(cls, assembly: Assembly) -> Gauge:
        """The gauge of a Liouvillian; one that is real already, or that has no such phases, stays as it is."""
        matrix = assembly.matrix
        if not np.iscomplexobj(matrix):
            return cls(assembly, 1.0, 0.0, True)
        diagonal = matrix.diagonal()
        turn = float(np.median(diagonal.imag))
        unlike = np.abs(diagonal.imag - turn) > assembly.rounding(np.ones(matrix.shape[0])) + 4 * EPS * abs(turn)
        entries = matrix.tocoo()
        off = entries.row != entries.col
        row, column, value = entries.row[off], entries.col[off], entries.data[off]
        mixed = (value.real != 0) & (value.imag != 0)
        odd = None if unlike.any() or mixed.any() else _odd(row, column, value.imag != 0, matrix.shape[0])
        if odd is None:
            return cls(assembly, 1.0, 0.0, False)
        phases = np.where(odd, 1j, 1.0)
        turned = (matrix - sparse.diags_array(np.full(matrix.shape[0], 1j * turn), format="csc")).tocsc()
        data = turned.data * np.repeat(phases, np.diff(turned.indptr)) * phases.conj()[turned.indices]
        real = sparse.csc_array((data.real.copy(), turned.indices, turned.indptr), shape=matrix.shape)
        return cls(replace(assembly, matrix=real, cancelled=abs(assembly.cancelled)), phases, turn, True)

    def middle(self, x: NDArray[Any]) -> float:
        """Mean frequency of a vector, x^* . L x / |x|^2; zero where L' is real."""
        if self.real or not x.any():
            return 0.0
        return float((np.vdot(x, self.assembly.matrix @ x) / np.vdot(x, x)).imag)

    def turned(self, vector: NDArray[Any]) -> NDArray[np.complex128]:
        """phi^* x: what L' acts on."""
        return np.asarray(np.conj(self.phases) * vector, dtype=complex)

    def covector(self, covector: NDArray[Any]) -> NDArray[np.complex128]:
        """phi a, with a . x = (phi a) . (phi^* x)."""
        return np.asarray(self.phases * covector, dtype=complex)


def _odd(row: NDArray[Any], column: NDArray[Any], imaginary: NDArray[np.bool_], size: int) -> NDArray[np.bool_] | None:
    """Which unknowns take the phase i; None where no choice makes every coupling real.

    Components of a graph with two nodes an unknown: a real coupling joins equal nodes, an imaginary one unequal nodes.
    """
    even, odd = np.where(imaginary, column + size, column), np.where(imaginary, column, column + size)
    first, second = np.concatenate([row, row + size]), np.concatenate([even, odd])
    graph = sparse.csr_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(2 * size, 2 * size))
    _, component = csgraph.connected_components(graph, directed=False)
    plain, turned = component[:size], component[size:]
    return None if (plain == turned).any() else np.asarray(plain > turned)
