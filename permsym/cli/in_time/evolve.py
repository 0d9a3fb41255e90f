"""``permsym evolve``: the exact time evolution of a model, certified."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from permsym.cli import counting, quantities, words
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError

if TYPE_CHECKING:
    import xarray as xr

    from permsym.dynamics.counting.until import CountedNumber
    from permsym.dynamics.evolved.evolution import Evolution
    from permsym.model import Model
    from permsym.models.parameters import Number
    from permsym.models.registry import ModelSource
    from permsym.progress import Progress


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
    evolve.add_argument("--checkpoint", metavar="FILE", help="write all there is so far every 30 s, and go on from it after a kill")
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

    labels = words.asked_moments(options, model)
    words.say_defaults(source, parameters)
    evolution, countings, answers = _followed(options, model, source, words.progress(options))
    if options.output:
        from permsym import dataset

        definition = _definition(options, evolution, source, parameters, model)
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


def _followed(
    options: argparse.Namespace, model: Model, source: ModelSource, progress: Progress
) -> tuple[Evolution, dict[str, CountedNumber], quantities.Answers]:
    """The evolution that the options ask for, and what they ask of it."""
    from permsym.dynamics.evolve import evolve

    evolution = evolve(
        model,
        words.times(options.times),
        initial=options.initial,
        moments=list(dict.fromkeys([*words.asked_moments(options, model), *quantities.wanted(options).labels(model)])),
        tolerance=words.tolerance(options),
        basis=options.basis,
        keep="all" if options.rotation_fisher else "none",
        modulate=words.modulate(options),
        checkpoint=options.checkpoint,
        progress=progress,
    )
    return evolution, counting.counted_until(evolution, options), quantities.asked(options, evolution, source.function)


# -- files ----------------------------------------------------------------------------------------------------------------

_NOT_ASKED = {"model", "words", "json", "output", "checkpoint", "quiet", "run", "command", "command_line"}
"""Options that do not change the numbers."""


def _definition(
    options: argparse.Namespace, evolution: Evolution, source: ModelSource, parameters: Mapping[str, Number], model: Model
) -> dict[str, Any]:
    """Provenance: all that :func:`again` needs."""
    from permsym.sweeps.origin import address_of, text_of

    return {
        "name": source.name,
        "fixed": dict(parameters),
        "defaults": source.defaulted(parameters),
        "function": address_of(source),
        "model_file": text_of(source),
        "initial": str(evolution.initial),
        "first_point": model.to_dict(),
        **({"modulate": dict(evolution.modulation)} if evolution.modulation else {}),
        "evolve": {name: value for name, value in vars(options).items() if name not in _NOT_ASKED},
    }


_DEFINITION = {
    "name": str,
    "fixed": {str: (float, str)},
    "function": (str, None),
    "model_file": (str, None),
    "first_point": dict,
    "evolve": dict,
}


def again(data: xr.Dataset, definition: Mapping[str, Any], allow: Callable[[str], None] | None, progress: Progress) -> xr.Dataset:
    """What the command that wrote a file gives today.

    allow   called with the name of a user's function before it is imported; None: such a function is refused

    Raises InputError where the file does not say all, or the model is not what it was.
    """
    from permsym.fields import WrongField, checked
    from permsym.model import Model
    from permsym.sweeps.origin import recorded_source

    try:
        checked(dict(definition), _DEFINITION, "the file's definition")
        options = _parsed(definition["evolve"])
        source = recorded_source(definition, allow)
        first = Model.from_dict(definition["first_point"])
    except WrongField as error:
        raise InputError(f"the file does not say how it was made ({error}); it cannot be computed again") from error
    model = source.model(definition["fixed"])
    if first.hash != model.hash:
        raise InputError(f"the model {definition['name']!r} is not what it was when the file was made; it has other terms or rates")
    quantities.check(options, model, source.function)
    counting.check(options, model)
    evolution, countings, answers = _followed(options, model, source, progress)
    return _dataset(evolution, countings.values(), source.name, definition, str(data.attrs.get("command", "")), answers)


def _parsed(asked: Mapping[str, Any]) -> argparse.Namespace:
    """Options out of a file: those of the command as it is today, each of the type that its default has, or a text."""
    from permsym.fields import checked

    parser = argparse.ArgumentParser(add_help=False)
    add(parser.add_subparsers())
    defaults = vars(parser.parse_args(["evolve", "model", "--times", "0:1:1"]))
    shapes: dict[type, Any] = {list: [str], bool: bool}
    shape = {f"{name}?": shapes.get(type(value), (str, None)) for name, value in defaults.items() if name not in _NOT_ASKED}
    shape["moment?"] = ([str], None)
    unknown = sorted(set(asked) - defaults.keys())
    if unknown:
        raise InputError(f"the file asks for {unknown[0]!r}, which this version of permsym does not know; use the version that wrote it")
    checked(dict(asked), shape, "what the file asks for")
    return argparse.Namespace(**{**defaults, **asked})


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
