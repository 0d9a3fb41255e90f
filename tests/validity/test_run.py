"""Maps of models: what a sweep computed is what is judged, points are computed once, and files draw themselves again."""

import json
from functools import partial

import numpy as np
import pytest
from scipy.optimize import brentq

import permsym as ps
from permsym.cli import main
from permsym.dataset import open_dataset
from permsym.errors import InputError
from permsym.sweeps.store.store import opened
from permsym.sweeps.workers.pool import inline
from permsym.validity.errors import Scale
from permsym.validity.findings import findings
from permsym.validity.picture import draw
from permsym.validity.report import rows, to_dict
from permsym.validity.run import judge, request, run
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
        ({"methods": ("exact", "c2")}, "leave it out of `methods`"),
        ({"methods": ("bounds", "c2"), "reference": "bounds"}, "leave it out of `methods`"),
        ({"reference": "c2"}, "must be exact or bounds"),
        ({"methods": ("c2-broken",)}, "but not 'c2-broken'"),
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


@pytest.mark.slow
def test_contours_are_where_bisection_finds_the_tolerance():
    """Central spin at N = 40: boundaries of a map along g, and along N at g = 3, beside bisection with solves on the spot."""
    fixed = {"kappa": "N/16", "gamma_up": 1.5, "gamma_down": 0.5}

    def error(order, N, g):
        model = ps.models.central_spin(N=N, g=g, kappa=N / 16, gamma_up=1.5, gamma_down=0.5)
        exact = ps.steady_state(model).derived["p0_up"]
        return abs(ps.cumulants.steady_state(model, order).derived["p0_up"] / exact - 1)

    judged = ps.validity_map("central-spin", {"g": (0.05, 3, "log")}, methods=("mf", "c2", "c3", "c4"), points=13, N=40, **fixed)
    checked = 0
    for within in (0.003, 0.01, 0.03, 0.1):
        for order, name in ((1, "mf"), (2, "c2"), (3, "c3"), (4, "c4")):
            for ((point),) in judge(judged.data, within=within).boundaries[name]:
                low, high = max(point["g"] / 1.2, 0.05), min(point["g"] * 1.2, 3.0)
                if (error(order, 40, low) - within) * (error(order, 40, high) - within) > 0:
                    continue  # two crossings close to each other
                truth = brentq(lambda g, o=order, w=within: error(o, 40, g) - w, low, high, rtol=1e-3)
                assert abs(np.log(point["g"] / truth)) < 0.02 * np.log(3 / 0.05), (name, within, point)
                checked += 1
    assert checked >= 8
    (at,) = ps.validity_map("central-spin", {"N": (2, 1000, "log")}, methods=("mf",), points=13, g=3, **fixed).boundaries["mf"]
    low, high = 100, 400
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if error(1, middle, 3.0) > 0.01 else (low, middle)
    assert abs(np.log(at[0]["N"] / high)) < 0.02 * np.log(1000 / 2)


def test_a_killed_map_computes_no_point_twice(tmp_path):
    """An executor that dies at the fourth point; the next run computes the others alone, and its map is that of a run in one go."""
    asked = request("central-spin", [("N", 2.0, 5.0, False)], None, ("mf",), {}, {})
    computed = []

    def counting(jobs, most=None):
        for task, result in inline(jobs):
            if most is not None and len(computed) == most:
                raise KeyboardInterrupt
            computed.append(task.cell)
            yield task, result

    with opened(tmp_path / "map.store") as store, pytest.raises(KeyboardInterrupt):
        run(asked, store, partial(counting, most=4), points=7)
    with opened(tmp_path / "map.store") as store:
        resumed = run(asked, store, counting, points=7)
    assert len(computed) == len(set(computed)) == 8
    with opened(tmp_path / "other.store") as store:
        whole = run(asked, store, inline, points=7)
    assert (resumed.errors.signed["mf"] == whole.errors.signed["mf"]).all()


def test_values_of_several_quantities_have_their_names():
    both = ps.validity_map("central-spin", FEW, quantity=["p0_up", "z0"], methods=("mf",), points=7)
    report = to_dict(both)
    point, values = report["points"][1], both.errors.values["mf"]
    assert report["quantity"] == ["p0_up", "z0"]
    assert point["exact"] == {"p0_up": both.errors.exact[0, 1].real, "z0": both.errors.exact[1, 1].real}
    assert point["values"]["mf"] == {"p0_up": values[0, 1].real, "z0": values[1, 1].real}
    assert set(point["exact_error"]) == {"p0_up", "z0"}
    head, *rest = rows(both)
    assert head[1:3] == ["exact p0_up", "exact z0"]
    assert len(rest[1]) == len(head)


def test_a_number_of_satellites_counts_whatever_the_other_axis_allows():
    """At gamma_up = 1, the next whole number above its lower end, gamma_down would be negative."""
    fixed = {"g": "0.9/sqrt(N)", "gamma_down": "1/2 - gamma_up"}
    asked = request("tavis-cummings", [("N", 2.0, 20.0, True), ("gamma_up", 0.02, 0.48, False)], None, ("mf",), {}, fixed)
    assert [axis.whole for axis in asked.axes] == [True, False]
