"""Arguments that several commands share: the model and its parameters, windows, moments, outputs."""

from __future__ import annotations

import argparse
import io
import re
import sys
from typing import TYPE_CHECKING, Literal, TextIO

from permsym.errors import InputError
from permsym.reading import number_or_text, steps
from permsym.text import grouped_digits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from permsym.basis.several import Cut
    from permsym.model import Model
    from permsym.models import ModelSource
    from permsym.moments.labels import MomentLabel
    from permsym.progress import Counter, Progress

_COUNTS = ("N", "levels")  # parameters that count something
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


def add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        metavar="MODEL NAME=VALUE",
        help="a model (central-spin, tavis-cummings, FILE.toml, package.module:function) and its parameters",
    )


def add_window(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--window",
        default="auto",
        metavar="SIZE",
        help="auto, full, K standard deviations, ORDER/SHARE of several ensembles, or K/0: K coherent atoms",
    )


def add_basis(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--basis", default="auto", metavar="NAME", help="auto, dicke or occupation")


def add_moments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--moments", metavar="ORDER", help="all moments with up to ORDER operators (default 2)")
    what.add_argument("--moment", metavar="LABEL", nargs="+", action="extend", help="these moments, such as 'z0' '+1 -2'")


def add_times(parser: argparse.ArgumentParser, zero: str) -> None:
    parser.add_argument("--times", required=True, metavar="T0:T1:STEPS", help=f"STEPS equal steps from T0 to T1; {zero}")


def add_initial(parser: argparse.ArgumentParser, default: str | None, otherwise: str) -> None:
    parser.add_argument(
        "--initial", default=default, metavar="LABEL", help=f"'coherent=2.0 up', 'fock=1 down', 'down dicke=3,0', ...; {otherwise}"
    )


def add_modulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--modulate",
        action="append",
        default=[],
        metavar="NAME=EXPR",
        help="what changes in time, once for each: 'eta=0.5*step(t - 1)' replaces a parameter, 'L[a]=exp(-t)' multiplies a term or jump",
    )


def modulate(options: argparse.Namespace) -> dict[str, str]:
    """The functions of time that ``--modulate`` gives, by name."""
    rules: dict[str, str] = {}
    for text in options.modulate:
        name, sign, rule = (part.strip() for part in text.partition("="))
        if not (name and sign and rule):
            raise InputError(f"--modulate must be NAME=EXPR, such as 'eta=exp(-t)', but is {text!r}")
        if name in rules:
            raise InputError(f"--modulate gives {name!r} twice; give it once")
        rules[name] = rule
    return rules


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", help="write the result to FILE.nc or FILE.csv")


def progress(options: argparse.Namespace) -> Progress:
    """What tells how a solve gets on: lines on standard error, or nothing with ``--quiet``."""
    from permsym.progress import on_stderr, silent

    return silent if options.quiet else on_stderr()


def counter(options: argparse.Namespace, name: str) -> Counter | None:
    """What counts the points of a figure: a bar on a terminal, or nothing with ``--quiet``."""
    from permsym.progress import on_terminal

    return None if options.quiet else on_terminal(name)


def bars(options: argparse.Namespace) -> TextIO | None:
    """Where bars go: None is standard error; with ``--quiet`` nobody sees them."""
    return io.StringIO() if options.quiet else None


def check_output(options: argparse.Namespace) -> None:
    """Refuse an output file that cannot be written: before the work, not after it."""
    if options.output:
        from permsym import dataset

        dataset.check(options.output)


