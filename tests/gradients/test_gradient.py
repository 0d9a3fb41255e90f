"""Gradients against finite differences of whole solves, of the whole space in QuTiP, and against closed forms."""

import pickle
from functools import cache

import numpy as np
import pytest
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.errors import InputError
from permsym.gradients.gradient import Derivatives
from permsym.models import central_spin

POINTS = {
    "resonant": {"N": 12, "kappa": 0.8},
    "detuned": {"N": 9, "kappa": 0.8, "omega": 1.4, "gamma_phi": 0.2, "kappa_up": 0.1, "kappa_phi": 0.3},
}


@cache
def shifted(point, name, offset):
    parameters = central_spin(**POINTS[point]).parameters
    return ps.steady_state(central_spin(**{**POINTS[point], name: parameters[name] + offset}))


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("label", ["z0", "+1 -2", "+0 -1", "z0 z1"])
@pytest.mark.quick("z0-detuned", "+1 -2-resonant", "+0 -1-detuned")
def test_gradient_equals_finite_differences(point, label):
    found = shifted(point, "g", 0.0).gradient(label)
    assert set(found) == {"omega", "epsilon", "g", "kappa", "gamma_up", "gamma_down", "gamma_phi", "kappa_up", "kappa_phi"}
    for name, value in found.items():
        h = 1e-3
        if central_spin(**POINTS[point]).parameters[name] < 2 * h:  # a rate at zero: one-sided, fourth order
            weights = {0: -25 / 12, 1: 4.0, 2: -3.0, 3: 4 / 3, 4: -1 / 4}
        else:
            weights = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}
        expected = sum(w * shifted(point, name, k * h).moment(label) for k, w in weights.items()) / h
        assert value == pytest.approx(expected, abs=2e-10), name


def test_resonance_does_not_hide_the_response_to_detuning():
    # Re <s0+ s1-> vanishes on resonance, its slope in omega does not
    state = ps.steady_state(central_spin(N=12, kappa=0.8))
    assert state.moment("+0 -1").real == 0
    assert abs(state.gradient("+0 -1")["omega"].real) > 1e-3
    assert state.gradient("+0 -1")["omega"] == pytest.approx(-state.gradient("+0 -1")["epsilon"])


def test_moments_that_vanish_by_symmetry_have_no_gradient():
    assert set(ps.steady_state(central_spin(N=3)).gradient("+0").values()) == {0j}


def test_a_users_model_needs_its_function():
    def family(N: int, rate: float) -> ps.Model:
        c, s = ps.Spin(), ps.Ensemble(N)
        jumps = [ps.Individual(rate**2, s.p), ps.Central(1.0, c.m)]
        return ps.Model(c, s, c.p * s.m + c.m * s.p, jumps, parameters={"N": N, "rate": rate})

    state = ps.steady_state(family(4, 0.7))
    with pytest.raises(InputError, match="needs the function"):
        state.gradient("z0")
    h = 1e-4
    expected = (ps.steady_state(family(4, 0.7 + h)).moment("z0") - ps.steady_state(family(4, 0.7 - h)).moment("z0")) / (2 * h)
    assert state.gradient("z0", family=family)["rate"] == pytest.approx(expected, abs=1e-7)


def test_a_rate_given_as_a_whole_number_has_a_derivative():
    def made(N, kappa, up):
        c, s = ps.Spin(), ps.Ensemble(N)
        jumps = [ps.Central(kappa, c.m), ps.Individual(up, s.p), ps.Individual(0.5, s.m)]
        return ps.Model(c, s, 0.7 * (c.p * s.m + c.m * s.p), jumps, parameters={"N": N, "kappa": kappa, "up": up})

    state, real = (ps.steady_state(made(3, *rates)) for rates in ((2, 1), (2.0, 1.0)))
    for label in ("z0", "+0"):
        slopes = state.gradient(label, family=made)
        assert list(slopes) == ["kappa", "up"]
        assert slopes == real.gradient(label, family=made)
    assert slopes["kappa"] == 0 != state.gradient("z0", family=made)["kappa"]


# -- against the whole space ------------------------------------------------------------------------------------------------

CENTRAL = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}
RIGHT = {0: -25 / 12, 1: 4.0, 2: -3.0, 3: 4 / 3, 4: -1 / 4}


DRIVEN = {"N": 2, "kappa": 1, "gamma_h": 0.5, "g": 0.8, "Delta": 0.3, "levels": 5}
COUPLED = {"N": 2, "gamma_up": 0.3, "gamma_down": 0.6, "kappa": 1, "levels": 4}


