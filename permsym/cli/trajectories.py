"""``permsym trajectories``: steady states and evolutions from quantum trajectories, exact but for statistical errors."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from permsym.cli import sampled, words

if TYPE_CHECKING:
    from permsym.unravelling.result import TrajectoryEvolution, TrajectoryState


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
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    asked = source, parameters, model = words.load(options)
    words.check_output(options)
    settings = sampled.chosen(options)
    labels = words.asked_moments(options, model)
    more = sampled.aside(options)
    words.say_defaults(source, parameters)
    from permsym.progress import on_stderr
    from permsym.unravelling.trajectories import trajectories

    result: TrajectoryState | TrajectoryEvolution
    if options.times is None:
        result = trajectories(model, labels, progress=on_stderr(), **settings, **more)
    else:
        times = words.times(options.times)
        result = trajectories(model, labels, times=times, initial=options.initial, progress=on_stderr(), **settings, **more)
    sampled.save(result, "trajectories", asked, labels, settings, options)
    return sampled.report(result, "quantum trajectories", asked, labels, options)
