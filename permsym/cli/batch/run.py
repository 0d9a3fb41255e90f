"""``permsym run``: a sweep file, point by point, durable and resumable."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError, TooLarge
from permsym.reading import number_or_text

if TYPE_CHECKING:
    from permsym.sweeps.cost import Cost
    from permsym.sweeps.definition import Sweep
    from permsym.sweeps.run import Executed, Executor, Work
    from permsym.sweeps.task import Result


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    run_ = commands.add_parser(
        "run",
        description="Compute the sweep in a TOML file.  Finished points are kept in OUTPUT.store; the same command resumes.",
    )
    run_.add_argument("words", nargs="*", metavar="SWEEP.toml", help="the sweep file")
    run_.add_argument("-o", "--output", metavar="FILE", help="FILE.nc, .csv or .parquet (default: the sweep's name, here)")
    add_workers(run_)
    run_.add_argument("--dry-run", action="store_true", help="print points, dimensions, memory and time; compute nothing")
    run_.add_argument("--fresh", action="store_true", help="forget what was computed before")
    run_.set_defaults(run=run)


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Options that say who computes."""
    parser.add_argument("--jobs", metavar="N", help="worker processes (default: all cores)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler such as tcp://127.0.0.1:8786, instead of --jobs")


def executor(options: argparse.Namespace) -> Executor:
    """The executor that the options ask for: worker processes or a Dask cluster."""
    from permsym import machine
    from permsym.sweeps.workers.pool import pooled

    if options.scheduler is not None:
        if options.jobs is not None:
            raise InputError("give --jobs for this machine or --scheduler for a cluster, not both")
        from permsym.sweeps.workers.cluster import on_cluster

        return partial(on_cluster, address=options.scheduler)
    jobs = machine.cores() if options.jobs is None else number_or_text(options.jobs)
    if not isinstance(jobs, int) or jobs < 1:
        raise InputError(f"--jobs must be a whole number >= 1, but is {options.jobs!r}")
    return partial(pooled, workers=jobs)


def run(options: argparse.Namespace) -> int:
    from permsym import dataset
    from permsym.sweeps.file.sweep_file import read_sweep_file
    from permsym.sweeps.run import assembled, prepare
    from permsym.sweeps.store.store import opened

    if len(options.words) != 1:
        raise InputError("which sweep? give one sweep file, such as permsym run sweep.toml")
    path = Path(options.words[0])
    work_on = executor(options)
    file = read_sweep_file(path, announce)
    output = dataset.check(options.output or file.default_output)
    store_path = store_of(output)
    if options.dry_run:
        return dry_run(options, file.sweep, output, file.check)
    if options.fresh or not store_path.exists():
        file.check()  # before a store is made
    with opened(store_path, options.fresh) as store:
        work = prepare(file.sweep, store, file.check)
        outcome = _computed(path.stem, work, work_on, store)
        mark = file.sweep.fingerprint
        complete = mark is not None and not outcome.computed and store.has_written(mark, output)
        if not complete:
            dataset.save(assembled(file.sweep, outcome.points, options.command_line), output)
            if mark is not None:
                store.wrote(mark, output)
    return _summary(file.sweep, outcome, f"{output} is complete" if complete else f"wrote {output}")


def store_of(output: Path) -> Path:
    """Where the finished points of an output are."""
    return output.with_name(output.name + ".store")


def announce(function: str) -> None:
    """Name a user's function before its module is imported."""
    print(f"permsym: the model is the function {function}, whose module runs now", file=sys.stderr, flush=True)


def _computed(name: str, work: Work, work_on: Executor, store: Any) -> Executed:
    """Compute what is missing, under a bar; after an interruption, say how many points are safe."""
    from permsym.progress import Bar
    from permsym.sweeps.run import execute

    if work.recalled:
        print(f"permsym: {len(work.recalled)} of {len(work.sweep)} points are in the store; {len(work.jobs)} to do", file=sys.stderr)
    bar = Bar(name, len(work.jobs), sum(cost.seconds for _, cost in work.jobs))

    def count(_: object, cost: Cost, result: Result) -> None:
        bar.advance(cost.seconds, not result.point.status.has_values)

    try:
        with bar:
            return execute(work, work_on, store, count)
    except KeyboardInterrupt:
        results = store.results()  # the last one may be in it although nobody was told
        safe = len(work.recalled) + sum(task.key in results and results[task.key].lasting for task, _ in work.jobs)
        print(f"permsym: {safe} of {len(work.sweep)} points are in the store; the same command goes on from there", file=sys.stderr)
        raise


def _summary(sweep: Sweep, outcome: Executed, written: str) -> int:
    """Print what was done; returns the exit code, which follows from the points' statuses."""
    from permsym.dataset.status import Status, word
    from permsym.sweeps.tally import grouped, shortfalls

    counts = Counter(word(point.status, method) for (_, method), point in outcome.points.items())
    order = ["certified", "approximation", *map(str, Status)]
    spelled = ", ".join(f"{counts[name]} {name}" for name in order if name in counts)
    print(f"{len(outcome.points)} points: {spelled} ({outcome.recalled} from the store, {outcome.computed} computed)")
    print(written)
    short = shortfalls(sweep, outcome.points)
    if not short:
        return 0
    print(f"permsym: {len(short)} points have no certified value:", *grouped(short), sep="\n", file=sys.stderr)
    refused = all(point.status is Status.REFUSED for point in outcome.points.values())
    return TooLarge.exit_code if refused else UNCERTIFIED_EXIT_CODE


def dry_run(options: argparse.Namespace, sweep: Sweep, output: Path | None, check: Callable[[], None] = lambda: None) -> int:
    """Print what is left to compute of a sweep, beside the store of its output where there is one; computes nothing."""
    from permsym import machine
    from permsym.sweeps.estimate import describe
    from permsym.sweeps.run import prepare
    from permsym.sweeps.store.store import opened

    jobs = machine.cores() if options.jobs is None else int(options.jobs)
    if output is not None and store_of(output).exists() and not options.fresh:
        with opened(store_of(output)) as store:
            work = prepare(sweep, store, check)
    else:
        check()
        work = prepare(sweep)
    print(describe(work, jobs, Path("-") if output is None else output))
    return 0
