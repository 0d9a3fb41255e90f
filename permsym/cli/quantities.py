"""What ``solve`` and ``evolve`` answer beside moments, where it is asked for: the options, their keys in the JSON, their rows in tables."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from permsym.text import table

if TYPE_CHECKING:
    from permsym.dynamics.evolution import Evolution
    from permsym.model import Model
    from permsym.moments.labels import MomentLabel
    from permsym.steady.state import State

_SQUEEZING = ("wineland", "kitagawa_ueda")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--squeezing", action="store_true", help="spin squeezing of the satellites too, Wineland's and Kitagawa and Ueda's")


def check(options: argparse.Namespace, model: Model) -> None:
    """InputError for what the model does not have: before the work."""
    from permsym.states.squeezing import squeezed_ensembles

    if options.squeezing:
        squeezed_ensembles(model)


def moments(options: argparse.Namespace, model: Model) -> list[MomentLabel]:
    """Moments that an evolution has to follow for them."""
    from permsym.states.squeezing import squeezed_ensembles, squeezing_labels

    ensembles = squeezed_ensembles(model) if options.squeezing else []
    return [label for each in ensembles for label in squeezing_labels(model, each.name)]


def asked(options: argparse.Namespace, system: State | Evolution) -> tuple[dict[str, Any], list[str]]:
    """The keys that the options add to the report, and why what they hold is not certified."""
    from permsym.states.squeezing import squeezed_ensembles

    keys: dict[str, Any] = {}
    reasons: list[str] = []
    if options.squeezing:
        results = {each.name: system.squeezing(each.name) for each in squeezed_ensembles(system.model)}
        shown = {name: result.to_dict() for name, result in results.items()}
        keys["squeezing"] = shown if len(shown) > 1 else next(iter(shown.values()))
        reasons += [reason for result in results.values() for reason in result.reasons]
    return keys, reasons


# -- tables ---------------------------------------------------------------------------------------------------------------


def rows(report: dict[str, Any]) -> str:
    """Of a state: lines for the keys that are there."""
    return "".join(_squeezing_lines(name, each) for name, each in _squeezed(report).items())


def series(report: dict[str, Any]) -> str:
    """Of an evolution: a table over time for the keys that are there."""
    return "".join(_squeezing_table(report["times"], name, each) for name, each in _squeezed(report).items())


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
