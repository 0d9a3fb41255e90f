"""``permsym twa``: steady states and evolutions in the truncated Wigner approximation."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from permsym.cli import sampled, words

if TYPE_CHECKING:
    from permsym.semiclassical.twa.result import TwaEvolution, TwaState


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "twa",
        description="Truncated Wigner: averages over stochastic trajectories, with 95 % intervals. Without --times of the steady state.",
    )
    sampled.add(parser, 64, 4096)
    parser.add_argument("--step", metavar="DT", help="length of a step (default: chosen, and halved while that matters)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    asked = source, parameters, model = words.load(options)
    words.check_output(options)
    settings = sampled.chosen(options, "step")
    labels, more = words.asked_moments(options, model), sampled.aside(options)
    words.say_defaults(source, parameters)
    from permsym.progress import on_stderr
    from permsym.semiclassical.twa import evolve, steady_state

    result: TwaState | TwaEvolution
    if options.times is None:
        result = steady_state(model, labels, progress=on_stderr(), **settings, **more)
    else:
        times = words.times(options.times)
        result = evolve(model, times, options.initial or "", labels, progress=on_stderr(), **settings, **more)
    sampled.save(result, "twa", asked, labels, settings, options)
    return sampled.report(result, "truncated Wigner", asked, labels, options)
