"""``permsym trajectories``: steady states and evolutions from quantum trajectories, exact but for statistical errors."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from permsym.cli import sampled, words
from permsym.errors import InputError

if TYPE_CHECKING:
    from permsym.unravelling.result import TrajectoryEvolution, TrajectoryState

_OF_STATES = ("dwell", "checkpoint")


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
    parser.add_argument("--dwell", metavar="LABEL", help="dwell times and switching rates of a moment with two values, such as a or 'ad a'")
    parser.add_argument("--checkpoint", metavar="FILE", help="write a steady state here every 30 s, and go on from it, with the same bits")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    asked = source, parameters, model = words.load(options)
    words.check_output(options)
    settings = sampled.chosen(options)
    labels = words.asked_moments(options, model)
    more = {**sampled.threads(options), **{name: getattr(options, name) for name in _OF_STATES if getattr(options, name) is not None}}
    if options.times is not None and (wrong := [name for name in _OF_STATES if name in more]):
        raise InputError(f"--{wrong[0]} is for a steady state, but --times asks for an evolution; leave one of them out")
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
