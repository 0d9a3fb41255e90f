"""How a point came out: one list of codes, which files carry beside a reason for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from permsym.errors import BeyondOrder, NoFixedPoint, NotApplicable, PermsymError, TooLarge, UnsuitedModel

if TYPE_CHECKING:
    from permsym.cumulants.two_time.regression import Failure

EXACT = "exact"
"""The one method whose certificate vouches for its distance from the truth."""
BOUNDS = "bounds"
"""The one method whose interval is proved: the middle is its value, half the width its error."""


class Status(StrEnum):
    """How a point came out."""

    OK = "ok"
    UNCERTIFIED = "uncertified"
    UNSTABLE = "unstable"
    UNPHYSICAL = "unphysical"
    NO_FIXED_POINT = "no-fixed-point"
    BEYOND_ORDER = "beyond-order"
    NOT_APPLICABLE = "not-applicable"
    FAILED = "failed"
    REFUSED = "refused"

    @property
    def has_values(self) -> bool:
        """Whether the point has numbers, good or bad."""
        return self in (Status.OK, Status.UNCERTIFIED, Status.UNSTABLE, Status.UNPHYSICAL)

    @property
    def falls_short(self) -> bool:
        """Whether a value was to be had, and is missing or not certified."""
        return self in (Status.UNCERTIFIED, Status.NO_FIXED_POINT, Status.BEYOND_ORDER, Status.FAILED, Status.REFUSED)


LEFT = ""
"""What a file of an unfinished sweep has instead of a code, for a point that is not computed yet."""

Outcome = tuple[Status, str]
"""Status and reason."""


class Certified(Protocol):
    """Any certificate: of a steady state, or of a time evolution."""

    @property
    def certified(self) -> bool: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...


def judged(certificate: Certified) -> Outcome:
    """Status and reason of an exact result."""
    return (Status.OK, "") if certificate.certified else (Status.UNCERTIFIED, "; ".join(certificate.reasons))


def expanded(failures: Mapping[Failure, str]) -> Outcome:
    """Status and reason of a cumulant expansion at two times; what fails for another reason than growth is no state's."""
    if not failures:
        return Status.OK, ""
    from permsym.cumulants.two_time.regression import Failure

    grows = {Failure.UNSTABLE, Failure.GROWING} & set(failures)
    return Status.UNSTABLE if grows else Status.UNPHYSICAL, "; ".join(failures.values())


def physical(defects: Sequence[str], stable: bool = True) -> Outcome:
    """Status and reason of an approximation's moments.

    defects   what shows that no density matrix has them, in words; see :mod:`permsym.cumulants.physical`
    stable    whether its fixed point is, where it is one

    >>> physical(["the population p_up = 1.2 is outside [0, 1]"]), physical([])
    ((<Status.UNPHYSICAL: 'unphysical'>, 'the population p_up = 1.2 is outside [0, 1]'), (<Status.OK: 'ok'>, ''))
    """
    if defects:
        return Status.UNPHYSICAL, "; ".join(defects)
    return (Status.OK, "") if stable else (Status.UNSTABLE, "the fixed point is unstable")


_CODES: dict[type[BaseException], Status] = {
    TooLarge: Status.REFUSED,
    NoFixedPoint: Status.NO_FIXED_POINT,
    BeyondOrder: Status.BEYOND_ORDER,
    NotApplicable: Status.NOT_APPLICABLE,
    UnsuitedModel: Status.NOT_APPLICABLE,
}


def failure(error: BaseException) -> Outcome:
    """Status and reason of a point that raised an error: the status follows from its type, the reason from its words."""
    words = str(error) if isinstance(error, PermsymError) else f"unexpected {type(error).__name__}: {error}"
    status = next((status for kind, status in _CODES.items() if isinstance(error, kind)), Status.FAILED)
    return status, " ".join(words.split())


def word(status: Status, method: str) -> str:
    """The word of a summary: the code, but for values that are in order it says whether a certificate vouches for them.

    >>> word(Status.OK, "exact"), word(Status.OK, "c3"), word(Status.UNSTABLE, "c3")
    ('certified', 'approximation', 'unstable')
    """
    if status is not Status.OK:
        return str(status)
    return "certified" if method == EXACT else "approximation"


def spelled(status: str, reason: str = "") -> str:
    """Status and reason as people read them.

    >>> spelled(Status.OK), spelled(Status.REFUSED, "this needs 3 TB")
    ('ok', 'refused: this needs 3 TB')
    """
    return f"{status}: {reason}" if reason else str(status)
