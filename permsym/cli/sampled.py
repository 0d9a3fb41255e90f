"""What commands share whose numbers are averages over trajectories: options, datasets, tables."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError

if TYPE_CHECKING:
    import xarray as xr

    from permsym.model import Model
    from permsym.models import ModelSource
    from permsym.moments.labels import MomentLabel
    from permsym.sampling.sampled import SampledEvolution, SampledState
    from permsym.semiclassical.twa.result import TwaEvolution, TwaState
    from permsym.unravelling.result import TrajectoryEvolution, TrajectoryState

_OF_STATES = ("dwell", "checkpoint")
"""Options of steady states alone."""

Asked = tuple["ModelSource", dict[str, float | str], "Model"]
Steady = Callable[..., "TwaState | TrajectoryState"]
"""Takes (model, labels), and keyword arguments."""
Evolved = Callable[..., "TwaEvolution | TrajectoryEvolution"]
"""Takes (model, times, initial, labels), and the same."""


def add(parser: argparse.ArgumentParser, few: int, many: int) -> None:
    """Options of a command that samples; ``few`` trajectories by default in a steady state, ``many`` in time."""
    words.add_model(parser)
    words.add_moments(parser)
    parser.add_argument("--target", metavar="E", help="half width of the 95 %% interval that every moment asked for is to reach")
    parser.add_argument("--duration", metavar="T", help="time of each trajectory of a steady state (default: as long as it takes)")
    parser.add_argument("--trajectories", metavar="K", help=f"how many (default {few}, with --times {many})")
    parser.add_argument("--times", metavar="T0:T1:STEPS", help="STEPS equal steps from T0 to T1; the initial state is at 0")
    words.add_initial(parser, None, "with --times; default: lowest states")
    parser.add_argument(
        "--seed", metavar="S", help="of the random numbers (default 0): one seed gives the same bits with any number of threads"
    )
    parser.add_argument("--jobs", metavar="N", help="threads (default: all cores)")
    parser.add_argument("--dwell", metavar="LABEL", help="dwell times and switching rates of a moment with two values, such as a or 'ad a'")
    parser.add_argument("--checkpoint", metavar="FILE", help="write a steady state here every 30 s, and go on from it, with the same bits")
    words.add_json(parser)
    words.add_output(parser)


def run(options: argparse.Namespace, approach: str, title: str, solvers: Callable[[], tuple[Steady, Evolved]], *names: str) -> int:
    """Run the command of an approach, whose solvers are loaded when all words are sound; ``names`` are options of its own."""
    asked = source, parameters, model = words.load(options)
    words.check_output(options)
    settings, more = _chosen(options, *names), _aside(options)
    labels = words.asked_moments(options, model)
    words.say_defaults(source, parameters)

    steady, evolved = solvers()
    keywords = {"progress": words.progress(options), **settings, **more}
    result: TwaState | TwaEvolution | TrajectoryState | TrajectoryEvolution
    if options.times is None:
        result = steady(model, labels, **keywords)
    else:
        result = evolved(model, words.times(options.times), options.initial or "", labels, **keywords)
    _save(result, approach, asked, labels, settings, options)
    return _report(result, title, asked, labels, options)


def _chosen(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Keyword arguments of the solvers that were typed, these and others of ``names``; what they may be is theirs to say."""
    from permsym.reading import number_or_text

    if options.times is None and options.initial is not None:
        raise InputError("--initial is for an evolution: give --times 0:10:100, for instance, or leave it out")
    for name in ("duration", *_OF_STATES):
        if options.times is not None and getattr(options, name) is not None:
            raise InputError(f"--{name} is for a steady state, but --times asks for an evolution; leave one of them out")
    all_names = ("target", "duration", "trajectories", "seed", *names)
    return {name: number_or_text(getattr(options, name)) for name in all_names if getattr(options, name) is not None}


def _aside(options: argparse.Namespace) -> dict[str, Any]:
    """Keyword arguments that were typed and change no number of a result: threads, dwell times, a checkpoint."""
    from permsym.reading import number_or_text
    from permsym.sites import as_count

    jobs = {} if options.jobs is None else {"jobs": as_count("jobs", number_or_text(options.jobs), 1)}
    return {**jobs, **{name: getattr(options, name) for name in _OF_STATES if getattr(options, name) is not None}}


def _report(
    result: TwaState | TwaEvolution | TrajectoryState | TrajectoryEvolution,
    title: str,
    asked: Asked,
    labels: Sequence[MomentLabel],
    options: argparse.Namespace,
) -> int:
    """Print a result, as JSON or as a table; returns the exit code."""
    from permsym.dataset.versions import versions

    source, parameters, _ = asked
    head = {"model": source.name, "parameters": result.model.parameters, "defaults": sorted(source.defaulted(parameters))}
    whole = {**head, "representation": title, **result.to_dict(), "versions": versions()}
    print(json.dumps(whole, indent=2) if options.json else _table(whole, [str(label) for label in labels] if options.moment else []))
    if not result.reliable:
        print("permsym: not reliable: " + "; ".join(whole["reasons"]), file=sys.stderr)
        return UNCERTIFIED_EXIT_CODE
    return 0


# -- datasets -------------------------------------------------------------------------------------------------------------


