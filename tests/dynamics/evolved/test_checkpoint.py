"""Checkpoints of evolutions: what was interrupted goes on to the same numbers, bit for bit, on every route; other files are refused."""

import json
import resource
import signal
import subprocess
import sys
import warnings

import h5py
import numpy as np
import pytest
from command_line import run
from sweep_processes import until

import permsym as ps
from permsym.dynamics.evolved.checkpoint import EvolutionCheckpoint
from permsym.text import readable


class Interrupted(Exception):
    """By the test."""


def interrupted(model, times, path, after, **options):
    """Stop an evolution that writes at every step, in the step with this number."""
    steps = []

    def progress(line):
        if line.startswith("t ="):
            steps.append(line)
            if len(steps) > after:
                raise Interrupted

    with pytest.raises(Interrupted):
        ps.evolve(model, times, checkpoint=EvolutionCheckpoint(path, every=0.0), progress=progress, **options)
    return len(steps)


def decay(N):
    s = ps.Ensemble(N)
    return ps.Model(ps.Spin(), s, 0.0 * s.z, [ps.Collective(1, s.m), ps.Individual(0.1, s.m)])


ROUTES = {
    "krylov": (lambda: ps.models.central_spin(N=8), [0, 4, 8], {"initial": "up down", "method": "krylov"}),
    "charged": (
        lambda: ps.models.central_spin(N=4),
        [0, 1, 30],
        {"initial": "up bloch=1.1,0.2", "moments": ["z0", "+1", "+1 +2"], "keep": "all"},
    ),
    "levels": (lambda: ps.models.tavis_cummings(N=3), [0, 2], {"initial": "coherent=1.5 down"}),
    "shift-invert": (lambda: ps.models.central_spin(N=8), [0, 300], {"initial": "up down", "method": "shift-invert"}),
    "taylor": (
        lambda: ps.models.driven_tavis_cummings(N=1, g=0.8, eta=0),
        [0, 3],
        {"modulate": {"eta": lambda t: 0.3 * np.sin(3 * t)}},
    ),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.quick("levels", "taylor")
def test_an_interrupted_evolution_goes_on_to_the_same_numbers(route, tmp_path):
    make, times, options = ROUTES[route]
    model, path = make(), tmp_path / "run.h5"
    whole = ps.evolve(model, times, **options)
    assert whole.solver["steps"] > 3
    interrupted(model, times, path, whole.solver["steps"] // 2, **options)
    resumed = ps.evolve(model, times, checkpoint=path, **options)
    assert resumed.solver.pop("resumed") > 0
    assert resumed.solver == whole.solver
    equal(resumed, whole)


def equal(resumed, whole):
    for label, values in whole.moments.items():
        assert np.array_equal(resumed.moments[label], values)
    assert resumed.certificate == whole.certificate
    assert resumed.states.keys() == whole.states.keys()
    for t, state in whole.states.items():
        again = resumed.states[t]
        for mine, theirs in zip((again, *again.coherences), (state, *state.coherences), strict=True):
            assert np.array_equal(mine.x, theirs.x)
        assert (again.errors, again.lacking, again.time) == (state.errors, state.lacking, state.time)
    if whole.photon_distribution is not None:
        assert np.array_equal(resumed.photon_distribution, whole.photon_distribution)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["window", "blocks", "modulated blocks"])
def test_large_systems_go_on_too(kind, tmp_path):
    model, times, options = {
        "window": (decay(700), [0, 0.01, 0.02], {"initial": "down up", "moments": ["z1"]}),
        "blocks": (ps.models.driven_tavis_cummings(N=5, g=0.8, eta=1.0), [0, 2.0], {"moments": ["ad a"], "tolerance": 1e-7}),
        "modulated blocks": (
            ps.models.driven_tavis_cummings(N=5, g=0.8, eta=0),
            [0, 2.0],
            {"moments": ["ad a"], "tolerance": 1e-7, "modulate": {"eta": "1 + sin(t)"}},
        ),
    }[kind]
    path = tmp_path / "run.h5"
    whole = ps.evolve(model, times, **options)
    interrupted(model, times, path, 2, **options)
    resumed = ps.evolve(model, times, checkpoint=path, **options)
    assert 0 < resumed.solver["resumed"] < times[-1]
    assert all(np.array_equal(resumed.moments[label], values) for label, values in whole.moments.items())
    assert resumed.certificate == whole.certificate


SCRIPT = """
import sys, permsym as ps
from permsym.dynamics.evolved.checkpoint import EvolutionCheckpoint
ps.evolve(ps.models.central_spin(N=60), [0, 50], initial="up down", moments=["z0"], method="krylov",
          checkpoint=EvolutionCheckpoint(sys.argv[1], every=0.0))
"""


@pytest.mark.slow
@pytest.mark.serial
def test_a_killed_evolution_goes_on(tmp_path):
    path = tmp_path / "run.h5"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)])
    until(lambda: path.exists() or process.poll() is not None, pause=0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    options = {"initial": "up down", "moments": ["z0"], "method": "krylov"}
    model = ps.models.central_spin(N=60)
    resumed, whole = ps.evolve(model, [0, 50], checkpoint=path, **options), ps.evolve(model, [0, 50], **options)
    assert 0 < resumed.solver["resumed"] < 50
    assert abs(resumed.moment("z0") - whole.moment("z0")).max() < 1e-14
    assert [each.name for each in tmp_path.iterdir() if not each.name.endswith(".part")] == ["run.h5"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The bytes of a checkpoint."""
    path = tmp_path_factory.mktemp("checkpoint") / "run.h5"
    ps.evolve(ps.models.central_spin(N=2), [0, 1], initial="up down", checkpoint=path)
    return path.read_bytes()


OTHERS = {
    "model": {"model": ps.models.central_spin(N=2, g=0.7)},
    "initial state": {"initial": "down down"},
    "list of times": {"times": [0, 1.5]},
    "tolerance": {"tolerance": 1e-8},
    "choice of moments": {"moments": ["z0"]},
    "choice of states": {"keep": "none"},
    "modulation": {"modulate": {"g": lambda t: 0.7}},
    "basis": {"basis": "occupation"},
}


@pytest.mark.parametrize("what", OTHERS)
def test_the_checkpoint_of_another_evolution_is_refused(what, finished, tmp_path):
    path = tmp_path / "run.h5"
    path.write_bytes(finished)
    asked = {"model": ps.models.central_spin(N=2), "times": [0, 1], "initial": "up down"} | OTHERS[what]
    with pytest.raises(ps.InputError, match=rf"'.*run\.h5' is the checkpoint of an evolution with another {what}.*; delete it or give"):
        ps.evolve(asked.pop("model"), asked.pop("times"), checkpoint=path, **asked)
    assert path.read_bytes() == finished


def test_two_functions_of_one_name_are_not_one_modulation(tmp_path):
    model, path = ps.models.central_spin(N=2), tmp_path / "run.h5"
    ps.evolve(model, [0, 1], modulate={"g": lambda t: 0.5}, checkpoint=path)
    with pytest.raises(ps.InputError, match="with another modulation"):
        ps.evolve(model, [0, 1], modulate={"g": lambda t: 0.6}, checkpoint=path)


def test_damaged_and_other_files_are_refused(finished, tmp_path):
    path, model = tmp_path / "run.h5", ps.models.central_spin(N=2)
    path.write_bytes(finished)
    with h5py.File(path, "r+") as file:
        file.attrs["permsym_version"] = "0.0.1"
    with pytest.raises(ps.InputError, match=r"was written by permsym 0\.0\.1, and this is"):
        ps.evolve(model, [0, 1], initial="up down", checkpoint=path)
    path.write_bytes(finished[:-1000])
    with pytest.raises(ps.InputError, match="damaged"):
        ps.evolve(model, [0, 1], initial="up down", checkpoint=path)
    path.write_bytes(b"nothing")
    with pytest.raises(ps.InputError, match="is no checkpoint that permsym wrote"):
        ps.evolve(model, [0, 1], initial="up down", checkpoint=path)
    with pytest.raises(ps.InputError, match="cannot write a checkpoint into the folder"):
        ps.evolve(model, [0, 1], checkpoint=tmp_path / "no" / "run.h5")


def test_a_full_disk_costs_the_checkpoint_and_not_the_evolution(tmp_path):
    path, model = tmp_path / "run.h5", ps.models.central_spin(N=4)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.warns(UserWarning, match=r"cannot write the checkpoint '.*run.h5' \(File too large\)") as said:
            evolution = ps.evolve(model, [0, 30], initial="up down", method="krylov", checkpoint=EvolutionCheckpoint(path, every=0.0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(said) == 1
    assert evolution.certificate.certified
    assert not list(tmp_path.iterdir())


def test_the_size_is_said_and_writings_are_rare(tmp_path):
    lines, path = [], tmp_path / "run.h5"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ps.evolve(ps.models.central_spin(N=4), [0, 30], initial="up down", method="krylov", checkpoint=path, progress=lines.append)
    assert [line for line in lines if "checkpoint of" in line] == [f"checkpoint of {readable(path.stat().st_size)} in {path}"]


def test_the_command_line_goes_on_and_checks_its_file(tmp_path, capsys):
    path = tmp_path / "run.h5"
    words = ("evolve", "central-spin", "N=2", "--times", "0:1:2", "--initial", "up down", "--checkpoint", path, "--json")
    code, first, _ = run(capsys, *words)
    again = run(capsys, *words)
    assert (code, again[0]) == (0, 0)
    assert json.loads(again[1])["moments"] == json.loads(first)["moments"]
    assert json.loads(again[1])["solver"]["resumed"] == 1
    assert run(capsys, "check", path)[0] == 0
    with h5py.File(path, "r+") as file:
        file["arrays/a0"][0] += 1
    code, out, _ = run(capsys, "check", path)
    assert code == 1
    assert "NOT WHOLE (the checkpoint" in out
    code, _, err = run(capsys, *words)
    assert code == 1
    assert "is damaged (the checksum is wrong)" in err
