"""Checks a certificate of bounds in whole and rational numbers of plain Python; shares no code with what made it.

For each end it multiplies out  sum_b sum_ij Z_b[i, j] O_i^dag O_j + L^dag(X) - A + bound  and wants every coefficient to be exactly zero
and every Z_b to be positive.  Operators are sums over distinct satellites: (centre, words of letters by ensemble) -> number.
"""

import itertools
import json
import math
import re
from collections import defaultdict
from fractions import Fraction
from functools import cache
from typing import Any, cast

Number = Any  # a Gaussian rational (real, imaginary)
Word = tuple[str, ...]


def mul(a: Number, b: Number) -> Number:
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def matmul(a: Any, b: Any) -> Any:
    return tuple(
        tuple(tuple(map(sum, zip(*(mul(x, b[k][j]) for k, x in enumerate(row)), strict=True))) for j in range(len(b))) for row in a
    )


def dagger(a: Any) -> Any:
    return tuple(tuple((a[j][i][0], -a[j][i][1]) for j in range(len(a))) for i in range(len(a)))


def unit(d: int, *ones: Any) -> Any:
    return tuple(tuple((sum(v for k, m, v in ones if (k, m) == (i, j)), 0) for j in range(d)) for i in range(d))


class System:
    """A model as Model.to_dict writes it: sites, generator, products."""

    def __init__(self, model: Any) -> None:
        self.model, self.boson = model, model["centre"]["kind"] == "boson"
        self.N, self.levels = [e["N"] for e in model["ensembles"]], [e["levels"] for e in model["ensembles"]]
        self.names = [e["name"] for e in model["ensembles"]]
        self.d = 0 if self.boson else model["centre"]["levels"]
        self.spin = {0: model["centre"]["kind"] == "spin"} | {1 + e: d == 2 for e, d in enumerate(self.levels)}

    @cache  # noqa: B019
    def letter(self, kind: int, symbol: str) -> Any:
        d = self.d if kind == 0 else self.levels[kind - 1]
        spin = {"": ((0, 0, 1), (1, 1, 1)), "+": ((0, 1, 1),), "-": ((1, 0, 1),), "z": ((0, 0, 1), (1, 1, -1))}
        ij = tuple(int(x) for x in re.findall(r"\d+", symbol))
        return unit(d, (*ij, 1)) if ij else unit(d, *((i, i, 1) for i in range(d))) if symbol == "" else unit(d, *spin[symbol])

    @cache  # noqa: B019
    def expand(self, kind: int, a: Any) -> dict[str, Number]:  # a matrix as the identity ("") and letters
        half = Fraction(1, 2)
        if self.spin[kind]:
            (p, q), (r, s) = a
            out = {"": mul((half, 0), (p[0] + s[0], p[1] + s[1])), "z": mul((half, 0), (p[0] - s[0], p[1] - s[1])), "+": q, "-": r}
        else:
            out = {f"|{i}><{j}|": x for i, row in enumerate(a) for j, x in enumerate(row)}
            first = out.pop("|0><0|")
            out |= {f"|{i}><{i}|": (a[i][i][0] - first[0], a[i][i][1] - first[1]) for i in range(1, len(a))} | {"": first}
        return {symbol: x for symbol, x in out.items() if any(x)}

    @cache  # noqa: B019
    def between(self, kind: int, A: Any, symbol: str, B: Any) -> dict[str, Number]:
        return self.expand(kind, matmul(matmul(A, self.letter(kind, symbol)), B))

    def on_centre(self, left: Any, c: Any, right: Any) -> dict[Any, Number]:  # left c right; a boson's c and factors are (p, q)
        if not self.boson:
            return self.between(0, left, c, right)
        out: Any = {tuple(left): (1, 0)}
        for p2, q2 in (c, right):
            grown: Any = defaultdict(lambda: (0, 0))
            for (p, q), x in out.items():
                for k in range(min(q, p2) + 1):
                    key, f = (p + p2 - k, q - k + q2), math.factorial(k) * math.comb(q, k) * math.comb(p2, k)
                    grown[key] = (grown[key][0] + x[0] * f, grown[key][1] + x[1] * f)
            out = grown
        return dict(out)

    def one_body(self, e: int, word: Word, A: Any, B: Any, N: int) -> dict[Word, Number]:  # sum_n A_n S_word B_n of N satellites
        out: Any = defaultdict(lambda: (0, 0))
        for k in range(len(word) + 1):
            rest = word[:k] + word[k + 1 :]
            for symbol, x in self.between(1 + e, A, word[k] if k < len(word) else "", B).items():
                key, f = (tuple(sorted((*rest, symbol))), 1) if symbol else (rest, N - len(rest))
                out[key] = (out[key][0] + f * x[0], out[key][1] + f * x[1])
        return dict(out)

    @cache  # noqa: B019
    def product(self, e: int, left: Word, right: Word, N: int) -> dict[Word, Fraction]:  # S_left S_right = J_a S_rest S_right - a on rest
        if not left:
            return {right: Fraction(1)}
        out: Any = defaultdict(Fraction)
        (a, *others), one = left, self.letter(1 + e, "")
        rest, A = tuple(others), self.letter(1 + e, a)
        for word, x in self.product(e, rest, right, N).items():
            for key, (y, _) in self.one_body(e, word, A, one, N).items():
                out[key] += x * y
        for word, (y, _) in self.one_body(e, rest, A, one, N).items():
            if word != tuple(sorted(left)):  # what is left of J_a S_rest beside S_left
                for key, x in self.product(e, word, right, N).items():
                    out[key] -= x * y
        return {key: x for key, x in out.items() if x}

    def squares(self, block: Any, i: int, j: int) -> Any:  # (moment, number): O_i^dag O_j as normalised moments
        (c, u, v), (d, w, z) = block["rows"][i], block["rows"][j]
        parts: Any = [self.on_centre((c[1], c[0]), (0, 0), tuple(d)) if self.boson else self.expand(0, unit(self.d, (c, d, 1)))]
        for e, (left, right) in enumerate(zip(v, z, strict=True)):
            kets = list(itertools.product(u, w)) if e == block["ensemble"] else [((1, []), (1, []))]
            part: Any = defaultdict(Fraction)
            N = self.N[e] - len(kets[0][0][1])
            daggers = tuple(next(iter(self.expand(1 + e, dagger(self.letter(1 + e, s))))) for s in left)
            norm = math.perm(N, len(left)) * math.perm(N, len(right))
            for (x, a), (y, b) in kets:
                singles = [self.expand(1 + e, unit(self.levels[e], (k, m, 1))).items() for k, m in zip(a, b, strict=True)]
                pairs = self.product(e, daggers, tuple(sorted(right)), N).items()
                for (word, f), *ones in cast(Any, itertools.product(pairs, *singles)):
                    key = tuple(sorted([*word, *(symbol for symbol, _ in ones if symbol)]))
                    part[key] += f * x * y * math.prod(g[0] for _, g in ones) * Fraction(math.perm(N, len(word)), norm)
            parts.append({word: (x, 0) for word, x in part.items()})
        words: Any
        for words in itertools.product(*(part.items() for part in parts)):
            value: Number = (Fraction(1), 0)
            for _, x in words:
                value = mul(value, x)
            yield tuple(key for key, _ in words), value

    def acted(self, X: Any, kind: int, A: Any, B: Any) -> Any:  # A X B on the centre, or sum_n A_n X B_n
        out: Any = defaultdict(lambda: (0, 0))
        for key, x in X.items():
            e = kind - 1
            for new, y in (self.on_centre(A, key[0], B) if not kind else self.one_body(e, key[kind], A, B, self.N[e])).items():
                whole = (*key[:kind], new, *key[kind + 1 :])
                out[whole] = tuple(map(sum, zip(out[whole], mul(x, y), strict=True)))
        return out

    def times(self, X: Any, left: Any, right: Any) -> Any:
        for kind, A in reversed(left):
            X = self.acted(X, kind, A, self.one(kind))
        for kind, B in right:
            X = self.acted(X, kind, self.one(kind), B)
        return X

    def one(self, kind: int) -> Any:
        return (0, 0) if kind == 0 and self.boson else self.letter(kind, "")

    def factors(self, term: Any, adjoint: bool = False) -> Any:
        def exact(rows: Any) -> Any:
            return tuple(tuple(tuple(map(Fraction, x)) for x in row) for row in rows)

        c = term["centre"]
        parts = [] if c is None else [(0, (c["p"], c["q"]) if self.boson else exact(c))]
        parts += [(1 + self.names.index(name), exact(rows)) for name, rows in term["satellites"]]
        if not adjoint:
            return parts
        return [(k, (A[1], A[0]) if k == 0 and self.boson else dagger(A)) for k, A in reversed(parts)]

    def generator(self, X: Any) -> Any:  # L^dag(X): (weight, operator) pairs whose sum it is
        for term in self.model["hamiltonian"]:
            Q, (re_, im) = self.factors(term), map(Fraction, term["coefficient"])
            yield (-im, re_), self.times(X, Q, [])
            yield (im, -re_), self.times(X, [], Q)
        for jump in self.model["jumps"]:
            for p, q in itertools.product(jump["operator"], repeat=2):
                a, b = (tuple(map(Fraction, t["coefficient"])) for t in (p, q))
                w = mul((Fraction(jump["rate"]), 0), mul((a[0], -a[1]), b))
                half, P, Q = (-w[0] / 2, -w[1] / 2), self.factors(p, True), self.factors(q)
                if jump["kind"] != "individual":
                    yield from ((w, self.times(X, P, Q)), (half, self.times(X, [*P, *Q], [])), (half, self.times(X, [], [*P, *Q])))
                    continue
                cP, cQ, ((e, M), *_), ((_, K), *_) = ([f for f in F if (f[0] == 0) == centre] for centre in (True, False) for F in (P, Q))
                one = self.one(e)
                yield w, self.acted(self.times(X, cP, cQ), e, M, K)
                yield half, self.acted(self.times(X, [*cP, *cQ], []), e, matmul(M, K), one)
                yield half, self.acted(self.times(X, [], [*cP, *cQ]), e, one, matmul(M, K))

    def norm(self, words: Any) -> int:
        return math.prod(math.perm(n, len(word)) for n, word in zip(self.N, words, strict=True))

    def key(self, moment: Any) -> Any:
        centre, words = moment
        return (tuple(centre) if self.boson else centre, *(tuple(sorted(word)) for word in words))

    def adjoint(self, key: Any) -> Any:
        def flipped(kind: int, symbol: str) -> str:
            return next(iter(self.expand(kind, dagger(self.letter(kind, symbol)))))

        centre = key[0][::-1] if self.boson else flipped(0, key[0]) if key[0] else ""
        return (centre, *(tuple(sorted(flipped(1 + e, s) for s in word)) for e, word in enumerate(key[1:])))


