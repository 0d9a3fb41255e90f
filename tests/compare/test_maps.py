"""Two parameters: a map for each quantity and approximation; verdicts for programs; some quantities alone."""

import json

import numpy as np
import pytest
from oracles.tables import table

from permsym.cli import main
from permsym.compare import compare
from permsym.compare.maps import errors_on, figure_of, plane_of
from permsym.compare.picture import pictured
from permsym.compare.tables import Table
from permsym.compare.verdicts import to_dict, verdicts
from permsym.errors import InputError

NUMBERS, COUPLINGS = (10.0, 20.0, 40.0), (0.1, 0.5, 1.0, 2.0)


def on_a_grid(name, methods):
    """A table over N x g: method -> (quantity -> value at N, g)."""
    points = [{"N": n, "g": g} for n in NUMBERS for g in COUPLINGS]
    values = {
        (i, method, quantity): value(point["N"], point["g"])
        for method, each in methods.items()
        for quantity, value in each.items()
        for i, point in enumerate(points)
    }
    return Table(name, points, list(methods), values, {})


def compared():
    exact = {"p0_up": lambda n, g: 0.5 + 0j, "z0": lambda n, g: 0.1 * g + 0j}
    off = {"p0_up": lambda n, g: 0.5 * (1 + 0.02 * g) + 0j, "z0": lambda n, g: 0.1 * g * (1 - 1 / n) + 0j}
    return compare(on_a_grid("r", {"exact": exact}), on_a_grid("a", {"c2": off}))


def test_errors_stand_where_their_parameters_are():
    comparison = compared()
    plane = plane_of(comparison)
    assert plane.values == (NUMBERS, COUPLINGS)
    expected = np.broadcast_to(0.02 * np.array(COUPLINGS), (3, 4))
    np.testing.assert_allclose(errors_on(plane, comparison, "p0_up", "c2"), expected, rtol=1e-9)
    np.testing.assert_allclose(errors_on(plane, comparison, "z0", "c2")[:, 2], 1 / np.array(NUMBERS), rtol=1e-9)


def test_a_line_is_no_map():
    assert (
        plane_of(compare(table("r", {"exact": {"p0_up": {10: 0.6, 40: 0.4}}}), table("a", {"c2": {"p0_up": {10: 0.6, 40: 0.3}}}))) is None
    )


def test_a_map_is_coloured_by_the_error_beside_the_tolerance():
    comparison = compared()
    figure = figure_of(plane_of(comparison), comparison, pictured(comparison), 0.02)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["p0_up: C2", "z0: C2"]
    image = figure.axes[0].collections[0].get_array()
    np.testing.assert_allclose(image[:, 0].filled(), np.log10(np.array(COUPLINGS)), atol=1e-9)  # 2 per cent at g = 1 is white


def test_verdicts_for_programs():
    comparison = compared()
    report = to_dict(comparison, verdicts(comparison, 0.03), 0.03)
    assert (report["all_within"], report["points"]) == (False, 12)
    pair = next(pair for pair in report["pairs"] if pair["quantity"] == "p0_up")
    assert pair["worst"] == pytest.approx(0.04)
    assert pair["where"] == {"N": 10.0, "g": 2.0}
    assert (pair["within"], pair["points"], pair["points_off"]) == (False, 12, 3)
    assert to_dict(comparison, verdicts(comparison, 0.2), 0.2)["all_within"]


def test_some_quantities_alone():
    one = compared().of_quantities(["z0"])
    assert one.quantities == ["z0"]
    with pytest.raises(InputError, match=r"share no quantity 'p_up'; they share p0_up, z0"):
        compared().of_quantities(["z0", "p_up"])


def test_command_over_two_parameters(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"{n},{g},{{}},{{}}" for n in (2, 3, 4) for g in (0.5, 1.0, 1.5)]
    for name, value in (("reference.csv", 0.5), ("mine.csv", 0.51)):
        lines = [row.format("p0_up", value) + "\n" + row.format("z0", 0.0) for row in rows]
        (tmp_path / name).write_text("N,g,quantity,value\n" + "\n".join(lines) + "\n")
    words = ["compare", "reference.csv", "mine.csv", "--quantity", "p0_up", "--json", "-o", "map.svg"]
    assert main([*words, "--within", "0.03"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["all_within"] is True
    assert [pair["quantity"] for pair in report["pairs"]] == ["p0_up"]
    assert "N" in (tmp_path / "map.svg").read_text()
    assert main([*words, "--within", "0.01"]) == 3
    assert main(["compare", "reference.csv", "mine.csv", "--quantity", "nothing"]) == 1
    assert "share no quantity" in capsys.readouterr().err
