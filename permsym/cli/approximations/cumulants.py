"""``permsym cumulants``: the steady state of a cumulant expansion."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError, UncertifiedWarning

if TYPE_CHECKING:
    from permsym.cumulants.state import CumulantState
    from permsym.model import Model
    from permsym.models import ModelSource


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "cumulants",
        description="Fixed point of the cumulant equations on the branch continued from the smallest N.",
    )
    words.add_model(parser)
    add_expansion(parser)
    words.add_moments(parser)
    parser.add_argument("--equations", metavar="FORM", help="print the equations instead: text, latex or python")
    words.add_json(parser)
    parser.set_defaults(run=run)


def add_expansion(parser: argparse.ArgumentParser) -> None:
    """Options that say which cumulants an expansion has."""
    parser.add_argument("--order", metavar="M", help="largest number of operators whose joint cumulants are kept; 1 is mean field")
    parser.add_argument("--break-symmetry", action="store_true", help="keep moments that a U(1) symmetry makes vanish")
    parser.add_argument("--counting", default="operators", metavar="NAME", help="operators (each a and ad counts) or sites")
    parser.add_argument("--closure", default="full", metavar="NAME", help="full or no-three-spin")


def expansion(options: argparse.Namespace) -> dict[str, Any]:
    """The same options as keyword arguments of :func:`permsym.cumulants.steady_state`."""
    if options.order is None:
        raise InputError("which order? add --order 2, for instance")
    try:
        number = int(options.order)
    except ValueError:
        raise InputError(f"--order must be a whole number such as 3, but is {options.order!r}") from None
    return {"order": number, "counting": options.counting, "closure": options.closure, "break_symmetry": options.break_symmetry}


def run(options: argparse.Namespace) -> int:
    source, parameters, model = words.load(options)
    choice = expansion(options)

    labels = words.asked_moments(options, model)
    words.say_defaults(source, parameters)
    if options.equations is not None:
        from permsym.cumulants import equations
        from permsym.cumulants.equations.export import exported

        print(exported(equations(model, **choice), options.equations))
        return 0
    from permsym.cli.report import cumulant_table
    from permsym.cumulants.report import state_report
    from permsym.dataset.versions import versions

    state = fixed_point(source, parameters, model, choice)
    report = {
        "model": source.name,
        "parameters": state.model.parameters,
        "defaults": sorted(source.defaulted(parameters)),
        **state_report(state, labels),
        "versions": versions(),
    }
    print(json.dumps(report, indent=2) if options.json else cumulant_table(report))
    return warned(report)


def fixed_point(source: ModelSource, parameters: dict[str, float | str], model: Model, choice: dict[str, Any]) -> CumulantState:
    """The steady state, on the branch from the smallest N; what falls short is for the caller to say."""
    from permsym.cumulants import steady_state

    followed = (source, parameters) if isinstance(source.filled(parameters).get("N"), int | float) else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)
        return steady_state(model, source=followed, **choice)


def warned(report: dict[str, Any]) -> int:
    """Print what is wrong with a fixed point on standard error; returns the exit code."""
    say_folds(report["folds"])
    reasons = [*report["unphysical"]]
    if not report["stable"]:
        growth, goes = report["stability"], report["attractor"]
        reasons.append(f"the fixed point is unstable (largest real part {growth:.4g}); from it the equations go to: {goes}")
    if not report["certificate"]["certified"]:
        reasons.append(f"not certified: error estimate {report['certificate']['error_estimate']}")
    if reasons:
        print("permsym: " + "; ".join(reasons), file=sys.stderr)
    return UNCERTIFIED_EXIT_CODE if reasons else 0


def say_folds(folds: Sequence[float]) -> None:
    """Print where the branch folded on its way, on standard error."""
    if folds:
        where = ", ".join(f"{value:.6g}" for value in folds)
        print(f"permsym: the branch from the smallest N folds at N={where}; this is the branch beyond the folds", file=sys.stderr)
