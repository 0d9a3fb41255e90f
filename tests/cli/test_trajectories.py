"""permsym trajectories: documents, tables, files, exit codes; trajectories in sweeps and in comparisons."""

import json

import pytest
from command_line import run

import permsym as ps
from permsym import dataset
from permsym.sweeps.file.sweep_file import read_sweep_file

MODEL = ("trajectories", "tavis-cummings", "N=4")
KEYS = {
    "moments", "errors", "derived", "derived_errors", "reliable", "reasons", "autocorrelation_time", "burn_in", "duration", "seed",
    "trajectories", "gains", "jumps", "products",
}  # fmt: skip


def test_steady_state_as_a_document_and_as_a_table(capsys):
    words = (*MODEL, "--moment", "z1", "+1 -2", "--duration", "150", "--seed", "4")
    code, out, _ = run(capsys, *words, "--json")
    report = json.loads(out)
    state = ps.trajectories(ps.models.tavis_cummings(N=4), ["z1", "+1 -2"], seed=4, duration=150)
    assert code == 0
    assert set(report) >= KEYS
    assert "dwell" not in report
    assert report["moments"]["+1 -2"] == [state.moment("+1 -2").real, 0.0]
    assert report["errors"]["z1"] == state.error("z1")
    assert (report["derived"], report["derived_errors"]) == (state.derived, state.derived_errors)
    assert (report["seed"], report["reliable"], report["reasons"]) == (4, True, [])
    code, out, _ = run(capsys, *words, "--jobs", "1")
    assert code == 0
    assert f"photons = {state.derived['photons']:+.2f}"[:-1] in out
    assert "reliable: 8 trajectories, seed 4" in out


@pytest.mark.parametrize(("command", "duration"), [("trajectories", "60"), ("twa", "20")])
def test_dwell_times_as_a_document_and_as_a_table(capsys, tmp_path, command, duration):
    words = (command, "driven-tavis-cummings", "N=5", "C=14", "drive=1.05", "--moment", "a", "--duration", duration, "--dwell", "a")
    words = (*words, "--trajectories", "8", "--checkpoint", tmp_path / "run.h5")
    code, out, _ = run(capsys, *words, "--json")
    dwell = json.loads(out)["dwell"]
    assert code in (0, 3)
    assert dwell["rate_sum"] == pytest.approx(dwell["up_rate"] + dwell["down_rate"])
    assert dwell["low"] < dwell["high"]
    assert set(dwell["errors"]) == {"low_time", "high_time", "up_rate", "down_rate", "rate_sum"}
    code, out, err = run(capsys, *words)
    assert f"{dwell['switches'][0]} up, {dwell['switches'][1]} down" in out
    assert "going on from" in err


def test_evolution_as_a_document_and_as_a_table(capsys):
    words = (*MODEL, "--times", "0:1:2", "--initial", "vacuum up", "--trajectories", "64", "--moment", "z1")
    code, out, _ = run(capsys, *words, "--json")
    report = json.loads(out)
    assert code == 0
    assert report["times"] == [0.0, 0.5, 1.0]
    assert report["moments"]["z1"][0] == [1.0, 0.0]
    assert report["errors"]["z1"][0] == 0 < report["errors"]["z1"][2]
    assert run(capsys, *words)[1].splitlines()[2].split()[:3] == ["time", "z1", "photons"]


def test_what_is_not_reliable_is_written_and_flagged(capsys):
    code, out, err = run(capsys, *MODEL, "--duration", "4", "--json")
    report = json.loads(out)
    assert code == 3
    assert not report["reliable"]
    assert report["reasons"][0].startswith("too short")
    assert "not reliable" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--initial", "up"), "--initial is for an evolution"),
        (("--times", "0:1:2", "--duration", "3"), "--duration is for a steady state"),
        (("--times", "0:1:2", "--dwell", "z1"), "--dwell is for a steady state"),
        (("--seed", "x"), "`seed` must be"),
        (("--jobs", "0"), "`jobs` must be"),
        (("--target", "-1"), "`target` must be"),
        (("--trajectories", "2"), "`trajectories` must be"),
        (("--checkpoint", "/no/such/folder/x"), "cannot write a checkpoint into"),
    ],
)
def test_wrong_words_are_refused_in_one_line(capsys, words, sentence):
    code, _, err = run(capsys, *MODEL, *words)
    assert code == 1
    assert sentence in err.splitlines()[-1]


def test_files_and_checkpoints(capsys, tmp_path):
    steady, moving, checkpoint = tmp_path / "steady.nc", tmp_path / "moving.nc", tmp_path / "checkpoint"
    assert run(capsys, *MODEL, "--duration", "150", "--checkpoint", checkpoint, "-o", steady)[0] == 0
    assert run(capsys, *MODEL, "--times", "0:1:2", "--trajectories", "64", "-o", moving)[0] == 0
    data, state = dataset.open_dataset(steady), ps.trajectories(ps.models.tavis_cummings(N=4), duration=150)
    assert data.attrs["approach"] == "trajectories"
    assert data["photons"].item() == state.derived["photons"]
    assert data["moment_error"].sel(moment="z1").item() == state.error("z1")
    assert dataset.open_dataset(moving)["g2_error"].shape == (3,)
    assert "going on from" in run(capsys, *MODEL, "--duration", "150", "--checkpoint", checkpoint)[2]


