"""Figures in time and frequency: what their data say, and what their pictures leave out."""

from dataclasses import replace

import numpy as np
import pytest

from permsym import dataset as datasets
from permsym import plot
from permsym.cumulants import Failure
from permsym.dataset.status import Status, expanded
from permsym.figures.two_time import g2
from permsym.figures.two_time.cavities import DRIVEN, PUMPED
from permsym.figures.two_time.linewidth import CENTRAL_SPIN, LASER
from permsym.figures.two_time.shared import draw_points


@pytest.fixture(scope="module")
def widths():
    """The central spin's, of 1 and 2 satellites."""
    return CENTRAL_SPIN.compute(2, "", None)


def test_widths_are_certified_and_those_of_the_eigenvalue(widths):
    """-Re lambda of two satellites: 0.952933523."""
    exact = widths.sel(approach="exact")
    assert (exact["certified"] == 1).all()
    assert (exact["error_estimate"] < 1e-6 * exact["half_maximum"]).all()
    assert float(exact["fwhm"].sel(N=2)) == pytest.approx(2 * 0.952933523, abs=1e-8)
    assert (widths.drop_sel(approach="exact")["certified"] == 0).all()


def test_orders_are_exact_where_they_count_every_satellite(widths):
    """Order M counts M - 2 satellites beside the centre and the operator at the earlier time."""
    half = widths["half_maximum"]
    for approach, most in (("c3", 1), ("c4", 2), ("c5", 2)):
        assert half.sel(approach=approach, N=most).item() == pytest.approx(half.sel(approach="exact", N=most).item(), rel=1e-8)
    for approach, first in (("c2", 1), ("c3", 2)):
        assert abs(half.sel(approach=approach, N=first) / half.sel(approach="exact", N=first) - 1) > 0.01


def test_the_same_numbers_again(widths):
    again = CENTRAL_SPIN.compute(2, "", None)
    for name in ("fwhm", "half_maximum", "weight", "error_estimate"):
        assert again[name].values.tobytes() == widths[name].values.tobytes()


@pytest.mark.slow
def test_a_laser_of_one_emitter():
    """Without the certificate's help: -2 Re lambda of the pole near omega = 1, from the Liouvillian's eigenvalues."""
    import permsym as ps

    data = LASER.compute(2, "", None)
    model = ps.models.tavis_cummings(N=1, kappa=40, g=1, gamma_up=1 / 20, gamma_down=0.1, levels=12)
    value = ps.eigenvalues(model, k=1, charge=-1, near=1.0).eigenvalues[0]
    assert float(data["fwhm"].sel(N=1, approach="exact")) == pytest.approx(-2 * value.real, rel=1e-8)


def test_failures_are_statuses():
    assert expanded({}) == (Status.OK, "")
    assert expanded({Failure.NEGATIVE: "S < 0"}) == (Status.UNPHYSICAL, "S < 0")
    assert expanded({Failure.NEGATIVE: "S < 0", Failure.GROWING: "grows"})[0] is Status.UNSTABLE


def test_no_line_goes_through_a_value_that_failed():
    status = np.array(["ok", "unstable", "ok", "uncertified"])
    with plot.drawing() as (_, (axes,)):
        draw_points(axes, np.arange(4.0), np.array([5.0, 6, 7, 8]), status, "c3")
        line, crosses = (np.asarray(each.get_ydata()) for each in axes.lines)
        assert axes.lines[1].get_linestyle() == "None"
    assert np.isnan(line).tolist() == [False, True, False, True]
    assert crosses[[1, 3]].tolist() == [6, 8]


def test_coherence_of_two_satellites(monkeypatch):
    """g2(0.5) = 0.239217104 of the centre; at tau = 0 nothing of the centre, and of J- what a state of two satellites has."""
    import permsym as ps

    monkeypatch.setattr(g2, "DELAYS", np.array([0.0, 0.5]))
    data = g2.compute(2, "", None)
    exact = data.sel(N=2, approach="exact")
    assert (exact["certified"] == 1).all()
    assert exact["g2"].sel(emitter="centre").values == pytest.approx([0, 0.239217104], abs=1e-9)
    state = ps.steady_state(ps.models.central_spin(N=2, **{k: v for k, v in g2.FIXED.items() if k != "kappa"}, kappa=2 / 16))
    both_up, up, coherence = (
        (1 + 2 * state.moment("z1") + state.moment("z1 z2")).real / 4,
        (1 + state.moment("z1").real) / 2,
        state.moment("+1 -2"),
    )
    expected = 4 * both_up / (2 * up + 2 * coherence.real) ** 2
    assert exact["g2"].sel(emitter="satellites").values[0] == pytest.approx(expected, rel=1e-10)
    assert data["status"].sel(emitter="satellites", N=2, approach="c2") == Status.NOT_APPLICABLE


@pytest.mark.parametrize(("scan", "values"), [(PUMPED, (0.01, 10.0)), pytest.param(DRIVEN, (0.3, 1.5), marks=pytest.mark.slow)])
def test_spectra_obey_their_sum_rule_and_lose_their_splitting(scan, values, tmp_path):
    """int S = 2 pi (<a^dag a> - |<a>|^2) within what lies beyond the frequencies; two peaks at +- g sqrt N when weak, one when strong."""
    few = replace(scan, values=values, shown=values)
    data = few.compute(1, "", None)
    datasets.save(data, tmp_path / "spectra.nc")
    assert datasets.open_dataset(tmp_path / "spectra.nc").identical(data)
    assert (data["certified"] == 1).all()
    integral = np.trapezoid(data["power"], data["frequency"]) / (2 * np.pi)
    assert integral == pytest.approx(data["incoherent_photons"].values, rel=0.05)
    weak, strong = (few.table(data)[1 + k][1].split() for k in range(2))
    assert len(weak) >= 2
    assert float(weak[-1]) == pytest.approx(-float(weak[0]))
    assert len(strong) == 1


def test_what_is_not_certified_leaves_the_map_blank():
    data = replace(PUMPED, values=(0.01, 10.0)).compute(1, "", None)
    data["status"] = ("gamma_up", ["ok", "uncertified"])
    with plot.drawing() as (_, (axes,)):
        PUMPED.map(axes, data)
        shown = np.ma.getmaskarray(axes.collections[0].get_array()).reshape(2, -1)
    assert shown.all(axis=1).tolist() == [False, True]
