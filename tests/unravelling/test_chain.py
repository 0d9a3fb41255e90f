"""Trajectories: their averages against exact evolutions, their bits, their frame and window, what they refuse."""

import numpy as np
import pytest
from oracles import systems

import permsym as ps
from permsym.errors import InputError, SolverFailed
from permsym.moments.labels import enumerate_labels
from permsym.operators import Operator, Product
from permsym.unravelling.engine import Chain, prepare

TIMES = [0, 0.4, 1.2]


def with_levels(model, levels):
    return ps.Model(ps.Boson(levels), model.ensembles, model.hamiltonian, model.jumps)


def conditional_cavity(levels):
    """Individual and collective jumps with operators of the mode; no symmetry."""
    c, s = ps.Boson(levels), ps.Ensemble(2)
    jumps = [
        ps.Central(0.7, c.a + 0.1 * c.ad + 0.2),
        ps.Individual(0.5, 0.3 * c.a * s.p + 0.4 * s.m + 0.3 * s.z),
        ps.Individual(0.3, s.operator([[0.5, 0.2], [0, 1]])),
        ps.Collective(0.2, s.m + 0.5j * c.a),
    ]
    return ps.Model(c, s, 0.3 * c.n + 0.2 * s.x + 0.4 * (c.a * s.p + c.ad * s.m) + 0.5j * (c.ad - c.a), jumps)


CASES = {
    "central spin": (systems.central_spin(3), "bloch=0.6,0.2 bloch=1.2,0.7"),
    "nine pairs": (systems.nine_pairs(3), "up=0.3 up=0.7"),
    "conditional jumps": (systems.conditional_jumps(3), "up bloch=1,1"),
    "collective jumps": (systems.collective_jumps(4), "down up"),
    "products": (systems.products(3), "down dicke=0.5,0.5"),
    "charged products": (systems.charged_products(4), "up down"),
    "three levels": (systems.driven_three_level_centre(3), "level=1 up=0.4"),
    "cavity": (with_levels(systems.cavity(2), 12), "thermal=0.3 up"),
    "cavity with a field": (with_levels(systems.cavity(2), 14), "coherent=1+0.5j bloch=1,1"),
    "driven cavity": (with_levels(systems.driven_cavity(2), 12), "fock=2 down"),
    "driven cavity with a field": (with_levels(systems.driven_cavity(2), 14), "coherent=1+0.5j up=0.6"),
    "conditional cavity": (conditional_cavity(12), "vacuum bloch=0.4,1"),
}


def deviations(model, start, number, seed=1):
    """Deviations of all moments to order 3 from exact ones, in standard errors; without scatter they must be equal."""
    labels = [str(label) for label in enumerate_labels(model, 3)]
    prepared = prepare(model, labels)
    values = np.array([Chain(prepared, start, seed, index).run_until(TIMES) for index in range(number)])
    exact = ps.evolve(model, TIMES, initial=start, moments=labels, tolerance=1e-5)
    expected = np.array([exact.moments[label] for label in labels]).T
    pairs = [(values.real, expected.real), (values.imag, expected.imag)]
    difference = np.array([a.mean(axis=0) - b for a, b in pairs])
    errors = np.array([a.std(axis=0) for a, _ in pairs]) / number**0.5
    assert np.abs(difference[errors < 1e-9]).max(initial=0) < 1e-6
    return (difference[errors >= 1e-9] / errors[errors >= 1e-9]).ravel()


@pytest.mark.parametrize("name", ["nine pairs", "driven cavity"])
def test_averages_are_the_exact_evolution(name):
    assert np.abs(deviations(*CASES[name], 200)).max() < 4


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_averages_of_many_are_the_exact_evolution(name):
    z = deviations(*CASES[name], 6000, seed=2)
    assert np.abs(z).max() < 4
    assert np.sqrt(np.mean(z**2)) < 1.5


@pytest.mark.parametrize("name", ["conditional jumps", "collective jumps", "cavity", "conditional cavity"])
def test_jumps_take_what_the_norm_loses(name):
    """<1> = 1 at every sample, and the rates of all jumps are the decay of the norm."""
    model, start = CASES[name]
    chain = Chain(prepare(model, [Operator({Product(): 1}), "z1"]), start, 0, 0)
    samples = chain.run(5, 0.1)
    assert np.abs(samples[:, 0] - 1).max() < 1e-12
    assert chain.effort["jumps"] > 3
    assert chain.defect < 1e-12
    assert chain.defect > 0 or name == "conditional jumps"  # it is measured; so few rates may sum up without rounding


def test_a_missing_kraus_operator_is_seen():
    chain = Chain(prepare(systems.central_spin(3), ["z1"]), "down up", 0, 0)
    jumps = chain._tables.jumps
    chain._tables = chain._tables._replace(jumps=jumps._replace(operators=np.delete(jumps.operators, -1, axis=0)))
    with pytest.raises(SolverFailed, match="a fault of permsym"):
        chain.run(20, 1)


