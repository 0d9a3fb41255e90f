"""Points that are averages over trajectories: interrupted ones go on from where they were."""

import pytest

import permsym as ps
from permsym.sampling.recording import Recording
from permsym.sweeps.definition import make
from permsym.sweeps.run import execute, prepare
from permsym.sweeps.store.store import opened

OPTIONS = {"trajectories": {"duration": 150, "seed": 1}, "twa": {"duration": 20, "seed": 1}}
SOLVERS = {"trajectories": ps.trajectories, "twa": ps.twa.steady_state}


def computed(path, method, fresh=False):
    """The one point of the sweep, through a store."""
    sweep = make("tavis-cummings", {"N": [4]}, fixed={}, methods=[method], moments=["z1"], options={method: OPTIONS[method]})
    with opened(path, fresh) as store:
        (point,) = execute(prepare(sweep, store), store=store).points.values()
    return point


@pytest.fixture(params=SOLVERS)
def method(request):
    return request.param


@pytest.fixture
def interrupted(tmp_path, monkeypatch, method):
    """The store of a run that was interrupted in the third piece of its point."""
    begun, advance = 0, Recording.advance

    def ended(self):
        nonlocal begun
        begun += 1
        if begun == 3:
            raise KeyboardInterrupt
        advance(self)

    with monkeypatch.context() as patch:
        patch.setattr(Recording, "advance", ended)
        with pytest.raises(KeyboardInterrupt):
            computed(tmp_path / "data.nc.store", method)
    return tmp_path / "data.nc.store"


@pytest.fixture
def resumed(monkeypatch):
    """Whether each recording took up a file."""
    seen, resume = [], Recording.resume

    def watched(self, path):
        seen.append(resume(self, path))
        return seen[-1]

    monkeypatch.setattr(Recording, "resume", watched)
    return seen


def test_an_interrupted_point_goes_on_with_the_same_bits(interrupted, resumed, method):
    (unfinished,) = interrupted.parent.glob("*.unfinished")
    point = computed(interrupted, method)
    assert resumed == [True]
    assert not unfinished.exists()
    assert point.moments["z1"] == SOLVERS[method](ps.models.tavis_cummings(N=4), "z1", **OPTIONS[method]).moment("z1")


def test_a_damaged_file_of_a_point_is_thrown_away(interrupted, resumed, method):
    (unfinished,) = interrupted.parent.glob("*.unfinished")
    unfinished.write_bytes(unfinished.read_bytes()[:-100])
    assert computed(interrupted, method).status == "ok"
    assert resumed == [False]
    assert not unfinished.exists()


def test_a_fresh_run_forgets_points_that_were_begun(interrupted, resumed, method):
    assert computed(interrupted, method, fresh=True).status == "ok"
    assert resumed == [False]
    assert not list(interrupted.parent.glob("*.unfinished"))


def test_evolutions_have_the_error_of_each_time():
    table = {"times": [0, 0.5, 1], "initial": "vacuum up"}
    options = {"trajectories": {"seed": 2, "trajectories": 64}}
    data = ps.sweep("tavis-cummings", {"N": [3]}, methods=["exact", "trajectories"], moments=["z1"], evolution=table, options=options)
    sampled = data.sel(N=3, approach="trajectories", moment="z1")
    run = ps.trajectories(ps.models.tavis_cummings(N=3), "z1", times=[0, 0.5, 1], initial="vacuum up", seed=2, trajectories=64)
    assert sampled["moment_real"].values.tolist() == run.moment("z1").real.tolist()
    assert sampled["moment_error"].values.tolist() == run.error("z1").tolist()
    with pytest.raises(ps.InputError, match="constant coefficients"):
        ps.sweep("tavis-cummings", {"N": [3]}, methods=["trajectories"], evolution=table | {"modulate": {"kappa": "1 + t"}})
