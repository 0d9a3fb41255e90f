"""S(omega) of one charge sector on a lattice, by two-sided rational Krylov.  Long because curves and lines share one space of vectors.

    S(w) = 2 Re a . (i w - L)^{-1} X

Errors, for each frequency, with x = (i w - L)^{-1} X and y = (i w - L)^{-T} a as they were computed, r = X - (i w - L) x:

    resolvent   the change of S in the last steps; the correction 2 Re y . r itself is in S
    rounding    2 |y| . rho(|x|), with the bound rho of what L x and r may be off by
    steady      y pulled back through the moves of B and C to an observable of rho: the error that the state's own solution gives it
    window      2 |y| leak |x|: what moves across an absorbing edge would be worth
    cutoff      4 |y| |r'|: r' is what L takes above a boson's levels

In the neutral sector X -> X - tr(X) rho and a -> a - <a> tr leave out the part that never decays: both vectors stay without trace, and
L has an inverse there, also at w = 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.dicke import DickePart
from permsym.dynamics.factors import factors_of
from permsym.dynamics.spectra.above import Above, above
from permsym.dynamics.spectra.gauge import Gauge
from permsym.dynamics.spectra.poles import Projection, Space
from permsym.dynamics.spectra.resolvent import Complex, combined
from permsym.dynamics.spectra.ritz import Ritz, around, highest_peak, ritz, strongest
from permsym.dynamics.two_time.source import Source
from permsym.linear.contract import DirectSolver
from permsym.linear.eigenpairs import Eigenpairs, improved
from permsym.liouvillian import Liouvillian
from permsym.progress import Progress
from permsym.steady.state import ErrorParts, State

EPS = float(np.finfo(float).eps)
_BLOCK = 2**22  # numbers of vectors at all frequencies that are formed at once
_PULLED = {True: 16, False: 3}  # frequencies at which the state's error is estimated: with factors, and by iteration
_LINES = 6  # neighbours of an eigenvalue that may be one multiplet with it
_LEAKING = 4  # times what leaves at a window's edge: 1.5 to 3.3 on windows of 6 to 2 standard deviations, as what beyond it comes back
_CONVERGED = 1e-11  # of an eigenvalue, counted from where its sector turns: what its residuals may leave
_CHANGED, _CLEAR = 10.0, 1e-3  # times what the last vectors changed S by: where it may rise to; of the highest S: a change that settles it
_UNEVEN = 300  # how uneven convergence may be: as much was needed in one of 60 random systems
_READ = 64 * EPS  # of |a| . |x|: rounding of elements, of their weights, of the sum, and of vectors that are kept orthogonal
_LOOKS = 6  # at the eigenvalues of one pole
_BACK = 2  # steps of the reduced problem, whose change is what the share may still be off by
_ONE = 1e-9  # of an eigenvalue: what is nearer is the same line
_CLOSE = 1e-6, 1e-3  # of the largest |L_ii|: distance of a first pole from the axis in a charged sector, and in the neutral one
PARTS = ("resolvent", "rounding", "steady", "window", "cutoff")


@dataclass(frozen=True)
class Power:
    """S (F,), the correction that is in it, and the parts of its error."""

    power: NDArray[np.float64]
    correction: NDArray[np.float64]
    parts: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Line:
    """An eigenvalue that G(w) sees, as the term  share start / (i w - value).

    error         estimate for the value; ``cutoff``: what of it more levels would mend
    share_error   estimate for the share
    start         g(0) without what never decays
    """

    value: complex
    error: float
    share: complex
    start: complex
    cutoff: float
    share_error: float


class LatticeResponse:
    """S(omega) of one source."""

    def __init__(self, state: State, source: Source, say: Progress) -> None:
        self.state, self.source = state, source
        liouvillian = Liouvillian(source.basis)
        self.gauge = gauge = Gauge.of(liouvillian.assembled())
        projection, x, a = None, source.x, source.observed
        self.coherent = 0j
        """<A><B>, what never decays."""
        if source.steady is not None:
            projection = Projection(liouvillian.trace(), source.steady)
            self.coherent = source.trace * complex(a @ source.steady)
            x, a = projection.state(x), projection.observable(a)
        x, x_phase = _in_one_quadrature(gauge.turned(x))
        a, self._a_phase = _in_one_quadrature(gauge.covector(a))
        self._phase = x_phase * self._a_phase
        self.decaying = complex(a @ x) * self._phase
        """g(0) without the coherent part."""
        self.space = Space(gauge.assembly.matrix, x, a, _solver(source, say), source.basis.coordinates, projection, gauge.middle(x))

    @property
    def poles(self) -> list[complex]:
        return [pole + 1j * self.gauge.turn for pole in self.space.poles]

    @property
    def fill(self) -> int:
        return self.space.fill

    @property
    def curves(self) -> bool:
        return True

    def prepare(self, frequencies: NDArray[np.float64]) -> None:
        self.space.prepare(frequencies - self.gauge.turn)

    def quick(self, frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(2 * (self.space.reduced.values(frequencies - self.gauge.turn)[0] * self._phase).real)

    # -- the spectrum ---------------------------------------------------------------------------------------------------

    def power(self, frequencies: NDArray[np.float64]) -> Power:
        """S at each frequency, from the vectors themselves, with errors."""
        w = frequencies - self.gauge.turn
        parts = {name: np.zeros(len(w)) for name in PARTS}
        power, correction = np.zeros(len(w)), np.zeros(len(w))
        if self.space.empty:
            return Power(power, correction, parts)
        self.space.prepare(w)
        small, change = self.space.changed(w)
        nodes = self._nodes(np.abs(small))
        pulled: dict[int, Complex] = {}
        step = max(1, _BLOCK // len(self.space.x))
        for start in range(0, len(w), step):
            some = slice(start, min(start + step, len(w)))
            x, y = self._vectors(w[some])
            r = self.space.x[:, None] - 1j * w[some] * x + self.space.matrix @ x
            first, second = self.space.a @ x, (y * r).sum(axis=0)
            power[some], correction[some] = 2 * ((first + second) * self._phase).real, 2 * (second * self._phase).real
            missed = np.abs(first + second - small[some])
            parts["resolvent"][some] = 2 * (change[some] + missed**2 / np.maximum(np.abs(small[some]), EPS**2))
            for name, values in self._bounds(w[some], x, np.abs(y)).items():
                parts[name][some] = values
            pulled |= {node: self._pulled(y[:, node - start]) for node in nodes if some.start <= node < some.stop}
        for name, values in self._steady_errors([pulled[node] for node in nodes]).items():
            parts[name] += _between(np.array(nodes), values, len(w))
        return Power(power, correction, parts)

    def _vectors(self, w: NDArray[np.float64]) -> tuple[Complex, Complex]:
        """(n, F) x and y."""
        right, left = self.space.reduced.right, self.space.reduced.left
        x, y = right.solved(w, right.size)[0], left.solved(w, left.size)[0]
        return combined(right.vectors, x.T), combined(left.vectors, y.T)

    def _bounds(self, w: NDArray[np.float64], x: Complex, weight: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """(F,) bound of rounding, estimates of what a window and a cut-off drop, of x and |y| (n, F)."""
        assembly, size = self.gauge.assembly, np.abs(x)
        residual = assembly.rounding(size) + 2 * EPS * (np.abs(w) * size + np.abs(self.space.x)[:, None])
        rounding = 2 * (weight * residual).sum(axis=0) + 8 * EPS * (np.abs(self.space.a) @ size)
        outside = 2 * self.source.lost * weight.max(axis=0)
        window, cutoff = 2 * (assembly.leaks[:, None] * size * weight).sum(axis=0), 2 * self._above.cost(self._in_basis(x), weight)
        closed = self.source.basis.boundary == "closed"
        return {"rounding": rounding, "window": window + (0 if closed else outside), "cutoff": cutoff + (outside if closed else 0)}

    def _in_basis(self, x: Complex) -> Complex:
        """x (n, F) as the basis has it, but for one phase."""
        return np.asarray((np.ones(len(x)) * self.gauge.phases)[:, None] * x)

    @cached_property
    def _above(self) -> Above:
        return above(self.source.basis)

    # -- the steady state -----------------------------------------------------------------------------------------------

    def _nodes(self, values: NDArray[np.float64]) -> list[int]:
        """Frequencies at which the state's error is estimated: spread out, and where S is largest."""
        count = _PULLED[self.state.solution.many_duals]
        spread = np.linspace(0, len(values) - 1, min(count, len(values))).round().astype(int)
        return sorted({*spread.tolist(), int(np.argmax(values))})

    def _pulled(self, y: Complex) -> NDArray[np.complex128]:
        """The observable of rho whose value is S, to first order."""
        y = np.conj(self.gauge.phases) * y * self._a_phase
        covector = self.source.pulled_back(y)
        if self.source.steady is not None and self.source.change.shape[0] == self.source.change.shape[1]:
            covector = covector - self.source.trace * y
        return np.asarray(2 * covector.real, dtype=complex)

    def _steady_errors(self, covectors: list[NDArray[np.complex128]]) -> dict[str, NDArray[np.float64]]:
        """Error estimates of observables that are real."""
        parts = [np.sum(each or [ErrorParts()], axis=0) for each in self.state.solution.covector_estimates(covectors)]
        algebraic, window, cutoff, unseen = np.array(parts).T
        return {"steady": algebraic + unseen, "window": window, "cutoff": cutoff}

    # -- lines ----------------------------------------------------------------------------------------------------------

    def line(self, near: float | None) -> Line | None:
        space = self.space
        if space.empty:
            return None
        if not space.poles:
            at = space.middle if near is None else near - self.gauge.turn
            space.factor(complex(_CLOSE[space.projection is not None] * space.fastest, at))
        while True:
            for _ in range(_LOOKS):
                space.extend()
                best = self._sought(near)
                converged = best.missed[0] <= _CONVERGED * abs(best.values[0])
                rival = self._rival() if converged and near is None else None
                if (converged and rival is None and not space.nearly_whole) or space.finished:
                    return self._certified(best)
            if space.spent:
                return self._certified(best)
            value = complex(best.values[0]) if rival is None else complex(best.values[0].real, rival)
            space.factor(complex(abs(value.real) / 10, 0.0 if abs(value.imag) < 1e-8 * abs(value) else value.imag))

    def _rival(self) -> float | None:
        """A frequency at which S may yet turn out to be the highest; None where it is clear which line is."""
        w = around(ritz(self.space.reduced).values)
        values, change = self.space.changed(w)
        s, change = 2 * (values * self._phase).real, 2 * change
        unclear = np.where((s + _CHANGED * change >= s.max()) & (change > _CLEAR * s.max()), change, 0.0)
        return float(w[np.argmax(unclear)]) if unclear.any() else None

    def _sought(self, near: float | None) -> Ritz:
        """The line that makes the highest peak, or the eigenvalue nearest to a frequency, and its neighbours."""
        pairs = ritz(self.space.reduced)
        if near is not None:
            return pairs.beside(int(np.argmin(np.abs(pairs.values - 1j * (near - self.gauge.turn)))), _LINES)
        peak = highest_peak(pairs.values, lambda w: self.quick(w + self.gauge.turn))
        return pairs.beside(strongest(pairs.values, pairs.share, peak), _LINES)

    def _certified(self, best: Ritz) -> Line:
        """The eigenvalue by its Rayleigh quotient, with what rounding, a window and a cut-off may move it by."""
        m, reduced, assembly = best.x.shape[0], self.space.reduced, self.gauge.assembly
        x, y = combined(reduced.right.vectors[:, :m], best.x), combined(reduced.left.vectors[:, :m], best.y)
        x, y = x / np.linalg.norm(x, axis=0), y / np.linalg.norm(y, axis=0)
        values, errors = improved(assembly.matrix, assembly.rounding, Eigenpairs(best.values, x, y), best.apart)
        size, weight = np.abs(x[:, :1]), np.abs(y[:, :1])
        overlap = abs(complex(y[:, 0] @ x[:, 0]))
        above = float(self._above.cost(self._in_basis(x[:, :1]), weight)[0]) / overlap
        error = float(errors[0] + _LEAKING * (assembly.leaks @ (size * weight))[0] / overlap) + above
        value, share = complex(values[0]), complex(best.share[0])
        missed = self._share_error(value, share, x[:, 0], y[:, 0]) if self.decaying else math.nan
        share = share * self._phase / self.decaying if self.decaying else complex("nan")
        return Line(value + 1j * self.gauge.turn, error, share, self.decaying, above, missed)

    def _share_error(self, value: complex, residue: complex, x: Complex, y: Complex) -> float:
        """Of (a . x) (y . X) / (y . x) over a . X.  With dL x for what L x may be off by, and S the resolvent without this line at it,

            d residue = (y . X) (a S) . dL x + (a . x) (dL^T y) . (S X)

        S from the other eigenvalues of the reduced problem.  Besides, what its last steps changed, and what y makes of the state's error.
        """
        pairs, m = ritz(self.space.reduced), self.space.reduced
        others = np.abs(pairs.values - value) > _ONE * abs(value)
        others &= np.arange(len(others)) != np.argmin(np.abs(pairs.values - value))
        overlap = np.einsum("ij,ik,kj->j", pairs.y, m.cross[: pairs.y.shape[0], : pairs.x.shape[0]], pairs.x)
        made = (m.cross[: pairs.y.shape[0], 0] @ pairs.y) * m.right.start
        seen = m.seen[: pairs.x.shape[0]] @ pairs.x
        with np.errstate(divide="ignore", invalid="ignore"):
            to_x, to_y = (np.where(others, each / overlap / (value - pairs.values), 0) for each in (made, seen))
        sx = combined(m.right.vectors[:, : pairs.x.shape[0]], np.where(np.isfinite(to_x), to_x, 0) @ pairs.x.T)
        sy = combined(m.left.vectors[:, : pairs.y.shape[0]], np.where(np.isfinite(to_y), to_y, 0) @ pairs.y.T)
        own, start = complex(y @ x), self.decaying / self._phase
        a = self.space.a
        lost = abs(complex(y @ self.space.x)) * self._lost(x, sy) + abs(complex(a @ x)) * self._lost(sx, y)
        missed = 0.0 if self.space.finished else self._remaining(value, residue)
        pulled = self._pulled((complex(a @ x) / own * y - residue / start * a) / (start * self._phase)) / 2
        of_state = sum(float(values[0]) for values in self._steady_errors([pulled]).values())
        return float((lost / abs(own) + missed + self._read(residue, x, y)) / abs(start)) + of_state

    def _read(self, residue: complex, x: Complex, y: Complex) -> float:
        """Rounding of a . x, y . X and y . x, and of a . X beside the residue."""
        a, b, own = self.space.a, self.space.x, abs(complex(y @ x))
        products = (np.abs(a) @ np.abs(x)) * abs(complex(y @ b)) + abs(complex(a @ x)) * (np.abs(y) @ np.abs(b))
        norms = abs(residue) * ((np.abs(y) @ np.abs(x)) / own + (np.abs(a) @ np.abs(b)) / abs(complex(a @ b)))
        return float(_READ * (products / own + norms))

    def _remaining(self, value: complex, residue: complex) -> float:
        """Of a residue's convergence: the change of the last steps, and as much less as that was than the one before, with a margin."""
        earlier_pairs = [ritz(self.space.reduced, k * _BACK) for k in (1, 2)]
        before, first = (  # in a space that had no pairs yet all of it was missing
            complex(pairs.share[np.argmin(np.abs(pairs.values - value))]) if len(pairs.values) else 0j for pairs in earlier_pairs
        )
        last, earlier = abs(residue - before), abs(before - first)
        return last * min(1.0, _UNEVEN * last / earlier) if earlier else last

    def _lost(self, x: Complex, y: Complex) -> float:
        """y . dL x: rounding, a window's edge, a cut-off."""
        assembly, size, weight = self.gauge.assembly, np.abs(x), np.abs(y)
        lost = weight @ assembly.rounding(size[:, None])[:, 0] + _LEAKING * (assembly.leaks @ (size * weight))
        return float(lost + self._above.cost(self._in_basis(x[:, None]), weight[:, None])[0])


