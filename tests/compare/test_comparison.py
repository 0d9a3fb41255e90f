"""Judging an approximation: numbers by hand, and the order of merit of the paper."""

import csv
import math

import pytest
from oracles.tables import EXACT, table

import permsym as ps
from permsym.cli import main
from permsym.compare import compare, read_table, table_of
from permsym.compare.comparison import order_of
from permsym.compare.summary import overview


def test_errors_by_hand():
    found = compare(table("r", EXACT), table("a", {"c2": {"p0_up": {10: 0.63, 40: 0.3}}}))
    first, second = found.rows
    assert (first.error, second.error) == (pytest.approx(0.03), pytest.approx(-0.1))
    assert (first.relative, second.relative) == (pytest.approx(0.05), pytest.approx(0.25))
    assert found.unmatched == 0
    assert found.free == ["N"]  # kappa follows from N


def test_an_approximation_that_was_refused_everywhere_is_named():
    made = ps.sweep("oracles.kinds:crystal", {"N": [4]}, methods=("exact", "mf"), moments=1)
    with pytest.raises(ps.InputError, match=r"^crystals has no value of mf: at every point they failed or were refused"):
        compare(table_of(made, "crystals"), table_of(made, "crystals"))


def test_order_of_merit_and_where_it_changes():
    exact, shift = EXACT["exact"]["p0_up"], {10: 1e-3, 20: 1e-3, 40: 1e-3, 80: 1e-3}
    c2 = {n: exact[n] + 1e-5 * n**1.5 for n in exact}  # overtakes 1e-3 at N = 100^(2/3)
    values = {"mf": {"p0_up": {n: exact[n] - shift[n] for n in exact}}, "c2": {"p0_up": c2}}
    (found,) = compare(table("r", EXACT), table("a", values)).overtakings
    assert (found.worse, found.better, found.axis) == ("c2", "mf", "N")
    ((start, stop),) = found.intervals
    assert start == pytest.approx(100 ** (2 / 3), rel=1e-6)
    assert math.isnan(stop)
    assert str(found) == "p0_up: c2 is worse than mf for N > 21.54"


def test_differences_below_the_uncertainty_are_no_order():
    errors = {(i, "exact", "p0_up"): 1e-6 for i in range(4)}
    values = {"mf": {"p0_up": {10: 0.6 + 1e-8}}, "c2": {"p0_up": {10: 0.6 + 2e-8}}}
    assert compare(table("r", EXACT, errors), table("a", values)).overtakings == []


def test_a_statistical_error_is_an_error_bar_and_no_disagreement():
    """Values whose bars reach the reference are neither worse than others nor impossible; with bars a hundred times smaller they are."""
    exact, reached = {"p0_up": {10: 0.6}, "z1 z2": {10: 0.995}}, []
    values = {"twa": {"p0_up": {10: 0.603}, "z1 z2": {10: 1.004 + 0.002j}}, "c2": {"p0_up": {10: 0.601}, "z1 z2": {10: 0.994}}}
    for size in (1.0, 0.01):
        bars = {(0, "twa", "p0_up"): 0.004 * size, (0, "twa", "z1 z2"): 0.01 * size}
        found = compare(table("r", {"exact": exact}), table("a", values, bars))
        (head, *rows) = overview(found)
        reached.append([row[head.index("within error bars")] for row in rows if row[head.index("approach")] == "twa"])
        assert bool(found.unphysical) == (size < 1)
        assert [row.beyond > 0 for row in found.rows if row.method == "twa"] == [size < 1] * 2
    assert reached == [["1 of 1"] * 2, ["0 of 1"] * 2]


def test_convergence_with_order():
    exact = EXACT["exact"]["p0_up"]
    values = {
        name: {"p0_up": {n: exact[n] + size * (3 if (name, n) == ("c3", 40) else 1) for n in exact}}
        for name, size in (("c4", 1e-4), ("mf", 1e-1), ("c3", 2e-2), ("c2", 3e-2))
    }
    found = compare(table("r", EXACT), table("a", values))
    assert found.methods == ["mf", "c2", "c3", "c4"]
    good, total, broken = found.monotonic("p0_up")
    assert (good, total) == (3, 4)
    assert broken == [(2, "c2", "c3")]


@pytest.mark.parametrize(
    ("name", "order"), [("mf", 1), ("c2", 2), ("C5", 5), ("CE3", 3), ("c3-broken", 3), ("exact", None), ("dtwa", None)]
)
def test_orders_by_name(name, order):
    assert order_of(name) == order


@pytest.mark.parametrize(
    ("quantity", "value", "word"),
    [
        ("p0_up", 1.2, "outside [0, 1]"), ("p_up", -0.1, "outside [0, 1]"), ("photons", -1, "negative"), ("z0 z1", -1.1, "outside [-1, 1]"),
        ("z0", 0.5j, "not real"), ("+1 -2", 0.6, "1/2"), ("ad ad a a", -0.2, "negative"), ("+0 -1 z2", 0.4j, ""),
        ("ad a", 30.0, ""), ("ad -1", 7j, ""),
    ],
)  # fmt: skip
def test_values_that_no_state_has(quantity, value, word):
    found = compare(table("r", {"exact": {quantity: {10: 0.1}}}), table("a", {"c2": {quantity: {10: value}}}))
    assert word in found.rows[0].unphysical
    assert bool(found.unphysical) == bool(word)


def test_no_exact_state_has_a_value_that_no_state_has():
    exact = table_of(ps.sweep("central-spin", {"N": [1, 2, 5], "gamma_up": [0.2, 3.0]}, moments=4), "x")
    assert compare(exact, exact).unphysical == []


@pytest.mark.slow
def test_second_order_is_worse_than_mean_field_at_large_size(files):
    """P1, Fig. 3(d): at fixed kappa/N the error at second order is not monotonic and exceeds that of mean field at large N."""
    found = compare(read_table("p1-fig3b"), read_table(str(files / "all.nc")))
    (merit,) = [each for each in found.overtakings if each.quantity == "p0_up"]
    assert (merit.worse, merit.better) == ("c2", "mf")
    ((start, stop),) = merit.intervals
    assert 50 < start < 80
    assert math.isnan(stop)
    errors = [abs(found.table[i, "p0_up", "c2"].error) for i in found.used]
    assert errors[0] < max(errors) > errors[-1]


def test_every_format_gives_the_same_judgement(files):
    rows = [compare(read_table("p1-fig3b"), read_table(str(files / f"all{suffix}"))).rows for suffix in (".nc", ".csv", ".parquet")]
    assert repr(rows[0]) == repr(rows[1]) == repr(rows[2])


def test_csv_report_holds_every_value(files, tmp_path, capsys):
    assert main(["compare", "p1-fig3b", str(files / "all.nc"), "-o", str(tmp_path / "r.csv")]) == 0
    out = capsys.readouterr().out
    assert "p0_up: c2 is worse than mf for N > " in out
    with (tmp_path / "r.csv").open() as file:
        next(file)
        rows = list(csv.DictReader(file))
    found = compare(read_table("p1-fig3b"), read_table(str(files / "all.nc")))
    assert len(rows) == len(found.rows)
    for written, row in zip(rows, found.rows, strict=True):
        assert complex(float(written["error_real"]), float(written["error_imag"])) == row.error
        assert {name: float(written[name]) for name in found.points[row.point]} == found.points[row.point]
