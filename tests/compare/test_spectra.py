"""Spectra and lines beside a reference: values at frequencies are points of their own."""

import numpy as np
import pytest

import permsym as ps
from permsym import dataset
from permsym.compare import compare, read_table
from permsym.compare.summary import text

W = [0.0, 1.0, 2.0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spectra")
    spectrum = {"frequencies": W, "linewidth": True, "near": 1.0}
    data = ps.sweep("central-spin", {"N": [2, 5]}, methods=("exact", "c2", "c3"), moments=["z0"], spectrum=spectrum)
    dataset.save(data, folder / "x.nc")
    return folder


def judged(folder, *lines):
    (folder / "mine.csv").write_text("\n".join(lines) + "\n")
    reference = read_table(str(folder / "x.nc"))
    return compare(reference, read_table(str(folder / "mine.csv"), reference.sites))


@pytest.mark.slow
def test_each_order_against_exact(folder):
    data = ps.open_dataset(folder / "x.nc")
    table = read_table(str(folder / "x.nc"))
    comparison = compare(table, table)
    assert set(comparison.quantities) >= {"linewidth", "power_spectrum", "z0"}
    rows = [row for row in comparison.rows if row.quantity == "power_spectrum" and row.method == "c2"]
    assert len(rows) == 2 * len(W)
    for row in rows:
        at = comparison.points[row.point]
        here = data["power_spectrum"].sel(N=at["N"], frequency=at["frequency"])
        assert row.error == float(here.sel(approach="c2") - here.sel(approach="exact"))
        assert float(data["power_spectrum_error"].sel(N=at["N"], frequency=at["frequency"], approach="exact")) < row.uncertainty < 1e-12
    assert "frequency=nan" not in text(comparison)
    widths = [row for row in comparison.rows if row.quantity == "linewidth" and row.method == "c3"]
    assert [row.error for row in widths] == (data["linewidth"].sel(approach="c3") - data["linewidth"].sel(approach="exact")).values.tolist()


@pytest.mark.slow
def test_a_table_without_frequencies_meets_the_other_quantities(folder):
    comparison = judged(folder, "N,linewidth,z0", "2,1.9,0.7", "5,-2,0.3")
    assert comparison.unmatched == 0
    assert {row.quantity for row in comparison.rows if row.method == "mine"} == {"linewidth", "z0"}
    assert [(row.quantity, row.unphysical) for row in comparison.unphysical] == [("linewidth", "negative")]


def test_a_table_of_frequencies_meets_the_spectrum(folder):
    exact = ps.spectrum(ps.models.central_spin(N=5), W).power
    comparison = judged(folder, "N,frequency,moment,value", *(f"5,{w},power_spectrum,{s + 0.25}" for w, s in zip(W, exact, strict=True)))
    assert np.allclose([row.error for row in comparison.rows if row.method == "mine"], 0.25, rtol=0, atol=1e-12)
    assert len([row for row in comparison.rows if row.method == "mine"]) == len(W)
