"""A model's stochastic equations in phase space, as arrays for :mod:`permsym.semiclassical.twa.kernel`.

    mode      d alpha = (-i dH/d alpha^* + sum r/2 (|nu|^2 - |mu|^2) alpha + ...) dt + noise,   jumps x = mu a + nu ad + c
    class     dS = h x S dt + (M S + N d) dt + B dW,    h = 2 dH/dS,    B B^T = N D(S/N)

H is the symbol of the Hamiltonian, so that its equations are classical.  M, d and D are those of one spin in the individual jumps
x = c0 + c . sigma with rates r, exactly:

    d<sigma_a>/dt = d_a + sum_b M_ab <sigma_b>,     D_ab = D0_ab + 2 (m_a s_b + s_a m_b),     m = sum r i c^* x c

A collective jump r L[X], X the symbol of a sum over sites, rotates by the field of H' = Om X^* + c.c. with
Om = -i r X/2 + sqrt(r/2) xi, <|xi|^2> = 1/dt: the first part is drift, the second a rotation in the sense of Stratonovich.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym.errors import UnsuitedModel
from permsym.jumps import Jump
from permsym.model import Model
from permsym.operators import ComplexArray, Monomial, Product, as_array, one_site
from permsym.semiclassical.twa.one_spin import class_arrays
from permsym.semiclassical.twa.phase_space import PhaseSpace
from permsym.semiclassical.twa.symbols import Polynomial, add, constant, derivative, linear, mode_symbol, multiply, pauli_vector, scaled

RealArray = NDArray[np.float64]


class Equations(NamedTuple):
    """The arrays of a model; D coordinates, K classes, J collective jumps, Q nonlinear terms.

    mode                      whether coordinates 0 and 1 are a mode's
    matrix, shift             (D, D), (D,): w = shift + matrix u + nonlinear; w is d/dt of a mode's coordinates, and h of classes
    rows, factors, weights    (Q,), (Q, most), (Q,): w[rows] += weights * product of u[factors]; factors < 0 are no factors
    damping, pump             (K, 3, 3), (K, 3): M and N d of each class
    mode_noise                (2, 2): its square is the mode's D
    frame, root, inverse      (K, 3, 3), (K, 2), (K, 2): rows e1, e2, m/|m|; D = root^2 along e1 and e2, and 1/root
    cross, along, bias        (K, 2), (K,), (K,): D0 between m and across, D0 along m, |m|
    noisy, shrinks            (K,): whether a class has noise of its own; whether clipping shrinks the cross term
    numbers                   (K,): spins of each class
    spread                    (J, 1 + K, 3): x sqrt(r/2) of each collective jump: (mu, nu, 0), then x of each class
    """

    mode: bool
    matrix: RealArray
    shift: RealArray
    rows: NDArray[np.int64]
    factors: NDArray[np.int64]
    weights: RealArray
    damping: RealArray
    pump: RealArray
    mode_noise: RealArray
    frame: RealArray
    root: RealArray
    inverse: RealArray
    cross: RealArray
    along: RealArray
    bias: RealArray
    noisy: NDArray[np.bool_]
    shrinks: NDArray[np.bool_]
    numbers: RealArray
    spread: ComplexArray

    @property
    def noises(self) -> int:
        """Independent normal numbers that a step of the noise takes."""
        return 2 * bool(self.mode_noise.any()) + 3 * int(self.noisy.sum()) + 2 * len(self.spread)

    @property
    def rate(self) -> float:
        """The fastest rate or fixed frequency of the equations: of the damping, of the mode, and of each class's fixed field."""
        rates = [float(np.abs(np.linalg.eigvals(matrix)).max()) for matrix in self.damping]
        first = 2 * self.mode
        rates += [float(np.linalg.norm(self.shift[k : k + 3])) for k in range(first, len(self.shift), 3)]
        if self.mode:
            rates.append(float(np.abs(np.linalg.eigvals(self.matrix[:2, :2])).max()))
        return max(rates)


