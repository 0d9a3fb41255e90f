"""``permsym floquet``: the periodic state under a periodic modulation, exact or in a cumulant order, with Floquet multipliers."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError
from permsym.reading import number_or_text

if TYPE_CHECKING:
    from permsym.cumulants.in_time.floquet import CumulantFloquet
    from permsym.dataset.build import Point
    from permsym.dynamics.periodic.floquet import Floquet
    from permsym.model import Model


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "floquet", description="The periodic state of a model whose coefficients repeat themselves, and how fast others decay to it."
    )
    words.add_model(command)
    words.add_modulate(command)
    command.add_argument(
        "--period", required=True, metavar="T", help="after which every function repeats itself; an expression such as 2*pi/3"
    )
    command.add_argument("--times", metavar="T0:T1:STEPS", help="within the period (default: 64 equal steps)")
    command.add_argument("--multipliers", default="6", metavar="K", help="how many Floquet multipliers of the exact state (default 6)")
    command.add_argument("--order", metavar="M", help="of a cumulant expansion instead of the exact state; 1 is mean field")
    words.add_initial(command, None, "with --order: where the evolution to the periodic solution starts (default: lowest states)")
    words.add_moments(command)
    words.add_basis(command)
    words.add_tolerance(command, "absolute error aimed at")
    words.add_json(command)
    words.add_output(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    source, parameters, model = words.load(options)
    words.check_output(options)
    labels = words.asked_moments(options, model)
    asked: dict[str, Any] = {"modulate": words.modulate(options), "period": _period(options.period, model)}
    if not asked["modulate"]:
        raise InputError("what changes in time? add --modulate 'eta=0.5*cos(t)', for instance")
    if options.times is not None:
        asked["times"] = words.times(options.times)
    if options.tolerance is not None:
        asked["tolerance"] = words.tolerance(options)
    words.say_defaults(source, parameters)
    from permsym.dataset.versions import versions

    answer, point, rest, short = (
        _expanded(options, model, labels, asked) if options.order is not None else _exact(options, model, labels, asked)
    )
    if options.output:
        definition = {
            "name": source.name, "fixed": parameters, "defaults": source.defaulted(parameters), "initial": "periodic state",
            "modulate": asked["modulate"], "period": asked["period"], "first_point": model.to_dict(),
        }  # fmt: skip
        _save(options, answer, point, source.name, definition)
    report = {
        "model": source.name,
        "parameters": dict(point.parameters),
        "defaults": sorted(source.defaulted(parameters)),
        "modulate": asked["modulate"],
        "period": answer.period,
        **_over_time(point),
        **_multipliers(answer),
        **rest,
        "versions": versions(),
    }
    print(json.dumps(report, indent=2) if options.json else _table(report, [str(label) for label in labels] if options.moment else []))
    if short:
        print("permsym: " + "; ".join(short), file=sys.stderr)
        return UNCERTIFIED_EXIT_CODE
    return 0


def _period(text: str, model: Model) -> float:
    """The value of ``--period``: a number, or an expression in the model's parameters."""
    from permsym import expressions

    number = number_or_text(text)
    return float(number) if not isinstance(number, str) else expressions.evaluate(number, model.parameters)


def _exact(
    options: argparse.Namespace, model: Model, labels: Sequence[Any], asked: dict[str, Any]
) -> tuple[Floquet, Point, dict[str, Any], list[str]]:
    from permsym.dynamics.periodic.floquet import floquet
    from permsym.sweeps.evolutions import evolved_point

    if options.initial is not None:
        raise InputError("the exact periodic state is the same from every start; leave --initial out, or add --order")
    count = number_or_text(options.multipliers)
    answer = floquet(model, moments=labels, multipliers=count, basis=options.basis, progress=words.progress(options), **asked)  # type: ignore[arg-type]
    certificate = answer.certificate
    rest = {
        "errors": certificate.to_dict()["errors"],
        "certificate": {**certificate.to_dict(), "residual": answer.residual, "amplification": answer.amplification},
        "representation": answer.evolution.representation,
        "dimension": answer.evolution.dimension,
        "solver": dict(answer.solver),
        "timings": answer.evolution.timings,
    }
    short = [] if certificate.certified else ["not certified: " + "; ".join(certificate.reasons)]
    return answer, evolved_point(answer.evolution), rest, short