def model_words(options: argparse.Namespace) -> tuple[str | None, dict[str, float | str]]:
    """The model's name and its parameters, in any order.

    ``--moment`` and ``--gradient`` take every word after them: words that are no labels, or no names of parameters, are taken back.
    """
    words = list(options.words)
    if getattr(options, "moment", None):
        named = any(not _ASSIGNMENT.fullmatch(word) for word in words)
        stray = [word for word in options.moment if _ASSIGNMENT.fullmatch(word) or (not named and not _looks_like_label(word))]
        options.moment = [word for word in options.moment if word not in stray]
        words += stray
    if getattr(options, "gradient", None):
        stray = [word for word in options.gradient if _ASSIGNMENT.fullmatch(word) or not word.isidentifier()]
        if not any(not _ASSIGNMENT.fullmatch(word) for word in (*words, *stray)):  # the model alone may be called like a parameter
            stray += [word for word in options.gradient if word not in stray][-1:]
        options.gradient = [word for word in options.gradient if word not in stray]
        words += stray
    name: str | None = None
    parameters: dict[str, float | str] = {}
    for word in words:
        match = _ASSIGNMENT.fullmatch(word)
        if match is None and name is None:
            name = word
        elif match is None:
            raise InputError(f"{word!r} is neither an option nor NAME=VALUE; the model is {name!r} already")
        elif match[1] in parameters:
            raise InputError(f"{match[1]!r} is given twice; give it once")
        elif match[1] in _COUNTS and grouped_digits(match[2]):
            raise InputError(f"{word!r} may be {match[2].partition('.')[0]} or {match[2].replace('.', '')}; write a count without a point")
        else:
            parameters[match[1]] = number_or_text(match[2])
    return name, parameters


def _looks_like_label(word: str) -> bool:
    return all(re.fullmatch(r"ad?|(?:[+\-z]|\|\d+><\d+\|)\d+(?:@\w+)?", factor) for factor in word.split())


def model_source(options: argparse.Namespace) -> tuple[ModelSource, dict[str, float | str]]:
    """The model function and the parameters that were typed; InputError without a model."""
    from permsym.dataset.schema import check_parameters
    from permsym.models import lookup, names

    name, parameters = model_words(options)
    if name is None:
        raise InputError(f"which model? give one of {', '.join(names())}, a TOML file or package.module:function")
    source = lookup(name)
    check_parameters([*source.defaults, *source.others])
    return source, parameters


def load(options: argparse.Namespace) -> tuple[ModelSource, dict[str, float | str], Model]:
    """The model function, the parameters that were typed, and the model."""
    from permsym.dataset.schema import check_parameters

    source, parameters = model_source(options)
    model = source.model(parameters)
    check_parameters(model.parameters)
    return source, parameters, model


def say_defaults(source: ModelSource, parameters: dict[str, float | str]) -> None:
    """Print the defaults that apply on standard error."""
    defaults = source.defaulted(parameters)
    if defaults:
        print("defaults: " + " ".join(f"{name}={value}" for name, value in defaults.items()), file=sys.stderr)


def frequency(text: str, option: str) -> float:
    """A frequency that an option gives."""
    number = number_or_text(text)
    if isinstance(number, str) or not abs(number) < float("inf"):
        raise InputError(f"{option} must be a finite number, but is {text!r}")
    return float(number)


def add_tolerance(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--tolerance", metavar="ERROR", help=f"{what} (default 1e-9)")


def tolerance(options: argparse.Namespace) -> float:
    """The value of ``--tolerance``; a text is refused with its value in the message of what it is for."""
    from permsym.steady.state import DEFAULT_TOLERANCE

    return DEFAULT_TOLERANCE if options.tolerance is None else number_or_text(options.tolerance)  # type: ignore[return-value]


def window(text: str) -> Literal["auto", "full"] | float | Cut:
    """The value of ``--window``."""
    if text in ("auto", "full"):
        return "auto" if text == "auto" else "full"
    if "/" in text:
        from permsym.basis.several import Cut

        if (cut := Cut.read(text)) is not None:
            return cut
    number = number_or_text(text)
    if isinstance(number, str):
        words = "auto, full, a number of standard deviations, or ORDER/SHARE such as 6/1e-9 or 4/0"
        raise InputError(f"--window must be {words}, but is {text!r}")
    return float(number)


def asked_moments(options: argparse.Namespace, model: Model) -> list[MomentLabel]:
    """The moments that ``--moment`` or ``--moments`` asks for."""
    from permsym.moments.labels import select_labels

    return select_labels(model, options.moment or _order(options.moments))


def _order(text: str | None) -> int:
    if text is None:
        return 2
    try:
        return int(text)
    except ValueError:
        raise InputError(f"--moments must be an order such as 2, but is {text!r}; for single moments use --moment 'z0' '+1 -2'") from None


def times(text: str) -> NDArray[np.float64]:
    """STEPS + 1 times from T0 to T1."""
    return steps(text, "--times", "T", "0:10:100", 0.0)


def frequencies(text: str) -> NDArray[np.float64]:
    """STEPS + 1 frequencies from W0 to W1."""
    return steps(text, "--frequencies", "W", "-3:3:200")
