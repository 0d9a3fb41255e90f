"""Quantum regression in a cumulant expansion: how the moments of a source X = B rho C decay around a steady state.

Two conventions say which joint cumulants of X with other operators vanish:

    operators   those with M operators or more: X counts as one, as in QuantumCumulants.  Exact for N <= M - 2
    jacobian    those with more than M: the equations' own Jacobian.  Exact for N <= M - 1

with a finite centre (a boson counted as one site).  Both close the moments of X linearly around the state; see
:mod:`~permsym.cumulants.two_time.sector`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from permsym.cumulants.equations.alphabet import Counts
from permsym.cumulants.equations.closure import Retained
from permsym.cumulants.equations.hierarchy import counted, cut, enumerated
from permsym.cumulants.equations.structure import Rows
from permsym.cumulants.state import CumulantState
from permsym.cumulants.two_time.sector import Background, Image, Sector
from permsym.dynamics.two_time.asked import IDENTITY, Spelled
from permsym.dynamics.two_time.marked import Marked, marked
from permsym.errors import BeyondOrder, InputError, UncertifiedWarning
from permsym.operators import ComplexArray

Vector = NDArray[np.float64]
_ROUNDING = 1e-12  # of J's largest entry; at 10^6 central spins eigenvalues move by 1e-16 of it, and the narrowest line has 5e-10


class Regression(StrEnum):
    """Whether the source counts as one of the operators that an order counts."""

    OPERATORS = "operators"
    JACOBIAN = "jacobian"


class Failure(StrEnum):
    """How a regression shows that the approximation fails."""

    UNSTABLE = "unstable fixed point"
    UNPHYSICAL = "unphysical state"
    GROWING = "growing mode"
    UNDAMPED = "undamped mode"
    NEGATIVE = "negative spectrum"


@dataclass(frozen=True)
class SourceEquations:
    """The linear equations du/dtau = J u of a source's moments, and what A sees of them:

        <C(0) A(tau) B(0)> = sum_i a_i exp(i f_i tau) (exp(J tau) u)_i + coherent part

    matrix     J, (n, n), of scaled moments, in the frame that turns with broken phases
    initial    u, (n,):  <C O_n B> - <O_n> <C B>
    observed   a, (n,)
    turning    f, (n,): zero where no symmetry is broken
    coherent   {frequency: <A> <C B>}, A's parts by the frequency that they turn with
    adjoint    whether C = 1 and A = B^dag, whose spectrum no state makes negative
    """

    state: CumulantState
    regression: Regression
    matrix: ComplexArray
    initial: ComplexArray
    observed: ComplexArray
    turning: Vector
    coherent: dict[float, complex]
    adjoint: bool

    @property
    def fluctuation(self) -> complex:
        """<C A B> - <A> <C B>: the function at tau = 0 without its coherent part."""
        return complex(self.observed @ self.initial)

    @cached_property
    def frames(self) -> dict[float, ComplexArray]:
        """{frequency: the part of ``observed`` that turns with it}."""
        return {float(f): np.where(self.turning == f, self.observed, 0) for f in np.unique(self.turning[self.observed != 0])}

    @cached_property
    def schur(self) -> tuple[ComplexArray, ComplexArray]:
        """T and Q of J = Q T Q^dag."""
        triangular, unitary = la.schur(self.matrix, output="complex")
        return np.asarray(triangular), np.asarray(unitary)

    @cached_property
    def failures(self) -> dict[Failure, str]:
        """How the approximation fails, whatever is asked of it: {failure: reason}."""
        reasons: dict[Failure, str] = {}
        state, rates = self.state, np.diag(self.schur[0]).real
        if not state.stable:
            reasons[Failure.UNSTABLE] = f"the fixed point is unstable (growth rate {state.stability:.4g}), and nothing stays near it"
        if state.unphysical:
            reasons[Failure.UNPHYSICAL] = "; ".join(state.unphysical)
        rounding = _ROUNDING * float(np.abs(self.matrix).max(initial=0.0))
        fastest = float(rates.max(initial=-np.inf))
        if fastest > rounding:
            reasons[Failure.GROWING] = f"fluctuations grow with a rate of {fastest:.4g}, and what grows has no spectrum"
        elif fastest > -rounding:
            reasons[Failure.UNDAMPED] = "a fluctuation does not decay, as that of a broken phase; its line has no width"
        return reasons


def source_equations(
    state: CumulantState,
    of: Spelled,
    right: Spelled,
    left: Spelled | None,
    regression: str,
) -> SourceEquations:
    """The regression of <C(0) A(tau) B(0)> with A = ``of``, B = ``right`` and C = ``left`` around a steady state of cumulant equations.

    of, right    operators of the state's model, or texts such as "+0", "-@B", "+1", "ad a": a digit means the same satellite in all of
                 them
    left         the same; None: the identity
    regression   "operators" or "jacobian"

    Raises InputError for other words and for what is no operator of the model; TooFewSatellites; BeyondOrder where the order
    does not retain A; TooLarge where the moments do not fit into memory.
    """
    if regression not in list(Regression):
        raise InputError(f"the regression must be {' or '.join(Regression)}, but is {regression!r}")
    system = marked(state.model, [of, right, IDENTITY if left is None else left])
    return _linearised(state, Regression(regression), system)


def _linearised(state: CumulantState, regression: Regression, system: Marked) -> SourceEquations:
    model = counted(system.model, state.equations.hierarchy.truncation.counting)
    of, right, left = (cut(o, system.model) if model is not system.model else o for o in system.operators)
    background = Background(state.point, model, [*range(len(state.model.ensembles)), *system.taken])
    empty = background.alphabet.empty
    seen = background.image(Rows.between(background.alphabet, of, IDENTITY), empty)
    sector = _sector(background, seen, regression, any(key.satellites for key in [*right.terms, *left.terms]))
    scale = background.scale(sector.unknowns)
    matrix = sector.closed(_flows(background, sector.unknowns)) / scale[:, None]
    turning = np.array([background.turning(c) for c in sector.unknowns])
    between = Rows.between(background.alphabet, left, right)
    trace, *sources = background.expectations([background.image(between, c) for c in [empty, *sector.unknowns]])
    turned = [background.turning(c) for c in seen]
    averages = background.expectations([{c: value} for c, value in seen.items()])
    coherent = {f: complex(trace * averages[np.equal(turned, f)].sum()) for f in sorted(set(turned))}
    return SourceEquations(
        state,
        regression,
        matrix - 1j * np.diag(turning),
        np.array(sources) / scale - background.moments(sector.unknowns) * trace,
        np.array([seen.get(c, 0) for c in sector.unknowns], dtype=np.complex128) * scale,
        turning,
        {f: value for f, value in coherent.items() if value},
        system.operators[2] == IDENTITY and system.operators[0] == system.operators[1].dag(),
    )


def _flows(background: Background, unknowns: Sequence[Counts]) -> list[Image]:
    """d<O>/dt of each unknown as a sum of moments."""
    model = background.model
    rows = [(Rows.of_term(background.alphabet, term), term.coefficient) for term in model.terms]
    flows = []
    for counts in unknowns:
        total: Image = {}
        for row, coefficient in rows:
            for moment, value in background.image(row, counts).items():
                total[moment] = total.get(moment, 0) + coefficient * value
        flows.append(total)
    return flows


def _sector(background: Background, seen: Image, regression: Regression, on_satellites: bool) -> Sector:
    """The moments that the order retains, of the charges that A sees.

    Raises BeyondOrder where A is not among them.
    """
    truncation, alphabet = background.point.equations.hierarchy.truncation, background.alphabet
    budget = truncation.order - (regression is Regression.OPERATORS)
    charges = {background.charge(counts) for counts in seen or [alphabet.empty]}
    if not budget:
        raise BeyondOrder("order 1 retains nothing beside the operators at the earlier time; take order 2 or more", order=1)
    retains = Retained(alphabet, budget, truncation.closure, regression is Regression.OPERATORS and on_satellites)
    for counts in seen:
        if not retains(counts):
            message = (
                f"<{alphabet.label(counts)}> has {sum(counts)} operators, and order {truncation.order} retains {budget} beside the "
                "operators at the earlier time; take a higher order"
            )
            raise BeyondOrder(message, order=truncation.order)

    def wanted(counts: Counts) -> bool:
        return retains(counts) and background.exists(counts) and (not background.symmetric or background.charge(counts) in charges)

    share = 1 / (2 * truncation.order) if background.symmetric else 1.0
    return Sector(background, tuple(enumerated(alphabet, budget, wanted, share)))


def warn(failures: Mapping[Failure, str]) -> None:
    """Say where an approximation fails, to whoever called the public function."""
    if failures:
        warnings.warn("the approximation fails here: " + "; ".join(failures.values()), UncertifiedWarning, stacklevel=3)
