"""Between a basis and the whole space: matrices in and out, against brute force; what is refused."""

import numpy as np
import pytest
from oracles import systems
from oracles.brute_force import BruteForce
from sampled import sampled

import permsym as ps
from permsym.basis import build
from permsym.basis.whole_space import dense, project
from permsym.errors import TooLarge


def representations(name):
    return ("occupation", "full") if name in systems.QUTRITS else ("dicke", "occupation", "full")


def symmetric(rng, model):
    """A random density matrix of the whole space, averaged over all permutations of satellites by brute force."""
    brute = BruteForce(model)
    root = rng.standard_normal((brute.D, brute.D)) + 1j * rng.standard_normal((brute.D, brute.D))
    matrix = root @ root.conj().T
    dims = brute.dims
    tensor = (matrix / np.trace(matrix)).reshape(dims + dims)
    for sites in brute.sites.values():  # the symmetriser as a product: (1 + (1 n) + ... + (n-1 n)) / n for n = 2, 3, ...
        for last in range(1, len(sites)):
            swaps = [tensor]
            for other in sites[:last]:
                a, b, D = sites[last], other, len(dims)
                swaps.append(tensor.swapaxes(a, b).swapaxes(D + a, D + b))
            tensor = sum(swaps) / len(swaps)
    return tensor.reshape(brute.D, brute.D)


@pytest.mark.parametrize("name", sampled([(name,) for name in sorted(systems.MODELS)], 3))
def test_steady_states_of_the_whole_space(name):
    """The oracle's density matrix projected is the solved vector, and the solved vector written out is that matrix."""
    model = systems.MODELS[name](2 if name in systems.CAVITIES else systems.size(name) - 1)
    rho = BruteForce(model).steady_state()
    for representation in representations(name):
        basis = build(model, representation)
        vector = project(basis, rho)
        assert np.abs(dense(basis, vector) - rho).max() < 1e-15
        assert np.abs(basis.partial(vector, [[] for _ in model.ensembles]) - BruteForce(model).reduced(rho, [0])).max() < 1e-14
        if representation != "full":
            solved = ps.steady_state(model, basis=basis, moments=[], tolerance=1.0)
            assert np.abs(solved.vector - vector).max() < 1e-13


@pytest.mark.parametrize("name", ["nine_pairs", "two_ensembles", "random_qutrits", "driven_cavity"])
def test_any_symmetric_operator_survives(name):
    """All coherences: models without a symmetry; and moments of the projection are traces of the matrix."""
    model = systems.MODELS[name](2 if name == "two_ensembles" else 3)
    brute, rho = BruteForce(model), symmetric(np.random.default_rng(5), model)
    for representation in representations(name)[:-1]:
        basis = build(model, representation)
        vector = project(basis, rho)
        assert np.abs(dense(basis, vector) - rho).max() < 1e-15
        ups = [ensemble.unit(0, 0) for ensemble in model.ensembles]
        for operator in (ups[0], ups[0] * ups[-1], model.hamiltonian):
            expected = (brute.operator(operator).full().T * rho).sum()
            assert abs(basis.expectation(operator.terms) @ vector - expected) < 1e-13


def test_charged_sectors_hold_their_own_coherences():
    model = systems.central_spin(3)
    brute = BruteForce(model)
    lowering = sum((brute.at((n, [[0, 0], [1, 0]])) for n in (1, 2, 3)), 0 * brute.at()).full()
    charge = build(model, "dicke").model.charges[0][1]
    for representation in ("dicke", "occupation"):
        basis = build(model, representation, charge=(-charge,))
        assert np.abs(dense(basis, project(basis, lowering)) - lowering).max() < 1e-14


def test_refusals():
    model = systems.central_spin(3)
    basis, brute = build(model), BruteForce(model)
    up = np.diag([1.0, 0.0])
    one = brute.at((1, up)).full()
    with pytest.raises(ps.InputError, match="symmetric under exchange of satellites"):
        project(basis, one)
    with pytest.raises(ps.InputError, match="coherences between states of different conserved charge"):
        project(basis, brute.at((0, [[0, 1], [1, 0]])).full())
    with pytest.raises(ps.InputError, match="must be hermitian"):
        project(basis, brute.at((0, [[0, 1], [0, 0]])).full())
    with pytest.raises(ps.InputError, match="must be 16 x 16"):
        project(basis, np.eye(8))
    with pytest.raises(ps.InputError, match="must be finite"):
        project(basis, np.full((16, 16), np.nan))
    large = build(ps.models.central_spin(N=40))
    with pytest.raises(TooLarge, match="at most 4096 are written out"):
        dense(large, np.zeros(large.dimension))
