"""Rotations of satellites and centre against those of every spin in the whole space, with all coherences."""

import numpy as np
import pytest
import qutip
from oracles import systems
from oracles.brute_force import BruteForce
from sampled import sampled

import permsym as ps

AXES = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1), "skew": (0.3, -1.1, 0.7)}
CASES = [
    (name, basis, axis, of)
    for name in ("central_spin", "nine_pairs", "charged_two_ensembles", "cavity", "three_level_centre")
    for basis in ("dicke", "occupation", "full")
    for axis in AXES
    for of in ("satellites", "centre")
    if not (of == "centre" and name in ("cavity", "three_level_centre"))
]


def random_state(model):
    """A density matrix with coherences between everything, symmetric under exchange."""
    brute = BruteForce(model)
    total = 0
    for seed in (3, 4):
        one, other, both = qutip.rand_dm(brute.dims[0], seed=seed), qutip.rand_dm(2, seed=10 + seed), qutip.rand_dm(2, seed=20 + seed)
        each = iter([other, both])
        ensembles = [next(each) for _ in model.ensembles]
        alike = [state for ensemble, state in zip(model.ensembles, ensembles, strict=True) for _ in range(ensemble.N)]
        total += 0.5 * qutip.tensor(one, *alike)
    return brute, total


def on_every_spin(brute, axis, angle, sites):
    n = np.array(axis) / np.linalg.norm(axis)
    generator = sum(float(a) * sigma for a, sigma in zip(n, (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()), strict=True))
    return qutip.tensor(*((-0.5j * angle * generator).expm() if k in sites else qutip.qeye(d) for k, d in enumerate(brute.dims)))


@pytest.mark.parametrize(("name", "basis", "axis", "of"), sampled(CASES, 7))
@pytest.mark.quick(
    "central_spin-dicke-x-satellites",
    "central_spin-occupation-skew-satellites",
    "central_spin-full-z-centre",
    "nine_pairs-dicke-z-satellites",
    "nine_pairs-full-y-satellites",
    "charged_two_ensembles-occupation-skew-centre",
    "cavity-occupation-y-satellites",
    "three_level_centre-dicke-x-satellites",
)
def test_a_rotation_equals_that_of_every_spin(name, basis, axis, of):
    model = systems.MODELS[name](1 if "ensembles" in name else 3)
    brute, rho = random_state(model)
    state = ps.evolve(model, [0.0], initial=rho, basis=basis, keep="all").state(0.0)
    sites = [0] if of == "centre" else range(1, len(brute.dims))
    turned = on_every_spin(brute, AXES[axis], 0.8, sites)
    found = state.rotated(axis if axis != "skew" else AXES[axis], 0.8, of)
    assert np.abs(found.full() - (turned * rho * turned.dag()).full()).max() < 1e-13
    assert found.time == 0
    if axis != "z":
        assert np.abs(found.full() - state.full()).max() > 1e-3


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (1, 2, 0), (-1, 0.3, 0), (0, 0, 1)])
def test_half_turns_equal_those_of_every_spin(axis):
    model = systems.central_spin(3)
    brute, rho = random_state(model)
    for basis in ("dicke", "occupation"):
        state = ps.evolve(model, [0.0], initial=rho, basis=basis, keep="all").state(0.0)
        for angle in (np.pi, -np.pi):
            turned = on_every_spin(brute, axis, angle, range(1, 4))
            assert np.abs(state.rotated(axis, angle).full() - (turned * rho * turned.dag()).full()).max() < 1e-13


def test_one_ensemble_alone():
    model = systems.charged_two_ensembles(1)
    brute, rho = random_state(model)
    state = ps.evolve(model, [0.0], initial=rho, keep="all")
    turned = on_every_spin(brute, (1, 0, 0), -1.3, brute.sites["B"])
    assert np.abs(state.rotated("x", -1.3, of="B").full() - (turned * rho * turned.dag()).full()).max() < 1e-13


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_many_satellites_along_a_direction(basis):
    """From all down to bloch=theta,phi; there and back again; the rounding that is counted covers it."""
    N, theta, phi = 24, 1.1, 0.4
    model = ps.models.central_spin(N=N)
    start = ps.evolve(model, [0.0], basis=basis).state(0.0)
    axis = (-np.sin(phi), np.cos(phi), 0)
    there = start.rotated(axis, theta)
    z = np.cos(theta)
    plus = -np.sin(theta) * np.exp(1j * phi) / 2
    for label, value in (("z1", -z), ("z1 z2 z3", -(z**3)), ("+1", plus), ("+1 -2", abs(plus) ** 2)):
        assert abs(there.moment(label) - value) < there.error(label) < 1e-11
    spelled = ps.evolve(model, [0.0], basis=basis, initial=f"down bloch={np.pi - theta},{phi + np.pi}", keep="all").state(0.0)
    for mine, theirs in zip([there, *there.coherences], [spelled, *spelled.coherences], strict=True):
        assert mine.basis.charge == theirs.basis.charge
        assert np.abs(mine.x - theirs.x).max() < 1e-14
    back = there.rotated(axis, -theta)
    if basis == "dicke":
        before = {block.j: block.flat for block in start.blocks()}
        apart = [np.linalg.norm(block.flat - before.get(block.j, 0), "nuc") for block in back.blocks()]
        assert 0 < sum(apart) < back.deviation() < 1e-11


