"""The line of a cavity: the eigenvalue of a charged sector that B rho leads to, by products alone.

Two-sided Jacobi-Davidson without a subspace, from x = B rho and the covector w of A (G. L. G. Sleijpen, H. A. van der Vorst,
SIAM J. Matrix Anal. Appl. 17, 401 (1996)).  With |x| = 1 and w . x = 1,

    theta = w . L x,    r = (L - theta) x,    r' = (L - theta)^T w
    (L - theta - x w^T) t = -r,    (L - theta - x w^T)^T t' = -r'
    x <- x + t,    w <- w + t'

Every round squares the error.  theta + r' . t is the next theta to third order, and r' . t the error of the present one, with its sign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from permsym import kernels
from permsym.basis.charged_blocks import applied
from permsym.dynamics.spectra.cavity import LINE, ChargedSector, Shifted, Vector
from permsym.dynamics.spectra.cavity_power import curve_of
from permsym.errors import NotApplicable, SolverFailed
from permsym.operators import Operator
from permsym.progress import Progress, silent
from permsym.steady.cavity.beyond import Wider
from permsym.steady.cavity.defect import defect
from permsym.steady.state import State

TOLERANCE = 1e-9
_INNER = 0.03  # of a scaled residual: 0.1 costs as many products, 0.003 up to 40 % more
_TOWARDS = 2  # inverse iterations at the target where vectors are complex: there B rho overlaps several modes
_ROUNDS = 12
_PRODUCTS = 20_000  # of one solve
_SHARED, _LEFT = 1e-3, 1e-2  # of a residual: the last round, for the share alone; what of its change may be left, ten times over
_STATE = 2.0  # safety of what the state's error makes of the share
_SHARE = 0.5  # of the light: a line with less may not be the highest
_PEAK, _SPREADS, _POINTS = 1e-5, 3, 301  # accuracy of the curve that is searched for a peak, its half width, and its points
_UNSEEN = 0.1  # of |w| |r| outside, which is 1.3 to 4 times the truth where signs do not cancel it


@dataclass(frozen=True)
class CavityLine:
    """An eigenvalue of the Liouvillian, and what it has of the correlation <A(tau) B(0)>.

    eigenvalue   lambda, in the frame of the Hamiltonian as typed; the width of an isolated line is -2 Re lambda
    error        estimate of |lambda - true|: the sum of the next three
    solve        from the iteration
    window       from what a window left out, or a cut-off
    rounding     of products
    weight       share of exp(lambda tau) in <A B>; nan where that is zero
    weight_error estimate for it: what the last round changed, the share of the cuts in lambda, and the state's own error
    numbers      of the charged sector's vectors
    products     with the Liouvillian and its transpose
    """

    eigenvalue: complex
    error: float
    solve: float
    window: float
    rounding: float
    weight: complex
    weight_error: float
    numbers: int
    products: int

    @property
    def fwhm(self) -> float:
        """-2 Re lambda."""
        return -2 * self.eigenvalue.real


def line(
    state: State,
    near: float | None = None,
    of: Operator | None = None,
    right: Operator | None = None,
    tolerance: float = TOLERANCE,
    progress: Progress | None = None,
) -> CavityLine:
    """The eigenvalue that <A(tau) B(0)> shows near a frequency, beside the steady state of a cavity with a U(1) symmetry.

    near        frequency; None: that of the rotating frame, on resonance the common one
    of, right   A and B; by default a^dag and a
    tolerance   of the eigenvalue, relative to its modulus in the rotating frame

    SolverFailed where the rounds do not converge; NotApplicable, TooLarge: see :meth:`ChargedSector.beside`.
    """
    return line_of(ChargedSector.beside(state, of, right), near, tolerance, progress or silent)


def seen(sector: ChargedSector, near: float | None, say: Progress = silent) -> CavityLine:
    """The line nearest to a frequency, or the one with the highest peak.

    The loop finds it from X and the covector alone where that has most of the light, and near most frequencies.  Where it does not, as
    among several lines of equal frequency, it starts from the eigenvectors of a rough curve's reduced problem.
    """
    try:
        first = line_of(sector, near, say=say)
        if near is not None or first.weight.real > _SHARE:
            return first
    except SolverFailed:
        pass
    reach = _SPREADS * float(np.linalg.norm(sector.operator.matvec(sector.x)) / np.linalg.norm(sector.x))
    w = sector.frame.imag + reach * np.linspace(-1, 1, _POINTS)
    curve = curve_of(sector, w if near is None else np.append(w, near), _PEAK, say)
    if near is None:
        w = curve.eigenvalues.imag + sector.frame.imag
        near = float(w[np.argmax(curve.at(w))])
    start = curve.eigenvectors(1j * near - sector.frame)
    return line_of(sector, near, say=say, start=start)


def line_of(
    sector: ChargedSector,
    near: float | None,
    tolerance: float = TOLERANCE,
    say: Progress = silent,
    start: tuple[Vector, Vector] | None = None,
) -> CavityLine:
    """The same of a sector that there is; ``start``: right and left vectors to start from."""
    sector.reserve(LINE * (1 if near is None else 2))
    if not sector.x.any() or not sector.u.any():
        raise NotApplicable("the steady state has nothing that these operators see, such as light from a dark cavity: it has no line")
    target = 0j if near is None else 1j * near - sector.frame
    search = _Search(sector, target, start)
    for _ in range(_ROUNDS):
        signed = search.improved(tolerance)
        value = search.theta + sector.frame
        say(f"{sector.numbers:,} numbers, {search.products} products: eigenvalue {value:.10g}, error {abs(signed):.1e}")
        if abs(signed) <= tolerance * abs(search.theta):
            return search.line(signed)
    raise SolverFailed(
        f"the line did not converge in {_ROUNDS} rounds: the last eigenvalue was {value:.6g}; look at the spectrum, and give the "
        "frequency of its peak as `near`"
    )


class _Search:
    """The loop's vectors.

    x, w    right vector, and the left one as u in sum conj(u) y
    theta   the present eigenvalue, in the rotating frame
    """

    def __init__(self, sector: ChargedSector, target: complex, start: tuple[Vector, Vector] | None) -> None:
        self.sector, self.operator = sector, sector.operator
        self.dtype = np.dtype(float) if sector.real and not target.imag and start is None else np.dtype(complex)
        x, w = (sector.x, sector.u) if start is None else start
        self.x: Vector = x.astype(self.dtype)
        self.w: Vector = w.astype(self.dtype)
        self.products = 0
        if self.dtype.kind == "c" and start is None:
            self._towards(target)
        self._normalise()

    def _towards(self, target: complex) -> None:
        for _ in range(_TOWARDS):
            shifted = Shifted(self.operator, target, self.dtype)
            x, w = np.zeros_like(self.x), np.zeros_like(self.w)
            shifted.solve(self.x, x, _INNER, _PRODUCTS)
            shifted.solve_adjoint(self.w, w, _INNER, _PRODUCTS)
            self.products += shifted.products
            self.x, self.w = x / np.linalg.norm(x), w / np.linalg.norm(w)

    def _normalise(self) -> None:
        self.x /= np.linalg.norm(self.x)
        self.w /= np.conj(kernels.inner(self.w, self.x))

    def improved(self, tolerance: float) -> complex:
        """One round; r' . t, the error of theta before it.  Where that is within the tolerance x and w stay as they were."""
        r = self.operator.matvec(self.x)
        theta = self.theta = self.dtype.type(kernels.inner(self.w, r)).item()
        np.subtract(theta * self.x, r, out=r)
        shifted = Shifted(self.operator, theta, self.dtype, (self.x, self.w))
        t = np.zeros_like(r)
        outcome = shifted.solve(r, t, _INNER, _PRODUCTS)
        del r  # its memory, for the other side
        back = self.operator.rmatvec(self.w)
        np.subtract(np.conj(theta) * self.w, back, out=back)
        signed = -complex(kernels.inner(back, t)) if outcome.converged else complex(math.inf)
        if abs(signed) > tolerance * abs(theta):
            other = np.zeros_like(back)
            shifted.solve_adjoint(back, other, _INNER, _PRODUCTS)
            self.w += other
            self.x += t
            self._normalise()
        self.products += 2
        self.products += shifted.products
        return signed

    def line(self, signed: complex) -> CavityLine:
        """The eigenvalue with its certificate, improved by what the iteration and the cuts are known to leave.

        The cuts' share is w . r with r = (L' - theta) x on what one move reaches outside, and w continued there: 0.6 to 0.99 of the
        truth for cut-offs and windows of every size, and subtracted as well as quoted.
        """
        sector, theta = self.sector, self.theta
        cut, apart = self._cut()
        rounding = float(np.abs(self.w) @ self.operator.rounding(self.x))
        value = theta + signed + cut
        before, _ = self._share()
        self._last_round()
        weight, of_state = self._share()
        moved = (abs(signed) + abs(cut) + apart + rounding) / abs(theta.real)
        return CavityLine(
            eigenvalue=complex(value + sector.frame),
            error=abs(signed) + abs(cut) + apart + rounding,
            solve=abs(signed),
            window=abs(cut) + apart,
            rounding=rounding,
            weight=weight,
            weight_error=_LEFT * abs(weight - before) + moved * abs(weight) + of_state,
            numbers=sector.numbers,
            products=self.products,
        )

    def _share(self) -> tuple[complex, float]:
        """The line's share of <A B>, and what the state's error makes of it."""
        sector = self.sector
        x, u = sector.x.astype(self.dtype, copy=False), sector.u.astype(self.dtype, copy=False)
        total = kernels.inner(u, x)
        if not total:
            return complex(math.nan), math.nan
        share = kernels.inner(u, self.x) * kernels.inner(self.w, x) / total
        delta = self._moved.astype(self.dtype, copy=False)
        change = kernels.inner(u, self.x) * kernels.inner(self.w, delta) - share * kernels.inner(u, delta)
        return complex(share), _STATE * abs(complex(change / total))

    @cached_property
    def _moved(self) -> Vector:
        """What the state's error makes of X."""
        sector = self.sector
        return sector.turned(applied(sector.right.terms, *defect(sector.state), sector.blocks))

    def _last_round(self) -> None:
        """One round more, of both vectors: the share is of first order in their errors."""
        r, back = self.operator.matvec(self.x), self.operator.rmatvec(self.w)
        np.subtract(self.theta * self.x, r, out=r)
        np.subtract(np.conj(self.theta) * self.w, back, out=back)
        shifted = Shifted(self.operator, self.theta, self.dtype, (self.x, self.w))
        t, other = np.zeros_like(r), np.zeros_like(back)
        shifted.solve(r, t, _SHARED, _PRODUCTS)
        shifted.solve_adjoint(back, other, _SHARED, _PRODUCTS)
        self.x += t
        self.w += other
        self._normalise()
        self.products += 2 + shifted.products

    def _cut(self) -> tuple[complex, float]:
        """What a window or a cut-off moves the eigenvalue by; and how little is known of that."""
        wider = Wider(self.operator)
        x = self.sector.blocks.embedded(self.x, wider.wide)
        residual = wider.operator().matvec(x)
        kernels.subtract(residual, np.ones_like(residual), self.theta, x, 0 * self.theta, x)
        weighed = wider.weighed(residual, self.w)
        signed = complex(weighed.signed)
        if self.dtype.kind == "c":
            signed += 1j * wider.weighed(residual, 1j * self.w).signed
        return signed, _UNSEEN * weighed.dropped + weighed.elsewhere
