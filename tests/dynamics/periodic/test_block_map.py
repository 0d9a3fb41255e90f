"""Periodic states block by block, as for large cavities, beside matrices that are written out."""

import math

import numpy as np
import pytest

import permsym as ps
from permsym.dynamics import sector
from permsym.dynamics.initial_density import as_initial
from permsym.dynamics.periodic.block_map import BlockMap
from permsym.dynamics.taylor.sector import Asked
from permsym.dynamics.taylor.steps import Clock

OMEGA = 2.6
PERIOD = 2 * math.pi / OMEGA
RULES = {"eta": f"1.5 + 0.5*cos({OMEGA}*t)"}
LABELS = ["a", "ad a", "z1", "ad z1"]


def cavity(N=1, **parameters):
    return ps.models.driven_tavis_cummings(N=N, **{"kappa": 1.0, "gamma_h": 0.5, "g": 0.8, "eta": 0.3, **parameters})


@pytest.mark.parametrize("detuning", [0.0, pytest.param(0.3, marks=pytest.mark.slow)])
def test_equals_matrices_that_are_written_out(monkeypatch, detuning):
    """Real numbers on resonance, complex ones beside it; displaced to the middle of the orbit."""
    model = cavity(Delta_c=detuning, Delta=-detuning / 2)
    asked = {
        "modulate": RULES,
        "period": PERIOD,
        "times": np.linspace(0, PERIOD, 5),
        "moments": LABELS,
        "tolerance": 1e-6,
        "multipliers": 2,
    }
    written = ps.floquet(model, **asked)
    monkeypatch.setattr(sector, "LARGE", 1)
    blockwise = ps.floquet(model, **asked)
    assert blockwise.evolution.model.centre.displacement
    assert blockwise.certificate.certified
    for label in LABELS:
        error = np.abs(written.moment(label) - blockwise.moment(label)).max()
        assert error < 1e-9
        assert error <= blockwise.certificate.errors[label] + written.certificate.errors[label]
    assert np.abs(written.multipliers - blockwise.multipliers).max() < 1e-9


def test_the_other_quadrature_is_in_the_map_of_all_states():
    """On resonance states of one quadrature stay in it: the map on complex numbers has theirs, and traces that stay."""
    model = cavity(N=1, levels=4)
    clock = Clock.of(model, RULES, 0.0, PERIOD, (), None)
    real = BlockMap(clock.modulation.model, "dicke", Asked((), as_initial("", model)), clock, PERIOD, 1e-10)
    whole = real.whole
    assert (real.sector.dtype, whole.sector.dtype) == (float, complex)
    assert any(real.basis.phases)
    x = real.random
    assert np.abs(real.lifted(real(x)) - whole(real.lifted(x))).max() < 1e-12
    y = whole.random
    image = whole(y)
    assert whole.total @ image == pytest.approx(whole.total @ y, abs=1e-12)
    assert np.abs(image.view(complex).imag).max() > 1e-6
    assert real.spent == real.products + whole.products > real.products


def test_what_is_too_large_is_refused(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "40MB")
    with pytest.raises(ps.TooLarge, match=r"the periodic state needs about .* but .* are available"):
        ps.floquet(ps.models.central_spin(N=40), modulate={"g": f"0.7 + 0.4*sin({OMEGA}*t)"}, period=PERIOD)