def test_half_a_turn_keeps_charges_apart():
    """A pi pulse about an axis in the plane takes up to down exactly, and a state of one charge to one of the opposite."""
    model = ps.models.central_spin(N=40)
    state = ps.evolve(model, [0.0, 1.0], initial="up down").state(1.0)
    for axis in ("x", "y", (1, 2, 0)):
        flipped = state.rotated(axis, np.pi)
        assert [each.basis.charge for each in flipped.coherences] == [(2,)]  # of what was +0 -1
        assert flipped.moment("z1") == pytest.approx(-state.moment("z1"), abs=1e-14)
        assert abs(flipped.moment("+0 +1")) == pytest.approx(abs(state.moment("+0 -1")), abs=1e-14)
    up = ps.evolve(model, [0.0]).rotated("x", np.pi)
    assert not up.coherences
    assert up.moment("z1 z2 z3") == 1


def test_a_rotation_on_the_way():
    """A steady state, a quarter turn, and on from there: Bloch vector and errors go along; two times start there."""
    model = ps.models.tavis_cummings(N=2, g=0, kappa=1, gamma_up=0.3, gamma_down=0.7, epsilon=1.7)
    state = ps.steady_state(model)
    turned = state.rotated("y", np.pi / 2)
    z = -0.4
    assert turned.moment("z1") == pytest.approx(0, abs=1e-12)
    assert turned.moment("+1") == pytest.approx(z / 2, abs=1e-12)
    assert turned.error("z1") >= turned.deviation((0, 0)) >= state.deviation((0, 0)) > 0
    assert turned.error("z1") < 1e-11
    assert np.isnan(ps.from_matrix(turned.full(), ps.models.dicke(N=2, levels=turned.centre_levels)).error("z1"))
    found = ps.evolve(model, [0.0, 1.5], initial=turned, moments=["+1", "z1"])
    assert found.moment("+1")[1] == pytest.approx(z / 2 * np.exp((1.7j - 0.5) * 1.5), abs=1e-9)
    assert found.certificate.error_estimate >= turned.deviation((0, 0))
    again = found.rotated("x", 0.3)
    assert again.time == 1.5
    two = ps.correlation(model, "+1", "-1", [0.0], initial=turned)
    assert two.values[0] == pytest.approx((1 + turned.moment("z1")) / 2, abs=1e-9)


def test_displaced_states_are_rotated():
    model = ps.models.driven_tavis_cummings(2, C=14, drive=1.05)
    state = ps.steady_state(model.displaced(0.4).with_levels(24), moments=1)
    turned = state.rotated("x", 0.9)
    assert turned.moment("ad a") == pytest.approx(state.moment("ad a"), abs=1e-12)
    x, y, z = 2 * state.moment("+1").real, 2 * state.moment("+1").imag, state.moment("z1").real
    assert turned.moment("z1") == pytest.approx(np.cos(0.9) * z + np.sin(0.9) * y, abs=1e-11)
    assert 2 * turned.moment("+1").real == pytest.approx(x, abs=1e-11)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("w", 1.0), "`axis` must be"),
        (([0, 0, 0], 1.0), "`axis` must be"),
        ((["a"], 1.0), "`axis` must be"),
        (("x", np.inf), "`angle` must be"),
        (("x", 1.0, "B"), "`of` must be 'satellites', 'centre' or an ensemble"),
        (("x", 1.0, "centre"), "only spins are rotated"),
    ],
)
def test_bad_rotations(arguments, words):
    state = ps.evolve(ps.models.tavis_cummings(N=2), [0.0]).state(0.0)
    with pytest.raises(ps.InputError, match=words):
        state.rotated(*arguments)


def test_what_does_not_fit_is_refused(monkeypatch):
    found = ps.evolve(ps.models.central_spin(N=100), [0.0])
    monkeypatch.setenv("PERMSYM_MEMORY", "30 MB")
    with pytest.raises(ps.TooLarge, match="use fewer satellites"):
        found.rotated("x", 0.4)
    monkeypatch.undo()
    lacking = ps.evolve(ps.models.central_spin(N=30), [0.0], initial="up bloch=1,0")
    with pytest.raises(ps.InputError, match="lacks its coherences"):
        lacking.rotated("x", 0.4)
