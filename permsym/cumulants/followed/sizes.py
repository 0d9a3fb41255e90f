"""The branch over the number of satellites, from the smallest system on: followed once, as far as it was ever asked for.

Steady states of different N lie on one branch, where all other parameters are the same.  The walk along it does not depend on how far
it shall go, so that a state has the same bits whether others were asked for before or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from permsym.cumulants.continuation import Follower, Walk
from permsym.cumulants.equations import Truncation
from permsym.cumulants.followed.spots import Spot, landed_between
from permsym.cumulants.newton import FixedPoint, newton
from permsym.cumulants.path import ParameterPath, over_parameter
from permsym.cumulants.start import first_point
from permsym.errors import NoFixedPoint
from permsym.model import Model
from permsym.models.registry import ModelSource
from permsym.operators import ComplexArray
from permsym.sites import NoCentre

Recipe = tuple[ModelSource, Mapping[str, float | str]]
"""A model function, and the parameters that a model was made from."""

_STRETCH = 250.0
"""A walk takes at least 20 steps to a system larger by this factor: from 4 to 1000 satellites."""
_MOST = 200
"""Branches in memory: each has 20 to 60 solutions of up to some hundred moments."""


@dataclass(frozen=True)
class _Node:
    """A position on the branch: what is left of a :class:`Spot` when the walk has gone on; ``folds`` were passed before it."""

    u: float
    x: ComplexArray
    frequencies: tuple[float, ...]
    dx: ComplexArray
    df: ComplexArray
    du: float
    folds: int

    @classmethod
    def of(cls, spot: Spot, folds: int) -> _Node:
        return cls(spot.u, spot.x, spot.frequencies, spot.dx, spot.df, spot.du, folds)


class _Grown:
    """A walk from one size on, with the nodes that it has passed."""

    def __init__(self, path: ParameterPath, point: FixedPoint, smallest: float, larger: bool) -> None:
        self.path = path
        self.walk = Follower(path, point, smallest, smallest * _STRETCH if larger else smallest / _STRETCH, Walk(points=20, watch=False))
        self.nodes = [_Node.of(self.walk.spot, 0)]
        self.ended = False

    def at(self, target: float) -> tuple[FixedPoint, tuple[float, ...]] | None:
        """The first fixed point of the branch at a position, and the folds before it; None where the branch does not get there."""
        k = 0
        while k + 1 < len(self.nodes) or self._grow():
            a, b = self.nodes[k : k + 2]
            if (b.u - target) * self.walk.way >= 0 and (point := landed_between(self.path, a, b, target)) is not None:
                return point, tuple(fold.value for fold in self.walk.branch.folds[: self._folds(a, b, target, point)])
            k += 1
        return None

    def _folds(self, a: _Node, b: _Node, target: float, point: FixedPoint) -> int:
        """Folds before a fixed point between two nodes."""
        if a.folds == b.folds:
            return a.folds
        return a.folds + (self.walk.tangent(target, point, a.dx, a.df, a.du).du * a.du < 0)

    def _grow(self) -> bool:
        """One more node; False where there is none."""
        spot = None if self.ended else self.walk.next_spot()
        self.ended = spot is None or not self.walk.take(spot)
        if spot is None:
            return False
        self.walk.branch.points.clear()  # nodes are smaller
        self.nodes.append(_Node.of(spot, len(self.walk.branch.folds)))
        return True


class SizeBranch:
    """The branch of fixed points over the number of satellites, from the smallest system on, where the order is exact.

    path    over N
    """

    def __init__(self, path: ParameterPath, order: int) -> None:
        self.path, self.order = path, order
        self._walks: dict[tuple[float, bool], _Grown] = {}

    def at(self, target: float) -> tuple[FixedPoint, tuple[float, ...]]:
        """The fixed point at N = target, and the folds passed on the way.

        Raises NoFixedPoint where the branch has no start, or ends before it gets there.
        """
        try:
            return self._at(target)
        finally:
            self.path.forget()

    def _at(self, target: float) -> tuple[FixedPoint, tuple[float, ...]]:
        path, order = self.path, self.order
        model = path.at(path.pinned(target)).model
        smallest = smallest_size(order, model)
        if target == smallest or (target < smallest and target == round(target)):
            return self._first(target), ()
        start = smallest, target > smallest
        if start not in self._walks:
            point = newton(path.at(path.pinned(smallest)), self._first(smallest).x)
            if point is None:
                other = "permsym.steady_state, or cumulants.evolve" if any(each.fixed for each in model.ensembles) else "another order"
                raise NoFixedPoint(f"the branch of order {order} has no regular start at N={smallest:g}; try {other}")
            self._walks[start] = _Grown(path, point, *start)
        walk = self._walks[start]
        reached = walk.at(path.pinned(target))
        if reached is None:
            raise NoFixedPoint(
                f"the branch of order {order} from N={smallest:g} does not reach N={target:g}: {walk.walk.branch.ended}; "
                "choose another N or order"
            )
        return reached

    def _first(self, size: float) -> FixedPoint:
        start = first_point(self.path.at(self.path.pinned(size)))
        if start is None:
            raise NoFixedPoint(
                f"no fixed point of order {self.order} was found at N={size:g}, where the branch should start; try another order"
            )
        return start


class Branches:
    """Branches over N that were followed before, for points of a sweep that differ in N alone."""

    def __init__(self) -> None:
        self._branches: dict[object, SizeBranch] = {}

    def over_size(self, recipe: Recipe, truncation: Truncation) -> SizeBranch:
        """The branch of a model function over N; the value of N among the parameters does not matter."""
        source, parameters = recipe
        key = (source.function, tuple(sorted((name, value) for name, value in parameters.items() if name != "N")), truncation)
        if key not in self._branches:
            if len(self._branches) >= _MOST:
                self._branches.clear()
            self._branches[key] = SizeBranch(over_parameter(source, parameters, "N", truncation), truncation.order)
        return self._branches[key]


def smallest_size(order: int, model: Model) -> float:
    """Number of satellites at which the branch over N starts.

    With a finite centre an order of M sites is exact for up to M - 1 satellites, without one for up to M.  Fewer satellites do not have
    all of the moments, and between whole numbers the equations are singular: there every whole N stands for itself.  Without a centre
    each ensemble needs M of them.
    """
    if not isinstance(model.centre, NoCentre):
        return float(max(1, order - 1))
    sizes = [each.size for each in model.ensembles]
    return order * sum(sizes) / min(sizes)
