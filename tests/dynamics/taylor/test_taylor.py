"""Evolution under functions of time, against QuTiP on the product space and closed forms; its bound against its error."""

import math

import numpy as np
import pytest
import qutip
from oracles import evolution

import permsym as ps
import permsym.dynamics.evolved.run as evolving
from permsym.errors import InputError, SolverFailed
from permsym.modulation import functions

TIMES = np.linspace(0, 3, 7)


def agrees(found, expected, within=1e-9):
    """Moments equal the oracle's, and the certificate covers what is between them."""
    for (label, values), row in zip(found.moments.items(), expected, strict=True):
        error = np.abs(values - row).max()
        assert error < within, label
        assert error <= found.certificate.errors[label] + 3e-12, label  # the oracle's own
    assert found.solver["name"] == "taylor"


def mesolve(model, eta):
    """<a>, <a^dag a>, <z_1> of the driven cavity, from the vacuum and all down, by QuTiP's integrator."""
    p, levels, N = model.parameters, model.centre.levels, model.sizes[0]
    site = [qutip.destroy(levels), *[qutip.Qobj([[0, 0], [1, 0]])] * N]

    def at(k, operator):
        return qutip.tensor([operator if k == other else qutip.qeye(one.shape[0]) for other, one in enumerate(site)])

    a, *lower = (at(k, one) for k, one in enumerate(site))
    z = [at(k, qutip.sigmaz()) for k in range(1, N + 1)]
    h = p["Delta_c"] * a.dag() * a + p["Delta"] / 2 * sum(z) + p["g"] * sum(a * s.dag() + a.dag() * s for s in lower)
    jumps = [math.sqrt(2 * p["kappa"]) * a, *(math.sqrt(2 * p["gamma_h"]) * s for s in lower)]
    start = qutip.tensor([qutip.basis(levels, 0), *[qutip.basis(2, 1)] * N])
    options = {"atol": 1e-13, "rtol": 1e-12, "nsteps": 100_000, "max_step": 0.05, "method": "dop853"}
    return qutip.mesolve([h, [1j * (a.dag() - a), eta]], start, TIMES, jumps, e_ops=[a, a.dag() * a, z[0]], options=options).expect


def test_a_gaussian_pulse_equals_mesolve():
    model = ps.models.driven_tavis_cummings(N=2, g=0.8, kappa=0.7, eta=0.0, Delta=0.3, levels=6)

    def eta(t):
        return 0.3 * math.exp(-((t - 1.2) ** 2) / 0.18)

    agrees(ps.evolve(model, TIMES, moments=["a", "ad a", "z1"], modulate={"eta": eta}), mesolve(model, eta))


def random_pulse(seed):
    """A smooth function between 0 and 2."""
    amplitude, width, centre, frequency, phase = np.random.default_rng(seed).random(5)
    return lambda t: 1 + amplitude * math.exp(-((t - 3 * centre) ** 2) / (0.1 + width)) * math.cos(2 + 4 * frequency * t + 6 * phase)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_random_pulse_on_three_emitters_equals_mesolve_within_the_bound_of_its_steps(seed):
    """Both have the same Fock states, so that the bound of the steps and of their rounding must do without the part of the cut-off."""
    model, pulse = ps.models.driven_tavis_cummings(N=3, g=0.8, kappa=0.7, eta=0.0, Delta=0.3, levels=6), random_pulse(seed)

    def eta(t):
        return 0.3 * pulse(t)

    found, expected = ps.evolve(model, TIMES, moments=["a", "ad a", "z1"], modulate={"eta": eta}), mesolve(model, eta)
    state = found.state(TIMES[-1])
    for (label, values), row in zip(found.moments.items(), expected, strict=True):
        error = np.abs(values - row).max()
        assert error < 1e-9
        assert error <= state.label(label).norm(model) * state.errors[()].total + 3e-12  # the oracle's own
    assert state.errors[()].total < 1e-9


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_several_parameters_at_once_in_every_sector(basis):
    pulses = {"g": random_pulse(1), "omega": random_pulse(2), "kappa": random_pulse(3), "gamma_phi": random_pulse(4)}
    made = {"N": 2, "g": 0.0, "omega": 0.0, "kappa": 0.0, "gamma_phi": 0.0}
    constant = ps.models.central_spin(**made)
    parts = [(f, ps.models.central_spin(**{**made, name: 1.0}), constant) for name, f in pulses.items()]
    rho = evolution.product(constant, evolution.bloch(1.1, -0.3), evolution.bloch(0.7, 0.4))
    found = ps.evolve(constant, TIMES, initial="bloch=1.1,-0.3 bloch=0.7,0.4", modulate=pulses, basis=basis)
    agrees(found, evolution.driven_moments(constant, parts, rho, TIMES, list(found.moments)))
    assert found.certificate.certified


