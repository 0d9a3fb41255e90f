"""Conformance of the representations: every one, every model, against the 2^N space and against each other."""

from functools import cache

import numpy as np
import pytest
from oracles import systems
from oracles.brute_force import BruteForce
from sampled import sampled

import permsym as ps
from permsym.basis import build, dimension
from permsym.liouvillian import Liouvillian
from permsym.moments import enumerate_labels

PAIRS = [(name, basis) for name in systems.SPINS | systems.CAVITIES for basis in ("dicke", "occupation", "full")]
PAIRS += [(name, basis) for name in systems.QUTRITS for basis in ("occupation", "full")]


@cache
def exact(name, N):
    """Moments to order 4 in the whole space."""
    model = systems.MODELS[name](N)
    brute = BruteForce(model)
    rho = brute.steady_state()
    return {str(label): brute.moment(rho, str(label)) for label in enumerate_labels(model, 4)}


@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")  # cavities: the oracle is cut as they are
@pytest.mark.parametrize(("name", "basis"), sampled(PAIRS, 4))
@pytest.mark.parametrize("smaller", [pytest.param(0, marks=pytest.mark.slow), 1])
def test_moments_equal_brute_force(name, basis, smaller):
    N = systems.size(name) - smaller
    model = systems.MODELS[name](N)
    state, expected = ps.steady_state(model, basis=basis, moments=4), exact(name, N)
    values = state.moments(4)
    assert values.keys() == expected.keys()
    assert np.max([abs(value - expected[label]) for label, value in values.items()]) < 1e-12
    assert state.certificate.certified is (name not in systems.CAVITIES)  # too few Fock states, and it says so


@pytest.mark.parametrize(("name", "basis"), PAIRS)
def test_trace_is_preserved(name, basis):
    space = Liouvillian(build(systems.MODELS[name](3), basis))
    matrix = space.matrix()
    defect = space.trace() @ matrix
    assert np.abs(defect).max() < 1e-13 * np.abs(space.trace()).max() * abs(matrix).sum(axis=0).max()


@pytest.mark.parametrize(("name", "basis"), [pair for pair in PAIRS if systems.MODELS[pair[0]](2).charges])
def test_hermiticity_is_preserved(name, basis):
    """The charge sectors q and -q are conjugates: their Liouvillians have conjugate spectra.

    The neutral Liouvillian is assembled in real unknowns; that it is the right real form is seen from its spectrum.
    """
    model = systems.MODELS[name](2)
    plus, minus = (Liouvillian(build(model, basis, (q,) * len(model.charges))).matrix().toarray() for q in (1, -1))
    a, b = np.linalg.eigvals(plus), np.linalg.eigvals(minus).conj()
    assert plus.shape == minus.shape
    assert abs(a.sum() - b.sum()) < 1e-11
    assert farthest(a, b) < 1e-7  # eigenvalues of a non-normal matrix: far less accurate than its entries


@pytest.mark.parametrize(("name", "basis"), PAIRS)
def test_dimension_is_counted_right(name, basis):
    model = systems.MODELS[name](3)
    for q in (0, 1, -2):
        charge = (q,) * len(model.charges)
        assert dimension(model, basis, charge) == build(model, basis, charge).dimension


@pytest.mark.parametrize(("name", "basis"), PAIRS)
def test_labels_and_index_are_inverse(name, basis):
    space = build(systems.MODELS[name](3), basis)
    position, conjugated = space.index(space.labels)
    assert (position == np.arange(space.size)).all()
    assert not conjugated.any()
    position, conjugated = space.index(space.conjugate(space.labels))
    assert (position == np.arange(space.size)).all()
    assert (conjugated == space.paired).all()


def farthest(values, among):
    """Largest distance of a value to its nearest one among others."""
    return np.max([np.abs(among - value).min() for value in values])


SPECTRA = [(name, basis) for name in ("central_spin", "nine_pairs", "charged_products") for basis in ("dicke", "occupation")]


@pytest.mark.parametrize(("name", "basis"), [*SPECTRA, ("qutrits", "occupation")])
def test_every_eigenvalue_is_one_of_the_full_space(name, basis):
    model = systems.MODELS[name](2)
    full = np.linalg.eigvals(BruteForce(model).liouvillian())
    total = 0
    for q in range(-5, 6) if model.charges else [0]:
        charge = (q,) * len(model.charges)
        matrix = Liouvillian(build(model, basis, charge)).matrix().toarray()
        if len(matrix):
            total += len(matrix)
            assert farthest(np.linalg.eigvals(matrix), full) < 1e-8
    # all sectors together: 4 centre elements, C(N + 3, 3) symmetric ones of N = 2 satellites, C(N + 8, 8) with three levels
    assert total == 4 * (45 if name == "qutrits" else 10)


@pytest.mark.parametrize(
    ("name", "N"),
    [("central_spin", 12), ("resonant_central_spin", 12), ("nine_pairs", 7), ("collective_jumps", 11), ("charged_two_ensembles", 8)],
)
def test_dicke_equals_occupation(name, N):
    compare(systems.MODELS[name](N), 4, 1e-10)


@pytest.mark.parametrize("N", [29, 30])
@pytest.mark.parametrize("name", ["central_spin", "charged_products"])
def test_dicke_equals_occupation_to_thirty(name, N):
    compare(systems.MODELS[name](N), 4, 1e-10)


@pytest.mark.parametrize("detuned", [False, True])
@pytest.mark.slow
def test_dicke_equals_occupation_at_150(detuned):
    model = ps.models.central_spin(N=150, **({"omega": 1.5, "gamma_phi": 0.2, "kappa_phi": 0.1} if detuned else {}))
    compare(model, 4, 1e-10)


def compare(model, order, tolerance):
    dicke, occupation = (ps.steady_state(model, basis=basis, moments=order) for basis in ("dicke", "occupation"))
    a, b = dicke.moments(order), occupation.moments(order)
    assert a.keys() == b.keys()
    assert np.max([abs(a[label] - b[label]) for label in a]) < tolerance


@pytest.mark.parametrize("name", sorted(systems.SPINS))
def test_verify_enters_the_difference(name):
    state = ps.steady_state(systems.SPINS[name](3), verify=True)
    assert state.certificate.verified_in == "occupation"
    assert state.certificate.verification < 1e-12


def test_choice_of_representation():
    assert ps.steady_state(systems.central_spin(3)).basis.representation == "dicke"
    assert ps.steady_state(systems.qutrits(2)).basis.representation == "occupation"
    with pytest.raises(ps.InputError, match="use occupation"):
        build(systems.qutrits(2), "dicke")
