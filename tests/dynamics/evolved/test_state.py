"""States of an evolution: the whole density matrix against brute force, in every sector; what is read off them, and its errors."""

import math
import pickle
import warnings

import numpy as np
import pytest
import qutip
from oracles import evolution, systems
from oracles.brute_force import BruteForce
from sampled import sampled
from scipy.linalg import expm

import permsym as ps
from permsym.dynamics import sector
from permsym.dynamics.evolved import keeping

TIMES = [0.0, 0.4, 1.3]
START = {"spin": ("bloch=1.1,-0.3", evolution.bloch(1.1, -0.3)), "levels": ("level=1", evolution.fock(3, 1))}
SPINS = evolution.bloch(0.7, 0.4)
CASES = [(name, basis) for name in [*systems.SPINS, *systems.CAVITIES] for basis in ("dicke", "occupation")]


def started(name, N=2):
    """A model, a label with coherences between charges, and the same state in the whole space."""
    model = systems.MODELS[name](1 if "ensembles" in name else N)
    word, centre = START.get(model.centre.kind) or ("coherent=0.6+0.2j", cut_coherent(0.6 + 0.2j, model.centre.levels))
    rho = evolution.product(model, centre, *(SPINS for _ in model.ensembles))
    return model, " ".join([word, *("bloch=0.7,0.4" for _ in model.ensembles)]), rho


def cut_coherent(alpha, levels):
    n = np.arange(levels)
    amplitudes = np.exp(-(abs(alpha) ** 2) / 2) * alpha**n / np.sqrt([float(math.factorial(k)) for k in n])
    return np.outer(amplitudes, amplitudes.conj())


def propagated(model, rho, t):
    brute = BruteForce(model)
    return (expm(brute.liouvillian() * t) @ rho.ravel(order="F")).reshape(brute.D, brute.D, order="F")


@pytest.mark.parametrize(("name", "basis"), sampled(CASES, 5))
def test_the_whole_state_equals_brute_force(name, basis):
    """Every sector that the initial state reaches, and moments of more factors than were asked for within their errors."""
    model, label, rho = started(name)
    found = ps.evolve(model, TIMES, initial=label, basis=basis, moments=1, tolerance=1e-10)
    brute = BruteForce(model)
    for t in TIMES:
        exact, state = propagated(model, rho, t), found.state(t)
        assert np.abs(state.full() - exact).max() < 1e-10
        assert state.time == t
        for each in state.labels(3):
            assert abs(state.moment(each) - brute.moment(exact, str(each))) <= state.error(each) + 1e-13
    assert np.abs(state.full() - np.diag(state.full().diagonal())).max() > 1e-3


def test_what_a_state_offers_equals_qutip():
    model, label, rho = started("central_spin", 3)
    state = ps.evolve(model, TIMES, initial=label).state(1.3)
    dims = BruteForce(model).dims
    whole = qutip.Qobj(propagated(model, rho, 1.3), dims=[dims, dims])
    assert state.purity == pytest.approx(whole.purity(), abs=1e-11)
    assert state.entropy == pytest.approx(qutip.entropy_vn(whole), abs=1e-9)
    assert np.abs((state.to_qutip(2) - whole.ptrace([0, 1, 2])).full()).max() < 1e-11
    values = np.linalg.eigvalsh(qutip.partial_transpose(whole, [1, 0, 0, 0]).full())
    assert state.negativity() == pytest.approx(-values[values < 0].sum(), abs=1e-10)
    s = model.ensembles[0]
    assert state.expect(s.x * s.y) == pytest.approx(qutip.expect(BruteForce(model).operator(s.x * s.y), whole), abs=1e-11)
    x = sum(qutip.expect(qutip.tensor(*(qutip.sigmax() if k == n else qutip.qeye(2) for k in range(4))), whole) for n in range(1, 4))
    theta, weight = np.polynomial.legendre.leggauss(12)
    phi = np.arange(12) * np.pi / 6
    q = state.spin_husimi(np.arccos(theta)[:, None], phi, collective=True) * weight[:, None] * np.pi / 6
    assert q.sum() == pytest.approx(1, abs=1e-10)
    assert abs(x) > 0.1
    assert np.sign((q * np.sqrt(1 - theta[:, None] ** 2) * np.cos(phi)).sum()) == np.sign(x)
    assert state.populations().probability.sum() == pytest.approx(1, abs=1e-10)


