"""Rows of the gallery: their numbers, and how a row becomes a dataset and a table."""

from dataclasses import replace

import numpy as np
import pytest

from permsym.dataset.status import Status
from permsym.errors import SolverFailed
from permsym.figures.gallery.figure import computed, judged, table
from permsym.figures.gallery.fits import exponent, limit, peak
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row, last_digit
from permsym.figures.gallery.rows import ROWS

CHECKS = {f"{name}-{check.name}": check for name, row in ROWS.items() for check in row.checks}


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.quick(*[name for name, check in CHECKS.items() if check.quick][::3])  # of 35 such ones, seconds together
def test_numbers_are_met(name):
    check = CHECKS[name]
    ours = np.array(check.compute())
    assert ours.shape == (len(check.expected),)
    assert dict(zip(check.expected, np.abs(ours - check.published()) <= check.tolerances(), strict=True)) == dict.fromkeys(
        check.expected, True
    )


def test_every_row_says_what_it_is():
    for name, row in ROWS.items():
        assert row.name == name
        assert row.citations
        assert any(check.quick for check in row.checks), name
        labels = [label for check in row.checks for label in check.expected]
        assert len(set(labels)) == len(labels)
        names = [line.label for line in row.lines(row.largest)]
        assert len(set(names)) == len(names)
    assert len(CHECKS) == sum(len(row.checks) for row in ROWS.values())


def test_the_last_printed_digit():
    assert [last_digit(text) for text in ("0.21", "-17", "2.672e-07", "1.5E3")] == [0.01, 1.0, 1e-10, 100.0]
    check = Check("x", {"a": "0.21", "b": "123456789012345"}, lambda: [0.2, 0.0])
    assert check.tolerances().tolist() == [0.01, 1234567.89012345]


def example(value):
    def fails():
        raise SolverFailed("no way")

    return Row(
        "example",
        "an example",
        "none",
        (Citation("nobody (1900)", "10.0/1"),),
        (Check("one", {"first": "1.25", "second": "2"}, lambda: (value, 2.0)),),
        {"a": Panel({}), "b": Panel({})},
        lambda largest: (
            Line(f"N={largest}", lambda: Curves({"a": ([1, 2, 3], [2, 4, 6]), "b": ([1, 2], [1, 4])}, errors={"a": 0.5})),
            Line("none", fails, approach="c2"),
            Line("odd", lambda: Curves({"b": ([1], [9])}, (Status.UNCERTIFIED, "why not"))),
        ),
        lambda curves: [Feature("slope", curves["N=7"].xy["a"][1][0], 0.1, 2.5)],
        7,
    )


def test_a_feature_of_a_line_that_came_to_nothing_is_left_out():
    row = replace(example(1.2501), features=lambda curves: [Feature("slope", curves["none"].xy["a"][1][0], 0.1, 2.5)])
    data = computed(row)(7, "permsym figure example", None)
    assert data["feature"].size == 0
    assert data["met"].values.tolist() == [1, 1]
    broken = replace(row, features=lambda curves: [Feature("slope", curves["nowhere"].xy["a"][1][0], 0.1, 2.5)], lines=row.lines)
    with pytest.raises(KeyError):
        computed(replace(broken, lines=lambda largest: row.lines(largest)[:1]))(7, "", None)


def test_a_row_s_dataset_and_table():
    row = example(1.2501)
    data = computed(row)(7, "permsym figure example", None)
    assert data["panel"].values.tolist() == ["a", "b", "a", "b"]
    assert data["status"].values.tolist() == ["ok", "ok", "failed", "uncertified"]
    assert data["reason"].values.tolist() == ["", "", "no way", "why not"]
    assert data["certified"].values.tolist() == [1, 1, 0, 0]
    assert np.array_equal(data["y"].values, [[2, 4, 6], [1, 4, np.nan], [np.nan] * 3, [9, np.nan, np.nan]], equal_nan=True)
    assert data["y_error"].values[0].tolist() == [0.5] * 3
    assert data["met"].values.tolist() == [1, 1]
    assert computed(example(1.27))(7, "", None)["met"].values.tolist() == [0, 1]
    report = judged(data)
    assert report["numbers"][0] == pytest.approx(
        {"name": "first", "published": 1.25, "computed": 1.2501, "difference": 1e-4, "tolerance": 0.01, "met": True}
    )
    assert report["features"] == [{"name": "slope", "value": 2.0, "error": 0.1, "expected": 2.5}]
    assert [line[-1] for line in table(data)[1:]] == ["met", "met", ""]
    assert table(computed(example(1.27))(7, "", None))[1][-1] == "MISSED"
    assert judged(data.drop_dims("check")) == {}


def test_fits():
    x = np.array([2.0, 3, 5, 9])
    assert exponent(x, 7 * x**-1.5) == pytest.approx((-1.5, 0), abs=1e-12)
    assert limit(x, 4 - 2 * x) == pytest.approx((4, 0), abs=1e-12)
    slope, error = exponent([1, 10, 100], [1, 10, 100 * np.exp(0.6)])
    assert slope == pytest.approx(1 + 0.3 / np.log(10))
    assert error == pytest.approx(0.1 * np.sqrt(3) / np.log(10))
    assert np.isnan(exponent([1, 2], [1, 2])).all()
    assert limit(x, 4 - 2 * x + x**2, 2) == pytest.approx((4, 0), abs=1e-11)


def test_a_peak_has_all_digits_of_its_position():
    assert peak(lambda t: t * np.exp(-t / 0.3), 0.1, 0.7) == pytest.approx((0.3, 0.3 / np.e), rel=1e-12)
    assert peak(lambda t: -t, 1, 2).position == 1
