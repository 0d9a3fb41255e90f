"""``permsym linear-noise``: mean field and its Gaussian fluctuations."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.errors import UNCERTIFIED_EXIT_CODE, NotApplicable
from permsym.text import finite, pair, table

if TYPE_CHECKING:
    from permsym.model import Model
    from permsym.moments.labels import MomentLabel


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "linear-noise",
        description=(
            "Mean field and its Gaussian fluctuations: moments to first order in 1/N, and the linewidth of a phase that diffuses. "
            "The result judges itself; where it is not applicable there are no moments, and the exit code is 3."
        ),
    )
    words.add_model(parser)
    words.add_moments(parser)
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    source, parameters, model = words.load(options)
    labels = words.asked_moments(options, model)
    words.say_defaults(source, parameters)
    from permsym.dataset.versions import versions

    result, refusal = _result(model, labels, options.moment is not None)
    report = {
        "model": source.name,
        "parameters": model.parameters,
        "defaults": sorted(source.defaulted(parameters)),
        **result,
        "versions": versions(),
    }
    print(json.dumps(report, indent=2) if options.json else _table(report))
    if refusal:
        print(f"permsym: {refusal}", file=sys.stderr)
    return UNCERTIFIED_EXIT_CODE if refusal else 0


def _result(model: Model, labels: Sequence[MomentLabel], named: bool) -> tuple[dict[str, Any], str]:
    """Moments and diagnosis, or the diagnosis alone and why; ``named``: every label must have a value."""
    from permsym.semiclassical.linear_noise.solve import linear_noise

    judged: dict[str, Any] = {"diagnosis": {"applicable": False, "reasons": []}}
    try:
        state = linear_noise(model)
        judged = {"diagnosis": state.diagnosis.to_dict(), "stability": finite(state.point.stability), "timings": state.seconds}
        state.require_applicable()
    except NotApplicable as error:
        return judged, str(error)
    keys = [key for key in labels if named or state.has(key)]
    moments = {str(key): pair(state.moment(key)) for key in keys}
    return {"moments": moments, "derived": state.derived, "fwhm": state.fwhm, **judged}, ""


def _table(report: dict[str, Any]) -> str:
    """The report as text."""
    diagnosis = report["diagnosis"]
    shown = [f"{name} {diagnosis[name]:.3g}" for name in ("relative_variance", "shift", "feedback") if diagnosis.get(name) is not None]
    if "stable_states" in diagnosis:
        shown.append(f"{diagnosis['stable_states']} stable mean-field state{'s' * (diagnosis['stable_states'] > 1)}")
    verdict = ("applicable" if diagnosis["applicable"] else "NOT APPLICABLE") + (f": {', '.join(shown)}" if shown else "")
    if not diagnosis["applicable"]:
        return f"{report['model']}, linear noise\n\n{verdict}"
    rows: list[Sequence[str]] = [("moment", "value")]
    rows += [(label, f"{real:+.9g}" + (f" {imag:+.9g}i" if imag else "")) for label, (real, imag) in report["moments"].items()]
    derived = [f"{name} = {value:.9g}" for name, value in report["derived"].items()]
    derived += [] if report["fwhm"] is None else [f"fwhm = {report['fwhm']:.9g}"]
    return "\n\n".join([f"{report['model']}, linear noise", table(rows), "\n".join(derived), verdict])