def equations(model: Model) -> Equations:
    """The stochastic equations; UnsuitedModel, with the term's name, for a term that they do not cover."""
    space = PhaseSpace.of(model)
    drift = _Drift(space)
    names = iter(term.name for term in model.terms)
    drift.hamiltonian(add(*(scaled(_energy(space, key, next(names)), value) for key, value in model.hamiltonian.terms.items())))
    single: list[list[tuple[float, ComplexArray]]] = [[] for _ in space.classes]
    mode_noise = np.zeros((2, 2))
    spread = []
    for jump, name in zip(model.jumps, names, strict=True):
        if jump.rate < 0:
            raise UnsuitedModel(f"truncated Wigner has no noise of the negative rate of {name!r}; take the exact solver or cumulants")
        if jump.kind == "collective":
            spread.append(drift.collective(jump, name))
        elif jump.kind == "central" and space.mode:
            mode_noise += drift.mode(jump, name)
        else:
            position, matrix = _one_spin(space, jump, name)
            single[position].append((jump.rate, matrix))
    classes = [class_arrays(spins, jumps) for spins, jumps in zip(space.classes, single, strict=True)]
    rows, factors, weights = drift.nonlinear()
    values, vectors = np.linalg.eigh(mode_noise)
    return Equations(
        mode=space.mode,
        matrix=drift.matrix,
        shift=drift.shift,
        rows=rows,
        factors=factors,
        weights=weights,
        mode_noise=np.ascontiguousarray(vectors * np.sqrt(np.maximum(values, 0.0))),
        shrinks=np.array([each.ensemble is None for each in space.classes]),
        numbers=np.array([float(each.N) for each in space.classes]),
        spread=np.array(spread, dtype=complex).reshape(len(spread), 1 + len(space.classes), 3),
        **{name: np.array([each[name] for each in classes]) for name in classes[0]},
    )


# -- terms ----------------------------------------------------------------------------------------------------------------


def _energy(space: PhaseSpace, key: Product, name: str) -> Polynomial:
    """Symbol of a product in the Hamiltonian, in coordinates.

    Two collective factors of one ensemble: sum c . sigma  sum d . sigma = (c . S)(d . S) + i (c x d) . S.
    """
    factors = [_centre_symbol(space, key)]
    for spins in space.classes:
        vectors = [pauli_vector(matrix) for ensemble, matrix in key.satellites if ensemble == spins.ensemble]
        if spins.ensemble is None or not vectors:
            continue
        if len(vectors) > 2:
            raise UnsuitedModel(
                f"truncated Wigner has no equations for {name}, a product of {len(vectors)} operators of ensemble "
                f"{spins.ensemble!r}; it takes one or two"
            )
        parts = [linear(space.size, spins.start, c, spins.N * c0) for c0, c in vectors]
        factors.append(multiply(*parts))
        if len(vectors) == 2:
            factors[-1] = add(factors[-1], linear(space.size, spins.start, 1j * np.cross(vectors[0][1], vectors[1][1])))
    return multiply(*factors)


def _centre_symbol(space: PhaseSpace, key: Product) -> Polynomial:
    """Symbol of the centre's factor."""
    centre = one_site(key.centre)
    if centre is None:
        return constant(space.size, 1)
    if not isinstance(centre, Monomial):
        c0, c = pauli_vector(centre)
        return linear(space.size, space.spins(None).start, c, c0)
    star, alpha = linear(space.size, 0, [1, -1j]), linear(space.size, 0, [1, 1j])
    one = constant(space.size, 1)
    return add(*(scaled(multiply(one, *[star] * p, *[alpha] * q), value) for (p, q), value in mode_symbol(centre).items()))


def _one_spin(space: PhaseSpace, jump: Jump, name: str) -> tuple[int, ComplexArray]:
    """Class and 2x2 matrix of a jump of one spin; UnsuitedModel for C (x) s."""
    matrix = np.zeros((2, 2), dtype=complex)
    ensemble: str | None = None
    for key, value in jump.operator.terms.items():
        if key.centre is not None and key.satellites:
            raise UnsuitedModel(
                f"truncated Wigner has no equations for {name}, a jump of the centre and a satellite at once; use steady_state or evolve"
            )
        ensemble = key.satellites[0][0] if key.satellites else None
        one = key.satellites[0][1] if key.satellites else key.centre
        matrix += value * (np.eye(2) if one is None or isinstance(one, Monomial) else as_array(one))
    return next(i for i, spins in enumerate(space.classes) if spins.ensemble == ensemble), matrix


