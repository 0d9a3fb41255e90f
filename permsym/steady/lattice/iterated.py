"""The null vector of an assembled matrix by iteration, for lattices of so many dimensions that factors fill.

    (L - s v tr) x = -s v,    tr v = 1

has the steady state, normalised, as its only solution: no population is pinned.  The same matrix, transposed, gives dual vectors:
(L - s v tr)^T y = c - <c> tr has the solution of L^T y = c - <c> tr with v . y = 0.
"""

from __future__ import annotations

import time
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym.basis.basis import Basis
from permsym.errors import SolverFailed
from permsym.linear.assembled.settings import Outer
from permsym.linear.assembled.solver import BiCGStab
from permsym.operators import as_matrix
from permsym.progress import Progress, silent
from permsym.sites import Boson, Ensemble, Site
from permsym.steady.lattice.null_vector import Bounds, NullProblem, NullVector, Vector

if TYPE_CHECKING:  # it loads compiled loops
    from permsym.linear.assembled.iteration import Iteration

_USELESS = 1e-8  # residual, relative to the state, of an iteration that has failed; what is smaller the error bounds judge
_APART = 20_000  # unknowns up to which every moment gets a dual vector of its own
_SIGNS = ((1.0,), (1.0, -1.0))  # of the summands, over and over
_NOTHING = 1e-12  # of the largest weight of an observable: less than that of it the state does not have
_EVERY = 2.0  # seconds before the first line of progress; the others come ever more slowly


class IteratedNull(NullVector):
    """A null vector whose dual vectors cost an iteration each, about as many products as the state itself.

    Of a large system that is asked for several observables, two sums of all of them stand for all, each in units of
    (sum |c| |x|)^(1/2): their bounds are estimates for each summand (as in :mod:`permsym.steady.cavity.solution`).
    """

    def __init__(self, problem: NullProblem, inverse: Iteration, vector: Vector) -> None:
        super().__init__(problem, inverse, None, vector)
        self.settings = inverse.settings
        self.shared = False
        """Whether sums of observables have stood for several of them."""

    def again(self, problem: NullProblem, x: Vector) -> IteratedNull:
        """The same state x (basis.dimension,) as the null vector of a problem with more unknowns."""
        return solve(problem, BiCGStab(*astuple(self.settings)), x)[0]

    def _besides(self, y: Vector, uncertainty: Vector) -> Vector:
        """With what an edge and a cut-off drop: beside that a dual vector needs few digits, and each takes products."""
        relative = y - np.outer(self.problem.trace, self.vector @ y)
        dropped = self.problem.leaks * np.abs(self.vector) + self.beyond
        return super()._besides(y, uncertainty) + np.abs(relative).T @ dropped

    def bounds(self, covectors: Vector) -> Bounds:
        """As :meth:`NullVector.bounds`; of more than two covectors (n, k) of a large system an estimate."""
        many = len(covectors) > _APART and covectors.shape[1] > len(_SIGNS)
        scale = np.abs(covectors).T @ np.abs(self.vector)
        shared = many & (scale > _NOTHING * np.abs(covectors).max(axis=0))
        if np.count_nonzero(shared) <= len(_SIGNS):
            return super().bounds(covectors)
        self.shared = True
        units = np.sqrt(scale[shared])
        signs = np.stack([np.resize(pattern, len(units)) for pattern in _SIGNS], axis=1)
        both = super().bounds((covectors[:, shared] / units) @ signs)
        apart = super().bounds(covectors[:, ~shared])
        parts = []
        for mine, others in zip((both.algebraic, both.window, both.cutoff), (apart.algebraic, apart.window, apart.cutoff), strict=True):
            whole = np.zeros(len(scale))
            whole[shared], whole[~shared] = np.max(mine) * units, others
            parts.append(whole)
        return Bounds(parts[0], parts[1], np.maximum(both.edge, apart.edge), parts[2])


def solve(problem: NullProblem, solver: BiCGStab, mixed: Vector, progress: Progress = silent) -> tuple[IteratedNull, int]:
    """The null vector, and the products that it took; SolverFailed where the iteration does not come near it.

    mixed   (basis.dimension,) a state with every population: where the zero goes, and where the iteration begins
    """
    trace = problem.trace
    populations = np.flatnonzero(trace)
    v = np.where(trace != 0, mixed[problem.active], 0.0)
    v /= trace @ v
    # as fast as the populations of v decay
    s = float(np.abs(problem.matrix.diagonal()[populations]) @ (v * trace)[populations]) or 1.0
    inverse = solver.factor(problem.matrix, outer=Outer(populations, -s * v[populations], trace[populations]))
    line = [time.perf_counter(), _EVERY]

    def watch(products: int, size: float) -> None:
        now = time.perf_counter()
        if now - line[0] > line[1]:
            line[:] = now, 1.3 * line[1]
            progress(f"{len(v):,} unknowns, {products} products: residual {size / start:.1e}")

    start = float(np.linalg.norm(v))
    x = inverse.solved(-s * v, v.copy(), watch)
    residual, products = inverse.relative_residual(x), 0 if inverse.last is None else inverse.last.products
    if not residual < _USELESS:
        raise SolverFailed(
            f"the iteration ended after {products} products with a residual of {residual:.1e}: "
            "the state relaxes too slowly for it; give solver='superlu', or rates that are less unequal"
        )
    return IteratedNull(problem, inverse, x / (trace @ x)), products


def mixed_state(basis: Basis) -> Vector:
    """(basis.dimension,) all levels of every site alike, of a mode 2^-n."""
    model = basis.model
    weights = [
        # symmetric satellites have no product of mixed states: all of their states alike
        part.trace if isinstance(site, Ensemble) and site.symmetric else part.product_state(_mixed(site))
        for part, site in zip(basis.parts, model.sites, strict=True)
    ]
    return np.asarray(basis.product_state(weights))


def _mixed(site: Site) -> Any:
    populations = 0.5 ** np.arange(site.levels) if isinstance(site, Boson) else np.ones(site.levels)
    return as_matrix(np.diag(populations / populations.sum()))
