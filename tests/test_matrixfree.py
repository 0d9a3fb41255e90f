"""The matrix-free Liouvillian is the assembled one, forwards and transposed, and so are values without covectors."""

import numpy as np
import pytest
from oracles import systems

import permsym as ps
from permsym.basis.blocks import Blocks
from permsym.liouvillian import Liouvillian
from permsym.matrixfree import BlockLiouvillian
from permsym.moments.labels import enumerate_labels


def driven(N):
    return ps.models.driven_tavis_cummings(N=N, C=5, eta=1, levels=5)


def resonant(N):
    return ps.models.tavis_cummings(N=N, levels=5)


MODELS = {**systems.MODELS, "resonant": resonant, "driven": driven}
CASES = [(name, rep) for name in MODELS for rep in ("dicke", "occupation") if rep == "occupation" or name not in systems.QUTRITS]


def random_state(operator, seed=1):
    """Stored numbers of a random hermitian matrix; both halves of a square block agree."""
    blocks, rng = operator.blocks, np.random.default_rng(seed)
    y = rng.standard_normal(blocks.stored) + (1j * rng.standard_normal(blocks.stored) if operator.dtype == complex else 0)
    return blocks.stored_from(blocks.unknowns(y), operator.dtype == float)


@pytest.mark.parametrize(("name", "representation"), CASES)
def test_equals_the_assembled_matrix(name, representation):
    blocks = Blocks.of(MODELS[name](2), representation)
    operator = BlockLiouvillian(blocks)
    y = random_state(operator)
    expected = Liouvillian(blocks).matrix() @ blocks.unknowns(y)
    assert np.abs(blocks.unknowns(operator.matvec(y)) - expected).max() < 1e-14 * np.abs(expected).max()
    scaled = operator.matvec(y, scaled=True) * np.where(operator.diagonal == 0, 1, operator.diagonal)
    assert np.abs(blocks.unknowns(scaled) - expected).max() < 1e-14 * np.abs(expected).max()


@pytest.mark.parametrize(("name", "representation"), CASES)
def test_transposed_product_is_the_adjoint(name, representation):
    operator = BlockLiouvillian(Blocks.of(MODELS[name](2), representation))
    rng = np.random.default_rng(2)
    x, z = (rng.standard_normal(operator.shape[0]).astype(operator.dtype) for _ in range(2))
    if operator.dtype == complex:
        x, z = x + 1j * rng.standard_normal(len(x)), z - 1j * rng.standard_normal(len(x))
    forwards, backwards = np.vdot(z, operator.matvec(x)).real, np.vdot(operator.rmatvec(z), x).real
    assert abs(forwards - backwards) < 1e-14 * np.linalg.norm(x) * np.linalg.norm(z) * np.abs(operator.diagonal).max()
    assert np.abs(operator.rmatvec(operator.trace)).max() < 1e-14 * np.abs(operator.diagonal).max()


@pytest.mark.parametrize("name", ["cavity", "driven_cavity", "two_ensembles", "qutrits", "resonant", "driven", "central_spin"])
def test_values_without_covectors(name):
    model = MODELS[name](2)
    blocks = Blocks.of(model)
    operator = BlockLiouvillian(blocks)
    y = random_state(operator)
    x = blocks.unknowns(y)
    for label in enumerate_labels(model, 3):
        if not any(label.charge(model)):
            expected = blocks.correlator(*label.operators(model)) @ x
            assert abs(blocks.moment(y, *label.operators(model)) - expected) < 1e-13
    product = model.ensembles[0].operator(np.diag(np.arange(model.ensembles[0].levels)))
    terms = (model.hamiltonian + product * product).terms
    assert abs(blocks.expected(y, terms) - blocks.expectation(terms) @ x) < 1e-12
    assert np.abs(blocks.photon_distribution(y) - blocks.centre_populations(x)).max() < 1e-14


@pytest.mark.parametrize(("function", "real"), [(resonant, True), (driven, True), (systems.cavity, False), (systems.driven_cavity, False)])
def test_resonant_models_are_real(function, real):
    assert (BlockLiouvillian(Blocks.of(function(2))).dtype == float) == real
