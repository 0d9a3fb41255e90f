"""A file computes itself again: equal to the bit, or it says what differs, where, and by how much."""

import json

import numpy as np
import pytest

import permsym as ps
from permsym import dataset
from permsym.cli import main
from permsym.errors import InputError
from permsym.sweeps.rerun import compared, rerun, sweep_of


@pytest.fixture(scope="module")
def data():
    return ps.sweep(
        "central-spin", {"N": [2, 3]}, lists=[{"g": ["1/sqrt(N)", 0.5]}], methods=("exact", "mf"), moments=["z0", "-2 +1"], kappa="N/4"
    )


def test_a_file_repeats_itself_to_the_bit(data, tmp_path, here):
    for suffix in (".nc", ".csv"):
        path = dataset.save(data, tmp_path / f"x{suffix}")
        again, found = rerun(ps.open_dataset(path))
        assert found.equal
        assert (found.largest, found.beyond, found.states, found.other) == (0.0, 0, 0, {})
        assert again.attrs["definition"] == data.attrs["definition"]
    assert here("rerun", "x.nc")[:2] == (0, "8 points computed again: largest difference 0 (equal to the bit)\n")


@pytest.mark.parametrize("words", [["g=1/sqrt(N)"], ["--basis", "occupation", "--moments", "1"], ["--solver", "single"]])
def test_a_single_solution_repeats_itself(words, here):
    assert here("solve", "central-spin", "N=6", *words, "-o", "x.nc")[0] == 0
    code, out, _ = here("rerun", "x.nc")
    assert code == 0
    assert "largest difference 0 " in out


def test_a_difference_is_found_and_placed(data, tmp_path, here):
    changed = data.copy(deep=True)
    changed["moment_real"].loc[{"N": 3, "point": 1, "approach": "exact", "moment": "z0"}] += 1e-6
    _, found = rerun(changed)
    assert found.largest == pytest.approx(1e-6)
    assert (found.variable, found.at) == ("moment_real", {"N": 3, "point": 1, "approach": "exact", "moment": "z0"})
    assert found.beyond == 1
    dataset.save(changed, tmp_path / "x.nc")
    code, out, err = here("rerun", "x.nc")
    assert code == 3
    assert "largest difference 1.0e-06 (moment_real at N=3 point=1 approach=exact moment=z0)" in out
    assert "1 moments differ by more than their error estimates" in err


def test_numbers_that_come_or_go_are_a_difference(data):
    changed = data.copy(deep=True)
    changed["p0_up"].values[0, 0, 0] = float("nan")
    assert compared(changed, data).variable == "p0_up"
    assert compared(data, changed).variable == "p0_up"


def test_another_status_is_told_but_not_another_reason(data):
    changed = data.copy(deep=True)
    changed["status"], changed["reason"] = changed["status"].astype(object), changed["reason"].astype(object)
    cell = {"N": 3, "point": 1, "approach": "mf"}
    for code, reason, states in (("ok", "said otherwise", 0), ("unstable", "closed form", 1)):
        changed["status"].loc[cell], changed["reason"].loc[cell] = code, reason
        assert compared(changed, data).states == states


def test_other_versions_are_named(data):
    changed = data.copy()
    changed.attrs["versions"] = json.dumps({**json.loads(data.attrs["versions"]), "scipy": "0.1"})
    assert set(compared(changed, data).other) == {"scipy"}


def test_files_that_cannot_repeat_themselves(data):
    def with_definition(**changes):
        changed = data.copy()
        changed.attrs["definition"] = json.dumps({**json.loads(data.attrs["definition"]), **changes})
        return changed

    with pytest.raises(InputError, match="cannot be imported"):
        sweep_of(ps.sweep(lambda N: ps.models.central_spin(N=N), {"N": [2]}))
    with pytest.raises(InputError, match="is not what it was"):
        sweep_of(with_definition(fixed={"kappa": "N/3"}))
    missing = data.copy()
    del missing.attrs["definition"]
    with pytest.raises(InputError, match="does not say how it was made"):
        sweep_of(missing)


EVOLUTIONS = {
    "plain": ["central-spin", "N=2", "g=1/N", "--initial", "up down", "--moment", "z0", "--moment", "-1"],
    "all": ["driven-tavis-cummings", "N=2", "g=0.5", "eta=0", "--modulate", "eta=0.1*exp(-t)", "--squeezing", "--tolerance", "1e-8"],
    "counted": ["central-spin", "N=2", "--full-counting", "L[-0]", "--basis", "occupation", "--moments", "1"],
}


@pytest.mark.parametrize("kind", EVOLUTIONS)
def test_a_single_evolution_is_computed_again(kind, tmp_path, capsys):
    path = tmp_path / "evolution.nc"
    assert main(["evolve", *EVOLUTIONS[kind], "--times", "0:1:2", "-o", str(path)]) == 0
    assert main(["rerun", str(path)]) == 0
    assert "3 points computed again: largest difference 0 (equal to the bit)" in capsys.readouterr().out


