"""The store of a sweep: damaged, foreign, or on a full disk."""

import os
import subprocess

import pytest
from sweep_processes import stored, values, write


def test_a_damaged_store_gives_back_what_can_be_read(tmp_path, here):
    sweep = write(tmp_path, points=24, N=6, order=3)
    code, out, err = here("run", sweep)
    assert code == 0, err
    assert "24 certified (0 from the store, 24 computed)" in out
    expected = values(tmp_path)
    store = tmp_path / "sweep.nc.store"
    os.truncate(store, store.stat().st_size * 2 // 3)
    (tmp_path / "sweep.nc").unlink()
    code, out, err = here("run", sweep)
    assert code == 0, err
    assert "was damaged" in err
    recalled = int(out.split("(")[1].split()[0])
    assert 8 <= recalled < 24
    assert values(tmp_path) == expected
    assert (tmp_path / "sweep.nc.store.damaged-1").exists()


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"SQLite for"])
def test_a_store_of_which_little_is_left(tmp_path, content, here):
    sweep = write(tmp_path, points=3)
    (tmp_path / "sweep.nc.store").write_bytes(content)
    code, out, err = here("run", sweep)
    assert code == 0, err
    assert "3 computed" in out


def test_a_file_that_is_no_store_is_left_alone(tmp_path, here):
    (tmp_path / "sweep.nc.store").write_text("my notes")
    code, _, err = here("run", write(tmp_path, points=3), "--fresh")
    assert code == 1
    assert "is no store of permsym" in err
    assert (tmp_path / "sweep.nc.store").read_text() == "my notes"


def test_a_full_disk(tmp_path, here):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root can mount a small disk; the file size limit is tested everywhere")
    try:
        sweep = write(tmp_path, points=24, N=6, order=3)
        assert here("run", sweep)[0] == 0
        run = ("run", sweep, "-o", disk / "sweep.nc")
        code, out, err = here(*run)
        assert (code, out) == (1, "")
        assert "cannot store a point" in err.splitlines()[-1]
        safe = len(stored(disk))
        assert 0 < safe < 24
        assert here(*run)[0] == 1  # still full: nothing is lost
        assert len(stored(disk)) == safe
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        code, out, err = here(*run)
        assert code == 0, err
        assert f"({safe} from the store" in out
        assert values(disk) == values(tmp_path)
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
