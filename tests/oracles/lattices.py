"""U(1)-symmetric systems large enough for windows, and how far a state is from a reference in units of the error estimates."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

import permsym as ps
from permsym.steady.state import State

MakeModel = Callable[[int], ps.Model]


def central_spin(**parameters: float | str) -> MakeModel:
    return lambda N: ps.models.central_spin(N=N, **parameters)


def collective(N: int) -> ps.Model:
    c, s = ps.Spin(), ps.Ensemble(N)
    jumps = [ps.Central(N / 16, c.m), ps.Individual(1.5, s.p), ps.Individual(0.5, s.m), ps.Collective(2 / N, s.m)]
    return ps.Model(c, s, hamiltonian=0.75 * (c.p * s.m + c.m * s.p), jumps=jumps)


def superradiant(N: int) -> ps.Model:
    c, s = ps.Spin(), ps.Ensemble(N)
    jumps = [ps.Central(1.0, c.m), ps.Individual(1.0, s.p), ps.Collective(2 / N, s.m), ps.Individual(0.1, s.z)]
    return ps.Model(c, s, hamiltonian=0.1 * (c.p * s.m + c.m * s.p), jumps=jumps)


def qutrit(N: int) -> ps.Model:
    c, s = ps.Levels(3), ps.Ensemble(N)
    a = c.unit(0, 1) + 2**0.5 * c.unit(1, 2)
    jumps = [ps.Central(N / 16, a), ps.Individual(1.5, s.p), ps.Individual(0.5, s.m)]
    return ps.Model(c, s, hamiltonian=0.75 * (a * s.p + a.dag() * s.m) + 0.3 * a.dag() * a, jumps=jumps)


def correlated_jumps(N: int) -> ps.Model:
    """Coherences that feed populations at other j: the one case where a coherence leaks."""
    c, s = ps.Spin(), ps.Ensemble(N)
    jumps = [
        ps.Central(N / 10, c.m), ps.Individual(1.0, s.p), ps.Individual(0.5, s.m),
        ps.Individual(0.4, c.p * s.m + 0.5 * s.z), ps.Collective(1 / N, s.m + 0.3 * c.m),
    ]  # fmt: skip
    return ps.Model(c, s, hamiltonian=0.5 * (c.p * s.m + c.m * s.p) + 0.4 / N * s.z * s.z, jumps=jumps)


SYSTEMS: dict[str, MakeModel] = {
    "default": central_spin(),
    "thin": central_spin(g="3/sqrt(N)", kappa=1),
    "threshold": central_spin(gamma_up=1, gamma_down=1),
    "below threshold": central_spin(gamma_up=0.5, gamma_down=1.5),
    "almost dark": central_spin(gamma_up=1e-3, gamma_down=1),
    "strong pump": central_spin(gamma_up=20),
    "only pump": central_spin(gamma_down=0),
    "strong coupling": central_spin(g=10),
    "detuned": central_spin(omega=2.5),
    "far detuned": central_spin(omega="N/8"),
    "dephased": central_spin(gamma_phi=0.7),
    "driven centre": central_spin(kappa_up="N/40", kappa_phi="N/80"),
    "overdamped": central_spin(kappa="N**2/16"),
    "fixed kappa": central_spin(kappa=1),
    "collective": collective,
    "superradiant": superradiant,
    "qutrit centre": qutrit,
    "correlated jumps": correlated_jumps,
}


def bistable(N: int, bias: float, mixing: float) -> ps.Model:
    """Satellites follow a three-level centre that climbs or falls with the majority of them: two wells for small mixing."""
    c, s = ps.Levels(3), ps.Ensemble(N)
    up, down = s.operator([[1, 0], [0, 0]]), s.operator([[0, 0], [0, 1]])
    jumps = [ps.Individual(1.0, c.unit(i + 1, i) * up) for i in (0, 1)]
    jumps += [ps.Individual(1.0, c.unit(i, i + 1) * down) for i in (0, 1)]
    jumps += [ps.Individual(1.0 + bias, c.unit(2, 2) * s.p), ps.Individual(1.0, c.unit(0, 0) * s.m)]
    jumps += [ps.Individual(mixing, s.p), ps.Individual(mixing, s.m)]
    return ps.Model(c, s, hamiltonian=0 * s.z, jumps=jumps)


def solve(model: ps.Model, **options: object) -> State:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        return ps.steady_state(model, **options)  # type: ignore[arg-type]


def excess(state: State, reference: State) -> float:
    """Largest difference of a moment in units of the error estimates."""
    ratios = []
    for label in reference.labels(2):
        bound = state.error(label) + reference.error(label)
        difference = abs(state.moment(label) - reference.moment(label))
        ratios.append(0.0 if difference == 0 else difference / max(bound, 1e-300))
    return float(np.max(ratios))  # nan where one is


def all_jumps(N: int) -> ps.Model:
    """All kinds of jumps: collective ones, also with the centre, and individual ones with the centre."""
    c, s = ps.Spin(), ps.Ensemble(N)
    jumps = [
        ps.Central(N, c.m), ps.Collective(0.5 / N, s.m), ps.Collective(0.1 / N, c.z * s.m),
        ps.Individual(1.5, s.p), ps.Individual(0.2, s.m), ps.Individual(0.05, c.z * s.z),
    ]  # fmt: skip
    return ps.Model(c, s, hamiltonian=0.5 * c.z + 0.5 * s.z + 1.5 * (c.p * s.m + c.m * s.p), jumps=jumps)
