"""What a worker carries from point to point."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from permsym.model import Model
from permsym.sweeps.origin import Origin

if TYPE_CHECKING:  # solvers are loaded by whoever computes
    from permsym.liouvillian import Liouvillian

_SHARED = 200_000  # unknowns up to which the next point may use the weights of a Liouvillian's terms again


class Bench:
    """What one worker carries from point to point: the weights of the last lattice, which depend on that lattice alone.

    Points that use them have the same bits as points that evaluate them again (tests/sweeps/test_run.py).  Nothing that
    depends on a point's rates or solution is carried on.
    """

    def __init__(self) -> None:
        self.origin: Origin | None = None
        """Where the present point's model comes from, for methods that follow a branch."""
        self.aside: Path | None = None
        """Where the present point may write how far it is, and take up from there."""
        self._last: Liouvillian | None = None

    def liouvillian(self, model: Model) -> Liouvillian | None:
        """A Liouvillian that fits the model; None where the lattice is too large to carry on."""
        from permsym.basis.representations import build
        from permsym.liouvillian import Liouvillian
        from permsym.steady.needs import lattice

        if self._last is None or not self._last.fits(model):
            self._last = None  # first, so that two never exist at once
            if lattice(model)[0] > _SHARED:
                return None
            self._last = Liouvillian(build(model, populated=True), keep_terms=True)
        return self._last
