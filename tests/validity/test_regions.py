"""Regions, boundaries and accidents of planted errors, whose answers are known."""

import math

import numpy as np
import pytest

from permsym.validity.axes import LEVELS
from permsym.validity.findings import findings
from tests.validity.planted import G, N, planted


@pytest.mark.parametrize("axis", [N, G], ids=["whole", "real"])
def test_samples_of_finer_levels_keep_those_of_coarser_ones(axis):
    coarse, middle, fine = (set(axis.samples(level)) for level in LEVELS)
    assert coarse <= middle <= fine
    assert {axis.low, axis.high} <= coarse


def test_every_small_number_is_sampled():
    assert N.samples(7)[:5].tolist() == [2, 3, 4, 5, 6]


def test_boundary_is_where_the_error_crosses_the_tolerance():
    judged = planted({"c2": lambda g: 0.02 * g**1.5})
    (line,) = judged.boundaries["c2"]
    truth = 0.5 ** (2 / 3)
    assert abs(math.log(line[0]["g"] / truth)) < 0.001 * math.log(G.high / G.low)
    share = math.log(truth / G.low) / math.log(G.high / G.low)
    assert judged.share(judged.regions["c2"].within) == pytest.approx(share, abs=0.001)


def test_boundary_of_two_parameters_is_a_line_on_the_contour():
    judged = planted({"c2": lambda n, g: 3 * g**0.7 / n}, axes=(N, G))
    points = [point for line in judged.boundaries["c2"] for point in line if point["N"] > 7]
    assert len(points) > 20
    off = [math.log(point["g"] / (0.01 * point["N"] / 3) ** (1 / 0.7)) for point in points]
    assert np.abs(off).max() < 0.02 * math.log(G.high / G.low)


def test_small_numbers_are_steps():
    judged = planted({"c3": lambda n: np.where(n <= 3, 0.0, 0.5)}, axes=(N,))
    line, within = judged.grid.lines[0], judged.regions["c3"].within
    edges = line.values[np.flatnonzero(np.diff(within))]
    assert edges == pytest.approx([3.5], rel=0.005)


def test_a_planted_two_per_cent_is_within_three_and_not_within_one():
    for tolerance, share in ((0.01, 0.0), (0.03, 1.0)):
        judged = planted({"c2": lambda n, g: 0.02}, axes=(N, G), tolerance=tolerance)
        assert judged.share(judged.regions["c2"].within) == share


def test_a_strip_where_the_error_changes_sign_does_not_count():
    judged = planted({"c2": lambda g: np.log(g / 0.4)})
    region = judged.regions["c2"]
    assert region.accident.any()
    assert not region.within.any()
    assert any("by accident" in sentence for sentence in findings(planted({"c2": lambda g: 0.2 * np.log(g / 0.4)})))


def test_a_wide_region_with_a_change_of_sign_counts():
    judged = planted({"c2": lambda g: 0.002 * np.log(g / 0.4)})
    assert judged.regions["c2"].within.all()
    assert not judged.regions["c2"].accident.any()


@pytest.mark.parametrize("code", ["unstable", "unphysical", "no-fixed-point", "failed", "not-applicable"])
def test_only_points_in_order_count(code):
    judged = planted({"c2": lambda g: 0.0 * g}, status={"c2": code})
    assert not judged.regions["c2"].within.any()


def test_holes_are_left_out_and_named():
    status = np.where(np.arange(13) < 4, "refused", "ok")
    judged = planted({"c2": lambda g: 0.0 * g}, exact_status=status)
    assert judged.share(judged.regions["c2"].within) == 1.0
    assert 0.2 < judged.holes.mean() < 0.4
    assert any("holes" in sentence and "refused" in sentence for sentence in findings(judged))


def test_the_cheapest_comes_first_and_a_worse_high_order_is_seen():
    judged = planted({"c3": lambda g: 0.05, "mf": lambda g: 0.02 * g**1.5, "c2": lambda g: 0.001}, axes=(G,))
    assert judged.methods == ["mf", "c2", "c3"]
    assert set(np.unique(judged.cheapest)) == {0, 1}
    assert judged.overtaken.all()
    assert "A lower order has a smaller error than C3 on 100 % of the map." in findings(judged)


def test_sentences_say_from_where_on():
    said = findings(planted({"mf": lambda n: 2.2 / n}, axes=(N,)))
    assert "mean field is within from N = 220 on." in said


def test_a_planted_method_gets_its_map_at_every_tolerance():
    """Exact plus 2 per cent from g = 1 on, exact below: within 3 per cent everywhere, within 1 per cent below g = 1 alone."""
    formulas = {"c2": lambda n, g: np.where(g >= 1, 0.02, 0.0), "c3": lambda n, g: 0.02 + 0 * g}
    one, three = (planted(formulas, axes=(N, G), level=25, tolerance=tolerance) for tolerance in (0.01, 0.03))
    assert three.share(three.regions["c2"].within) == three.share(three.regions["c3"].within) == 1.0
    assert not one.regions["c3"].within.any()
    edge = math.log(1 / G.low) / math.log(G.high / G.low)
    assert one.share(one.regions["c2"].within) == pytest.approx(edge, abs=1 / 24)  # the step lies between two samples
    assert set(np.unique(one.cheapest)) == {-1, 0}
