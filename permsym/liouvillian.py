"""Model + Basis -> sparse Liouvillian, one named superoperator a term.

The neutral (hermitian) sector is assembled directly in real unknowns: x_l = u_l + i v_l for one label l of each
conjugate pair.  A move of weight w from l to such a label adds w x_l there.  A move to the conjugate of such a label adds
conj(w x_l) to the label itself, because L maps hermitian operators to hermitian ones.

At the edge of a window the moves that leave are dropped, and what they would take from a population stays there:

    L_ii  ->  L_ii - sum over population rows p of  trace_p L_pi / trace_i

so that trace @ L = 0 still holds and the null vector is that of a chain reflected at the edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.assembly import EPS, EXTENDED_EPS, Assembly
from permsym.basis.basis import Basis
from permsym.basis.moves import Shift, Values, size
from permsym.model import Model
from permsym.sites import Boson
from permsym.terms import Term
from permsym.units import in_units

_FEW = 1000  # unknowns up to which a second assembly, in long double, takes milliseconds
_FACTORS = 8  # roundings in products of operators' entries where these are double precision beside longer numbers
_NOTABLE = 1.05  # S_ij / |L_ij| up to which |L_ij| stands for S_ij
_NO_COUPLING = 4 * EPS  # what is smaller beside its summands is rounding
_BLOCK = 2**15  # labels assembled at once; bounds the memory of the weights: four times as many took atoms in cavities 80 MB more


class _Triplets(NamedTuple):
    """Values of entries, and where they are."""

    values: NDArray[Any]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    def where(self, chosen: NDArray[np.bool_]) -> _Triplets:
        return self if chosen.all() else _Triplets(*(array[chosen] for array in self))


class _Entries(NamedTuple):
    """Matrix entries, what cancelled in them, and (|weight|, column) of each move that a window dropped."""

    entries: _Triplets
    cancelled: _Triplets
    clipped: NDArray[np.float64]
    clipped_columns: NDArray[np.int64]


class _Columns:
    """A matrix in the making, some labels' columns after the other: entries of all labels at once would take three times its memory."""

    def __init__(self, basis: Basis) -> None:
        self.basis = basis
        self.real: list[sparse.csc_array] = []
        self.imaginary: list[sparse.csc_array] = []

    def add(self, pieces: list[_Triplets], block: slice) -> None:
        """Entries in the columns of a block of labels: those of real parts, and of imaginary parts, which are consecutive, too."""
        basis, width = self.basis, block.stop - block.start
        first = basis.size + int(np.count_nonzero(basis.paired[: block.start])) if basis.hermitian else basis.dimension
        pairs = int(np.count_nonzero(basis.paired[block])) if basis.hermitian else 0
        small = np.int32 if basis.dimension < 2**31 else np.int64
        shape = basis.dimension, width + pairs
        if pieces:
            values, rows, columns = (np.concatenate(arrays) for arrays in zip(*pieces, strict=True))
            at = np.where(columns >= first, columns - first + width, columns - block.start)
            matrix = sparse.coo_array((values, (rows.astype(small), at.astype(small))), shape=shape).tocsc()
        else:
            matrix = sparse.csc_array(shape, dtype=float if basis.hermitian else complex)
        self.real.append(matrix[:, :width])
        self.imaginary.append(matrix[:, width:])

    def matrix(self) -> sparse.csc_array:
        """All columns; what was added is gone."""
        pieces = [*self.real, *self.imaginary]
        self.real, self.imaginary = [], []
        if not pieces:
            return sparse.csc_array((self.basis.dimension,) * 2, dtype=float if self.basis.hermitian else complex)
        return pieces[0] if len(pieces) == 1 else sparse.hstack(pieces, format="csc")


