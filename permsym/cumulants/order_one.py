"""The order-1 (mean-field) equations of any model, in real Bloch components of each kind of site."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from permsym.errors import NotApplicable, SolverFailed
from permsym.model import Model
from permsym.operators import ComplexArray, Matrix, Monomial, Product, as_array
from permsym.operators import product as matrix_product
from permsym.sites import Ensemble, Site

Vector = NDArray[np.float64]


class OrderOne:
    """d r_k/dt = sum of products of one-site expectation values.

    Unknowns r: for the centre and for each ensemble the expectation values of d^2 - 1 hermitian traceless operators
    (x, y, z for spins), so that every one-site expectation value is an affine function of r.
    """

    def __init__(self, model: Model) -> None:
        if model.centre.kind == "boson":
            raise NotApplicable("the order-1 equations in Bloch components are for centres with few levels, not for a boson")
        self.model = model
        self.sites: list[Site] = [model.centre, *model.ensembles]
        self.bases = [hermitian_basis(site.levels) for site in self.sites]
        self.norms = [[np.vdot(h, h).real for h in basis] for basis in self.bases]
        ends = np.cumsum([0] + [len(basis) for basis in self.bases])
        self.slices = [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]
        self.size = int(ends[-1])
        self._functionals: dict[tuple[int, Matrix], int] = {}
        self._rows: list[tuple[float, Vector]] = []
        # (equation, coefficient, indices of functionals)
        self.monomials: list[tuple[int, complex, tuple[int, ...]]] = []
        for position, (site, basis) in enumerate(zip(self.sites, self.bases, strict=True)):
            for k, matrix in enumerate(basis):
                observable = site.operator(matrix)
                weight = 1 / site.N if isinstance(site, Ensemble) else 1.0
                for key, value in model.heisenberg(observable).terms.items():
                    for factor, factors in self._distinct(key):
                        indices = tuple(self._functional(*each) for each in factors)
                        self.monomials.append((self.slices[position].start + k, value * factor * weight, indices))
        self.constants = np.array([constant for constant, _ in self._rows], dtype=complex)
        self.linear = np.array([row for _, row in self._rows], dtype=complex).reshape(-1, self.size)
        self.generators = [self._generator(charge) for charge in model.charges]
        self.scale = max((abs(value) for _, value, _ in self.monomials), default=1.0)

    def _distinct(self, key: Product) -> Iterator[tuple[float, list[tuple[int, Matrix]]]]:
        """A product of collective operators as sums over distinct sites: (number of terms, one-site factors)."""
        groups: list[list[tuple[int, Matrix]]] = [[]]
        for name, matrix in key.satellites:
            position = 1 + self.model.ensemble(name)
            grown = []
            for sites in groups:
                grown.append([*sites, (position, matrix)])
                for i, (other, known) in enumerate(sites):
                    if other == position:  # n = m: multiply on that site
                        grown.append([*sites[:i], (position, matrix_product(known, matrix)), *sites[i + 1 :]])
            groups = grown
        for sites in groups:
            number = 1.0
            for position, ensemble in enumerate(self.model.ensembles, start=1):
                taken = sum(other == position for other, _ in sites)
                number *= float(np.prod([ensemble.N - i for i in range(taken)], dtype=float))
            centre = [] if key.centre is None or isinstance(key.centre, Monomial) else [(0, key.centre)]
            yield number, centre + sites

    def _functional(self, position: int, matrix: Matrix) -> int:
        """Index of the affine function <matrix>(r) = constant + row . r."""
        if (position, matrix) not in self._functionals:
            array, row = as_array(matrix), np.zeros(self.size, dtype=complex)
            for k, h in enumerate(self.bases[position]):
                row[self.slices[position].start + k] = np.vdot(h, array) / self.norms[position][k]  # h is hermitian
            self._functionals[position, matrix] = len(self._rows)
            self._rows.append((np.trace(array) / len(array), row))
        return self._functionals[position, matrix]

    def _generator(self, charge: Sequence[int]) -> Vector:
        """Matrix of the rotation d<h_k>/dt = <i [Q, h_k]> by the charge Q."""
        result = np.zeros((self.size, self.size))
        for weight, site, basis, norms, mine in zip(charge, self.sites, self.bases, self.norms, self.slices, strict=True):
            q = weight * np.diag(np.array(site.excitations, dtype=float))
            for k, h in enumerate(basis):
                turned = 1j * (q @ h - h @ q)
                result[mine.start + k, mine] = [np.vdot(h2, turned).real / n for h2, n in zip(basis, norms, strict=True)]
        return result

    # -- the equations --------------------------------------------------------------------------------------------------

    def rhs(self, r: Vector) -> Vector:
        """dr/dt."""
        values = self.constants + self.linear @ r
        result = np.zeros(self.size, dtype=complex)
        for equation, coefficient, indices in self.monomials:
            result[equation] += coefficient * np.prod(values[list(indices)])
        return result.real

    def jacobian(self, r: Vector) -> Vector:
        """d(dr/dt)/dr."""
        values = self.constants + self.linear @ r
        result = np.zeros((self.size, self.size), dtype=complex)
        for equation, coefficient, indices in self.monomials:
            for i, index in enumerate(indices):
                rest = [values[j] for j in indices[:i] + indices[i + 1 :]]
                result[equation] += coefficient * np.prod(rest) * self.linear[index]
        return result.real

    def rotating(self, r: Vector, frequencies: Sequence[float] | Vector) -> Vector:
        """dr/dt in a frame that turns with the phases: zero for a stationary state."""
        return self.rhs(r) - sum((f * (g @ r) for f, g in zip(frequencies, self.generators, strict=True)), np.zeros(self.size))

    def relaxed(self) -> tuple[Vector, tuple[float, ...]]:
        """The stationary state that a tilted product state relaxes to, and the frequencies of its phases."""
        r = self._start()
        if not self.model.jumps:
            raise SolverFailed("mean field has no attractor without dissipation; give at least one rate a positive value")
        # rates may span decades and the slow ones may not matter: lengthen the evolution until it ends at a stable state
        span = 20 / float(np.median([jump.rate for jump in self.model.jumps]))
        for _ in range(18):
            solution = solve_ivp(
                lambda t, y: self.rhs(y), (0, span), r, method="LSODA", jac=lambda t, y: self.jacobian(y), rtol=1e-9, atol=1e-12
            )
            if not solution.success:
                break
            r = solution.y[:, -1]
            found = self._newton(r)
            if found is not None:
                return found
            span *= 2
        raise SolverFailed(
            "no stationary mean-field state was reached; the attractor is a limit cycle, or relaxation is slower than the rates suggest"
        )

    def _newton(self, r: Vector) -> tuple[Vector, tuple[float, ...]] | None:
        """Newton's method in (r, frequencies); minimum-norm steps leave the free phases alone.  Accepts stable states nearby."""
        start = r
        f: Any = np.zeros(len(self.generators))
        turning = np.stack([g @ r for g in self.generators], axis=1) if self.generators else np.zeros((self.size, 0))
        if np.abs(turning).max(initial=0.0) > 1e-6:
            f = np.linalg.lstsq(turning, self.rhs(r), rcond=1e-6)[0]
        for _ in range(30):
            defect = self.rotating(r, f)
            turning = np.stack([g @ r for g in self.generators], axis=1) if self.generators else np.zeros((self.size, 0))
            matrix = self.jacobian(r) - sum((x * g for x, g in zip(f, self.generators, strict=True)), np.zeros((self.size, self.size)))
            step = np.linalg.lstsq(np.concatenate([matrix, -turning], axis=1), -defect, rcond=1e-12)[0]
            r, f = r + step[: self.size], f + step[self.size :]
            if np.abs(step[: self.size]).max() < 1e-14:
                break
        if np.abs(turning).max(initial=0.0) < 1e-9:
            f = np.zeros(len(self.generators))  # a symmetric state has no phase to turn
        near = np.abs(r - start).max() < 0.05
        stationary = np.abs(self.rotating(r, f)).max() < 1e-10 * self.scale
        return (r, tuple(map(float, f))) if near and stationary and self.stability(r, tuple(f)) < 1e-9 * self.scale else None

    def stability(self, r: Vector, frequencies: Sequence[float]) -> float:
        """Largest real part of the Jacobian's spectrum, one neutral phase mode for each broken symmetry left out."""
        matrix = self.jacobian(r) - sum(
            (f * g for f, g in zip(frequencies, self.generators, strict=True)), np.zeros((self.size, self.size))
        )
        values = np.linalg.eigvals(matrix)
        turning = np.stack([g @ r for g in self.generators], axis=1) if self.generators else np.zeros((self.size, 0))
        broken = int(np.linalg.matrix_rank(turning, tol=1e-7)) if turning.size else 0
        rest = np.delete(values, np.argsort(np.abs(values))[:broken])
        return float(rest.real.max(initial=-np.inf))

    def _start(self) -> Vector:
        """A product state mostly excited, with a transverse component on every site that breaks the symmetries."""
        r = np.zeros(self.size)
        for site, basis, mine in zip(self.sites, self.bases, self.slices, strict=True):
            amplitudes = np.array([1.0 + 0.5 * q for q in site.excitations]) * np.exp(0.3j * np.arange(site.levels))
            pure = np.outer(amplitudes, amplitudes.conj()) / np.vdot(amplitudes, amplitudes)
            rho = 0.8 * pure + 0.2 * np.eye(site.levels) / site.levels
            r[mine] = [np.trace(rho @ h).real for h in basis]
        return r


def density_matrices(sites: Sequence[Site], r: Vector) -> tuple[ComplexArray, ...]:
    """Density matrix of each kind of site from its Bloch components, concatenated in r."""
    found, start = [], 0
    for site in sites:
        basis = hermitian_basis(site.levels)
        rho: Any = np.eye(site.levels, dtype=complex) / site.levels
        for value, h in zip(r[start:], basis, strict=False):
            rho = rho + value * h / np.vdot(h, h).real
        found.append(np.asarray(rho, dtype=complex))
        start += len(basis)
    return tuple(found)


def hermitian_basis(levels: int) -> list[ComplexArray]:
    """d^2 - 1 orthogonal hermitian traceless matrices; x, y, z for d = 2."""
    found: list[ComplexArray] = []
    for i, j in itertools.combinations(range(levels), 2):
        x = np.zeros((levels, levels), dtype=complex)
        y = np.zeros((levels, levels), dtype=complex)
        x[i, j] = x[j, i] = 1
        y[i, j], y[j, i] = -1j, 1j
        found += [x, y]
    for k in range(1, levels):
        found.append(np.diag([1.0] * k + [-float(k)] + [0.0] * (levels - k - 1)).astype(complex))
    return found
