"""How many stable mean-field states there are: linear noise knows one of them, and no weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from permsym.cumulants.attractor import relaxed
from permsym.cumulants.equations import Equations
from permsym.cumulants.newton import FixedPoint
from permsym.operators import ComplexArray
from permsym.rotating import in_rotating_frame

TILT = 0.05
"""Share of a state with coherences in the starts: a symmetry that breaks has a phase to break to."""
SAME = 1e-4
"""Scaled means that differ less are the same state."""


def stable_states(point: FixedPoint) -> list[FixedPoint]:
    """Different stable states of order-1 equations, up to free phases: the one at hand, then others that product states relax to.

    The starts: all sites at their lowest, highest and mixed levels, and a boson's field weak or strong.
    """
    states = [point]
    # without common energies nothing has to oscillate
    equations = point.equations.at(in_rotating_frame(point.equations.model))
    for x in _starts(equations):
        other = relaxed(equations, x)
        if other is not None and not any(np.abs(np.abs(other.x) - np.abs(state.x)).max() < SAME for state in states):
            states.append(other)
    return states


def _starts(equations: Equations) -> Iterator[ComplexArray]:
    alphabet = equations.hierarchy.alphabet
    sites = [site.levels for site in [alphabet.centre, *alphabet.ensembles] if site is not None]
    strong = 2.0 * equations.root if alphabet.boson else 0.0
    model = equations.counted_model
    lowest = [int(np.argmin(site.excitations)) for site in [model.centre, *model.ensembles] if site.kind != "boson"]
    for kind, field in dict.fromkeys([("lowest", 0.0), ("lowest", strong), ("mixed", strong), ("highest", 0.0)]):
        states = []
        for levels, low in zip(sites, lowest, strict=True):
            tilted = np.ones(levels) * np.exp(0.3j * np.arange(levels)) / np.sqrt(levels)
            pure = np.zeros(levels)
            pure[low if kind == "lowest" else levels - 1 - low] = 1
            rho = np.eye(levels) / levels if kind == "mixed" else np.diag(pure)
            states.append(np.asarray((1 - TILT) * rho + TILT * np.outer(tilted, tilted.conj()), dtype=np.complex128))
        yield equations.product_state(states, alpha=field) / equations.scale