def _solver(source: Source, say: Progress) -> Callable[[bool], DirectSolver]:
    """The solver for real or complex factors of a source's sector; TooLarge where they do not fit."""
    basis = source.basis
    window = next((part.window for part in basis.parts if isinstance(part, DickePart)), None)

    def solver(real: bool) -> DirectSolver:
        say(f"{basis.dimension:,} unknowns of charge {', '.join(map(str, basis.charge)) or 0}: {'real' if real else 'complex'} factors ...")
        return factors_of(basis.model, basis.representation, basis.dimension, basis.charge, window, real)

    return solver


def _in_one_quadrature(vector: Complex) -> tuple[NDArray[Any], complex]:
    """(real vector, phase) where a phase makes it real, exactly; else (vector, 1)."""
    if not vector.imag.any():
        return vector.real.copy(), 1.0 + 0j
    if not vector.real.any():
        return vector.imag.copy(), 1j
    return vector, 1.0 + 0j


def _between(at: NDArray[np.int64], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Errors (count,) from those at some frequencies: between two of them the larger."""
    after = np.minimum(np.searchsorted(at, np.arange(count)), len(at) - 1)
    before = np.maximum(np.searchsorted(at, np.arange(count), side="right") - 1, 0)
    return np.maximum(values[after], values[before])
