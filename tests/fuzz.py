"""Malformed command lines, sweep files and data files, made from good ones by a seeded generator.

A case is the words of a command line, run in a folder of its own.  The promise: an exit code of the documented list, each error on
one line of fewer than 500 characters, no traceback, and an end within seconds.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import time
import warnings
from pathlib import Path
from typing import Any

CODES = {0, 1, 2, 3, 4}
LONGEST_LINE = 500

ODD = [
    "", " ", "nan", "-inf", "inf", "1e300", "1e-300", "-0", "0", "-1", "1e9", "1_0", "٣", "１", "1.000", "0x10", "1" * 400,
    "-" * 1000 + "1", "(" * 300 + "1" + ")" * 300, "9**9**9**9", "1/0", "N", "g", "kappa", "sqrt(-1)", "a.b",
    "__import__('os')", "lambda: 1", "[1]", "'",
    '"', "\\", "$\\frac{$", "=cmd|' /C calc'!A0", "a" * 300, "é" * 200, "\udc80", "\x1b[31m", "\t", "\n", "%s%n", "../../x", "/",
    "/dev/null", ".", "@", "-", "--", "+", "z0 z0", "+1 -2", "|0><1|0", "true", "None", "1e200", "-1e200", "1j", "2.5", "1,5", "1:2:3",
]  # fmt: skip
COMMANDS = [
    "solve central-spin N=3 --moments 1", "solve central-spin N=3 --moment z0 --json", "solve tavis-cummings N=2 levels=4 g=0.5",
    "cumulants central-spin N=10 --order 2", "cumulants central-spin N=4 --order 2 --equations python", "info central-spin N=20",
    "evolve central-spin N=2 --times 0:1:3", "continue central-spin --order 1 --over N --from 10 --to 30 --points 3 g=0.5 kappa=1",
    "compare good.csv good.nc", "compare good.nc mine.csv", "rerun good.csv", "run good.toml --dry-run", "figure p1-fig3b --max-N",
    "solve central-spin N=2 -o out.csv", "solve my.toml N=2", "run good.toml --scheduler", "solve central-spin N=2 --tolerance 1e-3",
    "limit central-spin --method mf --moment z0", "eigenvalues central-spin N=2 --charge -1 --near 1 --count 2",
    "spectrum central-spin N=2 --frequencies 0:2:4", "spectrum central-spin N=2 --linewidth --near 1",
    "spectrum tavis-cummings N=2 levels=4 --linewidth --of +",
]  # fmt: skip
SWEEP = """[model]
name = "central-spin"
g = 0.75
kappa = "N/16"
[sweep]
N = [2, 3]
gamma_up = {from = 0.5, to = 1.5, points = 2, spacing = "log"}
[methods]
exact = {window = "full"}
cumulants = [1, 2]
[moments]
order = 1
[output]
file = "out.nc"
"""
MODEL = """name = "mine"
[parameters]
N = ""
g = 0.5
[centre]
kind = "spin"
[[ensembles]]
N = "N"
[[hamiltonian]]
coefficient = "g"
operator = "+0 -"
[[hamiltonian]]
coefficient = "g"
operator = "-0 +"
[[jumps]]
kind = "individual"
rate = 1
operator = "-"
"""
TABLE = "N,moment,value,method,error\n2,z0,0.1,mine,1e-3\n2,+1 -2,0.2+0.1j,mine,\n"
TOML_ODD = [
    "x = [" + " " * 3000, "[" + " " * 3000, "[" * 500, "a." * 500 + "b = 1", "{from = 1, to = 2, points = 1000000000}", "1" * 5000,
    "[]", "{}", "1979-05-27", "nan", "-inf", "true", '""', '"""', "'''", '"$\\\\frac{$"', "[[1]]", '[1, "a"]',
    "\ufeff", "\0", "# " + "é" * 100,
    "N = 3", "[sweep]", "[[sweep.zip]]", 'p1 = "p0*p0"', "[model.x]", '"../../x.nc"', "0x10", "1_0", "1e400",
]  # fmt: skip


