"""A data file is data: no field of it imports or calls anything."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sampled import sampled

import permsym as ps
from permsym import dataset
from permsym.cli import main
from permsym.cumulants import equations
from permsym.cumulants.equations.export import compiled, exported
from permsym.errors import InputError
from permsym.models.registry import lookup, lookup_recorded
from permsym.sweeps.origin import Origin


@pytest.fixture(scope="module")
def data():
    return ps.sweep("central-spin", {"N": [2]}, methods=("exact", "c2"), moments=1)


def armed(data, **changes):
    """The data with another definition."""
    return data.assign_attrs(definition=json.dumps({**json.loads(data.attrs["definition"]), **changes}))


TRAP = "from pathlib import Path\nPath('sprung').touch()\ndef model(N=2): pass\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with a module in it that leaves a file behind when it runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    Path("trap.py").write_text(TRAP)
    yield tmp_path
    sys.modules.pop("trap", None)


@pytest.mark.parametrize("suffix", [".nc", ".csv", ".parquet"])
@pytest.mark.parametrize("address", ["os:system", "shutil:rmtree", "trap:model"])
@pytest.mark.parametrize("name", ["mine", "os:system"])
def test_the_function_that_a_file_names_does_not_run(data, folder, capsys, suffix, address, name):
    pytest.importorskip("pyarrow" if suffix == ".parquet" else "csv")
    attack = armed(data, name=name, function=address, fixed={"command": "touch sprung", "path": "sprung"})
    dataset.save(attack, f"x{suffix}")
    assert main(["rerun", f"x{suffix}"]) == 1
    error = capsys.readouterr().err
    assert f"names the function '{address}'" in error
    assert "--allow-function" in error
    assert not Path("sprung").exists()
    assert "trap" not in sys.modules


def test_an_allowed_function_is_named_first_and_never_comes_from_the_current_folder(data, folder, capsys):
    dataset.save(armed(data, name="mine", function="trap:model"), "x.nc")
    assert main(["rerun", "x.nc", "--allow-function"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "permsym: the file's model is the function trap:model, which runs now"
    assert "No module named 'trap'" in said[1]
    assert not Path("sprung").exists()


@pytest.mark.parametrize("entry", ["", ".", "here"])
def test_no_entry_of_the_path_leads_to_the_current_folder(folder, monkeypatch, entry):
    monkeypatch.setattr(sys, "path", [str(folder) if entry == "here" else entry, *sys.path])
    before = list(sys.path)
    with pytest.raises(InputError, match="No module named 'trap'"):
        lookup_recorded("trap:model")
    assert sys.path == before
    with pytest.raises(InputError, match="No module named 'trap'"):
        Origin("trap:model", None, {}, recorded=True).source()  # as a worker does
    assert lookup("trap:model").defaults == {"N": 2}  # what the user types comes from there
    assert Path("sprung").exists()


@pytest.mark.parametrize(
    "address", ["trap", "trap:", "../trap:model", "x.toml", "trap:model.__class__", "a b:c", "tráp:model", "trap:model\n"]
)
def test_other_spellings_are_no_functions(folder, address):
    with pytest.raises(InputError, match=r"write package\.module:function"):
        lookup_recorded(address)
    assert not Path("sprung").exists()


@pytest.mark.slow
def test_workers_find_no_modules_in_the_current_folder(folder):
    """`python -m` looks there first: a file called json.py beside the data would run in every worker."""
    Path("uuid.py").write_text(TRAP)
    Path("queue.py").write_text(TRAP)
    Path("ctypes.py").write_text(TRAP)
    Path("sweep.toml").write_text('[model]\nname = "central-spin"\n[sweep]\nN = [2]\n')
    call = "import sys; sys.path = [p for p in sys.path if p]; from permsym.cli import main; sys.exit(main())"
    environment = {**os.environ, "PYTHONPATH": str(Path(ps.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-P", "-c", call, "run", "sweep.toml", "--jobs", "1"],
        capture_output=True, text=True, timeout=120, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not Path("sprung").exists()


HOSTILE = [
    '"""\nimport os\nos.mkdir("sprung")\n"""',
    "'''\nimport os; os.mkdir('sprung')\n'''",
    "\\",
    '"',
    "a\nb",
    "{1/0}",
    "\x00",
    "\udc80",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_in_exported_equations_carries_no_code(folder, name):
    model = ps.models.central_spin(N=3)
    model.name = name
    built = equations(model, order=2)
    space = {}
    exec(exported(built, "python"), space)
    assert name in space["__doc__"]
    assert len(compiled(built)([0.0] * len(built))) == len(built)
    assert not Path("sprung").exists()


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_sweep_names_the_function_before_it_imports_it(folder, capsys, options):
    Path("trap.py").write_text("import sys\nprint('imported', file=sys.stderr)\nsys.exit(5)\n")
    Path("sweep.toml").write_text('[model]\nfunction = "trap:model"\n[sweep]\nN = [2]\n')
    assert main(["run", "sweep.toml", *options]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == ["permsym: the model is the function trap:model, whose module runs now", "imported"]
    assert len(said) == 3
    assert "cannot load the model function 'trap:model' (SystemExit: 5)" in said[2]


def test_a_function_that_exits_is_an_error(folder, capsys):
    Path("trap.py").write_text("import sys\ndef model(N): sys.exit(0)\n")
    assert main(["solve", "trap:model", "N=2"]) == 1
    assert "the model function trap:model fails with SystemExit: 0" in capsys.readouterr().err


def test_a_model_file_is_no_function(folder, capsys):
    Path("sweep.toml").write_text('[model]\nfile = "trap:model"\n[sweep]\nN = [2]\n')
    assert main(["run", "sweep.toml"]) == 1
    assert "cannot read the model file" in capsys.readouterr().err
    assert not Path("sprung").exists()


WRONG = [
    {"name": 3}, {"fixed": []}, {"fixed": {"g": None}}, {"dimensions": {}}, {"dimensions": [{"name": "N"}]}, {"moments": "z0"},
    {"dimensions": [{"name": "N", "columns": {"N": [[1]]}}]}, {"methods": "exact"}, {"options": {"exact": 1}}, {"function": 1},
    {"model_file": {}}, {"first_point": None}, {"first_point": {"centre": 1}},
]  # fmt: skip


@pytest.mark.parametrize("changes", sampled([(each,) for each in WRONG], 3), ids=str)
def test_a_definition_is_checked_before_a_field_is_used(data, folder, capsys, changes):
    dataset.save(armed(data, **changes), "x.nc")
    assert main(["rerun", "x.nc"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
