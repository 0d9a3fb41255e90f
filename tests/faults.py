"""One fault at one system call of a command: no space, no file descriptor, an interrupted call, a failing disk, a short write or read.

A process that was started with the library of ``faults.c`` loads everything once.  Each case is a fork of it: the n-th call that
can have the fault has it.  The promise: a documented exit code, one line, no traceback, nothing half-written, and the same command
without a fault completes what is missing, bit for bit.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import fuzz

KINDS = {name: getattr(errno, name) for name in ("ENOSPC", "EMFILE", "EINTR", "EIO")} | {"short": -1}
WRONG = ("traceback", "code", "lines", "half-written", "litter", "resumed", "hang")
PATIENCE = 60  # seconds of one case
SWEEP = '[model]\nname = "central-spin"\nN = 2\n[sweep]\ng = {g}\n[moments]\norder = 1\n'
SOLVE = ["solve", "tavis-cummings", "N=2", "levels=24", "g=0.3", "--moments", "1"]
COMMANDS = {  # words; what they write; whether workers are processes of their own
    "run": (["run", "sweep.toml", "--jobs", "1"], "sweep.nc", False),
    "run to CSV": (["run", "sweep.toml", "--jobs", "1", "-o", "sweep.csv"], "sweep.csv", False),
    "resume": (["run", "sweep.toml", "--jobs", "1", "-o", "begun.nc"], "begun.nc", False),
    "solve": ([*SOLVE, "-o", "state.nc"], "state.nc", False),
    "checkpoint": ([*SOLVE, "--solver", "matrix-free", "--checkpoint", "iterate.npz"], "iterate.npz", False),
    "workers": (["run", "sweep.toml", "--jobs", "2"], "sweep.nc", True),
}


def preloaded(folder: Path) -> dict[str, str] | None:
    """The environment of a process in which faults can be armed; None where there is no C compiler, or no Linux."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    library = folder / "faults.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, Path(__file__).with_name("faults.c"), "-ldl"], check=True)
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}  # a fork has one
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    return {**os.environ, **threads, "LD_PRELOAD": str(library), "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass
class Case:
    """What came of one fork: exit code, what it said, calls that could have the fault, and the one that had it ("" for none)."""

    code: int
    said: str
    calls: int
    where: str


class Faults:
    """All cases of some commands, in one folder; ``everywhere``: also at files that are not the run's own."""

    def __init__(self, folder: Path, commands: Sequence[str], everywhere: bool) -> None:
        self.folder, self.everywhere = folder, everywhere
        self.library = ctypes.CDLL(None)
        self.library.fault_arm.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_char_p]
        self.library.fault_disarm.restype = ctypes.c_long
        self.library.fault_where.restype = ctypes.c_char_p
        self.normal: dict[str, bytes] = {}
        self.lengths: dict[tuple[str, str], int] = {}
        for command in commands:
            words, output, processes = COMMANDS[command]
            if not processes:  # load here what the forks need
                with fuzz.inside(self._prepared(command)), fuzz.inline_workers():
                    assert not fuzz.verdict(words)[0]
            work = self._prepared(command)
            case = self._forked(command, work)
            assert case.code == 0, (command, case)
            self.normal[command] = _content(work / output)
        gc.freeze()  # forks share what is loaded

    def calls(self, command: str, kind: str) -> int:
        """How many calls of a command can have a fault."""
        if (command, kind) not in self.lengths:
            self.lengths[command, kind] = self._forked(command, self._prepared(command), 0, KINDS[kind]).calls
        return self.lengths[command, kind]

    def wrong(self, command: str, kind: str, number: int) -> Iterator[tuple[str, str]]:
        """What is wrong with a fault of a kind at one call of a command: (kind, words)."""
        _, output, _ = COMMANDS[command]
        work = self._prepared(command)
        before = {path.name for path in work.iterdir()}
        case = self._forked(command, work, number, KINDS[kind])
        words = f"{command}, {kind} at call {number} ({case.where.replace(str(work), '.')}), exit code {case.code}: {case.said[-900:]}"
        if case.code == -signal.SIGALRM:
            yield "hang", words
        elif case.code not in fuzz.CODES:
            yield "code", words
        if "Traceback" in case.said or "Exception ignored" in case.said:
            yield "traceback", words
        lines = [line for line in case.said.splitlines() if line.startswith("permsym: ") and not line.endswith(" to do")]
        if (case.code and len(lines) != 1) or any(len(line) > fuzz.LONGEST_LINE for line in lines):
            yield "lines", words
        if (work / output).exists() and not self._whole(command, work):
            yield "half-written", words
        if case.code == 0 and output != "iterate.npz" and not (work / output).exists():
            yield "half-written", f"{words}; there is no output"
        expected = before | {output, f"{output}.store"}
        if case.where.startswith(("unlink", "flock")):
            expected |= {path.name for path in work.iterdir()}  # what could not be removed, or is nobody's to remove
        if litter := {path.name for path in work.iterdir()} - expected:
            yield "litter", f"{words}; left: {sorted(litter)}"
        again = self._forked(command, work)
        if again.code or not self._whole(command, work):
            yield "resumed", f"{words}; then {again.code}: {again.said[-900:]}"
        elif not case.where.startswith("unlink") and (
            litter := {path.name for path in work.iterdir()} - before - {output, f"{output}.store"}
        ):
            yield "litter", f"{words}; left after resuming: {sorted(litter)}"

    def _whole(self, command: str, work: Path) -> bool:
        try:
            return _content(work / COMMANDS[command][1]) == self.normal[command]
        except Exception:
            return False

    def _prepared(self, command: str) -> Path:
        """A folder of its own for a case."""
        work = self.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        if command == "resume":
            (work / "sweep.toml").write_text(SWEEP.format(g=[0.5]))
            assert self._forked(command, work).code == 0
            (work / "begun.nc").unlink()
        (work / "sweep.toml").write_text(SWEEP.format(g=[0.5, 0.6]))
        return work

    def _forked(self, command: str, work: Path, number: int = 0, kind: int = 0) -> Case:
        words, _, processes = COMMANDS[command]
        said, told = self.folder / "said", self.folder / "told"
        told.unlink(missing_ok=True)
        child = os.fork()
        if not child:
            self._child(words, processes, work, number, kind, said, told)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        calls, where = json.loads(told.read_text()) if told.exists() else (0, "")
        return Case(code, said.read_text(errors="replace"), calls, where)

    def _child(self, words: list[str], processes: bool, work: Path, number: int, kind: int, said: Path, told: Path) -> None:
        """The fork; it never returns."""
        code = 71
        try:
            signal.alarm(PATIENCE)
            os.chdir(work)
            handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(handle, 1)
            os.dup2(handle, 2)
            os.close(handle)
            from permsym.cli import main

            with contextlib.nullcontext() if processes else fuzz.inline_workers():
                self.library.fault_arm(number, kind, b"/" if self.everywhere else str(work).encode())
                code = main(words)
                calls = self.library.fault_disarm()
            sys.stderr.flush()
            told.write_text(json.dumps([calls, self.library.fault_where().decode(errors="replace")]))
        except SystemExit as stop:
            code = int(str(stop.code))
        except BaseException:
            self.library.fault_disarm()
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(code)


