"""Datasets: schema, round trips to the bit, and files that are never half written or overwritten by mistake."""

import csv
import itertools
import json
from functools import cache
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from sampled import sampled

import permsym as ps
from permsym import dataset
from permsym.compare import table_of
from permsym.dataset import csvfile
from permsym.dataset.schema import BY_NAME, VARIABLES, is_error
from permsym.errors import InputError
from permsym.sweeps.check import checked_file
from permsym.sweeps.grid import sweep
from permsym.sweeps.store.record import packed, unpacked


@pytest.fixture(scope="module")
def data():
    return sweep("central-spin", {"N": [1, 3, 6], "gamma_phi": [0.0, 0.25]}, methods=("exact", "mf"), g="1/sqrt(N)")


def test_dimensions_are_the_axes_then_approach_and_moment(data):
    assert data["moment_real"].dims == ("N", "gamma_phi", "approach", "moment")
    assert data["p0_up"].dims == ("N", "gamma_phi", "approach")
    assert list(data["approach"].values) == ["exact", "mf"]
    assert data["p0_up"].sel(approach="mf").dims == ("N", "gamma_phi")  # a word of xarray's own would be no dimension here


def test_every_variable_says_its_unit_and_meaning(data):
    for name in [*data.data_vars, *data.coords]:
        if name != "computed_at":  # xarray keeps the unit of time in its encoding
            assert data[name].attrs["units"], name
        assert data[name].attrs["long_name"], name
    assert {str(name) for name in data.data_vars if not is_error(str(name))} - {"computed_at"} <= set(BY_NAME)


def test_every_parameter_is_a_coordinate_or_an_attribute(data):
    names = {"N", "omega", "epsilon", "g", "kappa", "gamma_up", "gamma_down", "gamma_phi", "kappa_up", "kappa_phi"}
    assert names <= set(data.coords) | set(data.attrs)
    assert data["g"].dims == ("N", "gamma_phi")  # an expression in N
    assert data["g"].sel(N=6, gamma_phi=0.0) == pytest.approx(1 / np.sqrt(6))
    assert data.attrs["omega"] == 1.0


def test_provenance_rebuilds_the_model(data):
    definition = json.loads(data.attrs["definition"])
    first = ps.Model.from_dict(definition["first_point"])
    assert first.hash == ps.models.central_spin(N=1, g="1/sqrt(N)").hash
    assert definition["fixed"] == {"g": "1/sqrt(N)"}
    assert {"model", "versions", "date", "command", "convention"} <= set(data.attrs)


def test_values_are_those_of_the_solver(data):
    state = ps.steady_state(ps.models.central_spin(N=6, g="1/sqrt(N)", gamma_phi=0.25))
    point = data.sel({"N": 6, "gamma_phi": 0.25, "approach": "exact"})
    for label in ("z0", "+1 -2", "+0 -1", "z0 z1"):
        found = complex(point["moment_real"].sel(moment=label), point["moment_imag"].sel(moment=label))
        assert found == pytest.approx(state.moment(label), abs=1e-15)
        cumulant = complex(point["cumulant_real"].sel(moment=label), point["cumulant_imag"].sel(moment=label))
        assert cumulant == pytest.approx(state.cumulant(label), abs=1e-15)
    assert point["status"] == "ok"
    assert point["certified"] == 1


def test_derived_quantities_have_their_errors(data):
    state = ps.steady_state(ps.models.central_spin(N=6, g="1/sqrt(N)", gamma_phi=0.25))
    point = data.sel({"N": 6, "gamma_phi": 0.25})
    for name, error in state.derived_errors.items():
        assert 0 < error < 1e-13
        assert float(point[f"{name}_error"].sel({"approach": "exact"})) == pytest.approx(error, rel=1e-6)
        assert np.isnan(point[f"{name}_error"].sel({"approach": "mf"}))  # nothing bounds its distance from the exact state


