"""Evolutions in a sweep: every method's against its own function, files, stores, and what goes wrong."""

import json

import numpy as np
import pytest
import xarray as xr

import permsym as ps
from permsym import dataset
from permsym.cumulants import evolve
from permsym.dataset.status import Status
from permsym.errors import InputError, Mistakes
from permsym.sweeps.bench import Bench
from permsym.sweeps.definition import make
from permsym.sweeps.estimate import describe
from permsym.sweeps.file.sweep_file import read_sweep_file
from permsym.sweeps.rerun import rerun
from permsym.sweeps.run import prepare
from permsym.sweeps.store.record import packed, unpacked
from permsym.sweeps.task import compute

TIMES = np.linspace(0, 2, 5)
EVOLUTION = {"times": TIMES, "initial": "up bloch=1,0.3"}
FILE = """
[model]
name = "central-spin"
kappa = "N/16"
[sweep]
N = [2, 3]
[methods]
exact = true
cumulants = [1, 2]
[moments]
order = 1
[evolution]
times = "0:2:4"
initial = "up bloch=1,0.3"
"""


@pytest.fixture(scope="module")
def data():
    methods = ("exact", "mf", "c2", "c3")
    return ps.sweep("central-spin", {"N": [2, 3]}, methods=methods, moments=["z0", "+0 -1"], evolution=EVOLUTION, gamma_phi=0.1)


@pytest.mark.parametrize("N", [2, 3])
def test_every_method_has_the_same_times(data, N):
    model = ps.models.central_spin(N=N, gamma_phi=0.1)
    assert data["moment_real"].dims == ("N", "time", "approach", "moment")
    exact = ps.evolve(model, TIMES, initial=EVOLUTION["initial"], moments=["z0", "+0 -1"])
    here = data.sel(N=N)
    for label in ("z0", "+0 -1"):
        found = here.sel(approach="exact", moment=label)
        assert np.abs(found["moment_real"] + 1j * found["moment_imag"] - exact.moment(label)).max() == 0
        assert (found["moment_error"] == exact.certificate.errors[label]).all()
    for name, order in (("mf", 1), ("c2", 2), ("c3", 3)):
        trajectory = evolve(model, TIMES, EVOLUTION["initial"], order=order)
        found = here.sel(approach=name, moment="z0")
        assert np.abs(found["moment_real"] - trajectory.moment("z0").real).max() == 0
        assert (here["p0_up"].sel(approach=name) == trajectory.derived["p0_up"]).all()
    assert set(here["status"].values.flat) == {"ok"}
    third = np.abs(here["moment_real"].sel(approach="c3") - here["moment_real"].sel(approach="exact")).max()
    assert (float(third) < 1e-6) is (N == 2)  # exact for N <= M - 1


def test_a_record_keeps_every_bit():
    methods, options = ("exact", "c2", "twa"), {"twa": {"trajectories": 64, "seed": 2}}
    moments, evolution = ["ad a", "+1"], EVOLUTION_OF_A_MODE
    sweep = make("tavis-cummings", {}, fixed={"N": 2}, methods=methods, moments=moments, evolution=evolution, options=options)
    for task in sweep.tasks():
        point = compute(task, Bench()).point
        again = unpacked(json.loads(json.dumps(packed(point))))
        assert again.series.times == point.series.times
        assert again.moments == {}
        assert again.errors == point.errors
        assert (point.errors != {}) is (task.method == "exact")
        assert (point.series.errors != {}) is (task.method == "twa")
        for before, after in (
            (point.series.moments, again.series.moments),
            (point.series.derived, again.series.derived),
            (point.series.derived_errors, again.series.derived_errors),
            (point.series.errors, again.series.errors),
        ):
            assert {k: v.tobytes() for k, v in before.items()} == {k: v.tobytes() for k, v in after.items()}


EVOLUTION_OF_A_MODE = {"times": [0.0, 0.5], "initial": "coherent=0.5+0.25j up=0.5"}


