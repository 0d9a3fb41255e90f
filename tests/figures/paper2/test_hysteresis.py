"""Loops of a driven cavity: the exact one against QuTiP's integrator, areas against curves that one can integrate by hand."""

import numpy as np
import pytest
import qutip
from oracles.brute_force import BruteForce

from permsym.figures.paper2 import hysteresis
from permsym.models.driven_tavis_cummings import driven_tavis_cummings

DURATION = 3.0


@pytest.fixture(scope="module")
def data():
    return hysteresis.compute(1, "", None, sizes=(1,), durations=(DURATION, 12.0))


def test_the_area_of_a_parabola_s_loop():
    _, drive = hysteresis.ramp_drive(1.0)
    half = len(drive) // 2
    up = np.where(np.arange(len(drive)) <= half, (drive - 0.6) ** 2, 0.7 * (drive - 0.6))  # they meet at 1.3
    area, off = hysteresis.loop_area(up, drive)
    assert area == pytest.approx(0.7 * 0.7**2 / 2 - 0.7**3 / 3, rel=1e-12)
    assert off < 1e-12
    assert hysteresis.loop_area(up[::-1], drive)[0] == pytest.approx(-area)


@pytest.mark.slow
def test_the_exact_loop_is_qutip_s(data):
    levels = 14
    low, high = (BruteForce(driven_tavis_cummings(1, C=14, drive=d, kappa=1, gamma_h=0.5, levels=levels)) for d in (0.6, 1.3))
    h0, h1 = low.hamiltonian(), high.hamiltonian() - low.hamiltonian()
    rho = qutip.Qobj(low.steady_state(), dims=h0.dims)
    times = np.linspace(0, DURATION, 5)
    solution = qutip.mesolve(
        [h0, [h1, lambda t: 2 * min(t, DURATION - t) / DURATION]], rho, times, low.collapse(), e_ops=[low.moment_operator("a")],
        options={"rtol": 1e-9, "atol": 1e-11, "max_step": 0.1, "nsteps": 100_000},
    )  # fmt: skip
    exact = data["coherent_photons"].sel(approach="exact", N=1, duration=DURATION).values[:: hysteresis.SAMPLES // 4]
    assert np.abs(exact - np.abs(solution.expect[0]) ** 2).max() < 2e-6
    assert np.ptp(exact) > 1e-3


@pytest.mark.slow
def test_areas_have_errors_and_a_picture_is_drawn(data, tmp_path):
    exact = data.sel(approach="exact")
    assert (exact["status"] == "ok").all()
    assert (exact["area_error"] < 1e-4 * np.abs(exact["area"])).all()
    hysteresis.plot(data, lambda figure: figure.savefig(tmp_path / "figure.png"))
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    assert len(hysteresis.table(data)) == 1 + len(hysteresis.METHODS) * 2