def test_a_state_equals_that_of_mesolve():
    model, label, rho = started("central_spin", 3)
    brute, state = BruteForce(model), ps.evolve(model, TIMES, initial=label).state(1.3)
    start = qutip.Qobj(rho, dims=[brute.dims, brute.dims])
    options = {"atol": 1e-13, "rtol": 1e-11, "nsteps": 10_000}
    solved = qutip.mesolve(brute.hamiltonian(), start, [0, 1.3], brute.collapse(), options=options).states[-1]
    assert np.abs((state.to_qutip(satellites=None) - solved).full()).max() < 1e-9


def test_moments_of_a_state_are_those_of_its_evolution():
    found = ps.evolve(systems.central_spin(4), TIMES, initial="bloch=1.1,-0.3 bloch=0.7,0.4")
    for k, t in enumerate(TIMES):
        state = found.state(t)
        for label, values in found.moments.items():
            assert state.moment(label) == pytest.approx(values[k], abs=1e-15)
            assert state.error(label) <= found.certificate.errors[label]
        assert state.derived == pytest.approx({name: series[k] for name, series in found.derived.items()}, abs=1e-14)
        assert state.certificate.certified
    assert found.state(0.0).error("z0") < found.state(1.3).error("z0")


def test_a_mode_on_its_way():
    """A coherent field decays and turns: every coherence of its density matrix, found with an open cut-off."""
    model = ps.models.tavis_cummings(N=1, omega=1.3, g=0, kappa=0.5)
    state = ps.evolve(model, [0.0, 1.0], initial="coherent=1.2 down", keep="all").state(1.0)
    alpha = 1.2 * np.exp(-1.3j - 0.25)
    assert np.abs(state.mode.rho - cut_coherent(alpha, state.mode.levels)).max() < 1e-8
    x = np.linspace(-2, 2, 5)
    expected = np.exp(-((x[None] - np.sqrt(2) * alpha.real) ** 2) - (x[:, None] - np.sqrt(2) * alpha.imag) ** 2) / np.pi
    assert np.abs(state.mode.wigner(x, x) - expected).max() < 1e-7
    assert state.mode.purity == pytest.approx(1, abs=1e-8)
    photons = state.mode.photon_distribution()
    poisson = np.exp(-(abs(alpha) ** 2)) * abs(alpha) ** (2 * photons.n) / np.array([float(math.factorial(n)) for n in photons.n])
    assert (np.abs(photons.probability - poisson) <= photons.error).all()
    assert 0 < photons.error.max() < 1e-8


def test_an_open_cut_off_stays_where_it_is_enough():
    """Ten evolutions one after another, each from the last state of the one before: no more levels than at once."""
    model = ps.models.driven_tavis_cummings(1, C=14, drive=1.05)
    at_once = ps.evolve(model, [0.0, 2.0], moments=["ad a"])
    state = ps.evolve(model, [0.0], moments=["ad a"]).state(0.0)
    for _ in range(10):
        found = ps.evolve(model, [0.2], initial=pickle.loads(pickle.dumps(state)), moments=["ad a"], tolerance=1e-10)
        state = found.state(0.2)
    assert state.time == pytest.approx(2.0)
    assert found.certificate.error_estimate < 1e-8
    assert abs(found.moment("ad a")[0] - at_once.moment("ad a")[1]) < 1e-9
    assert found.model.centre.levels <= at_once.model.centre.levels + 6


