"""Checks a certificate of bounds in whole and rational numbers of plain Python; shares no code with what made it.

For each end it multiplies out  A - bound - sum_b sum_ij Z_b[i, j] O_i^dag O_j - L^dag(X)  from the model in the file, wants every
coefficient to be zero, and every Z_b to be positive.  An operator is {(mode, word of each site): number}: a^dag^p a^q of the mode, and the
sum over distinct satellites that carry the letters of a word.  A finite centre is a site of one satellite.  Numbers are Gaussian rationals.
"""

import json
import math
import re
import sys
from collections import defaultdict
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

MODE = 0  # position of the mode in a key; sites follow
LETTERS = {"": ((1, 0), (0, 1)), "+": ((0, 1), (0, 0)), "-": ((0, 0), (1, 0)), "z": ((1, 0), (0, -1))}


def mul(*numbers: Any) -> Any:
    x, y = 1, 0
    for a, b in numbers:
        x, y = x * a - y * b, x * b + y * a
    return x, y


def added(pairs: Any) -> Any:  # sum of numbers of each key; zeros are left out
    total: Any = defaultdict(lambda: (0, 0))
    for key, (x, y) in pairs:
        total[key] = (total[key][0] + x, total[key][1] + y)
    return {key: x for key, x in total.items() if any(x)}


@cache
def matmul(A: Any, B: Any) -> Any:
    return tuple(
        tuple(tuple(map(sum, zip(*(mul(x, row[j]) for x, row in zip(a, B, strict=True)), strict=True))) for j in range(len(B))) for a in A
    )


def dagger(A: Any) -> Any:  # of a matrix, or of a mode's (p, q)
    return A[::-1] if isinstance(A[0], int) else tuple(tuple((x, -y) for x, y in column) for column in zip(*A, strict=True))


def exact(text: str) -> Fraction:  # "-0x1f/0x3"
    return Fraction(*(int(part, 16) for part in text.split("/")))