def test_truncated_wigner_has_an_interval_at_every_time():
    """As the solver itself; a seed and a number of trajectories are its options."""
    options = {"twa": {"trajectories": 128, "seed": 4}}
    sampled = ps.sweep("central-spin", {"N": [2, 3]}, methods=("twa",), moments=["z1", "+0 -1"], evolution=EVOLUTION, options=options)
    run = ps.twa.evolve(ps.models.central_spin(N=3), TIMES, EVOLUTION["initial"], ["z1", "+0 -1"], trajectories=128, seed=4)
    here = sampled.sel(N=3, moment="+0 -1")
    assert np.abs(here["moment_real"] + 1j * here["moment_imag"] - run.moment("+0 -1")).max() == 0
    np.testing.assert_array_equal(here["moment_error"], run.error("+0 -1"))
    assert len(set(here["moment_error"].values.tolist())) == len(TIMES)
    np.testing.assert_array_equal(sampled["p0_up_error"].sel(N=3), run.derived_errors["p0_up"])
    assert set(sampled["status"].values.flat) == {"ok"}


def test_a_file_says_the_same_and_is_computed_again(tmp_path, data):
    path = tmp_path / "sweep.toml"
    path.write_text(FILE)
    sweep = read_sweep_file(path).sweep
    assert "in time  5 times from 0 to 2, from 'up bloch=1,0.3'" in describe(prepare(sweep), 1, tmp_path / "x.nc")
    made = ps.sweep("central-spin", {"N": [2, 3]}, methods=("exact", "mf", "c2"), moments=1, evolution=EVOLUTION, kappa="N/16")
    dataset.save(made, tmp_path / "made.nc")
    loaded = dataset.open_dataset(tmp_path / "made.nc")
    again, differs = rerun(loaded)
    assert differs.equal
    assert differs.states == 0
    assert json.loads(made.attrs["definition"])["evolution"] == {"times": TIMES.tolist(), "initial": "up bloch=1,0.3"}
    xr.testing.assert_equal(again["moment_real"], made["moment_real"])


@pytest.fixture(scope="module")
def driven():
    evolution = {**EVOLUTION, "modulate": {"g": "N*g*cos(t)", "L[-0]": "1 + t"}}
    return ps.sweep("central-spin", {"N": [2, 3]}, methods=("exact", "mf", "c3"), moments=["z0", "+0 -1"], evolution=evolution)


@pytest.mark.slow
def test_every_method_has_the_same_coefficients_in_time(driven):
    for N in (2, 3):
        model, rules = ps.models.central_spin(N=N), {"g": lambda t, N=N: N * 0.75 * np.cos(t), "kappa": lambda t, N=N: N / 16 * (1 + t)}
        exact = ps.evolve(model, TIMES, initial=EVOLUTION["initial"], moments=["z0", "+0 -1"], modulate=rules)
        found = driven.sel(N=N, approach="exact", moment="+0 -1")
        assert np.abs(found["moment_real"] + 1j * found["moment_imag"] - exact.moment("+0 -1")).max() < 1e-10
        for name, order in (("mf", 1), ("c3", 3)):
            values = evolve(model, TIMES, EVOLUTION["initial"], order=order, modulate=rules).moment("z0").real
            assert np.abs(driven["moment_real"].sel(N=N, approach=name, moment="z0") - values).max() < 1e-6
    assert set(driven["status"].values.flat) == {"ok"}
    still = ps.sweep("central-spin", {"N": [2]}, moments=["z0"], evolution=EVOLUTION)
    assert np.abs(still["moment_real"].values - driven["moment_real"].sel(N=2, approach="exact", moment="z0").values).max() > 0.01


def test_what_changes_is_in_the_provenance_and_in_the_key(driven):
    again, differs = rerun(driven)
    assert differs.equal
    assert json.loads(again.attrs["definition"])["evolution"]["modulate"] == {"g": "N*g*cos(t)", "L[-0]": "1 + t"}
    keys = {
        make("central-spin", {}, fixed={"N": 2}, evolution={**EVOLUTION, **more}).fingerprint
        for more in ({}, {"modulate": {"g": "t"}}, {"modulate": {"g": "2*t"}})
    }
    assert len(keys) == 3


