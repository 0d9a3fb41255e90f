"""The matrix-free Liouvillian is the assembled one, forwards and transposed, and so are values without covectors."""

import numpy as np
import pytest
from oracles import systems

import permsym as ps
from permsym.basis.basis import Basis
from permsym.basis.blocks import BlockRanges, Blocks
from permsym.errors import NotApplicable
from permsym.liouvillian import Liouvillian
from permsym.matrixfree import BlockLiouvillian
from permsym.moments.labels import enumerate_labels
from permsym.progress import silent
from permsym.steady.cavity.iterate import solve_blocks
from permsym.steady.cavity.matrix_free import MatrixFree


def driven(N):
    return ps.models.driven_tavis_cummings(N=N, C=5, eta=1, levels=5)


def resonant(N):
    return ps.models.tavis_cummings(N=N, levels=5)


def shared(N):
    """Two ensembles whose excitations together exceed the levels of their cavity."""
    c, a, b = ps.Boson(3), ps.Ensemble(N, "A"), ps.Ensemble(2, "B")
    couplings = 0.3 * (c.a * a.p + c.ad * a.m) + 0.2 * (c.a * b.p + c.ad * b.m)
    jumps = [ps.Central(1.0, c.a), ps.Individual(0.4, a.p), ps.Individual(0.3, b.m)]
    return ps.Model(c, [a, b], hamiltonian=c.n + 0.6 * a.z + 0.5 * b.z + couplings, jumps=jumps)


MODELS = {**systems.MODELS, "resonant": resonant, "driven": driven, "shared": shared}
CASES = [(name, rep) for name in MODELS for rep in ("dicke", "occupation") if rep == "occupation" or name not in systems.QUTRITS]


def random_state(operator, seed=1):
    """Stored numbers of a random hermitian matrix; both halves of a square block agree."""
    blocks, rng = operator.blocks, np.random.default_rng(seed)
    y = rng.standard_normal(blocks.numbers) + (1j * rng.standard_normal(blocks.numbers) if operator.dtype == complex else 0)
    return blocks.from_unknowns(blocks.unknowns(y), operator.dtype == float)


@pytest.mark.parametrize(("name", "representation"), CASES)
def test_equals_the_assembled_matrix(name, representation):
    blocks = Blocks.of(MODELS[name](2), representation)
    operator = BlockLiouvillian(blocks)
    y = random_state(operator)
    expected = Liouvillian(blocks).matrix() @ blocks.unknowns(y)
    assert np.abs(blocks.unknowns(operator.matvec(y)) - expected).max() < 1e-14 * np.abs(expected).max()
    rows = np.random.default_rng(3).uniform(0.5, 2, blocks.numbers).astype(operator.dtype)
    scaled = operator.matvec(y, rows=rows) / rows
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


@pytest.mark.parametrize("function", [driven, resonant, systems.driven_cavity])
def test_rows_and_columns_are_scaled_by_their_norms(function):
    """Beside the dense operator on its reals; an element and its conjugate in one row are counted apart."""
    operator = BlockLiouvillian(Blocks.of(function(2)))
    basis = np.eye(operator.shape[0] * (1 if operator.dtype == float else 2))
    dense = np.stack([operator.matvec(row.view(operator.dtype)).view(float) for row in basis], axis=1)
    for matrix, scale in ((dense, operator.row_scale()), (dense.T, operator.column_scale())):
        norms = np.linalg.norm(matrix, axis=1)
        if operator.dtype == complex:
            norms = np.sqrt((norms[::2] ** 2 + norms[1::2] ** 2) / 2)
        ratios = np.abs(scale)[norms > 0] * norms[norms > 0]
        assert (np.abs(ratios - 1) < 1e-12).mean() > 0.5
        assert 0.7 < ratios.min() <= ratios.max() < 1.5
        assert (scale[norms == 0] == 1).all()
        assert (scale.real[norms > 0] < 0).all()
    assert np.abs(1 / operator.row_scale() - 1 / operator.column_scale().conj()).max() > 0.1


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
    assert np.abs(blocks.site_populations(y, 0) - Basis.site_populations(blocks, x, 0)).max() < 1e-14


@pytest.mark.parametrize(("function", "real"), [(resonant, True), (driven, True), (systems.cavity, False), (systems.driven_cavity, False)])
def test_resonant_models_are_real(function, real):
    assert (BlockLiouvillian(Blocks.of(function(2))).dtype == float) == real


# -- windows ------------------------------------------------------------------------------------------------------------------


def windowed(whole, populations, eps):
    """Blocks whose elements may be larger than eps: |rho_ab|^2 <= rho_aa rho_bb; populations down to eps^2, which they all need."""
    block, n, m = whole.places
    J, M, other = whole.outer[1:, block]
    bound = np.sqrt([populations.get(key, 0.0) for key in zip(J, M, n, strict=True)])
    bound *= np.sqrt([populations.get(key, 0.0) for key in zip(J, other, m, strict=True)])
    inside = bound > np.where((n == m) & (other == M), eps**2, eps)
    high = np.zeros(len(whole.high), dtype=np.int64)
    np.maximum.at(high, block[inside], np.minimum(n, m)[inside] + 1)
    return Blocks.of(whole.model, ranges=BlockRanges(whole.outer[:, high > 0], np.zeros((high > 0).sum(), dtype=np.int64), high[high > 0]))


@pytest.fixture(scope="module")
def cavity():
    """The state of a cavity on all blocks, and its populations by (2j, 2m, n)."""
    model = ps.models.tavis_cummings(N=8, levels=22)
    whole = Blocks.of(model)
    state = solve_blocks(whole, model, MatrixFree(), 1e-9, silent)
    place, block, n = whole.populations
    values = np.abs(whole.population_traces * state.x[place])
    return state, dict(zip(zip(*whole.outer[1:3, block], n, strict=True), values, strict=True))


@pytest.mark.parametrize("eps", [1e-4, 1e-7, 1e-10])
def test_a_window_costs_no_more_than_it_says(cavity, eps):
    state, populations = cavity
    blocks = windowed(state.basis, populations, eps)
    assert blocks.numbers < 0.95 * state.basis.numbers
    operator = BlockLiouvillian(blocks)
    assert np.abs(operator.rmatvec(operator.trace)).max() < 1e-13 * np.abs(operator.diagonal).max()  # it loses no probability
    found = solve_blocks(blocks, state.model, MatrixFree(), 1e-9, silent)
    assert found.solution.outcome.converged
    for label in ("ad a", "z1", "ad -1", "z1 z2", "ad ad a a"):
        assert abs(found.moment(label) - state.moment(label)) < found.error(label) < 2e4 * eps


def test_a_window_that_loses_probability_is_refused(cavity):
    state, _ = cavity
    whole = state.basis
    high = np.where(whole.difference == 0, 3, whole.high)  # coherences whose populations are not all there
    with pytest.raises(NotApplicable, match="conserve"):
        BlockLiouvillian(Blocks.of(state.model, ranges=BlockRanges(whole.outer, np.zeros(len(high), dtype=np.int64), high)))