def prepared(folder: Path) -> None:
    """Write the good files that cases start from."""
    import permsym as ps
    from permsym import dataset

    data = ps.sweep("central-spin", {"N": [2, 3]}, methods=("exact", "c2"), moments=1)
    for suffix in (".nc", ".csv"):
        dataset.save(data, folder / f"good{suffix}")
    with contextlib.suppress(ImportError, ps.InputError):
        dataset.save(data, folder / "good.parquet")
    (folder / "good.toml").write_text(SWEEP)
    (folder / "my.toml").write_text(MODEL)
    (folder / "mine.csv").write_text(TABLE)
    with inside(folder), inline_workers():
        assert not verdict(STORED)[0]
        assert not verdict([*CHECKPOINTED, "good.npz"])[0]
    (folder / "bad.nc").unlink()
    (folder / "bad.nc.store").rename(folder / "good.store")


def _lines(chance: random.Random, text: str, odd: list[str]) -> str:
    """A text with some of its lines or values changed."""
    lines = text.split("\n")
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                lines.insert(at, chance.choice(odd))
            case 1:
                del lines[at]
                lines = lines or [""]
            case 2:
                lines[at] = lines[chance.randrange(len(lines))]
            case 3:
                head, mark, _ = lines[at].partition("=")
                lines[at] = f"{head}{mark} {chance.choice(odd)}"
            case 4:
                cells = lines[at].split(",")
                cells[chance.randrange(len(cells))] = chance.choice(odd)
                lines[at] = ",".join(cells)
            case _:
                words = re.findall(r"\w+|\W", lines[at]) or [""]
                words[chance.randrange(len(words))] = chance.choice(odd)
                lines[at] = "".join(words)
    return "\n".join(lines)