def test_states_of_blocks(monkeypatch):
    """A driven mode followed without a matrix, on Fock states that change on the way."""
    model = ps.models.driven_tavis_cummings(2, C=14, drive=1.05)
    times = np.linspace(0, 3, 7)
    plain = ps.evolve(model, times)
    monkeypatch.setattr(sector, "LARGE", 1)
    found = ps.evolve(model, times)
    assert type(found.state(0.0).basis).__name__ == "Blocks"
    assert found.state(0.0).model.centre.levels < found.state(3.0).model.centre.levels
    for t in times:
        state = found.state(t)
        assert np.abs(state.reduced(1)[:10, :10] - plain.state(t).reduced(1)[:10, :10]).max() < 1e-8
        assert abs(state.moment("ad a z1 z2") - plain.state(t).moment("ad a z1 z2")) <= state.error("ad a z1 z2") + 1e-8
        assert state.certificate.certified
    onwards = ps.evolve(model, [0.0, 1.0], initial=found.state(2.0), moments=["ad a"])
    assert onwards.moment("ad a") == pytest.approx(found.moment("ad a")[[4, 6]], abs=1e-8)
    assert pickle.loads(pickle.dumps(found)).state(3.0).moment("ad a z1") == found.state(3.0).moment("ad a z1")


def test_an_evolution_goes_on_where_it_stopped():
    """The same as without the stop, in every sector; what the first part is off by is part of the second's error."""
    model, label, rho = started("central_spin")
    first = ps.evolve(model, TIMES, initial=label, tolerance=1e-6)
    second = ps.evolve(model, [0.0, 0.5], initial=first.state(1.3), tolerance=1e-6)
    brute, exact = BruteForce(model), propagated(model, rho, 1.8)
    for mine, theirs in zip(
        [second.state(0.0), *second.state(0.0).coherences], [first.state(1.3), *first.state(1.3).coherences], strict=True
    ):
        assert (mine.x == theirs.x).all()
    for each in second.labels:
        assert abs(second.moment(each)[0] - first.moment(each)[-1]) < 1e-15
        assert abs(second.moment(each)[1] - brute.moment(exact, str(each))) <= second.certificate.errors[str(each)]
    assert second.certificate.error_estimate > first.certificate.error_estimate
    assert second.state(0.5).time == pytest.approx(1.8)
    assert np.abs(second.state(0.5).full() - exact).max() < 1e-6
    large = systems.central_spin(20)
    loose = ps.evolve(large, [3.0], tolerance=1e-4, moments=1).state(3.0)
    strict = ps.evolve(large, [0.0, 0.5], initial=loose, tolerance=1e-10, moments=1)
    assert not strict.certificate.certified
    assert strict.certificate.error_estimate > loose.deviation((0,)) > 1e-8


def test_a_quench_takes_all_sectors_along():
    """From a state with coherences between charges into a model without the symmetry, in the other representation."""
    before, label, rho = started("cavity")
    after = systems.driven_cavity(2)
    state = ps.evolve(before, [0.0, 0.5], initial=label, tolerance=1e-10).state(0.5)
    exact = propagated(after, propagated(before, rho, 0.5), 0.7)
    for basis in ("dicke", "occupation"):
        found = ps.evolve(after, [0.7], initial=state, basis=basis, tolerance=1e-10, moments=1).state(0.7)
        assert np.abs(found.full() - exact).max() < 1e-9
    there = ps.evolve(after, [0.7], initial=state, moments=1, tolerance=1e-10).state(0.7)
    back = ps.evolve(before, [0.0, 0.1], initial=there, tolerance=1e-10, moments=1).state(0.1)
    assert np.abs(back.full() - propagated(before, exact, 0.1)).max() < 1e-9


def test_two_times_from_a_state():
    model, label, _ = started("central_spin")
    state = ps.evolve(model, TIMES, initial=label, tolerance=1e-9).state(1.3)
    delays = [0.0, 0.6, 1.1]
    found = state.correlation("+0", "-1", delays)
    expected = ps.correlation(model, "+0", "-1", delays, initial=label, start=1.3)
    assert np.abs(found.values - expected.values).max() < 1e-10
    assert (found.errors >= state.deviation((0,))).all()
    assert state.g2(delays).values == pytest.approx(ps.g2(model, delays, initial=label, start=1.3).values, abs=1e-9)
    with pytest.raises(ps.InputError, match="has no other initial state"):
        ps.correlation(state, "+0", "-0", delays, initial="down")


