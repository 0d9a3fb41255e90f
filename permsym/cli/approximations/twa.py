"""``permsym twa``: steady states and evolutions in the truncated Wigner approximation."""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING, Any

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
    labels = words.asked_moments(options, model)
    words.say_defaults(source, parameters)
    from permsym.progress import on_stderr
    from permsym.semiclassical.twa import evolve, steady_state

    result: TwaState | TwaEvolution
    with _threads(sampled.threads(options).get("jobs")):
        if options.times is None:
            result = steady_state(model, labels, progress=on_stderr(), **settings)
        else:
            result = evolve(model, words.times(options.times), options.initial or "", labels, progress=on_stderr(), **settings)
    sampled.save(result, "twa", asked, labels, settings, options)
    return sampled.report(result, "truncated Wigner", asked, labels, options)


def _threads(jobs: int | None) -> Any:
    """A block with so many threads, of all where it is None."""
    return contextlib.nullcontext() if jobs is None else _limited(jobs)


def _limited(jobs: int) -> Any:
    import numba

    @contextlib.contextmanager
    def limited() -> Any:
        before = numba.get_num_threads()
        numba.set_num_threads(min(jobs, before))
        try:
            yield
        finally:
            numba.set_num_threads(before)

    return limited()
