"""Ensembles whose satellites stay symmetric, j = N/2: cumulant equations that know it.

No term changes the total spin then, and equations of orders 2 and 3 conserve that of pairs,

    <s_1 . s_2> = <z1 z2> + 4 <+1 -2>,        1 in symmetric states,

exactly.  Alone they have a fixed point for each of its values.  A term that takes it to 1 leaves the symmetric one alone:

    dy/dt = F(y) - r v (<s_1 . s_2> - 1),        v = 1/3 of <z1 z2>, 1/6 of <+1 -2>

It vanishes on every symmetric state.  At order 4 and beyond, <J^4> is conserved as well.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from permsym.cumulants.equations import Equations
from permsym.errors import UnsuitedModel
from permsym.model import Model
from permsym.sites import Ensemble
from permsym.states.derived import suffix

ORDERS = (2, 3)
"""Where pairs are all that a conserved total spin leaves open."""


def symmetric_spins(ensemble: Ensemble) -> bool:
    """Whether an ensemble is of two-level satellites with j = N/2."""
    return ensemble.j is not None and abs(2 * ensemble.j - ensemble.size) < 1e-9 * ensemble.size


def refuse_fixed_spin(model: Model, order: int) -> None:
    """UnsuitedModel where equations have a steady state for every total spin, and no term that chooses the one asked for."""
    for each in model.ensembles:
        if each.fixed and not (symmetric_spins(each) and order in ORDERS):
            spin = "symmetric satellites" if each.j is None else f"j={each.j:g}"
            raise UnsuitedModel(
                f"cumulant equations of order {order} do not tell the steady state of {spin} of ensemble {each.name!r} from those of other "
                "total spins; use order 2 or 3 with two-level satellites of j=N/2, permsym.steady_state, or cumulants.evolve from a state "
                "with this spin"
            )


def with_fixed_spins(equations: Equations) -> Equations:
    """The equations with the term above for each symmetric ensemble of more than one; themselves where there is none.

    UnsuitedModel as of :func:`refuse_fixed_spin`.
    """
    model = equations.model
    refuse_fixed_spin(model, equations.order)
    mine = [each for each in model.ensembles if symmetric_spins(each) and each.size >= 2]
    if not mine:
        return equations
    matrix = equations.scaled_matrix
    rate = float(np.abs(matrix.data).max(initial=1.0))  # among the fastest, so that it is never the slowest
    terms = sp.lil_matrix(matrix.shape, dtype=complex)
    for each in mine:
        name = suffix(model, each)
        pair, exchange = (equations.index(f"{a}1{name} {b}2{name}") for a, b in ("zz", "+-"))
        for row, share in ((pair, 1 / 3), (exchange, 1 / 6)):
            for node, weight in ((0, -1.0), (1 + pair, 1.0), (1 + exchange, 4.0)):  # nodes: the number 1, then the unknowns
                terms[row, node] -= rate * share * weight
    return equations.with_matrix(sp.csr_matrix(matrix + terms.tocsr()))