def _bytes(chance: random.Random, content: bytes) -> bytes:
    """A content with bits flipped, cut off, or parts repeated."""
    damaged = bytearray(content)
    match chance.randrange(4):
        case 0:
            del damaged[chance.randrange(len(damaged)) :]
        case 1:
            for _ in range(chance.randint(1, 40)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        case 2:
            start = chance.randrange(len(damaged))
            damaged[start : start + chance.randint(1, 500)] = bytes(chance.randint(0, 500))
        case _:
            start = chance.randrange(min(len(damaged), 4000))  # the head, where the structure stands
            damaged[start] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def case(chance: random.Random, folder: Path) -> list[str]:
    """The words of a case; its damaged file, where it has one, is in the folder."""
    match chance.randrange(6):
        case 0:
            words = chance.choice(COMMANDS).split()
            for _ in range(chance.randint(1, 2)):
                at = chance.randrange(1, len(words) + 1)
                odd = chance.choice(ODD)
                if at == len(words):
                    words.append(odd)
                elif "=" in words[at] and chance.random() < 0.7:
                    words[at] = f"{words[at].partition('=')[0]}={odd}"
                else:
                    words[at] = odd
            return words
        case 1:
            text = _lines(chance, SWEEP, [*TOML_ODD, *ODD])
            (folder / "bad.toml").write_text(text, encoding="utf-8", errors="replace")
            return ["run", "bad.toml", "--dry-run"]
        case 2:
            text = _lines(chance, chance.choice([MODEL, TABLE]), [*TOML_ODD, *ODD])
            name = "bad.toml" if "[parameters]" in text else "bad.csv"
            (folder / name).write_text(text, encoding="utf-8", errors="replace")
            return ["solve", name, "N=2", "--moments", "1"] if name == "bad.toml" else ["compare", "good.nc", name]
        case 3:
            return _redefined(chance, folder)
        case 4:
            kind = chance.choice(["store", "npz"])
            (folder / f"bad.{'nc.store' if kind == 'store' else 'npz'}").write_bytes(_bytes(chance, (folder / f"good.{kind}").read_bytes()))
            if chance.random() < 0.3:
                return ["check", "bad.nc.store" if kind == "store" else "bad.npz"]
            return STORED if kind == "store" else [*CHECKPOINTED, "bad.npz"]
        case _:
            good = chance.choice(sorted(folder.glob("good.[ncp][csa]*")))
            bad = folder / f"bad{good.suffix}"
            if good.suffix == ".csv" and chance.random() < 0.6:
                text = _lines(chance, good.read_text(), ODD)
                bad.write_text(text, encoding="utf-8", errors="replace")
            else:
                bad.write_bytes(_bytes(chance, good.read_bytes()))
            uses = [f"rerun {bad.name} --jobs 1", f"compare good.nc {bad.name}", f"compare {bad.name} good.nc", f"check {bad.name}"]
            return chance.choice(uses).split()


STORED = ["run", "good.toml", "--jobs", "1", "-o", "bad.nc"]
CHECKPOINTED = [  # the checkpoint follows
    "solve",
    "driven-tavis-cummings",
    "N=2",
    "C=2",
    "drive=0.5",
    "levels=4",
    "--moments",
    "1",
    "--solver",
    "matrix-free",
    "--checkpoint",
]
JSON_ODD = [None, True, -1, 0, 3, 1e308, 10**400, "", "N", "os:system", "../x", [], [[]], {}, {"": 0}, [None], "x" * 3000, "1_0", [1, "a"]]


def _redefined(chance: random.Random, folder: Path) -> list[str]:
    """A file whose provenance, or one of whose variables, says something else."""
    import h5netcdf.legacyapi as netcdf

    bad = folder / "bad.nc"
    bad.write_bytes((folder / "good.nc").read_bytes())
    with netcdf.Dataset(bad, "a") as file:
        if chance.random() < 0.7:
            definition = json.loads(file.getncattr("definition"))
            at: Any = definition
            while True:
                key = chance.choice(list(at) if isinstance(at, dict) else range(len(at)))
                if isinstance(at[key], dict | list) and at[key] and chance.random() < 0.8:
                    at = at[key]
                    continue
                at[key] = chance.choice(JSON_ODD)
                break
            file.setncattr("definition", json.dumps(definition))
        elif chance.random() < 0.5:
            name = chance.choice(["definition", "versions", "permsym_version", "model", "omega", "figure", "max_N", "command"])
            file.setncattr(name, chance.choice(["", "[", "x", "[]", "{}", 3, -1.0, "1" * 400, "null", "p1-fig3b"]))
        else:
            variable = file.variables[chance.choice([name for name in file.variables if file[name].dtype is not str])]
            variable[...] = (
                chance.choice([0, -1, 1e300, float("nan"), float("inf")]) if "f" in str(variable.dtype) else chance.choice([0, -1])
            )
    return chance.choice([["rerun", "bad.nc", "--jobs", "1"], ["compare", "good.nc", "bad.nc"], ["compare", "bad.nc", "good.nc"]])


def verdict(words: list[str]) -> tuple[str, float]:
    """What is wrong with how a case ends ("" for nothing), and its seconds; runs in this process and the current folder."""
    from permsym.cli import main

    out, err = io.StringIO(), io.StringIO()
    start = time.monotonic()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code: object = main(words)
        except SystemExit as stop:
            code = stop.code
        except BaseException as error:
            return f"escaped: {type(error).__name__}: {error}", time.monotonic() - start
    said = err.getvalue()
    if code not in CODES:
        return f"exit code {code}: {said[-600:]}", time.monotonic() - start
    if "Traceback" in said or "Traceback" in out.getvalue():
        return f"traceback: {said[-600:]}", time.monotonic() - start
    longest = max((len(line) for line in said.splitlines() if line.startswith("permsym: ")), default=0)
    if longest > LONGEST_LINE + len("permsym: "):
        return f"a line of {longest} characters", time.monotonic() - start
    return "", time.monotonic() - start


@contextlib.contextmanager
def inline_workers():
    """Sweeps in this process: workers take a second to start."""
    from permsym.sweeps.workers import pool

    before = pool.pooled
    pool.pooled = lambda jobs, workers: pool.inline(jobs)  # type: ignore[assignment]
    try:
        yield
    finally:
        pool.pooled = before


@contextlib.contextmanager
def inside(folder: Path):
    """The folder as the current one."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
