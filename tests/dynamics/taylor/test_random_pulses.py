"""Random functions of time for random parameters, against QuTiP's integrator on the product space; the error inside its own bound."""

import math

import numpy as np
import pytest
import qutip
from oracles.brute_force import BruteForce

import permsym as ps

TIMES = np.linspace(0, 2, 5)
WITHIN = 1e-9
FAMILIES = {
    "central_spin": (ps.models.central_spin, ("omega", "g"), ("kappa", "gamma_up", "gamma_down", "gamma_phi"), {}),
    "tavis_cummings": (ps.models.tavis_cummings, ("omega", "g"), ("kappa", "gamma_up", "gamma_down"), {"levels": 4}),
    "driven_tavis_cummings": (ps.models.driven_tavis_cummings, ("eta", "Delta", "g"), ("kappa", "gamma_h"), {"levels": 4}),
}


def pulse(rng, positive):
    """The text of a smooth function on top of a constant, with a kink sometimes; a rate stays positive."""
    height, centre, width, frequency, phase, slope = rng.uniform(0.2, 1, 6)
    text = f"{height}*exp(-((t - {2 * centre})/{width})**2)*cos({5 * frequency}*t + {6 * phase})"
    kink = f" + {0.5 * slope}*abs(t - {2 * centre})" * int(rng.integers(2))
    return f"{1 if positive else 0} + {text}{kink}"


def function(text):
    """Of a text, by Python itself."""
    names = {"exp": math.exp, "cos": math.cos, "abs": abs}
    return lambda t: eval(text, names, {"t": t})


def mesolve(family, fixed, static, pulses, rates, labels):
    """Moments (labels, T) from the lowest states; each parameter's part of H, or its jump, times its function."""
    zero = dict.fromkeys([*static, *pulses], 0.0)
    base = BruteForce(family(**fixed, **{**zero, **static}))
    h, jumps = [base.hamiltonian()], [c for c in base.collapse() if c.norm() > 0]
    for name, text in pulses.items():
        f, one = function(text), BruteForce(family(**fixed, **{**zero, name: 1.0}))
        if name in rates:
            jumps += [[c, lambda t, f=f: math.sqrt(f(t))] for c in one.collapse() if c.norm() > 0]
        else:
            h.append([one.hamiltonian() - BruteForce(family(**fixed, **zero)).hamiltonian(), f])
    rho = np.zeros((base.D, base.D))
    lowest = base.D - 1 if base.model.centre.kind == "spin" else base.D // base.model.centre.levels - 1  # a boson's level 0 comes first
    rho[lowest, lowest] = 1
    start = qutip.Qobj(rho, dims=h[0].dims)
    options = {"atol": 1e-13, "rtol": 1e-12, "nsteps": 100_000, "max_step": 0.05, "method": "dop853"}
    observed = [base.moment_operator(label) for label in labels]
    return np.array(qutip.mesolve(h, start, TIMES, jumps, e_ops=observed, options=options).expect)


@pytest.mark.parametrize(
    ("name", "N", "seed"),
    [pytest.param("central_spin", 2, 0, marks=pytest.mark.slow), ("driven_tavis_cummings", 1, 1)],
)
def test_random_pulses_equal_mesolve(name, N, seed):
    rng = np.random.default_rng(seed)
    family, energies, rates, more = FAMILIES[name]
    names = [*energies, *rates]
    driven = set(rng.choice(names, size=int(rng.integers(2, 4)), replace=False)) | {"eta"} & set(energies)
    pulses = {each: pulse(rng, each in rates) for each in names if each in driven}
    static = {each: float(rng.uniform(0.2, 1)) for each in names if each not in driven}
    fixed = {"N": N, **more}
    model = family(**fixed, **static, **dict.fromkeys(pulses, 0.5))
    labels = ["+0 -1", "z1"] if model.centre.kind == "spin" else ["ad a", "ad -1", "z1"]
    found = ps.evolve(model, TIMES, moments=labels, modulate=pulses, tolerance=WITHIN)
    expected = mesolve(family, fixed, static, pulses, rates, labels)
    for label, row in zip(labels, expected, strict=True):
        error = np.abs(found.moment(label) - row).max()
        assert error < WITHIN, label
        assert error <= found.certificate.errors[label] + 3e-12, label  # the oracle's own
    assert np.ptp(expected[-1].real) > 1e-3
