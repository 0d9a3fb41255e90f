"""Products of normalised sums over distinct satellites, exactly, for all pairs at once.

With S_l the sum over ordered distinct satellites that carry the letters l, all products of two such sums have one generating function:

    sum_l x^l S_l^dag / l!  *  sum_m y^m S_m / m!  =  prod_n (1 + sum_a x_a s_a^dag)_n (1 + sum_b y_b s_b)_n
                                                   =  sum_n q(x, y)^n S_n / n!  *  (1 + q_0(x, y))^(N - |n|)

where (1 + x s^dag)(1 + y s) = 1 + q_0 + sum_g q_g s_g on one satellite.  Here P_l = S_l / (N)_|l| and p(n) = <S_n> / (N)_|n|.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from flint import fmpq

from permsym.bounding.relaxed.equations import on_grid
from permsym.cumulants.equations.alphabet import Counts, FiniteSite

Polynomial = dict[Counts, fmpq]
"""Exponents of x, then of y -> coefficient."""
Products = dict[tuple[Counts, Counts], dict[Counts, fmpq]]
"""(l, m) -> {n: number}:  P_l^dag P_m = sum of numbers times p(n)."""


def products(site: FiniteSite, number: int, degree: int) -> Products:
    """P_l^dag P_m for all |l|, |m| <= degree of an ensemble with ``number`` satellites."""
    letters = len(site.symbols)
    degree = min(degree, number)
    steps = _steps(site)
    powers = [_one(letters)]
    for _ in range(degree):
        powers.append(_multiplied(powers[-1], steps[0], letters, degree))
    result: Products = {}
    level = {(0,) * letters: _one(letters)}
    for size in range(min(2 * degree, number) + 1):
        for n, polynomial in level.items():
            for exponents, value in _with_spectators(polynomial, powers, number - size, letters, degree).items():
                left, right = exponents[:letters], exponents[letters:]
                factor = fmpq(
                    math.prod(map(math.factorial, exponents)) * math.perm(number, size),
                    math.prod(map(math.factorial, n)) * math.perm(number, sum(left)) * math.perm(number, sum(right)),
                )
                result.setdefault((left, right), {})[n] = value * factor
        level = _next(level, steps, letters, degree)
    return result


def _one(letters: int) -> Polynomial:
    return {(0,) * (2 * letters): fmpq(1)}


def _steps(site: FiniteSite) -> list[Polynomial]:
    """q_0 - without its 1 - and q_g for each letter g."""
    letters = len(site.symbols)
    result: list[Polynomial] = [{} for _ in range(letters + 1)]

    def put(g: int, positions: tuple[int, ...], value: fmpq) -> None:
        key = tuple(int(i in positions) for i in range(2 * letters))
        result[g][key] = result[g].get(key, fmpq(0)) + value

    for a in range(letters):
        put(site.conjugates[a + 1], (a,), fmpq(1))
        put(a + 1, (letters + a,), fmpq(1))
        for b in range(letters):
            for g, value in site.expand(site.basis[a + 1].conj().T @ site.basis[b + 1]):
                put(g, (a, letters + b), on_grid(value)[0])
    return result


def _multiplied(left: Polynomial, right: Polynomial, letters: int, degree: int) -> Polynomial:
    """Product up to ``degree`` in x and in y."""
    result: Polynomial = {}
    for a, u in left.items():
        room = (degree - sum(a[:letters]), degree - sum(a[letters:]))
        for b, v in right.items():
            if sum(b[:letters]) <= room[0] and sum(b[letters:]) <= room[1]:
                key = tuple(map(int.__add__, a, b))
                result[key] = result[key] + u * v if key in result else u * v
    return result


def _with_spectators(polynomial: Polynomial, powers: list[Polynomial], others: int, letters: int, degree: int) -> Polynomial:
    """The polynomial times (1 + q_0)^others, up to the degree; ``powers`` are those of q_0."""
    spectators: Polynomial = {}
    for power in range(min(degree, others) + 1):
        for key, value in powers[power].items():
            spectators[key] = spectators.get(key, fmpq(0)) + value * math.comb(others, power)
    return {key: value for key, value in _multiplied(polynomial, spectators, letters, degree).items() if value != 0}


def _next(level: dict[Counts, Polynomial], steps: list[Polynomial], letters: int, degree: int) -> dict[Counts, Polynomial]:
    """From all q^n with \\|n\\| letters to those with one more."""
    result: dict[Counts, Polynomial] = {}
    for n, polynomial in level.items():
        for g in _last(n, letters):
            more = (*n[:g], n[g] + 1, *n[g + 1 :])
            grown = _multiplied(polynomial, steps[g + 1], letters, degree)
            if grown:
                result[more] = grown
    return result


def _last(n: Counts, letters: int) -> Iterator[int]:
    """Letters from the last one on that n has: every n is reached once."""
    yield from range(max((i for i, count in enumerate(n) if count), default=0), letters)
