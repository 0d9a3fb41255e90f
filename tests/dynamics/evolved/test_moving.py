"""Windows that move in time: against the whole lattice, against rate equations that share no code, within their own bound."""

from contextlib import contextmanager

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

import permsym as ps
from permsym.basis.window import Window
from permsym.dynamics.evolved import moving
from permsym.dynamics.initial_density import as_initial

LABELS = ["z1", "z1 z2", "+1 -2"]


def decay(N, loss, epsilon=0.0):
    """N spins that decay together at rate 1, and each for itself; the centre is idle."""
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(c, s, epsilon * s.z, [ps.Collective(1.0, s.m), *([ps.Individual(loss, s.m)] if loss else [])])


def rate_equations(N, loss, down_to):
    """P(j, m) from all up, j = N/2, ..., down_to: B. Q. Baragiola et al., Phys. Rev. A 81, 032104 (2010); sites and the rate matrix."""
    sites = [(j, m) for j in np.arange(N / 2, down_to - 1, -1) for m in np.arange(-j, j + 1)]
    position = {site: k for k, site in enumerate(sites)}
    rows, columns, values = [], [], []
    for k, (j, m) in enumerate(sites):
        pairs = (j + m) * (j - m + 1)
        flows = {(j, m - 1): pairs}
        if loss and j:
            flows[j, m - 1] += loss * pairs * (N / 2 + 1) / (2 * j * (j + 1))
            flows[j - 1, m - 1] = loss * (j + m) * (j + m - 1) * (N / 2 + j + 1) / (2 * j * (2 * j + 1))
            flows[j + 1, m - 1] = loss * (j - m + 1) * (j - m + 2) * (N / 2 - j) / (2 * (j + 1) * (2 * j + 1))
        for target, rate in flows.items():
            rows += [position[target], k] if rate and target in position else [k] * bool(rate)
            columns += [k, k] if rate and target in position else [k] * bool(rate)
            values += [rate, -rate] if rate and target in position else [-rate] * bool(rate)
    return np.array(sites), sparse.csc_array((values, (rows, columns)), shape=(len(sites),) * 2)


def moments_of(N, sites, P):
    j, m = sites.T
    pairs = (j + m) * (j - m + 1)
    return {
        "z1": 2 * P @ m / N,
        "z1 z2": P @ (4 * m**2 - N) / N / (N - 1),
        "+1 -2": P @ (pairs - (N / 2 + m)) / N / (N - 1),
    }


@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_superradiance_equals_rate_equations(monkeypatch, loss):
    monkeypatch.setattr(moving, "LARGE", 1)
    N, times = 200, np.array([0.0, 3.0, 6.0, 12.0]) / 200
    found = ps.evolve(decay(N, loss), times, initial="down up", moments=LABELS)
    sites, matrix = rate_equations(N, loss, N / 2 - (14 if loss else 0))
    P = np.zeros(len(sites))
    P[np.flatnonzero((sites == N / 2).all(axis=1))] = 1
    for k, now in enumerate(times):
        for label, value in moments_of(N, sites, expm_multiply(matrix * now, P)).items():
            assert abs(found.moment(label)[k] - value) <= found.certificate.errors[label] + 1e-12
    assert found.certificate.certified
    assert found.certificate.error_estimate < 1e-9
    assert found.dimension < (N / 2 + 1) ** 2 / 3  # of what the initial state reaches
    burst = found.state(times[2]).distribution()
    assert burst.mean[1] == pytest.approx(N / 2 * found.moment("z1")[2].real, abs=1e-7)


