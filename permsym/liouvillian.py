"""Model + Basis -> sparse Liouvillian, one named superoperator a term.

The neutral (hermitian) sector is assembled directly in real unknowns: x_l = u_l + i v_l for one label l of each
conjugate pair.  A move of weight w from l to a stored label adds w x_l there; to the conjugate of a stored label it
adds conj(w x_l), because L maps hermitian operators to hermitian ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.basis import Basis
from permsym.basis.moves import Shift, Values
from permsym.model import Model, Term

EPS = float(np.finfo(float).eps)


class Liouvillian:
    """Superoperators of a model's terms on a basis; a sweep over rates only adds them up again.

    keep_terms  remember each term's weights (for sweeps); otherwise they are evaluated at each call
    """

    def __init__(self, basis: Basis, keep_terms: bool = False) -> None:
        self.basis = basis
        self.keep_terms = keep_terms
        self._weights: dict[Any, dict[Shift, Values]] = {}
        self._targets: dict[Shift, tuple[NDArray[np.int64], NDArray[np.bool_]]] = {}

    def fits(self, model: Model) -> bool:
        """Whether the basis serves this model: same sites, same sizes, same symmetry."""
        mine = self.basis.model
        return (model.centre, model.ensembles, model.charges) == (mine.centre, mine.ensembles, mine.charges)

    def matrix(self, model: Model | None = None) -> sparse.csc_array:
        """The Liouvillian (dimension, dimension), real in the neutral sector, complex in a charged one.

        model   one that :meth:`fits` the basis; default: the basis's own
        """
        model = self.basis.model if model is None else model
        return self._assembled([(term, term.coefficient) for term in model.terms])

    def term_matrix(self, term: Term) -> sparse.csc_array:
        """Derivative of the Liouvillian with respect to a term's coefficient."""
        return self._assembled([(term, 1.0 + 0j)])

    def _assembled(self, terms: list[tuple[Term, complex]]) -> sparse.csc_array:
        totals: dict[Shift, Values] = {}
        sizes: dict[Shift, Values] = {}
        for term, coefficient in terms:
            factor = coefficient if coefficient.imag else coefficient.real
            for shift, values in self._term_weights(term).items():
                part = factor * values
                totals[shift] = totals[shift] + part if shift in totals else part
                sizes[shift] = sizes[shift] + np.abs(part) if shift in sizes else np.abs(part)
        blocks = [self._entries(shift, total, sizes[shift]) for shift, total in totals.items()]
        n = self.basis.dimension
        if not blocks:
            return sparse.csc_array((n, n), dtype=float if self.basis.hermitian else complex)
        values, rows, columns = (np.concatenate(pieces) for pieces in zip(*blocks, strict=True))
        return sparse.coo_array((values, (rows, columns)), shape=(n, n)).tocsc()

    def _term_weights(self, term: Term) -> dict[Shift, Values]:
        if term.key in self._weights:
            return self._weights[term.key]
        weights = self.basis.superoperator(term).weights(self.basis.labels)
        if self.keep_terms:
            self._weights[term.key] = weights
        return weights

    def _target(self, shift: Shift) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if shift in self._targets:
            return self._targets[shift]
        found = self.basis.index(self.basis.labels + np.array(shift)[:, None])
        if self.keep_terms:
            self._targets[shift] = found
        return found

    def _entries(self, shift: Shift, total: Values, size: Values) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
        """Matrix entries (values, rows, columns) of all moves with one shift."""
        basis = self.basis
        rows, conjugated = self._target(shift)
        moving = np.abs(total) > 4 * EPS * size  # what cancels between terms is no coupling
        if (rows[moving] < 0).any():
            raise AssertionError(f"a move by {shift} leaves the basis; its weight should vanish at the edge")
        source = np.flatnonzero(moving)
        if not basis.hermitian:
            return total[source].astype(complex), rows[source], source
        # a self-conjugate source reaches l and conj(l) by two moves that say the same: keep the first
        source = source[basis.paired[source] | ~conjugated[source]]
        row, w = rows[source], total[source].astype(complex)
        sign = np.where(conjugated[source], -1.0, 1.0)
        pair_source, pair_row = basis.paired[source], basis.paired[row]
        # x and its conjugate both feed a self-conjugate row
        w = np.where(pair_source & ~pair_row, 2 * w, w)
        imaginary = basis.imaginary
        pieces = []
        for values, to_imaginary, from_imaginary in (
            (w.real, False, False),
            (-w.imag, False, True),
            (sign * w.imag, True, False),
            (sign * w.real, True, True),
        ):
            use = values != 0
            if to_imaginary:
                use &= pair_row
            if from_imaginary:
                use &= pair_source
            to = imaginary[row[use]] if to_imaginary else row[use]
            start = imaginary[source[use]] if from_imaginary else source[use]
            pieces.append((values[use], to, start))
        values, to, start = (np.concatenate(each) for each in zip(*pieces, strict=True))
        return values, to, start

    def trace(self) -> NDArray[np.float64]:
        """Covector with trace @ x = tr rho; a left null vector of the neutral Liouvillian."""
        basis = self.basis
        diagonal = np.asarray(basis.trace(basis.labels), dtype=float)
        return np.concatenate([diagonal, np.zeros(basis.dimension - basis.size)])