def test_a_drive_that_is_zero_at_first_breaks_the_symmetry():
    made = {"N": 2, "g": 0.9, "levels": 5}
    model, driven = (ps.models.driven_tavis_cummings(**made, eta=eta) for eta in (0.0, 1.0))
    assert model.charges

    def eta(t):
        return 0.1 if t > 1.3 else 0.0

    def named(t):
        return eta(t)

    named.kinks = [1.3]
    rho = evolution.product(model, evolution.fock(5, 0), evolution.fock(2, 1))
    searched = ps.evolve(model, TIMES, modulate={"eta": eta})
    agrees(searched, evolution.driven_moments(model, [(named, driven, model)], rho, TIMES, list(searched.moments)))
    assert abs(searched.moment("a")[-1]) > 0.01
    spelled = ps.evolve(model, TIMES, modulate={"eta": "0.1 if t > 1.3 else 0"})
    assert np.abs(spelled.moment("ad a") - searched.moment("ad a")).max() < 1e-13


def test_named_terms_and_jumps_of_two_ensembles():
    c, a, b = ps.Spin(), ps.Ensemble(1, "A"), ps.Ensemble(2, "B")

    def model(exchange, loss):
        h = 0.4 * c.z + exchange * (c.p * a.m + c.m * a.p) + 0.7 * (c.p * b.m + c.m * b.p)
        return ps.Model(c, [a, b], h, [ps.Central(0.3, c.m), ps.Individual(loss, b.m, name="loss"), ps.Collective(0.2, b.p)])

    def exchange(t):
        return math.cos(3 * t)

    def loss(t):
        return math.exp(-t)

    rho = evolution.product(model(1, 1), evolution.fock(2, 0), evolution.fock(2, 1), evolution.bloch(0.7, 0.4))
    found = ps.evolve(model(1.0, 0.5), TIMES, initial="up down bloch=0.7,0.4", modulate={"H[+0 -@A]": "cos(3*t)", "loss": loss})
    parts = [(exchange, model(1, 0), model(0, 0)), (loss, model(0, 0.5), model(0, 0))]
    agrees(found, evolution.driven_moments(model(0, 0), parts, rho, TIMES, list(found.moments)))


def test_phases_of_long_times_are_within_the_error():
    """d<+>/dt = i epsilon <+> without losses: the phase is the integral of epsilon."""
    quiet = {"kappa": 0, "gamma_up": 0, "gamma_down": 0, "g": 0, "omega": 0}
    times = np.linspace(0, 15, 4)
    found = ps.evolve(
        ps.models.central_spin(N=1, **quiet), times, initial="down bloch=pi/2,0", modulate={"epsilon": "12*cos(10*t)"}, moments="+1"
    )
    error = np.abs(found.moment("+1") - 0.5 * np.exp(1.2j * np.sin(10 * times))).max()
    assert error < 1e-11
    assert error <= found.certificate.errors["+1"] < 1e-9


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-6])
def test_the_bound_is_above_the_error_and_not_far(tolerance):
    def state(accuracy):
        model = ps.models.central_spin(N=3, kappa=1)
        return ps.evolve(model, [4.0], initial="up down", modulate={"g": "2*exp(-(t - 2)**2)"}, tolerance=accuracy).state(4.0)

    loose, exact = state(tolerance), state(1e-13)
    error = np.abs(loose.full() - exact.full()).max()
    bound = loose.errors[loose.basis.charge].steps
    assert error <= bound <= min(1e5 * error, tolerance)


def test_the_cut_off_grows_with_a_pulse():
    pulse = {"eta": "3*exp(-4*(t - 1)**2)"}
    automatic = ps.evolve(ps.models.driven_tavis_cummings(N=2, g=0.5, eta=0), [1.0, 2.0], modulate=pulse)
    wide = ps.evolve(ps.models.driven_tavis_cummings(N=2, g=0.5, eta=0, levels=34), [1.0, 2.0], modulate=pulse)
    assert automatic.certificate.certified
    assert 10 < automatic.model.centre.levels < 34
    assert np.abs(automatic.moment("ad a") - wide.moment("ad a")).max() < 1e-10
    assert wide.moment("ad a")[0].real > 0.5


@pytest.mark.parametrize("detuning", [0.0, 0.4])
@pytest.mark.quick("0.4")
@pytest.mark.slow
def test_blocks_on_displaced_fock_states(monkeypatch, detuning):
    """Block by block, as for large cavities, real and complex, beside matrices that are written out."""
    model = ps.models.driven_tavis_cummings(N=2, g=0.3, eta=0.0, Delta_c=detuning, gamma_p=0.1)
    rules = {"eta": "14*step(t - 0.1)*exp(-t)", "kappa": "2 + sin(t)", "L[-]": "1 + t"}
    moments = ["ad a", "a", "z1", "+1 -2"]
    written = ps.evolve(model, [0.5, 1.0], modulate=rules, moments=moments)
    monkeypatch.setattr(evolving, "block_by_block", lambda *_: True)
    blockwise = ps.evolve(model, [0.5, 1.0], modulate=rules, moments=moments)
    assert blockwise.model.centre.displacement
    assert not written.model.centre.displacement
    for label, values in written.moments.items():
        assert np.abs(values - blockwise.moment(label)).max() <= blockwise.certificate.errors[label] + written.certificate.errors[label]
    assert written.moment("ad a")[1].real > 1
    assert blockwise.certificate.certified
    assert written.certificate.certified


