"""--rotation-fisher of solve and evolve: against the whole space, in the document, the text and the file."""

import json

import numpy as np
import pytest
from command_line import run, solved
from oracles import evolution
from oracles.brute_force import BruteForce
from scipy.linalg import expm

import permsym as ps
from permsym.sweeps.rerun import rerun

BOTH = ("--rotation-fisher", "satellites", "--rotation-fisher", "joint")


def information(model, rho):
    """Largest eigenvalue of F(a, b) of the satellites and of all sites, by eigenvectors of whole density matrices."""
    brute, s = BruteForce(model), model.ensembles[0]
    half = brute.D // 2
    J = [brute.operator(each).full() / 2 for each in (s.x, s.y, s.z)]
    reduced = np.einsum("kmkn->mn", rho.reshape(2, half, 2, half))
    return [_largest(reduced, [each[:half, :half] for each in J]), _largest(rho, J)]


def _largest(rho, J):
    p, U = np.linalg.eigh(rho)
    weight = np.array([[2 * (x - y) ** 2 / (x + y) if x + y > 1e-11 else 0.0 for y in p] for x in p])
    turned = [U.conj().T @ each @ U for each in J]
    return np.linalg.eigvalsh([[np.sum(weight * a * b.T).real for b in turned] for a in turned])[-1]


def test_of_a_steady_state(capsys, tmp_path):
    model = ps.models.central_spin(N=3)
    expected = information(model, BruteForce(model).steady_state())
    report = solved(capsys, "central-spin", "N=3", "--moment", "z0", *BOTH)["rotation_fisher"]
    assert list(report) == ["satellites", "joint"]
    for one, value in zip(report.values(), expected, strict=True):
        assert set(one) == {"matrix", "largest", "axis", "lower", "upper", "trace_norm_error", "joint"}
        assert one["largest"] == pytest.approx(value, rel=1e-9)
        assert one["lower"] <= value * (1 + 1e-12)
        assert value <= one["upper"] * (1 + 1e-12)
    code, out, _ = run(capsys, "solve", "central-spin", "N=3", *BOTH, "-o", tmp_path / "x.nc")
    assert code == 0
    assert f"Fisher information of rotations, satellites and centre\n{report['joint']['lower']:.10g} <= " in out
    data = ps.open_dataset(tmp_path / "x.nc")
    assert float(data["fisher_rotation@joint"]) == report["joint"]["largest"]
    assert float(data["fisher_rotation_upper@joint"]) == report["joint"]["upper"]
    assert float(data["fisher_rotation_error@joint"]) == report["joint"]["upper"] - report["joint"]["largest"]
    assert rerun(data)[1].equal


def test_over_time(capsys, tmp_path):
    model, words = (
        ps.models.central_spin(N=2),
        ("evolve", "central-spin", "N=2", "--times", "0:0.8:1", "--initial", "up bloch=1,0.3", *BOTH),
    )
    code, out, _ = run(capsys, *words, "--json", "-o", tmp_path / "x.nc")
    assert code == 0
    report, brute = json.loads(out)["rotation_fisher"], BruteForce(model)
    rho = evolution.product(model, evolution.bloch(0, 0), evolution.bloch(1, 0.3))
    rho = (expm(0.8 * brute.liouvillian()) @ rho.ravel(order="F")).reshape(rho.shape, order="F")
    for one, value in zip(report.values(), information(model, rho), strict=True):
        assert one["largest"] == pytest.approx([2, value], rel=1e-7)  # a product state of two spins has 2
        assert one["lower"][1] <= value <= one["upper"][1]
    assert ps.open_dataset(tmp_path / "x.nc")["fisher_rotation_lower@satellites"].values.tolist() == report["satellites"]["lower"]
    assert "time  largest" in run(capsys, *words)[1]


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (("central-spin", "N=100000", "--rotation-fisher", "centre"), "that of 'satellites' or 'joint', but is 'centre'"),
        (("central-spin", "N=3", "--basis", "occupation", *BOTH), "basis='dicke'"),
    ],
)
def test_mistakes(capsys, words, fragment):
    code, _, err = run(capsys, "solve", *words)
    assert code == 1
    assert fragment in err


def test_sides_that_are_far_apart_are_said(capsys):
    words = ("driven-tavis-cummings", "N=2", "C=14", "drive=0.6", "levels=6", "--moment", "z1")
    code, _, err = run(capsys, "solve", *words, *BOTH)
    assert code == 3
    assert "the joint Fisher information of rotations, 2.04573, is between 0.985651 and 4" in err
