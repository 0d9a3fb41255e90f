"""Random models, as the Python text that a user would write: a failure is a snippet to run.  Long: a function a class.

A class of systems is a function of a generator that returns a :class:`Case`; CLASSES lists them.  Numbers have three digits.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

import permsym as ps


@dataclass(frozen=True)
class Case:
    """A model and what is asked of it.

    text      statements that define ``model``, and ``f`` where it is a function of parameters
    question  member of ``judge.QUESTIONS``
    options   of what is asked
    """

    text: str
    question: str = "steady"
    options: dict[str, Any] = field(default_factory=dict)

    def namespace(self) -> dict[str, Any]:
        names: dict[str, Any] = {"ps": ps, "np": np}
        exec(self.text, names)
        return names

    def snippet(self) -> str:
        shown = {key: _rounded(value) if key == "expected" else value for key, value in self.options.items()}
        return f"import numpy as np\nimport permsym as ps\n\n{self.text}\n# {self.question}: {shown}\n"


def _rounded(expected: dict[str, Any]) -> dict[str, complex]:
    """Fractions as numbers to read."""
    return {label: complex(*map(float, value)) if isinstance(value, tuple) else value for label, value in expected.items()}


class Chance:
    """Random numbers, as text."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def number(self, low: float = -1.0, high: float = 1.0) -> str:
        return f"{self.rng.uniform(low, high):.3g}"

    def rate(self, low: float = -1.5, high: float = 0.7) -> str:
        """Positive, its logarithm uniform between powers of ten."""
        return f"{10 ** self.rng.uniform(low, high):.3g}"

    def some(self, texts: list[str], least: int = 0) -> list[str]:
        """A random subset, in order."""
        count = self.rng.integers(least, len(texts) + 1)
        return [texts[k] for k in sorted(self.rng.permutation(len(texts))[:count])]

    def integer(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def likely(self, probability: float = 0.5) -> bool:
        return bool(self.rng.random() < probability)

    def matrix(self, size: int, hermitian: bool = False) -> str:
        m = self.rng.standard_normal((size, size)) + 1j * self.rng.standard_normal((size, size))
        m = (m + m.conj().T) / 2 if hermitian else m
        return "[" + ", ".join("[" + ", ".join(f"{v.real:.2f}{v.imag:+.2f}j" for v in row) + "]" for row in m) + "]"


class Slow(Chance):
    """Half of the rates down to 1e-12."""

    def rate(self, low: float = -1.5, high: float = 0.7) -> str:
        return super().rate(-12, -3) if self.likely() else super().rate(low, high)


def text_of(sites: str, hamiltonian: list[str], jumps: list[str], ensembles: str = "s") -> str:
    joined = " + ".join(hamiltonian) or "0 * s.z"
    return f"{sites}\nmodel = ps.Model(c, {ensembles}, {joined}, [\n    " + ",\n    ".join(jumps) + ",\n])"


# -- spins ------------------------------------------------------------------------------------------------------------------


def _charged_terms(x: Chance) -> list[str]:
    return [
        f"{x.number()} * c.z",
        f"{x.number()} * s.z",
        f"{x.number()} * c.z * s.z",
        f"{x.number()} * s.z * s.z",
        f"{x.number()} * s.p * s.m",
    ]


def _charged_jumps(x: Chance, rate: Callable[[], str]) -> list[str]:
    return [
        f"ps.Central({rate()}, c.m)",
        f"ps.Central({rate()}, c.p)",
        f"ps.Central({rate()}, c.z)",
        f"ps.Individual({rate()}, s.p)",
        f"ps.Individual({rate()}, s.z)",
        f"ps.Individual({rate()}, c.p * s.m)",
        f"ps.Collective({rate()}, s.m)",
        f"ps.Collective({rate()}, c.z * s.m)",
    ]


def spin_charged(x: Chance, rate: Callable[[], str] | None = None, most: int = 5) -> Case:
    rate = rate or x.rate
    sites = f"c, s = ps.Spin(), ps.Ensemble({x.integer(1, most)})"
    exchange = f"{x.number()} * (c.p * s.m + c.m * s.p)"
    jumps = [f"ps.Individual({rate()}, s.m)", *x.some(_charged_jumps(x, rate), 1)]
    return Case(text_of(sites, [exchange, *x.some(_charged_terms(x))], jumps))


def spin_free(x: Chance) -> Case:
    sites = f"c, s = ps.Spin(), ps.Ensemble({x.integer(1, 4)})"
    hamiltonian = [
        f"c.operator({x.matrix(2, True)})",
        f"s.operator({x.matrix(2, True)})",
        *x.some(
            [*_charged_terms(x), f"{x.number()} * s.x * s.x", f"{x.number()} * c.x * (s.z * s.x + s.x * s.z)", f"{x.number()} * c.y * s.y"]
        ),
    ]
    jumps = [
        f"ps.Individual({x.rate()}, s.operator({x.matrix(2)}))",
        *x.some(
            [
                *_charged_jumps(x, x.rate),
                f"ps.Individual({x.rate()}, c.operator({x.matrix(2)}) * s.operator({x.matrix(2)}) + s.m)",
                f"ps.Collective({x.rate(-2, 0)}, s.z * s.m + {x.number()} * c.p * s.x)",
                f"ps.Collective({x.rate(-2, 0)}, s.m + ({x.number()} + {x.number()}j) * c.m)",
            ]
        ),
        f"ps.Central({x.rate()}, c.m)",
    ]
    return Case(text_of(sites, hamiltonian, jumps))


def levels(x: Chance) -> Case:
    """A centre, or satellites, of three or four levels."""
    d = x.integer(3, 4)
    if x.likely():
        sites = f"c, s = ps.Levels({d}), ps.Ensemble({x.integer(1, 4)})"
        lower = " + ".join(f"{x.number(0.3, 1.5)} * c.unit({k}, {k + 1})" for k in range(d - 1))
        hamiltonian = [f"{x.number(0.2, 1)} * (a.dag() * s.m + a * s.p)", f"{x.number()} * s.z"]
        hamiltonian += x.some([f"{x.number()} * c.unit(1, 1)", f"{x.number()} * s.x"])
        jumps = [f"ps.Central({x.rate()}, a)", f"ps.Individual({x.rate()}, s.p)", f"ps.Individual({x.rate()}, s.m)"]
        jumps += x.some([f"ps.Central({x.rate()}, c.unit(0, {d - 1}))", f"ps.Individual({x.rate()}, c.unit(1, 0) * s.m)"])
        return Case(text_of(f"{sites}\na = {lower}", hamiltonian, jumps))
    sites = f"c, s = ps.Spin(), ps.Ensemble({x.integer(1, 2)}, levels={d})"
    hamiltonian = [f"{x.number()} * c.z", *(f"{x.number()} * s.unit({k}, {k})" for k in range(d))]
    hamiltonian += [f"{x.number()} * (c.p * s.unit(0, 1) + c.m * s.unit(1, 0))", *x.some([f"s.operator({x.matrix(d, True)})"])]
    jumps = [f"ps.Individual({x.rate()}, s.unit({k}, {k + 1}))" for k in range(d - 1)]
    jumps += [f"ps.Individual({x.rate()}, s.unit({d - 1}, 0))", f"ps.Central({x.rate()}, c.m)"]
    jumps += x.some([f"ps.Individual({x.rate()}, s.operator({x.matrix(d)}))", f"ps.Collective({x.rate(-2, 0)}, s.unit(0, {d - 1}) + c.p)"])
    return Case(text_of(sites, hamiltonian, jumps))


def ensembles(x: Chance) -> Case:
    """Two or three ensembles."""
    names = "ABE"[: x.integer(2, 3)]
    sizes = [x.integer(1, 2 if len(names) == 3 else 3) for _ in names]
    made = ", ".join(f'ps.Ensemble({size}, "{name}")' for name, size in zip(names, sizes, strict=True))
    spins = [name.lower() for name in names]
    hamiltonian = [f"{x.number()} * c.z"]
    jumps = [f"ps.Central({x.rate()}, c.m)"]
    for spin in spins:
        hamiltonian += [f"{x.number()} * {spin}.z", f"{x.number()} * (c.p * {spin}.m + c.m * {spin}.p)"]
        jumps += [f"ps.Individual({x.rate()}, {spin}.p)", f"ps.Individual({x.rate()}, {spin}.m)"]
    hamiltonian += x.some(["0.2 * a.x * b.x", f"{x.number()} * a.z * b.z", f"{x.number()} * a.x"])
    jumps += x.some([f"ps.Collective({x.rate()}, a.m + {x.number()} * b.m)", f"ps.Individual({x.rate()}, c.z * b.p)"])
    return Case(text_of(f"c, {', '.join(spins)} = ps.Spin(), {made}", hamiltonian, jumps, f"[{', '.join(spins)}]"))


def slow(x: Chance) -> Case:
    """Rates down to 1e-12 of the others, in any of the classes above."""
    return x.rng.choice([spin_charged, spin_charged, spin_free, levels, ensembles])(Slow(x.rng))


def energies(x: Chance) -> Case:
    """Energies up to 1e9 whose differences are of order one."""
    kind, N, large = x.integer(0, 2), x.integer(1, 3), f"W = {10 ** x.rng.uniform(3, 9):.6g}"
    coupling = f"{x.number(0.2, 1)} * (c.p * s.m + c.m * s.p)"
    if kind == 0:
        hamiltonian = [f"(W + {x.number()}) / 2 * c.z", "W / 2 * s.z", coupling]
        hamiltonian += x.some([f"{x.number()} * W * c.z * s.z", f"{x.number()} * s.z * s.z"])
        jumps = [f"ps.Individual({x.rate()}, s.m)", f"ps.Central({x.rate()}, c.m)", *x.some(_charged_jumps(x, x.rate))]
        return Case(text_of(f"c, s = ps.Spin(), ps.Ensemble({N})\n{large}", hamiltonian, jumps))
    if kind == 1:
        hamiltonian = [f"(0.77 * W + {x.number()}) / 2 * c.z", "W / 3 * s.unit(1, 1)", "1.1 * W * s.unit(2, 2)"]
        hamiltonian.append(f"{x.number(0.2, 1)} * (c.p * s.unit(1, 2) + c.m * s.unit(2, 1))")
        jumps = [f"ps.Central({x.rate()}, c.m)", f"ps.Individual({x.rate()}, s.unit(0, 1))", f"ps.Individual({x.rate()}, s.unit(2, 0))"]
        jumps.append(f"ps.Individual({x.rate()}, s.unit(1, 2))")
        return Case(text_of(f"c, s = ps.Spin(), ps.Ensemble({min(N, 2)}, levels=3)\n{large}", hamiltonian, jumps))
    hamiltonian = [f"(W + {x.number()}) * c.n", "W / 2 * s.z", f"{x.number(0.2, 0.6)} * (c.ad * s.m + c.a * s.p)"]
    jumps = [f"ps.Central({x.rate(0, 0.5)}, c.a)", f"ps.Individual({x.rate(-0.7, 0.3)}, s.m)", f"ps.Individual({x.rate(-2, -0.5)}, s.p)"]
    return Case(text_of(f"c, s = ps.Boson(), ps.Ensemble({N})\n{large}", hamiltonian, jumps))


# -- bosons -----------------------------------------------------------------------------------------------------------------


def _boson(x: Chance, cut: str, slow: bool = False) -> str:
    """Terms of one to four photons, held back by the losses.  slow: whether satellites may be, and barely coupled"""
    of_satellites = Slow(x.rng).rate if slow else x.rate
    power = x.integer(1, 4)
    sites = f"c, s = ps.Boson({cut}), ps.Ensemble({1 if x.likely(0.8) else 2})"
    hamiltonian = [
        f"{x.number()} * c.n",
        f"{x.number()} * s.z",
        f"{of_satellites(-1, -0.2)} * (c.ad * s.m + c.a * s.p)",
        *x.some([f"{x.number(0, 0.5)} * c.ad * c.ad * c.a * c.a", f"{x.number(-0.3, 0.3)} * c.n * s.z"]),
    ]
    if x.likely(0.7):
        raising = " * ".join(["c.ad"] * power)
        lowering = " * ".join(["c.a"] * power)
        hamiltonian.append(f"{x.number(0.003, [0.4, 0.1, 0.04, 0.01][power - 1])} * ({raising} + {lowering})")
    jumps = [f"ps.Central({x.rate(0, 0.5)}, c.a)", f"ps.Individual({of_satellites(-0.7, 0.3)}, s.m)"]
    if power > 1:
        jumps.append(f"ps.Central({x.rate(-0.3, 0.3)}, c.a * c.a)")
    jumps += x.some(
        [f"ps.Central({x.number(0.01, 0.1)}, c.ad)", f"ps.Individual({of_satellites(-2, -0.5)}, s.p)", f"ps.Individual({x.rate()}, s.z)"]
    )
    if power > 2 and x.likely():
        jumps.append(f"ps.Central({x.rate(-2, -0.5)}, {' * '.join(['c.a'] * power)})")
    return text_of(sites, hamiltonian, jumps)


def boson(x: Chance) -> Case:
    return Case(_boson(x, ""))


def boson_cut(x: Chance) -> Case:
    """A cut-off that the user gave, often too low."""
    return Case(_boson(x, str(x.integer(4, 14))))


def weak(x: Chance) -> Case:
    """Drives and pumps down to 1e-8."""
    if x.likely(0.7):
        drive = f"{x.rate(-8, -2)} * (c.ad + c.a)"
        jumps = []
    else:
        drive = f"{x.number()} * s.z"
        jumps = [f"ps.Individual({x.rate(-8, -3)}, s.p)"]
    hamiltonian = [f"{x.number()} * c.n", f"{x.number(0.3, 2)} * (c.ad * s.m + c.a * s.p)", drive, *x.some([f"{x.number()} * s.z"])]
    jumps += [
        f"ps.Central({x.rate(-0.3, 0.5)}, c.a)",
        f"ps.Individual({x.rate(-1, 0.5)}, s.m)",
        *x.some([f"ps.Individual({x.rate(-2, 0)}, s.z)"]),
    ]
    if x.likely(0.7):
        return Case(text_of(f"c, s = ps.Boson(), ps.Ensemble({x.integer(1, 2)})", hamiltonian, jumps))
    hamiltonian += [f"{x.number()} * b.z", f"{x.number(0.3, 1)} * (c.ad * b.m + c.a * b.p)"]
    jumps.append(f"ps.Individual({x.rate(-1, 0.5)}, b.m)")
    return Case(text_of('c, s, b = ps.Boson(), ps.Ensemble(1, "A"), ps.Ensemble(1, "B")', hamiltonian, jumps, "[s, b]"))


def bright(x: Chance) -> Case:
    """A damped, driven, warm mode beside satellites of their own: a displaced thermal state in closed form.

    alpha = -i F / ((kappa - gain) / 2 + i Delta),   nbar = gain / (kappa - gain)
    """
    texts = [x.number(), x.number(0.1, 2), x.rate(-0.3, 0.5), x.number(0.01, 0.3), x.rate(), x.rate(), x.number()]
    delta, drive, kappa, gain, up, down, epsilon = (float(text) for text in texts)
    gain *= kappa if x.likely() else 0
    jumps = [f"ps.Central({kappa}, c.a)", f"ps.Individual({up}, s.p)", f"ps.Individual({down}, s.m)", f"ps.Central({gain}, c.ad)"]
    hamiltonian = [f"{delta} * c.n", f"{drive} * (c.ad + c.a)", f"{epsilon} * s.z"]
    d, f, k, g, u, v = map(Fraction, (delta, drive, kappa, gain, up, down))
    half, nbar = (k - g) / 2, g / (k - g)
    size = half**2 + d**2
    re, im = -f * d / size, -f * half / size
    n, z = re**2 + im**2, (u - v) / (u + v)
    expected = {
        "a": (re, im),
        "ad a": (n + nbar, Fraction(0)),
        "a a": (re**2 - im**2, 2 * re * im),
        "ad ad a a": (n**2 + 4 * n * nbar + 2 * nbar**2, Fraction(0)),
        "z1": (z, Fraction(0)),
        "a z1": (re * z, im * z),
    }
    return Case(text_of(f"c, s = ps.Boson(), ps.Ensemble({x.integer(1, 3)})", hamiltonian, jumps), "closed", {"expected": expected})


def wells(x: Chance) -> Case:
    """Photon numbers that climb and fall by one, at rates that may favour few photons and many: detailed balance."""
    spans = {(0, 1): (-0.5, 0.5), (1, 0): (-11, -1), (2, 1): (-3, -1.5), (2, 3): (-6, -4)}
    powers = {key: float(x.rate(*span)) for key, span in spans.items()}
    jumps = [f"ps.Central({rate}, {' * '.join(['c.ad'] * p + ['c.a'] * q)})" for (p, q), rate in powers.items()]
    weights = [Fraction(1)]
    last = 3 * math.sqrt(powers[2, 1] / powers[2, 3]) + 10  # beyond it the highest power empties every level
    for n in range(2000):
        above = sum(Fraction(r) * math.perm(n, q) * math.perm(n - q + p, p) for (p, q), r in powers.items() if p > q and n >= q)
        below = sum(Fraction(r) * math.perm(n + 1, q) * math.perm(n + 1 - q + p, p) for (p, q), r in powers.items() if p < q and n + 1 >= q)
        weights.append(weights[-1] * above / below)
        if n > last and weights[-1] < Fraction(1, 10**40) * max(weights):
            break
    total = sum(weights)
    moments = [sum(w * math.perm(n, k) for n, w in enumerate(weights)) / total for k in (1, 2)]
    expected = {"ad a": (moments[0], Fraction(0)), "ad ad a a": (moments[1], Fraction(0))}
    text = text_of("c, s = ps.Boson(), ps.Ensemble(1)", ["0.3 * c.n"], [*jumps, "ps.Individual(1.0, s.m)", "ps.Individual(0.5, s.p)"])
    return Case(text, "closed", {"expected": expected, "wells": True})


# -- other questions ----------------------------------------------------------------------------------------------------------


def solvers(x: Chance) -> Case:
    """Any solver and representation that fits, on any of the classes above."""
    family = str(x.rng.choice(["spin, U(1)", "spin", "levels", "ensembles", "slow modes", "boson"]))
    case = Case(_boson(x, "", slow=x.likely())) if family == "boson" else CLASSES[family](x)
    flat = "Levels(" in case.text or "levels=" not in case.text
    options = {"solver": str(x.rng.choice(["superlu", "shift-invert", "single", "ilu", "auto"]))}
    options["basis"] = str(x.rng.choice(["dicke", "occupation"] if flat else ["occupation"]))
    if "Boson" in case.text:
        options["solver"] = str(x.rng.choice(["matrix-free", "matrix-free", "superlu"]))
    return Case(case.text, "steady", options)


def evolution(x: Chance) -> Case:
    case = x.rng.choice([spin_charged, spin_free, levels])(x)
    far = 10 ** x.rng.uniform(-1, 3)
    if "Spin(), ps.Ensemble" in case.text and "levels=" not in case.text:
        words = ["down", "up", f"up={x.number(0, 1)}", f"bloch={x.number(0, 3)},{x.number(-3, 3)}"]
        initial = f"{x.rng.choice(words)} {x.rng.choice(words)}"
    else:
        initial = ""
    method = str(x.rng.choice(["auto", "auto", "krylov", "shift-invert"])) if far < 30 else "auto"
    return Case(case.text, "evolve", {"times": [0.0, far / 7, far], "initial": initial, "method": method})


def stiff(x: Chance) -> Case:
    """Evolutions whose rates are far apart, or that oscillate undamped, over long times."""
    if x.likely():
        case, far = spin_charged(x, lambda: x.rate(-3, 3), 2), 10 ** x.rng.uniform(2, 4)
    else:
        hamiltonian = [f"{x.rate(-1, 4)} * (c.p * s.m + c.m * s.p)", *x.some([f"{x.rate(-1, 4)} * c.z", f"{x.rate(-1, 4)} * s.z"])]
        jumps = [f"ps.Central({x.rate(-9, -2)}, c.m)", f"ps.Individual({x.rate(-9, -2)}, s.m)"]
        case, far = Case(text_of(f"c, s = ps.Spin(), ps.Ensemble({x.integer(1, 2)})", hamiltonian, jumps)), 10 ** x.rng.uniform(0, 2)
    initial = str(x.rng.choice(["bloch=1,0 bloch=2,0", "up down"]))
    return Case(case.text, "evolve", {"times": [0.0, far / 7, far], "initial": initial, "method": "auto"})


def evolution_boson(x: Chance) -> Case:
    case = _boson(x, "" if x.likely(0.7) else str(x.integer(6, 12)))
    initial = f"{x.rng.choice(['vacuum', 'fock=1', f'coherent={x.number(0.2, 0.8)}'])} {x.rng.choice(['down', 'up'])}"
    far = 10 ** x.rng.uniform(-1, 0.7)
    return Case(case, "evolve", {"times": [0.0, far / 3, far], "initial": initial, "method": "auto"})


def eigenvalues(x: Chance) -> Case:
    case = x.rng.choice([spin_charged, spin_free, levels, energies, slow])(x)
    return Case(case.text.replace("ps.Boson()", "ps.Boson(8)"), "eigenvalues", {"k": x.integer(2, 5)})


def gradient(x: Chance) -> Case:
    names = ["omega", "epsilon", "g", "kappa", "up", "down"]
    values = [x.number(), x.number(), x.number(0.1, 1), x.rate(), x.rate(), x.rate()]
    sizes = f"ps.Spin(), ps.Ensemble({x.integer(1, 4)})"
    extra = x.rng.choice(["", " + 0.3 * c.x", " + g * s.z * s.z"])
    body = (
        f"def f({', '.join(names)}):\n    c, s = {sizes}\n"
        f"    H = omega / 2 * c.z + epsilon / 2 * s.z + g * (c.p * s.m + c.m * s.p){extra}\n"
        "    jumps = [ps.Central(kappa, c.m), ps.Individual(up, s.p), ps.Individual(down, s.m)]\n"
        f"    return ps.Model(c, s, H, jumps, parameters=dict({', '.join(f'{n}={n}' for n in names)}))\n"
    )
    given = ", ".join(f"{n}={v}" for n, v in zip(names, values, strict=True))
    return Case(f"{body}model = f({given})", "gradient", {"moments": ["z0", "z1", "+0 -1"]})


def cumulants(x: Chance) -> Case:
    """Order N + 1 of a finite centre is exact."""
    N = x.integer(1, 3)
    hamiltonian = [
        f"{x.number()} * c.z",
        f"{x.number(0.2, 1)} * (c.p * s.m + c.m * s.p)",
        *x.some([f"{x.number()} * s.z", f"{x.number()} * c.x"]),
    ]
    jumps = [f"ps.Central({x.rate()}, c.m)", f"ps.Individual({x.rate()}, s.m)", f"ps.Individual({x.rate()}, s.p)"]
    jumps += x.some([f"ps.Individual({x.rate()}, s.z)", f"ps.Central({x.rate()}, c.z)"])
    return Case(text_of(f"c, s = ps.Spin(), ps.Ensemble({N})", hamiltonian, jumps), "cumulants", {"order": N + 1})


def _large(x: Chance, N: int) -> str:
    """A central spin of many satellites with a smooth cloud of (j, m)."""
    hamiltonian = [f"{x.number(0.3, 1)} * (c.p * s.m + c.m * s.p)", *x.some([f"{x.number()} * c.z", f"{x.number()} * s.z"])]
    jumps = [f"ps.Central({N / 16 * float(x.rate(-0.5, 0.5)):.4g}, c.m)", f"ps.Individual({x.rate(-0.5, 0.3)}, s.p)"]
    jumps += [
        f"ps.Individual({x.rate(-0.5, 0.3)}, s.m)",
        *x.some([f"ps.Individual({x.rate(-1, 0)}, s.z)", f"ps.Collective({x.number(0.05, 1)} / {N}, s.m)"]),
    ]
    return text_of(f"c, s = ps.Spin(), ps.Ensemble({N})", hamiltonian, jumps)


def windows(x: Chance) -> Case:
    N = x.integer(60, 120)
    return Case(_large(x, N), "routes", {"options": {"window": float(x.number(5, 10))}})


def hermite(x: Chance) -> Case:
    """Clouds well inside the triangle |m| <= j <= N / 2, as strong coupling of inverted satellites makes them."""
    N = x.integer(350, 450)
    hamiltonian = [f"{x.number(1.3, 1.7)} * (c.p * s.m + c.m * s.p)", "0.5 * s.z", f"{x.number(0.4, 0.6)} * c.z"]
    jumps = [f"ps.Central({N * float(x.number(0.9, 1.1)):.4g}, c.m)", f"ps.Central({N / 10 * float(x.number(0.8, 1.2)):.4g}, c.p)"]
    jumps += [f"ps.Individual({x.number(1.3, 1.8)}, s.p)", f"ps.Individual({x.number(0.08, 0.15)}, s.m)"]
    return Case(text_of(f"c, s = ps.Spin(), ps.Ensemble({N})", hamiltonian, jumps), "routes", {"options": {"solver": "hermite"}})


def limits(x: Chance) -> Case:
    """Satellites that radiate together: mean field is exact in the limit, <z1> = (up + down) / x above threshold."""
    up, down = float(x.number(1, 3)), float(x.number(0.1, 0.5))
    strength = float(x.number(4, 8)) * (up + down)
    text = (
        "def f(N):\n    c, s = ps.Spin(), ps.Ensemble(N)\n"
        f"    jumps = [ps.Central(1.0, c.m), ps.Central({0.2 if x.likely() else 0}, c.p), ps.Individual({up}, s.p)]\n"
        f"    jumps += [ps.Individual({down}, s.m), ps.Collective({strength:.4g} / N, s.m)]\n"
        '    return ps.Model(c, s, 0.3 * c.z, jumps, name="f", parameters={"N": N})\n'
    )
    return Case(text, "limit", {"sizes": [40, 80, 160, 320], "expected": {"z1": (up + down) / float(f"{strength:.4g}")}})


# -- two times ----------------------------------------------------------------------------------------------------------------


def _word(x: Chance, model: ps.Model) -> tuple[str, str]:
    """A random operator of one site, or of the sum over an ensemble, and its adjoint."""
    centre = model.centre
    if x.likely():
        if centre.kind == "boson":
            return ("a", "ad") if x.likely() else ("ad", "a")
        site, where = centre, "0"
    else:
        site = model.ensembles[x.integer(0, len(model.ensembles) - 1)]
        digit = x.integer(1, min(2, site.N)) if x.likely() else ""
        where = f"{digit}@{site.name}" if len(model.ensembles) > 1 else f"{digit}"
    if site.kind == "spin":
        letter = str(x.rng.choice(list("+-+-zxy")))
        return f"{letter}{where}", f"{ {'+': '-', '-': '+'}.get(letter, letter) }{where}"
    i, j = x.integer(0, site.levels - 1), x.integer(0, site.levels - 1)
    return f"|{i}><{j}|{where}", f"|{j}><{i}|{where}"


def _operator(x: Chance, model: ps.Model) -> tuple[str, str]:
    """A product of one or two of them, and its adjoint."""
    words = [_word(x, model) for _ in range(1 + x.likely(0.3))]
    return " ".join(word for word, _ in words), " ".join(word for _, word in reversed(words))


def _pair(x: Chance, model: ps.Model) -> tuple[str, str]:
    """A and B: adjoint to each other more often than not, else anything."""
    right, of = _operator(x, model)
    return (of, right) if x.likely(0.7) else (_operator(x, model)[0], right)


def _of_two_times(x: Chance) -> Case:
    """A small model of any kind."""
    family = str(x.rng.choice(["charged", "free", "levels", "ensembles", "slow", "boson", "boson", "cut", "weak"]))
    if family == "charged":
        return spin_charged(x, most=3)
    if family == "slow":
        return spin_charged(Slow(x.rng), most=2)
    if family in ("boson", "cut"):
        return Case(_boson(x, str(x.integer(4, 14)) if family == "cut" else ""))
    return {"free": spin_free, "levels": levels, "ensembles": ensembles, "weak": weak}[family](x)


def correlations(x: Chance) -> Case:
    """A function of two times, g1 or g2, of a steady state or on the way from an initial one."""
    case = _of_two_times(x)
    model = case.namespace()["model"]
    of, right = _pair(x, model)
    left, order, up = None, 0, ""
    if model.centre.kind in ("boson", "spin") and x.likely(0.4):
        order = x.integer(1, 2)
        up, right = ("ad", "a") if model.centre.kind == "boson" else ("+0", "-0")
        of, left = (up, None) if order == 1 else (f"{up} {right}", up)
    elif x.likely(0.3):
        left = _operator(x, model)[0]
    far = 10 ** x.rng.uniform(-1, 1 if model.centre.kind == "boson" else 2)
    initial, start = None, 0.0
    if x.likely(0.35):
        initial, start = "", far * float(x.number(0, 1)) * x.likely(0.7)
        words = ["down", "up", f"up={x.number(0, 1)}", f"bloch={x.number(0, 3)},{x.number(-3, 3)}"]
        if {model.centre.kind, *(each.kind for each in model.ensembles)} == {"spin"}:
            initial = " ".join(str(x.rng.choice(words)) for _ in range(1 + len(model.ensembles)))
        elif model.centre.kind == "boson":
            first = x.rng.choice(["vacuum", "fock=1", f"coherent={x.number(0.2, 0.8)}"])
            initial = " ".join([str(first), *(str(x.rng.choice(words)) for _ in model.ensembles)])
    options = {"of": of, "right": right, "left": left, "order": order, "up": up, "times": [0.0, far / 7, far]}
    return Case(case.text, "correlations", {**options, "initial": initial, "start": start})


def spectra(x: Chance) -> Case:
    """Power spectra near lines and far away."""
    case = _of_two_times(x)
    of, right = _pair(x, case.namespace()["model"])
    frequencies = [x.number(-3, 3), x.number(-3, 3), "0", f"{10 ** x.rng.uniform(1, 4):.3g}"]
    near = [(x.integer(0, 20), float(x.number(-2, 2))) for _ in range(2)] if x.likely() else []
    return Case(case.text, "spectra", {"of": of, "right": right, "frequencies": x.some(frequencies, 1), "near": near})


def lines(x: Chance) -> Case:
    """A line near a frequency, or the highest one."""
    case = _of_two_times(x)
    of, right = _pair(x, case.namespace()["model"])
    return Case(case.text, "lines", {"of": of, "right": right, "near": float(x.number(-3, 3)) if x.likely() else None})


def bounds(x: Chance) -> Case:
    """Proved bounds at a low degree, of models whose moments are few enough."""
    return Case(spin_charged(x).text, "bounds", {"degree": float(x.rng.choice([1, 1.5, 2]))})


CLASSES: dict[str, Callable[[Chance], Case]] = {
    "spin, U(1)": spin_charged,
    "spin": spin_free,
    "levels": levels,
    "ensembles": ensembles,
    "slow modes": slow,
    "large energies": energies,
    "boson": boson,
    "boson, cut": boson_cut,
    "weak": weak,
    "bright": bright,
    "wells": wells,
    "solvers": solvers,
    "evolution": evolution,
    "stiff": stiff,
    "evolution, boson": evolution_boson,
    "eigenvalues": eigenvalues,
    "gradients": gradient,
    "cumulants": cumulants,
    "windows": windows,
    "hermite": hermite,
    "limits": limits,
    "correlations": correlations,
    "spectra": spectra,
    "lines": lines,
    "bounds": bounds,
}


def case(name: str, seed: int) -> Case:
    """The case of a class that belongs to a seed."""
    return CLASSES[name](Chance(np.random.default_rng([seed, zlib.crc32(name.encode())])))
