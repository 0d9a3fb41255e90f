"""What ``solve`` and ``evolve`` answer beside moments, where it is asked for: the options, their keys in the JSON, their rows in tables."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from permsym.text import table

if TYPE_CHECKING:
    from permsym.dataset.build import Point
    from permsym.dynamics.evolved.evolution import Evolution
    from permsym.information.evolving import FisherSeries
    from permsym.information.results import ParameterFisher
    from permsym.model import Model
    from permsym.states.fisher import RotationFisher, RotationFisherSeries
    from permsym.states.squeezing import Squeezing, SqueezingSeries
    from permsym.steady.gradient import Family
    from permsym.steady.state import State
    from permsym.sweeps.quantities import Quantities

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
    parser.add_argument(
        "--rotation-fisher",
        metavar="WHOSE",
        action="append",
        default=[],
        help="quantum Fisher information about angles of rotation of the satellites too, of their state (satellites) or of theirs and the "
        "centre's (joint); may be repeated",
    )


def check(options: argparse.Namespace, model: Model, family: Family | None = None) -> None:
    """InputError for what the model does not have: before the work.

    family   the function that makes the model from its parameters
    """
    if not _any(options):
        return
    from permsym.steady.gradient import parameter_slopes

    wanted(options).check(model)
    for name in options.fisher:
        parameter_slopes(model, name, family)


def _any(options: argparse.Namespace) -> bool:
    """Whether they ask for something: what a plain solve does not need is not loaded."""
    return bool(options.squeezing or options.fisher or options.rotation_fisher)


def wanted(options: argparse.Namespace) -> Quantities:
    """What the options ask for, as the table of a sweep has it; counting is asked for by options of its own."""
    from permsym.sweeps.quantities import Quantities

    once = {name: tuple(dict.fromkeys(getattr(options, name))) for name in ("fisher", "rotation_fisher")}
    return Quantities(squeezing=options.squeezing, **once)


@dataclass(frozen=True)
class Answers:
    """What was asked for: squeezing by ensemble, Fisher information by parameter, and of rotations by whose state measures them."""

    squeezing: Mapping[str, Squeezing] | Mapping[str, SqueezingSeries]
    fisher: Mapping[str, ParameterFisher | FisherSeries]
    rotation_fisher: Mapping[str, RotationFisher | RotationFisherSeries]

    def keys(self) -> dict[str, Any]:
        """Their keys in the report."""
        shown = {name: result.to_dict() for name, result in self.squeezing.items()}
        keys: dict[str, Any] = {"squeezing": shown if len(shown) > 1 else next(iter(shown.values()))} if shown else {}
        others = {"fisher": self.fisher, "rotation_fisher": self.rotation_fisher}
        return keys | {key: {name: result.to_dict() for name, result in some.items()} for key, some in others.items() if some}

    @property
    def reasons(self) -> list[str]:
        """Why they are not certified."""
        every = (*self.squeezing.values(), *self.fisher.values(), *self.rotation_fisher.values())
        return [reason for result in every for reason in result.reasons]

    def enter(self, point: Point) -> None:
        """Give a dataset's point all of them."""
        from permsym.sweeps.quantities import add_fisher, add_rotation_fisher, add_squeezing

        add_squeezing(point, self.squeezing)
        for fisher in self.fisher.values():
            add_fisher(point, fisher)
        for rotations in self.rotation_fisher.values():
            add_rotation_fisher(point, rotations)


def asked(options: argparse.Namespace, system: State | Evolution, family: Family | None = None) -> Answers:
    """What the options ask for, of a state or of an evolution."""
    if not _any(options):
        return Answers({}, {}, {})
    from permsym.information.fisher import fisher
    from permsym.states.fisher import WHOSE
    from permsym.sweeps.quantities import squeezing_of

    also = wanted(options)
    return Answers(
        squeezing_of(system) if also.squeezing else {},
        {name: fisher(system, name, family) for name in also.fisher},
        {whose: system.rotation_fisher(WHOSE[whose]) for whose in also.rotation_fisher},
    )


# -- tables ---------------------------------------------------------------------------------------------------------------


def rows(report: dict[str, Any]) -> str:
    """Of a state: lines for the keys that are there."""
    squeezing = [_squeezing_lines(name, each) for name, each in _squeezed(report).items()]
    fishers = [_fisher_lines(name, each) for name, each in report.get("fisher", {}).items()]
    return "".join(squeezing + fishers + [_rotation_lines(whose, each) for whose, each in report.get("rotation_fisher", {}).items()])


def series(report: dict[str, Any]) -> str:
    """Of an evolution: a table over time for the keys that are there."""
    squeezing = [_squeezing_table(report["times"], name, each) for name, each in _squeezed(report).items()]
    fishers = [_fisher_table(report["times"], name, each) for name, each in report.get("fisher", {}).items()]
    rotations = [_rotation_table(report["times"], whose, each) for whose, each in report.get("rotation_fisher", {}).items()]
    return "".join(squeezing + fishers + rotations)


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


def _rotation_lines(whose: str, fisher: dict[str, Any]) -> str:
    """The largest between its sides, and the axis of that."""
    axis = ", ".join(f"{x:+.6f}" for x in fisher["axis"])
    value = f"{_side(fisher['lower'])} <= {fisher['largest']:.12g} <= {_side(fisher['upper'])}"
    return f"\n\nFisher information of rotations, {_of(whose)}\n{value} about ({axis})"


def _rotation_table(times: Sequence[float], whose: str, fisher: dict[str, Any]) -> str:
    rows: list[Sequence[str]] = [("time", "largest", "lower side", "upper side", "axis")]
    for k, t in enumerate(times):
        axis = ", ".join(f"{x:+.4f}" for x in fisher["axis"][k])
        rows.append((f"{t:.6g}", f"{fisher['largest'][k]:.10g}", _side(fisher["lower"][k]), _side(fisher["upper"][k]), f"({axis})"))
    return f"\n\nFisher information of rotations, {_of(whose)}\n{table(rows)}"


def _of(whose: str) -> str:
    return "satellites and centre" if whose == "joint" else "satellites"


def _side(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.10g}"


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