class System:
    """Sites, products and the generator of a model as Model.to_dict writes it."""

    def __init__(self, model: Any) -> None:
        centre, ensembles = model["centre"], model["ensembles"]
        sites = [] if centre["kind"] == "boson" else [("", 1, centre["levels"], centre["kind"] == "spin")]
        self.sites = [("", 0, 0, False), *sites, *((e["name"], e["N"], e["levels"], e["levels"] == 2) for e in ensembles)]
        self.spins = [e.get("j") for e in ensembles]
        self.model, self.names = model, {site[0]: s for s, site in enumerate(self.sites)}

    @cache  # noqa: B019
    def matrix(self, s: int, symbol: str) -> Any:
        d, (i, j) = self.sites[s][2], map(int, re.findall(r"\d+", symbol) or (-1, -1))
        rows = (
            LETTERS[symbol] if self.sites[s][3] and i < 0 else [[a == b if i < 0 else (a, b) == (i, j) for b in range(d)] for a in range(d)]
        )
        return tuple(tuple((int(x), 0) for x in row) for row in rows)

    @cache  # noqa: B019
    def expanded(self, s: int, A: Any) -> Any:  # a matrix as letters, "" the identity
        if self.sites[s][3]:
            (a, b), (c, d) = A
            mean, half = ((Fraction(a[k] + d[k], 2) for k in (0, 1)), (Fraction(a[k] - d[k], 2) for k in (0, 1)))
            return added((("", tuple(mean)), ("z", tuple(half)), ("+", b), ("-", c)))
        ((x, y), *_), *_ = A
        diagonal = [(f"|{i}><{i}|", (-x, -y)) for i in range(1, len(A))]
        pairs = [(f"|{i}><{j}|" if i or j else "", number) for i, row in enumerate(A) for j, number in enumerate(row)]
        return added(pairs + diagonal)

    @cache  # noqa: B019
    def between(self, s: int, A: Any, key: Any, B: Any, N: int) -> Any:  # sum_n A_n S_key B_n; of the mode A key B in normal order
        if s == MODE:
            (p, q), rest = A, (key, B)
            out = {(p, q): (1, 0)}
            for u, v in rest:
                moved = ((p, q, k, x) for (p, q), x in out.items() for k in range(min(q, u) + 1))
                out = added(
                    ((p + u - k, q - k + v), mul(x, (math.factorial(k) * math.comb(q, k) * math.comb(u, k), 0))) for p, q, k, x in moved
                )
            return out
        images = []
        for k in range(len(key) + 1):
            rest, one = key[:k] + key[k + 1 :], key[k] if k < len(key) else ""
            for symbol, x in self.expanded(s, matmul(matmul(A, self.matrix(s, one)), B)).items():
                images.append((tuple(sorted((*rest, symbol))), x) if symbol else (rest, mul(x, (N - len(rest), 0))))
        return added(images)

    @cache  # noqa: B019
    def words(self, s: int, left: Any, right: Any, N: int) -> Any:  # S_left S_right = J_a S_rest S_right - what of J_a S_rest is not S_left
        if not left:
            return {right: (1, 0)}
        A, one, rest = self.matrix(s, left[0]), self.matrix(s, ""), left[1:]
        images = [(k, mul(x, y)) for w, x in self.words(s, rest, right, N).items() for k, y in self.between(s, A, w, one, N).items()]
        other = {w: y for w, y in self.between(s, A, rest, one, N).items() if len(w) < len(left)}
        return added(images + [(k, mul((-1, 0), x, y)) for w, y in other.items() for k, x in self.words(s, w, right, N).items()])

    def square(self, row: Any, other: Any) -> Any:  # O_row^dag O_other, numbers of normalised moments
        parts = [self.between(MODE, tuple(row[0][::-1]), (0, 0), tuple(other[0]), 0)]
        for s, (a, b, left, right) in enumerate(zip(row[1], other[1], row[2], other[2], strict=True), 1):
            N = self.sites[s][1] - len(a[0][1])
            daggers = tuple(symbol for each in left for symbol in self.expanded(s, dagger(self.matrix(s, each))))
            norm = math.perm(N, len(left)) * math.perm(N, len(right))
            pairs = []
            for (x, i), (y, j), (w, z) in product(a, b, self.words(s, daggers, tuple(sorted(right)), N).items()):
                d, number = self.sites[s][2], mul(z, (x * y * Fraction(math.perm(N, len(w)), norm), 0))
                units = (tuple(tuple((int((p, q) == ij), 0) for q in range(d)) for p in range(d)) for ij in zip(i, j, strict=True))
                for extra in product(*(self.expanded(s, unit).items() for unit in units)):
                    pairs.append((tuple(sorted((*w, *(c for c, _ in extra if c)))), mul(number, *(g for _, g in extra))))
            parts.append(added(pairs))
        return [(tuple(k for k, _ in chosen), mul(*(x for _, x in chosen))) for chosen in product(*(part.items() for part in parts))]

    def times(self, X: Any, left: Any, right: Any) -> Any:  # left X right, lists of (site, operator)
        for on_left, (s, A) in [*((True, factor) for factor in reversed(left)), *((False, factor) for factor in right)]:
            one = (0, 0) if s == MODE else self.matrix(s, "")
            X = self.sandwich(X, s, A, one) if on_left else self.sandwich(X, s, one, A)
        return X

    def sandwich(self, X: Any, s: int, A: Any, B: Any) -> Any:
        N = self.sites[s][1]
        return added(
            ((*key[:s], new, *key[s + 1 :]), mul(x, y)) for key, x in X.items() for new, y in self.between(s, A, key[s], B, N).items()
        )

    def factors(self, term: Any) -> Any:  # (site, operator) of a product
        c = term["centre"]
        parts = [] if c is None else [(MODE, (c["p"], c["q"])) if isinstance(c, dict) else (1, c)]
        parts += [(self.names[name], rows) for name, rows in term["satellites"]]
        return [(s, A if s == MODE else tuple(tuple(tuple(map(Fraction, x)) for x in row) for row in A)) for s, A in parts]

    def generator(self, X: Any) -> Any:  # L^dag(X)
        images = []
        for term in self.model["hamiltonian"]:
            x, y = map(Fraction, term["coefficient"])
            Q = self.factors(term)
            images += [((-y, x), self.times(X, Q, [])), ((y, -x), self.times(X, [], Q))]
        for jump in self.model["jumps"]:
            for p, q in product(jump["operator"], repeat=2):
                (a, b), w = map(Fraction, p["coefficient"]), tuple(map(Fraction, q["coefficient"]))
                w = mul((Fraction(jump["rate"]), 0), (a, -b), w)
                P, Q, half = [(s, dagger(A)) for s, A in reversed(self.factors(p))], self.factors(q), mul(w, (Fraction(-1, 2), 0))
                if jump["kind"] != "individual":
                    images += [(w, self.times(X, P, Q)), (half, self.times(X, P + Q, [])), (half, self.times(X, [], P + Q))]
                    continue
                (s, A), *P = P  # the satellite is last in a product, first in its adjoint
                *Q, (_, B) = Q
                one, AB = self.matrix(s, ""), matmul(A, B)
                images += [(w, self.sandwich(self.times(X, P, Q), s, A, B)), (half, self.sandwich(self.times(X, P + Q, []), s, AB, one))]
                images += [(half, self.sandwich(self.times(X, [], P + Q), s, one, AB))]
        return added((key, mul(w, x)) for w, image in images for key, x in image.items())

    def casimir(self, X: Any, e: int) -> Any:  # (J^2 - j(j+1)) X of an ensemble
        s, j = len(self.sites) - len(self.spins) + e, Fraction(self.spins[e])
        z, lift, lower = ((s, self.matrix(s, symbol)) for symbol in "z+-")
        weights = ((Fraction(1, 4), (z, z)), (Fraction(1, 2), (lift, lower)), (Fraction(1, 2), (lower, lift)), (-j * (j + 1), ()))
        return added((key, mul((w, 0), x)) for w, left in weights for key, x in self.times(X, left, []).items())

    def adjoint(self, key: Any) -> Any:
        words = (tuple(sorted(e for c in word for e in self.expanded(s, dagger(self.matrix(s, c))))) for s, word in enumerate(key[1:], 1))
        return (key[MODE][::-1], *words)

    def norm(self, key: Any) -> int:  # number of summands
        return math.prod(math.perm(site[1], len(word)) for site, word in zip(self.sites[1:], key[1:], strict=True))


