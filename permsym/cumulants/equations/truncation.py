"""Which moments a hierarchy of cumulant equations retains, and how it closes the others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from permsym.errors import InputError


class Counting(StrEnum):
    """What an order counts: every a and ad of a boson, or the boson, cut at its ``levels``, as one site."""

    OPERATORS = "operators"
    SITES = "sites"


class Closure(StrEnum):
    """Joint cumulants that vanish: those beyond the order, or those of three satellites too (CE3 of paper 2 at order 3)."""

    FULL = "full"
    NO_THREE_SPIN = "no-three-spin"


Setting = TypeVar("Setting", bound=StrEnum)


_HIGHEST = 1000  # the number of moments is a float where memory is reckoned


@dataclass(frozen=True)
class Truncation:
    """The settings of a hierarchy.

    order            largest number of operators in a retained moment; 1 is mean field
    break_symmetry   retain moments that a U(1) symmetry makes vanish; order 1 always does
    """

    order: int = 2
    counting: Counting = Counting.OPERATORS
    closure: Closure = Closure.FULL
    break_symmetry: bool = False

    @classmethod
    def of(cls, order: int = 2, counting: str = "operators", closure: str = "full", break_symmetry: bool = False) -> Truncation:
        """Settings from words.

        Raises InputError for an order that is no whole number from 1 to 1000, and for other words.
        """
        if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= _HIGHEST:
            raise InputError(f"the order of a cumulant expansion must be a whole number from 1 to {_HIGHEST}, but is {order!r}")
        return cls(order, _one_of(Counting, counting), _one_of(Closure, closure), break_symmetry)


def _one_of(words: type[Setting], word: str) -> Setting:
    if word not in list(words):
        raise InputError(f"the {words.__name__.lower()} must be {' or '.join(words)}, but is {word!r}")
    return words(word)