class Liouvillian:
    """Superoperators of a model's terms on a basis.

    keep_terms  remember the weights of each term, so that the next model only adds them up; otherwise each call evaluates them
    extended    entries in long double
    """

    def __init__(self, basis: Basis, keep_terms: bool = False, extended: bool = False) -> None:
        self.basis = basis
        self.keep_terms = keep_terms
        self.extended = extended
        self._sums: dict[Any, dict[Shift, tuple[Values, Values]]] = {}
        self._targets: dict[Any, tuple[NDArray[np.int64], NDArray[np.bool_]]] = {}

    def fits(self, model: Model) -> bool:
        """Whether the basis serves this model: same sites, same sizes, same symmetry."""
        mine = self.basis.model
        if self.basis.populated and model.symmetry != mine.symmetry:
            return False
        if self.basis.scope is not None and not self.basis.scope.serves(model):
            return False
        return (model.centre, model.ensembles, model.charges) == (mine.centre, mine.ensembles, mine.charges)

    def matrix(self, model: Model | None = None) -> sparse.csc_array:
        """The Liouvillian (dimension, dimension), real in the neutral sector, complex in a charged one.

        model   one that :meth:`fits` the basis; default: the basis's own
        """
        return self.assembled(model).matrix

    def assembled(self, model: Model | None = None) -> Assembly:
        """The same matrix with its :class:`Assembly`."""
        model = self.basis.model if model is None else model
        return self._assembled([(term, term.coefficient) for term in model.terms])

    def with_digits(self, model: Model, assembly: Assembly) -> Assembly:
        """The same with entries in long double, where that is cheap: a residual then tells the error that there is, not only a bound."""
        basis = self.basis
        few = basis.dimension <= _FEW and basis.boundary == "closed" and EXTENDED_EPS < EPS / 1000
        if not few or any(part.logarithmic for part in basis.parts):
            return assembly
        terms = in_units(model)
        rounded = _FACTORS if terms is None or isinstance(basis.model.centre, Boson) else 0
        made = Liouvillian(basis, extended=True)._assembled([(term, term.coefficient) for term in terms or model.terms])
        return replace(assembly, extended=made.matrix, rounded=rounded)

    def matrix_of(self, terms: Sequence[Term]) -> sparse.csc_array:
        """The superoperator of some terms alone, which together keep density matrices hermitian."""
        return self._assembled([(term, term.coefficient) for term in terms]).matrix

    def term_matrix(self, term: Term) -> sparse.csc_array:
        """Derivative of the Liouvillian with respect to a term's coefficient."""
        return self._assembled([(term, 1.0 + 0j)]).matrix

    def changed(self, slopes: Sequence[tuple[Term, complex]]) -> Assembly:
        """dL/d theta from the derivatives of the terms' coefficients."""
        return self._assembled(list(slopes))

    def counted(self, jump: Term) -> Assembly:
        """J rho = rate * x rho x^dag of a jump (:attr:`Term.counted`); what a window drops of it does not come back."""
        return self._assembled([(jump.counted, jump.coefficient)], reflecting=False)

    def _assembled(self, terms: list[tuple[Term, complex]], reflecting: bool = True) -> Assembly:
        n = self.basis.dimension
        leaks = np.zeros(n)
        entries, cancelled = _Columns(self.basis), _Columns(self.basis)
        for block in self._blocks():
            made = list(self._block_entries(terms, block))
            entries.add([each.entries for each in made], block)
            cancelled.add([each.cancelled for each in made], block)
            for each in made:
                np.add.at(leaks, each.clipped_columns, each.clipped)
        matrix = entries.matrix()
        reflecting = reflecting and self.basis.boundary == "reflecting"
        return Assembly(self._reflected(matrix) if reflecting else matrix, leaks, cancelled.matrix())

    def _blocks(self) -> Iterator[slice]:
        size = self.basis.size
        step = size if self.keep_terms else _BLOCK  # remembered weights are whole
        return (slice(start, min(start + step, size)) for start in range(0, size, max(step, 1)))

    def _block_entries(self, terms: list[tuple[Term, complex]], block: slice) -> Iterator[_Entries]:
        totals: dict[Shift, tuple[Values, Values]] = {}
        for term, coefficient in terms:
            factor = coefficient if coefficient.imag else coefficient.real
            for shift, (values, sizes) in self._term_sums(term, block).items():
                part = factor * values
                mine = size(part, abs(factor) * np.abs(sizes)) if factor.imag else abs(factor) * sizes
                before = totals.get(shift)
                totals[shift] = (part, mine) if before is None else (before[0] + part, before[1] + mine)
        width = block.stop - block.start
        few = max(1, _BLOCK // max(width, 1))  # of few labels, many shifts at once
        shifts = list(totals)
        for start in range(0, len(shifts), few):
            some = tuple(shifts[start : start + few])
            total, summands = (np.concatenate(arrays) for arrays in zip(*(totals[shift] for shift in some), strict=True))
            yield self._entries(some, total, summands, block)

    def _term_sums(self, term: Term, block: slice) -> dict[Shift, tuple[Values, Values]]:
        if term.key in self._sums:
            return self._sums[term.key]
        labels = self.basis.labels[:, block]
        sums = self.basis.superoperator(term).sums(labels.astype(np.longdouble) if self.extended else labels)
        if self.keep_terms:
            self._sums[term.key] = sums
        return sums

    def _target(self, shifts: tuple[Shift, ...], block: slice) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if shifts in self._targets:
            return self._targets[shifts]
        target = self.basis.index(np.concatenate([self.basis.labels[:, block] + np.array(shift)[:, None] for shift in shifts], axis=1))
        if self.keep_terms:
            self._targets[shifts] = target
        return target

    def _entries(self, shifts: tuple[Shift, ...], total: Values, summands: Values, block: slice) -> _Entries:
        """Matrix entries of all moves with some shifts, one shift after another.

        summands   the :func:`permsym.basis.moves.size` of what the weights in ``total`` sum
        """
        basis = self.basis
        rows, conjugated = self._target(shifts, block)
        width = block.stop - block.start
        total = _coupling(total, summands)
        leaving = (total != 0) & (rows < 0)
        clipped, clipped_columns = np.zeros(0), np.zeros(0, dtype=np.int64)
        if leaving.any():
            if basis.boundary == "closed":
                shift = shifts[int(np.argmax(leaving)) // width]
                raise AssertionError(f"a move by {shift} leaves the basis; its weight should vanish at the edge")
            clipped, clipped_columns = self._dropped(total[leaving], np.flatnonzero(leaving) % width + block.start)
        source = np.flatnonzero((summands != 0) & (rows >= 0))
        if basis.hermitian:  # a self-conjugate source reaches l and conj(l) by two moves that say the same: keep the first
            source = source[basis.paired[source % width + block.start] | ~conjugated[source]]
        row, column = rows[source], source % width + block.start
        w, limits = total[source], summands[source]
        if not basis.hermitian:
            everything = _Triplets(w.astype(complex), row, column)
            return _Entries(*_split(everything, np.zeros(len(w)), np.abs(limits)), clipped, clipped_columns)
        sign = np.where(conjugated[source], -1.0, 1.0)
        pair_source, pair_row = basis.paired[column], basis.paired[row]
        # x and its conjugate both feed a self-conjugate row
        twice = np.where(pair_source & ~pair_row, 2, 1)
        w, limits = twice * w, twice * limits
        imaginary = basis.imaginary
        real, nothing = np.abs(w.real), np.zeros(len(w))
        pieces: list[tuple[_Triplets, _Triplets]] = []
        for values, summed, beside, to_imaginary, from_imaginary in (
            (w.real, limits.real, nothing, False, False),
            (-w.imag, limits.imag, real, False, True),
            (sign * w.imag, limits.imag, real, True, False),
            (sign * w.real, limits.real, nothing, True, True),
        ):
            use = summed != 0
            if to_imaginary:
                use &= pair_row
            if from_imaginary:
                use &= pair_source
            if pieces and not use.any():
                continue
            to = imaginary[row[use]] if to_imaginary else row[use]
            start = imaginary[column[use]] if from_imaginary else column[use]
            pieces.append(_split(_Triplets(values[use], to, start), beside[use], summed[use]))
        entries, cancelled = (_Triplets(*map(np.concatenate, zip(*each, strict=True))) for each in zip(*pieces, strict=True))
        return _Entries(entries, cancelled, clipped, clipped_columns)

    def _dropped(self, weights: Values, column: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(|weight|, column) of moves that leave a window, for both unknowns of a pair."""
        size = np.abs(weights)
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


def _coupling(total: Values, summands: Values) -> Values:
    """Weights without what cancels between terms and is no coupling, rates and frequencies apart."""
    if not np.iscomplexobj(total):
        return np.where(np.abs(total) > _NO_COUPLING * summands.real, total, 0)
    rate = np.where(np.abs(total.real) > _NO_COUPLING * summands.real, total.real, 0)
    return rate + 1j * np.where(np.abs(total.imag) > _NO_COUPLING * summands.imag, total.imag, 0)


def _split(pieces: _Triplets, beside: NDArray[np.float64], summed: NDArray[np.float64]) -> tuple[_Triplets, _Triplets]:
    """Entries that couple, and C_ij where it is notable.

    beside   of a frequency the rate of the same element: beside it a detuning may vanish, which resonance is; rates never do
    summed   the sum of the moduli of each entry's summands
    """
    size = np.abs(pieces.values)
    couples = size > _NO_COUPLING * np.maximum(beside, summed)
    lost = np.where(couples, summed - size, summed + beside)
    notable = lost > np.where(couples, (_NOTABLE - 1) * size, 0)
    return pieces.where(couples), pieces._replace(values=lost).where(notable)