def positive(rows: Any, slack: Fraction) -> bool:  # Bareiss: leading minors of Z - slack, Gaussian integers; zero is fine, too
    Z = [[(int(x, 16), int(y, 16)) for x, y in row] for row in rows]
    if not slack and not any(any(x) for row in Z for x in row):
        return True
    Z = [[Z[i][j] if j <= i else mul((1, 0), (Z[j][i][0], -Z[j][i][1])) for j in range(len(Z))] for i in range(len(Z))]
    for i, row in enumerate(Z):
        row[i] = (row[i][0] - math.ceil(slack), 0)
    previous = 1
    for k, row in enumerate(Z):
        pivot = row[k][0]
        if pivot <= 0:
            return False
        for i, j in product(range(k + 1, len(Z)), repeat=2):
            x, y = (pivot * u - v for u, v in zip(Z[i][j], mul(Z[i][k], row[j]), strict=True))
            Z[i][j] = (x // previous, y // previous)
        previous = pivot
    return True


def verify(document: Any) -> list[str]:
    """What is wrong with a certificate; nothing where all its bounds are proved."""
    system, blocks, problems = System(document["model"]), document["blocks"], []
    squares = [[[system.square(a, b) for b in rows[: i + 1]] for i, a in enumerate(rows)] for rows in blocks]
    identity = ((0, 0), *(() for _ in system.sites[1:]))

    def key(moment: Any) -> Any:
        return (tuple(moment[0]), *(tuple(sorted(word)) for word in moment[1]))

    for (name, result), (end, sign) in product(document["results"].items(), (("lower", 1), ("upper", -1))):
        proof, slack = result[end], [Fraction(0)] * len(blocks)
        left = [(identity, (-sign * exact(proof["bound"]), 0))]  # A - bound - sum ... - L^dag(X), half of it: the adjoint is added
        half = [(key(moment), mul((Fraction(sign, 2), 0), (exact(x), exact(y)))) for moment, x, y in result["observable"]]
        for e, moment, x, y in [*([None, *each] for each in proof["multipliers"]), *proof["spins"]]:
            operator = key(moment)
            X = {operator: mul((Fraction(-1, system.norm(operator)), 0), (exact(x), exact(y)))}
            image = system.generator(X) if e is None else system.casimir(X, e)
            half += [(k, mul(v, (system.norm(k), 0))) for k, v in image.items()]
        changes = [(b, i, j, exact(x), exact(y)) for b, i, j, x, y in proof["changes"]]
        unit = Fraction(1, 2 ** proof["q"])
        elements = [
            (b, i, j, int(x, 16) * unit, int(y, 16) * unit)
            for b, rows in enumerate(proof["matrices"])
            for i, row in enumerate(rows)
            for j, (x, y) in enumerate(row)
        ]
        for b, i, j, x, y in elements + changes:
            (left if i == j else half).extend((k, mul((-x, -y), v)) for k, v in squares[b][i][j])
        for b, _, _, x, y in changes:
            slack[b] += (abs(x) + abs(y)) / unit
        if added(left + half + [(system.adjoint(k), (x, -y)) for k, (x, y) in half]):
            problems.append(f"{name}, {end}: the identity leaves a residual")
        if not all(positive(Z, s) for Z, s in zip(proof["matrices"], slack, strict=True)):
            problems.append(f"{name}, {end}: a matrix is not positive")
    return problems


if __name__ == "__main__":
    wrong = [line for name in sys.argv[1:] for line in verify(json.loads(Path(name).read_text()))]
    print("\n".join(wrong) or "proved")
    sys.exit(bool(wrong))
