"""permsym twa: documents, tables, files, exit codes; truncated Wigner in sweeps and in comparisons."""

import json

import pytest
from command_line import run

import permsym as ps
from permsym import dataset
from permsym.compare.comparison import Row
from permsym.compare.judge import impossible
from permsym.sweeps.file.sweep_file import read_sweep_file

MODEL = ("twa", "tavis-cummings", "N=5")
KEYS = {
    "moments", "errors", "derived", "derived_errors", "reliable", "reasons", "autocorrelation_time", "burn_in", "duration", "seed",
    "clipped", "step_errors", "trajectories", "step",
}  # fmt: skip


def test_steady_state_as_a_document_and_as_a_table(capsys):
    code, out, _ = run(capsys, *MODEL, "--moment", "z1", "+1 -2", "--duration", "80", "--seed", "4", "--json")
    report = json.loads(out)
    state = ps.twa.steady_state(ps.models.tavis_cummings(N=5), ["z1", "+1 -2"], seed=4, duration=80)
    assert code == 0
    assert set(report) >= KEYS
    assert report["moments"]["+1 -2"] == [state.moment("+1 -2").real, 0.0]
    assert report["errors"]["z1"] == state.error("z1")
    assert report["derived"] == state.derived
    assert (report["seed"], report["reliable"], report["reasons"]) == (4, True, [])
    code, out, _ = run(capsys, *MODEL, "--moment", "z1", "--duration", "80", "--jobs", "1")
    assert code == 0
    assert "photons = +" in out
    assert "reliable: 64 trajectories, seed 0" in out


def test_evolution_as_a_document_and_as_a_table(capsys):
    words = (*MODEL, "--times", "0:1:2", "--initial", "vacuum up", "--trajectories", "320", "--moment", "z1")
    code, out, _ = run(capsys, *words, "--json")
    report = json.loads(out)
    assert code == 0
    assert report["times"] == [0.0, 0.5, 1.0]
    assert report["moments"]["z1"][0] == [1.0, 0.0]
    assert report["errors"]["z1"][0] == 0 < report["errors"]["z1"][2]
    assert len(report["derived"]["photons"]) == 3
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert out.splitlines()[2].split()[:3] == ["time", "z1", "photons"]


def test_what_is_not_reliable_is_written_and_flagged(capsys):
    code, out, err = run(capsys, *MODEL, "--duration", "2", "--target", "1e-4", "--json")
    report = json.loads(out)
    assert code == 3
    assert not report["reliable"]
    assert any(reason.startswith("the target is missed") for reason in report["reasons"])
    assert "not reliable" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--initial", "up"), "--initial is for an evolution"),
        (("--times", "0:1:2", "--duration", "3"), "--duration is for a steady state"),
        (("--times", "0:1:2", "--checkpoint", "x"), "--checkpoint is for a steady state"),
        (("--dwell", "a"), "vanishes at every time by symmetry"),
        (("--seed", "x"), "`seed` must be"),
        (("--jobs", "0"), "`jobs` must be"),
        (("--target", "-1"), "`target` must be"),
        (("--times", "0:1:2", "--initial", "fock=1"), "Wigner function is negative"),
    ],
)
def test_wrong_words_are_refused_in_one_line(capsys, words, sentence):
    code, _, err = run(capsys, *MODEL, *words)
    assert code == 1
    assert sentence in err.splitlines()[-1]


@pytest.mark.slow
def test_files_of_steady_states_and_evolutions(capsys, tmp_path):
    steady, moving = tmp_path / "steady.nc", tmp_path / "moving.nc"
    assert run(capsys, *MODEL, "--duration", "80", "-o", steady)[0] == 0
    assert run(capsys, *MODEL, "--times", "0:1:2", "--trajectories", "320", "-o", moving)[0] == 0
    data, state = dataset.open_dataset(steady), ps.twa.steady_state(ps.models.tavis_cummings(N=5), duration=80)
    assert data.attrs["approach"] == "twa"
    assert data["photons"].item() == state.derived["photons"]
    assert data["moment_error"].sel(moment="z1").item() == state.error("z1")
    assert run(capsys, "rerun", steady)[0] == 0
    assert dataset.open_dataset(moving)["g2_error"].shape == (3,)


SWEEP = """
[model]
name = "tavis-cummings"
[sweep]
N = [2, 5]
[methods]
exact = true
twa = { duration = 80, seed = 1 }
[moments]
labels = ["z1"]
"""


@pytest.mark.slow
def test_sweeps_and_comparisons_have_error_bars(capsys, tmp_path):
    """The point is that of the solver; the comparison counts the points whose bars reach the exact value."""
    (tmp_path / "sweep.toml").write_text(SWEEP)
    assert run(capsys, "run", tmp_path / "sweep.toml", "-o", tmp_path / "data.nc", "--jobs", "1")[0] == 0
    data = dataset.open_dataset(tmp_path / "data.nc")
    state = ps.twa.steady_state(ps.models.tavis_cummings(N=5), "z1", seed=1, duration=80)
    one = data.sel(N=5, approach="twa")
    assert (one["moment_real"].item(), one["moment_error"].item()) == (state.moment("z1").real, state.error("z1"))
    assert one["g2_error"].item() == state.derived_errors["g2"]
    code, out, _ = run(capsys, "compare", tmp_path / "data.nc", tmp_path / "data.nc", "-o", tmp_path / "report.csv")
    rows = {line.split()[0]: line for line in out.splitlines() if " twa " in line}
    assert code == 0
    assert rows["photons"].rstrip().endswith("2 of 2")
    g2 = data.sel(N=2)["g2"]
    error, bar = abs(g2.sel(approach="twa") - g2.sel(approach="exact")).item(), data.sel(N=2, approach="twa")["g2_error"].item()
    assert (error > bar) == (not rows["g2"].rstrip().endswith("2 of 2"))


def test_options_and_unsuited_models_in_sweeps(tmp_path):
    (tmp_path / "wrong.toml").write_text(SWEEP.replace("duration = 80", "duration = -1"))
    with pytest.raises(ps.InputError, match="'duration' of the method twa must be a positive time"):
        read_sweep_file(tmp_path / "wrong.toml")

    def both(N):
        c, s = ps.Spin(), ps.Ensemble(N)
        return ps.Model(c, s, c.z + s.z, [ps.Individual(0.3, c.m * s.p), ps.Individual(0.3, s.m), ps.Central(0.2, c.p)])

    data = ps.sweep(both, {"N": [2]}, methods=["twa"])
    assert data["status"].item() == "not-applicable"
    assert "L[-0 +] individual" in data["reason"].item()


def test_an_error_bar_is_no_disagreement():
    near, far = (Row(0, "z1", "twa", 0.5, value, 0.02, "", 0.02) for value in (0.515, 0.53))
    assert near.beyond == 0
    assert far.beyond == pytest.approx(0.01)
    assert impossible("z1", 1.01 + 0j) == "outside [-1, 1]"
    assert not impossible("z1", 1.01 + 0j, 0.02)
