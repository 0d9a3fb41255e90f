"""``permsym floquet``: what it prints, what it writes, what it refuses."""

import json
import math

import pytest
from command_line import main

import permsym as ps
from permsym import dataset

MODEL = ["central-spin", "N=2", "kappa=0.4", "gamma_up=0.3", "gamma_down=0.1"]
DRIVE = ["--modulate", "g=0.7 + 0.4*sin(kappa*t)", "--period", "2*pi/kappa"]


def run(capsys, *words):
    code = main(["floquet", *MODEL, *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_json_has_the_keys_of_the_contract(capsys):
    code, out, _ = run(capsys, *DRIVE, "--times", "0:10:4", "--moment", "z0", "+0 -1", "--json")
    assert code == 0
    report = json.loads(out)
    answer = ps.floquet(
        ps.models.central_spin(N=2, kappa=0.4, gamma_up=0.3, gamma_down=0.1),
        modulate={"g": "0.7 + 0.4*sin(0.4*t)"}, period=5 * math.pi, times=[0, 2.5, 5, 7.5, 10], moments=["z0", "+0 -1"],
    )  # fmt: skip
    assert report["period"] == pytest.approx(5 * math.pi)
    assert report["times"] == [0, 2.5, 5, 7.5, 10]
    assert list(report["moments"]) == ["z0", "+0 -1"]
    assert [re for re, _ in report["moments"]["z0"]] == pytest.approx(answer.moment("z0").real, abs=1e-9)
    assert [complex(*pair) for pair in report["multipliers"]] == pytest.approx(answer.multipliers, abs=1e-8)
    assert len(report["multiplier_errors"]) == len(report["multipliers"])
    assert report["errors"] == report["certificate"]["errors"]
    assert report["certificate"]["certified"] is True
    assert report["modulate"] == {"g": "0.7 + 0.4*sin(kappa*t)"}


@pytest.mark.slow
def test_orders_have_the_same_keys_and_mark_what_is_unstable(capsys):
    code, out, _ = run(capsys, *DRIVE, "--order", "3", "--moment", "z0", "--tolerance", "1e-6", "--json")
    assert code == 0
    report = json.loads(out)
    assert {"period", "times", "moments", "multipliers", "multiplier_errors", "errors", "certificate"} <= report.keys()
    assert report["order"] == 3
    assert report["stable"] is True
    exact = json.loads(run(capsys, *DRIVE, "--moment", "z0", "--json")[1])
    assert [re for re, _ in report["moments"]["z0"]] == pytest.approx([re for re, _ in exact["moments"]["z0"]], abs=1e-6)


def test_text_and_file(capsys, tmp_path):
    path = tmp_path / "periodic.nc"
    code, out, _ = run(capsys, *DRIVE, "--times", "0:15:3", "-o", str(path))
    assert code == 0
    assert "certified" in out
    assert "multiplier" in out
    assert "g = 0.7 + 0.4*sin(kappa*t)" in out
    data = dataset.open_dataset(path)
    assert data["moment_real"].dims == ("time", "moment")
    assert data.attrs["period"] == pytest.approx(5 * math.pi)
    assert json.loads(data.attrs["multipliers"])["multipliers"][0] == [1, 0]
    assert json.loads(data.attrs["definition"])["modulate"] == {"g": "0.7 + 0.4*sin(kappa*t)"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--modulate", "g=sin(t)", "--period", "3"], "the function of `g` does not repeat itself after 3.0"),
        (["--modulate", "g=sin(t)", "--period", "x"], "'x'"),
        (["--period", "3"], "what changes in time? add --modulate"),
        ([*DRIVE, "--multipliers", "x"], "`multipliers` must be a whole number from 1 to 50, but is 'x'"),
        ([*DRIVE, "--initial", "up down"], "leave --initial out, or add --order"),
        ([*DRIVE, "--order", "x"], "the order of a cumulant expansion must be a whole number"),
        ([*DRIVE, "--times", "0:20:4"], "within the period"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(capsys, words, message):
    code, out, err = run(capsys, *words)
    assert code == 1
    assert not out
    lines = [line for line in err.splitlines() if not line.startswith("defaults:")]
    assert len(lines) == 1
    assert message in lines[0]
