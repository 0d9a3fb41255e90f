"""<C(t) A(t + tau) B(t)> from any initial state: only the sectors of rho(t) from which B and C lead to what A sees are followed."""

from __future__ import annotations

import math
import time

import numpy as np

from permsym.basis.representations import build, choose, dimension
from permsym.dynamics.evolve import evolve
from permsym.dynamics.evolved.errors import START
from permsym.dynamics.initial_density import Initial
from permsym.dynamics.propagator import check_memory
from permsym.dynamics.reached import scope_of
from permsym.dynamics.two_time.asked import IDENTITY, SHARE, Asked, Shares, Spelled
from permsym.dynamics.two_time.marked import NOTHING_SEEN, charges, collective
from permsym.dynamics.two_time.regression import Sector
from permsym.dynamics.two_time.result import Correlation
from permsym.dynamics.two_time.source import operator_norm, sources
from permsym.errors import DegenerateSteadyState, NotApplicable, TooLarge, UnsuitedModel
from permsym.model import Model
from permsym.sites import Boson
from permsym.states.density import DensityOperator
from permsym.steady.plan import Request
from permsym.steady.solve import answer

_ATTEMPTS = 12  # cut-offs of a state on its way, a quarter larger from one to the next


def on_its_way(model: Model, initial: Initial, start: float, asked: Asked, basis: str) -> Correlation:
    """A two-time function from any initial state: <C(t) A(t + tau) B(t)>."""
    started = time.perf_counter()
    representation = choose(model) if basis == "auto" else basis
    grows = isinstance(model.centre, Boson) and model.centre.automatic
    if grows:  # the cut-off that the state itself takes until the last time is where to begin
        model = evolve(
            model, [start + float(asked.times[-1])], initial=initial, moments=1, tolerance=asked.tolerance, basis=basis, keep="none"
        ).model
    for _ in range(_ATTEMPTS):
        shares, traces = _from(model, initial, start, asked, representation)
        errors, certificate = shares.certificate(asked.tolerance, ())
        if not grows or certificate.cut <= SHARE * asked.tolerance * max(1.0, certificate.size):
            break
        model = model.with_levels(model.centre.levels + max(4, model.centre.levels // 4))
    return Correlation(
        model=model,
        of=asked.of,
        right=asked.right,
        left=asked.left,
        times=asked.times,
        values=shares.values,
        errors=errors,
        coherent=traces * _late(model, asked.of) if traces else 0j,
        certificate=certificate,
        representation=representation,
        dimension=shares.dimension,
        solver={"name": "krylov", "products": shares.products},
        timings={"total": time.perf_counter() - started},
        start=start,
        initial=str(initial),
        note="" if shares.dimension else NOTHING_SEEN,
    )


def _from(model: Model, initial: Initial, start: float, asked: Asked, representation: str) -> tuple[Shares, complex]:
    """Values and their errors at the model's cut-off; and tr(B rho C)."""
    shares, trace = Shares(len(asked.times)), 0j
    norms = [operator_norm(model, collective(model, each)) for each in asked.operators[1:]]
    allowed = SHARE * asked.tolerance / max(math.prod(norms), 1.0)
    for charge in _needed(model, asked):
        scope = scope_of(model, representation, charge, initial)
        size = dimension(model, representation, charge, scope=scope)
        if not size:
            continue
        check_memory(model, size, assembled=True)
        space = build(model, representation, charge, scope=scope)
        x = initial.vector(space)
        if not x.any():
            continue
        way = Sector(space).path(x, np.zeros(len(x), dtype=complex), np.array([start]), allowed)
        assert way.final is not None
        for source in sources(DensityOperator(model, space, way.final), asked.of, asked.right, asked.left):
            before = source.norm * math.prod(norms)
            shares.follow(source, Sector(source.basis), source.x, asked, allowed)
            shares.steps += before * way.steps[-1]
            shares.rounding += before * (way.rounding[-1] + START * (1 + sum(model.sizes)))
            shares.cut += before * way.beyond[-1]
            shares.state += before * initial.deviation(model, charge)
            trace += source.trace
    return shares, trace


def _needed(model: Model, asked: Asked) -> list[tuple[int, ...]]:
    """Charges of rho from which B and C lead to a sector that A sees."""
    nothing = {(0,) * len(model.charges)}
    right, of = charges(model, asked.right), charges(model, asked.of)
    left = nothing if asked.left is None else charges(model, asked.left)
    return sorted({tuple(-x - y - z for x, y, z in zip(a, b, c, strict=True)) for a in of for b in right for c in left})


def _late(model: Model, of: Spelled) -> complex:
    """<A> of the steady state; nan where there is none, or none that fits."""
    try:
        state = answer(Request.of(model, []))
    except (DegenerateSteadyState, NotApplicable, TooLarge, UnsuitedModel):
        return complex(np.nan, np.nan)
    return sum((source.value for source in sources(state, of, IDENTITY)), 0j)
