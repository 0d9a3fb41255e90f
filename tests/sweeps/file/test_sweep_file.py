"""Sweep files: what they mean, and every mistake at once with its line."""

from pathlib import Path

import numpy as np
import pytest

import permsym as ps
from permsym import dataset
from permsym.cli import main
from permsym.dataset.build import Point
from permsym.dataset.status import Status
from permsym.errors import InputError, Mistakes
from permsym.sweeps.cost import Cost
from permsym.sweeps.file.sweep_file import read_sweep_file
from permsym.sweeps.methods import METHODS, Method
from permsym.sweeps.workers.pool import inline

GOOD = """
[model]
name = "central-spin"
kappa = "N/16"      # an expression
gamma_down = "2 - gamma_up"

[sweep]
N = {from = 2, to = 32, points = 5, spacing = "log", round = true}
gamma_up = [1.5, "3/4"]

[[sweep.zip]]
g = [0.5, "1/sqrt(N)"]
omega = [1, 2]

[methods]
exact = {window = "full"}
cumulants = [1, 2, 3]
break_symmetry = [3]

[moments]
labels = ["z0", "-2 +1"]
"""


def written(folder, text):
    path = folder / "sweep.toml"
    path.write_text(text)
    return path


def mistakes(folder, text):
    with pytest.raises(InputError) as caught:
        read_sweep_file(written(folder, text)).check()
    return caught.value.lines if isinstance(caught.value, Mistakes) else [str(caught.value)]


def test_a_file_is_a_plan(tmp_path):
    plan = read_sweep_file(written(tmp_path, GOOD)).sweep
    assert plan.axes == {"N": (2, 4, 8, 16, 32), "gamma_up": (1.5, 0.75), "point": range(2)}
    assert plan.methods == ("exact", "mf", "c2", "c3", "c3-broken")
    assert plan.options == {"exact": {"window": "full"}}
    assert plan.moments == ("z0", "+1 -2")
    model = plan.model((2, 1, 1))
    assert model.parameters["g"] == pytest.approx(8**-0.5)
    assert (model.parameters["gamma_up"], model.parameters["gamma_down"], model.parameters["omega"]) == (0.75, 1.25, 2.0)


def test_the_contract_of_ranges(tmp_path):
    text = '[model]\nname = "central-spin"\nN = 3\n[sweep]\ng = {from = 0.5, to = 1.5, points = 3}\n'
    text += 'kappa = {from = 1, to = 100, points = 3, spacing = "log"}\n'
    axes = read_sweep_file(written(tmp_path, text)).sweep.axes
    assert axes["g"] == (0.5, 1.0, 1.5)
    assert axes["kappa"] == pytest.approx((1, 10, 100))


def test_exact_is_the_default_and_a_sweep_may_be_a_point(tmp_path):
    plan = read_sweep_file(written(tmp_path, '[model]\nname = "central-spin"\nN = 3\n')).sweep
    assert (plan.methods, plan.moments, len(plan)) == (("exact",), 2, 1)


def test_every_mistake_at_once_with_its_line(tmp_path):
    text = """[model]
name = "central-spin"
g = "3/sqrt(M)"
kapa = 1
gamma_up = -1
[sweep]
N = [10, 2.5]
gamma_down = {from = 0, to = 1, pts = 3, spacing = "log"}
[[sweep.zip]]
omega = [1, 2]
epsilon = [1]
[methods]
exct = true
cumulants = [1, 12]
[moments]
labels = ["z0", "q1"]
[extra]
"""
    found = mistakes(tmp_path, text)
    lines = {}
    for line in found:
        number = line.removeprefix(f"{tmp_path / 'sweep.toml'}:").partition(":")[0]
        lines.setdefault(int(number), []).append(line)
    assert sorted(lines) == [3, 4, 5, 7, 8, 9, 12, 13, 14, 16, 17]
    for number, fragment in {
        3: "'M', which is no parameter", 4: "did you mean 'kappa'", 5: "rate >= 0, but is -1", 7: "integer >= 1, but is 2.5",
        8: "'pts'; did you mean 'points'", 9: "one length, but omega has 2, epsilon has 1", 13: "did you mean 'exact'",
        14: "orders from 1 to 8", 16: "'q1' is not a factor", 17: "no table 'extra'",
    }.items():  # fmt: skip
        assert any(fragment in line for line in lines[number]), number


