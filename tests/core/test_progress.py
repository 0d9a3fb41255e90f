"""Progress: a bar on a terminal and in a notebook, lines in a log, nothing where it would disturb."""

import io
import os
import sys

import pytest

from permsym import progress
from permsym.progress import Bar, on_stderr, on_terminal


class Stream(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    monkeypatch.setenv("TERM", "xterm")
    return now


def drawn(stream):
    """What a terminal shows: each line as its last redrawing left it."""
    return [line.rpartition("\r")[2].rstrip() for line in stream.getvalue().split("\n")]


def test_a_bar_on_a_terminal_and_lines_in_a_log():
    for terminal in (True, False):
        stream = Stream(terminal)
        bar = Bar("name", 2, 2.0, stream)
        bar.advance(1.0, False)
        bar.advance(1.0, True)
        assert "2/2 points, 1 failed" in stream.getvalue()
        assert ("[####" in stream.getvalue()) is terminal
        assert stream.getvalue().count("\n") == 1


def test_the_bar_shows_the_share_of_the_weight_and_the_time_left(clock):
    stream = Stream(True)
    bar = Bar("p1", 3, 100.0, stream)
    assert drawn(stream) == [f"p1 [{'.' * 30}] 0/3 points"]
    clock[0] = 10.0
    bar.advance(20.0)
    assert drawn(stream) == [f"p1 [{'#' * 6}{'.' * 24}] 1/3 points, 40 s left"]
    clock[0] = 10.05
    bar.advance(20.0, failed=True)  # too soon to draw again
    assert "2/3" not in stream.getvalue()
    clock[0] = 187.0
    bar.advance(10.0)  # weights are estimates: the last point is the end whatever they sum up to
    assert drawn(stream) == [f"p1 [{'#' * 30}] 3/3 points, 1 failed, 3:07 min in all", ""]


def test_every_line_fits_on_the_terminal_and_covers_the_one_before(clock, monkeypatch):
    for columns in (79, 40, 20):
        monkeypatch.setattr(progress, "_columns", lambda _, columns=columns: columns)
        stream = Stream(True)
        with Bar("a-long-name", 100, stream=stream) as bar:
            clock[0] += 3600.0
            bar.advance()
        lines = stream.getvalue().rstrip("\n").split("\r")[1:]
        assert {len(line) for line in lines} == {columns - 1}
        assert ("[" in lines[-1]) is (columns > 60)
        assert stream.getvalue().endswith("\n")  # left unfinished, the line ends all the same


def test_a_log_gets_a_line_every_half_minute_and_the_last_one(clock):
    stream = Stream(False)
    bar = Bar("p1", 100, stream=stream)
    for _ in range(100):
        clock[0] += 1.0
        bar.advance()
    lines = stream.getvalue().splitlines()
    assert [line.split(": ")[1].split()[0] for line in lines] == ["30/100", "60/100", "90/100", "100/100"]
    assert lines[0].endswith("p1: 30/100 points, 1:10 min left")
    assert "\r" not in stream.getvalue()


def test_a_notebook_gets_a_bar_and_a_dumb_terminal_lines(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", os)
    assert Bar("p1", 2, stream=Stream(False)).redraws
    monkeypatch.delitem(sys.modules, "ipykernel")
    monkeypatch.setenv("TERM", "dumb")
    assert not Bar("p1", 2, stream=Stream(True)).redraws


def test_a_sweep_without_points_to_compute_shows_nothing():
    stream = Stream(True)
    with Bar("p1", 0, 0.0, stream):
        pass
    assert stream.getvalue() == ""


def test_counters_draw_a_bar_for_each_count_and_nothing_in_a_log(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Stream(False))
    assert on_terminal("p1-fig5") is None
    stream = Stream(True)
    monkeypatch.setattr(sys, "stderr", stream)
    show = on_terminal("p1-fig5")
    for total in (2, 3):
        for done in range(1, total + 1):
            clock[0] += 1.0
            show(done, total)
    assert [line.split("] ")[1] for line in drawn(stream)[:2]] == ["2/2 points, 1 s in all", "3/3 points, 2 s in all"]


def test_lines_about_a_solve_come_late_unless_they_announce_something(clock, capsys):
    say = on_stderr(after=2.0)
    say("early")
    say("a long step ...")
    clock[0] = 2.5
    say("late")
    assert capsys.readouterr().err == "[   0.0 s] a long step ...\n[   2.5 s] late\n"
