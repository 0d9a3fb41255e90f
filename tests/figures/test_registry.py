"""The papers' figures: data and pictures."""

import numpy as np
import pytest

import permsym as ps
from permsym import plot
from permsym.errors import InputError
from permsym.figures import FIGURES, draw, expand
from permsym.figures.gallery.rows import ROWS
from permsym.figures.maps.rows import MAPS

PNG = b"\x89PNG\r\n\x1a\n"


SLOW = (
    "p1-fig3a",
    "p1-fig3c",
    "p1-fig3d",
    "p1-fig4a",
    "p1-fig4b",
    "p1-fig5",
    "p1-fig5a",
    "p1-fig5b",
    "p1-fig5c",
    "p1-fig5d",
    "p1-fig6a",
    "p1-fig6b",
    "p1-fig6c",
    "p1-fig6d",
    "p2-fig1",
    "p2-fig2a",
    "p2-fig2b",
    "p2-fig2c",
    "p2-fig3",
    "p2-fig4",
    "p2-fig5",
    "p2-fig6",
    "p2-exact",
    "p2-hysteresis",
    "p2-switching",
    "linewidth-laser",
    "g2-central-spin",
    "spectrum-tavis-cummings",
    "spectrum-driven-cavity",
    "beyond-cumulants-central-spin",
    "beyond-cumulants-tavis-cummings",
    "beyond-cumulants-laser",
    *MAPS,
    *ROWS,
)
"""Figures whose lines take more than a few seconds whatever the largest size."""
SMALL = {"spectrum-driven-cavity": 2, "lambda-atoms": 2, "dicke-time-crystal": 2}
"""Largest sizes of figures that take minutes with six satellites."""


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize("name", [name for name in FIGURES if name not in SLOW])
@pytest.mark.quick("p1-fig3b")
def test_every_quick_figure_writes_data_and_picture(name, tmp_path):
    writes_data_and_picture(name, tmp_path, 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_writes_data_and_picture(name, tmp_path):
    writes_data_and_picture(name, tmp_path, SMALL.get(name, 6))


def writes_data_and_picture(name, tmp_path, largest):
    data, paths = draw(name, tmp_path, max_n=largest)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}.nc", f"{name}.png"]
    assert ps.open_dataset(paths[0]).identical(data)
    picture = paths[1].read_bytes()
    assert picture.startswith(PNG)
    assert len(picture) > 10_000
    rows = FIGURES[name].table(data)
    assert len(rows) > 2
    if name.startswith("p1"):
        assert (data["certified"].sel({"approach": "exact"}) == 1).all()
    elif name in ROWS:
        assert (data["status"].sel(curve=data["approach"].values == "exact") == "ok").all()
        assert (data["met"] == 1).all()
    else:
        assert set(data["status"].values.ravel()) <= {"ok", "not-applicable", "no-fixed-point"}


def test_names_without_a_letter_are_all_panels():
    assert expand("p1-fig3") == ["p1-fig3a", "p1-fig3b", "p1-fig3c", "p1-fig3d"]
    assert expand("p1-fig5") == ["p1-fig5"]
    with pytest.raises(InputError, match="no figure"):
        expand("p1-fig")


def test_a_foreign_picture_is_left_alone(tmp_path):
    (tmp_path / "p1-fig3b.png").write_bytes(PNG + b"holiday")
    with pytest.raises(InputError, match="not written by permsym"):
        draw("p1-fig3b", tmp_path, max_n=4)
    assert [path.name for path in tmp_path.iterdir()] == ["p1-fig3b.png"]


def test_no_line_goes_through_a_point_that_failed():
    """Between its neighbours, and from the last point that has a value; beyond the sweep a line stands on its own."""
    import xarray as xr

    from permsym.figures.branches import draw_curves

    N = np.array([1.0, 2, 3, 4, 5])
    codes = [["ok"] * 5, ["ok", "unstable", "no-fixed-point", "ok", "ok"]]
    along = np.array([[1.0, 1.5, 2.5, 3.0, 3.5, 4.5, 6.0]])
    data = xr.Dataset(
        {
            "status": (("approach", "N"), codes),
            "curve_N": (("curve_approach", "curve"), along),
            "curve_stable": (("curve_approach", "curve"), np.ones_like(along, dtype=np.int8)),
            "curve_y": (("curve_approach", "curve"), along**2),
        },
        coords={"approach": ["exact", "c3"], "N": N, "curve_approach": ["c3"]},
    )
    with plot.drawing() as (_, (axes,)):
        draw_curves(axes, data, "y", "N", lambda value: value)
        (line,) = axes.lines
    shown = along[0][np.isfinite(line.get_ydata())]
    assert shown.tolist() == [1, 1.5, 4.5, 6]
