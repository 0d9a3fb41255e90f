"""Full counting statistics of a jump in a steady state."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from permsym.dynamics.counting.cavity import BlockResponses
from permsym.dynamics.counting.expansion import Expansion, Rates, Responses
from permsym.dynamics.counting.lattice import LatticeResponses
from permsym.errors import InputError, NothingCounted, UncertifiedWarning
from permsym.sites import is_real
from permsym.steady.cavity.solution import BlockSolution
from permsym.steady.certificate import derived_tolerance
from permsym.steady.lattice.null_vector import NullVector
from permsym.steady.lattice.solution import FactoredSolution
from permsym.steady.state import State
from permsym.terms import Term
from permsym.text import finite

EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class CountingCertificate:
    """Evidence that the statistics are right.

    tolerance   error relative to the larger of a value and of that of a Poissonian stream which counts as certified
    shortfall   what the state's own certificate falls short of
    uncertain   errors that are larger, relative to the same
    """

    tolerance: float
    shortfall: tuple[str, ...] = ()
    uncertain: dict[str, float] = field(default_factory=dict)

    @property
    def own_reasons(self) -> tuple[str, ...]:
        """What falls short beside the state."""
        return tuple(f"{name} is certain to {ratio:.0e} of its scale only" for name, ratio in self.uncertain.items())

    @property
    def reasons(self) -> tuple[str, ...]:
        return (*self.own_reasons, *(f"of the state: {reason}" for reason in self.shortfall))

    @property
    def certified(self) -> bool:
        """Whether every value is certain enough, and the state certified."""
        return not self.reasons

    def to_dict(self) -> dict[str, Any]:
        return {"certified": self.certified, "tolerance": self.tolerance, "reasons": list(self.reasons)}


@dataclass(frozen=True)
class FullCounting:
    """Statistics of the number n of times that a jump happens in a long time t: cumulants grow as c_k t.

    jump         its name
    efficiency   probability that a jump is counted
    current      I = c_1, counts a unit of time
    fano         counting Fano factor c_2 / c_1: 1 for independent (Poissonian) jumps, smaller where they keep apart
    noise        S(0) = c_2, of the current at zero frequency: the integral of <dI(0) dI(t)> over all t
    cumulants    c_3 and c_4; () where order = 2 was asked for
    errors       estimate of each: "current", "fano", "noise", "c3", "c4"
    """

    jump: str
    efficiency: float
    current: float
    fano: float
    noise: float
    cumulants: tuple[float, ...]
    errors: dict[str, float]
    certificate: CountingCertificate
    timings: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def own_reasons(self) -> tuple[str, ...]:
        """Why it is not certified, beside the state."""
        return self.certificate.own_reasons

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: numbers that are not finite become None."""
        numbers: dict[str, Any] = {"jump": self.jump} | {name: finite(getattr(self, name)) for name in ("current", "fano", "noise")}
        errors = {name: finite(error) for name, error in self.errors.items()}
        certificate = self.certificate.to_dict()
        return {**numbers, "cumulants": [finite(c) for c in self.cumulants], "errors": errors, "efficiency": self.efficiency, **certificate}

    def __repr__(self) -> str:
        verdict = "certified" if self.certificate.certified else "not certified"
        return f"FullCounting({self.jump!r}, current={self.current:.12g}, fano={self.fano:.12g}, {verdict})"


