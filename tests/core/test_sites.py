"""Small Hilbert spaces: conventions, names, refusals."""

import numpy as np
import pytest

import permsym as ps
from permsym.cumulants.path import model_at
from permsym.models import lookup
from permsym.sites import Continuous


def matrix(operator):
    ((key, value),) = operator.terms.items()
    return value * np.array(key.centre if key.centre is not None else key.satellites[0][1])


@pytest.mark.parametrize("site", [ps.Spin(), ps.Ensemble(4)])
def test_pauli_conventions(site):
    """Level 0 is up: s+ = |up><down| raises s z by 2."""
    z, p, m, x, y = (matrix(each) for each in (site.z, site.p, site.m, site.x, site.y))
    assert z[0, 0] == 1
    assert p[0, 1] == 1
    assert np.array_equal(z @ p - p @ z, 2 * p)
    assert np.array_equal(p, m.T)
    assert np.array_equal(x, p + m)
    assert np.array_equal(y, -1j * p + 1j * m)
    assert np.array_equal(x @ y, 1j * z)
    assert np.array_equal(matrix(site.unit(0, 1)), p)


def test_excitations():
    assert ps.Spin().excitations == (1, 0)
    assert ps.Ensemble(3).excitations == (1, 0)
    assert ps.Levels(4).excitations == (0, 1, 2, 3)
    assert ps.Ensemble(3, levels=3).excitations == (0, 1, 2)


def test_kinds():
    assert ps.Spin().kind == ps.Ensemble(2).kind == "spin"
    assert ps.Levels(2).kind == ps.Ensemble(2, levels=3).kind == "levels"


def test_equality():
    assert ps.Spin() == ps.Spin() != ps.Levels(2)
    assert ps.Ensemble(3) == ps.Ensemble(3.0) != ps.Ensemble(4)
    assert ps.Ensemble(3, "A") != ps.Ensemble(3, "B")
    assert len({ps.Levels(3), ps.Levels(3), ps.Levels(4)}) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ps.Ensemble(0), "`N` must be an integer >= 1, but is 0"),
        (lambda: ps.Ensemble(2.5), "`N` must be an integer >= 1, but is 2.5"),
        (lambda: ps.Ensemble(float("nan")), "`N` must be an integer >= 1, but is nan"),
        (lambda: ps.Ensemble(float("inf")), "`N` must be an integer >= 1, but is inf"),
        (lambda: ps.Ensemble(True), "but is True"),
        (lambda: ps.Ensemble("3"), "but is '3'"),
        (lambda: ps.Ensemble(3, "a b"), "must be a word"),
        (lambda: ps.Ensemble(3, levels=1), "`levels` must be an integer >= 2"),
        (lambda: ps.Levels(1), "`levels` must be an integer >= 2"),
        (lambda: ps.Levels(3).unit(0, 3), "must name two of the levels 0..2"),
        (lambda: ps.Levels(3).unit(-1, 0), "must name two of the levels 0..2"),
        (lambda: ps.Levels(3).operator(np.eye(2)), "3 x 3 matrix"),
        (lambda: ps.Spin().operator([[np.nan, 0], [0, 1]]), "finite 2 x 2 matrix"),
        (lambda: ps.Ensemble(3, levels=3).z, "use unit"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ps.InputError, match=r"^[^\n]*$") as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize("size", [lambda N: N, lambda N: N / 2, lambda N: 1 + 2 * N, lambda N: (3 - N) ** 2])
def test_real_sizes_come_from_continuous_numbers_alone(size):
    assert ps.Ensemble(size(Continuous(10.5))).size == size(10.5)
    assert ps.Ensemble(Continuous(10)).N == 10
    with pytest.raises(ps.InputError, match="must be an integer >= 1"):
        ps.Ensemble(size(10.3))
    with pytest.raises(ps.InputError, match="must be an integer >= 1"):
        ps.Ensemble(Continuous(-0.5))


@pytest.mark.parametrize(
    "call",
    [
        lambda model: model.sizes,
        ps.steady_state,
        lambda model: ps.steady_state(model, basis="full"),
        lambda model: ps.evolve(model, [0, 1]),
        lambda model: ps.eigenvalues(model, 2),
        lambda model: model.rescaled(2),
    ],
)
@pytest.mark.parametrize("name", ["central-spin", "tavis-cummings"])
def test_exact_solvers_refuse_real_sizes(name, call):
    model = model_at(lookup(name), {"N": 10.5})
    assert model.ensembles[0].size == 10.5
    with pytest.raises(ps.InputError, match=r"N=10.5, which is no whole number; only cumulant equations take it"):
        call(model)
