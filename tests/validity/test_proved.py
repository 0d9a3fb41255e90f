"""Proved intervals in maps: as the reference, which excludes, and as an approximation, which is off by its far end."""

import numpy as np
import pytest
import xarray as xr

import permsym as ps
from permsym.validity.axes import make_axis
from permsym.validity.errors import Scale, of_dataset
from permsym.validity.findings import findings
from permsym.validity.picture import draw
from permsym.validity.regions import ValidityMap

AXIS = make_axis("N", 2, 6, log=False, whole=True)
NUMBERS = np.arange(2.0, 7.0)
HALF = np.array([0.0, 0.01, 0.1, 0.01, 0.01])
OFF = np.array([0.03, 0.03, 0.03, -0.11, 0.005])


def dataset():
    """Intervals around 0.5, an approximation 0.5 + OFF, and exact values 0.5."""
    values = {"bounds": np.full(5, 0.5), "c2": 0.5 + OFF, "exact": np.full(5, 0.5)}
    bars = {"bounds": HALF, "c2": np.full(5, np.nan), "exact": np.zeros(5)}
    over = ("approach", "N")
    return xr.Dataset(
        {
            "p0_up": (over, np.stack(list(values.values()))),
            "p0_up_error": (over, np.stack(list(bars.values()))),
            "status": (over, np.full((3, 5), "ok")),
        },
        coords={"approach": list(values), "N": NUMBERS, "moment": []},
    )


def judged(reference, scale=None):
    errors = of_dataset(dataset(), [AXIS], ["p0_up"], Scale(scale), reference)
    return ValidityMap(errors, 0.03)


def test_errors_are_distances_from_the_interval_relative_to_its_far_end():
    distance = np.sign(OFF) * np.maximum(np.abs(OFF) - HALF, 0)
    np.testing.assert_allclose(judged("bounds").errors.signed["c2"], distance / (0.5 + HALF), rtol=1e-12)
    np.testing.assert_allclose(judged("bounds", 2.0).errors.signed["c2"], distance / 2, rtol=1e-12)


def test_an_exact_value_inside_is_never_excluded():
    assert (judged("bounds").errors.signed["exact"] == 0).all()


def test_as_an_approximation_bounds_are_off_by_their_far_end():
    np.testing.assert_allclose(judged("exact").errors.signed["bounds"], HALF / 0.5, rtol=1e-12)


def test_words_say_what_is_proved():
    said = findings(judged("bounds"))
    assert any("C2 is within 3 % of the proved interval on" in sentence for sentence in said)
    assert any("off by at least" in sentence for sentence in said)
    assert not any("exact" in sentence for sentence in said)


@pytest.mark.slow
def test_what_bounds_exclude_is_wrong(tmp_path):
    """Against exact values of the same points: the proved error is never larger than the true one."""
    over, fixed = {"N": (2, 20, "log"), "g": (0.2, 3, "log")}, {"kappa": "N/16"}
    proved = ps.validity_map("central-spin", over, methods=("mf", "c2", "c3"), points=7, reference="bounds", **fixed)
    exact = ps.validity_map("central-spin", over, methods=("mf", "c2", "c3"), points=7, **fixed)
    excluded = 0
    for name, errors in proved.errors.signed.items():
        assert (np.abs(errors) <= np.abs(exact.errors.signed[name]) + 1e-9).all()
        excluded += (np.abs(errors) > 0.01).sum()
    assert excluded > 20
    figure = draw(proved)
    figure.canvas.draw()
    assert "at least" in figure.subfigs[1].axes[-1].get_xlabel()