@pytest.mark.parametrize(
    ("text", "line", "fragment"),
    [
        ("", 1, "there is no [model]"),
        ("[model]\nname = 'central-spin'\nN = 3\n[sweep\n", 4, "not valid TOML"),
        ("[model]\nname = 'central-spn'\n[sweep]\nN = [3]", 2, "did you mean 'central-spin'"),
        ("[model]\nname = 'central-spin'\nfile = 'x.toml'\n[sweep]\nN = [3]", 1, "has name and file"),
        ("[model]\nfile = 'nosuch.toml'\n[sweep]\nN = [3]", 2, "cannot read the model file"),
        ("[model]\nfunction = 'nothing'\n[sweep]\nN = [3]", 2, "package.module:function"),
        ("[model]\nname = 'central-spin'\n[sweep]\ng = [1]", 1, "needs a value for N"),
        ("[model]\nname = 'central-spin'\nN = 3\n[sweep]\nN = [3]", 5, "both an axis and fixed"),
        ("[model]\nname = 'central-spin'\n[sweep]\nN = []", 4, "at least one value"),
        ("[model]\nname = 'central-spin'\n[sweep]\nN = 3", 4, "must be a list or"),
        ("[model]\nname = 'central-spin'\n[sweep]\nN = [true]", 4, "finite number"),
        ("[model]\nname = 'central-spin'\n[sweep]\nN = [3]\ng = ['N/2']", 5, "must have numbers"),
        ("[model]\nname = 'central-spin'\n[sweep]\nN = [3]\ng = ['N//2']", 5, "not an expression"),
        ("[model]\nname = 'central-spin'\n[sweep]\nN = [3]\n[methods]\nexact = 3", 6, "true, false or a table"),
        ("[model]\nname = 'central-spin'\n[sweep]\nN = [3]\n[methods]\nexact = {sped = 3}", 5, "no option 'sped'"),
        ("[model]\nname = 'central-spin'\n[sweep]\nN = [3]\n[methods]\nexact = false", 5, "no method is chosen"),
        ("[model]\nname = 'central-spin'\n[sweep]\nN = [3]\n[moments]\norder = 2\nlabels = ['z0']", 5, "not both"),
        ("[model]\nname = 'central-spin'\n[sweep]\nN = [3]\n[moments]\norder = 99", 6, "from 1 to 20"),
        ("[model]\nname = 'central-spin'\n[sweep]\nN = [1]\n[moments]\nlabels = ['z1 z2']", 6, "2 distinct satellites"),
        ("[model]\nname = 'central-spin'\n[sweep]\nN = [3]\n[output]\nfile = 3", 6, "must be a file name"),
    ],
)  # fmt: skip
def test_single_mistakes(tmp_path, text, line, fragment):
    found = mistakes(tmp_path, text)
    assert any(fragment in each and each.startswith(f"{tmp_path / 'sweep.toml'}:{line}:") for each in found), found


