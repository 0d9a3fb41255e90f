"""Joint cumulants from moments."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from permsym.moments.labels import MomentLabel


def joint_cumulant(
    label: MomentLabel, moment: Callable[[MomentLabel], complex], cumulants: dict[MomentLabel, complex] | None = None
) -> complex:
    """<<a b c ...>>, from the moments of all sub-products, by the recursion over the block that holds the first factor:

        m(all) = sum over blocks b containing the first factor of  kappa(b) m(all without b)

    cumulants   those computed so far; filled in, so that a set of labels shares its work
    """
    cache: dict[MomentLabel, complex] = {} if cumulants is None else cumulants

    def kappa(factors: tuple[tuple[int, str], ...]) -> complex:
        key = label.of(factors)
        if key in cache:
            return cache[key]
        value = moment(key)
        first, rest = factors[0], factors[1:]
        for size in range(len(rest)):
            for chosen in combinations(range(len(rest)), size):
                block = (first, *(rest[i] for i in chosen))
                others = tuple(rest[i] for i in range(len(rest)) if i not in chosen)
                value -= kappa(block) * moment(label.of(others))
        cache[key] = value + 0.0  # no -0.0
        return cache[key]

    return kappa(label.factors)
