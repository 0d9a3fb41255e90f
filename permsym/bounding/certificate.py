"""What a proof of bounds is as a file: JSON without any code, with the model, which :mod:`permsym.bounding.verify` multiplies out.

Whole numbers are hexadecimal texts, rational ones ``p/q``.  An operator is a list of [letters, real part, imaginary part], a letter
[site, i, j], \\|i><j\\| of a satellite.  Site 0 is the mode with [0, 0, 1], a^dag, and [0, 1, 0], a.  A finite centre is site 1.
Rows of a block are [[[site, level], ...], word], see :mod:`permsym.bounding.words`; their sums are lists of [row, real part, imaginary
part].
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from flint import fmpq, fmpz, fmpz_mat

from permsym.bounding.faces import Face
from permsym.bounding.pencil import RealBlock
from permsym.bounding.proof import Proof, element, nothing
from permsym.bounding.relaxed.equations import ONE, Gaussian, add, on_grid, times
from permsym.bounding.relaxed.relaxation import Relaxation
from permsym.bounding.relaxed.unknowns import phase
from permsym.bounding.solve import ProvedInterval, Solver
from permsym.bounding.words import BlockWords, first_site
from permsym.cumulants.equations.alphabet import Alphabet, Counts, FiniteSite
from permsym.errors import InputError
from permsym.model import Model

FORMAT = "permsym bounds 3"


def document(solver: Solver, results: Mapping[str, tuple[Mapping[Counts, Gaussian], ProvedInterval]]) -> dict[str, Any]:
    """The certificate of intervals of one relaxation; ``results``: the observable Re sum number <moment>, and its interval."""
    relaxation = solver.relaxation
    a = relaxation.alphabet
    writer = _Writer(solver)
    return {
        "format": FORMAT,
        "model": relaxation.model.to_dict(),
        "blocks": [[[list(zip(each.distinct, levels, strict=True)), word] for levels, word in each.rows] for each in writer.words],
        "null": [writer.end(_proof(solver, face), 1, face.weights) for face in solver.faces.steps],
        "results": {
            name: {
                "observable": _written(_sum(a, terms)),
                "lower": writer.end(interval.proofs[0], 1),
                "upper": writer.end(interval.proofs[1], -1),
            }
            for name, (terms, interval) in results.items()
        },
    }


def joined(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One certificate of several that were made together: of one model, with the same blocks."""
    results = {name: result for each in documents for name, result in each["results"].items()}
    return {**documents[0], "results": results}


def checked(path: Path) -> tuple[list[str], list[str]]:
    """What is wrong with a certificate, and what it proves, in words; InputError where the file is none."""
    from permsym.bounding.verify import verify

    try:
        data = json.loads(path.read_text())
        if data["format"] != FORMAT:
            raise InputError(f"its format is {data['format']!r}, but this permsym reads {FORMAT!r}")
        model = Model.from_dict(data["model"])
        ends = {
            name: [Fraction(*(int(x, 16) for x in result[end]["bound"].split("/"))) for end in ("lower", "upper")]
            for name, result in data["results"].items()
        }
        whole = data.pop("sha256") == _digest(data)
        problems = ([] if whole else ["it was changed after it was written"]) + verify(data)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration, RecursionError, ZeroDivisionError) as error:
        raise InputError("it is no certificate of bounds") from error
    sizes = ", ".join(f"N={each.size}" for each in model.ensembles)
    return problems, [
        f"proved for {model.name}, {sizes}: {float(low):.9g} <= {name} <= {float(high):.9g}" for name, (low, high) in ends.items()
    ]


def write(path: Path, data: Mapping[str, Any]) -> None:
    """A certificate as a file, all at once, with a checksum of the rest."""
    path.write_text(json.dumps({**data, "sha256": _digest(data)}, separators=(",", ":")) + "\n")


