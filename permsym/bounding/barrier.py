"""Path following: minimise  tau c.t - sum_b log det B_b(t)  with tau growing, from any t with positive blocks.

Newton's steps are in doubles, in coordinates that extended precision renews whenever the smallest eigenvalue has shrunk by 1e-6.  Nothing
here is proved: what comes out is a good guess, which :mod:`permsym.bounding.proof` rounds and proves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from permsym.bounding.pencil import Array, Numbers, Pencil, Whitened
from permsym.bounding.relaxed.relaxation import PrecisionError, UnboundedError
from permsym.errors import NotApplicable

_SHRINKING = 1e-6  # smallest eigenvalue of a whitened block: doubles know it to 1e-10
_FARTHEST = 1e-11  # distance times this must stay below the smallest eigenvalue, or rounding in doubles decides
_FASTER = 30.0  # what tau grows by at a time
_CENTRED = 0.1  # Newton decrement up to which the dual point is well inside
_STEPS = 400  # of one stretch of the path, which takes 30
_STRETCHES, _STILL = 100, 1e-9  # of one path, which takes 15; a step that is none: too few bits
_LOWER = 1e4  # what phase one lowers the shift by between two whitenings
_LEAST = 1e-80  # of the shift of phase one: there is no interior; matrices of degree d have eigenvalues of N^-2d


class NoInteriorError(NotApplicable):
    """Moment matrices of a relaxation cannot all be positive definite."""


@dataclass
class Local:
    """The pencil in coordinates v, in doubles."""

    A: list[Array]

    def factors(self, v: Array) -> list[Array] | None:
        """Inverse Cholesky factors of 1 + sum_f v_f A_f; None where a block is not positive."""
        try:
            blocks = [np.eye(a.shape[1]) + np.tensordot(v, a, 1) for a in self.A]
            return [np.linalg.inv(np.linalg.cholesky(block)) for block in blocks]
        except np.linalg.LinAlgError:
            return None

    def derivatives(self, factors: Sequence[Array]) -> tuple[Array, Array]:
        """tr B^-1 A_f, and tr B^-1 A_f B^-1 A_g, summed over blocks."""
        gradient: Any = 0.0
        hessian: Any = 0.0
        for factor, a in zip(factors, self.A, strict=True):
            W = factor @ a @ factor.T
            gradient = gradient + np.trace(W, axis1=1, axis2=2)
            flat = W.reshape(len(W), -1)
            hessian = hessian + flat @ flat.T
        return np.asarray(gradient), np.asarray(hessian)


def logdet(factors: Sequence[Array]) -> float:
    """log det of all blocks, from their inverse factors."""
    return float(-2 * sum(np.log(np.diag(factor)).sum() for factor in factors))


def smallest(factors: Sequence[Array]) -> float:
    """About the smallest eigenvalue of all blocks, from their inverse factors."""
    return float(1 / max(np.linalg.norm(factor, 2) ** 2 for factor in factors))


def _trusted(v: Array, factors: Sequence[Array], slack: float) -> bool:
    """Whether doubles know all eigenvalues at v well."""
    return smallest(factors) > max(_SHRINKING, _FARTHEST * float(np.linalg.norm(v))) * slack


def _there(done: Callable[[Numbers], bool], here: Whitened, v: Array) -> bool:
    return done(here.moved(v))


@dataclass
class Path:
    """Where a path is: a point and the weight tau of its objective.

    start   the pencil whitened at the first point, where that was done before
    """

    pencil: Pencil
    c: Numbers
    t: Numbers
    tau: float = 0.0
    start: Whitened | None = None

    @property
    def theta(self) -> int:
        """Rows of all blocks: on the path the objective is theta / tau above its minimum."""
        return sum(self.pencil.sizes)

    def follow(self, tau: float, done: Callable[[Numbers], bool] = lambda _: False) -> Whitened:
        """The point of the path at tau, whitened and centred; earlier where ``done`` says so of a point."""
        for _ in range(_STRETCHES):
            here, self.start = self.start or self.pencil.whitened(self.t), None
            slopes = here.slopes(self.c)
            c = np.array([float(value) for value in slopes])
            if not self.tau:
                self.tau = min(1 / float(np.linalg.norm(c)), tau)
            if done(self.t) or (self.tau >= tau and self.decrement(here, slopes) < _CENTRED):
                return here
            before = self.tau
            v = self._stretch(Local(here.doubles()), c, tau, partial(_there, done, here))
            if self.tau == before and float(np.linalg.norm(v)) < _STILL:
                raise PrecisionError
            self.t = here.moved(v)
            if any(abs(value) > arb(2) ** (ctx.prec // 2) for value in self.t):  # a moment that goes there has no bound
                raise UnboundedError
        raise PrecisionError

    def decrement(self, here: Whitened, slopes: Sequence[arb]) -> float:
        """Newton decrement at a whitened point."""
        return float(np.linalg.norm([float(s * self.tau - t) for s, t in zip(slopes, here.traces(), strict=True)]))

    def _stretch(self, local: Local, c: Array, tau: float, done: Callable[[Array], bool]) -> Array:
        """As far along the path as doubles go; the point in local coordinates."""
        v = np.zeros(len(c))
        factors = local.factors(v)
        assert factors is not None
        for _ in range(_STEPS):
            gradient, hessian = local.derivatives(factors)
            slope = self.tau * c - gradient
            try:
                step = np.asarray(-np.linalg.solve(hessian, slope), dtype=np.float64)
            except np.linalg.LinAlgError:
                return v
            decrement = math.sqrt(max(-float(slope @ step), 0.0))
            if decrement < _CENTRED / 2:
                if self.tau >= tau or not _trusted(v, factors, 1.0):
                    return v
                self.tau = min(self.tau * _FASTER, tau)
                continue
            moved = self._line(local, c, v, step, decrement, factors)
            if moved is None or not _trusted(*moved, _SHRINKING**0.5):
                return v if moved is None else moved[0]
            v, factors = moved
            if done(v):
                return v
        return v

    def _line(
        self, local: Local, c: Array, v: Array, step: Array, decrement: float, factors: list[Array]
    ) -> tuple[Array, list[Array]] | None:
        """A point along the step where the barrier function is lower; None where doubles see none."""
        before, slope = self.tau * float(c @ v) - logdet(factors), -(decrement**2)
        size = 1.0
        while size > 1e-3 / (1 + decrement):
            tried = v + size * step
            there = local.factors(tried)
            if there is not None and self.tau * float(c @ tried) - logdet(there) <= before + 0.1 * size * slope:
                return tried, there
            size /= 2
        return None


def interior(pencil: Pencil, shift: Sequence[arb]) -> Numbers:
    """A point t where all blocks are positive: the shift s in B(t) + s S > 0 is lowered until s < 0.

    NoInteriorError where there is none.
    """
    t, s = nearest(pencil, shift), arb(1)
    wide = pencil.extended(shift)
    for _ in range(_STEPS):
        try:
            wide.inverses([*t, s])
            break
        except PrecisionError:
            s = s * 4
    else:
        raise PrecisionError
    path = Path(wide, [*([arb(0)] * pencil.variables), arb(1)], [*t, s * 2])
    while True:
        goal = max(path.theta / abs(float(path.t[-1])), path.tau) * _LOWER
        path.follow(goal, lambda t: bool(t[-1] < 0))
        if path.t[-1] < 0:
            return path.t[:-1]
        if path.t[-1] < _LEAST or path.theta / path.tau < 1e-4 * float(path.t[-1]):
            raise NoInteriorError(
                "the moment matrices of this model have no point inside, so that no bound can be proved; use another degree"
            )


def nearest(pencil: Pencil, shift: Sequence[arb]) -> Numbers:
    """The t for which sum_b \\|L^-1 B_b(t) L^-T\\|^2 is smallest, L L^T = S: the last step of Gram and Schmidt."""
    columns = [list(shift), *pencil.columns[1:], pencil.columns[0]]
    last = [row[-1] for row in Pencil(arb_mat(columns).transpose(), pencil.sizes).whitened([arb(0)] * (pencil.variables + 1)).T.tolist()]
    return [(value / last[-1]).mid() for value in last[:-1]]
