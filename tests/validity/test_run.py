"""Maps of models: what a sweep computed is what is judged, points are computed once, and files draw themselves again."""

import json

import numpy as np
import pytest

import permsym as ps
from permsym.cli import main
from permsym.dataset import open_dataset
from permsym.errors import InputError
from permsym.validity.errors import Scale
from permsym.validity.findings import findings
from permsym.validity.picture import draw
from permsym.validity.report import to_dict
from permsym.validity.run import judge
from tests.validity.planted import G, N, planted

FEW = {"N": (2, 5, "log")}


@pytest.fixture(scope="module")
def judged():
    return ps.validity_map("central-spin", FEW, methods=("mf", "c2"), points=7)


def test_errors_are_those_of_the_solvers(judged):
    model = ps.models.central_spin(N=3)
    exact = ps.steady_state(model).derived["p0_up"]
    c2 = ps.cumulants.steady_state(model, 2).derived["p0_up"]
    assert judged.errors.signed["c2"][1] == pytest.approx((c2 - exact) / exact, rel=1e-6)
    assert judged.errors.samples[0].tolist() == [2, 3, 4, 5]


@pytest.mark.slow
def test_several_quantities_count_with_the_worst(judged):
    both = ps.validity_map("central-spin", FEW, quantity=["p0_up", "z1"], methods=("c2",), points=7)
    z1 = ps.validity_map("central-spin", FEW, quantity="z1", methods=("c2",), points=7)
    worst = np.maximum(np.abs(judged.errors.signed["c2"]), np.abs(z1.errors.signed["c2"]))
    np.testing.assert_allclose(np.abs(both.errors.signed["c2"]), worst, rtol=1e-9)


def test_the_sign_is_that_of_the_difference_also_below_zero():
    model = ps.models.central_spin(N=5, gamma_up=0.2)
    exact, mf = ps.steady_state(model).moment("z1").real, ps.cumulants.steady_state(model, 1).moment("z1").real
    assert exact < 0
    judged = ps.validity_map("central-spin", {"gamma_up": (0.2, 0.3)}, N=5, quantity="z1", methods=("mf",), points=7)
    assert judged.errors.signed["mf"][0] == pytest.approx((mf - exact) / abs(exact), rel=1e-6)


def test_words_of_absolute_errors_are_no_per_cent(judged):
    absolute = judge(judged.data, within=0.02, scale=Scale(0.5))
    assert absolute.within == "0.01"
    assert any("is within 0.01 on" in sentence for sentence in findings(absolute))
    assert to_dict(absolute)["points"][0]["exact_error"] == judged.errors.bars["exact"][0, 0]


def test_nothing_is_computed_for_a_tolerance_that_is_none(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["validity", "central-spin", "--over", "N=2:5", "--within", "-1", "-o", "map.png"]) == 1
    assert "positive" in capsys.readouterr().err
    assert not any(path.suffix == ".png" for path in tmp_path.iterdir())


def test_absolute_errors(judged):
    absolute = judge(judged.data, within=0.01, scale=Scale(1.0))
    np.testing.assert_allclose(absolute.errors.signed["mf"], judged.errors.signed["mf"] * judged.errors.exact[0].real, rtol=1e-12)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"over": {}}, "one or two"),
        ({"over": {"N": (2, 2)}}, "smaller to a larger"),
        ({"over": {"g": (0, 1, "log")}}, "above 0"),
        ({"over": {"N": (2.5, 8)}}, "whole numbers"),
        ({"methods": ("exact", "c2")}, "but not 'exact'"),
        ({"methods": ("c2-broken",)}, "but not 'c2-broken'"),
        ({"methods": ("bounds",)}, "but not 'bounds'"),
        ({"over": {"N": (2, "b")}}, "low, high"),
        ({"over": {"N": 3}}, "low, high"),
        ({"points": 9}, "7, 13, 25"),
        ({"quantity": "nothing"}, "nothing"),
        ({"within": -1.0}, "positive"),
    ],
)
def test_mistakes_are_refused_in_words(changes, words):
    asked = {"over": FEW, "methods": ("mf",), "points": 7} | changes
    with pytest.raises(InputError, match=words):
        ps.validity_map("central-spin", asked.pop("over"), **({"N": 2} if "g" in changes.get("over", {}) else {}), **asked)


@pytest.mark.slow
def test_command_resumes_and_draws_again(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["validity", "central-spin", "--over", "N=2:5", "--methods", "mf", "--points", "7", "--jobs", "1", "-o", "map.nc"]
    assert main([*words, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) >= {"axes", "quantity", "within", "points", "boundaries", "findings"}
    assert set(report["points"][0]) == {"N", "exact", "exact_error", "values", "errors", "outcomes"}
    before = open_dataset("map.nc")["computed_at"].values
    assert main([*words, "-o", "map.png"]) == 0
    assert (open_dataset("map.nc")["computed_at"].values == before).all()
    assert main(["figure", "--from", "map.nc", "--within", "0.5", "-o", "again"]) == 0
    assert (tmp_path / "again" / "map.png").stat().st_size > 5000
    assert main(["figure", "--from", "map.nc", "--within", "nothing"]) == 1


def test_pictures_name_regions_in_place():
    two = planted({"mf": lambda n, g: 30 * g / n, "c2": lambda n, g: 0.05 * g**2, "c3": lambda n, g: np.log(g)}, axes=(N, G))
    figure = draw(two)
    figure.canvas.draw()
    named = {text.get_text() for subfigure in figure.subfigs for axes in subfigure.axes for text in axes.texts}
    assert {"mean field", "C2", "exact only"} <= named
    one = draw(planted({"mf": lambda n: 2.2 / n}, axes=(N,)))
    assert [label.get_text() for label in one.axes[1].get_yticklabels()] == ["mean field"]
