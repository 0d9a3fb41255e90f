"""``permsym evolve``: the exact time evolution of a model, certified."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from permsym.cli import counting, quantities, words
from permsym.errors import UNCERTIFIED_EXIT_CODE

if TYPE_CHECKING:
    import xarray as xr

    from permsym.dynamics.counting.until import CountedNumber
    from permsym.dynamics.evolved.evolution import Evolution


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
    counting.declare(evolve, "mean and counting Fano factor of how often this jump has happened until then")
    quantities.add(evolve)
    words.add_json(evolve)
    words.add_output(evolve)
    evolve.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    source, parameters, model = words.load(options)
    words.check_output(options)
    quantities.check(options, model, source.function)
    counting.check(options, model)
    from permsym.cli.report import evolve_report, evolve_table
    from permsym.dynamics.evolve import evolve
    from permsym.progress import on_stderr

    labels = words.asked_moments(options, model)
    words.say_defaults(source, parameters)
    evolution = evolve(
        model,
        words.times(options.times),
        initial=options.initial,
        moments=list(dict.fromkeys([*labels, *quantities.wanted(options).labels(model)])),
        tolerance=words.tolerance(options),
        basis=options.basis,
        keep="all" if options.rotation_fisher else "none",
        modulate=words.modulate(options),
        progress=on_stderr(),
    )
    countings = counting.counted_until(evolution, options)
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
        report["counting"] = {name: one.to_dict() for name, one in countings.items()}
    asked = list(map(str, labels)) if options.moment else []
    print(json.dumps(report, indent=2) if options.json else evolve_table(report, asked))
    lacking = [*evolution.certificate.reasons, *answers.reasons, *counting.shortfalls(countings)]
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
    from permsym.dataset.build import build_dataset, over_time
    from permsym.sweeps.evolutions import evolved_point
    from permsym.sweeps.quantities import add_counting

    point = evolved_point(evolution)
    answers.enter(point)
    for counted in countings:
        add_counting(point, counted)
    axes, points = over_time({}, evolution.times.tolist(), {((), "exact"): point})
    return build_dataset(axes, ["exact"], points, model=name, definition=definition, command=command)
