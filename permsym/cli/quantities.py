"""What ``solve`` and ``evolve`` answer beside moments, where it is asked for: the options, their keys in the JSON, their rows in tables."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from permsym.text import table

if TYPE_CHECKING:
    from permsym.dynamics.evolved.evolution import Evolution
    from permsym.information.evolving import FisherSeries
    from permsym.information.results import ParameterFisher
    from permsym.model import Model
    from permsym.moments.labels import MomentLabel
    from permsym.states.squeezing import Squeezing, SqueezingSeries
    from permsym.steady.gradient import Family
    from permsym.steady.state import State

_SQUEEZING = ("wineland", "kitagawa_ueda")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--squeezing", action="store_true", help="spin squeezing of the satellites too, Wineland's and Kitagawa and Ueda's")

    parser.add_argument(
        "--fisher",
        metavar="NAME",
        action="append",
        default=[],
        help="Fisher information about a parameter too, of the state, of light and system, and of counted photons; may be repeated",
    )


def check(options: argparse.Namespace, model: Model, family: Family | None = None) -> None:
    """InputError for what the model does not have: before the work.

    family   the function that makes the model from its parameters
    """
    from permsym.states.squeezing import squeezed_ensembles
    from permsym.steady.gradient import parameter_slopes

    if options.squeezing:
        squeezed_ensembles(model)
    for name in options.fisher:
        parameter_slopes(model, name, family)


def moments(options: argparse.Namespace, model: Model) -> list[MomentLabel]:
    """Moments that an evolution has to follow for them."""
    from permsym.states.squeezing import squeezed_ensembles, squeezing_labels

    ensembles = squeezed_ensembles(model) if options.squeezing else []
    return [label for each in ensembles for label in squeezing_labels(model, each.name)]


@dataclass(frozen=True)
class Answers:
    """What was asked for: squeezing by ensemble, Fisher information by parameter."""

    squeezing: Mapping[str, Squeezing | SqueezingSeries]
    fisher: Mapping[str, ParameterFisher | FisherSeries]

    def keys(self) -> dict[str, Any]:
        """Their keys in the report."""
        shown = {name: result.to_dict() for name, result in self.squeezing.items()}
        keys: dict[str, Any] = {"squeezing": shown if len(shown) > 1 else next(iter(shown.values()))} if shown else {}
        return keys | ({"fisher": {name: result.to_dict() for name, result in self.fisher.items()}} if self.fisher else {})

    @property
    def reasons(self) -> list[str]:
        """Why they are not certified."""
        return [reason for result in (*self.squeezing.values(), *self.fisher.values()) for reason in result.reasons]


def asked(options: argparse.Namespace, system: State | Evolution, family: Family | None = None) -> Answers:
    """What the options ask for, of a state or of an evolution."""
    from permsym.states.squeezing import squeezed_ensembles

    ensembles = squeezed_ensembles(system.model) if options.squeezing else []
    squeezing = {each.name: system.squeezing(each.name) for each in ensembles}
    if not options.fisher:
        return Answers(squeezing, {})
    from permsym.information.fisher import fisher

    return Answers(squeezing, {name: fisher(system, name, family) for name in dict.fromkeys(options.fisher)})


# -- tables ---------------------------------------------------------------------------------------------------------------


def rows(report: dict[str, Any]) -> str:
    """Of a state: lines for the keys that are there."""
    squeezing = [_squeezing_lines(name, each) for name, each in _squeezed(report).items()]
    return "".join(squeezing + [_fisher_lines(name, each) for name, each in report.get("fisher", {}).items()])


def series(report: dict[str, Any]) -> str:
    """Of an evolution: a table over time for the keys that are there."""
    squeezing = [_squeezing_table(report["times"], name, each) for name, each in _squeezed(report).items()]
    return "".join(squeezing + [_fisher_table(report["times"], name, each) for name, each in report.get("fisher", {}).items()])


def _squeezed(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Ensemble -> its squeezing; one without a name where there is one only."""
    squeezing = report.get("squeezing", {})
    return {"": squeezing} if "wineland" in squeezing else squeezing


def _squeezing_lines(ensemble: str, squeezing: dict[str, Any]) -> str:
    title = "\n\nsqueezing" + (f" of {ensemble}" if ensemble else "")
    if squeezing["wineland"] is None:
        return f"{title}: none, {squeezing['reason']}"
    lines = [f"{name} = {squeezing[name]:.12f} +- {_error(squeezing['errors'][name])}" for name in _SQUEEZING]
    direction, error = ", ".join(f"{x:+.6f}" for x in squeezing["direction"]), squeezing["errors"]["direction"]
    isotropic = error is not None and error >= math.pi / 2
    how = "and every other one orthogonal to the mean spin" if isotropic else f"+- {_error(error)} rad"
    return "\n".join([title, *lines, f"direction ({direction}) {how}"])


def _fisher_lines(name: str, fisher: dict[str, Any]) -> str:
    """What there is with its error, and why the rest is missing."""
    lines = [f"{quantity} = {fisher[quantity]:.12g} +- {_error(error)}" for quantity, error in fisher["errors"].items()]
    lines += [f"no {quantity}: {why}" for quantity, why in fisher.get("missing", {}).items()]
    return "\n".join([f"\n\nFisher information about {name}", *lines])


def _fisher_table(times: Sequence[float], name: str, fisher: dict[str, Any]) -> str:
    rows: list[Sequence[str]] = [("time", *fisher["errors"])]
    for k, t in enumerate(times):
        rows.append((f"{t:.6g}", *(f"{fisher[each][k]:.10g} +- {_error(errors[k])}" for each, errors in fisher["errors"].items())))
    return f"\n\nFisher information about {name}\n{table(rows)}"


def _squeezing_table(times: Sequence[float], ensemble: str, squeezing: dict[str, Any]) -> str:
    rows: list[Sequence[str]] = [("time", *_SQUEEZING, "error of wineland", "direction")]
    for k, t in enumerate(times):
        direction, error = squeezing["direction"][k], squeezing["errors"]["wineland"][k]
        if direction is None:
            rows.append((f"{t:.6g}", "-", "-", "-", "no mean spin"))
        else:
            spelled = ", ".join(f"{x:+.4f}" for x in direction)
            rows.append((f"{t:.6g}", *(f"{squeezing[name][k]:.12f}" for name in _SQUEEZING), _error(error), f"({spelled})"))
    return "\n\nsqueezing" + (f" of {ensemble}" if ensemble else "") + "\n" + table(rows)


def _error(error: float | None) -> str:
    return "not finite" if error is None else f"{error:.0e}"