def test_bits_depend_on_seed_and_index_alone():
    prepared = prepare(ps.models.driven_tavis_cummings(N=3, C=14, drive=1.05), ["ad a", "z1"])
    whole = Chain(prepared, "upper", 3, 0)
    samples = whole.run(4, 0.25)
    first = Chain(prepared, "upper", 3, 0)
    pieces = [first.run(1, 0.25)]
    second = Chain.from_state(prepared, "upper", 3, 0, first.state)
    pieces += [second.run(0.5, 0.25), second.run_until(1.5 + 0.25 * np.arange(1, 11))]
    assert (np.concatenate(pieces) == samples).all()
    assert second.time == whole.time == 4
    assert second.effort["jumps"] == whole.effort["jumps"] > 3
    others = [Chain(prepared, "upper", *key).run(4, 0.25) for key in ((3, 1), (4, 0))]
    assert all((each != samples).any() for each in others)


def test_a_dark_state_stays():
    """No excitation, no jump: one step for all times."""
    chain = Chain(prepare(ps.models.tavis_cummings(N=5, gamma_up=0), ["ad a", "z1"]), "vacuum down", 0, 0)
    assert (chain.run(1e6, 1e5) == [0, -1]).all()
    assert chain.effort["jumps"] == 0


def test_a_charge_leaves_one_column():
    chain = Chain(prepare(ps.models.tavis_cummings(N=30), ["ad a"]), "vacuum up", 0, 0)
    chain.run(3, 1)
    assert chain.window[1] == 1
    assert chain.effort["moves"] == 0


def test_energies_that_no_ket_feels_cost_nothing():
    """Energies of 1e9 with a detuning of 1.5: the same jumps and samples as with the detuning alone."""

    def samples(omega):
        model = ps.models.central_spin(N=4, omega=omega + 1.5, epsilon=omega)
        chain = Chain(prepare(model, ["z0", "+0 -1", "-1"]), "up down", 0, 0)
        return chain.run(5, 0.5), chain.effort

    (large, effort), (small, expected) = samples(1e9), samples(0)
    assert effort == expected
    assert np.abs(large - small).max() < 1e-12


def test_the_frame_follows_a_driven_field():
    """An empty cavity: a coherent state whose field is known, without a jump."""
    c, s = ps.Boson(), ps.Ensemble(2)
    model = ps.Model(c, s, 5j * (c.ad - c.a) + 0 * s.z, [ps.Central(1.0, c.a)])
    chain = Chain(prepare(model, ["a", "ad a"]), "vacuum down", 0, 0)
    samples = chain.run(3, 1)
    expected = 10 * (1 - np.exp(-np.arange(1, 4) / 2))
    assert np.abs(samples[:, 0] - expected).max() < 1e-6
    assert np.abs(samples[:, 1] - expected**2).max() < 1e-5
    assert chain.effort["moves"] > 10
    assert chain.window[0] < 20


def test_a_record_counts_photons():
    """Photons of an excited mode and spins that decay: as many jumps as there were excitations."""
    model = ps.models.tavis_cummings(N=3, gamma_up=0, gamma_down=0.5)
    chain = Chain(prepare(model, []), "fock=2 up", 1, 0, counting=True)
    record = chain.record(200)
    assert sorted(set(record.jumps)) == ["L[-] individual", "L[a] central"]
    assert len(record.times) == 5
    assert (np.diff(record.times) > 0).all()
    assert len(chain.record(10).times) == 0


def test_bad_input_is_refused():
    model = ps.models.tavis_cummings(N=3)
    chain = Chain(prepare(model, ["ad a"]), "vacuum up", 0, 0)
    chain.run(1, 0.5)
    with pytest.raises(InputError, match="at least one `every`"):
        chain.run(1, 3)
    with pytest.raises(InputError, match="at least one `every`"):
        chain.run(float("inf"), 1)
    with pytest.raises(InputError, match="`seed` must be an integer"):
        Chain(prepare(model, ["ad a"]), "vacuum up", -1, 0)
    with pytest.raises(InputError, match="where it has stopped"):
        chain.run_until([0.5])
    with pytest.raises(InputError, match="counting=True"):
        chain.record(1)
    with pytest.raises(InputError, match="is no state"):
        Chain(prepare(model, ["ad a"]), "level=3", 0, 0)


@pytest.mark.slow
def test_gain_beyond_loss_is_refused():
    c, s = ps.Boson(), ps.Ensemble(1)
    model = ps.Model(c, s, 0.1 * (c.a * s.p + c.ad * s.m), [ps.Central(1.0, c.a), ps.Central(6.0, c.ad)])
    with pytest.raises(SolverFailed, match="grows without bound"):
        Chain(prepare(model, ["ad a"]), "vacuum down", 0, 0).run(20, 1)


def test_a_window_narrower_than_a_band_is_far_reads_nothing():
    """A ket of one charge: what changes the charge is exactly zero.  A slice whose end is negative would read elsewhere."""
    model = ps.models.tavis_cummings(N=3)
    labels = ["ad +1", "+1 +2", "a z1", "ad a"]
    values = [Chain(prepare(model, labels), "vacuum up", 5, index).run_until([0.5, 1.5]) for index in range(40)]
    assert np.abs(np.array(values)[:, :, :3]).max() < 1e-9
    assert np.abs(np.array(values)[:, :, 3]).max() > 0.1
