"""Doors to two-time functions: from a steady state, a model, or a state on its way."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from permsym.basis.nodes import NodePart
from permsym.dynamics.evolved.state import EvolvedState
from permsym.dynamics.initial_density import Initial, as_initial
from permsym.dynamics.two_time.asked import IDENTITY, Asked, Spelled
from permsym.dynamics.two_time.on_its_way import on_its_way
from permsym.dynamics.two_time.result import Correlation, CorrelationCertificate
from permsym.dynamics.two_time.stationary import of_steady_state
from permsym.errors import InputError, UncertifiedWarning
from permsym.model import Model
from permsym.operators import Operator
from permsym.progress import Progress, silent
from permsym.several_sites import SeveralSites
from permsym.sites import SPIN_OPERATORS, Boson, NoCentre, is_real
from permsym.states.density import DensityOperator
from permsym.steady.certificate import derived_tolerance
from permsym.steady.solve import steady_state
from permsym.steady.state import DEFAULT_TOLERANCE, State

__all__ = ["Correlation", "CorrelationCertificate", "correlation", "field_operators", "g1", "g2"]


def correlation(
    system: State | EvolvedState | Model,
    of: Spelled,
    right: Spelled,
    times: ArrayLike,
    *,
    left: Spelled | None = None,
    initial: str | Initial | DensityOperator | None = None,
    start: float = 0.0,
    tolerance: float = DEFAULT_TOLERANCE,
    basis: str = "auto",
    progress: Progress | None = None,
) -> Correlation:
    """<C(0) A(tau) B(0)> with A = ``of``, B = ``right`` and C = ``left``; its ten arguments are independent choices of a user.

    system      a steady state, a state of an evolution, or a model: of its steady state or, with ``initial``, of what becomes of that
    of, right, left   operators of the model's sites, or texts such as ``"ad a"``, ``"+0"``, ``"-"`` (the sum over satellites), ``"-1"``
                (one satellite, the same at both times where the digit is the same; another digit is another satellite)
    times       delays tau >= 0, ascending
    initial     a label, a state or a QuTiP object as :func:`permsym.evolve` takes it: <C(t) A(t + tau) B(t)> at t = ``start``
    tolerance   error of a value relative to max(1, largest modulus) that is aimed at, and that counts as certified

    Values are  tr[ A exp(tau L) (B rho C) ]  by the quantum regression theorem, exact for a Lindblad equation (H. J. Carmichael,
    Statistical Methods in Quantum Optics 1, 1.5).  Raises InputError for operators, times and states that make no sense, TooLarge before
    allocating more than is free.  The certificate says whether the tolerance was reached.
    """
    asked = Asked.checked(of, right, times, left, tolerance)
    say = progress or silent
    origin, initial = _from(system, initial)
    if initial is None:
        return of_steady_state(_steady(origin, asked, basis, say), asked, say)
    return on_its_way(*_source_of(origin, initial, start), asked, basis)


def g1(
    system: State | EvolvedState | Model,
    times: ArrayLike,
    *,
    initial: str | Initial | DensityOperator | None = None,
    start: float = 0.0,
    tolerance: float = DEFAULT_TOLERANCE,
    basis: str = "auto",
    progress: Progress | None = None,
) -> Correlation:
    """g1(tau) = <a^dag(tau) a> / <a^dag a> of the steady state; of a spin centre with sigma^- for a.

    With ``initial``, from the state at t = ``start``:  <a^dag(t+tau) a(t)> / (n(t) n(t+tau))^(1/2),  n = <a^dag a>.
    Arguments as of :func:`correlation`; a ratio is certified like a derived quantity, within max(tolerance, 1e-6).
    """
    return _coherence(1, system, times, _Circumstances(initial, start, tolerance, basis, progress or silent))


def g2(
    system: State | EvolvedState | Model,
    times: ArrayLike,
    *,
    initial: str | Initial | DensityOperator | None = None,
    start: float = 0.0,
    tolerance: float = DEFAULT_TOLERANCE,
    basis: str = "auto",
    progress: Progress | None = None,
) -> Correlation:
    """g2(tau) = <a^dag (a^dag a)(tau) a> / <a^dag a>^2 of the steady state; of a spin centre with sigma^- for a.

    With ``initial``, from the state at t = ``start``:  <a^dag(t) (a^dag a)(t+tau) a(t)> / (n(t) n(t+tau)),  n = <a^dag a>.
    Arguments as of :func:`correlation`; a ratio is certified like a derived quantity, within max(tolerance, 1e-6).
    """
    return _coherence(2, system, times, _Circumstances(initial, start, tolerance, basis, progress or silent))


class _Circumstances(NamedTuple):
    """Of a coherence: whose, when, how well."""

    initial: str | Initial | DensityOperator | None
    start: float
    tolerance: float
    basis: str
    say: Progress


def _coherence(order: int, system: State | EvolvedState | Model, times: ArrayLike, about: _Circumstances) -> Correlation:
    origin, initial = _from(system, about.initial)
    model = origin if isinstance(origin, Model) else origin.model
    up, down = field_operators(model)
    asked = Asked.checked(up if order == 1 else up * down, down, times, None if order == 1 else up, about.tolerance)
    if initial is None:
        asked = replace(asked, number=up * down, order=order)
        return of_steady_state(_steady(origin, asked, about.basis, about.say), asked, about.say)
    source = _source_of(origin, initial, about.start)
    number = replace(asked, of=up * down, right=IDENTITY, left=None, times=np.concatenate([[0.0], asked.times]))
    field, photons = (on_its_way(*source, each, about.basis) for each in (asked, number))
    return _normalised(field, photons, order)


def _from(
    system: State | EvolvedState | Model, initial: str | Initial | DensityOperator | None
) -> tuple[State | Model, str | Initial | DensityOperator | None]:
    """A state of an evolution as its model and the initial state; others as they are."""
    if not isinstance(system, EvolvedState):
        return system, initial
    if initial is not None:
        raise InputError(
            "a state of an evolution has no other initial state; give its model, as in correlation(state.model, ..., initial=...)"
        )
    if system.origin.modulated:
        raise InputError(
            "coefficients change in time where this state comes from, so that it does not say what follows; give the model of the delays, "
            "as in correlation(model, ..., initial=state)"
        )
    return system.origin.model, system


def _normalised(field: Correlation, photons: Correlation, order: int) -> Correlation:
    """A function over (n(t) n(t + tau))^(order / 2); ``photons``: n at t, and at t + tau for every delay."""
    n, errors = photons.values.real, photons.errors
    if not (n > 0).all():
        raise InputError(f"g{order} is over <n>, which is down to {n.min():.1e} here; ask for the function itself with correlation(...)")
    unit = (n[0] * n[1:]) ** (order / 2)
    values = field.values / unit
    of_number = order / 2 * np.abs(values) * (errors[0] / n[0] + errors[1:] / n[1:])
    total, shares = field.errors / unit + of_number, field.certificate
    certificate = replace(
        shares,
        error_estimate=float(total.max()),
        steps=shares.steps / float(unit.min()),
        rounding=shares.rounding / float(unit.min()),
        cut=shares.cut / float(unit.min()),
        state=float(of_number.max()),
        size=float(np.abs(values).max()),
        tolerance=derived_tolerance(shares.tolerance),
    )
    late = (n[0] * photons.coherent) ** (order / 2)
    limit = field.coherent / late if late else complex(np.nan, np.nan)
    return replace(field, values=values, errors=total, certificate=certificate, coherent=complex(limit), order=order)


def _source_of(
    system: State | EvolvedState | Model, initial: str | Initial | DensityOperator, start: float
) -> tuple[Model, Initial, float]:
    """The model, the state it starts from, and the first time."""
    if not isinstance(system, Model):
        raise InputError("a steady state has no other initial state; give its model, as in correlation(state.model, ..., initial=...)")
    if not is_real(start) or not 0 <= start < np.inf:
        raise InputError(f"`start` must be a time >= 0, but is {start!r}")
    return system, as_initial(initial, system), float(start)


def field_operators(model: Model) -> tuple[Operator, Operator]:
    """a^dag and a of a mode, sigma^+ and sigma^- of a spin centre; InputError for other centres, whose operators have to be named."""
    centre = model.centre
    if isinstance(centre, Boson):
        return centre.ad, centre.a
    if centre.kind == "spin":
        return centre.operator(SPIN_OPERATORS["p"]), centre.operator(SPIN_OPERATORS["m"])
    if isinstance(centre, NoCentre):
        raise InputError("this model has no centre with a field; name the operators, as in correlation('+', '-', times)")
    if isinstance(centre, SeveralSites):
        raise InputError(
            f"the centre has several sites, {', '.join(centre.names)}; name the operators, as in correlation('ad@x', 'a@x', times)"
        )
    raise InputError(f"the centre {centre!r} has no field of its own; name the operators, as in correlation('|1><0|0', '|0><1|0', times)")


def _steady(system: State | Model, asked: Asked, basis: str, say: Progress) -> State:
    if isinstance(system, Model):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UncertifiedWarning)  # the certificate of the function repeats what falls short
            state = steady_state(system, basis=basis, tolerance=asked.tolerance, progress=say)
    else:
        state = system
    if any(isinstance(part, NodePart) for part in state.basis.parts):
        raise InputError("a Hermite series has no elements of its own to start from; solve on the lattice, with solver='superlu'")
    return state
