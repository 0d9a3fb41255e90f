"""Models of ``qutip.piqs``: satellites alone, rates of its own convention, a Hamiltonian on its basis of states j, m."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from permsym.errors import InputError
from permsym.jumps import Collective, Individual, Jump
from permsym.operators import ComplexArray, Operator
from permsym.sites import Ensemble, NoCentre, is_real
from permsym.translation.from_qutip import Parts
from permsym.translation.one_site import EXACT
from permsym.translation.tensors import ROUNDING, without_constants

if TYPE_CHECKING:
    from collections.abc import Mapping

_RATES = ("emission", "pumping", "dephasing", "collective_emission", "collective_pumping", "collective_dephasing")
_DEPHASING = 4  # of sigma^z/2, whose rate is four times that of sigma^z


def parts_of(dicke: Any, symmetric: bool) -> Parts:
    """What a ``Dicke`` object stands for."""
    if not all(hasattr(dicke, name) for name in ("N", "hamiltonian", *_RATES)):
        raise InputError(f"from_piqs takes a qutip.piqs.Dicke, but got {type(dicke).__name__}; from_qutip takes H and c_ops")
    rates = {name: getattr(dicke, name) for name in _RATES}
    if odd := next((name for name, value in rates.items() if not is_real(value)), None):
        raise InputError(f"the rate {odd} of the Dicke object must be a number, but is {rates[odd]!r}")
    s = Ensemble(dicke.N, j=dicke.N / 2 if symmetric else None)
    kinds: list[Jump] = []
    for make, prefix in ((Individual, ""), (Collective, "collective_")):
        kinds.append(make(rates[f"{prefix}emission"], s.m))
        kinds.append(make(rates[f"{prefix}pumping"], s.p))
        kinds.append(make(rates[f"{prefix}dephasing"] / _DEPHASING, s.z))
    hamiltonian = Operator() if dicke.hamiltonian is None else _hamiltonian(dicke.hamiltonian, s)
    return Parts(NoCentre(), (s,), hamiltonian, tuple(kinds))


def _hamiltonian(H: Any, s: Ensemble) -> Operator:
    """A Hamiltonian in the states j, m of piqs as products of collective operators, by least squares."""
    z, plus, minus, identity = _spin(s.N)
    choices: Mapping[str, tuple[Operator, ComplexArray]] = {
        "1": (Operator(), identity),
        "Jz": (s.z / 2, z),
        "J+": (s.p, plus),
        "J-": (s.m, minus),
        "Jz^2": (s.z * s.z / 4, z @ z),
        "J+^2": (s.p * s.p, plus @ plus),
        "J-^2": (s.m * s.m, minus @ minus),
        "J+J-": (s.p * s.m, plus @ minus),
        "JzJ+": (s.z * s.p / 2, z @ plus),
        "J-Jz": (s.m * s.z / 2, minus @ z),
    }
    matrix = np.asarray(H.full() if hasattr(H, "full") else H, dtype=complex)
    if matrix.shape != identity.shape:
        raise InputError(f"the Hamiltonian of piqs with N={s.N} must be {len(identity)} x {len(identity)}, but has shape {matrix.shape}")
    columns = np.array([each.ravel() for _, each in choices.values()]).T
    coefficients = np.linalg.lstsq(columns, matrix.ravel(), rcond=None)[0]
    defect = np.abs(columns @ coefficients - matrix.ravel()).max()
    if not defect <= EXACT * np.abs(matrix).max():
        raise InputError(
            f"the Hamiltonian is no combination of {', '.join(choices)}: it is off by {defect:.2g}; write such a model with its operators"
        )
    result = Operator()
    for (operator, _), value in zip(choices.values(), coefficients, strict=True):
        if abs(value) > ROUNDING * np.abs(coefficients).max():
            result += operator * complex(value)
    return without_constants(result)


def _spin(N: int) -> tuple[ComplexArray, ComplexArray, ComplexArray, ComplexArray]:
    """Jz, J+, J- and 1 on the states of piqs: j = N/2 first, m falling within each."""
    states = [(N / 2 - k, N / 2 - k - i) for k in range(N // 2 + 1) for i in range(N - 2 * k + 1)]
    z = np.diag([m for _, m in states]).astype(complex)
    plus = np.zeros_like(z)
    for row in range(len(states) - 1):
        (j, m), (other, lower) = states[row], states[row + 1]
        if j == other:
            plus[row, row + 1] = np.sqrt((j - lower) * (j + m))
    return z, plus, plus.conj().T, np.eye(len(states), dtype=complex)
