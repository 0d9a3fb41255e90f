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


def test_a_legend_leaves_the_curves(tmp_path):
    """In a corner that is free, and beside the axes where none is; seen on the rendered boxes."""
    for curves, outside in (([[0, 0, 3]], False), ([[k, k] for k in np.linspace(0, 1, 30)], True)):
        with ps.plot.drawing() as (figure, (axes,)):
            for k, curve in enumerate(curves):
                axes.plot(np.arange(len(curve)), curve, label="an approximation" if k == 0 else None)
            axes.legend(loc="lower right" if outside else "upper right")
            figure.draw_without_rendering()
            assert ps.plot.covered(axes)
            ps.plot.save_figure(figure, tmp_path / "x.png", ps.plot.WIDTHS["column"])
            figure.draw_without_rendering()
            assert not ps.plot.covered(axes)
            assert (axes.get_legend().get_window_extent().x0 > axes.get_window_extent().x1) == outside
            assert figure.get_size_inches()[0] == ps.plot.WIDTHS["column"]


def test_a_style_that_is_asked_for_wins_over_that_of_the_house():
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 5.0}), ps.plot.drawing() as (_, (axes,)):
        assert axes.set_title("small").get_fontsize() == 6.0  # "large" of it
    with ps.plot.drawing() as (_, (axes,)):
        assert axes.xaxis.label.get_fontsize() == ps.plot.STYLE["axes.labelsize"]


def test_a_legend_in_a_part_of_a_picture_leaves_the_curves_too(tmp_path):
    import matplotlib.pyplot as plt

    figure = plt.figure()
    axes = figure.subfigures(1, 2)[1].subplots()
    axes.plot([0, 0, 3], label="an approximation")
    axes.legend(loc="upper right")
    ps.plot.save_figure(figure, tmp_path / "x.png")
    assert not ps.plot.covered(axes)
    plt.close(figure)