def _content(path: Path) -> bytes:
    """Numbers of a file, without its dates."""
    if path.suffix == ".npz":
        import numpy as np

        with np.load(path) as file:
            return b"".join(file[name].tobytes() for name in file.files)
    import permsym as ps

    with ps.open_dataset(path) as data:
        return b"".join(data[name].values.tobytes() for name in ("moment_real", "moment_imag", "moment_error", "certified"))


def attack(folder: Path, seconds: float, seed: int, most: int, commands: Sequence[str], everywhere: bool) -> int:
    """Try faults until the time is over, at most so many, every one once; prints a table and returns how many promises were broken."""
    faults, end = Faults(folder, commands, everywhere), time.monotonic() + seconds
    cases = [(command, kind, number) for command in commands for kind in KINDS for number in range(1, faults.calls(command, kind) + 1)]
    random.Random(seed).shuffle(cases)
    tried, broken = Counter[str](), Counter[tuple[str, str]]()
    for command, kind, number in cases[:most]:
        if time.monotonic() > end:
            break
        tried[kind] += 1
        for what, words in faults.wrong(command, kind, number):
            broken[kind, what] += 1
            print(f"{what}: {words}\n", flush=True)
    print(f"\nseed {seed}: {tried.total()} of {len(cases)} faults at {len(commands)} commands")
    print(f"{'':8}{'faults':>8}" + "".join(f"{what:>14}" for what in WRONG))
    for kind in KINDS:
        print(f"{kind:8}{tried[kind]:8}" + "".join(f"{broken[kind, what]:14}" for what in WRONG))
    return broken.total()


if __name__ == "__main__":
    place, patience, number, count, *names = sys.argv[1:]
    chosen = [name for name in names if name != "everywhere"] or list(COMMANDS)
    sys.exit(attack(Path(place), float(patience), int(number), int(count), chosen, "everywhere" in names) > 0)
