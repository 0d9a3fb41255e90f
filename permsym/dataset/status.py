"""How a point came out: one list of codes, and the text that files carry for them."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

EXACT = "exact"
"""The one method whose certificate vouches for its distance from the truth."""


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


_HEADS = {
    "certified": Status.OK,
    "steady": Status.OK,
    "uncertified": Status.UNCERTIFIED,
    "failed": Status.FAILED,
    "omitted": Status.NOT_APPLICABLE,
    "": Status.NOT_APPLICABLE,
}
_UNPHYSICAL = ("the population ", "the photon number ")  # how reasons of approximations begin that no density matrix has


class Certified(Protocol):
    """Any certificate: of a steady state, or of a time evolution."""

    @property
    def certified(self) -> bool: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...


def judged(certificate: Certified) -> tuple[Status, str]:
    """Status and reason of an exact result."""
    return (Status.OK, "") if certificate.certified else (Status.UNCERTIFIED, "; ".join(certificate.reasons))


def kind(status: Status, method: str) -> str:
    """The word that people read for a status: certified, approximation, uncertified or failed."""
    if not status.has_values:
        return "failed"
    if status is Status.UNCERTIFIED:
        return "uncertified"
    return "certified" if method == EXACT else "approximation"


def spelled(status: Status, reason: str = "", method: str = EXACT) -> str:
    """The text in a file's variable ``status``.

    >>> spelled(Status.OK), spelled(Status.UNSTABLE, "order 3, unstable", "c3"), spelled(Status.REFUSED, "this needs 3 TB")
    ('certified', 'approximation: order 3, unstable', 'failed: this needs 3 TB')
    """
    word = kind(status, method)
    return word if word == "certified" else f"{word}: {reason}"


def parsed(text: str) -> tuple[Status, str]:
    """Status and reason of a text in a file's variable ``status``; what failed and what was refused read alike there.

    Figures of paper 2 also write ``omitted: reason`` where a quantity does not exist, nothing where no point was asked for, and the bare
    outcome of a time evolution.

    >>> parsed("approximation: order 3, unstable, beyond the fold at N=12")
    (<Status.UNSTABLE: 'unstable'>, 'order 3, unstable, beyond the fold at N=12')
    """
    head, _, reason = text.partition(": ")
    if head == "approximation":
        flags = reason.split(", ")
        if any(flag.startswith(_UNPHYSICAL) for flag in flags):
            return Status.UNPHYSICAL, reason
        return (Status.UNSTABLE if "unstable" in flags else Status.OK), reason
    if head in _HEADS:
        return _HEADS[head], reason
    return Status.NO_FIXED_POINT, text
