"""What a worker carries from point to point."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from permsym.model import Model
from permsym.sweeps.origin import Origin

if TYPE_CHECKING:  # solvers are loaded by whoever computes
    from permsym.cumulants.followed.sizes import Branches, Recipe
    from permsym.liouvillian import Liouvillian
    from permsym.models.registry import ModelSource

_SHARED = 200_000  # unknowns up to which the next point may use the weights of a Liouvillian's terms again


class Bench:
    """What one worker carries from point to point.

    The weights of the last lattice depend on that lattice alone.  Branches of cumulant equations over N depend on all parameters but N,
    and not on how far they were followed.  Points that use them have the same bits as points that evaluate them again
    (tests/sweeps/test_run.py).  No point starts from another point's solution.
    """

    def __init__(self) -> None:
        self.origin: Origin | None = None
        """Where the present point's model comes from, for methods that follow a branch."""
        self.aside: Path | None = None
        """Where the present point may write how far it is, and take up from there."""
        self._last: Liouvillian | None = None
        self._branches: Branches | None = None
        self._sources: dict[tuple[str, str | None], ModelSource] = {}

    @property
    def recipe(self) -> Recipe | None:
        """The present point's model function and parameters; the same function object for all points that share it."""
        origin = self.origin
        if origin is None:
            return None
        key = (origin.address, origin.text)
        if key not in self._sources:
            self._sources = {key: origin.source()}
        return self._sources[key], origin.parameters

    @property
    def branches(self) -> Branches:
        """Branches over N that were followed for earlier points."""
        from permsym.cumulants.followed.sizes import Branches

        if self._branches is None:
            self._branches = Branches()
        return self._branches

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