def test_errors_of_several_ensembles_are_named_like_their_quantities():
    errors = {"p_up@B": 1e-3}
    point = dataset.build.Point({"x": 1.0}, derived={"p_up@B": 0.5}, derived_errors=errors, scalars={"error_estimate": 1e-9})
    one = dataset.build.build_dataset({"x": [1.0]}, ["exact"], {((0,), "exact"): point}, model="mine", definition={})
    assert float(one["p_up_error@B"][0]) == 1e-3
    table = table_of(one, "mine")
    assert table.errors == {(0, "exact", "p_up@B"): 1e-3}  # its own, and no quantity itself
    assert unpacked(packed(point)).derived_errors == errors  # in the store


def test_labels_that_need_more_satellites_are_missing(data):
    assert np.isnan(data["moment_real"].sel({"N": 1, "moment": "z1 z2"})).all()
    assert not np.isnan(data["moment_real"].sel({"N": 3, "moment": "z1 z2"})).any()


def test_netcdf_round_trip_is_exact_and_plain_xarray_opens_it(data, tmp_path):
    path = dataset.save(data, tmp_path / "out.nc")
    assert ps.open_dataset(path).identical(data)
    with xr.open_dataset(path) as plain:
        assert (plain["moment_real"].values.tobytes()) == data["moment_real"].values.tobytes()