def _save(
    result: SampledState | SampledEvolution,
    approach: str,
    asked: Asked,
    labels: Sequence[MomentLabel],
    settings: dict[str, Any],
    options: argparse.Namespace,
) -> None:
    """Write the file that ``-o`` asks for."""
    if not options.output:
        return
    from permsym import dataset
    from permsym.sampling.sampled import SampledState

    if isinstance(result, SampledState):
        data = _state_dataset(result, approach, asked, labels, settings, options.command_line)
    else:
        data = _evolution_dataset(result, approach, asked, settings, options.command_line)
    dataset.save(data, options.output)


def _state_dataset(
    state: SampledState, approach: str, asked: Asked, labels: Sequence[MomentLabel], settings: dict[str, Any], command: str
) -> xr.Dataset:
    """The dataset of a steady state, as a sweep of one point."""
    from permsym.sweeps.definition import make
    from permsym.sweeps.run import assembled
    from permsym.sweeps.trajectories import sampled_point

    source, parameters, _ = asked
    names = [str(label) for label in labels]
    one = make(source, {}, fixed=parameters, methods=[approach], moments=names, options={approach: settings} if settings else None)
    return assembled(one, {((), approach): sampled_point(state, names)}, command)


def _evolution_dataset(evolution: SampledEvolution, approach: str, asked: Asked, settings: Mapping[str, Any], command: str) -> xr.Dataset:
    """The dataset of an evolution over ``time``."""
    from permsym.dataset.build import Cell, Point, build_dataset
    from permsym.dataset.status import Status

    source, parameters, model = asked
    sampling = evolution.sampling
    points: dict[Cell, Point] = {}
    for k in range(len(evolution.times)):
        points[(k,), approach] = Point(
            parameters=model.parameters,
            moments={label: complex(values[k]) for label, values in evolution.values.items()},
            errors={label: float(values[k]) for label, values in evolution.errors.items()},
            derived={name: float(values[k]) for name, values in evolution.derived.items()},
            derived_errors={name: float(values[k]) for name, values in evolution.derived_errors.items()},
            scalars={"time_total": sampling.seconds},
            status=Status.UNCERTIFIED if sampling.doubts else Status.OK,
            reason="; ".join(f"{doubt}: {text}" for doubt, text in sampling.doubts.items()),
        )
    definition = {
        "name": source.name,
        "fixed": parameters,
        "defaults": source.defaulted(parameters),
        "initial": evolution.initial,
        "options": {approach: dict(settings)},
        "first_point": model.to_dict(),
    }
    times = {"time": evolution.times.tolist()}
    return build_dataset(times, [approach], points, model=source.name, definition=definition, command=command)


# -- tables ---------------------------------------------------------------------------------------------------------------


def _table(report: Mapping[str, Any], asked: Sequence[str]) -> str:
    """The report as text."""
    from permsym.text import table

    title = report["representation"]
    foot = f"{'reliable' if report['reliable'] else 'NOT RELIABLE'}: {_effort(report)}"
    if "times" in report:
        columns = [*asked, *report["derived"]]
        rows: list[Sequence[str]] = [("time", *columns)]
        for k, t in enumerate(report["times"]):
            moments = [_value(report["moments"][label][k], report["errors"][label][k]) for label in asked]
            derived = [_value([values[k], 0.0], report["derived_errors"][name][k]) for name, values in report["derived"].items()]
            rows.append((f"{t:.6g}", *moments, *derived))
        return f"{report['model']} from {report['initial']!r}, {title}\n\n{table(rows)}\n\n{foot}"
    rows = [("moment", "value")]
    rows += [(label, _value(value, report["errors"][label])) for label, value in report["moments"].items()]
    derived = [f"{name} = {_value([value, 0.0], report['derived_errors'][name])}" for name, value in report["derived"].items()]
    times = f"burn-in {report['burn_in']:.3g}, duration {report['duration']:.4g}, autocorrelation time {report['autocorrelation_time']:.3g}"
    parts = [f"{report['model']}, {title}", table(rows), "\n".join(derived), *_dwell(report.get("dwell")), f"{foot}\n{times}"]
    return "\n\n".join(parts)


def _effort(report: Mapping[str, Any]) -> str:
    """How the trajectories were run."""
    said = f"{report['trajectories']:,} trajectories, seed {report['seed']}"
    if "step" in report:
        clipped = ", ".join(f"{name} {share:.1%}" for name, share in report["clipped"].items() if share) or "nothing"
        return f"{said}, steps of {report['step']:.3g}, noise clipped: {clipped}"
    return f"{said}, {report['jumps']:,} jumps, {report['products']:,} products"


def _dwell(dwell: Mapping[str, Any] | None) -> list[str]:
    """Dwell times and rates as text."""
    if dwell is None:
        return []
    up, down = dwell["switches"]
    head = f"switches of {dwell['label']} between {dwell['low']:.4g} and {dwell['high']:.4g}: {up} up, {down} down"
    names = ("low_time", "high_time", "up_rate", "down_rate", "rate_sum")
    return ["\n".join([head, *(f"{name} = {_value([dwell[name], 0.0], dwell['errors'][name])}" for name in names)])]


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
