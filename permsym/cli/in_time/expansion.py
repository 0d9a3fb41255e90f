"""``permsym correlate`` and ``permsym spectrum`` in a cumulant order: options, documents, files, and what is said of failures."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.cli.approximations import cumulants
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError, UncertifiedWarning

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from permsym.cumulants.state import CumulantState
    from permsym.cumulants.two_time import CumulantCorrelation, CumulantLine, CumulantSpectrum, Failure, SourceEquations
    from permsym.dataset.build import Cell, Point
    from permsym.model import Model
    from permsym.models import ModelSource
    from permsym.sweeps.spectra import SpectrumRequest

_DEFAULTS = {"break_symmetry": False, "counting": "operators", "closure": "full", "regression": None}
_EXACT = {"basis": "auto", "window": "auto", "tolerance": None, "initial": None}


def add(parser: argparse.ArgumentParser) -> None:
    """Options that ask for an order in place of the exact answer."""
    cumulants.add_expansion(parser)
    about = "whether the operators at 0 count as one operator of the order (operators, the default) or as none (jacobian)"
    parser.add_argument("--regression", metavar="NAME", help=about)


def asked(options: argparse.Namespace) -> bool:
    """Whether an order is asked for; InputError for options of the other side."""
    others = _DEFAULTS if options.order is None else _EXACT
    for name, default in others.items():
        if getattr(options, name, default) != default:
            what = "needs --order M" if options.order is None else "is of exact answers; leave it out with --order"
            raise InputError(f"--{name.replace('_', '-')} {what}")
    return options.order is not None


class Expansion:
    """The fixed point that the options ask for."""

    def __init__(self, options: argparse.Namespace, source: ModelSource, parameters: dict[str, float | str], model: Model) -> None:
        self.options, self.source, self.parameters, self.model = options, source, parameters, model
        self.choice = cumulants.expansion(options)
        self.regression = options.regression or "operators"
        self.state: CumulantState = cumulants.fixed_point(source, parameters, model, self.choice)

    def correlation(self, times: NDArray[np.float64]) -> CumulantCorrelation:
        """The function of ``permsym correlate``."""
        from permsym.cumulants import two_time

        options = self.options
        with warnings.catch_warnings(action="ignore", category=UncertifiedWarning):  # said in one line
            if options.of is None:
                return (two_time.g1 if options.g1 else two_time.g2)(self.state, times, regression=self.regression)
            return two_time.correlation(self.state, options.of, options.right, times, left=options.left, regression=self.regression)

    def curve(self, frequencies: Sequence[float]) -> CumulantSpectrum:
        """The power spectrum of ``permsym spectrum``."""
        from permsym.cumulants import two_time

        with warnings.catch_warnings(action="ignore", category=UncertifiedWarning):
            return two_time.spectrum(self.state, frequencies, self.options.of, self.options.right, regression=self.regression)

    def line(self, near: float | None) -> CumulantLine:
        """The line of ``permsym spectrum --linewidth``."""
        from permsym.cumulants import two_time

        with warnings.catch_warnings(action="ignore", category=UncertifiedWarning):
            return two_time.linewidth(self.state, near, self.options.of, self.options.right, regression=self.regression)

    def head(self) -> dict[str, Any]:
        """How a document begins."""
        return {
            "model": self.source.name,
            "parameters": self.model.parameters,
            "defaults": sorted(self.source.defaulted(self.parameters)),
            "order": self.state.order,
            **{name: self.choice[name] for name in ("counting", "closure", "break_symmetry")},
            "regression": self.regression,
            "representation": "cumulants",
        }

    def tail(self, equations: SourceEquations, failures: Mapping[Failure, str]) -> dict[str, Any]:
        """How it ends: the failures by their names, and the certificate, which vouches for no distance from the exact answer."""
        from permsym.dataset.versions import versions
        from permsym.text import finite

        return {
            "failures": {str(failure): reason for failure, reason in failures.items()},
            "dimension": len(equations.initial),
            "stability": finite(self.state.stability),
            "stable": self.state.stable,
            "folds": list(self.state.folds),
            "certificate": {
                "certified": self.state.certified and not failures,
                "meaning": "the numbers solve the closed equations; their distance from the exact answer is not bounded",
                "error_estimate": None,
                "reasons": self.reasons(failures),
            },
            "timings": self.state.seconds,
            "versions": versions(),
        }

    def reasons(self, failures: Mapping[Failure, str]) -> list[str]:
        """What speaks against the approximation here."""
        return [*failures.values(), *([] if self.state.certified else ["the fixed point is not certified as a solution of the equations"])]

    def point(self) -> Point:
        """A point of a file, without values of two times yet."""
        from permsym.moments.labels import enumerate_labels
        from permsym.sweeps.methods import expanded_point

        return expanded_point(self.model, self.state, enumerate_labels(self.model, 1))

    def definition(self) -> dict[str, Any]:
        """Of a file: how it was made."""
        typed = {"name": self.source.name, "fixed": self.parameters, "defaults": self.source.defaulted(self.parameters)}
        return typed | {"expansion": self.choice | {"regression": self.regression}, "first_point": self.model.to_dict()}

    def finish(self, report: dict[str, Any], table: str, failures: Mapping[Failure, str]) -> int:
        """Print the document or the table, and what speaks against it on standard error; returns the exit code."""
        print(json.dumps(report, indent=2) if self.options.json else table)
        cumulants.say_folds(self.state.folds)
        reasons = self.reasons(failures)
        if reasons:
            print("permsym: the approximation fails here: " + "; ".join(reasons), file=sys.stderr)
        return UNCERTIFIED_EXIT_CODE if reasons else 0


# -- permsym correlate ----------------------------------------------------------------------------------------------------


def correlate(expansion: Expansion) -> int:
    """``permsym correlate --order M``."""
    from permsym.dynamics.two_time.result import name_of
    from permsym.text import table

    options = expansion.options
    answer = expansion.correlation(words.times(options.times))
    name = name_of(answer.order, options.of, options.right, options.left)
    values = [_finite_pair(complex(value)) for value in answer.values]
    report = expansion.head() | {
        "function": name,
        "of": options.of,
        "right": options.right,
        "left": options.left,
        "times": answer.times.tolist(),
        "values": values,
        "errors": [None] * len(values),
        "coherent": _finite_pair(answer.coherent),
        **expansion.tail(answer.equations, answer.failures),
    }
    if options.output:
        _save_correlation(expansion, answer, name)
    rows = [("tau", "real", "imaginary")]
    rows += [(f"{t:.6g}", f"{value.real:+z.12f}", f"{value.imag:+z.12f}") for t, value in zip(answer.times, answer.values, strict=True)]
    head = f"{expansion.source.name}, {name}, order {expansion.state.order}, regression by {expansion.regression}"
    return expansion.finish(report, f"{head}\n\n{table(rows)}", answer.failures)


def _save_correlation(expansion: Expansion, answer: CumulantCorrelation, name: str) -> None:
    from permsym import dataset
    from permsym.dataset.build import build_dataset
    from permsym.sweeps.spectra import mark

    approach = f"c{expansion.state.order}"
    point = expansion.point()
    mark(point, answer.failures)
    points: dict[Cell, Point] = {
        ((k,), approach): replace(point, moments={name: complex(value)}, cumulants={}) for k, value in enumerate(answer.values)
    }
    options = expansion.options
    operators = {"of": options.of, "right": options.right, "left": options.left}
    definition = expansion.definition() | operators
    delays = {"delay": answer.times.tolist()}
    data = build_dataset(delays, [approach], points, model=expansion.source.name, definition=definition, command=options.command_line)
    dataset.save(data, options.output)


def _finite_pair(value: complex) -> list[float | None]:
    from permsym.text import finite

    return [finite(value.real), finite(value.imag)]


# -- permsym spectrum -----------------------------------------------------------------------------------------------------


def spectrum(expansion: Expansion, asked: SpectrumRequest) -> int:
    """``permsym spectrum --order M``."""
    from permsym.sweeps.definition import make
    from permsym.sweeps.run import assembled
    from permsym.sweeps.spectra import add_expanded_curve, add_expanded_line

    options, point = expansion.options, expansion.point()
    if asked.linewidth:
        line = expansion.line(asked.near)
        add_expanded_line(point, line)
        body, failures, table, equations = {"linewidth": _line(line)}, line.failures, _line_table(line), line.equations
    else:
        curve = expansion.curve(asked.frequencies)
        add_expanded_curve(point, curve)
        body, failures, table, equations = _curve(curve), curve.failures, _curve_table(curve), curve.equations
    report = expansion.head() | {"of": asked.of, "right": asked.right} | body | expansion.tail(equations, failures)
    if options.output:
        from permsym import dataset

        approach = f"c{expansion.state.order}"
        chosen = {approach: {**expansion.choice, "regression": expansion.regression}}
        del chosen[approach]["order"]
        one = make(expansion.source, {}, fixed=expansion.parameters, methods=[approach], moments=1, options=chosen, spectrum=asked)
        dataset.save(assembled(one, {((), approach): point}, options.command_line), options.output)
    return expansion.finish(report, table, failures)


def _curve(curve: CumulantSpectrum) -> dict[str, Any]:
    from permsym.text import finite

    return {
        "frequencies": curve.frequencies.tolist(),
        "power": [finite(value) for value in curve.power.tolist()],
        "errors": [None] * len(curve.frequencies),
        "coherent": sum(value.real for value in curve.coherent.values()),
    }


def _line(line: CumulantLine) -> dict[str, Any]:
    from permsym.text import finite, pair

    return {
        "eigenvalue": pair(line.eigenvalue),
        "error": None,
        "fwhm": line.fwhm,
        "weight": finite(line.weight),
        "half_maximum": line.half_maximum,
        "peak": line.peak,
        "note": "",
    }


def _curve_table(curve: CumulantSpectrum) -> str:
    rows: list[Sequence[str]] = [("frequency", "power")]
    rows += [(f"{w:.9g}", f"{s:.12g}") for w, s in zip(curve.frequencies, curve.power, strict=True)]
    peaks = [f"2 pi * {value.real:.9g} in a delta peak at {w:.6g}" for w, value in curve.coherent.items()]
    from permsym.text import table

    return f"{table(rows)}\ncoherent part: {', '.join(peaks) or 'none'}"


def _line_table(line: CumulantLine) -> str:
    from permsym.text import table

    rows = [
        ("fwhm", f"{line.fwhm:.12g}", "-2 Re lambda"),
        ("frequency", f"{line.frequency:.12g}", "Im lambda"),
        ("weight", f"{line.weight:.9g}", "share of <A B> - <A><B>"),
        ("half maximum", "none" if line.half_maximum is None else f"{line.half_maximum:.9g}", "full width of S itself"),
    ]
    return table(rows)