@pytest.fixture
def evolved(tmp_path):
    """The dataset of a command, and a function that writes it with other entries of its definition."""
    path = tmp_path / "evolution.nc"
    assert main(["evolve", "central-spin", "N=2", "--initial", "up down", "--times", "0:1:2", "-o", str(path)]) == 0
    data = ps.open_dataset(path)

    def changed(**changes):
        definition = json.loads(data.attrs["definition"])
        definition["evolve"] |= changes.pop("evolve", {})
        other = data.copy()
        other.attrs["definition"] = json.dumps({**definition, **changes})
        ps.dataset.save(other, path)
        return str(path)

    return changed


@pytest.mark.slow
def test_an_evolution_of_another_time_differs(evolved, capsys):
    assert main(["rerun", evolved(evolve={"initial": "up up"})]) == 3
    assert "moments differ by more than their error estimates" in capsys.readouterr().err


def test_evolutions_that_cannot_repeat_themselves(evolved, capsys):
    for changes, words in [
        ({"fixed": {"N": 3}}, "is not what it was when the file was made"),
        ({"evolve": {"times": 3}}, "does not say how it was made"),
        ({"evolve": {"colour": "red"}}, "asks for 'colour', which this version of permsym does not know"),
        ({"name": "own:model", "function": "own:model"}, "add --allow-function"),
    ]:
        assert main(["rerun", evolved(**changes)]) == 1
        assert words in capsys.readouterr().err


def test_what_is_no_exact_evolution_says_so(tmp_path, capsys):
    path = tmp_path / "floquet.nc"
    words = ["floquet", "driven-tavis-cummings", "N=1", "g=0.5", "eta=0", "levels=3", "--period", "2*pi", "--tolerance", "1e-2"]
    assert main([*words, "--modulate", "eta=0.1*sin(t)", "-o", str(path)]) in (0, 3)
    assert main(["rerun", str(path)]) == 1
    assert "holds values over time of a command that is not computed again" in capsys.readouterr().err


def test_a_variable_that_is_lost_is_a_difference(data):
    result = compared(data, data.drop_vars("p0_up"))
    assert not result.equal
    assert (np.isnan(result.largest), result.variable) == (True, "p0_up")
    empty = data.assign(other=data["p0_up"] * np.nan)
    assert compared(empty, data).equal


def test_a_difference_at_a_single_point_has_no_coordinates(data):
    single = data.isel(N=0, point=0, approach=0, moment=0)
    changed = single.copy(deep=True)
    changed["moment_real"] += 0.25
    result = compared(single, changed)
    assert (result.largest, result.variable, result.at) == (pytest.approx(0.25), "moment_real", {})


def test_a_zero_of_another_sign_is_no_difference_but_not_the_same_bits(data, tmp_path, here):
    changed = data.copy(deep=True)
    zero = {"N": 3, "point": 1, "approach": "exact", "moment": "z0"}
    assert float(changed["moment_imag"].sel(zero)) == 0
    changed["moment_imag"].loc[zero] = -np.copysign(0.0, float(changed["moment_imag"].sel(zero)))
    dataset.save(changed, tmp_path / "x.nc")
    code, out, _ = here("rerun", "x.nc")
    assert code == 0
    assert "largest difference 0 (zeros of another sign, as in moment_imag)" in out


@pytest.mark.parametrize("name", [pytest.param("p1-fig3b", marks=pytest.mark.slow), "p2-fig1"])
def test_a_figure_repeats_itself_to_the_bit(name, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("permsym.figures.paper1.fig3.FARTHEST", 12.0)  # lines of approximations end there
    monkeypatch.setattr("permsym.figures.paper2.fig1.TRANSIENTS", (0.4, 1.2))
    assert main(["figure", name, "-o", str(tmp_path), "--max-N", "3"]) == 0
    capsys.readouterr()
    path = str(tmp_path / f"{name}.nc")
    assert main(["rerun", path]) == 0
    assert capsys.readouterr().out.endswith("points computed again: largest difference 0 (equal to the bit)\n")
    assert main(["rerun", path, "--scheduler", "tcp://127.0.0.1:8786"]) == 1
    assert "computed again on one core of this machine; leave out --scheduler" in capsys.readouterr().err
    with dataset.open_dataset(path) as data:
        changed = data.assign_attrs(figure="p9-fig1")
    dataset.save(changed, tmp_path / "x.nc")
    assert main(["rerun", str(tmp_path / "x.nc")]) == 1
    assert "says that it is the figure 'p9-fig1' up to N=3" in capsys.readouterr().err
