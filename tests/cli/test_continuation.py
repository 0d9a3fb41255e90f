"""permsym continue: documents along a branch."""

import json

import pytest
from command_line import run


def test_document_of_continue(capsys):
    code, out, _ = run(capsys, "continue", "central-spin", "--over", "g", "--from", "0.5", "--to", "1", "N=50", "--order", "2", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["points"][0]["g"] == 0.5
    assert found["points"][-1]["g"] == 1
    assert all(point["stable"] for point in found["points"])
    assert found["folds"] == []
    assert found["hopf"] == []
    assert found["points"][-1]["derived"]["p0_up"] == pytest.approx(0.5991478231, abs=1e-9)


def test_a_drive_is_followed_through_its_turning_point(capsys):
    words = ["continue", "driven-tavis-cummings", "N=4", "C=14", "--order", "1", "--over", "drive", "--from", "0.9", "--to", "1.1"]
    code, out, err = run(capsys, *words, "--points", "10", "--moment", "a", "--json")
    found = json.loads(out)
    assert code == 3
    assert "are unstable" in err
    # the drive is counted from the upper turning point of this very curve
    assert max(fold["drive"] for fold in found["folds"]) == pytest.approx(1, abs=1e-9)


def test_labels_along_a_branch_need_their_satellites(capsys):
    code, out, _ = run(
        capsys, "continue", "tavis-cummings", "--over", "N", "--from", "1", "--to", "3", "--order", "2", "--points", "3", "--json"
    )
    first, last = json.loads(out)["points"][0], json.loads(out)["points"][-1]
    assert code == 0
    assert "+1 -2" not in first["moments"]
    assert "+1 -2" in last["moments"]
    assert set(last["moments"]) > set(first["moments"])


def test_whole_sizes_below_the_order_are_exact(capsys):
    code, out, _ = run(
        capsys, "continue", "central-spin", "--over", "N", "--from", "2", "--to", "9", "--order", "5", "--json", "--points", "4"
    )
    found = json.loads(out)
    assert code == 0
    assert [point["N"] for point in found["points"][:3]] == [2, 3, 4]
    assert found["points"][0]["derived"]["p0_up"] == pytest.approx(0.6703614985033, abs=1e-12)
    assert found["points"][-1]["N"] == 9
