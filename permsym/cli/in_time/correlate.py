"""``permsym correlate``: two-time functions of a steady state, or from an initial state, certified."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.cli.in_time import expansion
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError
from permsym.reading import number_or_text

if TYPE_CHECKING:
    import xarray as xr

    from permsym.dynamics.two_time.result import Correlation
    from permsym.model import Model
    from permsym.models import ModelSource


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    correlate = commands.add_parser("correlate", description="Two-time functions <C(0) A(tau) B(0)> of the steady state.")
    words.add_model(correlate)
    which = correlate.add_mutually_exclusive_group(required=True)
    which.add_argument("--g1", action="store_true", help="first-order coherence of the centre, 1 at tau = 0")
    which.add_argument("--g2", action="store_true", help="second-order coherence of the centre")
    which.add_argument("--of", metavar="A", help="operator at tau: 'ad a', '+0', '-' (sum over satellites), '-1' (one of them), 'z@B'")
    correlate.add_argument("--right", metavar="B", help="operator at 0 on the right of A; a digit is the same satellite as in A")
    correlate.add_argument("--left", metavar="C", help="operator at 0 on the left of A; default: none")
    words.add_times(correlate, "delays tau")
    words.add_initial(correlate, None, "default: the steady state")
    correlate.add_argument("--from", dest="start", metavar="T", help="with --initial: the time of B and C (default 0)")
    words.add_basis(correlate)
    words.add_tolerance(correlate, "error of a value, relative to max(1, largest modulus), aimed at")
    expansion.add(correlate)
    words.add_json(correlate)
    words.add_output(correlate)
    correlate.set_defaults(run=run, parser=correlate)


def run(options: argparse.Namespace) -> int:
    """Carry it out."""
    if (options.of is None) != (options.right is None) or (options.left is not None and options.of is None):
        options.parser.error("--of and --right go together, --left with them; --g1 and --g2 take neither")
    if options.start is not None and options.initial is None:
        options.parser.error("--from is the time since an initial state; give --initial LABEL, too")
    source, parameters, model = words.load(options)
    words.check_output(options)
    words.say_defaults(source, parameters)
    if expansion.asked(options):
        return expansion.correlate(expansion.Expansion(options, source, parameters, model))
    correlation = _correlation(options, model)
    if options.output:
        from permsym import dataset

        dataset.save(_dataset(correlation, options, source, parameters, model), options.output)
    report = _report(correlation, options, source, parameters)
    print(json.dumps(report, indent=2) if options.json else _table(report, correlation))
    if not correlation.certificate.certified:
        print("permsym: not certified: " + "; ".join(correlation.certificate.reasons), file=sys.stderr)
        return UNCERTIFIED_EXIT_CODE
    return 0


def _correlation(options: argparse.Namespace, model: Model) -> Correlation:
    from permsym.dynamics.two_time import correlation as doors

    circumstances: dict[str, Any] = {
        "initial": options.initial,
        "start": _start(options.start),
        "tolerance": words.tolerance(options),
        "basis": options.basis,
        "progress": words.progress(options),
    }
    times = words.times(options.times)
    if options.of is None:
        return (doors.g1 if options.g1 else doors.g2)(model, times, **circumstances)
    return doors.correlation(model, options.of, options.right, times, left=options.left, **circumstances)


def _start(text: str | None) -> float:
    number = 0.0 if text is None else number_or_text(text)
    if isinstance(number, str):
        raise InputError(f"--from must be a time >= 0, but is {text!r}")
    return float(number)


def _report(
    correlation: Correlation, options: argparse.Namespace, source: ModelSource, parameters: dict[str, float | str]
) -> dict[str, Any]:
    """The JSON document."""
    from permsym.dataset.versions import versions
    from permsym.text import finite, pair

    limit = correlation.coherent
    return {
        "model": source.name,
        "parameters": correlation.model.parameters,
        "defaults": sorted(source.defaulted(parameters)),
        "function": correlation.name,
        "of": options.of,
        "right": options.right,
        "left": options.left,
        "initial": correlation.initial or None,
        "from": correlation.start,
        "representation": correlation.representation,
        "dimension": correlation.dimension,
        "times": correlation.times.tolist(),
        "values": [pair(complex(value)) for value in correlation.values],
        "errors": [finite(error) for error in correlation.errors.tolist()],
        "coherent": None if limit != limit else pair(limit),
        "note": correlation.note,
        "certificate": correlation.certificate.to_dict(),
        "plan": None if correlation.plan is None else correlation.plan.to_dict(),
        "solver": correlation.solver,
        "timings": correlation.timings,
        "versions": versions(),
    }


def _table(report: dict[str, Any], correlation: Correlation) -> str:
    """The same as text."""
    from permsym.text import table

    rows = [("tau", "real", "imaginary", "error")]
    for tau, (real, imaginary), error in zip(report["times"], report["values"], report["errors"], strict=True):
        rows.append((f"{tau:.6g}", f"{real:+z.12f}", f"{imaginary:+z.12f}", "not finite" if error is None else f"{error:.0e}"))
    since = f" from {report['initial']!r} at t = {report['from']:g}" if report["initial"] else ""
    head = f"{report['model']}, {report['function']}{since}, {report['representation']} representation, {report['dimension']:,} unknowns"
    limit = report["coherent"]
    late = "not known" if limit is None else f"{limit[0]:+z.12f} {limit[1]:+z.12f}i"
    certificate = report["certificate"]
    parts = ("error_estimate", "steps", "rounding", "cut", "state")
    lines = ", ".join(f"{name} {certificate[name]:.1e}" if certificate[name] is not None else f"{name} not finite" for name in parts)
    verdict = "certified" if certificate["certified"] else "NOT CERTIFIED"
    head += f"\n{correlation.note}" if correlation.note else ""
    return f"{head}\n\n{table(rows)}\n\nlimit of late times: {late}\n\n{verdict}: {lines}"


def _dataset(
    correlation: Correlation, options: argparse.Namespace, source: ModelSource, parameters: dict[str, float | str], model: Model
) -> xr.Dataset:
    """A dataset over the dimension ``delay``, the function as its one moment."""
    from permsym.dataset.build import Cell, Point, build_dataset
    from permsym.dataset.status import judged

    certificate = correlation.certificate
    status, reason = judged(certificate)
    scalars = {
        "error_estimate": certificate.error_estimate,
        "certified": int(certificate.certified),
        "dimension": correlation.dimension,
        "time_total": correlation.timings["total"],
    }
    points: dict[Cell, Point] = {}
    for k, (value, error) in enumerate(zip(correlation.values, correlation.errors, strict=True)):
        moments, errors = {correlation.name: complex(value)}, {correlation.name: float(error)}
        points[(k,), "exact"] = Point(correlation.model.parameters, moments, {}, errors, {}, scalars, status, reason)
    definition = {
        "name": source.name,
        "fixed": parameters,
        "defaults": source.defaulted(parameters),
        "of": options.of,
        "right": options.right,
        "left": options.left,
        "initial": correlation.initial or None,
        "start": correlation.start,
        "order": correlation.order,
        "first_point": model.to_dict(),
    }
    delays = {"delay": correlation.times.tolist()}
    return build_dataset(delays, ["exact"], points, model=source.name, definition=definition, command=options.command_line)
