"""The papers' figures: data and pictures."""

import numpy as np
import pytest

import permsym as ps
from permsym.errors import InputError, SolverFailed
from permsym.figures import FIGURES, draw, expand
from permsym.figures.paper1 import beyond, fig3, fig4b, fig5
from permsym.sweeps.grid import sweep
from permsym.sweeps.limits.infinite import limit

PNG = b"\x89PNG\r\n\x1a\n"


SLOW = (
    "p1-fig3a",
    "p1-fig3c",
    "p1-fig3d",
    "p1-fig4a",
    "p1-fig4b",
    "p1-fig5a",
    "p1-fig5b",
    "p1-fig5c",
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
)
"""Figures whose lines take more than a few seconds whatever the largest size."""


@pytest.fixture
def coarse(monkeypatch):
    """Lines of approximations end at N = 100; limits are taken from at most 16 satellites, and the second order has none."""
    for module in (fig3, fig4b, fig5):
        monkeypatch.setattr(module, "FARTHEST", 100.0)

    def few(*words, method, sizes, **options):
        if method == "c2":
            raise SolverFailed("no limit")
        return limit(*words, method=method, sizes=sizes or (4, 8, 16), **options)

    monkeypatch.setattr(beyond, "limit", few)


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize("name", [name for name in FIGURES if name not in SLOW])
def test_every_quick_figure_writes_data_and_picture(name, tmp_path):
    writes_data_and_picture(name, tmp_path, 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_writes_data_and_picture(name, tmp_path):
    writes_data_and_picture(name, tmp_path, 6)


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
        assert (data["certified"].sel({"method": "exact"}) == 1).all()
    else:
        assert all(str(status).startswith(("certified", "approximation", "steady", "omitted")) for status in data["status"].values.ravel())


@pytest.mark.usefixtures("coarse")
def test_fig3b_holds_the_reference_numbers(tmp_path, monkeypatch):
    """Beside mean field only, as far as the points go."""
    monkeypatch.setattr(fig3, "COMPARED", ("exact", "mf"))
    data, _ = draw("p1-fig3b", tmp_path, max_n=20)
    exact = data["p0_up"].sel({"method": "exact"})
    assert float(exact.sel(N=10)) == pytest.approx(0.612914993686, abs=1e-11)
    assert float(exact.sel(N=20)) == pytest.approx(0.575062236571, abs=1e-11)
    assert np.allclose(data["kappa"].values, data["N"].values / 16)


@pytest.mark.usefixtures("coarse")
def test_fig4b_holds_the_reference_numbers(tmp_path, monkeypatch):
    """Exact values of an independent program with 20 photon levels; beside mean field only."""
    monkeypatch.setattr(fig4b, "METHODS", ("exact", "mf"))
    monkeypatch.setattr(fig4b, "_SIZES", (1,))
    data, _ = draw("p1-fig4b", tmp_path, max_n=5)
    exact = data.sel({"method": "exact"})
    scaled = exact["photons"] / data["N"]
    for n, value in ((1, 0.236543994716), (5, 0.130646599999)):
        assert float(scaled.sel(N=n)) == pytest.approx(value, abs=1e-11)
    assert (np.diff(scaled) < 0).all()
    assert (np.diff(exact["levels"]) >= 0).all()  # a cut-off of its own at each N


def test_fig3c_crosses_the_threshold(monkeypatch):
    """Mean field alone, at every fourth of the figure's 200 pumps."""
    monkeypatch.setattr(fig3, "METHODS", ("mf",))
    monkeypatch.setattr(fig3, "with_curves", lambda data, *_: data)
    pumps = []

    def fewer(model, axes, **options):
        pumps.extend(axes["gamma_up"])
        return sweep(model, {"gamma_up": axes["gamma_up"][::4]}, **options)

    monkeypatch.setattr(fig3, "sweep", fewer)
    data = fig3.compute_c(6, "", None)
    mf = data["p0_up"]
    critical = 0.5 * (1 + 2 / 16 / (4 * 0.5625))
    assert (mf[data["gamma_up"] / 2 <= critical] == 0).all()
    assert (mf[data["gamma_up"] / 2 > critical] > 0).all()
    assert len(pumps) == 200


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