def full_counting(state: State, jump: str, *, efficiency: float = 1.0, order: Literal[2, 4] = 4) -> FullCounting:
    """Current, counting Fano factor, zero-frequency noise and cumulants of the number of times that a jump happens.

    state        a steady state
    jump         its name or a part that is unique, such as ``"L[a] central"`` or ``"a"``: :attr:`Model.terms`
    efficiency   probability eta, 0 < eta <= 1, that a jump is counted: c_1 = eta I, F - 1 = eta (F_1 - 1)
    order        4: the cumulants c_3 and c_4, too; 2 saves two of three solves

    Solves with the steady state's own factors, or matrix-free where it was solved so: see :mod:`permsym.dynamics.counting.expansion`.
    Every value has an error estimate: residuals, rounding, the window or cut-off, the steady state's own error, weighed with dual vectors.
    Raises NothingCounted where the jump never happens in this state, InputError for another name and for states without such solves.
    Warns with UncertifiedWarning where an error is larger than derived quantities may have.
    """
    if not is_real(efficiency) or not 0 < efficiency <= 1:
        raise InputError(f"`efficiency` must be a probability above 0 and at most 1, but is {efficiency!r}")
    if not isinstance(state, State):
        raise InputError(
            f"full counting is that of a steady state, but this is of type {type(state).__name__}; "
            "of an evolution use evolution.counting(jump)"
        )
    if order not in (2, 4):
        raise InputError(f"`order` must be 2 or 4, but is {order!r}")
    started = time.perf_counter()
    term = state.model.jump(jump)
    expansion = Expansion(_responses(state, term))
    current = expansion.to(1)
    # where the state is in doubt, a current within its error may be one: it is returned, and not certified
    if current.values[0] <= (current.errors[0] if state.certificate.certified else 0.0) < np.inf:
        raise NothingCounted(
            f"the jump {term.name!r} never happens in this steady state: its current is {current.values[0]:.1e} with an error of "
            f"{current.errors[0]:.1e}; count another one"
        )
    result = _statistics(state, term, expansion.to(order), float(efficiency))
    result.timings["total"] = time.perf_counter() - started
    if not result.certificate.certified:
        warnings.warn(f"counting {term.name!r} is not certified: {'; '.join(result.certificate.reasons)}", UncertifiedWarning, stacklevel=2)
    return result


def countable(state: State) -> bool:
    """Whether a state's route has the solves that counting takes; a series in (j, m), and one near the vacuum, does not."""
    solution = state.solution
    return isinstance(solution, BlockSolution) or (isinstance(solution, FactoredSolution) and isinstance(solution.null, NullVector))


def _responses(state: State, term: Term) -> Responses[Any]:
    solution = state.solution
    if isinstance(solution, BlockSolution):
        return BlockResponses(state, solution, term)
    if isinstance(solution, FactoredSolution) and isinstance(solution.null, NullVector):
        return LatticeResponses.of(state, solution.null, term)
    raise InputError(
        f"counting needs solves with the Liouvillian, but this state comes from {state.solver['name']!r} on a basis without them; "
        "solve with solver='superlu' or solver='matrix-free'"
    )


def _statistics(state: State, term: Term, rates: Rates, efficiency: float) -> FullCounting:
    """Cumulants, and ratios of them, with errors."""
    cumulants, errors = zip(*(rates.cumulant(n, efficiency) for n in range(1, len(rates.values) + 1)), strict=True)
    (current, noise), (of_current, of_noise) = cumulants[:2], errors[:2]
    second, of_second = 2 * efficiency * rates.values[1] / rates.values[0], 2 * efficiency * rates.errors[1] / rates.values[0]
    of_fano = of_second + abs(second) * rates.errors[0] / rates.values[0]
    bounds = {"current": of_current, "fano": of_fano, "noise": of_noise} | {f"c{n}": errors[n - 1] for n in range(3, len(errors) + 1)}
    values = dict(zip(bounds, (current, 1 + second, noise, *cumulants[2:]), strict=True))
    tolerance = derived_tolerance(state.tolerance)
    scales = {name: max(abs(value), 1.0 if name == "fano" else current) for name, value in values.items()}
    uncertain = {name: error / scales[name] for name, error in bounds.items() if not error <= tolerance * scales[name]}
    certificate = CountingCertificate(tolerance, state.certificate.reasons, uncertain)
    return FullCounting(term.name, efficiency, current, values["fano"], noise, tuple(float(c) for c in cumulants[2:]), bounds, certificate)
