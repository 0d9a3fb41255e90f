"""``permsym solve``: the exact steady state of a model, certified."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from permsym.cli import quantities, words
from permsym.errors import UNCERTIFIED_EXIT_CODE

if TYPE_CHECKING:
    from permsym.model import Model


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    solve = commands.add_parser("solve", description="Exact steady state of a model.")
    words.add_model(solve)
    words.add_moments(solve)
    words.add_basis(solve)
    words.add_window(solve)
    solve.add_argument(
        "--solver", default="auto", metavar="NAME", help="auto, superlu, single, ilu, shift-invert, pardiso, matrix-free, hermite or quick"
    )
    solve.add_argument("--checkpoint", metavar="FILE", help="keep the iterate of a long matrix-free solve in FILE.npz, and go on from it")
    words.add_tolerance(solve, "error of a moment that counts as certified, relative to max(1, |value|)")
    solve.add_argument("--verify", action="store_true", help="solve in the other representation too and report the difference")
    solve.add_argument("--photons", action="store_true", help="the photon-number distribution P(n) of a bosonic centre too")
    solve.add_argument("--gradient", action="store_true", help="derivatives of the moments with respect to every real parameter")
    quantities.add(solve)
    quantities.add_fisher(solve)
    words.add_json(solve)
    words.add_output(solve)
    solve.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    import warnings

    source, parameters, model = words.load(options)
    words.check_output(options)
    quantities.check(options, model, source.function)
    if options.photons:
        _check_photons(model, options.output)
    from permsym.errors import UncertifiedWarning
    from permsym.progress import on_stderr
    from permsym.steady.solve import steady_state

    labels = words.asked_moments(options, model)
    words.say_defaults(source, parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # said below, in one line
        state = steady_state(
            model,
            basis=options.basis,
            solver="superlu" if (options.gradient or options.fisher) and options.solver == "auto" else options.solver,  # which has factors
            moments=labels,
            tolerance=words.tolerance(options),
            verify=options.verify,
            window=words.window(options.window),
            progress=on_stderr(),
            checkpoint=options.checkpoint,
        )
    from permsym.cli.report import gradients, solve_report, solve_table

    photons = state.mode.photon_distribution() if options.photons else None
    report = solve_report(state, labels, source, parameters, photons)
    if options.gradient:
        report["gradient"] = gradients(state, labels, source.function)
    more, lacking = quantities.asked(options, state, source.function)
    report |= more
    if options.output:
        from permsym import dataset
        from permsym.sweeps.definition import make
        from permsym.sweeps.methods import state_point
        from permsym.sweeps.run import assembled

        asked = {"basis": options.basis, "solver": options.solver, "window": words.window(options.window)}
        chosen = {name: value for name, value in asked.items() if value != "auto"}
        chosen |= {} if options.tolerance is None else {"tolerance": words.tolerance(options)}
        one = make(source, {}, fixed=parameters, moments=list(map(str, labels)), options={"exact": chosen} if chosen else None)
        data = assembled(one, {((), "exact"): state_point(state, labels)}, options.command_line)
        dataset.save(data if photons is None else dataset.with_photons(data, photons), options.output)
    print(json.dumps(report, indent=2) if options.json else solve_table(report))
    lacking = [*state.certificate.reasons, *lacking]
    if lacking:
        print("permsym: not certified: " + "; ".join(lacking), file=sys.stderr)
        return UNCERTIFIED_EXIT_CODE
    return 0


def _check_photons(model: Model, output: str | None) -> None:
    """Refuse --photons before the work where it has no answer."""
    from permsym.errors import InputError

    if model.centre.kind != "boson":
        raise InputError(f"--photons needs a bosonic centre, but {model.name} has {model.centre!r}; leave the option out")
    if output is not None and not output.endswith(".nc"):
        raise InputError(f"P(n) is written to netCDF files only, but the output is {output!r}; give it a name that ends in .nc")
