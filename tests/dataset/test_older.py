"""Files of before ``approach`` and the codes of ``status``: older/ has two that such a version wrote."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from command_line import run

import permsym as ps
from permsym import dataset
from permsym.dataset.older import parsed
from permsym.dataset.status import Status
from permsym.errors import InputError, OlderFile

FOLDER = Path(__file__).parent / "older"
FLAGS = "unstable, beyond the fold at N=12.5, the population p0_up = 1.25 is outside [0, 1], the photon number = -3 is negative"


@pytest.mark.parametrize("suffix", [".nc", ".csv"])
def test_it_opens_with_the_names_of_today_and_one_warning(suffix, tmp_path):
    with pytest.warns(OlderFile, match="earlier version") as said:
        data = ps.open_dataset(FOLDER / f"older{suffix}")
    assert len(said) == 1
    assert data["p0_up"].dims == ("N", "approach")
    assert data["status"].sel(approach="c3").values.tolist() == ["ok", "ok"]
    assert data["status"].sel(approach="exact").values.tolist() == ["ok", "failed"]
    assert str(data["reason"].sel(N=250, approach="exact").values).startswith("this needs about")
    assert str(data["reason"].sel(N=2, approach="c3").values) == "order 3"
    assert ps.open_dataset(dataset.save(data, tmp_path / "x.nc")).identical(data)  # what is written is of today: no warning


def test_its_numbers_are_untouched():
    with pytest.warns(OlderFile):
        data = ps.open_dataset(FOLDER / "older.nc")
    with xr.open_dataset(FOLDER / "older.nc", engine="h5netcdf") as plain:
        names = [name for name in plain.data_vars if name != "status"]
        assert len(names) > 20
        assert all(plain[name].values.tobytes() == data[name].values.tobytes() for name in names)


@pytest.mark.slow
@pytest.mark.filterwarnings("default::permsym.errors.OlderFile")
def test_it_is_compared_and_computed_again(capsys, tmp_path):
    code, out, err = run(capsys, "compare", str(FOLDER / "older.nc"), str(FOLDER / "older.csv"))
    assert code == 0
    assert "c3" in out
    assert len(err.splitlines()) == 3  # one for each file, and a point of the reference has no value
    code, out, err = run(capsys, "rerun", str(FOLDER / "older.nc"), "--jobs", "1")
    assert (code, "1 points have another status" in err) == (3, True)  # with more memory than then its last point is computed
    assert err.count("earlier version") == 1


def test_a_damaged_file_of_today_is_no_older_one(tmp_path):
    ps.sweep("central-spin", {"N": [2, 3]}).drop_vars("reason").to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="'reason' is missing"):
        ps.open_dataset(tmp_path / "x.nc")


def test_a_word_that_is_no_code_is_refused(tmp_path):
    data = ps.sweep("central-spin", {"N": [2, 3]})
    data["status"] = ("N", np.array(["ok", "fine"]))
    data.to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="'fine', which is none of its codes"):
        ps.open_dataset(tmp_path / "x.nc")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("certified", Status.OK),
        ("uncertified: error estimate 2e-3 of z0 is above 1e-9; negative population", Status.UNCERTIFIED),
        ("failed: the steady state is not unique: two classes", Status.FAILED),
        ("approximation: closed form", Status.OK),
        ("approximation: order 3, beyond the fold at N=12.5", Status.OK),
        ("approximation: order 3, unstable", Status.UNSTABLE),
        (f"approximation: order 8, {FLAGS}", Status.UNPHYSICAL),
        ("approximation: order 2, the photon number = -3 is negative", Status.UNPHYSICAL),
        ("approximation: steady from <sigma^z> = -0.5; periodic from the empty cavity", Status.OK),
        ("steady", Status.OK),
        ("omitted: eta is the turning point", Status.NOT_APPLICABLE),
        ("", Status.NOT_APPLICABLE),
    ],
)
def test_words_become_codes(text, status):
    assert parsed(text) == (status, text.partition(": ")[2])


def test_the_outcome_of_a_time_evolution_is_a_reason():
    assert parsed("periodic") == (Status.NO_FIXED_POINT, "periodic")
