"""Figures made by processes that are killed, interrupted, or meet a full disk."""

import resource
import signal
from pathlib import Path

import pytest
from sweep_processes import finish, permsym, start, until

import permsym as ps

linux = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks at processes through /proc")


FIGURE = ("figure", "p1-fig3b", "-o", ".", "--max-N")


def computing(process):
    """Whether a process has loaded what it solves with."""
    return "_superlu" in Path(f"/proc/{process.pid}/maps").read_text()


@pytest.mark.slow
@linux
@pytest.mark.serial
def test_a_killed_run_leaves_nothing_half_written(tmp_path):
    """Killed when a first file appears, and when the data are there and it draws."""
    data, picture = tmp_path / "p1-fig3b.nc", tmp_path / "p1-fig3b.png"
    for reached in (lambda: any(tmp_path.iterdir()), data.exists):
        data.unlink(missing_ok=True)
        for left in tmp_path.glob(".*"):
            left.unlink()
        running = start(tmp_path, *FIGURE, 5)
        until(lambda: reached() or running.poll() is not None, pause=0.002)  # noqa: B023
        running.kill()
        assert finish(running)[0] == -signal.SIGKILL
        if data.exists():
            assert (ps.open_dataset(data)["certified"].sel({"approach": "exact"}) == 1).all()
        if picture.exists():
            assert picture.read_bytes().endswith(b"IEND\xaeB`\x82")
    assert data.exists()
    code, _, err = permsym(tmp_path, *FIGURE, 5)
    assert code == 0, err
    assert ps.open_dataset(data).sizes["N"] == 4


@linux
@pytest.mark.serial
def test_interrupt_says_so_and_leaves_nothing(tmp_path):
    running = start(tmp_path, *FIGURE, 300)
    until(lambda: computing(running))
    running.send_signal(signal.SIGINT)
    code, _, err = finish(running)
    assert code == 130
    assert err.splitlines()[-1].startswith("permsym: interrupted")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    code, _, err = permsym(tmp_path, *FIGURE, 3, preexec_fn=small_files, environment={"PYTHONDONTWRITEBYTECODE": "1"})
    assert code == 1, err
    (line,) = err.splitlines()
    assert line.startswith("permsym: cannot write")
    assert list(tmp_path.iterdir()) == []
