"""Checks a certificate of bounds in rational numbers; shares no code with what made it.  python verify.py CERTIFICATE.json [MODEL.json]

An end is proved by half + half^dag = 0 for  half = (A - bound - sum_ij (G^dag G + R)_ij O_i^dag O_j) / 2 + L^dag(X), R diagonally
dominant.  Operators are {monomial: number}.  A monomial is sorted letters (site, i, j): |i><j| of distinct satellites, averaged over all
choices, where |0><0| is 1 - sum_i |i><i|; of the mode, site 0, (0, 0, 1) is a^dag and (0, 1, 0) is a, normally ordered.  Numbers are pairs.
"""

import json
import sys
from collections import defaultdict
from fractions import Fraction
from functools import cache, reduce
from itertools import product
from pathlib import Path
from typing import Any

RAISE, LOWER, ONE, HALF = (0, 0, 1), (0, 1, 0), (1, 0), Fraction(1, 2)


def mul(*numbers: Any) -> Any:
    return reduce(lambda u, v: (u[0] * v[0] - u[1] * v[1], u[0] * v[1] + u[1] * v[0]), numbers)


def added(*terms: Any) -> Any:  # sum of number * operator
    total: Any = defaultdict(lambda: (0, 0))
    for number, operator in terms:
        for key, x in operator.items():
            total[key] = tuple(map(sum, zip(total[key], mul(number, x), strict=True)))
    return {key: x for key, x in total.items() if any(x)}


def dagger(operator: Any) -> Any:
    return {tuple(sorted((s, j, i) for s, i, j in key)): (x, -y) for key, (x, y) in operator.items()}


def exact(*texts: str) -> Any:  # "-0x1f/0x3"
    return tuple(Fraction(*(int(part, 16) for part in text.split("/"))) for text in texts)


class Operators:
    """Operators on sites of sizes[s] satellites with levels[s] levels; of one satellite they are {((s, i, j),): number}."""

    def __init__(self, sizes: Any, levels: Any) -> None:
        self.sizes, self.levels = sizes, levels
        self.ones = [{((s, i, i),): ONE for i in range(d)} for s, d in enumerate(levels)]

    def canonical(self, key: Any) -> Any:  # sorted, without |0><0|
        k = next((k for k, (_, i, j) in enumerate(key) if i == j == 0), None)
        if k is None:
            return {tuple(sorted(key)): ONE}
        rest, s = [*key[:k], *key[k + 1 :]], key[k][0]
        return added((ONE, self.canonical(rest)), *(((-1, 0), self.canonical([*rest, (s, i, i)])) for i in range(1, self.levels[s])))

    def polynomial(self, terms: Any) -> Any:
        for key in (term[0] for term in terms):
            if not all(0 <= s < len(self.sizes) and max(i, j) < (self.levels[s] if s else 2) for s, i, j in key):
                raise ValueError("a letter belongs to no site")
            if any(sum(c[0] == s for c in key) > self.sizes[s] for s, _, _ in key if s):
                raise ValueError("a monomial has more letters than satellites")
        return added(*((exact(x, y), self.canonical([tuple(c) for c in key])) for key, x, y in terms))

    def act(self, X: Any, s: int, A: Any, B: Any) -> Any:  # sum_n A_n X B_n; of the mode A X or X B
        terms = []
        for (key, x), ((a,), u), ((b,), v) in product(X.items(), A.items(), B.items()):
            y, others = mul(x, u, v), [([*key[:k], *key[k + 1 :]], c) for k, c in enumerate(key)]
            if s == 0:
                terms += [(y, [*key, a, b]), *((y, rest) for rest, c in others if (LOWER, RAISE) in ((a, c), (c, b)))]
                continue
            new, left = (s, a[1], b[2]), self.sizes[s] - sum(c[0] == s for c in key)
            terms += [(y, [*rest, new]) for rest, c in others if c == (s, a[2], b[1])]
            terms += [(mul(y, (left, 0)), [*key, new])] * (a[2] == b[1])
        return added(*((y, self.canonical(key)) for y, key in terms))

    def times(self, left: Any, X: Any, right: Any = ()) -> Any:  # factors (site, operator of one satellite), summed over its satellites
        X = reduce(lambda Y, f: self.act(Y, f[0], f[1], self.ones[f[0]]), reversed(left), X)
        return reduce(lambda Y, f: self.act(Y, f[0], self.ones[f[0]], f[1]), right, X)

    @cache  # noqa: B019
    def product(self, key: Any, other: Any) -> Any:  # of two monomials, from  J_a O_rest = number * O_key + what has fewer letters
        if not key:
            return {other: ONE}
        first, rest = [(key[0][0], {key[:1]: ONE})], key[1:]
        fewer = self.times(first, {rest: ONE})
        number = (Fraction(1, fewer.pop(key)[0]), 0)
        most = self.times(first, self.product(rest, other))
        return added((number, most), *((mul((-1, 0), number, x), self.product(w, other)) for w, x in fewer.items()))


