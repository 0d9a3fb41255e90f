"""``permsym rerun``: compute a file again from its own provenance."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.cli.batch.run import add_workers, executor
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError

if TYPE_CHECKING:
    import xarray as xr

    from permsym.sweeps.cost import Cost
    from permsym.sweeps.rerun import Repeated
    from permsym.sweeps.run import Executor
    from permsym.sweeps.task import Result


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    rerun = commands.add_parser(
        "rerun",
        description="Compute a file again from its own provenance and report the largest difference.",
    )
    rerun.add_argument(
        "words",
        nargs="*",
        metavar="FILE.nc",
        help="a file that permsym wrote (of a sweep, a solution, an evolution or a figure), or a reference dataset such as p1-fig3b",
    )
    add_workers(rerun)
    rerun.add_argument(
        "--allow-function", action="store_true", help="import and run the function that the file names, where its model is one of a user's"
    )
    rerun.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from permsym.dataset import open_dataset, open_reference, reference_names
    from permsym.sweeps.rerun import of_command

    if len(options.words) != 1:
        raise InputError("which file? give one file that permsym wrote, such as permsym rerun sweep.nc")
    name = options.words[0]
    data = open_reference(name) if name in reference_names() and not Path(name).exists() else open_dataset(name)
    work_on = executor(options)
    if "figure" in data.attrs:
        if options.scheduler is not None:
            raise InputError(f"{name} is a figure's, which is computed again on one core of this machine; leave out --scheduler")
        points, repeated = _figure(data, options)
    elif (definition := of_command(data)) is not None:
        points, repeated = _evolution(data, definition, options)
    else:
        points, repeated = _sweep(data, Path(name).stem, work_on, options)
    for package, (then, now) in repeated.other.items():
        print(f"permsym: {package} was {then} when the file was made and is {now} now", file=sys.stderr)
    if repeated.equal:
        print(f"{points} points computed again: largest difference 0 (equal to the bit)")
    elif repeated.largest == 0:
        print(f"{points} points computed again: largest difference 0 (zeros of another sign, as in {repeated.variable})")
    else:
        where = " ".join(f"{key}={value}" for key, value in repeated.at.items())
        print(f"{points} points computed again: largest difference {repeated.largest:.1e} ({repeated.variable} at {where})")
    if repeated.states:
        print(f"permsym: {repeated.states} points have another status than in the file", file=sys.stderr)
    if repeated.beyond:
        print(f"permsym: {repeated.beyond} moments differ by more than their error estimates", file=sys.stderr)
    return UNCERTIFIED_EXIT_CODE if repeated.beyond or repeated.states else 0


def _say(function: str) -> None:
    print(f"permsym: the file's model is the function {function}, which runs now", file=sys.stderr, flush=True)


def _sweep(data: xr.Dataset, name: str, work_on: Executor, options: argparse.Namespace) -> tuple[int, Repeated]:
    from permsym.progress import Bar
    from permsym.sweeps.rerun import rerun, sweep_of

    sweep = sweep_of(data, _say if options.allow_function else None)
    with Bar(name, len(sweep), stream=words.bars(options)) as bar:

        def count(_: object, cost: Cost, result: Result) -> None:
            bar.advance(failed=not result.point.status.has_values)

        return len(sweep), rerun(data, work_on, count, sweep)[1]


def _evolution(data: xr.Dataset, definition: Mapping[str, Any], options: argparse.Namespace) -> tuple[int, Repeated]:
    """One evolution, in this process: its command says all."""
    from permsym.cli.in_time.evolve import again
    from permsym.sweeps.rerun import compared

    allowed = _say if options.allow_function else None
    return data.sizes["time"], compared(data, again(data, definition, allowed, words.progress(options)))


def _figure(data: xr.Dataset, options: argparse.Namespace) -> tuple[int, Repeated]:
    """A figure's own function computes it again, on one core: a figure is more than a sweep."""
    from permsym.figures import redrawn
    from permsym.sweeps.rerun import compared

    return data["status"].size, compared(data, redrawn(data, words.counter(options, str(data.attrs["figure"]))))
