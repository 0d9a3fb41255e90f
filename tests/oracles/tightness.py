"""How far error bounds are above errors: random small models, solved directly, against whole numbers in the whole space."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

import permsym as ps
from oracles import systems
from oracles.high_precision import HighPrecision


def model_of(seed):
    """(model, basis): a central spin, dense matrices, coherent jumps or three levels in turn."""
    rng = np.random.default_rng(seed)
    kind, basis = seed % 4, ("dicke", "occupation")[seed // 4 % 2]
    if kind == 0:
        rates = {name: 10 ** rng.uniform(-2, 1) for name in ("kappa", "gamma_up", "gamma_down", "gamma_phi")}
        energies = {name: rng.uniform(0.1, 2) for name in ("omega", "epsilon", "g")}
        return ps.models.central_spin(N=2, **energies, **rates), basis
    if kind == 3:
        return systems.random_qutrits(1, seed), "occupation"
    return (systems.nine_pairs if kind == 1 else systems.conditional_jumps)(2, seed), basis


def ratios(seeds):
    """Error bound over true error of every moment to second order; errors below 1e-20 count as that."""
    values = []
    for seed in seeds:
        model, basis = model_of(seed)
        state = ps.steady_state(model, solver="superlu", basis=basis)
        exact = HighPrecision(model)
        for label, bound in state.certificate.errors.items():
            value, (re, im) = state.moment(label), exact.value(label)
            error = float(np.hypot(float(Fraction(value.real) - re), float(Fraction(value.imag) - im)))
            if bound or error:
                values.append(bound / max(error, 1e-20))
    return np.array(values)
