"""Yes or no to a certificate of bounds, exactly, without the code that made it:  python verify.py CERTIFICATE.json [MODEL.json]

A >= bound in all steady states where  A - bound = sum w Q^dag Q + [sum P^dag R + L^dag(X) + (J^2 - j(j+1)) Y + h.c.],  w > 0,  and each P
is the Q of a sum of squares that was proved to vanish before.  Symmetric operators are polynomials, their values in product states:
|i><j| of a satellite is the variable (site, i, j), |0><0| is t - sum_i |i><i|, and t^(number of satellites) is the unit.
So  sum_n A_n . B_n  is  sum_c (A c B) d/dc  with |i><j| -> A |i><j| B and t -> sum_i A |i><i| B.  The mode, site 0, has normally ordered
a^dag, (0, 0, 1), and a, (0, 1, 0):  a . = a + d/da^dag,  . a^dag = a^dag + d/da.  Q, P, R are sums over the rows of a block,
<levels| word:  <levels| of distinct satellites, [site, level] of each, the word a product of sums over all.  A finite centre is site 1.
"""

import json
import sys
from functools import cache, reduce
from itertools import product
from math import prod
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

RAISE, LOWER, HALF = (0, 0, 1), (0, 1, 0), fmpq(1, 2)


def left(factors: Any) -> Any:
    return [(s, A, None) for s, A in reversed(factors)]