@pytest.mark.parametrize("start", ["bloch=1.1,0.2 up", "up dicke=5,-2", "up down"])
def test_windows_and_the_whole_lattice_agree(monkeypatch, start):
    """With a centre that takes part, in charged sectors too; then on from there, with the window of the state."""
    model, times = ps.models.central_spin(N=60), [0.0, 0.2, 0.9]
    start = start.replace("5", "26")
    plain = ps.evolve(model, times, initial=start)
    monkeypatch.setattr(moving, "LARGE", 1)
    found = ps.evolve(model, times, initial=start)
    assert isinstance(found.state(0.9).basis.parts[1].window, Window)
    assert found.certificate.certified
    for label in found.labels:
        apart = np.abs(found.moment(label) - plain.moment(label)).max()
        assert apart <= found.certificate.errors[str(label)] + plain.certificate.errors[str(label)]
    again = ps.evolve(model, [0.0, 0.7], initial=found.state(0.2), moments=["z0", "+0 -1"])
    assert isinstance(again.state(0.7).basis.parts[1].window, Window)
    assert again.moment("z0")[1] == pytest.approx(plain.moment("z0")[2], abs=1e-8)
    assert again.certificate.error_estimate > found.state(0.2).deviation((0,))


def test_a_quench_from_a_window(monkeypatch):
    """A steady state on its window, and what a change of the pump makes of it: the rates say the slope."""
    monkeypatch.setattr(moving, "LARGE", 1)
    before, after = (ps.models.central_spin(N=300, gamma_up=up) for up in (1.5, 1.6))
    state = ps.steady_state(before, window=10)
    found = ps.evolve(after, [0.0, 1e-3], initial=state, moments=["z0", "z1"], tolerance=1e-8)
    assert isinstance(found.state(0.0).basis.parts[1].window, Window)
    assert found.certificate.certified
    assert found.certificate.trace_defect < 1e-8
    z, flow = state.moment("z1").real, 0.1 * (1 - state.moment("z1").real)
    assert (found.moment("z1")[1].real - z) / 1e-3 == pytest.approx(flow, rel=1e-2)


def test_what_a_change_of_windows_leaves_out():
    """Populations around a site: those beyond the new window are missing, and counted."""
    model = decay(40, 0.1)
    initial = as_initial("down dicke=20,20", model)
    wide = moving.WindowSector.first(model, (0, 0), Window.full(40), ["z1"], initial)
    J, M, _ = wide.basis.labels[2:][:, wide.active]
    state = np.exp(-((J - 36) ** 2 + (M + 30) ** 2) / 20.0) * (wide.basis.labels[0][wide.active] == 1)
    state /= state.sum()
    small = 0.2 / moving._DROPPED
    with monkeypatched(moving, "_LEAST", (0, 0)), monkeypatched(moving, "_SHARE", 0.0):
        narrow = wide.moved(state, small, False)
    assert narrow.size < wide.size / 2
    assert narrow.missing == pytest.approx(1 - narrow.initial.sum(), rel=1e-9)
    assert 0.1 < narrow.missing < 0.2
    assert wide.moved(state, 1e-20, False) is None


def test_what_steps_lose_is_part_of_the_error(monkeypatch):
    monkeypatch.setattr(moving, "LARGE", 1)
    model, times = decay(60, 0.1), [0.0, 0.2]
    found = ps.evolve(model, times, initial="down up", tolerance=1e-4)
    lost = moving.WindowSector.lost
    monkeypatch.setattr(moving.WindowSector, "lost", lambda sector, step: lost(sector, step) + 1e-8)
    more = ps.evolve(model, times, initial="down up", tolerance=1e-4)
    assert more.solver == found.solver
    added = more.certificate.error_estimate - found.certificate.error_estimate
    assert added == pytest.approx(1e-8 * more.solver["steps"], rel=1e-6)


@contextmanager
def monkeypatched(module, name, value):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, value)
        yield


@pytest.mark.slow
def test_ten_thousand_spins():
    """Superradiance with individual losses, of which about one happens before the burst: close to the purely collective one."""
    N, times = 10_000, np.array([0.0, 10.0, 14.0]) / 10_000
    found, alone = (ps.evolve(decay(N, loss), times, initial="down up", moments=LABELS, keep=[times[1]]) for loss in (0.1, 0.0))
    assert found.certificate.certified
    assert alone.certificate.certified
    assert np.abs(found.moment("z1") - alone.moment("z1")).max() < 2e-3
    j = found.state(times[1]).distribution().mean[0]
    assert 0 < N / 2 - j < 5