def _digest(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def spelled(value: fmpq) -> str:
    """A rational number as a file has it."""
    return f"{int(value.numerator):#x}/{int(value.denominator):#x}"


Letters = tuple[tuple[int, int, int], ...]
Polynomial = dict[Letters, Gaussian]
_ONE: Polynomial = {(): ONE}


def _written(polynomial: Polynomial) -> list[list[Any]]:
    return [[[list(c) for c in key], *map(spelled, number)] for key, number in polynomial.items() if any(part != 0 for part in number)]


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    """Of commuting letters."""
    total: Polynomial = {}
    for (p, x), (q, y) in itertools.product(left.items(), right.items()):
        add(total, times(x, y), {tuple(sorted(p + q)): ONE})
    return total


def _sum(a: Alphabet, terms: Mapping[Counts, Gaussian]) -> Polynomial:
    total: Polynomial = {}
    for moment, number in terms.items():
        add(total, number, _moment(a, moment))
    return total


def _letter(site: FiniteSite, s: int, g: int) -> Polynomial:
    """A letter of an alphabet, such as z = 1 - 2 \\|1><1\\|."""
    matrix = site.basis[g + 1]
    first = on_grid(complex(matrix[0, 0]))
    result: Polynomial = {(): first}
    for i, j in itertools.product(range(site.levels), repeat=2):
        value = on_grid(complex(matrix[i, j]))
        number = (value[0] - first[0] * (i == j), value[1] - first[1] * (i == j))
        if i + j and any(part != 0 for part in number):
            result[((s, i, j),)] = number
    return result


def _word(site: FiniteSite, s: int, word: Counts) -> Polynomial:
    return functools.reduce(_product, [_letter(site, s, g) for g, n in enumerate(word) for _ in range(n)], _ONE)


def _mode(p: int, q: int) -> Polynomial:
    return {((0, 0, 1),) * p + ((0, 1, 0),) * q: ONE}


def _moment(a: Alphabet, counts: Counts) -> Polynomial:
    parts = [_mode(*counts[:2]) if a.centre is None else _word(a.centre, 1, counts[a.slices[0]])]
    parts += [_word(site, s, counts[mine]) for s, (site, mine) in enumerate(zip(a.ensembles, a.slices[1:], strict=True), first_site(a))]
    return functools.reduce(_product, parts)


def _proof(solver: Solver, face: Face) -> Proof:
    """Of the sum of a face's weights that is zero, which are no part of a dual point."""
    return Proof(fmpq(0), nothing(solver.blocks), (), face.multipliers)


Weights = tuple[tuple[int, int, fmpq], ...]
Row = dict[int, Gaussian]
"""A sum over the rows of a block."""


class _Writer:
    """Writes what is proved: sums of squares of sums over the rows of blocks."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        relaxation = solver.relaxation
        self.words = [BlockWords(relaxation.alphabet, block, relaxation.model.sizes) for block in relaxation.blocks]
        self.null = {(b, i): k for k, (b, i, _) in enumerate(itertools.chain.from_iterable(face.weights for face in solver.faces.steps))}

    def end(self, proof: Proof, sign: int, weights: Weights = ()) -> dict[str, Any]:
        """``weights``: more numbers on the diagonal."""
        relaxation = self.solver.relaxation
        X = _multipliers(relaxation, proof)
        names = [ensemble.name for ensemble in relaxation.model.ensembles]
        squares = [[spelled(w), b, [_spelled_row(self.row(b, i))]] for b, i, w in weights]
        return {
            "bound": spelled(proof.bound * sign),
            "squares": [*squares, *self._factors(proof), *self._rest(proof)],
            "zeros": list(self._zeros(proof)),
            "multipliers": _written({key: x for key, x in X.pop(None, {}).items() if key}),  # L^dag(1) = 0
            "spins": [[names[e], _written(each)] for e, each in X.items() if e is not None],
        }

    def row(self, b: int, i: int, turns: int = 0) -> Row:
        """Operator O_i of a block, or one behind its own, times i^turns."""
        block, vectors = self.words[b], self.solver.faces.vectors.get(b, [])
        parts = {i: fmpq(1)} if i < len(block.vectors) else vectors[i - len(block.vectors)]
        result: Row = {}
        for k, x in parts.items():
            for index, number in block.vectors[k].items():
                add(result, (x * number, fmpq(0)), {index: ONE})
        return {index: times(phase(turns), number) for index, number in result.items()}

    def _turns(self, b: int, i: int) -> int:
        block, vectors = self.solver.relaxation.blocks[b], self.solver.faces.vectors.get(b, [])
        return block.turns[i if i < block.size else next(iter(vectors[i - block.size]))]

    def _factors(self, proof: Proof) -> Iterator[list[Any]]:
        """G^T G of every block, from [[R, -I], [I, R]] and without the gauge, in whole numbers."""
        for block, G in zip(self.solver.blocks, proof.dual.factors, strict=True):
            if not G.nrows():  # what follows from the equalities alone
                continue
            n, words = len(block.rows), self.words[block.position]
            below = math.lcm(*(int(x.denominator) for i in block.rows for x in words.vectors[i].values()))
            table = fmpz_mat(2 * n, 2 * len(words.rows))
            for k, i in enumerate(block.rows):
                for part in range(2):
                    for index, (x, y) in self.row(block.position, i, block.block.turns[i] + part).items():
                        table[k + part * n, index], table[k + part * n, len(words.rows) + index] = (
                            int((u * below).numerator) for u in (x, y)
                        )
            real = fmpz_mat([row[:n] + (row[n:] or [0] * n) for row in G.tolist()])
            rows = [_row_of(numbers) for numbers in (real * table).tolist()]
            yield [spelled(fmpq(1, below**2) / fmpq(4) ** proof.dual.q), block.position, [_spelled_row(row) for row in rows if row]]

    def _rest(self, proof: Proof) -> Iterator[list[Any]]:
        """D + changes as squares: x O_i^dag O_j + h.c. is x times that of O_i + O_j, less x times those of O_i and of O_j."""
        total: dict[tuple[int, int, int], Gaussian] = {}
        for b, i, j, x, y in _changes(self.solver.blocks, proof):
            key, parts = ((b, i, j), (x, y)) if i >= j else ((b, j, i), (x, -y))
            add(total, parts, {key: phase(self._turns(b, key[2]) - self._turns(b, key[1]))})
        room = {(b, i): x for (b, i, j), (x, _) in total.items() if i == j}
        for (b, i, j), number in total.items():
            for x, turns in zip(number, (0, 1), strict=True) if i != j else ():
                if x != 0:
                    row = self.row(b, i)
                    add(row, ONE, self.row(b, j, turns if x > 0 else turns + 2))
                    yield [spelled(abs(x)), b, [_spelled_row(row)]]
                    for k in (i, j):
                        room[b, k] = room.get((b, k), fmpq(0)) - abs(x)
        for (b, i), x in room.items():
            if x != 0:
                yield [spelled(x), b, [_spelled_row(self.row(b, i))]]

    def _zeros(self, proof: Proof) -> Iterator[list[Any]]:
        """Elements that vanish: [number of an operator that annihilates the steady state, what stands beside its adjoint]."""
        for e, number in proof.multipliers.items():
            equality = self.solver.relaxation.equalities[e]
            if equality.element is not None:
                b, i, j = equality.element
                value = number * equality.factor / 2
                factor = times((fmpq(0), -value) if equality.part else (value, fmpq(0)), phase(self._turns(b, j) - self._turns(b, i)))
                yield [self.null[b, i], _spelled_row({index: times(factor, x) for index, x in self.row(b, j).items()})]


def _row_of(numbers: list[fmpz]) -> Row:
    """From the real parts, then the imaginary ones."""
    n = len(numbers) // 2
    return {i: (fmpq(x), fmpq(y)) for i, (x, y) in enumerate(zip(numbers[:n], numbers[n:], strict=True)) if x or y}


def _spelled_row(row: Row) -> list[list[Any]]:
    present = [(index, number) for index, number in row.items() if any(x != 0 for x in number)]
    return [[index, *(f"{int(x.numerator):#x}" if x.denominator == 1 else spelled(x) for x in number)] for index, number in present]


Element = tuple[int, int, int, fmpq, fmpq]


def _changes(blocks: list[RealBlock], proof: Proof) -> Iterator[Element]:
    """Block, i, j, real and imaginary part of D + changes, with the gauge's phases."""
    diagonals = [(b, i * (i + 3) // 2, x) for b, diagonal in enumerate(proof.dual.slack) for i, x in enumerate(diagonal)]
    for b, k, value in [*diagonals, *proof.changes]:
        rows, (r, c) = blocks[b].rows, element(k)
        i, j, beside = rows[r % len(rows)], rows[c % len(rows)], (r < len(rows)) != (c < len(rows))
        yield blocks[b].position, i, j, *((fmpq(0), -value) if beside else (value, fmpq(0)))


def _multipliers(relaxation: Relaxation, proof: Proof) -> dict[int | None, Polynomial]:
    """X, and for each ensemble whose total spin is fixed what stands beside J^2 - j(j+1)."""
    result: dict[int | None, Polynomial] = {}
    for i, value in proof.multipliers.items():
        equality = relaxation.equalities[i]
        if equality.element is not None:
            continue
        turns = relaxation.unknowns.turns(equality.moment) - equality.part
        number = times((-value * equality.factor / 2, fmpq(0)), phase(turns))
        add(result.setdefault(equality.spin, {}), number, _moment(relaxation.alphabet, equality.moment))
    return result
