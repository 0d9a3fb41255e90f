"""Whether jumps with rates of either sign make a Lindblad equation.

The dissipator is  sum_ab K_ab (b_a rho b_b^dag - {b_b^dag b_a, rho}/2)  over linearly independent operators b_a beside the identity.
It keeps states positive exactly where the Kossakowski matrix K is positive semidefinite (V. Gorini, A. Kossakowski and
E. C. G. Sudarshan, J. Math. Phys. 17, 821 (1976)).  For N equal satellites K is  A delta_nm + C:  A from individual jumps, C from
collective ones.  Its eigenvectors are uniform over the satellites, with  A + N C  and the centre's own jumps, or sum to zero, with A.
One operator with an individual rate g and a collective rate h is valid where  g >= 0  and  g + N h >= 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from permsym.errors import InputError
from permsym.jumps import Jump
from permsym.operators import CentreOperator, Matrix, Monomial, OnSites, as_array
from permsym.sites import Ensemble

Component = tuple[object, str, object]
"""(operator of the centre, ensemble, operator of one satellite): members of fixed bases; None and "" where there is none."""

_ROUNDING = 1e-12
"""Of the largest summand: eigenvalues below zero by less are rounding, as at g + N h = 0 with N = 1e6 (1e-13 was seen)."""


def check_rates(jumps: Sequence[Jump], ensembles: Sequence[Ensemble]) -> None:
    """InputError where negative rates leave no Lindblad equation at these sizes.  Nothing to do where all are positive."""
    negative = [jump for jump in jumps if jump.rate < 0]
    if not negative:
        return
    for jump in negative:
        if any(len(key.satellites) > 1 for key in jump.operator.terms):
            raise InputError(
                f"the rate {jump.rate:.6g} of a collective jump is negative, and its operator is a product of sums; only sums may have that"
            )
    sizes: dict[str, float] = {each.name: each.size for each in ensembles}
    for name in sizes:
        if sizes[name] > 1:
            _check([_apart(jump, name) for jump in jumps if jump.kind == "individual"], f"between satellites of {name!r}", "")
    at = ", ".join(f"N={each.size:g}" if len(ensembles) == 1 else f"N={each.size:g} of {each.name!r}" for each in ensembles)
    together = [vector for jump in jumps for vector in _together(jump, sizes)]
    _check(together, f"of all satellites together at {at}", "; rates g of individual and h of collective jumps need g + N h >= 0")


def _check(vectors: Sequence[tuple[float, dict[Component, complex]]], where: str, hint: str) -> None:
    """InputError where sum of weight v v^dag has a negative eigenvalue."""
    positions: dict[Component, int] = {}
    for _, vector in vectors:
        for component in vector:
            positions.setdefault(component, len(positions))
    if not positions:
        return
    matrix, scale = np.zeros((len(positions), len(positions)), dtype=complex), 0.0
    for weight, vector in vectors:
        v = np.zeros(len(positions), dtype=complex)
        for component, value in vector.items():
            v[positions[component]] = value
        matrix += weight * np.outer(v, v.conj())
        scale = max(scale, abs(weight) * float(np.vdot(v, v).real))  # of the summands: at the edge they cancel
    lowest = float(np.linalg.eigvalsh(matrix)[0])
    if lowest < -_ROUNDING * scale:
        raise InputError(f"negative rates leave no Lindblad equation: the matrix of rates {where} has the eigenvalue {lowest:.4g}{hint}")


def _apart(jump: Jump, ensemble: str) -> tuple[float, dict[Component, complex]]:
    """An individual jump on states whose satellites sum to zero: what acts on the centre alone drops out."""
    return jump.rate, {key: value for key, value in _components(jump).items() if key[1] == ensemble}


def _together(jump: Jump, sizes: dict[str, float]) -> Iterator[tuple[float, dict[Component, complex]]]:
    """A jump on the orthonormal uniform operators sum_n b_n / sqrt(N), and on the centre's own."""
    if any(len(key.satellites) > 1 for key in jump.operator.terms):
        return  # a rate that is positive, of operators that no negative one has
    vector: dict[Component, complex] = {}
    individual = jump.kind == "individual"
    for (centre, ensemble, one), value in _components(jump).items():
        size = sizes.get(ensemble, 1.0)
        vector[centre, ensemble, one] = value / math.sqrt(size) if individual and ensemble else value * math.sqrt(size)
    if not individual:
        for (centre, ensemble, one), value in _identities(jump).items():
            _add(vector, (centre, "", one), value * (sizes[ensemble] - 1))  # the first of N is among the components
    weight = jump.rate * (sizes[next(iter(jump.operator.terms)).satellites[0][0]] if individual else 1.0)
    yield weight, {component: value for component, value in vector.items() if component[:2] != (None, "")}


def _components(jump: Jump) -> dict[Component, complex]:
    """The jump's operator over independent components; the identity of one satellite counts for the centre alone, once."""
    vector: dict[Component, complex] = {}
    for key, value in jump.operator.terms.items():
        ensemble, matrix = key.satellites[0] if key.satellites else ("", None)
        for (centre, a), (one, b) in product(_parts(key.centre), _parts(matrix)):
            _add(vector, (centre, "" if one is None else ensemble, one), value * a * b)
    return vector


def _identities(jump: Jump) -> dict[Component, complex]:
    """Components of the identity of satellites, by ensemble."""
    vector: dict[Component, complex] = {}
    for key, value in jump.operator.terms.items():
        for ensemble, matrix in key.satellites:
            identity = dict(_parts(matrix)).get(None, 0)
            for centre, a in _parts(key.centre):
                _add(vector, (centre, ensemble, None), value * a * identity)
    return vector


def _add(vector: dict[Component, complex], key: Component, value: complex) -> None:
    if value:
        vector[key] = vector.get(key, 0) + value


def _parts(operator: CentreOperator | Matrix | None) -> list[tuple[object, complex]]:
    """An operator of one site over the identity (None) and matrix units but the last; a monomial is itself."""
    if operator is None:
        return [(None, 1.0)]
    if isinstance(operator, Monomial):
        return [(operator, 1.0)]
    if isinstance(operator, OnSites):
        several: list[tuple[object, complex]] = []
        for chosen in product(*([(name, key, value) for key, value in _parts(one)] for name, one in operator.factors)):
            own = tuple((name, key) for name, key, _ in chosen if key is not None)
            several.append((own or None, math.prod(value for *_, value in chosen)))
        return several
    array = as_array(operator)
    shift = array[-1, -1]
    array = array - shift * np.eye(len(array))
    parts: list[tuple[object, complex]] = [((int(i), int(j)), complex(array[i, j])) for i, j in zip(*np.nonzero(array), strict=True)]
    return [*parts, (None, complex(shift))] if shift else parts