class Verifier:
    """Whether the identities of a certificate hold for its model."""

    def __init__(self, document: Any) -> None:
        self.model, centre, self.null = document["model"], document["model"]["centre"], list[Any]()
        self.blocks = [[(tuple(map(tuple, ket)), tuple(map(tuple, word))) for ket, word in block] for block in document["blocks"]]
        self.sites = [{"N": 0, "levels": 0}, *[{"N": 1, **centre}] * (centre["kind"] != "boson"), *self.model["ensembles"]]
        self.levels = [range(site["levels"]) for site in self.sites]
        self.named = {site["name"]: s for s, site in enumerate(self.sites) if "name" in site}
        keys = [(s, i, j) for s, levels in enumerate(self.levels) for i, j in product(levels, levels)]
        gens: Any = fmpq_mpoly_ctx.get(["i", "ad", "a", *(f"x{s}_{i}_{j}" for s, i, j in keys)], Ordering.lex).gens()
        self.i, self.t = gens[0], dict(zip(keys, gens[3:], strict=True))  # t itself in the place of |0><0|
        x = {(s, i, j): x - sum(self.t[s, k, k] for k in self.levels[s][1:] if i == j == 0) for (s, i, j), x in self.t.items()}
        self.x = {RAISE: gens[1], LOWER: gens[2], **x}

    def exact(self, *parts: Any) -> Any:  # real, imaginary: floats, or texts such as "-0x1f/0x3"
        pairs = [(int(n, 16) for n in x.split("/")) if isinstance(x, str) else float(x).as_integer_ratio() for x in parts]
        return sum((self.i**power * fmpq(*pair) for power, pair in enumerate(pairs)), start=0 * self.i)

    def row(self, terms: Any) -> Any:
        return [(i, self.exact(x, y)) for i, x, y in terms]

    def dagger(self, X: Any) -> Any:
        return X.compose(-self.i, self.x[LOWER], self.x[RAISE], *(self.t[s, j, i] for s, i, j in self.t))

    def monomial(self, letters: Any) -> Any:  # no more letters than satellites: averages would be 0/0
        key = [tuple(c) for c in letters]
        others = [(s, site["N"] - sum(c[0] == s for c in key)) for s, site in enumerate(self.sites) if s]
        if min(n for _, n in others) < 0:
            raise ValueError("more letters than satellites")
        return prod((self.x[c] for c in key), start=self.i**0) * prod(self.t[s, 0, 0] ** n for s, n in others)

    def read(self, terms: Any) -> Any:
        return sum((self.exact(x, y) * self.monomial(key) for key, x, y in terms), start=0 * self.i)

    def act(self, X: Any, s: int, A: Any, B: Any) -> Any:  # sum_n A_n X B_n, None is the unit; of the mode A or B is a letter
        if s == 0:
            return X * self.x[A or B] + (X.derivative("ad") if A == LOWER else X.derivative("a") if B == RAISE else 0)
        one = [[int(i == j) for j in self.levels[s]] for i in self.levels[s]]
        A, B, every = A or one, B or one, list(product(self.levels[s], repeat=2))
        images = {(i, j): sum(A[a][i] * B[j][b] * self.x[s, a, b] for a, b in every if A[a][i] and B[j][b]) for i, j in every}
        images[0, 0] = sum(images[i, i] for i in self.levels[s])
        return sum((X.derivative(str(self.t[s, *c])) * image for c, image in images.items()), start=0 * X)

    def unit(self, s: int, i: int, j: int) -> Any:  # a letter as a one-site operator
        return [[int((a, b) == (i, j)) for b in self.levels[s]] for a in self.levels[s]] or (s, i, j)

    @cache  # noqa: B019
    def pair(self, i: Any, word: Any, j: Any, other: Any) -> Any:  # word^dag |i><j| other, averaged over distinct satellites
        if word:
            s, k, m = word[-1]
            return self.act(self.pair(i, word[:-1], j, other), s, self.unit(s, m, k), None)
        if other:
            return self.act(self.pair(i, (), j, other[:-1]), other[-1][0], None, self.unit(*other[-1]))
        return self.monomial((s if s == r else None, k, m) for (s, k), (r, m) in zip(i, j, strict=True))

    def factors(self, term: Any) -> Any:  # number, [(site, one-site operator)]
        centre, number = term["centre"], self.exact(*term["coefficient"])
        mode = [(0, c) for c in [RAISE] * centre["p"] + [LOWER] * centre["q"]] if isinstance(centre, dict) else []
        matrices = [(1, centre)] * isinstance(centre, list) + [(self.named[name], M) for name, M in term["satellites"]]
        return number, mode + [(s, [[self.exact(*x) for x in row] for row in M]) for s, M in matrices]

    def generator(self) -> Any:  # (number, steps) of  i H X + sum (L^dag X L - L^dag L X) / 2:  L^dag(X) with its adjoint, where X = X^dag
        yield from ((self.i * number, left(Q)) for number, Q in map(self.factors, self.model["hamiltonian"]))
        for jump in self.model["jumps"]:
            for (u, P), (v, Q) in product(map(self.factors, jump["operator"]), repeat=2):
                P = [(s, [list(map(self.dagger, c)) for c in zip(*A, strict=True)] if s else (0, A[2], A[1])) for s, A in reversed(P)]
                w, tied, both = self.exact(jump["rate"]) * self.dagger(u) * v / 2, [], []
                if jump["kind"] == "individual":  # A^dag and B of one satellite
                    ((s, A), *P), (*Q, (_, B)) = P, Q
                    AB = [[sum(x * y for x, y in zip(a, b, strict=True)) for b in zip(*B, strict=True)] for a in A]
                    tied, both = [(s, A, B)], [(s, AB, None)]
                yield from ((w, [*left(P), *((s, None, B) for s, B in Q), *tied]), (-w, left(P + Q) + both))

    def casimir(self, s: int) -> Any:  # (number, steps) of  J^2 - j(j+1) = Jz^2 + Jz + J- J+ - j(j+1)
        z, j, J = (s, [[HALF, 0], [0, -HALF]]), self.exact(self.sites[s]["j"]), [(s, self.unit(s, 1, 0)), (s, self.unit(s, 0, 1))]
        return [(-j * (j + 1), []), (1, left([z])), (1, left([z, z])), (1, left(J))]

    def proves(self, proof: Any, observable: Any = (), sign: int = 1) -> bool:  # whether sign * A >= sign * bound
        squares = [(self.exact(w), b, *[self.row(row)] * 2) for w, b, rows in proof["squares"] for row in rows]
        zeros, Z = [(1, *self.null[k], self.row(row)) for k, row in proof["zeros"] if k < len(self.null)], dict[Any, Any]()
        for w, b, P, R in squares + zeros:
            for (i, x), (j, y) in product(((i, self.dagger(x)) for i, x in P), R):
                if P is not R or i >= j:
                    Z[b, i, j] = Z.get((b, i, j), 0) + (w / 2 if P is R and i == j else w) * x * y
        X, bound = self.read(proof["multipliers"]), self.exact(proof["bound"])
        zero = [(self.generator(), X + self.dagger(X)), *((self.casimir(self.named[name]), self.read(Y)) for name, Y in proof["spins"])]
        half = (self.read(observable) - bound * self.monomial([])) * sign / 2
        half += sum(w * reduce(lambda Y, step: self.act(Y, *step), steps, Y) for terms, Y in zero for w, steps in terms)
        half -= sum(z * self.pair(*self.blocks[b][i], *self.blocks[b][j]) for (b, i, j), z in Z.items())
        proved = all(w.leading_coefficient() > 0 for w, *_ in squares) and (half + self.dagger(half)) % (self.i**2 + 1) == 0
        self.null += [(b, row) for _, b, row, _ in squares if proved and bound == 0 and not observable]
        return proved


def verify(document: Any) -> list[str]:
    """What is wrong with a certificate; nothing where all its bounds are proved."""
    verifier = Verifier(document)
    wrong = [f"null rows, {k}: not proved" for k, proof in enumerate(document["null"]) if not verifier.proves(proof)]
    ends = product(document["results"].items(), (("lower", 1), ("upper", -1)))
    return wrong + [f"{name}, {end}: not proved" for (name, r), (end, sign) in ends if not verifier.proves(r[end], r["observable"], sign)]


if __name__ == "__main__":
    certificate, *model = (json.load(open(name)) for name in sys.argv[1:])  # noqa: SIM115
    wrong = verify(certificate | {"model": model[0]} if model else certificate)
    print("\n".join(wrong) or "proved")
    sys.exit(bool(wrong))
