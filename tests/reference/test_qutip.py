"""QuTiP code of the problems: on few satellites it gives the numbers that the exact solver gives."""

import contextlib
import io
from dataclasses import replace

import numpy as np
import pytest

from permsym.reference.problems import PROBLEMS
from permsym.reference.qutip_code import qutip_code
from permsym.reference.values import values
from permsym.sweeps.definition import Dimension
from permsym.sweeps.run import assembled, execute, prepare

PRECISION = {"weak-excitation": 1e-6}
"""Relative accuracy of QuTiP's g2 where two photons have a probability of 1e-9; of everything else 1e-9."""


def exact(problem):
    """Quantity -> exact values at the problem's small size, whose cut-off the solver finds."""
    typed = problem.sweep.parameters(problem.sweep.indices[0]) | {"N": problem.small["N"]}
    varying = [name for dimension in problem.sweep.dimensions for name in dimension.columns]
    point = Dimension("point", {name: (typed[name],) for name in varying})
    fixed = {name: value for name, value in typed.items() if name not in varying}
    sweep = replace(problem.sweep, dimensions=(point,), fixed=fixed, methods=("exact",), options={})
    computed = list(values(problem, assembled(sweep, execute(prepare(sweep)).points)))
    return {quantity: np.array([value.value for value in computed if value.quantity == quantity]) for quantity in problem.quantities}


@pytest.mark.quick("central-spin-fixed-coupling", "two-ensembles", "superradiant-burst")
@pytest.mark.parametrize("name", PROBLEMS)
def test_code_gives_the_exact_values(name):
    problem, space = PROBLEMS[name], {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(qutip_code(problem), space)
    expected = exact(problem)
    assert set(space["values"]) == set(problem.quantities)
    for quantity in problem.quantities:
        np.testing.assert_allclose(np.atleast_1d(space["values"][quantity]), expected[quantity], rtol=PRECISION.get(name, 1e-9), atol=1e-11)
        assert quantity in printed.getvalue()
