"""A cavity's charged sector beside its steady state: X = B rho, the covector of A, and L - sigma with its rows scaled.

    <A(tau) B(0)> = tr A e^(L tau) X

On resonance phases make L = real - i omega q (q the charge), so that sigma alone is complex.  Vectors are arrays of a block's numbers;
u stands for a covector by sum conj(u) y.  The Liouvillian is that of the model in its rotating frame, whose energies are a number in
a charged sector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym import kernels, machine
from permsym.basis.blocks import Blocks
from permsym.basis.charged_blocks import applied, covector, window
from permsym.basis.representations import dimension
from permsym.errors import NotApplicable, TooLarge
from permsym.linear import bicgstab
from permsym.matrixfree import BlockLiouvillian
from permsym.model import Model
from permsym.operators import Operator
from permsym.rotating import in_rotating_frame
from permsym.sites import Boson
from permsym.steady.cavity.shifted import reals
from permsym.steady.scaling.decoupling import Decoupling
from permsym.steady.state import State
from permsym.text import readable

EPS = float(np.finfo(float).eps)
Vector = NDArray[Any]
LINE = 20  # real vectors of the search for a line: of the iteration, x and w, what they start from, and residuals
_LISTS = 70  # bytes a number: of lists of links, forwards and transposed, and the diagonal (measured with vectors: 180 for 230)
Terms = dict[Any, complex]


@dataclass(frozen=True)
class ChargedSector:
    """What evolves after B has acted on a steady state.

    state      the steady state
    operator   the Liouvillian on blocks of the charge, in the rotating frame
    frame      i Omega with L = operator + frame
    of, right  A and B
    x, u       (n,) B rho, and the covector of A; real where both are but for a phase, which is in :attr:`phase`
    phase      tr A B rho / (u . x), of modulus one
    turn       B rho / x, of modulus one
    """

    state: State
    operator: BlockLiouvillian
    frame: complex
    of: Operator
    right: Operator
    x: Vector
    u: Vector
    phase: complex
    turn: complex

    @property
    def blocks(self) -> Blocks:
        return self.operator.blocks

    @property
    def numbers(self) -> int:
        return self.blocks.numbers

    @property
    def real(self) -> bool:
        """Whether L, X and the covector are real."""
        return self.x.dtype.kind == "f"

    @classmethod
    def beside(cls, state: State, of: Operator | None = None, right: Operator | None = None, vectors: int = LINE) -> ChargedSector:
        """The sector of B rho for a steady state of a cavity; by default A = a^dag and B = a.

        vectors   real ones, as long as the sector has numbers, that will be needed at once; twice as many off resonance

        NotApplicable where B adds no charge; TooLarge where the vectors do not fit.
        """
        model, basis = state.model, state.basis
        if not isinstance(model.centre, Boson) or not model.charges:
            raise NotApplicable("charged blocks need a mode and a U(1) symmetry; use a factorisation")
        if basis.boundary == "absorbing":
            raise NotApplicable("a weakly excited state holds small elements alone; use a factorisation")
        of, right = of or model.centre.ad, right or model.centre.a
        charge = charge_of(model, right)
        if not any(charge):
            raise NotApplicable("this operator adds no charge, and what it disturbs is in the neutral sector")
        if isinstance(basis, Blocks) and basis.boundary == "reflecting":
            blocks = window(basis, state.x, charge)
        else:
            _check(model, dimension(model, basis.representation, charge), vectors)
            blocks = Blocks.of(model, basis.representation, charge=charge)
        _check(model, blocks.numbers, vectors)
        operator = BlockLiouvillian(blocks, in_rotating_frame(model))
        x, u = applied(right.terms, basis, state.x, blocks), covector(of.terms, blocks)
        phase = turn = 1 + 0j
        if operator.dtype.kind == "f":
            one, other = turned(x), turned(u)
            if one is not None and other is not None:
                x, u, turn, phase = one[0], other[0], one[1], one[1] * other[1].conjugate()
        return cls(state, operator, frame_of(model, blocks), of, right, x, u, phase, turn)

    def reserve(self, vectors: int) -> None:
        """TooLarge where so many real vectors, twice as many off resonance, do not fit into what is free now."""
        _check(self.state.model, self.numbers, vectors)

    def has_room(self, vectors: int) -> bool:
        """Whether so many more real vectors fit into what is free now; twice as many off resonance."""
        return 8.0 * vectors * self.numbers * (1 if self.real else 2) <= machine.available_bytes()

    def source(self, blocks: Blocks) -> Vector:
        """B rho on other blocks of the charge, as :attr:`x` holds it."""
        return self.turned(applied(self.right.terms, self.state.basis, self.state.x, blocks))

    def turned(self, x: Vector) -> Vector:
        """What B does to another operator like the state, as :attr:`x` holds it."""
        return (x / self.turn).real.copy() if self.real else x


def turned(x: Vector) -> tuple[Vector, complex] | None:
    """Real numbers and the common phase of all; None where there is none."""
    largest = complex(x[int(np.argmax(np.abs(x)))])
    phase = largest / abs(largest) if largest else 1 + 0j
    phased = x / phase
    return (phased.real.copy(), phase) if float(np.abs(phased.imag).max()) <= 64 * EPS * abs(largest) else None


def charge_of(model: Model, operator: Operator) -> tuple[int, ...]:
    """What an operator adds to each U(1) charge; NotApplicable where its terms add different ones."""
    charges = model.charges_of(operator)
    if len(charges) != 1:
        raise NotApplicable("the terms of this operator add different charges; take them one by one")
    return charges.pop()


def frame_of(model: Model, blocks: Blocks) -> complex:
    """-i [F, .] on the sector, with F what a rotating frame takes out of H: one number."""
    frame = model.hamiltonian - in_rotating_frame(model).hamiltonian
    label, total = blocks.labels_of(0, 1)[:, :1], 0j
    for key, value in ((key, value) for key, value in frame.terms.items() if value):
        for moves, sign in ((blocks.left(key), -1j), (blocks.right(key), 1j)):
            for shift, weights in moves.weights(label).items():
                assert not any(shift)
                total += sign * value * complex(weights[0])
    return total


def _check(model: Model, numbers: int, vectors: int) -> None:
    """TooLarge where the lists of links and so many vectors do not fit into what is free."""
    length = numbers * (1 if Decoupling(model).real else 2)
    needed, free = float(length) * (8 * vectors + _LISTS), machine.available_bytes()
    if needed > free:
        raise TooLarge(
            f"the charged sector needs about {readable(needed)} ({numbers:,} numbers), but {readable(free)} are available; "
            "take fewer satellites, or raise PERMSYM_MEMORY if there is more",
            needed=needed,
            available=free,
        )


class Shifted:
    """L - sigma - x u^H with its rows scaled by their 2-norms, and its adjoint with the columns'.

    sigma       complex; vectors are complex where it is, or where L is
    deflated    (x, u) with u . x = 1; None: no such term
    products    made so far, with L and with its adjoint
    """

    def __init__(
        self, operator: BlockLiouvillian, sigma: complex, dtype: np.dtype[Any], deflated: tuple[Vector, Vector] | None = None
    ) -> None:
        self.operator, self.dtype = operator, dtype
        self.sigma = complex(sigma).real if dtype.kind == "f" else complex(sigma)
        self.deflated = deflated
        self.products = 0

    def solve(self, right: Vector, x: Vector, accuracy: float, most: int) -> bicgstab.Outcome:
        """(L - sigma - x u^H) t = right from a start t to an accuracy of the scaled right side; both vectors are overwritten."""
        rows = self.operator.row_scale(self.sigma).astype(self.dtype, copy=False)
        sigma, pair = self.sigma, self.deflated

        def product(v: Vector, out: Vector) -> None:
            y, result = v.view(self.dtype), out.view(self.dtype)
            self.operator.matvec(y, result, rows)
            strength = sigma * 0 if pair is None else kernels.inner(pair[1], y)
            kernels.subtract(result, rows, sigma, y, strength, y if pair is None else pair[0])

        return self._solved(product, rows, right, x, accuracy, most)

    def solve_adjoint(self, right: Vector, z: Vector, accuracy: float, most: int) -> bicgstab.Outcome:
        """The same of the adjoint, L^H - conj(sigma) - u x^H."""
        columns = self.operator.column_scale(self.sigma).astype(self.dtype, copy=False)
        sigma, pair = np.conj(self.sigma), self.deflated

        def product(v: Vector, out: Vector) -> None:
            y, result = v.view(self.dtype), out.view(self.dtype)
            self.operator.rmatvec(y, result, columns)
            strength = sigma * 0 if pair is None else kernels.inner(pair[0], y)
            kernels.subtract(result, columns, sigma, y, strength, y if pair is None else pair[1])

        return self._solved(product, columns, right, z, accuracy, most)

    def _solved(self, product: bicgstab.Product, rows: Vector, right: Vector, x: Vector, accuracy: float, most: int) -> bicgstab.Outcome:
        scaled = reals(np.multiply(rows, right, out=right))
        tolerance = accuracy * float(np.linalg.norm(scaled))
        outcome = bicgstab.bicgstab(product, scaled, reals(x), 2, tolerance, most)
        self.products += outcome.products
        return outcome
