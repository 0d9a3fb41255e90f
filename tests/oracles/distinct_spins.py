"""Cumulant equations of a driven cavity by brute force: every spin by its own number, operator algebra, explicit set partitions.

An operator is a dict: monomial -> coefficient; a monomial is ((spin, letter), ...) by ascending spin, then powers of a^dag and a.
Spin letters: z, s = sigma^-, p = sigma^+.  Slow and plain on purpose; shares no code with permsym.
"""

import itertools
import math

ONE = ((), 0, 0)
# products of one-spin operators over {1, z, s, p}
SPIN = {
    ("z", "z"): {"": 1}, ("z", "s"): {"s": -1}, ("s", "z"): {"s": 1}, ("z", "p"): {"p": 1}, ("p", "z"): {"p": -1},
    ("p", "s"): {"": 0.5, "z": 0.5}, ("s", "p"): {"": 0.5, "z": -0.5}, ("s", "s"): {}, ("p", "p"): {},
}  # fmt: skip


def add(*operators):
    total = {}
    for scale, operator in operators:
        for key, value in operator.items():
            total[key] = total.get(key, 0) + scale * value
    return {key: value for key, value in total.items() if abs(value) > 1e-14}


def times(left, right):
    total = {}
    for (spins1, p1, q1), c1 in left.items():
        for (spins2, p2, q2), c2 in right.items():
            first, second = dict(spins1), dict(spins2)
            sites = sorted(set(first) | set(second))
            choices = []
            for site in sites:
                if site in first and site in second:
                    choices.append([(site, letter, c) for letter, c in SPIN[first[site], second[site]].items()])
                else:
                    choices.append([(site, first.get(site) or second[site], 1)])
            for choice in itertools.product(*choices):
                spins = tuple((site, letter) for site, letter, _ in choice if letter)
                factor = c1 * c2 * math.prod(c for *_, c in choice)
                for k in range(min(q1, p2) + 1):  # a^q a^dag^p in normal order
                    swap = math.factorial(k) * math.comb(q1, k) * math.comb(p2, k)
                    key = (spins, p1 + p2 - k, q1 + q2 - k)
                    total[key] = total.get(key, 0) + factor * swap
    return add((1, total))


def spin(site, letter):
    return {(((site, letter),), 0, 0): 1}


A, AD = {((), 0, 1): 1}, {((), 1, 0): 1}


def dagger(operator):
    turn = {"z": "z", "s": "p", "p": "s"}
    return {(tuple((site, turn[x]) for site, x in spins), q, p): complex(c).conjugate() for (spins, p, q), c in operator.items()}


def derivative(monomial, kappa, gamma_h, gamma_p, Delta_c, eta, g, Delta):
    """d<monomial>/dt under eqs. (1)-(3) of paper 2, as a dict: monomial -> coefficient; g and Delta hold one entry a spin."""
    operator = {monomial: 1}
    hamiltonian = add((Delta_c, times(AD, A)), (1j * eta, AD), (-1j * eta, A))
    jumps = [(2 * kappa, A)]
    for site, (coupling, detuning) in enumerate(zip(g, Delta, strict=True)):
        exchange = times(spin(site, "s"), AD)
        hamiltonian = add((1, hamiltonian), (detuning / 2, spin(site, "z")), (coupling, exchange), (coupling, dagger(exchange)))
        jumps += [(2 * gamma_h, spin(site, "s")), (gamma_p, spin(site, "z"))]
    total = add((1j, times(hamiltonian, operator)), (-1j, times(operator, hamiltonian)))
    for rate, x in jumps:
        norm = times(dagger(x), x)
        total = add(
            (1, total), (rate, times(times(dagger(x), operator), x)), (-rate / 2, times(norm, operator)), (-rate / 2, times(operator, norm))
        )
    return total


def factors(monomial):
    spins, p, q = monomial
    return [*spins, *["d"] * p, *["a"] * q]


def monomial(parts):
    spins = tuple(sorted(part for part in parts if not isinstance(part, str)))
    return (spins, parts.count("d"), parts.count("a"))


def partitions(items):
    if not items:
        yield []
        return
    head, *tail = items
    for smaller in partitions(tail):
        yield [[head], *smaller]
        for k, block in enumerate(smaller):
            yield [*smaller[:k], [head, *block], *smaller[k + 1 :]]


def closed(monomial_, known, order, three_spins=False):
    """Value of a moment: known up to the order, else from the joint cumulant of its factors being zero."""
    parts = factors(monomial_)
    if not parts:
        return 1
    if len(parts) <= order and (three_spins or len(monomial_[0]) < 3):
        return known(monomial_)
    total = 0
    for partition in partitions(parts):
        if len(partition) > 1:
            sign = (-1) ** (len(partition) - 1) * math.factorial(len(partition) - 1)
            total -= sign * math.prod(closed(monomial(block), known, order, three_spins) for block in partition)
    return total
