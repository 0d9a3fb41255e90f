"""The store of a sweep: damaged, cut off, foreign, beside leftovers, or on a full disk."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess

import pytest
from sweep_processes import start, stored, until, values, write

from permsym.errors import InputError
from permsym.sweeps.store import store as stores
from permsym.sweeps.store.log import LONGEST, Log, lines, parsed, spelled
from permsym.sweeps.store.store import opened, read


@pytest.fixture
def finished(tmp_path, here):
    """(run again, its store) after a run of 24 points; running again gives (points recalled, standard error)."""
    sweep = write(tmp_path, points=24, N=6, order=3)
    assert here("run", sweep)[0] == 0
    expected = values(tmp_path)

    def again():
        (tmp_path / "sweep.nc").unlink(missing_ok=True)
        code, out, err = here("run", sweep)
        assert code == 0, err
        assert values(tmp_path) == expected
        return int(out.split("(")[1].split()[0]), err

    return again, tmp_path / "sweep.nc.store"


@pytest.mark.slow
def test_a_store_that_was_cut_off_gives_back_what_is_whole(finished):
    again, store = finished
    os.truncate(store, store.stat().st_size * 2 // 3)
    whole = store.read_bytes().count(b'["point"') - 1
    recalled, err = again()
    assert 8 <= recalled == whole
    assert f"was damaged at its end, as a kill does while a point is written: {whole} points were read" in err
    assert "damaged" not in again()[1]


def test_a_damaged_byte_costs_one_point_and_is_said(finished):
    again, store = finished
    chance = random.Random(7)
    content = store.read_bytes()
    for at in [3, *(chance.randrange(len(content)) for _ in range(4))]:
        damaged = bytearray(content)
        damaged[at] ^= 1 << chance.randrange(8)
        store.write_bytes(damaged)
        recalled, err = again()
        number = content.count(b"\n", 0, at)
        assert content[at] != ord("\n")
        assert recalled == 24 - content.split(b"\n")[number].startswith(b'["point"')
        assert "was damaged" in err
        aside = store.with_name("sweep.nc.store.damaged-1")
        if "at its end" not in err:
            assert f"{recalled} points were read, the damaged file is 'sweep.nc.store.damaged-1'" in err
            assert aside.read_bytes() == damaged
            aside.unlink()
        assert "damaged" not in again()[1]


def test_a_copy_of_the_store_of_a_killed_run_has_all_that_was_finished(tmp_path, here):
    """The store is one file at any instant: copied while the run goes on, and after the kill."""
    running = start(tmp_path, "run", write(tmp_path, points=60, N=8, order=3), "--jobs", "1")
    store = tmp_path / "sweep.nc.store"
    until(lambda: store.exists() and store.stat().st_size > 60_000)
    shutil.copy(store, tmp_path / "early")
    running.send_signal(signal.SIGKILL)
    running.communicate()
    shutil.copy(store, tmp_path / "copy")
    early, copy = read(tmp_path / "early"), read(tmp_path / "copy")
    assert 10 < len(early.results) <= len(copy.results) < 60
    assert early.damaged == copy.damaged == 0
    assert copy.results == stored(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"sweep.toml", "sweep.nc.store", "early", "copy"}


def test_leftovers_of_another_store_are_not_looked_at(finished):
    again, store = finished
    for suffix in ("-wal", "-shm", "-journal"):
        store.with_name(store.name + suffix).write_bytes(b"leftover")
    recalled, err = again()
    assert recalled == 24
    assert "damaged" not in err


def test_a_log_continues_where_its_whole_lines_end(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(spelled([1]) + b'[2, "the beginning of')
    log = Log(path, len(spelled([1])))
    log.append([3])
    log._file.write(b"interrupted" * 10)
    log.append([4])
    assert path.read_bytes() == spelled([1]) + spelled([3]) + spelled([4])
    log._file.write(b"interrupted" * 10)
    log.close()
    assert path.read_bytes() == spelled([1]) + spelled([3]) + spelled([4])
    assert [parsed(line) for line in lines(path)] == [[1], [3], [4]]


@pytest.mark.parametrize("line", [b"", b"\n", b"\t\n", spelled([1])[:-1], spelled([1]).replace(b"1", b"2", 1), spelled({}), spelled([])])
def test_a_line_that_is_not_whole(line):
    assert parsed(line) is None
    assert parsed(spelled([1, "\u00e9", float("inf")])) == [1, "\u00e9", float("inf")]


def test_a_line_longer_than_any_is_damage_and_no_end(finished, monkeypatch):
    again, store = finished
    monkeypatch.setattr("permsym.sweeps.store.log.LONGEST", 5000)
    monkeypatch.setattr(stores, "LONGEST", 5000)
    assert LONGEST > 1e8
    content = store.read_bytes()
    store.write_bytes(content + b"x" * 7000 + b"\n" + content[content.index(b"\n") + 1 :])
    recalled, err = again()
    assert recalled == 24
    assert "2 of its lines cannot be read" in err


@pytest.mark.slow
def test_entries_of_another_kind_are_damage(finished):
    again, store = finished
    for entry in (["point", "key", True, {}], ["point", "key", 1, {}], ["points"], ["plan", 3, []], ["plan", "x", "y"]):
        with store.open("ab") as file:
            file.write(spelled(entry))
        assert read(store).damaged == 1
        recalled, err = again()
        assert recalled == 24
        assert "was damaged: 1 of its lines" in err


@pytest.mark.parametrize("content", [b"", spelled(["permsym store", 1])[:30], spelled(["permsym store", 1])])
def test_a_store_of_which_little_is_left(tmp_path, content, here):
    sweep = write(tmp_path, points=3)
    (tmp_path / "sweep.nc.store").write_bytes(content)
    code, out, err = here("run", sweep)
    assert code == 0, err
    assert "3 computed" in out


def old_store(path):
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA application_id = 0x7073796D")
        database.execute("CREATE TABLE points (id INTEGER)")
    database.close()
    return "is a store of an older permsym"


def foreign_database(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE mine (id INTEGER)")
    database.close()
    return "is no store of permsym"


def newer_store(path):
    path.write_bytes(spelled(["permsym store", 2]) + spelled(["something"]))
    return "is a store of a newer permsym"


def text(path):
    path.write_text("my notes")
    return "is no store of permsym"


def long_text(path):
    path.write_text("my notes, which are long\n" * 1000)
    return "is no store of permsym"


def noise(path):
    path.write_bytes(random.Random(1).randbytes(3000))
    return "is no store of permsym"


@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
@pytest.mark.parametrize("make", [old_store, foreign_database, newer_store, text, long_text, noise])
def test_a_file_that_is_no_store_is_left_alone(tmp_path, here, make, fresh):
    store = tmp_path / "sweep.nc.store"
    words = make(store)
    before = store.read_bytes()
    code, out, err = here("run", write(tmp_path, points=3), *fresh)
    assert (code, out) == (1, "")
    (line,) = err.splitlines()
    assert words in line
    assert store.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"sweep.toml", "sweep.nc.store"}


@pytest.mark.slow
def test_a_fresh_run_forgets_what_was_computed(finished, here, tmp_path):
    _, store = finished
    _, out, _ = here("run", tmp_path / "sweep.toml", "--fresh")
    assert "(0 from the store, 24 computed)" in out
    assert len(read(store).results) == 24


def test_a_store_is_read_while_a_run_writes_to_it(finished):
    _, store = finished
    with opened(store) as open_store, pytest.raises(InputError, match="is working on"), opened(store):
        pass
    with opened(store) as open_store:
        key, result = next(iter(open_store.results().items()))
        open_store.put("another", result)
        assert read(store).results["another"] == result
        assert read(store).results[key] == result


@pytest.mark.slow
def test_a_full_disk(tmp_path, here):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60k", "none", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root can mount a small disk; the file size limit is tested everywhere")
    try:
        sweep = write(tmp_path, points=24, N=6, order=3)
        assert here("run", sweep)[0] == 0
        run = ("run", sweep, "-o", disk / "sweep.nc")
        code, out, err = here(*run)
        assert (code, out) == (1, "")
        assert "cannot store a point" in err.splitlines()[-1]
        safe = len(read(disk / "sweep.nc.store").results)
        assert 0 < safe < 24
        assert here(*run)[0] == 1  # still full: nothing is lost
        assert len(read(disk / "sweep.nc.store").results) == safe
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        code, out, err = here(*run)
        assert code == 0, err
        assert f"({safe} from the store" in out
        assert values(disk) == values(tmp_path)
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