class Verifier:
    """Whether the identities of a certificate hold, with L^dag of its model."""

    def __init__(self, document: Any) -> None:
        self.model = document["model"]
        centre, ensembles = self.model["centre"], self.model["ensembles"]
        sites = [{"N": 1, **centre}] * (centre["kind"] != "boson") + ensembles
        sizes, levels = [0, *(site["N"] for site in sites)], [1, *(site["levels"] for site in sites)]
        self.all, self.site = Operators(sizes, levels), {e["name"]: s for s, e in enumerate(ensembles, len(sizes) - len(ensembles))}
        self.null: Any = set()  # rows (block, i) with <O_i^dag O_i> = 0
        self.squares: Any = {}
        for b, block in enumerate(document["blocks"]):  # satellites that are singled out are sites of one
            homes, alone = [*range(len(sizes)), *block["singled"]], block["singled"]
            local = Operators([N - alone.count(s) for s, N in enumerate(sizes)] + [1] * len(alone), [levels[s] for s in homes])
            rows = [local.polynomial(row) for row in block["rows"]]
            for (i, row), (j, other) in product(enumerate(rows), enumerate(rows)):
                pairs = product(dagger(row).items(), other.items()) if j <= i else ()
                square = added(*((mul(x, y), local.product(p, q)) for (p, x), (q, y) in pairs))
                self.squares[b, i, j] = added(*((x, self.all.canonical([(homes[s], *c) for s, *c in key])) for key, x in square.items()))

    def factors(self, term: Any) -> Any:  # (site, operator of one satellite) of each factor of a product
        centre, matrices = term["centre"], [(self.site[name], matrix) for name, matrix in term["satellites"]]
        if isinstance(centre, dict):
            return [(0, {(RAISE,): ONE})] * centre["p"] + [(0, {(LOWER,): ONE})] * centre["q"] + self.entries(matrices)
        return self.entries([(1, centre)] * (centre is not None) + matrices)

    def entries(self, matrices: Any) -> Any:
        each = [(s, ((((s, i, j),), tuple(map(Fraction, x))) for i, row in enumerate(M) for j, x in enumerate(row))) for s, M in matrices]
        return [(s, dict(pairs)) for s, pairs in each]

    def generator(self, X: Any) -> Any:  # L^dag(X)
        terms, times, act, ones = [], self.all.times, self.all.act, self.all.ones
        for term in self.model["hamiltonian"]:
            (x, y), Q = map(Fraction, term["coefficient"]), self.factors(term)
            terms += [((-y, x), times(Q, X)), ((y, -x), times([], X, Q))]
        for jump in self.model["jumps"]:
            for p, q in product(jump["operator"], repeat=2):
                (x, y), v = (tuple(map(Fraction, term["coefficient"])) for term in (p, q))
                w = mul((Fraction(jump["rate"]), 0), (x, -y), v)
                P, Q, half = [(s, dagger(A)) for s, A in reversed(self.factors(p))], self.factors(q), mul(w, (-HALF, 0))
                if jump["kind"] != "individual":
                    terms += [(w, times(P, X, Q)), (half, times(P + Q, X)), (half, times([], X, P + Q))]
                    continue
                (s, A), (_, B) = P.pop(0), Q.pop()  # both of one satellite
                pairs = product(A.items(), B.items())
                AB = added(*((mul(u, v), {((s, a[1], b[2]),): ONE}) for ((a,), u), ((b,), v) in pairs if a[2] == b[1]))
                terms += [(w, act(times(P, X, Q), s, A, B)), (half, act(times(P + Q, X), s, AB, ones[s]))]
                terms += [(half, act(times([], X, P + Q), s, ones[s], AB))]
        return added(*terms)

    def casimir(self, name: str, X: Any) -> Any:  # (J^2 - j(j+1)) X,  J^2 = Jz^2 + Jz + J- J+
        s, j = self.site[name], next(Fraction(e["j"]) for e in self.model["ensembles"] if e["name"] == name)
        z, lift, lower = (s, {((s, 0, 0),): (HALF, 0), ((s, 1, 1),): (-HALF, 0)}), (s, {((s, 0, 1),): ONE}), (s, {((s, 1, 0),): ONE})
        return added(((-j * (j + 1), 0), X), *((ONE, self.all.times(left, X)) for left in ([z, z], [z], [lower, lift])))

    def proves(self, proof: Any, observable: Any = (), sign: int = 1) -> bool:
        """Whether sign * A >= sign * bound.  Where both are zero, rows with more on R's diagonal than beside it are null from now on."""
        room: Any = defaultdict(Fraction)
        rest, squares = added(*((exact(x, y), {(b, i, j): ONE}) for b, i, j, x, y in proof["rest"])), []
        for (b, i, j), (x, y) in rest.items():
            if not {(b, i), (b, j)} & self.null:
                room[b, i] += x if i == j and not y else -abs(x) - abs(y)
                room[b, j] -= abs(x) + abs(y) if i != j else 0
        for b, rows in enumerate(proof["factors"]):
            for row in rows:
                G = [(i, (int(x, 16), int(y, 16))) for i, x, y in row]
                squares += [((u, -v), {(b, i, j): z}) for (i, (u, v)), (j, z) in product(G, G) if j <= i]
        Z = added((ONE, rest), ((Fraction(1, 4 ** proof["q"]), 0), added(*squares)))
        (bound,), X = exact(proof["bound"]), self.all.polynomial(proof["multipliers"])
        terms = [((sign * HALF, 0), self.all.polynomial(observable)), ((-sign * bound * HALF, 0), {(): ONE}), (ONE, self.generator(X))]
        terms += [(ONE, self.casimir(name, self.all.polynomial(Y))) for name, Y in proof["spins"]]
        half = added(*terms, *((mul((-HALF if key[1] == key[2] else -1, 0), x), self.squares[key]) for key, x in Z.items()))
        proved = all(x >= 0 for x in room.values()) and not added((ONE, half), (ONE, dagger(half)))
        if proved and not observable and bound == 0:
            self.null |= {row for row, x in room.items() if x > 0}
        return proved


def verify(document: Any) -> list[str]:
    """What is wrong with a certificate; nothing where all its bounds are proved."""
    verifier = Verifier(document)
    wrong = [f"null rows, {k}: not proved" for k, proof in enumerate(document["null"]) if not verifier.proves(proof)]
    ends = product(document["results"].items(), (("lower", 1), ("upper", -1)))
    return wrong + [f"{name}, {end}: not proved" for (name, r), (end, sign) in ends if not verifier.proves(r[end], r["observable"], sign)]


if __name__ == "__main__":
    certificate, *model = (json.loads(Path(name).read_text()) for name in sys.argv[1:])
    wrong = verify(certificate | {"model": model[0]} if model else certificate)
    print("\n".join(wrong) or "proved")
    sys.exit(bool(wrong))
