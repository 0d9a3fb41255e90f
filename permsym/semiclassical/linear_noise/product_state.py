"""Expectation values in a product state, and what jumps make of them: the diffusion of one-site means.

With A_i the operator whose mean is unknown i (of an ensemble: the mean over its satellites), a jump of rate r adds

    D_ij = r/2 < [x^dag, A_i] [A_j, x] + [x^dag, A_j] [A_i, x] >

to d/dt <A_i A_j + A_j A_i>/2: exact for a Lindblad master equation, in which Hamiltonians diffuse nothing.  Products of sums over
satellites meet on the same satellite, too: for a class of N, the share of equal satellites is 1/N.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from permsym.cumulants.equations import Equations
from permsym.cumulants.equations.structure import falling
from permsym.operators import ComplexArray, Monomial, Operator, Product, as_array, as_matrix, commutator


@dataclass(frozen=True)
class ProductState:
    """rho_0 (x) rho_A (x) rho_A ...; a boson is in a coherent state.

    centre       density matrix (d, d), or the amplitude <a> of a boson
    satellites   density matrix of one satellite, by ensemble
    """

    centre: ComplexArray | complex
    satellites: Mapping[str, ComplexArray]

    @classmethod
    def of(cls, equations: Equations, y: ComplexArray) -> ProductState:
        """The state with these one-site means: of order-1 equations unknown k is letter k."""
        alphabet = equations.hierarchy.alphabet
        first, *others = alphabet.slices
        centre = complex(y[1]) if alphabet.centre is None else alphabet.centre.density([1, *y[first]])
        sites = zip(alphabet.names, alphabet.ensembles, others, strict=True)
        return cls(centre, {name: site.density([1, *y[mine]]) for name, site, mine in sites})

    def expectation(self, operator: Operator, sizes: Mapping[str, float]) -> complex:
        """<O> of an operator of the centre and of sums over ``sizes`` satellites."""
        return sum((value * self._product(key, sizes) for key, value in operator.terms.items()), 0j)

    def _product(self, key: Product, sizes: Mapping[str, float]) -> complex:
        value = 1 + 0j
        if isinstance(key.centre, Monomial):
            alpha = complex(self.centre)
            value = alpha.conjugate() ** key.centre.p * alpha**key.centre.q
        elif key.centre is not None:
            value = complex(np.trace(as_array(key.centre) @ self.centre))
        for name in dict.fromkeys(name for name, _ in key.satellites):
            matrices = [as_array(matrix) for other, matrix in key.satellites if other == name]
            value *= sum(
                falling([sizes[name]], [0], [len(groups)])
                * math.prod(complex(np.trace(_multiplied(matrices, group) @ self.satellites[name])) for group in groups)
                for groups in _groupings(len(matrices))
            )
        return value


def _multiplied(matrices: Sequence[ComplexArray], positions: Sequence[int]) -> ComplexArray:
    product = matrices[positions[0]]
    for position in positions[1:]:
        product = product @ matrices[position]
    return product


def _groupings(number: int) -> Iterator[list[list[int]]]:
    """All ways to put ``number`` factors on distinct satellites: groups of positions that share one."""
    if number == 0:
        yield []
        return
    for groups in _groupings(number - 1):
        yield [*groups, [number - 1]]
        for i, group in enumerate(groups):
            yield [*groups[:i], [*group, number - 1], *groups[i + 1 :]]


def one_site_operators(equations: Equations) -> list[Operator]:
    """A_i: the operator whose mean each unknown of order-1 equations is."""
    alphabet = equations.hierarchy.alphabet
    if alphabet.centre is None:
        keys = [(Product(Monomial(1, 0)), 1.0), (Product(Monomial(0, 1)), 1.0)]
    else:
        keys = [(Product(as_matrix(matrix)), 1.0) for matrix in alphabet.centre.basis[1:]]
    for name, site, size in zip(alphabet.names, alphabet.ensembles, equations.sizes, strict=True):
        keys += [(Product(satellites=((name, as_matrix(matrix)),)), 1 / size) for matrix in site.basis[1:]]
    return [Operator({key: weight}) for key, weight in keys]


def diffusion(equations: Equations, y: ComplexArray) -> ComplexArray:
    """D of the equation above in the product state of the means y, (n, n)."""
    state, means = ProductState.of(equations, y), one_site_operators(equations)
    total = np.zeros((len(means), len(means)), dtype=complex)
    for jump in equations.model.jumps:
        sizes, weight = dict(zip(equations.hierarchy.alphabet.names, equations.sizes, strict=True)), jump.rate
        if jump.kind == "individual":  # as many jumps as satellites, each of an ensemble of one
            name = next(iter(jump.operator.terms)).satellites[0][0]
            weight *= sizes[name]
            sizes[name] = 1.0
        dagger = jump.operator.dag()
        left = {i: bracket for i, mean in enumerate(means) if (bracket := commutator(dagger, mean))}
        right = {j: -bracket for j, mean in enumerate(means) if (bracket := commutator(jump.operator, mean))}
        for i, first in left.items():
            for j, second in right.items():
                total[i, j] += weight * state.expectation(first * second, sizes)
    return np.asarray((total + total.T) / 2, dtype=np.complex128)
