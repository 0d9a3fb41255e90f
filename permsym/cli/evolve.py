"""``permsym evolve``: the exact time evolution of a model, certified."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from permsym.cli import quantities, words
from permsym.cli.counting import counted_until, declare, shortfalls
from permsym.errors import UNCERTIFIED_EXIT_CODE

if TYPE_CHECKING:
    import xarray as xr

    from permsym.dynamics.counting.until import CountedNumber
    from permsym.dynamics.evolution import Evolution


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    evolve = commands.add_parser("evolve", description="Exact time evolution of a model.")
    words.add_model(evolve)
    words.add_times(evolve, "the initial state is at 0")
    words.add_initial(evolve, "", "default: lowest states")
    words.add_modulate(evolve)
    words.add_moments(evolve)
    words.add_basis(evolve)
    words.add_tolerance(evolve, "absolute error aimed at")
    declare(evolve, "mean and counting Fano factor of how often this jump has happened until then")
    quantities.add(evolve)
    words.add_json(evolve)
    words.add_output(evolve)
    evolve.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    source, parameters, model = words.load(options)
    words.check_output(options)
    quantities.check(options, model, source.function)
    for name in options.full_counting:
        model.jump(name)  # refused before the work
    from permsym.cli.report import evolve_report, evolve_table
    from permsym.dynamics.evolve import evolve
    from permsym.progress import on_stderr

    labels = words.asked_moments(options, model)
    words.say_defaults(source, parameters)
    evolution = evolve(
        model,
        words.times(options.times),
        initial=options.initial,
        moments=list(dict.fromkeys([*labels, *quantities.moments(options, model)])),
        tolerance=words.tolerance(options),
        basis=options.basis,
        keep="none",
        modulate=words.modulate(options),
        progress=on_stderr(),
    )
    countings = counted_until(evolution, options)
    answers = quantities.asked(options, evolution, source.function)
    if options.output:
        from permsym import dataset

        definition = {
            "name": source.name,
            "fixed": parameters,
            "defaults": source.defaulted(parameters),
            "initial": str(evolution.initial),
            "first_point": model.to_dict(),
            **({"modulate": dict(evolution.modulation)} if evolution.modulation else {}),
        }
        made = _dataset(evolution, countings.values(), source.name, definition, options.command_line, answers)
        dataset.save(made, options.output)
    report = evolve_report(evolution, source, parameters) | answers.keys()
    if countings:
        report["counting"] = {name: counting.to_dict() for name, counting in countings.items()}
    asked = list(map(str, labels)) if options.moment else []
    print(json.dumps(report, indent=2) if options.json else evolve_table(report, asked))
    lacking = [*evolution.certificate.reasons, *answers.reasons, *shortfalls(countings)]
    if lacking:
        print("permsym: not certified: " + "; ".join(lacking), file=sys.stderr)
        return UNCERTIFIED_EXIT_CODE
    return 0


def _dataset(
    evolution: Evolution,
    countings: Iterable[CountedNumber],
    name: str,
    definition: Mapping[str, object],
    command: str,
    answers: quantities.Answers,
) -> xr.Dataset:
    from permsym.dataset.build import Cell, Point, build_dataset
    from permsym.dataset.status import judged
    from permsym.information.evolving import FisherSeries
    from permsym.states.squeezing import SqueezingSeries
    from permsym.sweeps.quantities import add_fisher, add_squeezing

    certificate, derived, derived_errors = evolution.certificate, evolution.derived, evolution.derived_errors
    errors = {label: certificate.errors[label] for label in evolution.moments}
    scalars = {
        "error_estimate": certificate.error_estimate,
        "min_population": certificate.min_population,
        "certified": int(certificate.certified),
        "dimension": evolution.dimension,
        "time_total": evolution.timings["total"],
    }
    status, reason = judged(certificate)
    informed = [series for series in answers.fisher.values() if isinstance(series, FisherSeries)]
    points: dict[Cell, Point] = {}
    series_of = {each: series for each, series in answers.squeezing.items() if isinstance(series, SqueezingSeries)}
    for k in range(len(evolution.times)):
        moments = {label: complex(values[k]) for label, values in evolution.moments.items()}
        values_of = {label: float(values[k]) for label, values in derived.items()}
        uncertain = {label: float(values[k]) for label, values in derived_errors.items()}
        for counting in countings:
            for kind in ("current", "mean", "fano"):
                values_of[f"counting_{kind}@{counting.jump}"] = float(getattr(counting, kind)[k])
                uncertain[f"counting_{kind}@{counting.jump}"] = float(counting.errors[kind][k])
        points[(k,), "exact"] = Point(
            evolution.model.parameters, moments, {}, errors, values_of, scalars, status, reason, derived_errors=uncertain
        )
        add_squeezing(points[(k,), "exact"], {each: series.rows[k] for each, series in series_of.items()})
        for series in informed:
            add_fisher(points[(k,), "exact"], series.rows[k])
    return build_dataset({"time": evolution.times.tolist()}, ["exact"], points, model=name, definition=definition, command=command)
