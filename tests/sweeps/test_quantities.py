"""[quantities] of sweeps: counting statistics of every point, in files, comparisons and stores."""

import json
from dataclasses import replace

import numpy as np
import pytest

import permsym as ps
from permsym import dataset
from permsym.compare.tables import read_table
from permsym.errors import InputError, Mistakes
from permsym.sweeps.bench import Bench
from permsym.sweeps.definition import make
from permsym.sweeps.file.sweep_file import read_sweep_file
from permsym.sweeps.methods import state_point
from permsym.sweeps.quantities import add_counting
from permsym.sweeps.rerun import rerun
from permsym.sweeps.store.record import packed, unpacked
from permsym.sweeps.task import compute

COUNTING = {"counting": ["-0", "L[-] individual"]}
FILE = """
[model]
name = "central-spin"
[sweep]
N = [1, 2]
[methods]
exact = true
cumulants = [1, 2]
[moments]
order = 1
[quantities]
counting = ["L[-0] central"]
"""


@pytest.fixture(scope="module")
def data():
    return ps.sweep(
        "central-spin", {"N": [1, 2], "gamma_up": [0.0, 1.5]}, methods=("exact", "mf", "c2"), moments=["z0"], quantities=COUNTING
    )


def test_every_exact_point_has_the_statistics(data):
    here = data.sel(approach="exact", gamma_up=1.5)
    assert here["counting_fano@L[-0] central"].values == pytest.approx([0.88345047046, 0.85349950150], rel=1e-10)
    assert here["counting_noise@L[-0] central"].values == pytest.approx(
        (here["counting_fano@L[-0] central"] * here["counting_current@L[-0] central"]).values
    )
    errors = here["counting_c4_error@L[-] individual"].values
    assert ((errors > 0) & (errors < 1e-12)).all()
    assert data["counting_fano@L[-0] central"].attrs["long_name"].endswith("of jump L[-0] central")
    assert list(here["status"].values) == ["ok", "ok"]


def test_what_never_happens_is_left_out_with_a_reason(data):
    dark = data.sel(approach="exact", gamma_up=0.0, N=2)
    assert np.isnan(dark["counting_fano@L[-0] central"])
    assert "'L[-0] central' never happens" in str(dark["reason"].values)
    assert str(dark["status"].values) == "ok"


@pytest.mark.parametrize("approach", ["mf", "c2"])
def test_expansions_say_that_they_have_none(data, approach):
    here = data.sel(approach=approach, N=2, gamma_up=1.5)
    assert np.isnan(here["counting_fano@L[-0] central"])
    assert "no counting of '-0'" in str(here["reason"].values)


@pytest.mark.slow
def test_files_keep_it_and_compute_it_again(data, tmp_path):
    for name in ("a.nc", "a.csv"):
        dataset.save(data, tmp_path / name)
        again = dataset.open_dataset(tmp_path / name)
        np.testing.assert_array_equal(again["counting_c3@L[-] individual"], data["counting_c3@L[-] individual"])
        repeated, difference = rerun(again)
        assert difference.equal
        assert "counting_c3@L[-] individual" in repeated


def test_comparisons_read_it(data, tmp_path):
    dataset.save(data, tmp_path / "a.nc")
    table = read_table(str(tmp_path / "a.nc"))
    (point,) = [k for k, each in enumerate(table.points) if each["N"] == 2 and each["gamma_up"] == 1.5]
    assert table.values[point, "exact", "counting_fano@L[-0] central"].real == pytest.approx(0.85349950150, rel=1e-10)
    assert 0 < table.errors[point, "exact", "counting_fano@L[-0] central"] < 1e-12
    (tmp_path / "mine.csv").write_text("N,gamma_up,counting_fano@L[-0] central\n2,1.5,0.8535\n")
    assert "counting_fano@L[-0] central" in read_table(str(tmp_path / "mine.csv"), table.sites).quantities


def test_statistics_that_are_not_certain_make_a_point_uncertified():
    state = ps.steady_state(ps.models.central_spin(N=2))
    counting = state.counting("-0")
    for certificate, status in ((counting.certificate, "ok"), (ps.CountingCertificate(1e-6, (), {"c4": 0.1}), "uncertified")):
        point = state_point(state, [])
        add_counting(point, replace(counting, certificate=certificate))
        assert point.status == status
        assert point.scalars["certified"] == (status == "ok")
    assert "c4 is certain to 1e-01" in point.reason


def test_a_key_knows_the_quantities():
    sweep = make("central-spin", {"N": [2]}, fixed={}, quantities=COUNTING)
    (task,) = sweep.tasks()
    assert task.key != replace(task, quantities=None).key
    assert make("central-spin", {"N": [2]}, fixed={}, quantities={"counting": []}).quantities is None


