"""Files of arrays: equal to the bit, and refused in one line where they are damaged, of something else, or point elsewhere."""

import h5py
import numpy as np
import pytest

from permsym import InputError, archive
from permsym.archive import Archive

ARRAYS = {"a": np.array([1.5, -0.0, 5e-324]), "b": np.array([1 + 2j]), "c": np.zeros((0, 3), dtype=np.int32), "d": np.array([True])}


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "file.h5"
    Archive("state", {"x": [1, None, "µ"], "y": 0.1}, ARRAYS).write(path)
    return path


def test_what_is_written_is_read_to_the_bit(written):
    again = archive.read(written, "state")
    assert again.header == {"x": [1, None, "µ"], "y": 0.1}
    assert again.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert (again.arrays[name].dtype, again.arrays[name].shape) == (array.dtype, array.shape)
        assert again.arrays[name].tobytes() == array.tobytes()


def test_one_number_that_changes_is_seen(written):
    with h5py.File(written, "r+") as file:
        file["arrays/a"][0] = 1.5000001
    with pytest.raises(InputError, match=r"state '.*file.h5' is damaged \(the checksum is wrong\); delete it"):
        archive.read(written, "state")


@pytest.mark.parametrize("length", [0, 100, 2000])
def test_a_file_that_is_cut_off_is_no_state(written, length):
    written.write_bytes(written.read_bytes()[:length])
    with pytest.raises(InputError, match="is no state that permsym wrote, but another file, or damaged"):
        archive.read(written, "state")


def test_other_files_are_named(written, tmp_path):
    with pytest.raises(InputError, match="is no checkpoint that permsym wrote, but a state"):
        archive.read(written, "checkpoint")
    with pytest.raises(InputError, match=r"cannot read '.*none.h5': No such file"):
        archive.read(tmp_path / "none.h5", "state")
    with h5py.File(written, "r+") as file:
        file.attrs["permsym_layout"] = 99
    with pytest.raises(InputError, match="has the layout 99 of another version"):
        archive.read(written, "state")


def test_a_link_to_another_file_is_not_followed(written, tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = np.arange(3.0)
    with h5py.File(written, "r+") as file:
        del file["arrays/a"]
        file["arrays/a"] = h5py.ExternalLink("secret.h5", "x")
    with pytest.raises(InputError, match=r"is damaged .*'a' is a link"):
        archive.read(written, "state")


def test_somebody_elses_file_is_not_overwritten(written, tmp_path):
    other = tmp_path / "thesis.h5"
    other.write_text("years of work")
    with pytest.raises(InputError, match="exists and is no state that permsym wrote"):
        Archive("state", {}).write(other)
    assert other.read_text() == "years of work"
    Archive("state", {"new": 1}).write(written)
    assert archive.read(written, "state").header == {"new": 1}


def test_arrays_that_would_not_fit_are_not_read(written, monkeypatch):
    monkeypatch.setattr(archive.machine, "available_bytes", lambda: 10)
    with pytest.raises(InputError, match=r"holds arrays of .*, but .* are free"):
        archive.read(written, "state")
