"""The contract of a representation: what one factor (the centre, or one ensemble) of a basis offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.moves import Labels, Moves, Values, Weight
from permsym.basis.spin import Rotation
from permsym.basis.window import Boundary
from permsym.errors import InputError
from permsym.operators import ComplexArray, Matrix
from permsym.sites import Ensemble

_BINARY, _WHOLE = 2**10, 2**53


class Part(ABC):
    """One factor of a basis.  All methods are vectorised over labels of shape (columns, n)."""

    columns: int
    """Number of integers in a label."""

    @property
    def boundary(self) -> Boundary:
        """What happens to a move that leaves the labels."""
        return "closed"

    @property
    def logarithmic(self) -> bool:
        """Whether weights come from logarithms, with fewer digits than their labels."""
        return False

    @abstractmethod
    def left(self, matrix: Matrix) -> Moves:
        """rho -> sum_i a_i rho, for the one-site matrix a."""

    @abstractmethod
    def right(self, matrix: Matrix) -> Moves:
        """rho -> sum_i rho a_i."""

    @abstractmethod
    def sandwich(self, first: Matrix, second: Matrix) -> Moves:
        """rho -> sum_i a_i rho b_i^dag."""

    @abstractmethod
    def trace(self, labels: Labels) -> Values:
        """Trace of each basis element."""

    @abstractmethod
    def correlator(self, matrices: Sequence[Matrix]) -> Weight:
        """tr(a_1 b_2 ... E_l) for operators a, b, ... on *distinct* sites, of each basis element E_l."""

    def summands(self, matrices: Sequence[Matrix]) -> Weight | None:
        """The sum of the moduli of what :meth:`correlator` sums; None where it is exact but for a few roundings of its values."""
        return None

    def elements(self, labels: Labels) -> sparse.csr_array:
        """Elements of distinct labels as matrices of the product basis, ravelled, one a row: shape (n, D^2); for small systems."""
        raise InputError(f"{type(self).__name__} has no elements in the product basis; use another representation")

    @abstractmethod
    def product_state(self, matrix: Matrix) -> Weight:
        """Coefficients of the state with the same one-site density matrix on every site."""

    def dicke_state(self, j: float, m: float) -> Weight:
        """Coefficients of the collective spin state \\|j, m>, averaged over the copies of j."""
        raise InputError("a Dicke state needs two-level satellites in the Dicke representation; use basis='dicke'")

    def rotated(self, values: ComplexArray, turn: Rotation) -> ComplexArray:
        """R rho R^dag for the same rotation of every spin: coefficients (n, ...) of all labels, ``labels(None)``, and theirs afterwards."""
        raise InputError(f"{type(self).__name__} has no spins to rotate")

    @property
    @abstractmethod
    def trace_norm(self) -> float:
        """The trace norm of an operator is at most this times the Euclidean norm of its coefficients."""

    def element_norm(self, labels: Labels) -> Values:
        """A bound of the trace norm of each element."""
        return np.ones(labels.shape[1])

    def without_one(self) -> tuple[Part, Part]:
        """Parts of all satellites but one, and of that one."""
        raise InputError(f"{type(self).__name__} has no satellite to take out")

    def one_out(self, labels: Labels) -> Iterator[tuple[Labels, Labels, Values]]:
        """Each element as a sum of elements of all satellites but one times elements of that one: their labels, and weights (n,)."""
        raise InputError(f"{type(self).__name__} has no satellite to take out")

    def log_norm(self, labels: Labels) -> Values:
        """Logarithm of the Hilbert-Schmidt norm of each element in the whole space."""
        return np.zeros(labels.shape[1])

    @abstractmethod
    def labels(self, difference: int | None) -> Labels:
        """All labels whose ket holds ``difference`` excitations more than its bra; None: all labels."""

    @abstractmethod
    def count(self, difference: int | None) -> int:
        """Number of labels that :meth:`labels` would make, without making them."""

    @abstractmethod
    def differences(self) -> range:
        """All values of ket minus bra excitations that occur."""

    @abstractmethod
    def difference(self, labels: Labels) -> NDArray[np.int64]:
        """Ket minus bra excitations of each label."""

    @abstractmethod
    def conjugate(self, labels: Labels) -> Labels:
        """Label of the hermitian conjugate element."""

    @abstractmethod
    def key(self, labels: Labels) -> Labels:
        """A shorter label, tight within a charge sector, for the look-up table."""

    @abstractmethod
    def population(self, labels: Labels) -> NDArray[np.bool_]:
        """Whether the element is diagonal (a population, its coefficient a probability up to scale)."""

    @abstractmethod
    def coordinates(self, labels: Labels) -> Labels:
        """Lattice position; moves reach at most the neighbouring positions (for geometric orderings)."""


def refuse_fixed_spin(ensemble: Ensemble) -> None:
    """InputError where a representation of all total spins would be cut to one."""
    if ensemble.symmetric:
        raise InputError(f"satellites of ensemble {ensemble.name!r} are symmetric, and one representation has them; use basis='auto'")
    if ensemble.j is not None:
        raise InputError(f"the total spin of ensemble {ensemble.name!r} is fixed, and one representation has it alone; use basis='dicke'")


def exact_sum(factors: Iterable[complex], largest: float) -> bool:
    """Whether a sum of numbers times whole ones up to ``largest`` is exact: short binary fractions, and a total that doubles hold."""
    parts = [part * _BINARY for factor in factors for part in (complex(factor).real, complex(factor).imag)]
    return all(part == round(part) for part in parts) and sum(map(abs, parts)) * largest < _WHOLE
