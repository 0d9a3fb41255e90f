"""What a proof of bounds is as a file: JSON without any code, with the model, which :mod:`permsym.bounding.verify` multiplies out.

Whole numbers are hexadecimal texts, rational ones ``p/q``.  An operator is a list of [letters, real part, imaginary part], a letter
[site, i, j], \\|i><j\\| of a satellite.  Site 0 is the mode with [0, 0, 1], a^dag, and [0, 1, 0], a.  A finite centre is site 1.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from flint import fmpq, fmpz

from permsym.bounding.faces import Face, Vector
from permsym.bounding.pencil import RealBlock
from permsym.bounding.proof import Proof, element, nothing
from permsym.bounding.relaxed.equations import Gaussian, on_grid, times
from permsym.bounding.relaxed.matrices import Block, RowOperator
from permsym.bounding.relaxed.relaxation import Relaxation
from permsym.bounding.relaxed.unknowns import phase
from permsym.bounding.solve import ProvedInterval, Solver
from permsym.cumulants.equations.alphabet import Alphabet, Counts, FiniteSite
from permsym.errors import InputError
from permsym.model import Model

FORMAT = "permsym bounds 2"


def document(solver: Solver, results: Mapping[str, tuple[Mapping[Counts, Gaussian], ProvedInterval]]) -> dict[str, Any]:
    """The certificate of intervals of one relaxation; ``results``: the observable Re sum number <moment>, and its interval."""
    relaxation = solver.relaxation
    a = relaxation.alphabet
    return {
        "format": FORMAT,
        "model": relaxation.model.to_dict(),
        "blocks": [_block(a, block, solver.faces.vectors.get(b, [])) for b, block in enumerate(relaxation.blocks)],
        "null": [_end(solver, _proof(solver, face), 1, face.weights) for face in solver.faces.steps],
        "results": {
            name: {
                "observable": _written(_sum(a, terms)),
                "lower": _end(solver, interval.proofs[0], 1),
                "upper": _end(solver, interval.proofs[1], -1),
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
_ONE: Polynomial = {(): (fmpq(1), fmpq(0))}


def _written(polynomial: Polynomial) -> list[list[Any]]:
    return [[[list(c) for c in key], *map(spelled, number)] for key, number in polynomial.items() if any(part != 0 for part in number)]


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    """Of commuting letters."""
    total: Polynomial = {}
    for (p, x), (q, y) in itertools.product(left.items(), right.items()):
        _add(total, times(x, y), {tuple(sorted(p + q)): _ONE[()]})
    return total


def _sum(a: Alphabet, terms: Mapping[Counts, Gaussian]) -> Polynomial:
    total: Polynomial = {}
    for moment, number in terms.items():
        _add(total, number, _moment(a, moment))
    return total


def _add(total: Polynomial, number: Gaussian, polynomial: Polynomial) -> None:
    for key, factor in polynomial.items():
        before, x = total.get(key, (fmpq(0), fmpq(0))), times(number, factor)
        total[key] = (before[0] + x[0], before[1] + x[1])


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
    return {((0, 0, 1),) * p + ((0, 1, 0),) * q: _ONE[()]}


def _first(a: Alphabet) -> int:
    """Site of the first ensemble."""
    return 1 if a.centre is None else 2


def _moment(a: Alphabet, counts: Counts) -> Polynomial:
    parts = [_mode(*counts[:2]) if a.centre is None else _word(a.centre, 1, counts[a.slices[0]])]
    parts += [_word(site, s, counts[mine]) for s, (site, mine) in enumerate(zip(a.ensembles, a.slices[1:], strict=True), _first(a))]
    return functools.reduce(_product, parts)


def _row(a: Alphabet, row: RowOperator) -> Polynomial:
    """Satellites that are singled out are sites behind the others."""
    new = _first(a) + len(a.ensembles)
    centre: Polynomial = _mode(*row.centre) if a.centre is None else {((1, 0, int(row.centre)),): _ONE[()]}
    ket: Polynomial = {tuple((new + k, 0, level) for k, level in enumerate(levels)): (fmpq(x), fmpq(0)) for x, levels in row.ket}
    words = [_word(site, s, word) for s, (site, word) in enumerate(zip(a.ensembles, row.letters, strict=True), _first(a))]
    return functools.reduce(_product, words, _product(centre, ket))


def _block(a: Alphabet, block: Block, vectors: Sequence[Vector]) -> dict[str, Any]:
    singled = len(block.rows[0].ket[0][1])
    rows = [_row(a, row) for row in block.rows]
    for vector in vectors:
        total: Polynomial = {}
        for i, x in vector.items():
            _add(total, (x, fmpq(0)), rows[i])
        rows.append(total)
    return {"singled": [_first(a) + block.ensemble] * singled, "rows": [_written(row) for row in rows]}


def _proof(solver: Solver, face: Face) -> Proof:
    """Of the sum of a face's weights that is zero, which are no part of a dual point."""
    return Proof(fmpq(0), nothing(solver.blocks), (), face.multipliers)


