"""What sampling of every kind shares: interrupted runs, checkpoints, progress, memory."""

from __future__ import annotations

import numpy as np
import pytest

import permsym as ps
from permsym.errors import TooLarge
from permsym.sampling.recording import Recording
from permsym.semiclassical.twa import bundle as twa
from permsym.semiclassical.twa import steady as twa_steady
from permsym.unravelling import bundle as unravelling

DRIVEN = ps.models.driven_tavis_cummings(N=2, C=4, drive=0.9, gamma_h=0.5, kappa=1, levels=20)
KINDS = {
    "trajectories": (ps.trajectories, unravelling.Bundle, {"moments": ["a"], "duration": 200}),
    "twa": (ps.twa.steady_state, twa.Bundle, {"moments": ["a"], "duration": 40, "trajectories": 16}),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


def interrupted(bundle, patch, piece):
    """An interrupt within a piece: the trajectories have moved on, what was read of them is lost."""
    run, count = bundle.run, 0

    def broken(self, *words):
        nonlocal count
        count += 1
        result = run(self, *words)
        if count == piece:
            raise KeyboardInterrupt
        return result

    patch.setattr(bundle, "run", broken)


def test_an_interrupt_loses_nothing_that_is_finished(kind, tmp_path, monkeypatch):
    """Long before the first checkpoint is due; the resumed run has the bits of a whole one, and once more when it is done."""
    solve, bundle, options = kind
    lines, wish = [], {**options, "seed": 3, "dwell": "ad a"}
    whole, path = solve(DRIVEN, **wish), tmp_path / "run.h5"
    with monkeypatch.context() as patch:
        interrupted(bundle, patch, 4)
        with pytest.raises(KeyboardInterrupt):
            solve(DRIVEN, **wish, checkpoint=path)
    resumed = solve(DRIVEN, **wish, checkpoint=path, progress=lines.append)
    again = solve(DRIVEN, **wish, checkpoint=path, jobs=1)
    assert "going on from" in lines[0]
    assert not lines[0].endswith("at 0 units of time ...")
    assert resumed.values == whole.values == again.values
    assert resumed.errors == whole.errors
    assert resumed.dwell == whole.dwell
    assert sum(whole.dwell.switches) > 3
    with pytest.raises(ps.InputError, match="checkpoint of other trajectories: it has seed 3, not 4"):
        solve(DRIVEN, **{**wish, "seed": 4}, checkpoint=path)
    with pytest.raises(ps.InputError, match="checkpoint of other trajectories: it has watched 'ad a', not None"):
        solve(DRIVEN, **{**wish, "dwell": None}, checkpoint=path)
    path.write_bytes(b"nothing")
    with pytest.raises(ps.InputError, match="no trajectories' checkpoint"):
        solve(DRIVEN, **wish, checkpoint=path)


def test_what_was_read_is_the_same_whether_switches_are_looked_for(kind):
    solve, _, options = kind
    plain, watching = (solve(DRIVEN, **options, dwell=dwell) for dwell in (None, "ad a"))
    assert plain.moment("a") == watching.moment("a")
    assert plain.dwell is None
    assert watching.to_dict()["dwell"]["switches"] == list(watching.dwell.switches)


def test_steps_that_were_halved_stay_so(tmp_path, monkeypatch):
    """Steps of 0.05 count as too long; interrupted in the attempt with steps half as long."""
    judge = twa_steady._Run.check_step
    monkeypatch.setattr(twa_steady, "first_step", lambda *_: 0.05)
    monkeypatch.setattr(twa_steady._Run, "check_step", lambda run: judge(run) or ("too long" if run.bundle.step > 0.04 else None))
    _, bundle, options = KINDS["twa"]
    whole, path = ps.twa.steady_state(DRIVEN, **options), tmp_path / "run.h5"
    assert whole.sampling.step == 0.025
    with monkeypatch.context() as patch:
        interrupted(bundle, patch, 20)  # 16 pieces and a repetition with longer steps are the first attempt
        with pytest.raises(KeyboardInterrupt):
            ps.twa.steady_state(DRIVEN, **options, checkpoint=path)
    pieces, run = [], bundle.run
    monkeypatch.setattr(bundle, "run", lambda self, *words: pieces.append(self.step) or run(self, *words))
    resumed = ps.twa.steady_state(DRIVEN, **options, checkpoint=path)
    assert (resumed.values, resumed.sampling.step, resumed.sampling.clipped) == (whole.values, 0.025, whole.sampling.clipped)
    assert pieces == [0.025] * 15


def test_a_longer_run_goes_on_from_a_shorter_one(kind, tmp_path):
    solve, _, options = kind
    short, path = solve(DRIVEN, **options, checkpoint=tmp_path / "run.h5"), tmp_path / "run.h5"
    longer = solve(DRIVEN, **{**options, "duration": 3 * options["duration"]}, checkpoint=path)
    assert longer.burn_in + longer.duration >= 3 * options["duration"] * 0.999
    assert longer.error("a") < short.error("a")


def test_switches_that_would_not_fit_into_memory_are_refused(kind, monkeypatch):
    solve, _, options = kind
    monkeypatch.setenv("PERMSYM_MEMORY", "1k")
    with pytest.raises(TooLarge, match="give a shorter duration or fewer trajectories"):
        solve(DRIVEN, **options, dwell="a")


class Still:
    """Four trajectories that stay where they are."""

    trajectories, width, every = 4, 1, 0.5

    def run(self, cells, per):
        return np.ones((4, cells, 1), dtype=complex), np.ones((4, cells * per))


@pytest.mark.parametrize(("pace", "announced"), [(1.0, True), (1e-6, False)])
def test_a_long_stretch_is_announced(pace, announced):
    """Lines that end in dots are shown at once."""
    lines, source = [], Still()
    source.arrays = {"x": np.zeros(4)}
    record = Recording("trajectories", {}, source, True, lines.append, 100)
    record.reach()
    record.pace = pace
    record.prolong(3.0, 2.0)
    assert record.now.goal == 200
    assert "150 units of time each are needed by estimate" in lines[0]
    assert lines[0].endswith("...") == announced
    record.reach()
    assert record.series(20).shape == (4, 180)


def test_many_cells_become_half_as_many():
    source = Still()
    source.arrays = {"x": np.zeros(4)}
    record = Recording("trajectories", {}, source, True, lambda _: None, 8, per=3, most=8, piece=2)
    record.reach()
    assert (record.cells.shape, record.now.per, record.now.goal) == ((4, 4, 1), 6, 4)
    assert record.length == 8 * 3 * 0.5
    assert record.series(1).shape == (4, 18)
