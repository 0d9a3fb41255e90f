"""What a steady state will need is known beforehand: the numbers that are stored, the half that drops out, who solves it."""

import subprocess
import sys

import pytest
from oracles import systems

import permsym as ps
from permsym.basis.blocks import Blocks
from permsym.basis.representations import build
from permsym.liouvillian import Liouvillian
from permsym.matrixfree import BlockLiouvillian
from permsym.steady import needs, planning
from permsym.steady.lattice import null_vector
from permsym.steady.scaling.decoupling import Decoupling


def pumped(**given):
    return ps.models.tavis_cummings(**{"N": 5, "levels": 7} | given)


def driven(**given):
    return ps.models.driven_tavis_cummings(**{"N": 4, "C": 5, "eta": 1.0, "levels": 6} | given)


def two_ensembles(omega):
    """A cavity shared by two ensembles, resonant with one of them at least."""
    c, a, b = ps.Boson(4), ps.Ensemble(3, "A"), ps.Ensemble(2, "B")
    couplings = 0.3 * (c.a * a.p + c.ad * a.m) + 0.2 * (c.a * b.p + c.ad * b.m)
    jumps = [ps.Central(1.0, c.a), ps.Individual(0.4, a.p), ps.Individual(0.3, b.m)]
    return ps.Model(c, [a, b], hamiltonian=c.n + 0.5 * a.z + omega / 2 * b.z + couplings, jumps=jumps)


# model, and whether its blocks are real
CAVITIES = {
    "resonant": (pumped(), True),
    "resonant, dephased": (pumped(gamma_phi=0.2, N=6), True),
    "detuned": (pumped(omega=1.3), False),
    "driven": (driven(), True),
    "driven, displaced": (driven().displaced(0.7), True),
    "driven, displaced elsewhere": (driven().displaced(0.7 + 0.2j), False),
    "driven, spins detuned": (driven(Delta=0.3), False),
    "driven, cavity detuned": (driven(Delta_c=0.3, N=3), False),
    "counter-rotating": (ps.models.dicke(N=4, levels=6), False),
    "two ensembles": (two_ensembles(1.0), True),
    "two ensembles, one detuned": (two_ensembles(1.2), False),
}


@pytest.mark.parametrize("representation", ["dicke", "occupation"])
@pytest.mark.parametrize("name", CAVITIES)
def test_the_stored_numbers_are_known_beforehand(name, representation):
    model, real = CAVITIES[name]
    operator = BlockLiouvillian(Blocks.of(model, representation, populated=True))
    assert (operator.dtype == float) is real
    assert Decoupling(model).real is real
    assert needs.block_numbers(model, representation, real) == operator.blocks.numbers * (1 if real else 2)


@pytest.mark.parametrize("name", [name for name in systems.MODELS if name not in systems.QUTRITS])
def test_the_same_for_any_centre(name):
    model = systems.MODELS[name](3)
    operator = BlockLiouvillian(Blocks.of(model, "occupation"))
    assert Decoupling(model).real is (operator.dtype == float)
    assert needs.block_numbers(model, "occupation", False) == 2 * operator.blocks.numbers


@pytest.mark.parametrize("name", ["qutrits", "random_qutrits"])
def test_many_levels_need_no_more_than_predicted(name):
    model = systems.MODELS[name](4)
    found = Blocks.of(model, "occupation", populated=True).numbers
    assert found <= needs.block_numbers(model, "occupation", True) <= 1.25 * found


@pytest.mark.parametrize("name", ["resonant", "driven", "two ensembles"])
def test_the_prediction_is_the_dimension_of_the_state(name):
    model, _ = CAVITIES[name]
    assert needs.on_blocks(model).numbers == ps.steady_state(model, solver="matrix-free", moments=["ad a"], tolerance=1e9).dimension


@pytest.mark.parametrize("name", CAVITIES)
def test_whether_half_of_the_unknowns_drops_out(name):
    model, _ = CAVITIES[name]
    basis = build(model)
    liouvillian = Liouvillian(basis)
    found = null_vector.reduce(liouvillian.assembled(), liouvillian.trace(), basis.coordinates)
    assert Decoupling(model).halved is (len(found.active) <= basis.size)


def test_detuning_makes_a_factorisation_longer():
    assert not planning.prefers_iteration(ps.models.tavis_cummings(N=12, levels=24))
    assert planning.prefers_iteration(ps.models.tavis_cummings(N=12, levels=24, omega=1.3))
    assert not planning.prefers_iteration(ps.models.tavis_cummings(N=8, levels=20, omega=1.3))


def test_many_ensembles_are_not_tried():
    c, clusters = ps.Boson(10), [ps.Ensemble(20, f"E{k}") for k in range(8)]
    couplings = sum((0.1 * (c.a * s.p + c.ad * s.m) for s in clusters), 1j * (c.ad - c.a))
    model = ps.Model(c, clusters, couplings, [ps.Central(1.0, c.a), *(ps.Individual(0.5, s.m) for s in clusters)])
    assert not Decoupling(model).seen
    with pytest.raises(ps.TooLarge):
        ps.steady_state(model, moments=["ad a"])


def test_a_refusal_loads_no_compiler():
    script = "import sys, permsym as ps\ntry: ps.steady_state(ps.models.tavis_cummings(N=1e6))\n"
    script += "except ps.TooLarge: sys.exit('numba' in sys.modules)\nelse: sys.exit('not refused')"
    assert subprocess.run([sys.executable, "-c", script], timeout=60, check=False).returncode == 0