def positive(Z: Any) -> bool:  # Bareiss: leading minors of a hermitian matrix of Gaussian integers; zero is fine, too
    previous, Z = 1, [list(row) for row in Z]
    if not any(any(x) for row in Z for x in row):
        return True
    for k in range(len(Z)):
        pivot = Z[k][k][0]
        if pivot <= 0:
            return False
        for i, j in itertools.product(range(k + 1, len(Z)), repeat=2):
            x, y = mul((pivot, 0), Z[i][j]), mul(Z[i][k], Z[k][j])
            Z[i][j] = ((x[0] - y[0]) // previous, (x[1] - y[1]) // previous)
        previous = pivot
    return True


def exact(text: str) -> Fraction:  # "-0x1f/0x3"
    return Fraction(*(int(part, 16) for part in text.split("/")))


def _elements(proof: Any) -> Any:  # (block, i, j, real, imaginary) of the matrices, multiples of 2^-q
    for b, rows in enumerate(proof["matrices"]):
        for i, row in enumerate(rows):
            yield from ((b, i, j, *(f"{x}/{2 ** proof['q']:#x}" for x in entry)) for j, entry in enumerate(row) if j <= i)


def _margin(rows: Any, slack: Fraction) -> Any:  # the whole matrix of numerators, the slack taken from its diagonal
    Z: Any = [[(0, 0)] * len(rows) for _ in rows]
    for i, row in enumerate(rows):
        for j, (x, y) in enumerate(row):
            Z[i][j], Z[j][i] = (int(x, 16), int(y, 16)), (int(x, 16), -int(y, 16))
        Z[i][i] = (int(row[i][0], 16) - math.ceil(slack), 0)
    return Z


def verify(document: Any, model: Any = None) -> list[str]:
    """What is wrong with a certificate; nothing where all its bounds are proved.  ``model``: one to use instead of the file's."""
    system, blocks, problems = System(model or document["model"]), document["blocks"], []
    squares = [[[list(system.squares(b, i, j)) for j in range(i + 1)] for i in range(len(b["rows"]))] for b in blocks]
    for name, result in document["results"].items():
        for end, sign in (("lower", 1), ("upper", -1)):
            proof = result[end]
            total: Any = defaultdict(lambda: (Fraction(0), Fraction(0)))

            def put(key: Any, value: Number, total: Any = total) -> None:
                total[key] = (total[key][0] + value[0], total[key][1] + value[1])

            def both(key: Any, value: Number, put: Any = put) -> None:  # with the adjoint
                put(key, value)
                put(system.adjoint(key), (value[0], -value[1]))

            put(system.key([(0, 0) if system.boson else "", [[] for _ in system.N]]), (sign * exact(result[end]["bound"]), 0))
            for moment, re_, im in result["observable"]:
                both(system.key(moment), (-sign * exact(re_) / 2, -sign * exact(im) / 2))
            for moment, re_, im in proof["multipliers"]:
                key = system.key(moment)
                for weight, image in system.generator({key: (1, 0)}):
                    for other, x in image.items():
                        size = Fraction(system.norm(other[1:]), system.norm(key[1:]))
                        both(other, mul(mul((exact(re_) * size, exact(im) * size), weight), x))
            slack = [Fraction(0)] * len(blocks)
            for b, i, j, re_, im in [*proof["changes"], *_elements(proof)]:
                for key, x in squares[b][i][j]:
                    value = mul(x, (exact(re_), exact(im)))
                    put(key, value) if i == j else both(key, value)
            for b, _, _, re_, im in proof["changes"]:
                slack[b] += abs(exact(re_)) + abs(exact(im))
            if any(any(value) for value in total.values()):
                problems.append(f"{name}, {end}: the identity leaves a residual")
            if not all(positive(_margin(Z, s * 2 ** proof["q"])) for Z, s in zip(proof["matrices"], slack, strict=True)):
                problems.append(f"{name}, {end}: a matrix is not positive")
    return problems


if __name__ == "__main__":
    import sys
    from pathlib import Path

    wrong = [line for name in sys.argv[1:] for line in verify(json.loads(Path(name).read_text()))]
    print("\n".join(wrong) or "proved")
    sys.exit(bool(wrong))