def test_a_failure_is_one_at_every_time():
    data = ps.sweep("central-spin", {"N": [2]}, methods=("exact", "c2"), moments=["z0 z1 z2"], evolution=EVOLUTION)
    assert set(data["status"].sel(approach="c2").values.flat) == {str(Status.BEYOND_ORDER)}
    assert np.isnan(data["moment_real"].sel(approach="c2").values).all()
    assert set(data["status"].sel(approach="exact").values.flat) == {"ok"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (('times = "0:2:4"', 'times = "2:0:4"'), "'times' must have 0 <= T0 <= T1"),
        (('times = "0:2:4"', "times = [0, 0]"), "must increase"),
        (('times = "0:2:4"', "times = [-1, 0]"), "must be a finite number >= 0, but is -1"),
        (('times = "0:2:4"', "times = 3"), "'times' must be 'T0:T1:STEPS'"),
        (('times = "0:2:4"', 'tmies = "0:2:4"'), "times"),
        (('initial = "up bloch=1,0.3"', 'initial = "sideways"'), "sideways"),
        (('initial = "up bloch=1,0.3"', "initial = 3"), "a label such as 'vacuum up', but is 3"),
        (("[evolution]", "[spectrum]\nlinewidth = true\n[evolution]"), "leave \\[evolution\\] or \\[spectrum\\] out"),
        (("[evolution]", '[quantities]\nfisher = ["g"]\n[modulate]\ng = "t"\n[evolution]'), "leave `fisher` or \\[modulate\\] out"),
        (("[evolution]", "[modulate]\n[evolution]"), None),
        (('[evolution]\ntimes = "0:2:4"\ninitial = "up bloch=1,0.3"', '[modulate]\ng = "t"'), r"\[modulate\] is for an \[evolution\]"),
        (("[evolution]", "[modulate]\ng = 3\n[evolution]"), "must be the text of an expression in t"),
        (("[evolution]", '[modulate]\ng = "sin(q)"\n[evolution]'), "'q'"),
        (("[evolution]", '[modulate]\nq = "t"\n[evolution]'), "`q` is no parameter of central-spin"),
        (("[evolution]", '[modulate]\nkappa = "1 - t"\n[evolution]'), "toml:12: at t = 1.*`kappa` must be a rate >= 0"),
        (("exact = true", 'exact = {window = "full"}'), "an evolution by the method exact has no option 'window'"),
        (("exact = true", "exact = true\nlinear_noise = true"), "the method ln has steady states alone"),
        (("exact = true", "exact = true\ntwa = {duration = 9}"), "an evolution by the method twa has no option 'duration'; it has target"),
        (("[evolution]", '[modulate]\ng = "t"\n[evolution]'), None),
        (("[methods]\nexact = true", '[modulate]\ng = "t"\n[methods]\ntwa = true'), "leave it or \\[modulate\\] out"),
    ],
)
def test_mistakes_of_a_file(tmp_path, changed, words):
    path = tmp_path / "sweep.toml"
    path.write_text(FILE.replace(*changed))
    if words is None:
        assert read_sweep_file(path).sweep.evolution.modulate == ({"g": "t"} if "g =" in changed[1] else {})
        return
    with pytest.raises(Mistakes, match=words):
        read_sweep_file(path)


def test_mistakes_in_python():
    with pytest.raises(InputError, match="write 'g' as the text of an expression in t, not as <function"):
        make("central-spin", {"N": [2]}, fixed={}, evolution={"times": [0, 1], "modulate": {"g": lambda t: t}})
    with pytest.raises(InputError, match="has no 'start'"):
        make("central-spin", {"N": [2]}, fixed={}, evolution={"times": [0, 1], "start": 3})
    with pytest.raises(InputError, match="needs times"):
        make("central-spin", {"N": [2]}, fixed={}, evolution={"initial": "up down"})