def test_model_files_and_functions(tmp_path, monkeypatch, capsys):
    """A function goes to a worker process, which must find it; a model file is read here."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_model.toml").write_text(
        '[parameters]\nN = ""\ng = 0.5\n[centre]\nkind = "spin"\n[[ensembles]]\nN = "N"\n'
        '[[hamiltonian]]\ncoefficient = "g"\noperator = "+0 -"\n'
        '[[hamiltonian]]\ncoefficient = "g"\noperator = "-0 +"\n[[jumps]]\nkind = "individual"\nrate = 1\noperator = "-"\n'
    )
    (tmp_path / "modules").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    (tmp_path / "modules" / "mine.py").write_text(
        "import permsym as ps\ndef model(N, g=0.5):\n    c, s = ps.Spin(), ps.Ensemble(N)\n"
        "    return ps.Model(c, s, g * (c.p * s.m + c.m * s.p), [ps.Individual(1.0, s.m)], parameters={'N': N, 'g': g})\n"
    )
    sweep = "[model]\n{}\n[sweep]\nN = [2, 3]\ng = [0.25]\n[methods]\nexact = true\ncumulants = [2]\n"
    written(tmp_path, sweep.format("function = 'mine:model'"))
    assert main(["run", "sweep.toml", "-o", "b.nc", "--jobs", "1"]) == 0
    monkeypatch.setattr("permsym.sweeps.workers.pool.pooled", lambda jobs, workers: inline(jobs))
    assert main(["rerun", "b.nc", "--jobs", "1"]) == 1
    assert "names the function 'mine:model'" in capsys.readouterr().err
    assert main(["rerun", "b.nc", "--jobs", "1", "--allow-function"]) == 0
    said = capsys.readouterr()
    assert "largest difference 0" in said.out
    assert "the function mine:model, which runs now" in said.err
    written(tmp_path, sweep.format("file = 'my_model.toml'"))
    assert main(["run", "sweep.toml", "-o", "a.nc"]) == 0
    (tmp_path / "my_model.toml").unlink()  # the file carries its text
    assert main(["rerun", "a.nc"]) == 0
    assert "largest difference 0" in capsys.readouterr().out
    first, second = ps.open_dataset(tmp_path / "a.nc"), ps.open_dataset(tmp_path / "b.nc")
    assert np.array_equal(first["moment_real"].values, second["moment_real"].values)


@pytest.mark.slow
def test_an_approximation_is_a_line_of_the_table_of_methods(tmp_path, monkeypatch, capsys):
    def point(model, wanted, options, bench):
        return Point(model.parameters, {str(label): 0.25j for label in wanted.labels}, status=Status.UNSTABLE, reason="half, unstable")

    rate = {"rate": ("a positive number", lambda value: value > 0)}
    monkeypatch.setitem(METHODS, "ln", Method("ln", point, lambda model, options, spectrum: Cost(1, 1.0, 1.0), rate, key="linear_noise"))
    head = '[model]\nname = "central-spin"\n[sweep]\nN = [2, 3]\n[methods]\n'
    file = read_sweep_file(written(tmp_path, head + "linear_noise = {rate = 2}\n"))
    assert (file.sweep.methods, file.sweep.options) == (("ln",), {"ln": {"rate": 2}})
    data = ps.sweep("central-spin", {"N": [2, 3]}, methods=("exact", "ln"), options=file.sweep.options)
    assert (data["status"].sel(approach="ln") == "unstable").all()
    assert (data["reason"].sel(approach="ln") == "half, unstable").all()
    assert any(
        "'rate' of the method ln must be a positive number" in line for line in mistakes(tmp_path, head + "linear_noise = {rate = -1}\n")
    )
    dataset.save(data, tmp_path / "x.nc")
    assert main(["compare", str(tmp_path / "x.nc"), str(tmp_path / "x.nc"), "-o", str(tmp_path / "x.png")]) == 0
    assert "methods ln" in capsys.readouterr().out


ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "examples" / "sweeps").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_a_plan(path, monkeypatch):
    monkeypatch.chdir(ROOT)  # for examples.broadened_cavity
    plan = read_sweep_file(path).sweep
    assert len(plan) > 10
    assert plan.model(plan.indices[-1]).name


def test_every_figure_of_both_papers_has_an_example():
    there = {path.stem for path in EXAMPLES}
    paper_1 = {f"p1-fig{panel}" for panel in ("3a", "3b", "3c", "4a", "4b", "5", "6a", "6c", "6d")}
    assert paper_1 | {f"p2-fig{number}" for number in range(1, 7)} == there
    text = (ROOT / "examples" / "sweeps" / "p1-fig3b.toml").read_text() + (ROOT / "examples" / "sweeps" / "p1-fig6a.toml").read_text()
    assert "Fig. 3(d)" in text
    assert "Fig. 6(a, b)" in text


def test_expansions_may_follow_neighbours(tmp_path):
    head = '[model]\nname = "central-spin"\nN = 4\n[sweep]\ng = [0.5, 0.6]\n'
    sweep = read_sweep_file(written(tmp_path, f"{head}[methods]\ncumulants = [1, 2]\nneighbours = true\n")).sweep
    assert sweep.options == {"c2": {"neighbours": True}}
    (mistake,) = mistakes(tmp_path, f"{head}[methods]\ncumulants = [2]\nneighbours = 3\n")
    assert "'neighbours' of the method c2 must be true or false, but is 3" in str(mistake)