Weights = tuple[tuple[int, int, fmpq], ...]


def _end(solver: Solver, proof: Proof, sign: int, weights: Weights = ()) -> dict[str, Any]:
    """``weights``: more numbers on the diagonal."""
    relaxation, blocks = solver.relaxation, solver.blocks
    X = _multipliers(relaxation, proof)
    names = [ensemble.name for ensemble in relaxation.model.ensembles]
    factors: list[list[Any]] = [[] for _ in relaxation.blocks]
    for block, G in zip(blocks, proof.dual.factors, strict=True):
        factors[block.position] = _factor(block, G.tolist())
    return {
        "bound": spelled(proof.bound * sign),
        "q": proof.dual.q,
        "factors": factors,
        "rest": _rest(solver, proof, weights),
        "multipliers": _written({key: x for key, x in X.pop(None, {}).items() if key}),  # L^dag(1) = 0
        "spins": [[names[e], _written(each)] for e, each in X.items() if e is not None],
    }


def _turned(real: Any, imaginary: Any, turns: int) -> tuple[Any, Any]:
    """A number times i^turns."""
    for _ in range(turns % 4):
        real, imaginary = -imaginary, real
    return real, imaginary


def _factor(block: RealBlock, G: list[list[fmpz]]) -> list[list[list[Any]]]:
    """Rows [column, real part, imaginary part] of the matrix of O_i^dag O_j, from those of [[R, -I], [I, R]], without the gauge."""
    n, rows = len(block.rows), []
    for row in G:
        imaginary = row[n:] or [fmpz(0)] * n
        numbers = [(i, *_turned(int(x), int(y), block.block.turns[i])) for i, x, y in zip(block.rows, row[:n], imaginary, strict=True)]
        rows.append([[i, f"{x:#x}", f"{y:#x}"] for i, x, y in numbers if x or y])
    return rows


def _rest(solver: Solver, proof: Proof, weights: Weights) -> list[list[Any]]:
    """[block, i, j, real part, imaginary part] of D + changes, of elements that vanish, and of other numbers on the diagonal."""
    total: dict[tuple[int, int, int], Gaussian] = {}
    for b, i, j, x, y in [*((b, i, i, w, fmpq(0)) for b, i, w in weights), *_changes(solver.blocks, proof), *_zeros(solver, proof)]:
        block, vectors = solver.relaxation.blocks[b], solver.faces.vectors.get(b, [])
        turns = [*block.turns, *(block.turns[next(iter(vector))] for vector in vectors)]
        key, parts = ((b, i, j), (x, y)) if i >= j else ((b, j, i), (x, -y))
        number, before = _turned(*parts, turns[key[2]] - turns[key[1]]), total.get(key, (fmpq(0), fmpq(0)))
        total[key] = (before[0] + number[0], before[1] + number[1])
    return [[*key, *map(spelled, number)] for key, number in total.items() if any(part != 0 for part in number)]


Element = tuple[int, int, int, fmpq, fmpq]


def _changes(blocks: list[RealBlock], proof: Proof) -> Iterator[Element]:
    """Block, i, j, real and imaginary part of D + changes, with the gauge's phases."""
    diagonals = [(b, i * (i + 3) // 2, x) for b, diagonal in enumerate(proof.dual.slack) for i, x in enumerate(diagonal)]
    for b, k, value in [*diagonals, *proof.changes]:
        rows, (r, c) = blocks[b].rows, element(k)
        i, j, beside = rows[r % len(rows)], rows[c % len(rows)], (r < len(rows)) != (c < len(rows))
        yield blocks[b].position, i, j, *((fmpq(0), -value) if beside else (value, fmpq(0)))


def _zeros(solver: Solver, proof: Proof) -> Iterator[Element]:
    """The same of elements that vanish."""
    for e, number in proof.multipliers.items():
        equality = solver.relaxation.equalities[e]
        if equality.element is not None:
            b, i, j = equality.element
            value = number * equality.factor / (1 if i == j else 2)
            yield b, i, j, *((fmpq(0), -value) if equality.part else (value, fmpq(0)))


def _multipliers(relaxation: Relaxation, proof: Proof) -> dict[int | None, Polynomial]:
    """X, and for each ensemble whose total spin is fixed what stands beside J^2 - j(j+1)."""
    result: dict[int | None, Polynomial] = {}
    for i, value in proof.multipliers.items():
        equality = relaxation.equalities[i]
        if equality.element is not None:
            continue
        turns = relaxation.unknowns.turns(equality.moment) - equality.part
        number = times((-value * equality.factor / 2, fmpq(0)), phase(turns))
        _add(result.setdefault(equality.spin, {}), number, _moment(relaxation.alphabet, equality.moment))
    return result
