"""Whether a model is weakly excited: its kind, and what it holds where few excitations are let in.

The kinds are those whose steady state near the vacuum is their only one: losses of every mode and satellite, incoherent pumps
below these losses, and no other nonlinearity than that two-level satellites saturate.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from permsym.errors import NotApplicable
from permsym.jumps import Jump
from permsym.model import Model
from permsym.operators import Monomial, Operator, Product, entries
from permsym.sites import Boson
from permsym.steady.weak.graded import WeakSolution

WEAK = 0.02  # excitations up to which nine of them leave less than 1e-11 of g2 out (driven cavity, N = 7, C = 14)
_BLEACHED = 0.5  # excitations of the mode without its satellites from which it may saturate them and stay bright beside a dark branch
LIKELY = 6  # excitations that most answers take
LARGEST = 9_000  # unknowns; they take 2 to 4 s, a quarter more of them 8 s: three ensembles reach three excitations
_ENSEMBLES = 3  # with more of them even four excitations make too many elements
_PROBE = 2  # excitations of the solves that predict: 1 to 3 ms each


@dataclass(frozen=True)
class Prediction:
    """excitations of the mode and all satellites together, and log2 s of the grading."""

    excitations: float
    exponent: int


def predict(model: Model) -> Prediction | None:
    """What a weakly excited model holds; None where it is of another kind, or not weakly excited."""
    if not relaxes(model):
        return None
    small = model.with_levels(_PROBE + 2)
    try:
        excitations = _excitations(small)
        if not excitations <= WEAK or not _excitations(_without_coupling(small)) <= _BLEACHED:
            return None
    except NotApplicable:
        return None
    # three times the amplitude, so that no y is large; factors do not mind another s
    size = min(1.0, 3 * float(np.sqrt(excitations)))
    return Prediction(excitations, round(np.log2(size)) if size > 0 else 0)


def _excitations(model: Model) -> float:
    """Of all sites together, with ``_PROBE`` excitations let in and no grading: a matter of one or two digits."""
    solution = WeakSolution(model, _PROBE, 0)
    ket, _ = solution.basis.excitations
    populations = np.concatenate([solution.basis.population, np.zeros(len(ket) - solution.basis.size, dtype=bool)])
    return float(np.abs(ket * solution.x)[populations].sum())


def _without_coupling(model: Model) -> Model:
    """Mode and satellites apart: what either would be if the other did not load it."""
    apart = {key: value for key, value in model.hamiltonian.terms.items() if key.centre is None or not key.satellites}
    return Model(model.centre, model.ensembles, Operator(apart), model.jumps)


def relaxes(model: Model) -> bool:
    """Whether the vacuum is where the dissipation leads, from the model's terms alone."""
    if not isinstance(model.centre, Boson) or model.centre.displacement or len(model.ensembles) > _ENSEMBLES:
        return False
    if any(each.kind != "spin" for each in model.ensembles):
        return False
    if not all(_gentle(key) for key in model.hamiltonian.terms):
        return False
    pumps = [jump for jump in model.jumps if any(step > 0 for key in jump.operator.terms for step in _steps(key))]
    if not all(_one_body(jump) for jump in pumps):
        return False
    sites = [None, *(each.name for each in model.ensembles)]
    return all(_losses(model, name) > sum(_rate(model, jump) for jump in pumps if _site(jump) == name) for name in sites)


def _gentle(key: Product) -> bool:
    """Whether a term of H neither shifts a mode, by its own occupation or a satellite's, nor couples satellites to each other.

    A rare flip could shift a mode into resonance with its drive, and hide many photons behind few excitations.
    """
    quanta = sum(key.centre) if isinstance(key.centre, Monomial) else 0
    return quanta <= 2 - len(key.satellites) and len(key.satellites) <= 1


def _steps(key: Product) -> Iterator[int]:
    """By how much a product raises the number of excitations, entry by entry (level 0 of a spin is the excited one)."""
    of_centre = key.centre.p - key.centre.q if isinstance(key.centre, Monomial) else 0
    choices = [[column - row for row, column, _ in entries(matrix)] for _, matrix in key.satellites]
    for steps in itertools.product(*choices):
        yield of_centre + sum(steps)


def _one_body(jump: Jump) -> bool:
    """Whether a jump is one ladder operator of one site."""
    if len(jump.operator.terms) > 1:
        return False
    (key,) = jump.operator.terms
    if isinstance(key.centre, Monomial):
        return not key.satellites and sum(key.centre) == 1
    return len(key.satellites) == 1 and len(list(entries(key.satellites[0][1]))) == 1


def _site(jump: Jump) -> str | None:
    """Name of the ensemble that a one-body jump acts on; None: the centre."""
    (key,) = jump.operator.terms
    return key.satellites[0][0] if key.satellites else None


def _rate(model: Model, jump: Jump) -> float:
    """Rate at which a one-body jump acts on the vacuum or on one excitation."""
    ((key, factor),) = jump.operator.terms.items()
    if not key.satellites:
        return jump.rate * abs(factor) ** 2
    ((_, _, entry),) = entries(key.satellites[0][1])
    many = model.ensembles[model.ensemble(key.satellites[0][0])].N if jump.kind == "collective" else 1
    return jump.rate * abs(factor * entry) ** 2 * many


def _losses(model: Model, name: str | None) -> float:
    """Total rate of the one-body losses of the centre (None), or of each satellite on its own."""
    lowering = [jump for jump in model.jumps if jump.kind != "collective" and _one_body(jump)]
    return sum(_rate(model, jump) for jump in lowering if _site(jump) == name and next(_steps(next(iter(jump.operator.terms)))) < 0)
