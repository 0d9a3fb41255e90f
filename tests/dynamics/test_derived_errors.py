"""Errors of derived quantities over time: a field that decays alone, photons(t) = |alpha|^2 exp(-kappa t), g2 = 1."""

import json

import numpy as np
import pytest
from command_line import run

import permsym as ps

TIMES = np.linspace(0, 60, 61)


@pytest.fixture(scope="module")
def decay():
    model = ps.models.tavis_cummings(N=1, g=0, kappa=1.0, gamma_up=0, gamma_down=0.5, omega=0.3, epsilon=0)
    return ps.evolve(model, TIMES, initial="coherent=1.2 up")


@pytest.mark.slow
def test_the_true_values_lie_within_the_errors(decay):
    photons = 1.44 * np.exp(-TIMES)
    expected = {"photons": photons, "coherent_photons": photons, "g2": np.ones(len(TIMES)), "p_up": np.exp(-0.5 * TIMES)}
    assert set(decay.derived) == set(expected) == set(decay.derived_errors)
    for name, values in expected.items():
        certain = np.isfinite(decay.derived[name])
        assert certain.sum() > 3
        assert (np.abs(decay.derived[name] - values) <= decay.derived_errors[name])[certain].all()
    assert (decay.derived_errors["photons"] < 1e-9).all()


def test_g2_of_a_field_that_has_gone_has_no_certain_digit(decay):
    errors = decay.derived_errors["g2"]
    assert errors[0] < 1e-9
    assert (np.diff(errors[np.isfinite(errors)]) > 0).all()
    assert not np.isfinite(errors[-1])


def test_document_file_and_table(capsys, tmp_path):
    words = ("evolve", "tavis-cummings", "N=2", "g=0", "gamma_up=0", "--initial", "fock=1 up", "--times", "0:1:2")
    code, out, _ = run(capsys, *words, "--json", "-o", str(tmp_path / "x.nc"))
    data = json.loads(out)
    assert code == 0
    assert list(data["derived_errors"]) == list(data["derived"])
    saved = ps.open_dataset(tmp_path / "x.nc")
    for name, errors in data["derived_errors"].items():
        assert len(errors) == 3
        assert np.array_equal(saved[f"{name}_error"].values.ravel(), errors)
    assert max(data["derived_errors"]["photons"]) >= np.abs(np.array(data["derived"]["photons"]) - np.exp(-np.array(data["times"]))).max()
    code, out, _ = run(capsys, *words, "--moment", "ad a", "z1 z2")
    assert code == 0
    head = next(line for line in out.splitlines() if line.startswith("time"))
    assert [word.strip() for word in head.split("  ") if word.strip()] == [
        "time",
        "ad a",
        "z1 z2",
        "photons",
        "coherent_photons",
        "g2",
        "p_up",
    ]
    assert "largest errors: ad a " in out
    last = next(line for line in out.splitlines() if line.startswith("1 "))
    assert float(last.split()[1]) == pytest.approx(np.exp(-1), abs=1e-11)


def weakly_driven(tolerance: float) -> ps.Evolution:
    """An empty cavity, switched on at t = 0: 1e-8 photons."""
    model = ps.models.tavis_cummings(N=1, g=0, kappa=1.0, gamma_up=0, gamma_down=1, omega=0, epsilon=0, levels=8)
    driven = ps.Model(model.centre, model.ensembles, 5e-5 * (model.centre.a + model.centre.ad), model.jumps)
    return ps.evolve(driven, [0, 1, 5, 20], tolerance=tolerance)


def test_the_certificate_covers_derived_quantities():
    evolution = weakly_driven(1e-9)
    assert evolution.certificate.error_estimate <= 1e-9  # every moment is within the tolerance
    assert evolution.derived_errors["photons"].max() > 1e-6 * evolution.derived["photons"].max()
    assert not evolution.certificate.certified
    assert "photons" in evolution.certificate.reasons[0]


def test_g2_stands_only_where_it_is_certain():
    evolution = ps.evolve(ps.models.driven_tavis_cummings(N=1, kappa=1, gamma_h=0.5, C=1, drive=0.3, levels=12), np.linspace(0, 2, 11))
    g2, errors = evolution.derived["g2"], evolution.derived_errors["g2"]
    certain = np.isfinite(g2)
    assert 0 < certain.sum() < 10  # the first times have too few photons
    assert (errors[certain] <= 1e-6 * g2[certain]).all()
    assert not (errors[~certain] <= 1e-6 * 1.0).any()
