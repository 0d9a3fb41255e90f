"""The edge of the command line: whatever happens is one line and a documented code."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import run

import permsym as ps
from permsym import dataset
from permsym.cli import main
from permsym.compare.summary import defused
from permsym.errors import InputError
from permsym.fields import WrongField, checked


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    return lambda *words: run(capsys, *words)


def refused(answer, *fragments):
    code, _, err = answer
    lines = [line for line in err.splitlines() if not line.startswith("defaults:")]
    assert code == 1, err
    assert len(lines) == 1, err
    assert len(lines[0]) < 500
    for fragment in fragments:
        assert fragment in lines[0]


def test_a_fault_is_one_line_a_log_and_code_70(here, monkeypatch, tmp_path):
    def broken(*_):
        raise IndexError("x" * 2000)

    monkeypatch.setattr("permsym.models.lookup", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, out, err = here("solve", "central-spin", "N=3")
    assert (code, out) == (70, "")
    assert err.count("\n") == 1
    assert len(err) < 500
    assert "a fault of permsym (IndexError: xxx" in err
    assert "please report it" in err
    log = next(tmp_path.glob("permsym-fault-*.log"))
    assert err.rstrip().endswith(str(log))
    text = log.read_text()
    assert "permsym solve central-spin N=3\n" in text
    assert "Traceback (most recent call last)" in text
    assert f"numpy {np.__version__}" in text


def test_a_fault_without_a_place_for_its_log(here, monkeypatch):
    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("permsym.models.lookup", lambda name: {}[name])
    monkeypatch.setattr("tempfile.mkstemp", refuse)
    code, _, err = here("solve", "central-spin", "N=3")
    assert code == 70
    assert "no log could be written (No space left on device); please report" in err


WORDS = [
    (("solve", "central-spin", "N=1_0"), "'1_0'"),
    (("solve", "central-spin", "N=٣"), "with the digits 0 to 9 alone"),
    (("solve", "central-spin", "N=3", "g=0x10"), "'0x10'"),
    (("solve", "central-spin", "N=1e300"), "must be at most 9.0e+15, but is 1e+300"),
    (("solve", "central-spin", "N=" + "1" * 400), "has no finite value"),
    (("solve", "central-spin", "N=3", "g=" + "-" * 1000 + "1"), "has 1001 characters, but an expression has at most 1000"),
    (("solve", "central-spin", "N=3", "g=" + "-" * 200 + "1"), "nested more than 100 deep"),
    (("solve", "central-spin", "N=3", "g=\0"), "has a NUL"),
    (("solve", "a" * 300 + ".toml", "N=3"), "File name too long"),
    (("run", "/dev/zero"), "a device or a pipe; give an ordinary file"),
    (("run", "."), "is a folder"),
    (("rerun", "/dev/zero"), "a device or a pipe"),
    (("compare", "/dev/zero", "/dev/zero"), "a device or a pipe"),
    (("solve", "central-spin", "N=1.000"), "may be 1 or 1000"),
    (("solve", "tavis-cummings", "N=2", "levels=12.000.000"), "may be 12 or 12000000"),
    (("evolve", "central-spin", "N=2", "--times", "0:1:1000000"), "at most 100,000 are computed at once"),
    (("continue", "central-spin", "--order", "1", "--over", "N", "--from", "2", "--to", "9", "--points", "1e9"), "at most 10,000"),
]


@pytest.mark.parametrize(("words", "fragment"), WORDS, ids=[str(k) for k in range(len(WORDS))])
def test_words_beyond_all_limits(here, words, fragment):
    refused(here(*words), fragment)


def test_1_000_is_1_unless_it_is_a_count(here):
    Path("x.csv").write_text("N,moment,value\n1.000,z0,0.5\n")
    refused(here("compare", "p1-fig3b", "x.csv"), "x.csv:2: N=1.000 may be")
    Path("x.csv").write_text("N,kappa,moment,value\n2,0.125,z0,0.500\n")
    assert here("compare", "p1-fig3b", "x.csv")[0] == 0
    assert ps.models.central_spin(N=3, g="1.000").parameters["g"] == 1.0


def test_usage_errors_are_short(here):
    code, _, err = here("solve", "central-spin", "N=3", "--" + "x" * 3000)
    assert code == 2
    assert max(map(len, err.splitlines())) < 500


SWEEPS = [
    ('[model]\nname = "central-spin"\n[sweep]\nN = [\n[' + " " * 3000 + "\n", "not valid TOML"),
    ("x = " + "[" * 5000, "not valid TOML"),
    ("x = " + "1" * 400, "more digits than TOML allows"),
    ("x = " + "1" * 5000, "not valid TOML"),
    ('[model]\nname = "central-spin"\n[sweep]\ng = {from = 1, to = 2, points = 1000000000}\n', "from 1 to 1,000,000, but is 1000000000"),
    (
        '[model]\nname = "central-spin"\n[sweep]\n'
        + "".join(f"{name} = {{from = 1, to = 2, points = 1000}}\n" for name in ("N", "g", "kappa")),
        "1e+09 points together, but at most 1,000,000",
    ),
    ("# " + "x" * 2**20, "at most 1.05 MB are read"),
]


@pytest.mark.parametrize(("text", "fragment"), SWEEPS, ids=[str(k) for k in range(len(SWEEPS))])
def test_sweep_files_beyond_all_limits(here, text, fragment):
    Path("x.toml").write_text(text)
    start = time.monotonic()
    code, _, err = here("run", "x.toml", "--dry-run")
    assert code == 1
    assert fragment in err
    assert max(map(len, err.splitlines())) < 500
    assert time.monotonic() - start < 5


def test_a_line_of_blanks_in_a_good_file_takes_no_time(here):
    Path("x.toml").write_text('[model]\nname = "central-spin"\ng = 1\n[sweep]\nN = [\n' + " " * 3000 + "2]\n#[" + "[ " * 3000 + "\n")
    start = time.monotonic()
    assert here("run", "x.toml", "--dry-run")[0] == 0
    assert time.monotonic() - start < 10


def test_a_chain_of_squares_has_no_value():
    values = {"p0": 10**9} | {f"p{k}": f"p{k - 1}*p{k - 1}" for k in range(1, 60)}
    with pytest.raises(InputError, match="no finite value"):
        ps.expressions.resolve(values)


@pytest.mark.parametrize("words", [("run",), ("solve", "N=2"), ("rerun",), ("compare",)], ids=str)
def test_a_pipe_is_not_waited_for(here, words):
    name = {"run": "x.toml", "solve": "x.toml", "rerun": "x.nc", "compare": "x.csv"}[words[0]]
    os.mkfifo(name)
    refused(here(words[0], *([name] * (2 if words[0] == "compare" else 1)), *words[1:]), "a device or a pipe")
    if words[0] == "rerun":
        refused(here("solve", "central-spin", "N=2", "-o", name), "was not written by permsym")


def test_long_tables_are_refused(here):
    Path("x.csv").write_text("N,z0\n" + "2,0.1\n" * 10**6)
    refused(here("compare", "p1-fig3b", "x.csv"), "1,000,001 rows, but at most 200,000")


@pytest.mark.parametrize("cell", ["٣", "1_0"])
def test_digits_of_others_are_no_numbers(here, cell):
    Path("x.csv").write_text(f"N,z0\n2,{cell}\n")
    refused(here("compare", "p1-fig3b", "x.csv"), "is not a number")


def test_a_directory_where_the_store_should_be(here):
    Path("x.toml").write_text('[model]\nname = "central-spin"\n[sweep]\nN = [2]\n')
    Path("x.nc.store").mkdir()
    refused(here("run", "x.toml", "--jobs", "1"), "x.nc.store")


def test_an_empty_checkpoint(here):
    np.savez("x.npz")
    answer = here(
        "solve", "driven-tavis-cummings", "N=2", "C=2", "drive=0.5", "levels=6", "--solver", "matrix-free", "--checkpoint", "x.npz"
    )
    refused(answer, "x.npz is not a checkpoint", "has no 'model'")


def test_an_odd_scheduler(here):
    Path("x.toml").write_text('[model]\nname = "central-spin"\n[sweep]\nN = [2]\n')
    pytest.importorskip("distributed")
    refused(here("run", "x.toml", "--scheduler", "tls://x"), "tls://x")


@pytest.fixture(scope="module")
def data():
    return ps.sweep("central-spin", {"N": [2, 3]}, moments=1)


def _dropped(name):
    return lambda data: data.drop_vars(name)


CHANGES = {
    "status": _dropped("status"),
    "reason": _dropped("reason"),
    "codes": lambda data: data.assign(status=("N", ["ok", "fine"])),
    "moment_real": _dropped("moment_real"),
    "moment": _dropped("moment"),
    "mistyped": lambda data: data.assign(moment_real=data["moment_real"].astype(str)),
    "text": lambda data: data.assign(residual=("N", ["a", "b"])),
    "turned": lambda data: data.assign(status=data["status"].isel(N=0)),
    "versions": lambda data: data.assign_attrs(versions="["),
    "definition": lambda data: data.assign_attrs(definition=3.0),
}


@pytest.mark.parametrize("definition", ["[]", "{}", "[3]", "null", "["])
def test_a_definition_without_a_model_is_compared_without_one(here, data, definition):
    dataset.save(data.assign_attrs(definition=definition), "x.nc")
    code, _, err = here("compare", "x.nc", "x.nc")
    assert code in (0, 1)
    assert "fault" not in err


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.quick("status", "moment_real", "mistyped", "text", "definition")
def test_variables_that_are_missing_or_mistyped(here, data, change):
    CHANGES[change](data).to_netcdf("x.nc", engine="h5netcdf")
    for words in (("compare", "x.nc", "x.nc"), ("rerun", "x.nc", "--jobs", "1")):
        if not (change in ("moment_real", "moment") and words[0] == "rerun"):
            refused(here(*words), "x.nc")


def test_an_edited_header(here, data):
    dataset.save(data, "x.csv")
    head = Path("x.csv.json").read_text()
    for wrong in (head.replace('"outer"', '"inner"'), head.replace("float64", "object"), head.replace('"N": 2', '"N": 5'), head[:-20]):
        assert wrong != head
        Path("x.csv.json").write_text(wrong)
        refused(here("rerun", "x.csv"), "cannot read 'x.csv' as a dataset")


def test_an_announced_array_is_not_allocated(here, data, monkeypatch):
    dataset.save(data, "x.nc")
    monkeypatch.setenv("PERMSYM_MEMORY", "100")
    refused(here("compare", "x.nc", "x.nc"), "holds arrays of", "100 B are free")


@pytest.mark.parametrize("name", ["$\\frac{$", "=1+1", "a\tb", "<b>"])
@pytest.mark.parametrize("report", [pytest.param("x.png", marks=pytest.mark.slow), "x.html", "x.csv2.csv"])
@pytest.mark.quick("x.html-<b>", "x.csv2.csv-=1+1", "x.csv2.csv-<b>")
def test_any_name_of_a_method_can_be_reported(here, name, report):
    rows = "".join(f'{N},z0,0.1,"{name}"\n' for N in (10, 20, 50))
    Path("mine.csv").write_text(f"N,moment,value,method\n{rows}")
    code, _, err = here("compare", "p1-fig3b", "mine.csv", "-o", report)
    assert code == 0, err
    if report.endswith(".csv") and name == "=1+1":
        assert ",'=1+1," in Path(report).read_text()


def test_formulas_are_defused():
    assert [defused(text) for text in ("=1", "+1", "-1", "@x", "\tx", "c2", "")] == ["'=1", "'+1", "'-1", "'@x", "'\tx", "c2", ""]


def process(*words, **options):
    environment = {**os.environ, "PYTHONPATH": str(Path(ps.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-m", "permsym", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options
    )


@pytest.mark.slow
def test_twelve_open_files_are_enough_for_one_line(tmp_path):
    (tmp_path / "x.toml").write_text('[model]\nname = "central-spin"\n[sweep]\nN = [2, 3]\n')
    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))  # noqa: E731
    child = process("run", "x.toml", "--jobs", "2", cwd=tmp_path, preexec_fn=limit)
    _, err = child.communicate(timeout=120)
    assert "Traceback" not in err
    assert child.returncode in (0, 1, 3)


@pytest.mark.serial
@pytest.mark.quick("0.3", "0.5")
@pytest.mark.parametrize("moment", [0.1, 0.3, 0.5, 0.8])
def test_ctrl_c_in_the_first_second(moment):
    child = process("solve", "central-spin", "N=40", "--moments", "4")
    time.sleep(moment)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode in (0, 130, -signal.SIGINT), err  # the last one while Python itself starts or ends
    assert "Traceback" not in err or "permsym/" not in err.replace("permsym/__init__.py", "").replace("permsym/errors.py", "")


def test_fields_say_what_is_wrong():
    shape = {"name": str, "sizes?": [int], "rates": {str: (float, None)}}
    good = {"name": "x", "sizes": [1, 2], "rates": {"g": 0.5, "h": None}, "more": 1}
    assert checked(good, shape, "it") is good
    assert checked({"name": "x", "rates": {}}, shape, "it")
    for changes, words in [
        ({"name": 3}, "'name' of it must be a text, but is 3"),
        ({"sizes": [1, True]}, r"'sizes' of it\[1\] must be a whole number, but is True"),
        ({"sizes": [10**400]}, "must be a whole number, but is 1000"),
        ({"rates": {"g": "1"}}, "'g' of 'rates' of it must be a number or nothing, but is '1'"),
        ({"rates": []}, r"'rates' of it must be a table, but is \[\]"),
    ]:
        with pytest.raises(WrongField, match=words):
            checked({**good, **changes}, shape, "it")
    with pytest.raises(WrongField, match="it has no 'name'"):
        checked({"rates": {}}, shape, "it")


def test_an_error_of_the_system_is_no_fault(monkeypatch, capsys):
    def broken(*_):
        raise OSError(24, "Too many open files", "x.nc")

    monkeypatch.setattr("permsym.models.lookup", broken)
    assert main(["solve", "central-spin", "N=3"]) == 1
    assert capsys.readouterr().err == "permsym: the system refuses: Too many open files ('x.nc')\n"