def test_the_record_of_one_trajectory(capsys, tmp_path):
    words = ("trajectories", "tavis-cummings", "N=4", "--record", tmp_path / "clicks.csv", "--duration", "30", "--seed", "5")
    code, out, _ = run(capsys, *words, "--initial", "vacuum up", "--json")
    record = ps.photon_record(ps.models.tavis_cummings(N=4), duration=30, seed=5, initial="vacuum up")
    mark, head, *rows = (tmp_path / "clicks.csv").read_text().splitlines()
    assert code == 0
    assert "permsym trajectories tavis-cummings" in json.loads(mark.removeprefix("# "))["command"]
    assert head == "time,jump"
    assert [float(row.split(",")[0]) for row in rows] == record.times.tolist()
    assert [row.split(",")[1] for row in rows] == list(record.jumps)
    assert json.loads(out)["counts"] == record.counts
    assert f"{record.counts['L[a] central']}" in run(capsys, *words, "--initial", "vacuum up")[1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--record", "x.csv"), "--record needs the length"),
        (("--record", "x.csv", "--duration", "3", "--target", "1"), "leave --target out"),
        (("--record", "x.csv", "--duration", "-3"), "`duration` must be"),
        (("--record", "x.nc", "--duration", "3"), ".csv"),
        (("--record", "/no/such/x.csv", "--duration", "3"), "/no/such"),
    ],
)
def test_wrong_words_for_a_record_are_refused(capsys, words, sentence):
    code, _, err = run(capsys, *MODEL, *words)
    assert code == 1
    assert sentence in err.splitlines()[-1]


SWEEP = """
[model]
name = "tavis-cummings"
[sweep]
N = [2, 4]
[methods]
exact = true
trajectories = { duration = 150, seed = 1 }
[moments]
labels = ["z1"]
"""


def test_sweeps_and_comparisons_have_error_bars(capsys, tmp_path):
    """The point is that of the solver; the comparison counts the points whose bars reach the exact value."""
    options = {"trajectories": {"duration": 150, "seed": 1}}
    data = ps.sweep("tavis-cummings", {"N": [2, 4]}, methods=["exact", "trajectories"], moments=["z1"], options=options)
    dataset.save(data, tmp_path / "data.nc")
    state = ps.trajectories(ps.models.tavis_cummings(N=4), "z1", seed=1, duration=150)
    one = data.sel(N=4, approach="trajectories")
    assert (one["moment_real"].item(), one["moment_error"].item()) == (state.moment("z1").real, state.error("z1"))
    assert one["g2_error"].item() == state.derived_errors["g2"]
    code, out, _ = run(capsys, "compare", tmp_path / "data.nc", tmp_path / "data.nc", "-o", tmp_path / "report.csv")
    rows = {line.split()[0]: line for line in out.splitlines() if " trajectories " in line}
    assert code == 0
    assert rows["photons"].rstrip().endswith("2 of 2")


@pytest.mark.slow
def test_files_are_computed_again(capsys, tmp_path):
    (tmp_path / "sweep.toml").write_text(SWEEP)
    assert run(capsys, "run", tmp_path / "sweep.toml", "-o", tmp_path / "data.nc", "--jobs", "1")[0] == 0
    assert run(capsys, "rerun", tmp_path / "data.nc")[0] == 0
    assert run(capsys, *MODEL, "--duration", "150", "-o", tmp_path / "steady.nc")[0] == 0
    assert run(capsys, "rerun", tmp_path / "steady.nc")[0] == 0


def test_options_and_unsuited_models_in_sweeps(tmp_path):
    (tmp_path / "wrong.toml").write_text(SWEEP.replace("duration = 150", "duration = -1"))
    with pytest.raises(ps.InputError, match="'duration' of the method trajectories must be a positive time"):
        read_sweep_file(tmp_path / "wrong.toml")
    (tmp_path / "wrong.toml").write_text(SWEEP.replace("duration = 150", "step = 0.1"))
    with pytest.raises(ps.InputError, match="has no option 'step'"):
        read_sweep_file(tmp_path / "wrong.toml")

    def two(N):
        c, s, t = ps.Spin(), ps.Ensemble(N, "A"), ps.Ensemble(N, "B")
        return ps.Model(c, [s, t], c.z + s.z, [ps.Individual(0.3, s.m), ps.Individual(0.3, t.m), ps.Central(0.2, c.p)])

    short = ps.sweep("tavis-cummings", {"N": [4]}, methods=["trajectories"], options={"trajectories": {"duration": 4}})
    assert short["status"].item() == "uncertified"
    assert "too short" in short["reason"].item()
    assert ps.sweep(two, {"N": [2]}, methods=["trajectories"])["status"].item() == "not-applicable"
