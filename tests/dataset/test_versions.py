"""Which software computed a number: told apart by one byte of the code, alike in all processes, and said where a file mixes it."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import permsym as ps
from permsym.compare.tables import table_of
from permsym.dataset.versions import differences, mixture, software, versions
from permsym.sweeps.definition import make
from permsym.sweeps.run import assembled, execute, prepare


def software_in(folder):
    """What another process says whose permsym is the one in a folder."""
    command = "import json; from permsym.dataset.versions import software; print(json.dumps(software()))"
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return json.loads(subprocess.run([sys.executable, "-c", command], env=environment, cwd=folder, check=True, capture_output=True).stdout)


def test_one_byte_of_code_makes_other_software(tmp_path):
    package = Path(ps.__file__).parent
    shutil.copytree(package, tmp_path / "permsym", ignore=shutil.ignore_patterns("__pycache__"))
    assert software_in(tmp_path) == software()  # the same code elsewhere
    module = tmp_path / "permsym" / "model.py"
    module.write_bytes(module.read_bytes().replace(b"\n", b"\r\n"))
    assert software_in(tmp_path) == software()
    module.write_bytes(module.read_bytes() + b"#")
    other = software_in(tmp_path)
    assert {name for name in other if other[name] != software()[name]} == {"code"}
    assert differences(other) == f"code {other['code']} instead of {software()['code']}"


def test_differences_are_named():
    assert differences(software()) == differences({**software(), "more": "1"}) == ""
    assert differences(None).startswith(f"permsym unknown instead of {ps.__version__}, numpy unknown")
    assert differences({**software(), "scipy": "0.1"}) == f"scipy 0.1 instead of {software()['scipy']}"
    other = {**software(), "numpy": "1"}
    assert mixture([other, software(), software()]) == [(software(), 2), (other, 1)]


def test_a_dataset_says_which_software_computed_its_points():
    plan = make("central-spin", {"N": [2, 3, 4]}, fixed={})
    points = execute(prepare(plan)).points
    pure = assembled(plan, points)
    assert json.loads(pure.attrs["versions"]) == versions()
    assert "mixed_versions" not in pure.attrs
    old = {**software(), "permsym": "0.0.9", "code": "0" * 16}
    mixed = assembled(plan, {cell: replace(point, computed_by=old) if cell[0] == (1,) else point for cell, point in points.items()})
    assert json.loads(mixed.attrs["versions"]) == versions()
    assert json.loads(mixed.attrs["mixed_versions"]) == [{**software(), "points": 2}, {**old, "points": 1}]
    assert mixed["computed_by"].values.tolist() == [0, 1, 0]
    assert table_of(mixed, "mixed").values.keys() == table_of(pure, "pure").values.keys()  # it is no quantity
    whole = assembled(plan, {cell: replace(point, computed_by=old) for cell, point in points.items()})
    assert json.loads(whole.attrs["versions"])["permsym"] == "0.0.9"
    assert "mixed_versions" not in whole.attrs