def test_what_a_state_lacks_it_says(monkeypatch):
    """Thirty satellites have too many sectors to be followed unasked: those that moments need are there, others are named."""
    model = ps.models.central_spin(N=30)
    state = ps.evolve(model, [0.0, 0.2], initial="up bloch=0.7,0.4").state(0.2)
    assert (1,) not in state.lacking
    assert len(state.lacking) == 28
    assert abs(np.trace(state.reduced(1)) - 1) < 1e-9
    for asked in (lambda: state.moment("+1 +2 +3"), lambda: state.reduced(3), lambda: state.entropy, state.full, state.elements):
        with pytest.raises(ps.InputError, match="lacks its coherences of charge 3"):
            asked()
    with pytest.raises(ps.InputError, match="lacks its coherences"):
        ps.evolve(model, [1.0], initial=state, moments=["+1 +2 +3"])
    with pytest.raises(ps.InputError, match="lacks its coherences"):
        ps.correlation(model, "-1 -2", "-3", [0.0], initial=state)
    monkeypatch.setattr(keeping, "_LITTLE", 10**9)  # what is unknown is not followed unasked
    assert ps.evolve(model, [0.1], initial=state, moments=["z0"]).state(0.1).lacking == state.lacking
    whole = ps.evolve(ps.models.central_spin(N=6), [0.0, 0.2], initial="up bloch=0.7,0.4", keep=[0.2])
    assert not whole.state(0.2).lacking
    with pytest.raises(ps.InputError, match="the nearest is at"):
        whole.state(0.0)


@pytest.mark.parametrize("keep", ["some", [0.3], [[0.2]], ["soon"], 1j])
def test_bad_words(keep):
    with pytest.raises(ps.InputError, match="`keep` must"):
        ps.evolve(ps.models.central_spin(N=2), [0.0, 0.2], keep=keep)


def test_memory_is_estimated_first(monkeypatch):
    model, times = ps.models.central_spin(N=20), np.linspace(0, 1, 3001)
    monkeypatch.setenv("PERMSYM_MEMORY", "80 MB")
    found = ps.evolve(model, times, moments=["z0"], initial="up down")
    assert not found.states
    with pytest.raises(ps.InputError, match=r"has no states: 3,001 of them take .* too much of the memory"):
        found.state(0.5)
    with pytest.raises(ps.InputError, match="has no states: evolve with keep='all'"):
        ps.evolve(model, [0.0], keep="none").state(0.0)
    monkeypatch.setenv("PERMSYM_MEMORY", "70 MB")
    with pytest.raises(ps.TooLarge, match=r"30,001 states need about .* give fewer times"):
        ps.evolve(model, np.linspace(0, 1, 30001), moments=["z0"], initial="up down", keep="all")


def test_everything_is_picklable():
    found = ps.evolve(systems.central_spin(3), TIMES, initial="bloch=1.1,-0.3 bloch=0.7,0.4")
    again = pickle.loads(pickle.dumps(found))
    assert again.state(1.3).entropy == found.state(1.3).entropy
    state = pickle.loads(pickle.dumps(found.state(1.3)))
    assert state.moment("z0 +1 -2") == found.state(1.3).moment("z0 +1 -2")


def test_a_steady_state_takes_its_errors_along():
    """What is uncertain of a steady state stays so after a quench."""
    model = ps.models.central_spin(N=5)
    state = ps.steady_state(model)
    found = ps.evolve(model, [0.0, 1.0], initial=state)
    assert found.certificate.certified
    assert found.certificate.error_estimate >= state.certificate.errors["z0"] > 0


@pytest.mark.parametrize("levels", [9, 11])
def test_a_steady_state_knows_what_its_cut_off_costs_as_a_whole(levels):
    """The trace norm of the difference to many levels: moments have hundreds of times smaller errors."""
    model, many = ps.models.driven_tavis_cummings(N=1, C=14, drive=0.6), 22
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        few, exact = (ps.steady_state(model.with_levels(n)) for n in (levels, many))
    difference = exact.full().reshape(many, 2, many, 2).copy()
    difference[:levels, :, :levels] -= few.full().reshape(levels, 2, levels, 2)
    off = np.abs(np.linalg.eigvalsh(difference.reshape(2 * many, 2 * many))).sum()
    assert 1e-9 < off <= few.deviation()
