"""Too large is refused beforehand, quickly, and with a size that would fit."""

import re
import signal

import numpy as np
import pytest
from oracles import systems

import permsym as ps
from permsym import machine
from permsym.linear import factorisation, superlu
from permsym.steady import needs
from permsym.steady.plan import Route
from permsym.steady.solve import plan_of

P0_UP_200 = 0.4561166243257493  # occupation basis


def driven(N):
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(c, s, 0.3 * s.x + 0.2 * (c.p * s.m + c.m * s.p), [ps.Individual(1, s.m), ps.Central(1, c.m)])


@pytest.mark.parametrize("basis", ["auto", "dicke", "occupation"])
@pytest.mark.parametrize(("limit", "bytes_"), [("1GB", 2**30), ("700M", 700 * 2**20), ("3 GiB", 3 * 2**30)])
def test_a_million_is_refused_quickly(monkeypatch, basis, limit, bytes_):
    monkeypatch.setenv("PERMSYM_MEMORY", limit)
    model = ps.models.central_spin(N=10**6)
    with pytest.raises(ps.TooLarge, match=r"^this needs about [^\n]* unknowns[^\n]*$") as caught:
        limited(lambda: ps.steady_state(model, basis=basis, window="full"), 3)
    assert caught.value.exit_code == 4
    fitting = int(re.search(r"N=(\d+) would fit", str(caught.value))[1])
    assert fitting > 100
    assert plan_of(ps.models.central_spin(N=fitting), basis=basis, window="full").bytes <= bytes_
    with pytest.raises(ps.TooLarge):
        plan_of(ps.models.central_spin(N=fitting + 2), basis=basis, window="full")


@pytest.mark.parametrize("limit", ["700M"])
def test_a_window_that_is_too_large_says_what_would_fit(monkeypatch, limit):
    """Extrapolated from small systems, on the safe side."""
    monkeypatch.setenv("PERMSYM_MEMORY", limit)
    with pytest.raises(ps.TooLarge, match=r"^this needs about [^\n]* on the window[^\n]*$") as caught:
        ps.steady_state(ps.models.central_spin(N=10**6), basis="dicke")
    fitting = int(re.search(r"N=(\d+) would fit", str(caught.value))[1])
    assert fitting > 1000
    assert plan_of(ps.models.central_spin(N=fitting)).route is Route.LATTICE


def test_where_neither_window_nor_hermite_serves_both_reasons_are_given(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "100M")
    with pytest.raises(ps.TooLarge, match=r"on the window.*the Hermite solver.*does not apply: .*standard deviations"):
        ps.steady_state(ps.models.central_spin(N=1000))


def test_past_the_window_the_hermite_solver_answers(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "500M")
    state = ps.steady_state(ps.models.central_spin(N=10**6), moments="z0")
    assert state.solver["name"] == "hermite"
    assert state.certificate.certified
    assert abs(state.derived["p0_up"] - 0.4412035508239842) < 1e-13


@pytest.mark.parametrize("N", [10**6, 4 * 10**6, 10**7])
def test_counts_do_not_overflow(monkeypatch, N):
    """No symmetry: 2/3 N^3 unknowns, beyond 64-bit integers."""
    monkeypatch.setenv("PERMSYM_MEMORY", "1GB")
    with pytest.raises(ps.TooLarge) as caught:
        plan_of(driven(N), basis="dicke")
    unknowns = int(re.search(r"\((.*) unknowns", str(caught.value))[1].replace(",", ""))
    assert abs(unknowns / (2 / 3 * N**3) - 1) < 1e-3


@pytest.mark.parametrize("N", [30, 1000])
def test_many_level_satellites_are_refused_quickly(monkeypatch, N):
    monkeypatch.setenv("PERMSYM_MEMORY", "1GB")
    model = systems.random_qutrits(N)
    with pytest.raises(ps.TooLarge, match="would fit"):
        limited(lambda: ps.steady_state(model, window="auto" if N == 1000 else "full"), 5)


def test_the_full_space_is_refused_quickly(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "1GB")
    model = ps.models.central_spin(N=20_000)
    with pytest.raises(ps.TooLarge):
        limited(lambda: ps.steady_state(model, basis="full"), 5)


def limited(call, seconds):
    """The call's result; TimeoutError where this process takes longer, whatever else the machine does."""

    def stop(*_):
        raise TimeoutError(f"took more than {seconds} s")

    previous = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def test_two_ensembles(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "300M")
    with pytest.raises(ps.TooLarge, match=r"N=\d+, \d+ would fit"):
        ps.steady_state(systems.charged_two_ensembles(200), basis="occupation")


def test_nothing_fits(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "1M")
    with pytest.raises(ps.TooLarge, match="raise PERMSYM_MEMORY"):
        ps.steady_state(ps.models.central_spin(N=3))


def test_estimates_grow_with_the_system():
    plans = [plan_of(ps.models.central_spin(N=N)) for N in (10, 30, 100, 200)]
    assert (np.diff([(plan.bytes, plan.seconds) for plan in plans], axis=0) > 0).all()


@pytest.mark.parametrize(("limit", "kind"), [("400M", "double"), ("240M", "single"), ("190M", "incomplete")])
def test_the_solver_of_a_window_is_chosen_by_memory(monkeypatch, limit, kind):
    monkeypatch.setenv("PERMSYM_MEMORY", limit)
    model = ps.models.central_spin(N=1500)
    plan = plan_of(model)
    assert plan.window == "adapted"
    assert factorisation.kind_of(plan.solver) == kind
    assert plan.bytes <= machine.available_bytes()


@pytest.mark.parametrize("kind", ["double", "single"])
@pytest.mark.quick("double")
def test_the_solver_of_a_full_basis_is_chosen_by_memory(monkeypatch, kind):
    model = ps.models.central_spin(N=200)
    monkeypatch.setenv("PERMSYM_MEMORY", f"{1.01 * needs.unrefused(model, 'dicke', superlu.SuperLU(precision=kind)).bytes:.0f}")
    state = ps.steady_state(model)
    assert (state.solver["name"], state.solver["precision"]) == ("superlu", kind)
    assert state.certificate.certified
    assert abs(state.derived["p0_up"] - P0_UP_200) <= state.error("z0") / 2 + 1e-15


@pytest.mark.slow
def test_large_windows_take_the_quicker_precision_and_try_again_where_it_fails(monkeypatch):
    monkeypatch.setattr(factorisation, "QUICKER", 1000)
    easy = ps.steady_state(ps.models.central_spin(N=301))
    assert easy.solver["precision"] == "single"
    assert easy.algebraic_error < 1e-12
    monkeypatch.setattr(superlu, "_REFINEMENTS", 0)  # what single precision gives where refinement does not converge
    lines = []
    state = ps.steady_state(ps.models.central_spin(N=301), progress=lines.append)
    assert state.solver["precision"] == "double"
    assert any("again" in line for line in lines)
    assert abs(state.moment("z0") - easy.moment("z0")) <= state.error("z0") + easy.error("z0") < 1e-12