def squeezed(r, x, h):
    """r, x and h break the charge that the rest conserves, two of them in jumps."""
    c, s = ps.Spin(), ps.Ensemble(2)
    jumps = [ps.Central(1.0, c.m + x * c.p + x * c.z), ps.Individual(r, s.m + 0.7 * s.p), ps.Individual(0.9, s.m), ps.Individual(0.5, s.p)]
    jumps = [jump for jump in jumps if jump.rate]
    hamiltonian = 0.3 * (c.p * s.m + c.m * s.p) + 0.2 * c.z + h * s.x
    return ps.Model(c, s, hamiltonian, jumps, parameters={"r": r, "x": x, "h": h})


def tilted(b):
    """b breaks a parity, no charge."""
    model = ps.models.dicke(N=2, g=0.4, gamma_up=0.3, gamma_down=0.6, levels=5)
    c = model.centre
    return ps.Model(c, model.ensembles, model.hamiltonian + b * (c.a + c.ad), model.jumps, parameters={"b": b})


def probed(f):
    """f drives a coherence of three-level atoms that nothing else makes."""
    s = ps.Ensemble(2, levels=3)
    up = [[0, 0, 1], [0, 0, 0], [0, 0, 0]]
    jumps = [ps.Individual(rate, s.operator(np.eye(3)[[k]].T @ np.eye(3)[[n]])) for k, n, rate in ((0, 1, 0.7), (1, 2, 0.4), (2, 0, 0.9))]
    drive = f * (s.operator(np.array(up)) + s.operator(np.array(up).T))
    return ps.Model(None, s, 0.3 * s.operator(np.diag([1.0, 0, -1])) + drive, jumps, parameters={"f": f})


CASES = {
    "a drive, whose coefficient is imaginary": (ps.models.driven_tavis_cummings, {**DRIVEN, "eta": 0.2}, "eta", ["ad a", "a", "ad -1"]),
    "no drive": (ps.models.driven_tavis_cummings, {**DRIVEN, "eta": 0.0}, "eta", ["a", "-1", "ad", "ad a"]),
    "no coupling": (ps.models.tavis_cummings, {**COUPLED, "g": 0.0}, "g", ["ad -1", "ad a"]),
    "a jump that is not there": (squeezed, {"r": 0.0, "x": 0.0, "h": 0.0}, "r", ["z1", "+1 -2", "+1 +2", "z0"]),
    "a jump that gets another part": (squeezed, {"r": 0.0, "x": 0.0, "h": 0.0}, "x", ["+0", "+1", "z0"]),
    "a field": (squeezed, {"r": 0.0, "x": 0.0, "h": 0.0}, "h", ["-1", "+0", "z0 -1", "z1"]),
    "a parity": (tilted, {"b": 0.0}, "b", ["a", "+1", "z1"]),
    "levels that nothing couples": (probed, {"f": 0.0}, "f", ["|0><2|1", "|0><0|1"]),
}


@cache
def rho(case, offset=0.0):
    family, parameters, name, _ = CASES[case]
    whole = BruteForce(family(**{**parameters, name: parameters[name] + offset}))
    return whole, whole.steady_state()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("basis", ["auto", "occupation"])
@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")
@pytest.mark.quick("auto-no drive", "auto-a jump that is not there", "auto-a drive, whose coefficient is imaginary", "occupation-a parity")
def test_gradients_in_the_sector_they_lead_to(case, basis):
    family, parameters, name, labels = CASES[case]
    h = 2e-3
    weights = RIGHT if name == "r" else CENTRAL
    state = ps.steady_state(family(**parameters), solver="superlu", basis=basis)
    largest = 0.0
    for label in labels:
        found = state.gradient(label, family, parameters=[name])
        expected = sum(w * whole.moment(x, label) for w, (whole, x) in ((w, rho(case, k * h)) for k, w in weights.items())) / h
        assert found[name] == pytest.approx(expected, abs=1e-9)
        largest = max(largest, abs(expected))
    assert largest > 1e-2


def test_a_resonant_drive_of_nothing_has_a_closed_form():
    """a = eta/kappa, with the coefficients of the driven model: i eta (a^dag - a), loss kappa (2 a rho a^dag - ...)."""
    state = ps.steady_state(ps.models.driven_tavis_cummings(N=1, kappa=0.7, gamma_h=0.5, g=0.0, eta=0.0, levels=4), solver="superlu")
    slope = state.gradient("a")
    assert slope["eta"] == pytest.approx(1 / 0.7, rel=1e-14)
    assert slope.errors["eta"] < 1e-13
    assert pickle.loads(pickle.dumps(slope)).errors == slope.errors


def test_errors_of_gradients():
    """They are above the difference to the other representation, and not much."""
    model = ps.models.central_spin(N=20, omega=1.3)
    dicke, occupation = (ps.steady_state(model, basis=basis).gradient("z0 z1") for basis in ("dicke", "occupation"))
    for name in ("g", "omega", "gamma_up"):
        difference = abs(dicke[name] - occupation[name])
        assert difference <= dicke.errors[name] + occupation.errors[name] < 1e-11