def test_csv_round_trip_is_exact(data, tmp_path):
    path = dataset.save(data, tmp_path / "out.csv")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == data["moment_real"].size
    for row in rows[:: len(rows) // 50 + 1]:
        at = {"N": float(row["N"]), "gamma_phi": float(row["gamma_phi"]), "approach": row["approach"], "moment": row["moment"]}
        value = float(data["moment_real"].sel(at))
        assert float(row["moment_real"]) == value or (np.isnan(value) and row["moment_real"] == "nan")
    assert set(rows[0]) >= {variable.name for variable in VARIABLES if variable.name in data} | {"omega", "g"}


def test_pandas_opens_a_csv_without_a_word(data, tmp_path):
    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv(dataset.save(data, tmp_path / "out.csv"))
    assert len(table) == data["moment_real"].size
    assert table["moment_real"].max() == float(data["moment_real"].max())
    about = json.loads((tmp_path / "out.csv.json").read_text())
    assert about["frames"][0]["variables"]["moment_real"]["attributes"]["long_name"] == "real part of the moment"


def test_a_table_has_its_description_whenever_writing_ends(data, tmp_path, monkeypatch):
    """Between the new description and the new table the old table reads as it did."""
    path = dataset.save(data, tmp_path / "out.csv")
    monkeypatch.setattr(csvfile.csv, "writer", lambda file: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        dataset.save(data.isel(N=[0]), path)
    assert ps.open_dataset(path).identical(data)
    assert checked_file(str(path)).whole
    with pytest.raises(ZeroDivisionError):
        dataset.save(data, tmp_path / "new.csv")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.csv", "out.csv.json"]


def test_a_table_without_its_description_says_what_is_missing(data, tmp_path):
    path = dataset.save(data, tmp_path / "out.csv")
    (tmp_path / "out.csv.json").rename(tmp_path / "elsewhere.json")
    with pytest.raises(InputError, match=r"its description 'out.csv.json' is not beside it"):
        ps.open_dataset(path)
    with pytest.raises(InputError, match="was not written by permsym"):
        dataset.save(data, path)


def test_our_own_file_may_be_replaced(data, tmp_path):
    for name in ("a.nc", "a.csv"):
        dataset.save(data, tmp_path / name)
        dataset.save(data.isel(N=[0]), tmp_path / name)
    assert ps.open_dataset(tmp_path / "a.nc").sizes["N"] == 1


def test_foreign_files_are_left_alone(data, tmp_path):
    text = tmp_path / "a.nc"
    text.write_text("my notes")
    other = tmp_path / "b.nc"
    with h5py.File(other, "w") as file:
        file["x"] = 1
    table = tmp_path / "c.csv"
    table.write_text("a,b\n1,2\n")
    for path in (text, other, table):
        before = path.read_bytes()
        with pytest.raises(InputError, match="not written by permsym"):
            dataset.save(data, path)
        assert path.read_bytes() == before


@pytest.mark.parametrize(("name", "fragment"), [("x.txt", "format"), ("no/such/x.nc", "no folder"), ("", "format")])
def test_bad_targets(data, tmp_path, name, fragment):
    with pytest.raises(InputError, match=fragment):
        dataset.save(data, tmp_path / name)


def test_reading_something_else(tmp_path):
    (tmp_path / "x.nc").write_text("no")
    with pytest.raises(InputError, match="cannot read"):
        ps.open_dataset(tmp_path / "x.nc")


def test_a_failed_write_leaves_nothing(data, tmp_path, monkeypatch):
    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left"):
        dataset.save(data, tmp_path / "x.nc")
    assert list(tmp_path.iterdir()) == []


FORMATS = sorted(dataset.FORMATS)


def same(first, second):
    """Equal to the bit, NaN and signs of zero included."""
    return all(
        first[name].values.tobytes() == second[name].values.tobytes() for name in first.variables if first[name].dtype.kind in "fi"
    ) and first.identical(second)


CASES = {
    "product": lambda: sweep("central-spin", {"N": [1, 3], "gamma_phi": [0.0, 0.25]}, methods=("exact", "mf"), moments=3, g="1/sqrt(N)"),
    "list": lambda: sweep("central-spin", {"N": [2, 3]}, lists=[{"g": ["1/sqrt(N)", 0.75], "kappa": [1.0, 2.0]}]),
    "point": lambda: sweep("central-spin", {}, N=4),
    "failed": lambda: sweep("central-spin", {"gamma_down": [0.0]}, N=4, gamma_up=0.0, kappa=0.0),
    "boson": lambda: sweep("tavis-cummings", {"N": [1, 2]}, methods=("exact", "c2"), levels=6),
}


@cache
def swept(case):
    return CASES[case]()


@pytest.mark.parametrize(("case", "suffix"), sampled(list(itertools.product(CASES, FORMATS)), 2))
def test_every_format_reads_back_to_the_bit(case, suffix, tmp_path):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    found = swept(case)
    path = dataset.save(found, tmp_path / f"x{suffix}")
    again = ps.open_dataset(path)
    assert same(found, again)
    assert again.attrs == found.attrs
    dataset.save(again, path)  # our own file may be replaced
    assert same(ps.open_dataset(path), found)


def test_awkward_texts_survive(tmp_path):
    found = sweep("central-spin", {"N": [2]})
    found["reason"] = found["reason"].astype(object)
    found["reason"].values[:] = '"quoted", with a comma\nand a line, \u00e9'
    found["reason"] = found["reason"].astype(str)
    for suffix in (".csv", ".nc"):
        assert ps.open_dataset(dataset.save(found, tmp_path / f"x{suffix}"))["reason"].values[0] == found["reason"].values[0]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_of_others_are_no_datasets(suffix, tmp_path):
    path = tmp_path / f"x{suffix}"
    path.write_text("N,value\n1,2\n")
    with pytest.raises(InputError, match="cannot read"):
        ps.open_dataset(path)
    with pytest.raises(InputError, match="not written by permsym"):
        dataset.check(path)


def test_without_pyarrow_parquet_is_refused_before_the_work(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"permsym\[parquet\]"):
        dataset.check(tmp_path / "x.parquet")


def test_whole_numbers_of_a_dimension_of_their_own_go_through_long_files(tmp_path):
    photons = ps.steady_state(ps.models.tavis_cummings(N=2, levels=16)).mode.photon_distribution()
    data = dataset.with_photons(sweep("tavis-cummings", {"N": [2]}, levels=16, moments=["ad a"]), photons)
    for suffix in (".csv", ".parquet"):
        xr.testing.assert_identical(ps.open_dataset(dataset.save(data, tmp_path / f"x{suffix}")), data)
