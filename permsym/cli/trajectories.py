"""``permsym trajectories``: steady states and evolutions from quantum trajectories, exact but for statistical errors."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.cli import sampled, words
from permsym.errors import InputError
from permsym.text import table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from permsym.model import Model
    from permsym.moments.labels import MomentLabel
    from permsym.unravelling.result import TrajectoryEvolution


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "trajectories",
        description=(
            "Quantum trajectories: exact averages with 95 % intervals, for one ensemble of any size. Without --times of the steady state, "
            "from two unlike starts that must agree."
        ),
    )
    sampled.add(parser, 8, 1024)
    parser.add_argument(
        "--record",
        metavar="FILE",
        help="instead of averages: times and names of the jumps that detectors see along one trajectory from --initial, as FILE.csv",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.record is not None:
        return _record(options)
    return sampled.run(options, "trajectories", "quantum trajectories", _solvers)


def _solvers() -> tuple[sampled.Steady, sampled.Evolved]:
    from permsym.unravelling.trajectories import trajectories

    def evolved(model: Model, times: NDArray[np.float64], initial: str, labels: Sequence[MomentLabel], **words: Any) -> TrajectoryEvolution:
        return trajectories(model, labels, times=times, initial=initial, **words)

    return trajectories, evolved


# -- the record of one trajectory -----------------------------------------------------------------------------------------

_OF_AVERAGES = ("moments", "moment", "target", "trajectories", "times", "jobs", "dwell", "checkpoint", "output")


def _record(options: argparse.Namespace) -> int:
    """Write one trajectory's jumps to a file, and print how many there were."""
    from permsym.dataset.files import check_target

    if wrong := [name for name in _OF_AVERAGES if getattr(options, name) is not None]:
        raise InputError(f"--record writes the jumps of one trajectory, and no averages; leave --{wrong[0]} out")
    if options.duration is None:
        raise InputError("--record needs the length of the trajectory: give --duration 100, for instance")
    target = Path(options.record)
    check_target(target, (".csv",))
    source, parameters, model = words.load(options)
    words.say_defaults(source, parameters)
    from permsym.dataset.versions import versions
    from permsym.reading import number_or_text
    from permsym.unravelling.photons import photon_record
    from permsym.writing import written_aside

    seed = {} if options.seed is None else {"seed": number_or_text(options.seed)}
    record = photon_record(model, duration=number_or_text(options.duration), initial=options.initial, **seed)  # type: ignore[arg-type]
    with written_aside(target) as aside, aside.open("w", newline="") as file:
        file.write(f"# {json.dumps({'command': options.command_line, **versions()})}\n")  # by its mark a file of permsym is written again
        rows = csv.writer(file)
        rows.writerow(("time", "jump"))
        rows.writerows((repr(time), name) for time, name in zip(record.times.tolist(), record.jumps, strict=True))
    head = {"model": source.name, "parameters": model.parameters, "defaults": sorted(source.defaulted(parameters))}
    facts = {"initial": record.initial, "seed": record.seed, "duration": record.duration, "counts": record.counts}
    if options.json:
        print(json.dumps({**head, **facts, "versions": versions()}, indent=2))
    else:
        print(f"{source.name} from {record.initial!r}, one quantum trajectory of {record.duration:g}, seed {record.seed}\n")
        print(table([("jump", "counts"), *((name, f"{number:,}") for name, number in record.counts.items())]))
    return 0