def test_a_sweep_file(tmp_path):
    (tmp_path / "a.toml").write_text(FILE)
    sweep = read_sweep_file(tmp_path / "a.toml").sweep
    assert sweep.quantities.counting == ("L[-0] central",)


@pytest.mark.parametrize(
    ("line", "at", "fragment"),
    [
        ("counting = 3", 12, "`counting` must be a list of jumps"),
        ('counting = "a"', 12, "`counting` must be a list of jumps"),
        ("counting = [1]", 12, "`counting` must be a list of jumps"),
        ("countign = []", 12, "no quantity 'countign'; there is counting"),
        ('counting = ["b"]', 11, "no jump of central-spin is called 'b'"),
        ('counting = ["-0", "L[-0]"]', 11, "'L[-0] central' is counted twice"),
    ],
)
def test_mistakes_in_a_sweep_file(tmp_path, line, at, fragment):
    path = tmp_path / "a.toml"
    path.write_text(FILE.replace('counting = ["L[-0] central"]', line))
    with pytest.raises(Mistakes) as caught:
        read_sweep_file(path)
    (mistake,) = caught.value.lines
    assert fragment in mistake
    assert f"a.toml:{at}:" in mistake


def test_a_mistake_in_python():
    with pytest.raises(InputError, match="no quantity 'fano'"):
        ps.sweep("central-spin", {"N": [2]}, quantities={"fano": True})


# -- squeezing and Fisher information ---------------------------------------------------------------------------------------

METROLOGY = {"squeezing": True, "fisher": ["g", "kappa"]}


@pytest.fixture(scope="module")
def measured():
    return ps.sweep("central-spin", {"N": [2, 3]}, methods=("exact", "mf", "c2"), moments=["z0"], quantities=METROLOGY)


def test_every_exact_point_has_squeezing_and_information(measured):
    here, states = measured.sel(approach="exact"), [ps.steady_state(ps.models.central_spin(N=N)) for N in (2, 3)]
    assert here["squeezing_wineland"].values == pytest.approx([state.squeezing().wineland for state in states], rel=1e-12)
    assert (here["squeezing_wineland_error"] < 1e-10).all()
    for name in ("g", "kappa"):
        assert here[f"fisher_steady@{name}"].values == pytest.approx([state.fisher(name).steady for state in states], rel=1e-12)
        assert (here[f"fisher_steady_error@{name}"] < 1e-10).all()
    assert (here["fisher_rate@g"] > 0).all()
    assert "fisher_rate@kappa" not in measured
    assert measured["fisher_rate@g"].attrs["long_name"].endswith("of parameter g")
    assert list(here["status"].values) == ["ok", "ok"]
    assert "no rate Fisher information about kappa" in str(here["reason"].values[0])


def test_expansions_have_squeezing_alone(measured):
    here = measured.sel(approach="c2")
    assert here["squeezing_wineland"].values == pytest.approx(measured["squeezing_wineland"].sel(approach="exact").values, rel=0.05)
    assert np.isnan(here["squeezing_wineland_error"]).all()
    assert "no Fisher information about g, kappa" in str(here["reason"].values[0])
    assert np.isnan(measured["squeezing_wineland"].sel(approach="mf")).all()
    assert "no squeezing and Fisher" in str(measured["reason"].sel(approach="mf").values[0])


def test_a_file_of_them_is_computed_again(measured, tmp_path):
    dataset.save(measured, tmp_path / "a.nc")
    again, _ = rerun(dataset.open_dataset(tmp_path / "a.nc"))
    for name in ("squeezing_kitagawa_ueda", "fisher_steady@kappa"):
        np.testing.assert_array_equal(again[name].values, measured[name].values)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('fisher = "g"', "must be a list of parameters"),
        ("squeezing = 1", "must be true or false"),
        ('fisher = ["h"]', "no parameter 'h'"),
        ('fisher = ["g", "g"]', "asked for twice"),
    ],
)
def test_mistakes_in_a_file(tmp_path, table, words):
    path = tmp_path / "sweep.toml"
    path.write_text(FILE.replace('counting = ["L[-0] central"]', table))
    with pytest.raises(Mistakes, match=words):
        read_sweep_file(path)


def test_a_file_reads_them(tmp_path):
    path = tmp_path / "sweep.toml"
    path.write_text(FILE.replace('counting = ["L[-0] central"]', 'squeezing = true\nfisher = ["g"]'))
    assert read_sweep_file(path).sweep.quantities.to_dict() == {"squeezing": True, "fisher": ["g"]}


# -- over time ----------------------------------------------------------------------------------------------------------------

TIMES = [0.0, 0.5, 1.0]
IN_TIME = {"squeezing": True, "fisher": ["g"], "rotation_fisher": ["satellites", "joint"], "counting": ["-0"]}


