"""Tallies of sweeps: rates over the last points, and what fell short in groups."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from permsym.dataset.build import Point
from permsym.dataset.status import Status
from permsym.sweeps.cost import Cost
from permsym.sweeps.definition import make
from permsym.sweeps.methods import METHODS
from permsym.sweeps.tally import Shortfall, Tally, expected, grouped, rate

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(*seconds):
    return [START + timedelta(seconds=second) for second in seconds]


def test_the_rate_is_that_of_the_last_points():
    assert rate(at(*range(0, 1000, 10), *(1000 + k for k in range(60)))) == pytest.approx(1)
    assert rate(at(3)) is None
    assert rate(at(5, 5)) is None  # the clock did not move
    assert rate(reversed(at(0, 2, 4))) == pytest.approx(0.5)  # in any order


def test_a_pause_between_two_runs_is_no_part_of_the_rate():
    assert rate(at(0, 1, 2, 3, 5000, 5001, 5002)) == pytest.approx(1)


def test_a_point_that_takes_long_slows_the_rate_while_it_runs():
    assert rate(at(0, 1, 2, 3), now=START + timedelta(seconds=3.5)) == pytest.approx(4 / 3.5)
    assert rate(at(0, 1, 2, 3), now=START + timedelta(seconds=13)) == pytest.approx(4 / 13)


def short(status, reason, approach, **at):
    return Shortfall(status, reason, approach, at)


def test_shortfalls_are_grouped_by_status_approach_and_reason():
    lost = [short(Status.NO_FIXED_POINT, f"order 3 does not reach N={n}", "c3", N=n) for n in range(10, 90, 10)]
    one = short(Status.FAILED, "the steady state is not unique", "exact", N=4, g=0.1 + 0.2)
    lines = grouped([lost[0], one, *lost[1:]])
    assert lines == [
        "8 no-fixed-point (c3): order 3 does not reach N=10",
        "    at N=10, N=20, N=30, N=40, N=50, N=60, and 2 more",
        "1 failed (exact): the steady state is not unique",
        "    at N=4 g=0.3",
    ]


def test_what_a_tally_says():
    wide = Tally(3, 9, [short(Status.REFUSED, "this needs 3 TB", "exact", N=10**6)], rate=0.05, seconds_left=180, process=12)
    head, running, *rest = wide.lines("x.nc")
    assert head == "x.nc: [#######.......................] 3 of 12 points, 1 of them without a certified value"
    assert running == "running (process 12), 3 points a minute, about 3:00 min left"
    assert rest[1] == "1 refused (exact): this needs 3 TB"
    assert wide.to_dict()["failed"] == {"refused": [{"N": 10**6, "approach": "exact", "reason": "this needs 3 TB"}]}
    assert Tally(4, 0, []).lines("x.nc") == ["x.nc: [##############################] 4 of 4 points"]
    mixed = Tally(2, 0, [], versions=[{"scipy": "1", "permsym": "0.1", "code": "ab"}, {"permsym": "0.2"}]).lines("x.nc")
    assert mixed[1:3] == ["computed by permsym 0.1, code ab, scipy 1", "computed by permsym 0.2"]
    assert "several versions" in mixed[-1]


def test_what_is_left_is_weighed_by_the_estimates(monkeypatch):
    """Points of 40 and 30 satellites took 8 and 6 s, as estimated times two; those of 20 and 10 are left: 6 s."""
    monkeypatch.setitem(METHODS, "mf", replace(METHODS["mf"], cost=lambda model, options, spectrum: Cost(1, 1.0, model.sizes[0] / 10)))
    plan = make("central-spin", {"N": [10, 20, 30, 40]}, fixed={}, methods=("mf",))
    done = {((k,), "mf"): Point({}, computed_at=moment) for k, moment in zip((3, 2), at(8, 14), strict=True)}
    assert expected(plan, done, pace=2 / 14) == pytest.approx(6)


def test_long_reasons_are_cut_where_people_read():
    one = short(Status.FAILED, "word " * 100, "exact", N=4)
    assert len(grouped([one])[0]) < 190
    assert Tally(1, 0, [one]).to_dict()["failed"]["failed"][0]["reason"] == "word " * 100
