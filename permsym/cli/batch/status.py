"""``permsym status``: what a run has done so far, also while it runs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from permsym.cli.batch.run import announce, store_of
from permsym.errors import InputError

if TYPE_CHECKING:
    from permsym.sweeps.file.sweep_file import SweepFile


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    status = commands.add_parser(
        "status",
        description="Points done, left and failed of a sweep, its rate and its time left.  Nothing is locked or changed.",
    )
    status.add_argument(
        "words", nargs="*", metavar="SWEEP.toml | FILE", help="the sweep file, the output of the run, or both where `run` had -o"
    )
    status.add_argument("-o", "--output", metavar="PARTIAL", help="write what is done so far to PARTIAL.nc, .csv or .parquet")
    status.add_argument("--json", action="store_true", help="print JSON")
    status.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from permsym import dataset
    from permsym.sweeps.run import assembled
    from permsym.sweeps.tally import of_dataset, of_store

    file, output = _meant(options.words)
    store = store_of(output)
    partial = None if options.output is None else dataset.check(options.output)
    if partial is not None and file is None:
        raise InputError("a dataset of what is done so far needs the sweep file; give permsym status SWEEP.toml -o PARTIAL.nc")
    if partial is not None and partial.absolute() == output.absolute():
        raise InputError(f"{str(output)!r} is what the run itself writes; give -o another name")
    if store.exists():
        tally, points = of_store(store, None if file is None else file.sweep)
    elif output.exists():
        tally, points = of_dataset(dataset.open_dataset(output)), {}
    else:
        raise InputError(f"there is neither {str(output)!r} nor its store: no run has begun here; give the FILE that `run` had after -o")
    print(json.dumps(tally.to_dict()) if options.json else "\n".join(tally.lines(output.name)))
    if partial is not None and file is not None:
        if not points:
            raise InputError(f"no point of {str(file.path)!r} is in {str(store)!r} yet, so that {str(partial)!r} was not written")
        dataset.save(assembled(file.sweep, points, options.command_line), partial)
        if not options.json:
            print(f"wrote {partial}")
    return 0


def _meant(words: list[str]) -> tuple[SweepFile | None, Path]:
    """The sweep file, where there is one, and the output of its run."""
    from permsym.sweeps.file.sweep_file import read_sweep_file

    files = [Path(word) for word in words]
    sweeps, outputs = [path for path in files if path.suffix == ".toml"], [path for path in files if path.suffix != ".toml"]
    if not files or len(sweeps) > 1 or len(outputs) > 1:
        raise InputError("which run? give its sweep file or its output, such as permsym status sweep.toml")
    sweep = read_sweep_file(sweeps[0], announce) if sweeps else None
    if outputs:
        return sweep, outputs[0].with_suffix("") if outputs[0].suffix == ".store" else outputs[0]
    assert sweep is not None
    return sweep, sweep.default_output
