"""``permsym solve``: the exact steady state of a model, certified."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from permsym.cli import counting, quantities, words
from permsym.errors import UNCERTIFIED_EXIT_CODE

if TYPE_CHECKING:
    from permsym.dynamics.counting.full_counting import FullCounting
    from permsym.model import Model
    from permsym.models.registry import ModelSource
    from permsym.moments.labels import MomentLabel
    from permsym.moments.mode import PhotonDistribution
    from permsym.steady.state import State


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    solve = commands.add_parser("solve", description="Exact steady state of a model.")
    words.add_model(solve)
    words.add_moments(solve)
    words.add_basis(solve)
    words.add_window(solve)
    solve.add_argument(
        "--solver",
        default="auto",
        metavar="NAME",
        help="auto, superlu, single, ilu, shift-invert, pardiso, bicgstab, matrix-free, hermite, quick",
    )
    solve.add_argument("--checkpoint", metavar="FILE", help="keep the iterate of a long matrix-free solve in FILE.npz, and go on from it")
    words.add_tolerance(solve, "error of a moment that counts as certified, relative to max(1, |value|)")
    solve.add_argument("--verify", action="store_true", help="solve in the other representation too and report the difference")
    solve.add_argument("--photons", action="store_true", help="the photon-number distribution P(n) of a bosonic centre too")
    counting.declare(solve, "current, counting Fano factor, noise and cumulants of this jump")
    solve.add_argument(
        "--gradient",
        metavar="PARAM",
        nargs="*",
        action="extend",
        help="derivatives of moments and derived quantities with respect to these parameters; none named: to every real one",
    )
    quantities.add(solve)
    words.add_json(solve)
    words.add_output(solve)
    solve.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    import warnings

    source, parameters, model = words.load(options)
    words.check_output(options)
    quantities.check(options, model, source.function)
    _check_photons(options, model)
    from permsym.errors import UncertifiedWarning

    labels = words.asked_moments(options, model)
    counting.check(options, model)
    slopes = _slopes(options, model, source.function)
    words.say_defaults(source, parameters)
    solved = partial(_solved, options, model, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # said below, in one line
        state = solved(_solver(options))
        state, countings = counting.counted(state, options, solved)
        state = state if slopes is None else _with_derivatives(state, options, solved)
    from permsym.cli.report import solve_report, solve_table

    photons = state.mode.photon_distribution() if options.photons else None
    report = solve_report(state, labels, source, parameters, photons)
    if countings:
        report["counting"] = {name: one.to_dict() for name, one in countings.items()}
    short: list[str] = []
    if slopes is not None:
        from permsym.cli.gradient import gradients

        report["gradient"], report["gradient_errors"], short = gradients(state, labels, source.function, slopes, options.squeezing)
    answers = quantities.asked(options, state, source.function)
    report |= answers.keys()
    if options.output:
        _save(options, (source, parameters), state, labels, (countings, answers), photons)
    print(json.dumps(report, indent=2) if options.json else solve_table(report))
    lacking = [*state.certificate.reasons, *answers.reasons, *counting.shortfalls(countings), *short]
    if lacking:
        print("permsym: not certified: " + "; ".join(lacking), file=sys.stderr)
        return UNCERTIFIED_EXIT_CODE
    return 0


def _solved(options: argparse.Namespace, model: Model, labels: Sequence[MomentLabel], solver: str) -> State:
    from permsym.steady.solve import steady_state

    return steady_state(
        model,
        basis=options.basis,
        solver=solver,
        moments=labels,
        tolerance=words.tolerance(options),
        verify=options.verify,
        window=words.window(options.window),
        progress=words.progress(options),
        checkpoint=options.checkpoint,
    )


def _save(
    options: argparse.Namespace,
    made_from: tuple[ModelSource, dict[str, float | str]],
    state: State,
    labels: Sequence[MomentLabel],
    beside: tuple[Mapping[str, FullCounting], quantities.Answers],
    photons: PhotonDistribution | None,
) -> None:
    """Write the result as a sweep of one point, which can be computed again."""
    from permsym import dataset
    from permsym.basis.several import Cut
    from permsym.sweeps.definition import make
    from permsym.sweeps.methods import state_point
    from permsym.sweeps.quantities import add_counting
    from permsym.sweeps.run import assembled

    window = words.window(options.window)
    asked = {"basis": options.basis, "solver": options.solver, "window": window.written if isinstance(window, Cut) else window}
    chosen = {name: value for name, value in asked.items() if value != "auto"}
    chosen |= {} if options.tolerance is None else {"tolerance": words.tolerance(options)}
    source, parameters = made_from
    also: dict[str, Any] = {"moments": list(map(str, labels)), "options": {"exact": chosen} if chosen else None}
    countings, answers = beside
    asked_for = {"counting": list(countings), **quantities.wanted(options).to_dict()}
    one = make(source, {}, fixed=parameters, quantities=asked_for, **also)
    point = state_point(state, labels)
    answers.enter(point)
    for statistics in countings.values():
        add_counting(point, statistics)
    data = assembled(one, {((), "exact"): point}, options.command_line)
    dataset.save(data if photons is None else dataset.with_photons(data, photons), options.output)


def _solver(options: argparse.Namespace) -> str:
    """The solver; one with factors where these are needed and none was named."""
    return "superlu" if options.solver == "auto" and options.fisher else str(options.solver)


def _slopes(options: argparse.Namespace, model: Model, family: Callable[..., Model]) -> list[str] | None:
    """The parameters of ``--gradient``, all where none is named; None: it was not asked for.  InputError for others: before the work."""
    if options.gradient is None:
        return None
    from permsym.steady.gradient import coefficient_slopes, parameter_slopes

    for name in options.gradient:
        parameter_slopes(model, name, family)
    return list(dict.fromkeys(options.gradient)) or list(coefficient_slopes(model, family))


def _with_derivatives(state: State, options: argparse.Namespace, solved: Callable[[str], State]) -> State:
    """The state, solved again where its route leaves nothing to solve derivatives with."""
    from permsym.gradients.gradient import differentiable

    return state if options.solver != "auto" or differentiable(state) else solved("superlu")


def _check_photons(options: argparse.Namespace, model: Model) -> None:
    """Refuse --photons before the work where it has no answer."""
    from permsym.errors import InputError

    output = options.output
    if not options.photons:
        return
    if model.centre.kind != "boson":
        raise InputError(f"--photons needs a bosonic centre, but {model.name} has {model.centre!r}; leave the option out")
    if output is not None and not output.endswith(".nc"):
        raise InputError(f"P(n) is written to netCDF files only, but the output is {output!r}; give it a name that ends in .nc")