def _expanded(
    options: argparse.Namespace, model: Model, labels: Sequence[Any], asked: dict[str, Any]
) -> tuple[CumulantFloquet, Point, dict[str, Any], list[str]]:
    from permsym.cumulants import floquet
    from permsym.sweeps.evolutions import trajectory_point
    from permsym.text import finite

    order = number_or_text(options.order)
    answer = floquet(model, order=order, initial=options.initial or "", **asked)  # type: ignore[arg-type]
    kept = [label for label in labels if label.order <= answer.trajectory.order]
    short = [*([] if answer.certified else ["not certified: the periodic solution is not as accurate as was aimed at"])]
    short += [] if answer.stable else [f"unstable: the largest multiplier is {abs(answer.multipliers[0]):.6g}"]
    short += [f"unphysical: {words_}" for words_ in answer.unphysical]
    errors = {str(label): finite(answer.error(label)) for label in kept}
    rest = {
        "errors": errors,
        "order": answer.trajectory.order,
        "stable": answer.stable,
        "angles": list(answer.angles),
        "certificate": {
            "certified": answer.certified,
            "error_estimate": max((e for e in errors.values() if e is not None), default=0.0),
            "errors": errors,
            "residual": answer.residual,
            "tolerance": answer.tolerance,
            "reasons": short,
        },
        "dimension": len(answer.trajectory.equations),
    }
    return answer, trajectory_point(model, answer.trajectory, kept), rest, short


def _over_time(point: Point) -> dict[str, Any]:
    """Times, moments and derived quantities of a point's series."""
    from permsym.text import finite, pair

    series = point.series
    assert series is not None
    return {
        "times": list(series.times),
        "moments": {label: [pair(complex(value)) for value in values] for label, values in series.moments.items()},
        "derived": {name: list(map(finite, values.tolist())) for name, values in series.derived.items()},
        "derived_errors": {name: list(map(finite, values.tolist())) for name, values in series.derived_errors.items()},
    }


def _multipliers(answer: Floquet | CumulantFloquet) -> dict[str, Any]:
    from permsym.text import finite, pair

    return {
        "multipliers": [pair(value) for value in answer.multipliers.tolist()],
        "multiplier_errors": [finite(error) for error in answer.multiplier_errors.tolist()],
    }


def _save(options: argparse.Namespace, answer: Floquet | CumulantFloquet, point: Point, name: str, definition: Mapping[str, Any]) -> None:
    from permsym import dataset
    from permsym.dataset.build import build_dataset, over_time

    approach = "exact" if options.order is None else "mf" if point.reason.startswith("order 1") else f"c{options.order}"
    axes, points = over_time({}, answer.times.tolist(), {((), approach): point})
    data = build_dataset(axes, [approach], points, model=name, definition=definition, command=options.command_line)
    dataset.save(data.assign_attrs(period=answer.period, multipliers=json.dumps(_multipliers(answer))), options.output)


def _table(report: dict[str, Any], asked: Sequence[str]) -> str:
    """The report as text: over the period, then multipliers."""
    from permsym.text import table

    derived = report["derived"]
    shown = [label for label in asked if label in report["moments"]]
    rows: list[Sequence[str]] = [("time", *shown, *derived)]
    for k, t in enumerate(report["times"]):
        moments = (f"{re:.12f}{im:+.12f} i" for re, im in (report["moments"][label][k] for label in shown))
        rows.append((f"{t:.6g}", *moments, *("-" if values[k] is None else f"{values[k]:.12f}" for values in derived.values())))
    listed: list[Sequence[str]] = [("multiplier", "", "modulus", "error")]
    listed += [
        (f"{re:.12g}", f"{im:+.12g} i", f"{abs(complex(re, im)):.12g}", "unknown" if error is None else f"{error:.0e}")
        for (re, im), error in zip(report["multipliers"], report["multiplier_errors"], strict=True)
    ]
    certificate = report["certificate"]
    head = f"{report['model']}, period {report['period']:.12g}, {report['dimension']:,} unknowns"
    head += "".join(f"\n{name} = {rule}" for name, rule in report["modulate"].items())
    verdict = "certified" if certificate["certified"] else "NOT CERTIFIED"
    verdict += f": error_estimate {certificate['error_estimate']:.1e}, residual {certificate['residual']:.1e}"
    verdict += "" if report.get("stable", True) else "\nUNSTABLE"
    return f"{head}\n\n{table(rows)}\n\n{table(listed)}\n\n{verdict}"
