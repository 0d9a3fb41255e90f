"""``permsym spectrum``: the power spectrum of a steady state, or the width of one of its lines."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.cli.in_time import expansion
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError, UncertifiedWarning

if TYPE_CHECKING:
    from permsym.dynamics.spectra.linewidth import Linewidth
    from permsym.dynamics.spectra.spectrum import PowerSpectrum
    from permsym.model import Model
    from permsym.steady.state import State
    from permsym.sweeps.definition import Sweep


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    command = commands.add_parser("spectrum", description="Power spectrum of a steady state, S(w) = 2 Re tr[A (i w - L)^-1 B rho].")
    words.add_model(command)
    command.add_argument("--of", metavar="A", help="operator at the later time, such as 'ad', '+0', '+@B', '+1'; default: the centre's")
    command.add_argument("--right", metavar="B", help="operator at the earlier time, such as 'a', '-0', '-@B', '-1'")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--frequencies", metavar="W0:W1:STEPS", help="STEPS equal steps from W0 to W1")
    what.add_argument("--linewidth", action="store_true", help="the width of the line nearest to --near, or of the highest one")
    command.add_argument("--near", metavar="W", help="frequency of the line that --linewidth is to look at")
    words.add_basis(command)
    words.add_window(command)
    expansion.add(command)
    words.add_json(command)
    words.add_output(command)
    command.set_defaults(run=run, parser=command)


def run(options: argparse.Namespace) -> int:
    if (options.of is None) != (options.right is None):
        options.parser.error("--of and --right go together, such as --of ad --right a")
    source, parameters, model = words.load(options)
    words.check_output(options)
    frequencies = None if options.frequencies is None else words.frequencies(options.frequencies)
    near = None if options.near is None else words.frequency(options.near, "--near")
    if near is not None and frequencies is not None:
        raise InputError("--near belongs to --linewidth; frequencies of a spectrum are given with --frequencies")
    words.say_defaults(source, parameters)
    from permsym.dataset.versions import versions
    from permsym.dynamics.spectra.linewidth import linewidth
    from permsym.dynamics.spectra.response import operators
    from permsym.dynamics.spectra.spectrum import spectrum
    from permsym.steady.solve import steady_state
    from permsym.sweeps.definition import make
    from permsym.sweeps.spectra import SpectrumRequest

    of, right = operators(model, options.of, options.right)
    asked = SpectrumRequest(str(of), str(right), () if frequencies is None else tuple(frequencies.tolist()), frequencies is None, near)
    if expansion.asked(options):
        return expansion.spectrum(expansion.Expansion(options, source, parameters, model), asked)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # said below, in one line
        system: Model | State = model
        if (options.basis, options.window) != ("auto", "auto"):
            system = steady_state(model, basis=options.basis, window=words.window(options.window), progress=words.progress(options))
        answer: PowerSpectrum | Linewidth
        if frequencies is None:
            answer = linewidth(system, near, of, right, progress=words.progress(options))
        else:
            answer = spectrum(system, frequencies, of, right, progress=words.progress(options))
    state = answer.state
    asked_for = {"parameters": state.model.parameters, "defaults": sorted(source.defaulted(parameters)), "of": str(of), "right": str(right)}
    report: dict[str, Any] = {"model": source.name, **asked_for}
    values, table = _shown(answer)
    report |= values | {"plan": None if state.plan is None else state.plan.to_dict(), "timings": answer.timings, "versions": versions()}
    if options.output:
        chosen = (("basis", options.basis), ("window", words.window(options.window)))
        by_method = {"exact": {name: value for name, value in chosen if value != "auto"}}
        _save(answer, make(source, {}, fixed=parameters, options=by_method, spectrum=asked), options)
    print(json.dumps(report, indent=2) if options.json else table)
    if answer.reasons:
        print("permsym: not certified: " + "; ".join(answer.reasons), file=sys.stderr)
        return UNCERTIFIED_EXIT_CODE
    return 0


def _shown(answer: PowerSpectrum | Linewidth) -> tuple[dict[str, Any], str]:
    """An answer's part of the JSON document, and its table."""
    from permsym.dynamics.spectra.spectrum import PowerSpectrum

    if isinstance(answer, PowerSpectrum):
        return answer.to_dict(), _curve_table(answer)
    return {"linewidth": answer.to_dict(), "certificate": answer.certificate()}, _line_table(answer)


def _curve_table(curve: PowerSpectrum) -> str:
    from permsym.text import table

    certificate = curve.certificate
    rows = [("frequency", "power", "error estimate")]
    rows += [(f"{w:.9g}", f"{s:.12g}", f"{e:.0e}") for w, s, e in zip(curve.frequencies, curve.power, curve.errors, strict=True)]
    rule = f"integral over all frequencies {certificate.sum_rule:.9g}, over these {certificate.integral:.6g}"
    head = f"{curve.note}\n" if curve.note else ""
    return f"{head}{table(rows)}\ncoherent part: 2 pi * {curve.coherent.real:.9g} in a delta peak at 0\n{rule}"


def _line_table(line: Linewidth) -> str:
    from permsym.text import table

    half, sure = "none", ""
    if line.half_maximum is not None:
        half, sure = f"{line.half_maximum:.9g}", f", error {line.half_maximum_error:.0e}"
    rows = [
        ("fwhm", f"{line.fwhm:.12g}", f"-2 Re lambda, error {2 * line.error:.0e}"),
        ("frequency", f"{line.frequency:.12g}", f"Im lambda, error {line.error:.0e}"),
        ("weight", f"{line.weight:.9g}", f"share of <A B> - <A><B>, error {line.weight_error:.0e}"),
        ("half maximum", half, f"full width of S itself{sure}"),
    ]
    return table(rows) + (f"\n{line.note}" if line.note else "")


def _save(answer: PowerSpectrum | Linewidth, one: Sweep, options: argparse.Namespace) -> None:
    """The dataset of a sweep of one point, which ``permsym rerun`` computes again."""
    from permsym import dataset
    from permsym.dynamics.spectra.spectrum import PowerSpectrum
    from permsym.moments.labels import enumerate_labels
    from permsym.sweeps.methods import state_point
    from permsym.sweeps.run import assembled
    from permsym.sweeps.spectra import add_curve, add_line

    point = state_point(answer.state, enumerate_labels(answer.state.model, 2))
    if isinstance(answer, PowerSpectrum):
        add_curve(point, answer)
    else:
        add_line(point, answer)
    dataset.save(assembled(one, {((), "exact"): point}, options.command_line), options.output)
