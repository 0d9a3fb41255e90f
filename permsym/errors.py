"""The family of errors that permsym raises on purpose.

A message is for people: it says what is wrong, what was given and what to do.  The command line prints it as one line and leaves
with the class's ``exit_code``.  Types and fields are for code.
"""

from __future__ import annotations

from collections.abc import Sequence


class PermsymError(Exception):
    """Base of every error raised on purpose."""

    exit_code = 1


class InputError(PermsymError, ValueError):
    """A parameter, label, file or option that cannot be used.

    parameter   its name, where it is one of a model's or of a function's
    """

    def __init__(self, message: str = "", *, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter


class NotAnExpression(InputError):
    """A text that is no arithmetic in a model's parameters."""


class TooFewSatellites(InputError):
    """A moment of more distinct satellites than there are.

    needed, available   numbers of satellites
    """

    def __init__(self, message: str = "", *, needed: int = 0, available: int = 0) -> None:
        super().__init__(message)
        self.needed, self.available = needed, available


class NothingCounted(InputError):
    """A jump that never happens in a state: nothing is counted, and ratios to its current are not defined."""


class UnsuitedModel(InputError):
    """A solver that models of this kind cannot use, whatever their parameters."""


class Mistakes(InputError):
    """Several mistakes in one file, each a line that says where it is."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = tuple(lines)


class DegenerateSteadyState(PermsymError):
    """The Liouvillian has more than one steady state, so that no single one can be returned."""


class TooLarge(PermsymError, MemoryError):
    """Refused before anything is allocated: the problem needs more memory than is available now.

    needed, available   bytes, where they are known
    fits                numbers of satellites that would fit, one for each ensemble, where that is known
    """

    exit_code = 4

    def __init__(
        self, message: str = "", *, needed: float | None = None, available: float | None = None, fits: Sequence[int] | None = None
    ) -> None:
        super().__init__(message)
        self.needed, self.available = needed, available
        self.fits = None if fits is None else tuple(fits)

    def about(self, words: str) -> TooLarge:
        """The same, with words before its message."""
        return TooLarge(f"{words}: {self}", needed=self.needed, available=self.available, fits=self.fits)


class SolverFailed(PermsymError):
    """A solver broke down (exactly singular factor, eigensolver without convergence)."""


class NoFixedPoint(SolverFailed):
    """The equations of an approximation have no fixed point here, or none that is reached: a limit cycle, or a branch that ends."""


class BeyondOrder(InputError):
    """Moments of a higher order than an expansion has.

    order   that of the expansion
    """

    def __init__(self, message: str = "", *, order: int = 0) -> None:
        super().__init__(message)
        self.order = order


class NotApplicable(PermsymError):
    """A solver whose assumptions this system does not meet; the message says which ones and which solver to use."""


class OlderFile(UserWarning):
    """A file has the names of an earlier version; what is in memory has today's."""


class UncertifiedWarning(UserWarning):
    """A result was returned although its certificate fell short; the certificate says by how much."""


UNCERTIFIED_EXIT_CODE = 3