def test_an_evolution_goes_on_by_the_same_clock():
    model = ps.models.central_spin(N=3)
    rules = {"g": "1 + sin(2*t)", "kappa": "0.5*step(t - 2.5)"}
    whole = ps.evolve(model, [1.0, 2.0, 3.0], modulate=rules)
    first = ps.evolve(model, [2.0], modulate=rules)
    on = ps.evolve(model, [1.0], initial=first.state(2.0), modulate=rules)
    assert abs(on.moment("z0")[0] - whole.moment("z0")[2]) < 1e-12
    assert on.state(1.0).time == 3.0
    again = ps.evolve(model, [1.0], initial=first.state(2.0), modulate=rules, start=0.0)
    assert abs(again.moment("z0")[0] - whole.moment("z0")[2]) > 1e-3


def test_constant_coefficients_by_the_same_method():
    model = ps.models.tavis_cummings(N=2)
    one, other = (ps.evolve(model, TIMES, method=method) for method in ("taylor", "krylov"))
    assert np.abs(one.moment("ad a") - other.moment("ad a")).max() < 1e-12
    assert one.solver["name"] == "taylor"
    assert one.modulation == {}


def test_a_jump_that_nothing_names_is_passed_over_within_the_error(monkeypatch):
    """Without a search, the steps themselves shrink onto it."""
    monkeypatch.setattr(functions, "_EVALUATIONS", 0)

    def g(t):
        return 0.75 if t < math.sqrt(2) else 1.5

    model = ps.models.central_spin(N=2)
    found = ps.evolve(model, [3.0], modulate={"g": g})
    named = ps.evolve(model, [3.0], modulate={"g": g}, kinks=[math.sqrt(2)])
    assert found.certificate.certified
    assert abs(found.moment("z0") - named.moment("z0")) <= found.certificate.errors["z0"]
    assert found.solver["products"] < 20 * named.solver["products"]


def test_kinks_a_rounding_apart():
    rules = {"g": "1 + step(t - 1.3)", "kappa": "1 + step(t - 0.1 - 1.2)"}
    one, other = (ps.evolve(ps.models.central_spin(N=2), [2.0], modulate=rules, kinks=kinks) for kinks in ([], [1.3000000000000003]))
    assert abs(one.moment("z0") - other.moment("z0")) < 1e-12


def test_a_function_without_any_smooth_piece_ends_the_run(monkeypatch):
    monkeypatch.setattr(functions, "_EVALUATIONS", 0)
    random = np.random.default_rng(0)
    with pytest.raises(SolverFailed, match=r"the function of `g` changes too fast near t = "):
        ps.evolve(ps.models.central_spin(N=2), [1.0], modulate={"g": lambda t: random.random()})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"modulate": {"g": "t"}, "method": "krylov"}, "the method is 'taylor'"),
        ({"modulate": {"g": "t"}, "start": math.nan}, "`start` must be a time"),
        ({"modulate": {"g": "t"}, "kinks": ["x"]}, "`kinks` must be a list of times"),
        ({"modulate": {"kappa": "1 - t"}}, "must be a rate >= 0"),
        ({"modulate": {"g": lambda t: None}}, "must return one real number"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(InputError) as caught:
        ps.evolve(ps.models.central_spin(N=2), TIMES, **options)
    assert message in str(caught.value)


def test_a_rate_that_the_scan_misses_is_refused_in_the_run():
    def rate(t):
        return -1.0 if 1.234561 < t < 1.234562 else math.exp(-((t - 1.2345) ** 2) * 1e4)

    with pytest.raises(InputError, match=r"the rate of L\[-0\] central would be -.* at t = 1\.23456; rates must stay >= 0"):
        ps.evolve(ps.models.central_spin(N=2), [2.0], modulate={"L[-0]": rate}, kinks=[1.2345605, 1.2345615])


def test_two_time_functions_of_such_a_state_are_refused():
    model = ps.models.central_spin(N=2)
    state = ps.evolve(model, [1.0], modulate={"g": "t"}, keep="all").state(1.0)
    with pytest.raises(InputError, match="coefficients change in time"):
        state.correlation("+0", "-0", [0.0, 1.0])
    assert np.isfinite(ps.correlation(model, "+0", "-0", [0.0, 1.0], initial=state).values).all()


def test_a_clock_far_from_zero():
    model = ps.models.central_spin(N=2)
    near = ps.evolve(model, [1.0], modulate={"g": "1 + step(t - 0.4)*sin(t)"})
    far = ps.evolve(model, [1.0], modulate={"g": lambda t: 1 + (t - 4096 >= 0.4) * math.sin(t - 4096)}, start=4096.0)
    assert abs(near.moment("z0")[0] - far.moment("z0")[0]) <= near.certificate.errors["z0"] + far.certificate.errors["z0"] < 1e-9