@pytest.fixture(scope="module")
def evolved():
    return ps.sweep(
        "central-spin", {"N": [2, 3]}, methods=("exact", "mf", "c2"), moments=["z0"], quantities=IN_TIME,
        evolution={"times": TIMES, "initial": "up up"},
    )  # fmt: skip


def test_every_time_of_an_exact_evolution_has_them(evolved):
    for N in (2, 3):
        here = evolved.sel(approach="exact", N=N)
        one = ps.evolve(ps.models.central_spin(N=N), TIMES, initial="up up", moments=2, keep="all")
        number, rotation, fisher = one.counting("-0"), one.rotation_fisher(joint=True), ps.fisher(one, "g")
        expected = {
            "squeezing_wineland": (one.squeezing().wineland, one.squeezing().errors["wineland"]),
            "fisher_steady@g": (fisher.steady, fisher.errors["steady"]),
            "fisher_rotation@joint": (rotation.largest, rotation.error),
            "counting_mean@L[-0] central": (number.mean, number.errors["mean"]),
            "counting_fano@L[-0] central": (number.fano, number.errors["fano"]),
        }
        for name, (values, errors) in expected.items():
            quantity, _, of = name.partition("@")
            np.testing.assert_allclose(here[name].values, values, rtol=1e-7, atol=1e-13)
            np.testing.assert_allclose(here[f"{quantity}_error{'@' * bool(of)}{of}"].values, errors, rtol=1e-2, atol=1e-13)
            assert here[name].dims == ("time",)
        assert (here["fisher_rotation_lower@satellites"] <= here["fisher_rotation@satellites"]).all()
        assert np.ptp(here["fisher_rotation@joint"].values) > 0.1
        assert set(here["status"].values) == {"ok"}
        assert "no rate Fisher information about g" in str(here["reason"].values[0])


def test_expansions_over_time_have_squeezing_alone(evolved):
    here = evolved.sel(approach="c2", N=3)
    expected = ps.cumulants.evolve(ps.models.central_spin(N=3), TIMES, "up up", order=2).squeezing()
    assert here["squeezing_wineland"].values == pytest.approx(expected.wineland, rel=1e-6)
    assert np.isnan(here["squeezing_wineland_error"]).all()
    assert "no counting of '-0' and Fisher information about g" in str(here["reason"].values[0])
    assert np.isnan(evolved["squeezing_wineland"].sel(approach="mf")).all()


@pytest.mark.parametrize("name", ["a.nc", "a.csv", "a.parquet"])
def test_files_keep_them_over_time(evolved, tmp_path, name):
    dataset.save(evolved, tmp_path / name)
    again = dataset.open_dataset(tmp_path / name)
    for each in ("squeezing_wineland", "fisher_rotation_upper@joint", "counting_fano_error@L[-0] central", "fisher_steady@g"):
        np.testing.assert_array_equal(again[each].transpose(*evolved[each].dims), evolved[each])


@pytest.mark.slow
def test_a_file_over_time_is_computed_again(evolved):
    again, difference = rerun(evolved)
    assert difference.equal
    np.testing.assert_array_equal(again["fisher_rotation@joint"], evolved["fisher_rotation@joint"])


OVER_TIME = FILE.replace("[quantities]", '[evolution]\ntimes = "0:1:2"\ninitial = "up up"\n[quantities]')


def test_a_record_keeps_them(evolved):
    sweep = make("central-spin", {}, fixed={"N": 2}, moments=["z0"], quantities=IN_TIME, evolution={"times": TIMES, "initial": "up up"})
    (task,) = sweep.tasks()
    point = compute(task, Bench()).point
    series, again = point.series, unpacked(json.loads(json.dumps(packed(point)))).series
    assert {name: values.tobytes() for name, values in again.derived.items()} == {k: v.tobytes() for k, v in series.derived.items()}
    assert again.derived_errors["fisher_rotation@joint"].tolist() == series.derived_errors["fisher_rotation@joint"].tolist()
    np.testing.assert_array_equal(again.derived["fisher_steady@g"], evolved["fisher_steady@g"].sel(approach="exact", N=2))
    assert task.key != replace(task, quantities=None).key


@pytest.mark.parametrize(
    ("line", "fragment"),
    [
        ('rotation_fisher = "joint"', "`rotation_fisher` must be a list of states"),
        ('rotation_fisher = ["centre"]', "that of 'satellites' or 'joint', but is 'centre'"),
        ('rotation_fisher = ["joint", "joint"]', "asked for twice of 'joint'"),
        ('fisher = ["g"]\n[modulate]\ng = "t"', "leave `fisher` or .modulate. out"),
    ],
)
def test_mistakes_over_time(tmp_path, line, fragment):
    path = tmp_path / "a.toml"
    path.write_text(OVER_TIME.replace('counting = ["L[-0] central"]', line))
    with pytest.raises(Mistakes, match=fragment):
        read_sweep_file(path)
