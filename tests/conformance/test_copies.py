"""Results are pickled and copied with all that one reads off them; factors are made again when they are used."""

import copy
import multiprocessing
import pickle
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

import permsym as ps

SPIN = ps.models.central_spin(N=3)
CAVITY = ps.models.tavis_cummings(N=2, g=0.3, levels=6)
TIMES = np.linspace(0, 1, 3)


def quietly(make):
    with warnings.catch_warnings(action="ignore"):
        return make()


RESULTS = {
    "model": (lambda: SPIN, lambda one: (one, one.hash, [term.name for term in one.terms])),
    "state": (lambda: ps.steady_state(SPIN, moments="z0"), lambda one: (one.moment("z1 z2"), one.error("z1 z2"), repr(one))),
    "cavity": (lambda: ps.steady_state(CAVITY), lambda one: (one.moment("ad a"), one.error("ad ad a a"), repr(one))),
    "mode": (lambda: ps.steady_state(CAVITY).mode, lambda one: (one.photons, one.wigner([0.0], [0.0]).item())),
    "evolution": (lambda: ps.evolve(SPIN, TIMES), lambda one: (one.moment("z0").tolist(), repr(one), one.state(1.0).moment("+1 -2"))),
    "spectrum": (lambda: ps.spectrum(CAVITY, TIMES), lambda one: (one.power.tolist(), repr(one))),
    "correlation": (lambda: ps.g2(ps.steady_state(CAVITY), TIMES), lambda one: (one.values.tolist(), repr(one))),
    "eigenvalues": (lambda: ps.eigenvalues(SPIN, k=3), repr),
    "cumulants": (lambda: ps.cumulants.steady_state(SPIN, order=2), lambda one: one.moment("z0")),
    "linear noise": (lambda: ps.linear_noise(ps.models.tavis_cummings(N=100)), repr),
    "bounds": (lambda: ps.bounds(SPIN, "z0", degree=1), lambda one: (one.lower, one.upper)),
    "trajectories": (lambda: ps.trajectories(SPIN, times=TIMES, target=0.2, seed=1), repr),
    "twa": (lambda: ps.twa.evolve(SPIN, TIMES, seed=1, target=0.2), repr),
    "counting": (lambda: ps.full_counting(ps.steady_state(SPIN), "L[-0]"), lambda one: (one.current, one.fano)),
    "gradient": (lambda: ps.gradient(ps.steady_state(SPIN), "z0"), dict),
    "sweep": (lambda: ps.sweep(ps.models.central_spin, {"N": [2, 3]}), lambda one: one["p0_up"].values.tolist()),
}


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.quick("model", "state", "cavity", "evolution", "correlation")
def test_a_copy_says_the_same(name):
    make, read = RESULTS[name]
    one = quietly(make)
    sent = pickle.dumps(one)
    expected = read(one)
    for other in (pickle.loads(sent), copy.deepcopy(one)):
        assert other is not one
        assert read(other) == expected


def test_factors_stay_behind():
    null = pickle.loads(pickle.dumps(ps.steady_state(SPIN))).solution.null
    assert null.factor._factors is None
    null.factor.solve(np.ones(len(null.vector) - 1))
    assert null.factor._factors is not None


@pytest.mark.slow
def test_a_state_goes_through_a_process_pool():
    """A spawned process sends a state back, whose next error estimate needs its factors."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        state = pool.submit(ps.steady_state, ps.models.central_spin(N=6), moments="z0").result(timeout=100)
    assert state.error("z1 z2") == ps.steady_state(ps.models.central_spin(N=6), moments="z0").error("z1 z2")
