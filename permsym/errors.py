"""The family of errors that permsym raises on purpose.

A message says what is wrong, what was given and what to do; the command line prints it as one line and
leaves with the class's ``exit_code``.
"""

from __future__ import annotations

from collections.abc import Sequence


class PermsymError(Exception):
    """Base of every error raised on purpose."""

    exit_code = 1


class InputError(PermsymError, ValueError):
    """A parameter, label, file or option that cannot be used."""


class Mistakes(InputError):
    """Several mistakes in one file, each a line that says where it is."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = tuple(lines)


class DegenerateSteadyState(PermsymError):
    """The Liouvillian has more than one steady state, so that no single one can be returned."""


class TooLarge(PermsymError, MemoryError):
    """Refused before anything is allocated: the problem needs more memory than is available now."""

    exit_code = 4


class SolverFailed(PermsymError):
    """A solver broke down (exactly singular factor, eigensolver without convergence)."""


class NotApplicable(PermsymError):
    """A solver whose assumptions this system does not meet; the message says which ones and which solver to use."""


class UncertifiedWarning(UserWarning):
    """A result was returned although its certificate fell short; the certificate says by how much."""


UNCERTIFIED_EXIT_CODE = 3
