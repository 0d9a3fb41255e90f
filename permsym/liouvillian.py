"""Model + Basis -> sparse Liouvillian, one named superoperator a term.

The neutral (hermitian) sector is assembled directly in real unknowns: x_l = u_l + i v_l for one label l of each
conjugate pair.  A move of weight w from l to such a label adds w x_l there.  A move to the conjugate of such a label adds
conj(w x_l) to the label itself, because L maps hermitian operators to hermitian ones.

At the edge of a window the moves that leave are dropped, and what they would take from a population stays there:

    L_ii  ->  L_ii - sum over population rows p of  trace_p L_pi / trace_i

so that trace @ L = 0 still holds and the null vector is that of a chain reflected at the edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.basis import Basis
from permsym.basis.moves import Shift, Values
from permsym.model import Model, Term

EPS = float(np.finfo(float).eps)
_BLOCK = 2**17  # labels assembled at once; bounds the memory of the weights


@dataclass(frozen=True)
class _Entries:
    """Matrix entries, and (|weight|, column) of each move that a window dropped."""

    values: NDArray[Any]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    clipped: NDArray[np.float64]
    clipped_columns: NDArray[np.int64]


class Liouvillian:
    """Superoperators of a model's terms on a basis.

    keep_terms  remember the weights of each term, so that the next model only adds them up; otherwise each call evaluates them
    """

    def __init__(self, basis: Basis, keep_terms: bool = False) -> None:
        self.basis = basis
        self.keep_terms = keep_terms
        self._weights: dict[Any, dict[Shift, Values]] = {}
        self._targets: dict[Any, tuple[NDArray[np.int64], NDArray[np.bool_]]] = {}

    def fits(self, model: Model) -> bool:
        """Whether the basis serves this model: same sites, same sizes, same symmetry."""
        mine = self.basis.model
        return (model.centre, model.ensembles, model.charges) == (mine.centre, mine.ensembles, mine.charges)

    def matrix(self, model: Model | None = None) -> sparse.csc_array:
        """The Liouvillian (dimension, dimension), real in the neutral sector, complex in a charged one.

        model   one that :meth:`fits` the basis; default: the basis's own
        """
        return self.with_leaks(model)[0]

    def with_leaks(self, model: Model | None = None) -> tuple[sparse.csc_array, NDArray[np.float64]]:
        """The Liouvillian, and for each unknown the total |weight| of its moves that a window dropped (zeros without one).

        For a population that is the rate at which probability would leave, plus its couplings to dropped coherences.
        """
        model = self.basis.model if model is None else model
        return self._assembled([(term, term.coefficient) for term in model.terms])

    def term_matrix(self, term: Term) -> sparse.csc_array:
        """Derivative of the Liouvillian with respect to a term's coefficient."""
        return self._assembled([(term, 1.0 + 0j)])[0]

    def _assembled(self, terms: list[tuple[Term, complex]]) -> tuple[sparse.csc_array, NDArray[np.float64]]:
        n = self.basis.dimension
        small = np.int32 if n < 2**31 else np.int64
        leaks = np.zeros(n)
        blocks = []
        for block in self._blocks():
            for entries in self._block_entries(terms, block):
                blocks.append((entries.values, entries.rows.astype(small), entries.columns.astype(small)))
                np.add.at(leaks, entries.clipped_columns, entries.clipped)
        if not blocks:
            return sparse.csc_array((n, n), dtype=float if self.basis.hermitian else complex), leaks
        values, rows, columns = (np.concatenate(pieces) for pieces in zip(*blocks, strict=True))
        del blocks
        matrix = sparse.coo_array((values, (rows, columns)), shape=(n, n)).tocsc()
        del values, rows, columns
        return (self._reflected(matrix) if self.basis.boundary == "reflecting" else matrix), leaks

    def _blocks(self) -> Iterator[slice]:
        size = self.basis.size
        step = size if self.keep_terms else _BLOCK  # remembered weights are whole
        return (slice(start, min(start + step, size)) for start in range(0, size, max(step, 1)))

    def _block_entries(self, terms: list[tuple[Term, complex]], block: slice) -> Iterator[_Entries]:
        totals: dict[Shift, Values] = {}
        sizes: dict[Shift, Values] = {}
        for term, coefficient in terms:
            factor = coefficient if coefficient.imag else coefficient.real
            for shift, values in self._term_weights(term, block).items():
                part = factor * values
                totals[shift] = totals[shift] + part if shift in totals else part
                sizes[shift] = sizes[shift] + np.abs(part) if shift in sizes else np.abs(part)
        for shift, total in totals.items():
            yield self._entries(shift, total, sizes[shift], block)

    def _term_weights(self, term: Term, block: slice) -> dict[Shift, Values]:
        if term.key in self._weights:
            return self._weights[term.key]
        weights = self.basis.superoperator(term).weights(self.basis.labels[:, block])
        if self.keep_terms:
            self._weights[term.key] = weights
        return weights

    def _target(self, shift: Shift, block: slice) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if shift in self._targets:
            return self._targets[shift]
        target = self.basis.index(self.basis.labels[:, block] + np.array(shift)[:, None])
        if self.keep_terms:
            self._targets[shift] = target
        return target

    def _entries(self, shift: Shift, total: Values, size: Values, block: slice) -> _Entries:
        """Matrix entries of all moves with one shift."""
        basis = self.basis
        rows, conjugated = self._target(shift, block)
        paired = basis.paired[block]
        moving = np.abs(total) > 4 * EPS * size  # what cancels between terms is no coupling
        leaving = moving & (rows < 0)
        clipped, clipped_columns = np.zeros(0), np.zeros(0, dtype=np.int64)
        if leaving.any():
            if basis.boundary == "closed":
                raise AssertionError(f"a move by {shift} leaves the basis; its weight should vanish at the edge")
            clipped, clipped_columns = self._dropped(np.flatnonzero(leaving), total, block)
            moving &= ~leaving
        source = np.flatnonzero(moving)
        if not basis.hermitian:
            return _Entries(total[source].astype(complex), rows[source], source + block.start, clipped, clipped_columns)
        # a self-conjugate source reaches l and conj(l) by two moves that say the same: keep the first
        source = source[paired[source] | ~conjugated[source]]
        row, w, column = rows[source], total[source], source + block.start
        sign = np.where(conjugated[source], -1.0, 1.0)
        pair_source, pair_row = paired[source], basis.paired[row]
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
            start = imaginary[column[use]] if from_imaginary else column[use]
            pieces.append((values[use], to, start))
        values, to, start = (np.concatenate(each) for each in zip(*pieces, strict=True))
        return _Entries(values, to, start, clipped, clipped_columns)

    def _dropped(self, source: NDArray[np.int64], total: Values, block: slice) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(|weight|, column) of moves that leave a window, for both unknowns of a pair."""
        size = np.abs(total[source])
        column = source + block.start
        if not self.basis.hermitian:
            return size, column
        imaginary = self.basis.imaginary[column]
        return np.concatenate([size, size[imaginary >= 0]]), np.concatenate([column, imaginary[imaginary >= 0]])

    def _reflected(self, matrix: sparse.csc_array) -> sparse.csc_array:
        """The matrix of a reflecting edge: every column sums to zero over the populations, weighted by their trace.

        Exact sums away from the edge too: the rounding of a diagonal of size N would leak N eps of probability a unit of time.
        """
        if not self.basis.hermitian:  # no populations in a charged sector: nothing to conserve
            return matrix
        trace = self.trace()
        excess = trace @ matrix
        populations = trace != 0
        correction = np.zeros(len(trace))
        correction[populations] = -excess[populations] / trace[populations]
        matrix = (matrix + sparse.diags_array(correction, format="csc")).tocsc()
        # A coherence feeds the two populations that it couples, and both are in the window.  Only jumps that turn coherences into
        # other populations can leave; what they drop goes to the populations that the column does feed.
        scale = np.abs(matrix.data).max(initial=0.0)
        for column in np.flatnonzero(~populations & (np.abs(excess) > 100 * EPS * scale)):
            entries = slice(matrix.indptr[column], matrix.indptr[column + 1])
            rows = matrix.indices[entries]
            fed = populations[rows]
            matrix.data[entries][fed] -= excess[column] / (trace[rows[fed]] * fed.sum())
        return matrix

    def trace(self) -> NDArray[np.float64]:
        """Covector with trace @ x = tr rho; a left null vector of the neutral Liouvillian."""
        basis = self.basis
        diagonal = np.asarray(basis.trace(basis.labels), dtype=float)
        return np.concatenate([diagonal, np.zeros(basis.dimension - basis.size)])
