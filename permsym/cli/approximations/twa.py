"""``permsym twa``: steady states and evolutions in the truncated Wigner approximation."""

from __future__ import annotations

import argparse

from permsym.cli import sampled


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
    return sampled.run(options, "twa", "truncated Wigner", _solvers, "step")


def _solvers() -> tuple[sampled.Steady, sampled.Evolved]:
    from permsym.semiclassical.twa import evolve, steady_state

    return steady_state, evolve
