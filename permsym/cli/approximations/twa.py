"""``permsym twa``: steady states and evolutions in the truncated Wigner approximation."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError

if TYPE_CHECKING:
    import xarray as xr

    from permsym.model import Model
    from permsym.models import ModelSource
    from permsym.moments.labels import MomentLabel
    from permsym.semiclassical.twa.result import TwaEvolution, TwaState


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "twa",
        description="Truncated Wigner: averages over stochastic trajectories, with 95 % intervals. Without --times of the steady state.",
    )
    words.add_model(parser)
    words.add_moments(parser)
    parser.add_argument("--target", metavar="E", help="half width of the 95 %% interval that every moment asked for is to reach")
    parser.add_argument("--duration", metavar="T", help="time of each trajectory of a steady state (default: as long as it takes)")
    parser.add_argument("--trajectories", metavar="K", help="how many (default 64, with --times 4096)")
    parser.add_argument("--times", metavar="T0:T1:STEPS", help="STEPS equal steps from T0 to T1; the initial state is at 0")
    words.add_initial(parser, None, "with --times; default: lowest states")
    parser.add_argument(
        "--seed", metavar="S", help="of the random numbers (default 0): one seed gives the same bits with any number of threads"
    )
    parser.add_argument("--jobs", metavar="N", help="threads (default: all cores)")
    parser.add_argument("--step", metavar="DT", help="length of a step (default: chosen, and halved while that matters)")
    words.add_json(parser)
    words.add_output(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    source, parameters, model = words.load(options)
    words.check_output(options)
    chosen = _chosen(options)
    labels = words.asked_moments(options, model)
    words.say_defaults(source, parameters)
    with _threads(options):
        result, data = _results(options, (source, parameters, model), labels, chosen)
    if options.output:
        from permsym import dataset

        dataset.save(data, options.output)
    from permsym.dataset.versions import versions

    head = {"model": source.name, "parameters": result.model.parameters, "defaults": sorted(source.defaulted(parameters))}
    report = {**head, "representation": "truncated Wigner", **result.to_dict(), "versions": versions()}
    print(json.dumps(report, indent=2) if options.json else _table(report, [str(label) for label in labels] if options.moment else []))
    if not result.reliable:
        print("permsym: not reliable: " + "; ".join(report["reasons"]), file=sys.stderr)
        return UNCERTIFIED_EXIT_CODE
    return 0


def _results(
    options: argparse.Namespace,
    asked: tuple[ModelSource, dict[str, float | str], Model],
    labels: Sequence[MomentLabel],
    chosen: dict[str, Any],
) -> tuple[TwaState | TwaEvolution, Any]:
    """The result and, where a file is to be written, its dataset."""
    from permsym.progress import on_stderr
    from permsym.semiclassical.twa import evolve, steady_state

    source, parameters, model = asked
    if options.times is not None:
        evolution = evolve(model, words.times(options.times), options.initial or "", labels, progress=on_stderr(), **chosen)
        return evolution, _evolved(evolution, asked, chosen, options.command_line) if options.output else None
    state = steady_state(model, labels, progress=on_stderr(), **chosen)
    if not options.output:
        return state, None
    from permsym.sweeps.definition import make
    from permsym.sweeps.run import assembled
    from permsym.sweeps.trajectories import sampled_point

    names = [str(label) for label in labels]
    one = make(source, {}, fixed=parameters, methods=["twa"], moments=names, options={"twa": chosen} if chosen else None)
    return state, assembled(one, {((), "twa"): sampled_point(state, names)}, options.command_line)


def _chosen(options: argparse.Namespace) -> dict[str, Any]:
    """Keyword arguments of the solvers that were typed; what they may be is theirs to say."""
    from permsym.reading import number_or_text

    if options.times is None and options.initial is not None:
        raise InputError("--initial is for an evolution: give --times 0:10:100, for instance, or leave it out")
    if options.times is not None and options.duration is not None:
        raise InputError("--duration is for a steady state, but --times asks for an evolution; give one of them")
    names = ("target", "duration", "trajectories", "seed", "step")
    return {name: number_or_text(getattr(options, name)) for name in names if getattr(options, name) is not None}


def _threads(options: argparse.Namespace) -> Any:
    """A block with so many threads as ``--jobs`` says."""
    if options.jobs is None:
        return contextlib.nullcontext()
    from permsym.reading import number_or_text
    from permsym.sites import as_count

    return _limited(as_count("jobs", number_or_text(options.jobs), 1))


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


def _evolved(
    evolution: TwaEvolution, asked: tuple[ModelSource, dict[str, float | str], Model], chosen: Mapping[str, Any], command: str
) -> xr.Dataset:
    """The dataset of an evolution over ``time``."""
    from permsym.dataset.build import Cell, Point, build_dataset
    from permsym.dataset.status import Status

    source, parameters, model = asked
    status = Status.OK if evolution.reliable else Status.UNCERTIFIED
    reason = "; ".join(f"{doubt}: {text}" for doubt, text in evolution.sampling.doubts.items())
    points: dict[Cell, Point] = {}
    for k in range(len(evolution.times)):
        points[(k,), "twa"] = Point(
            parameters=model.parameters,
            moments={label: complex(values[k]) for label, values in evolution.values.items()},
            errors={label: float(values[k]) for label, values in evolution.errors.items()},
            derived={name: float(values[k]) for name, values in evolution.derived.items()},
            derived_errors={name: float(values[k]) for name, values in evolution.derived_errors.items()},
            scalars={"time_total": evolution.sampling.seconds},
            status=status,
            reason=reason,
        )
    definition = {
        "name": source.name,
        "fixed": parameters,
        "defaults": source.defaulted(parameters),
        "initial": evolution.initial,
        "options": {"twa": dict(chosen)},
        "first_point": model.to_dict(),
    }
    times = {"time": evolution.times.tolist()}
    return build_dataset(times, ["twa"], points, model=source.name, definition=definition, command=command)


# -- tables ---------------------------------------------------------------------------------------------------------------


def _table(report: Mapping[str, Any], asked: Sequence[str]) -> str:
    """The report as text."""
    from permsym.text import table

    verdict = "reliable" if report["reliable"] else "NOT RELIABLE"
    clipped = ", ".join(f"{name} {share:.1%}" for name, share in report["clipped"].items() if share) or "nothing"
    how = f"{report['trajectories']:,} trajectories, seed {report['seed']}, steps of {report['step']:.3g}"
    foot = f"{verdict}: {how}, noise clipped: {clipped}"
    if "times" in report:
        columns = [*asked, *report["derived"]]
        rows: list[Sequence[str]] = [("time", *columns)]
        for k, t in enumerate(report["times"]):
            moments = [_value(report["moments"][label][k], report["errors"][label][k]) for label in asked]
            derived = [_value([values[k], 0.0], report["derived_errors"][name][k]) for name, values in report["derived"].items()]
            rows.append((f"{t:.6g}", *moments, *derived))
        return f"{report['model']} from {report['initial']!r}, truncated Wigner\n\n{table(rows)}\n\n{foot}"
    rows = [("moment", "value")]
    rows += [(label, _value(value, report["errors"][label])) for label, value in report["moments"].items()]
    derived = [f"{name} = {_value([value, 0.0], report['derived_errors'][name])}" for name, value in report["derived"].items()]
    times = f"burn-in {report['burn_in']:.3g}, duration {report['duration']:.4g}, autocorrelation time {report['autocorrelation_time']:.3g}"
    return "\n\n".join([f"{report['model']}, truncated Wigner", table(rows), "\n".join(derived), f"{foot}\n{times}"])


def _value(value: Sequence[float | None], error: float | None) -> str:
    """A value with the half width of its interval, to two digits of that."""
    real, imaginary = value
    if real is None or error is None or imaginary is None:
        return "-"
    if error == 0:
        return f"{real:+.6g}"
    digits = max(1 - math.floor(math.log10(error)), 0)
    shown = f"{real:+.{digits}f}" if imaginary == 0 else f"{real:+.{digits}f} {imaginary:+.{digits}f}i"
    return f"{shown} +- {error:.2g}"
