"""``permsym validity``: where each approximation is within a tolerance of the exact value."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.cli.batch.run import add_workers, dry_run, executor, store_of
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError
from permsym.reading import number_or_text

if TYPE_CHECKING:
    from permsym.sweeps.run import Executor
    from permsym.sweeps.task import Job, Result, Task
    from permsym.validity.errors import Scale
    from permsym.validity.regions import ValidityMap
    from permsym.validity.run import Request


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "validity",
        description=(
            "A map over one or two parameters of which approximation is within a tolerance of the exact value.  "
            "Finished points are kept in OUTPUT.store; the same command resumes."
        ),
    )
    words.add_model(parser)
    parser.add_argument(
        "--over", action="append", default=[], metavar="NAME=A:B[:log]", help="an axis, such as g=0.05:3:log; give one or two"
    )
    parser.add_argument("--quantity", action="append", metavar="Q", help="a moment or a derived quantity; of several the worst counts")
    add_judgement(parser)
    parser.add_argument("--methods", default="mf,c2,c3,c4,c5", metavar="LIST", help="mf, ln, c2 ... c8, twa, trajectories, bounds")
    parser.add_argument(
        "--reference", default="exact", metavar="exact|bounds", help="bounds: what lies outside proved intervals is excluded, at any N"
    )
    parser.add_argument("--points", metavar="P", help="samples of an axis: 7, 13 or 25 (default: 13, and 25 where the map still changes)")
    parser.add_argument("--small", action="store_true", help="a picture of the regions alone")
    parser.add_argument("--target", metavar="E", help="half width of the statistical intervals of twa and trajectories")
    parser.add_argument("--seed", metavar="S", help="seed of twa and trajectories")
    add_workers(parser)
    parser.add_argument("--dry-run", action="store_true", help="print points, dimensions, memory and time; compute nothing")
    parser.add_argument("--fresh", action="store_true", help="forget what was computed before")
    parser.add_argument(
        "-o", "--output", action="append", default=[], metavar="FILE", help="FILE.nc, .html, .png, .pdf or .svg; several share one store"
    )
    words.add_json(parser)
    parser.set_defaults(run=run)


def add_judgement(parser: argparse.ArgumentParser) -> None:
    """Options that say what counts as within."""
    parser.add_argument("--within", metavar="W", help="largest error that counts as within, relative to the exact value (default 0.01)")
    scale = parser.add_mutually_exclusive_group()
    scale.add_argument("--absolute", action="store_true", help="errors are absolute")
    scale.add_argument("--scale", metavar="X", help="errors are relative to X")


def judgement(options: argparse.Namespace, default: float) -> tuple[float, Scale]:
    """Tolerance and scale that the options ask for."""
    from permsym.validity.errors import Scale

    within = default if options.within is None else words.frequency(options.within, "--within")
    size = 1.0 if options.absolute else None if options.scale is None else words.frequency(options.scale, "--scale")
    return within, Scale(size)


def run(options: argparse.Namespace) -> int:
    from permsym.validity.report import check, write
    from permsym.validity.run import WITHIN

    asked = _request(options)
    within, scale = judgement(options, WITHIN)
    points = None if options.points is None else number_or_text(options.points)
    asked.levels(points)  # type: ignore[arg-type]
    outputs = [check(Path(name)) for name in options.output]
    work_on = executor(options)
    if options.dry_run:
        return dry_run(options, asked.sweep_at(asked.levels(points)[-1]), outputs[0] if outputs else None)  # type: ignore[arg-type]
    from permsym.validity.run import run as computed

    def drawn(judged: ValidityMap) -> None:
        for path in outputs:
            write(judged, path, options.small)
        if not options.json:
            changed = "" if judged.changed != judged.changed else f"; {100 * judged.changed:.2g} % of the map changed"
            print(f"permsym: {' x '.join(str(len(known)) for known in judged.errors.samples)} samples{changed}", file=sys.stderr)

    with ExitStack() as stack:
        judged = computed(
            asked,
            stack.enter_context(_store(options, outputs, stack)),
            partial(_watched, work_on),
            within=within,
            scale=scale,
            points=points,  # type: ignore[arg-type]
            command=options.command_line,
            drawn=drawn,
        )
    return _said(options, judged, outputs)


def _said(options: argparse.Namespace, judged: ValidityMap, outputs: list[Path]) -> int:
    from permsym.validity.findings import findings
    from permsym.validity.report import to_dict

    if options.json:
        print(json.dumps(to_dict(judged), indent=2))
    else:
        print("\n".join(findings(judged)))
        if outputs:
            print("wrote " + " and ".join(map(str, outputs)))
    return UNCERTIFIED_EXIT_CODE if judged.errors.holes.any() else 0


def _request(options: argparse.Namespace) -> Request:
    from permsym.models import lookup, names
    from permsym.validity.axes import read_axis
    from permsym.validity.run import request

    name, parameters = words.model_words(options)
    if name is None:
        raise InputError(f"which model? give one of {', '.join(names())}, a TOML file or package.module:function")
    if not options.over:
        raise InputError("over which parameters? give one or two axes, such as --over N=2:1000:log --over g=0.05:3:log")
    methods = [word.strip() for word in options.methods.split(",") if word.strip()]
    sampling: dict[str, Any] = {}
    if options.target is not None:
        sampling["target"] = words.frequency(options.target, "--target")
    if options.seed is not None:
        sampling["seed"] = number_or_text(options.seed)
    sampled = [method for method in ("twa", "trajectories") if method in methods]
    if sampling and not sampled:
        raise InputError("--target and --seed are for twa and trajectories; add one of them to --methods, or leave these out")
    axes = [read_axis(text) for text in options.over]
    return request(lookup(name), axes, options.quantity, methods, dict.fromkeys(sampled, sampling), parameters, options.reference)


def _store(options: argparse.Namespace, outputs: list[Path], stack: ExitStack) -> Any:
    """The store beside the first output; without one, a store for this run alone."""
    from permsym.sweeps.store.store import opened

    if outputs:
        return opened(store_of(outputs[0]), options.fresh)
    return opened(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "map.store")


def _watched(work_on: Executor, jobs: Sequence[Job]) -> Iterator[tuple[Task, Result]]:
    """The jobs of one level, under a bar."""
    from permsym.progress import Bar

    seconds = {task.cell: cost.seconds for task, cost in jobs}
    with Bar("validity", len(jobs), sum(seconds.values())) as bar:
        for task, result in work_on(jobs):
            bar.advance(seconds[task.cell], not result.point.status.has_values)
            yield task, result
