"""H and collapse operators of a model in the whole product space, as QuTiP takes them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from permsym.errors import InputError, TooLarge
from permsym.jumps import Jump
from permsym.operators import CentreOperator, Matrix, Monomial, Operator, as_array
from permsym.several_sites import modes_of_centre, on_each_site, sites_of_centre
from permsym.sites import Ensemble, NoCentre, Site

if TYPE_CHECKING:
    import qutip

LARGEST = 16384
"""Dimension of the product space: twelve spins and a qubit; QuTiP's Liouvillian of them has 10^10 entries along its diagonals."""


class ProductSpace:
    """Every satellite on its own: the centre's sites first, then the satellites, ensemble after ensemble; level 0 (up) first on each."""

    def __init__(self, centre: Site, ensembles: tuple[Ensemble, ...]) -> None:
        if any(mode.automatic or mode.displacement for _, mode in modes_of_centre(centre)):
            raise InputError("QuTiP needs a number of plain Fock states; give one, such as model.with_levels(20)")
        self.centre = centre
        self.width = len(sites_of_centre(centre))
        self.dims = [*(site.levels for site in sites_of_centre(centre)), *(each.levels for each in ensembles for _ in range(each.N))]
        if math.prod(self.dims) > LARGEST:
            few = "resized(N=3)" if len(ensembles) == 1 else "resized(" + ", ".join(f"{each.name}=2" for each in ensembles) + ")"
            raise TooLarge(f"the product space has {math.prod(self.dims)} states, but at most {LARGEST} are written; try model.{few}")
        self.sites: dict[str, range] = {}
        start = self.width
        for each in ensembles:
            self.sites[each.name] = range(start, start + each.N)
            start += each.N

    def qobj(self, matrix: sparse.csr_array) -> qutip.Qobj:
        """As QuTiP's object; no site stands for a centre that is not there."""
        try:
            import qutip
        except ImportError:
            raise InputError("QuTiP is not installed; install it with `pip install permsym[qutip]`") from None
        dims = self.dims[1:] if isinstance(self.centre, NoCentre) else self.dims
        return qutip.Qobj(sparse.csr_matrix(matrix), dims=[dims, dims])

    def at(self, site: int, matrix: np.ndarray) -> sparse.csr_array:
        """An operator of one site."""
        before, after = math.prod(self.dims[:site]), math.prod(self.dims[site + 1 :])
        return sparse.csr_array(sparse.kron(sparse.kron(sparse.eye_array(before), sparse.csr_array(matrix)), sparse.eye_array(after)))

    def on_centre(self, operator: CentreOperator | None) -> sparse.csr_array:
        """An operator of the centre; None is the identity."""
        total = sparse.csr_array(sparse.eye_array(math.prod(self.dims), dtype=complex))
        for site, one in enumerate(on_each_site(self.centre, operator)):
            if one is not None:
                total = total @ self.at(site, one.matrix(self.dims[site]) if isinstance(one, Monomial) else as_array(one))
        return total

    def operator(self, operator: Operator) -> sparse.csr_array:
        """Products of the centre's operator and sums over satellites."""
        total = sparse.csr_array((math.prod(self.dims),) * 2, dtype=complex)
        for key, value in operator.terms.items():
            term = self.on_centre(key.centre)
            for name, matrix in key.satellites:
                term = term @ self.weighted(name, matrix, np.ones(len(self.sites[name])))
            total = total + value * term
        return total

    def weighted(self, name: str, matrix: Matrix, weights: np.ndarray) -> sparse.csr_array:
        """sum_n w_n s_n over an ensemble."""
        total = sparse.csr_array((math.prod(self.dims),) * 2, dtype=complex)
        for site, weight in zip(self.sites[name], weights, strict=True):
            if weight:
                total = total + weight * self.at(site, as_array(matrix))
        return total

    def individual(self, jump: Jump, weights: np.ndarray) -> sparse.csr_array:
        """An individual jump's operator with these weights of the satellites."""
        total = sparse.csr_array((math.prod(self.dims),) * 2, dtype=complex)
        for key, value in jump.operator.terms.items():
            ((name, matrix),) = key.satellites
            total = total + value * (self.on_centre(key.centre) @ self.weighted(name, matrix, weights))
        return total

    def collapse(self, jump: Jump) -> Iterator[sparse.csr_array]:
        """Operators of a jump, each times sqrt(\\|rate\\|)."""
        root = math.sqrt(abs(jump.rate))
        if jump.kind == "individual":
            size = len(self.sites[next(iter(jump.operator.terms)).satellites[0][0]])
            for weights in np.eye(size):
                yield root * self.individual(jump, weights)
        else:
            yield root * self.operator(jump.operator)


def written(
    centre: Site, ensembles: tuple[Ensemble, ...], hamiltonian: Operator, jumps: tuple[Jump, ...]
) -> tuple[qutip.Qobj, list[qutip.Qobj]]:
    """H and the list of collapse operators."""
    space = ProductSpace(centre, ensembles)
    energy = space.operator(hamiltonian)
    operators = [(1.0 if jump.rate > 0 else -1.0, x) for jump in jumps for x in space.collapse(jump)]
    if any(sign < 0 for sign, _ in operators):
        energy, positive = _positive(energy, operators)
        operators = [(1.0, x) for x in positive]
    return space.qobj(energy), [space.qobj(x) for _, x in operators]


def _positive(energy: sparse.csr_array, operators: list[tuple[float, sparse.csr_array]]) -> tuple[sparse.csr_array, list[sparse.csr_array]]:
    """The same equation with positive rates alone: eigenvectors of sum_k +- x_k x_k^dag over operators without their trace.

    L[x + c] = L[x] - i [(i/2) (c^* x - c x^dag), .]
    """
    size = energy.shape[0]
    columns = []
    for sign, x in operators:
        c = x.trace() / size
        x = sparse.csr_array(x - c * sparse.eye_array(size))
        energy = energy + sign * 0.5j * (np.conj(c) * x - c * x.conj().T)
        columns.append(x.reshape(size * size, 1))
    whole = sparse.hstack(columns).tocsr()
    gram = (whole.conj().T @ whole).toarray()
    values, vectors = np.linalg.eigh(gram)
    independent = values > 1e-12 * values.max()
    half = vectors[:, independent] * np.sqrt(values[independent])  # whole = orthonormal @ half^dag
    signs = np.array([sign for sign, _ in operators])
    rates, mixed = np.linalg.eigh(half.conj().T @ (signs[:, None] * half))
    back = vectors[:, independent] / np.sqrt(values[independent]) @ mixed
    strong = np.flatnonzero(np.abs(rates) > 1e-12 * np.abs(rates).max())
    return energy, [sparse.csr_array((np.sqrt(max(rates[k], 0)) * (whole @ back[:, k])).reshape(size, size)) for k in strong]