class _Drift:
    """w = shift + matrix u + nonlinear terms, filled term by term."""

    def __init__(self, space: PhaseSpace) -> None:
        self.space = space
        self.matrix = np.zeros((space.size, space.size))
        self.shift = np.zeros(space.size)
        self._nonlinear: list[tuple[int, list[int], float]] = []

    def hamiltonian(self, energy: Polynomial) -> None:
        """dx/dt = H_y / 2, dy/dt = -H_x / 2; h = 2 dH/dS."""
        for row in range(self.space.size):
            in_mode = self.space.mode and row < 2
            factor = (0.5, -0.5)[row] if in_mode else 2.0
            for key, value in derivative(energy, 1 - row if in_mode else row).items():
                variables = [i for i, n in enumerate(key) for _ in range(n)]
                self._put(row, variables, factor * value.real)

    def _put(self, row: int, variables: list[int], weight: float) -> None:
        if len(variables) > 1:
            self._nonlinear.append((row, variables, weight))
        elif variables:
            self.matrix[row, variables[0]] += weight
        else:
            self.shift[row] += weight

    def mode(self, jump: Jump, name: str) -> RealArray:
        """Drift of a jump mu a + nu ad + c of the mode; returns D of (x, y)."""
        mu, nu, c = _amplitudes(jump, name)
        # d alpha = r/2 ((|nu|^2 - |mu|^2) alpha + nu c^* - mu^* c) dt
        growth = jump.rate / 2 * (abs(nu) ** 2 - abs(mu) ** 2)
        push = jump.rate / 2 * (nu * c.conjugate() - mu.conjugate() * c)
        self.matrix[0, 0] += growth
        self.matrix[1, 1] += growth
        self.shift[:2] += push.real, push.imag
        # d alpha = -i (dW mu^* + dW^* nu), <|dW|^2> = r dt / 2: two vectors, one for each quadrature of dW
        ways = np.array([-1j * (w * mu.conjugate() + np.conj(w) * nu) for w in (1, 1j)]) * np.sqrt(jump.rate) / 2
        vectors = np.array([ways.real, ways.imag])
        return np.asarray(vectors @ vectors.T)

    def collective(self, jump: Jump, name: str) -> ComplexArray:
        """Drift of L[X]; returns its vectors for the noise, (1 + K, 3)."""
        space = self.space
        spread = np.zeros((1 + len(space.classes), 3), dtype=complex)
        symbol: Polynomial = {}
        for key, value in jump.operator.terms.items():
            if len(key.satellites) > 1 or (key.centre is not None and (key.satellites or not isinstance(key.centre, Monomial))):
                raise UnsuitedModel(
                    f"truncated Wigner has no equations for {name}; a collective jump must be a sum of operators of single satellites, "
                    "and of a and ad of a mode"
                )
            symbol = add(symbol, scaled(_energy(space, key, name), value))
            for ensemble, matrix in key.satellites:
                spread[1 + space.classes.index(space.spins(ensemble))] += value * pauli_vector(matrix)[1]
        if space.mode and any(key.centre is not None for key in jump.operator.terms):
            spread[0, 0], spread[0, 1], _ = _amplitudes(jump, name)
        omega = scaled(symbol, -0.5j * jump.rate)  # a linear polynomial
        for powers, value in omega.items():
            variables = [i for i, n in enumerate(powers) if n]
            # of Om as a complex number: h = 4 Re(Om x^*), d alpha = -i (Om mu^* + Om^* nu)
            if space.mode:
                push = -1j * (value * spread[0, 0].conjugate() + np.conj(value) * spread[0, 1])
                self._put(0, variables, push.real)
                self._put(1, variables, push.imag)
            for spins, x in zip(space.classes, spread[1:], strict=True):
                for i, field in enumerate(4 * (value * x.conj()).real):
                    self._put(spins.start + i, variables, field)
        return spread * np.sqrt(jump.rate / 2)

    def nonlinear(self) -> tuple[NDArray[np.int64], NDArray[np.int64], RealArray]:
        """Rows, factors and weights of the nonlinear terms."""
        most = max((len(variables) for _, variables, _ in self._nonlinear), default=0)
        factors = [variables + [-1] * (most - len(variables)) for _, variables, _ in self._nonlinear]
        rows = np.array([row for row, _, _ in self._nonlinear], dtype=np.int64)
        weights = np.array([weight for _, _, weight in self._nonlinear], dtype=float)
        return rows, np.array(factors, dtype=np.int64).reshape(len(rows), most), weights


def _amplitudes(jump: Jump, name: str) -> tuple[complex, complex, complex]:
    """(mu, nu, c) of the mode's part mu a + nu ad + c of a jump; UnsuitedModel where it has other powers."""
    parts: dict[object, complex] = {Monomial(0, 1): 0j, Monomial(1, 0): 0j, None: 0j}
    for key, value in jump.operator.terms.items():
        if key.satellites:
            continue
        if key.centre not in parts:
            raise UnsuitedModel(
                f"truncated Wigner has no equations for {name}, a jump that is not linear in a and ad; use steady_state or evolve"
            )
        parts[key.centre] += value
    return parts[Monomial(0, 1)], parts[Monomial(1, 0)], parts[None]
