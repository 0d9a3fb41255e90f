"""Pictures of a state show its numbers."""

import numpy as np
import pytest

import permsym as ps


def thermal(photons, levels=60):
    """A mode in contact with a bath of that many photons, emitters apart."""
    base = ps.models.tavis_cummings(N=2, g=0, kappa=1 + photons, levels=levels)
    return ps.steady_state(ps.Model(base.centre, base.ensembles, base.hamiltonian, [*base.jumps, ps.Central(photons, base.centre.ad)]))


def test_pictures_show_the_numbers():
    """Bars are P(n); the maps hold W and Q on the same plane, with zero in the middle of the Wigner function's colours."""
    mode = thermal(0.4, 30).mode
    figure = ps.plot.mode_figure(mode)
    bars, wigner, husimi = figure.axes[:3]
    heights = [patch.get_height() for patch in bars.patches]
    assert heights == pytest.approx(mode.photon_distribution(errors=False).probability[: len(heights)], abs=0)
    maps = [axes.collections[0] for axes in (wigner, husimi)]
    assert maps[0].get_array().max() == pytest.approx(1 / (np.pi * 1.8), rel=1e-12)
    assert maps[1].get_array().max() == pytest.approx(1 / (np.pi * 1.4), rel=1e-12)
    assert maps[0].norm.vmin == -maps[0].norm.vmax
    assert wigner.get_xlim() == husimi.get_xlim()
    assert {axes.get_xlabel() for axes in (wigner, husimi)} == {"$x$"}
