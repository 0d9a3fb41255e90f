"""Fluctuations around a mean-field state of a model: covariances, shifted means, diffusing phases.

Means y, correlations K of different sites and the shift m of the means obey

    A C + C A^T + D = 0,   K = (N C - C_one) / (N - 1) within a class, else C,   A m + H:K/2 = 0

C_one is the covariance of a single satellite: two operators of a class meet on the same satellite in one of N cases.  Operators of a boson
are ordered symmetrically in C and normally in K.  Where phases are free their diffusion P makes C and m grow; these secular parts cancel
in every moment without charge and are left out:

    A m' = - H:(v P v^T)/2,      A m = m' + c v - H:K/2,      c = - w (m' - H:K/2)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from permsym.cumulants.equations import Equations
from permsym.cumulants.newton import FixedPoint, turning_directions
from permsym.operators import ComplexArray
from permsym.semiclassical.linear_noise.gaussian import Linearised
from permsym.semiclassical.linear_noise.product_state import ProductState, diffusion


@dataclass(frozen=True)
class Fluctuations:
    """Leading fluctuations of one-site means, in the order of the unknowns of order-1 equations (n of them).

    y        mean-field means (n,)
    m        what fluctuations add to them (n,)
    C        covariances in symmetric order (n, n)
    K        correlations of different sites, of a boson in normal order (n, n)
    P        diffusion of the broken phases (k, k), in units of radians squared a time
    defect   what is left of the covariance's equation, relative to the diffusion
    """

    y: ComplexArray
    m: ComplexArray
    C: ComplexArray
    K: ComplexArray
    P: ComplexArray
    defect: float

    def moment(self, powers: Mapping[int, int]) -> complex:
        """A product of means to first order in the fluctuations; ``powers``: unknown -> how often it is a factor.

        prod y + sum_i m_i d_i prod y + sum_ij K_ij d_i d_j prod y / 2
        """
        factors = [i for i, n in powers.items() for _ in range(n)]
        total = complex(np.prod(self.y[factors]))
        for a, i in enumerate(factors):
            total += self.m[i] * complex(np.prod(self.y[factors[:a] + factors[a + 1 :]]))
        for a, b in combinations(range(len(factors)), 2):
            rest = factors[:a] + factors[a + 1 : b] + factors[b + 1 :]
            total += self.K[factors[a], factors[b]] * complex(np.prod(self.y[rest]))
        return complex(total)


@dataclass(frozen=True)
class Correlations:
    """The linear part of it: drift, covariances and diffusing phases around a point; scaled as the equations' unknowns."""

    drift: Linearised
    C: ComplexArray
    K: ComplexArray
    P: ComplexArray
    defect: float


def correlations(point: FixedPoint) -> Correlations:
    """Correlations around means that are at rest, or nearly so."""
    equations, units = point.equations, np.outer(point.equations.scale, point.equations.scale)
    drift = Linearised(point.jacobian, turning_directions(equations.hierarchy.charge, point.broken, point.x))
    D = diffusion(equations, point.y) / units
    C = drift.covariance(D)
    return Correlations(drift, C, distinct(equations, point.y, C * units) / units, drift.phase_diffusion(D), drift.defect(C, D))


def fluctuations(point: FixedPoint) -> Fluctuations:
    """Fluctuations around a fixed point of order-1 equations, of a model as it is."""
    scale, here = point.equations.scale, correlations(point)
    drift, units = here.drift, np.outer(scale, scale)
    secular = drift.directions @ here.P @ drift.directions.T
    growth = drift.solve(-curved(point.equations, point.x, secular) / 2)
    m = drift.solve(growth - curved(point.equations, point.x, here.K) / 2)
    return Fluctuations(point.y, m * scale, here.C * units, here.K * units, here.P, here.defect)


def distinct(equations: Equations, y: ComplexArray, C: ComplexArray) -> ComplexArray:
    """K from C: covariances of operators on different sites, those of a boson in normal order."""
    alphabet = equations.hierarchy.alphabet
    state, K = ProductState.of(equations, y), C.copy()
    if alphabet.boson:
        K[0, 1] -= 0.5
        K[1, 0] -= 0.5
    for mine, site, name, N in zip(alphabet.slices[1:], alphabet.ensembles, alphabet.names, equations.sizes, strict=True):
        rho = state.satellites[name]
        square = np.array([[np.trace((b @ c + c @ b) @ rho) / 2 for c in site.basis[1:]] for b in site.basis[1:]])
        K[mine, mine] = (N * C[mine, mine] - square + np.outer(y[mine], y[mine])) / (N - 1)
    return K


def curved(equations: Equations, x: ComplexArray, M: ComplexArray) -> ComplexArray:
    """H:M, sum_jk d^2 F_i / dx_j dx_k M_jk of the scaled right-hand sides, (n,).

    At order 1 every moment is the product of its letters' means, so that F is a polynomial whose derivatives are exact.
    """
    hierarchy, scale = equations.hierarchy, equations.scale
    y, M = x * scale, M * np.outer(scale, scale)
    nodes = np.zeros(hierarchy.program.nodes, dtype=complex)
    for counts, node in hierarchy.program.moments.items():
        factors = [letter for letter, n in enumerate(counts) for _ in range(n)]
        for a, b in combinations(range(len(factors)), 2):
            rest = factors[:a] + factors[a + 1 : b] + factors[b + 1 :]
            nodes[node] += 2 * M[factors[a], factors[b]] * np.prod(y[rest])
    return np.asarray((equations.physical_matrix @ nodes) / scale, dtype=np.complex128)
