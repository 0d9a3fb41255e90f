"""Pictures show the numbers of the results that they are of, and no label lies on a curve or on another label."""

import pickle

import numpy as np
import pytest
import xarray as xr

import permsym as ps
from permsym import plot
from permsym.errors import InputError
from permsym.pictures import Picture
from permsym.pictures.picture import label_lines


@pytest.fixture(scope="module")
def cavity():
    return ps.steady_state(ps.models.driven_tavis_cummings(N=2, g=1, eta=0.4), moments="ad a")


def test_panels_of_a_cavity_are_its_distributions(cavity):
    picture = cavity.plot()
    bars, wigner, spin = (picture.axes[k] for k in range(3))
    assert [bar.get_height() for bar in bars.patches] == pytest.approx(cavity.fock[: len(bars.patches)], abs=1e-15)
    assert wigner.get_xlabel() == "$x$"
    drawn = spin.collections[0].get_array()
    assert float(drawn.sum()) == pytest.approx(1, abs=1e-9), "P(j, m) is normalised over the sites that are drawn"


def test_axes_of_the_caller_are_drawn_on(cavity):
    with plot.drawing() as (_, (axes,)):
        assert cavity.plot("photons", ax=axes) is axes
        assert axes.get_ylabel() == "$P(n)$"


def test_a_picture_saves_and_shows_itself(tmp_path, cavity):
    picture = cavity.plot("photons")
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert picture.save(tmp_path / "p.svg").read_text().lstrip().startswith("<?xml")
    assert isinstance(pickle.loads(pickle.dumps(picture)), Picture)
    with pytest.raises(InputError, match=r"\.png"):
        picture.save(tmp_path / "p.gif")


def test_what_is_not_there_is_refused_by_name(cavity):
    with pytest.raises(InputError, match="no 'photon' to draw; it has photons, wigner, husimi, spin"):
        cavity.plot("photon")


def test_an_evolution_is_drawn_with_its_errors():
    evolution = ps.evolve(ps.models.central_spin(N=2), np.linspace(0, 2, 5), moments=["z1", "+0 -1"])
    (axes,) = evolution.plot(["z1", "+0 -1"]).axes
    assert axes.lines[0].get_ydata() == pytest.approx(evolution.moment("z1").real, abs=0)
    assert axes.lines[1].get_ydata() == pytest.approx(evolution.moment("+0 -1").imag, abs=0)
    assert repr(evolution).splitlines()[1].startswith("certified: ")


def two_lines(distance):
    with plot.drawing() as (figure, (axes,)):
        for name, shift in (("first", 0.0), ("second", distance)):
            axes.plot([0, 1, 2], np.array([0, 2, 1]) + shift, label=name)
        axes.margins(x=0)
        label_lines(axes)
        figure.draw_without_rendering()
    return figure, axes


@pytest.mark.parametrize("distance", [1.0, 0.01])
def test_labels_lie_on_no_curve_and_not_on_each_other(distance):
    figure, axes = two_lines(distance)
    renderer = figure.canvas.get_renderer()
    texts = [*axes.texts, *([axes.get_legend()] if axes.get_legend() else [])]
    assert (axes.get_legend() is None) == (distance == 1.0)
    boxes = [text.get_window_extent(renderer) for text in texts]
    assert boxes
    assert not any(one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[:k])
    inside = figure.bbox.padded(1)
    for box in boxes:
        assert inside.x0 <= box.x0
        assert box.x1 <= inside.x1
        for line in axes.lines:
            assert not box.count_contains(line.get_transform().transform(line.get_xydata()))


def test_a_dataset_draws_its_points_by_their_status():
    data = ps.sweep(ps.models.central_spin, {"N": [2, 3, 4]})
    status = data["status"].copy(data=["ok", "unstable", "refused"])
    (axes,) = data.assign(status=status).permsym.plot("p0_up").axes
    line, lost, open_circle = axes.lines[0], axes.lines[-1], axes.lines[1]
    assert line.get_ydata() == pytest.approx(data["p0_up"].values, abs=0)
    assert open_circle.get_xdata() == [3]
    assert open_circle.get_markerfacecolor() == "white"
    assert lost.get_xdata() == [4]
    assert [text.get_text() for text in axes.texts] == ["x: refused"]
    with pytest.raises(InputError, match="no axis 'g'"):
        data.permsym.plot(over="g")
    assert isinstance(data, xr.Dataset)
