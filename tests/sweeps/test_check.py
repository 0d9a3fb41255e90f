"""``permsym check``: any change of a content is seen, in every kind of file; copies that say the same are whole."""

import importlib.util
import json
import os
import random
import shutil
import signal
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from command_line import run
from sweep_processes import start, until, write

import permsym as ps
from permsym import dataset
from permsym.cli import main
from permsym.dataset.digest import digest
from permsym.sweeps.check import checked_file

FORMATS = [suffix for suffix in dataset.FORMATS if suffix != ".parquet" or importlib.util.find_spec("pyarrow")]
DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def data():
    return ps.sweep("central-spin", {"N": [2, 3], "g": [0.5, 0.75]}, methods=("exact", "c2"), moments=1)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with the output, the store and a checkpoint of small runs."""
    folder = tmp_path_factory.mktemp("finished")
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert main(["run", str(write(folder, points=3, N=3)), "--jobs", "1"]) == 0
        driven = "driven-tavis-cummings N=2 C=2 drive=0.5 levels=4 --moments 1"
        words = f"{driven} --solver matrix-free --checkpoint ck.npz".split()
        assert main(["solve", *words]) in (0, 3)
    finally:
        os.chdir(before)
    return folder


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_is_whole_until_a_value_changes(data, tmp_path, suffix):
    path = dataset.save(data, tmp_path / f"x{suffix}")
    assert checked_file(str(path)).whole
    assert checked_file(str(path)).notes == ()
    assert ps.open_dataset(path).identical(data)

    def value(d):
        d["moment_real"].values[0, 0, 0, 2] = np.nextafter(d["moment_real"].values[0, 0, 0, 2], 1)

    def nan(d):
        d["moment_error"].values[1, 1, 0, 0] = np.nan

    def text(d):
        d["reason"].values[0, 0, 1] = "o"

    def time(d):
        d["computed_at"].values[0, 0, 0] += np.timedelta64(1, "s")

    def parameter(d):
        d.attrs["omega"] = 1.25

    def units(d):
        d["p0_up"].attrs["units"] = "2"

    def coordinate(d):
        d.coords["moment"] = ["+2", *d["moment"].values[1:]]

    def dimensions(d):
        d["p0_up"] = ("g", "N", "approach"), d["p0_up"].values, d["p0_up"].attrs

    write = importlib.import_module(dataset.FORMATS[suffix]).write
    changes = (value, text, parameter, nan, time, units, coordinate, dimensions)
    for change in changes[:3] if suffix == ".nc" else changes:  # HDF5 takes its time
        other = data.copy(deep=True)
        change(other)
        assert digest(other) != digest(data), change
        write(other.assign_attrs(digest=digest(data)), path)
        assert checked_file(str(path)).problems == ("its content is not what permsym wrote: it was damaged or changed",), change


def test_the_digest_is_that_of_the_content_alone(data, tmp_path):
    path = dataset.save(data, tmp_path / "x.nc")
    with xr.open_dataset(path, engine="h5netcdf") as plain:
        loaded = plain.load()
    encoding = {"moment_real": {"zlib": True, "complevel": 9, "chunksizes": (1, 1, 1, 2)}}
    loaded.to_netcdf(tmp_path / "y.nc", engine="h5netcdf", encoding=encoding)
    assert (tmp_path / "y.nc").read_bytes() != path.read_bytes()
    assert checked_file(str(tmp_path / "y.nc")).whole
    loaded.isel(N=[0]).to_netcdf(tmp_path / "z.nc", engine="h5netcdf")
    assert checked_file(str(tmp_path / "z.nc")).problems == ("its content is not what permsym wrote: it was damaged or changed",)
    text = tmp_path / "x.csv"
    dataset.save(dataset.open_dataset(path), text)
    assert f'"digest": "{loaded.attrs["digest"]}"' in text.with_name("x.csv.json").read_text()  # one content, one digest
    assert checked_file(str(text)).whole
    text.write_bytes(text.read_bytes().replace(b"\r\n", b"\n"))
    assert checked_file(str(text)).whole


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_flipped_bit_is_seen_or_changes_nothing(data, tmp_path, suffix):
    path = dataset.save(data, tmp_path / f"x{suffix}")
    content, chance = path.read_bytes(), random.Random(3)
    seen = 0
    flips = 3 if suffix == ".nc" else 60
    for _ in range(flips):
        damaged = bytearray(content)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        if checked_file(str(path)).whole:  # in what no reader looks at: padding of HDF5, statistics of Parquet, a comment
            assert ps.open_dataset(path).identical(data)
        else:
            seen += 1
    assert seen > {".csv": 55, ".nc": 0, ".parquet": 30}[suffix]


def test_every_cell_of_a_csv_counts(data, tmp_path):
    """A point has a row for each moment: its values stand there again and again."""
    path = dataset.save(data, tmp_path / "x.csv")
    names, *rows = path.read_text().splitlines()
    last = rows[-1].split(",")
    for column, cell in enumerate(last):
        other = ("2" if cell.startswith("1") else "1") + cell[1:]  # the last digit of 17 may name the same double
        changed = ",".join([*last[:column], other, *last[column + 1 :]])
        path.write_text("\n".join([names, *rows[:-1], changed]) + "\n")
        assert not checked_file(str(path)).whole, (names.split(",")[column], cell)


def test_a_time_has_no_zone(data, tmp_path):
    path = dataset.save(data, tmp_path / "x.csv")
    moment = str(data["computed_at"].values.flat[0].astype("datetime64[s]"))
    path.write_text(path.read_text().replace(moment, f"{moment}Z"))
    assert "timezones" in checked_file(str(path)).problems[0]


def test_files_without_a_digest_say_so(data, tmp_path):
    path = dataset.save(data, tmp_path / "x.nc")
    with h5py.File(path, "a") as file:
        del file.attrs["digest"]
    assert checked_file(str(path)).problems == ("its digest is missing: it was damaged or changed",)
    with h5py.File(path, "a") as file:
        versions = {name: version for name, version in json.loads(file.attrs["versions"]).items() if name != "code"}
        file.attrs["versions"] = json.dumps(versions)  # as before there were digests
    verdict = checked_file(str(path))
    assert verdict.whole
    assert verdict.notes == ("no digest: written by an older permsym, only its structure was checked",)
    with h5py.File(path, "a") as file:
        del file["p0_up"], file["status"]
    assert "the variable 'status' is missing" in checked_file(str(path)).problems[0]


@pytest.mark.parametrize("name", [path.stem for path in DATA.glob("*.nc")])
def test_reference_data_are_compared_with_their_checksums(name, tmp_path):
    assert checked_file(name) == checked_file(name).__class__(name)
    assert checked_file(str(DATA / f"{name}.nc")).whole
    shutil.copy(DATA / "SHA256SUMS", tmp_path)
    content = bytearray((DATA / f"{name}.nc").read_bytes())
    content[-1] ^= 1
    (tmp_path / f"{name}.nc").write_bytes(content)
    assert checked_file(str(tmp_path / f"{name}.nc")).problems == ("its checksum is not the one in SHA256SUMS beside it",)


def test_a_file_of_an_older_layout_is_whole(tmp_path):
    path = tmp_path / "older.nc"
    shutil.copy(DATA / "p1-fig4b.nc", path)
    with h5py.File(path, "a") as file:
        for name in ("digest", "mixed_versions"):
            file.attrs.pop(name, None)
        file.attrs["versions"] = "{}"
    assert checked_file(str(path)).whole
    assert checked_file(str(path)).notes[0].startswith("no digest: ")


@pytest.mark.parametrize("name", ["sweep.nc", "sweep.nc.store", "ck.npz"])
def test_a_damaged_byte_in_each_kind_of_file(finished, tmp_path, name):
    path = tmp_path / name
    content, chance = (finished / name).read_bytes(), random.Random(5)
    path.write_bytes(content)
    assert checked_file(str(path)) == checked_file(str(path)).__class__(str(path))
    path.write_bytes(content[: len(content) * 2 // 3])
    assert not checked_file(str(path)).whole
    if name != "sweep.nc":  # netCDF has padding, see above
        data = content.index(b"NUMPY") if name == "ck.npz" else 0
        for _ in range(20):
            damaged = bytearray(content)
            damaged[chance.randrange(data, len(content) // 2)] ^= 1 << chance.randrange(8)
            path.write_bytes(damaged)
            assert not checked_file(str(path)).whole
            assert path.read_bytes() == damaged  # looked at, and left as it is


@pytest.mark.serial
def test_the_store_of_a_run_is_whole_while_it_runs_and_after_a_kill(tmp_path):
    running = start(tmp_path, "run", write(tmp_path, points=60, N=8, order=3), "--jobs", "1")
    store = tmp_path / "sweep.nc.store"
    until(store.exists)
    looks = 0
    while store.stat().st_size < 60_000:
        assert checked_file(str(store)).problems == ()
        looks += 1
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert looks > 1
    assert all(problem.startswith("its last line is cut off") for problem in checked_file(str(store)).problems)


def test_the_command(finished, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(finished)
    files = ["sweep.nc", "sweep.nc.store", "ck.npz", "p1-fig3b"]
    assert run(capsys, "check", *files) == (0, "".join(f"{file}: whole\n" for file in files), "")
    code, out, _ = run(capsys, "check", *files, "--json")
    assert code == 0
    assert json.loads(out) == {"files": [{"file": file, "whole": True, "problems": [], "notes": []} for file in files]}
    (tmp_path / "notes").write_text("mine")
    np.savez(tmp_path / "mine.npz", x=np.zeros(3))
    mine = [str(tmp_path / name) for name in ("notes", "mine.npz", "no such", ".")]
    code, out, err = run(capsys, "check", "sweep.nc", *mine)
    assert (code, err) == (1, "")
    first, *rest = out.splitlines()
    assert first == "sweep.nc: whole"
    for line, words in zip(rest, ("no file that permsym writes", "it has no 'iterate'", "No such file", "is a folder"), strict=True):
        assert "NOT WHOLE" in line
        assert words in line
    code, out, _ = run(capsys, "check", "sweep.nc", *mine, "--json")
    assert code == 1
    assert [entry["whole"] for entry in json.loads(out)["files"]] == [True, False, False, False, False]
    code, _, err = run(capsys, "check")
    assert (code, len(err.splitlines())) == (1, 1)