# -- without a matrix -------------------------------------------------------------------------------------------------------


def test_a_matrix_free_state_has_gradients():
    model = ps.models.tavis_cummings(N=10)
    state = ps.steady_state(model, solver="matrix-free", moments=["ad a"])
    slope = state.gradient("ad a", parameters=["g"])
    assert slope["g"] == pytest.approx(2.102386775442, abs=2e-12)
    assert abs(slope["g"] - 2.102386775442) <= slope.errors["g"] + 5e-13
    assert slope.errors["g"] < 1e-9


@pytest.mark.slow
def test_of_a_matrix_free_state_all_are_those_of_factors():
    """On resonance a detuning leads to the other quadrature; the drive is zero."""
    for model in (ps.models.tavis_cummings(N=6), ps.models.driven_tavis_cummings(N=4, kappa=1, gamma_h=0.5, g=0.6, eta=0.4, levels=16)):
        states = [ps.steady_state(model, solver=solver, moments=["ad a"]) for solver in ("matrix-free", "superlu")]
        for quantity in ("ad a", "ad -1", "a", "g2", "z1"):
            free, factored = (state.gradient(quantity) for state in states)
            for name in factored:
                assert free[name] == pytest.approx(factored[name], rel=1e-9, abs=1e-9)
                assert abs(free[name] - factored[name]) <= free.errors[name] + factored.errors[name]
                assert free.errors[name] < 1e-6 * max(1, abs(factored[name]))


# -- derived quantities ---------------------------------------------------------------------------------------------------------


def test_derived_quantities_by_the_chain_rule():
    def made(**other):
        parameters = {"N": 2, "kappa": 1, "gamma_h": 0.5, "g": 0.8, "eta": 0.3, "levels": 16}
        return ps.steady_state(ps.models.driven_tavis_cummings(**{**parameters, **other}), solver="superlu", moments=["ad a"])

    state, h = made(), 2e-3
    near = {k: made(g=0.8 + k * h).derived for k in CENTRAL}
    for name in ("photons", "coherent_photons", "g2", "p_up"):
        found = state.gradient(name, parameters=["g"])
        expected = sum(w * near[k][name] for k, w in CENTRAL.items()) / h
        assert found["g"] == pytest.approx(expected, abs=2e-9)
        assert found["g"].imag == 0 < found.errors["g"] < 1e-6 * abs(found["g"])


def test_squeezing_by_the_chain_rule():
    """On and off the axis: the direction of least variance turns with the parameter."""

    def twisted(chi, tilt):
        s = ps.Ensemble(4)
        hamiltonian = chi * (s.p * s.p + s.m * s.m) + tilt * s.x
        return ps.Model(None, s, hamiltonian, [ps.Individual(0.6, s.m), ps.Individual(0.1, s.p)], parameters={"chi": chi, "tilt": tilt})

    h = 5e-4
    for name, values in (("chi", {"chi": 0.1, "tilt": 0.2}), ("tilt", {"chi": 0.1, "tilt": 0.2}), ("chi", {"chi": 0.1, "tilt": 0.0})):
        near = {k: ps.steady_state(twisted(**{**values, name: values[name] + k * h})).squeezing() for k in CENTRAL}
        found = Derivatives(ps.steady_state(twisted(**values)), twisted, [name]).squeezing()
        for quantity in ("wineland", "kitagawa_ueda"):
            expected = sum(w * getattr(near[k], quantity) for k, w in CENTRAL.items()) / h
            assert found[quantity][name] == pytest.approx(expected, abs=1e-8)
            assert abs(expected) > 1e-3
            assert 0 < found[quantity].errors[name] < 1e-9


def test_bad_parameters_are_refused():
    state = ps.steady_state(central_spin(N=3))
    with pytest.raises(InputError, match="no parameter 'G'; it has"):
        state.gradient("z0", parameters=["G"])
    with pytest.raises(InputError, match="counts something"):
        state.gradient("z0", parameters=["N"])


def test_squeezing_of_one_satellite():
    """Its second moments are numbers, and no moments of pairs."""
    states = [ps.steady_state(ps.models.central_spin(N=1, kappa=kappa)) for kappa in (0.999, 1.001)]
    slope = (states[1].squeezing().kitagawa_ueda - states[0].squeezing().kitagawa_ueda) / 0.002
    found = Derivatives(ps.steady_state(ps.models.central_spin(N=1, kappa=1.0)), ps.models.central_spin, ["kappa"]).squeezing()
    assert found["kitagawa_ueda"]["kappa"] == pytest.approx(slope, abs=1e-6)
