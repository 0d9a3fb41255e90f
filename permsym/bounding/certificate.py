"""What a proof of bounds is as a file: JSON without any code, with the model, which :mod:`permsym.bounding.verify` multiplies out.

Whole numbers are hexadecimal texts, rational ones ``p/q``.  A moment is
[powers of a mode's ad and a, letters of each site]; a finite centre is a site, which comes before the ensembles.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from flint import fmpq, fmpz

from permsym.bounding.pencil import RealBlock
from permsym.bounding.proof import Proof
from permsym.bounding.relaxed.equations import Gaussian, times
from permsym.bounding.relaxed.matrices import NO_KET, Block, RowOperator
from permsym.bounding.relaxed.relaxation import Relaxation
from permsym.bounding.relaxed.unknowns import phase
from permsym.bounding.solve import ProvedInterval, Solver
from permsym.cumulants.equations.alphabet import Alphabet, Counts, FiniteSite
from permsym.errors import InputError
from permsym.model import Model

FORMAT = "permsym bounds 1"


def document(solver: Solver, results: Mapping[str, tuple[Mapping[Counts, Gaussian], ProvedInterval]]) -> dict[str, Any]:
    """The certificate of intervals of one relaxation; ``results``: the observable Re sum number <moment>, and its interval."""
    relaxation = solver.relaxation
    a = relaxation.alphabet
    return {
        "format": FORMAT,
        "model": relaxation.model.to_dict(),
        "hash": relaxation.model.hash,
        "order": relaxation.k,
        "blocks": [[_row(a, block, row) for row in block.rows] for block in relaxation.blocks],
        "results": {
            name: {
                "observable": [[_moment(a, m), *map(spelled, number)] for m, number in terms.items()],
                "lower": _end(relaxation, solver.blocks, interval.proofs[0], 1),
                "upper": _end(relaxation, solver.blocks, interval.proofs[1], -1),
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
        problems = verify(data)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration, RecursionError, ZeroDivisionError) as error:
        raise InputError("it is no certificate of bounds") from error
    sizes = ", ".join(f"N={each.size}" for each in model.ensembles)
    return problems, [
        f"proved for {model.name}, {sizes}: {float(low):.9g} <= {name} <= {float(high):.9g}" for name, (low, high) in ends.items()
    ]


def write(path: Path, data: Mapping[str, Any]) -> None:
    """A certificate as a file, all at once."""
    path.write_text(json.dumps(data, separators=(",", ":")) + "\n")


def spelled(value: fmpq) -> str:
    """A rational number as a file has it."""
    return f"{int(value.numerator):#x}/{int(value.denominator):#x}"


def _letters(site: FiniteSite, word: Counts) -> list[str]:
    return [symbol for symbol, n in zip(site.symbols, word, strict=True) for _ in range(n)]


def _moment(a: Alphabet, counts: Counts) -> list[Any]:
    """Powers of the mode, and the letters of each site: a finite centre, then ensembles."""
    mode = list(counts[:2]) if a.centre is None else [0, 0]
    centre = [] if a.centre is None else [_letters(a.centre, counts[a.slices[0]])]
    return [mode, [*centre, *(_letters(site, counts[mine]) for site, mine in zip(a.ensembles, a.slices[1:], strict=True))]]


def _row(a: Alphabet, block: Block, row: RowOperator) -> list[Any]:
    """Powers of the mode, ket of each site, letters of each site."""
    kets = [row.ket if e == block.ensemble else NO_KET for e in range(len(a.ensembles))]
    words = [_letters(site, word) for site, word in zip(a.ensembles, row.letters, strict=True)]
    if a.centre is None:
        return [row.centre, kets, words]
    return [[0, 0], [[[1, [row.centre]]], *kets], [[], *words]]


def _end(relaxation: Relaxation, blocks: list[RealBlock], proof: Proof, sign: int) -> dict[str, Any]:
    multipliers = list(_multipliers(relaxation, proof))
    return {
        "bound": spelled(proof.bound * sign),
        "q": proof.dual.q,
        "matrices": [_hermitian(block, triangle) for block, triangle in zip(blocks, proof.dual.triangles, strict=True)],
        "changes": [_change(blocks[b], b, k, value) for b, k, value in proof.changes],
        "multipliers": [[moment, *number] for spin, moment, *number in multipliers if spin is None],
        "spins": [[spin, moment, *number] for spin, moment, *number in multipliers if spin is not None],
    }


def _turned(block: RealBlock, i: int, j: int, real: Any, imaginary: Any) -> tuple[Any, Any]:
    """Element (i, j) of the matrix of O_i^dag O_j from that of <Z, [[R, -I], [I, R]]>: conjugate, without the gauge's phases."""
    x, y = real, -imaginary
    for _ in range((block.block.turns[j] - block.block.turns[i]) % 4):
        x, y = -y, x
    return x, y


def _hermitian(block: RealBlock, triangle: list[fmpz]) -> list[list[list[str]]]:
    def at(r: int, c: int) -> int:
        r, c = max(r, c), min(r, c)
        return int(triangle[r * (r + 1) // 2 + c])

    n, rows = block.block.size, []
    for i in range(n):
        row = []
        for j in range(i + 1):
            real, imaginary = at(i, j), 0
            if block.size > n:
                real, imaginary = real + at(n + i, n + j), at(n + i, j) - at(i, n + j)
            row.append([f"{part:#x}" for part in _turned(block, i, j, real, imaginary)])
        rows.append(row)
    return rows


def _change(block: RealBlock, b: int, k: int, value: fmpq) -> list[Any]:
    n, zero = block.block.size, fmpq(0)
    r = (math.isqrt(8 * k + 1) - 1) // 2
    c = k - r * (r + 1) // 2
    if (r < n) == (c < n):
        i, j, parts = r % n, c % n, (value, zero)
    else:
        i, j, parts = (r - n, c, (zero, value)) if r - n >= c else (c, r - n, (zero, -value))
    return [b, i, j, *map(spelled, _turned(block, i, j, *parts))]


def _multipliers(relaxation: Relaxation, proof: Proof) -> Iterator[list[Any]]:
    """Ensemble whose total spin is fixed, or None; moment, number:  X = sum number * moment + its adjoint, of each ensemble, too."""
    numbers: dict[tuple[int | None, Counts], Gaussian] = {}
    for i, value in proof.multipliers.items():
        equality = relaxation.equalities[i]
        turns = relaxation.unknowns.turns(equality.moment) - equality.part
        x = times((value * equality.factor / 2, fmpq(0)), phase(turns))
        key = (equality.spin, equality.moment)
        before = numbers.get(key, (fmpq(0), fmpq(0)))
        numbers[key] = (before[0] + x[0], before[1] + x[1])
    for (spin, moment), number in numbers.items():
        yield [spin, _moment(relaxation.alphabet, moment), *map(spelled, number)]
