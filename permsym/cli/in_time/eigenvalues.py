"""``permsym eigenvalues``: eigenvalues of the Liouvillian in one charge sector, with what rounding may move them by."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.errors import InputError
from permsym.reading import number_or_text

if TYPE_CHECKING:
    from permsym.dynamics.eigenvalues import Eigenvalues
    from permsym.dynamics.gap import Slowest

_SEARCHED = 20_000  # unknowns of the neutral sector up to which the gap is searched for beside a charged one: a minute


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    command = commands.add_parser("eigenvalues", description="Eigenvalues of the Liouvillian nearest to zero, or to i W.")
    words.add_model(command)
    command.add_argument("--count", default="6", metavar="K", help="how many (default 6)")
    command.add_argument(
        "--charge",
        default="0",
        metavar="Q",
        help="ket minus bra excitations: 0 (default), -1 for lines; 0,-1 where a model has two charges",
    )
    command.add_argument("--near", metavar="W", help="frequency: those nearest to i W (default: nearest to zero)")
    words.add_basis(command)
    words.add_json(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    source, parameters, model = words.load(options)
    count, charge = _whole(options.count, "--count"), charges(options.charge)
    near = None if options.near is None else words.frequency(options.near, "--near")
    words.say_defaults(source, parameters)
    from permsym.dataset.versions import versions
    from permsym.dynamics.eigenvalues import eigenvalues
    from permsym.text import finite, pair, table

    values = eigenvalues(model, count, charge, near, options.basis, progress=words.progress(options))
    slowest, searched = _slowest(values)
    report: dict[str, Any] = {
        "model": source.name,
        "parameters": values.model.parameters,
        "defaults": sorted(source.defaulted(parameters)),
        "representation": values.basis,
        "charge": list(values.charge),
        "near": near,
        "eigenvalues": [pair(value) for value in values.eigenvalues.tolist()],
        "errors": [finite(error) for error in values.errors.tolist()],
        "residuals": values.residuals.tolist(),
        "gap": None if slowest is None else finite(-slowest.value.real),
        "gap_error": None if slowest is None else finite(slowest.error),
        "searched": searched,
        "versions": versions(),
    }
    if options.json:
        print(json.dumps(report, indent=2))
        return 0
    rows = [("eigenvalue", "", "error bound")]
    rows += [
        (f"{value.real:.12g}", f"{value.imag:+.12g} i", "unknown" if error is None else f"{error:.0e}")
        for value, error in zip(values.eigenvalues.tolist(), report["errors"], strict=True)
    ]
    print(table(rows))
    print(f"gap {report['gap']:.12g}: {searched}" if report["gap"] is not None else f"gap: {searched}")
    return 0


def _slowest(values: Eigenvalues) -> tuple[Slowest | None, str]:
    """The slowest rate at U(1) charge 0, and what was searched for it."""
    from permsym.basis.representations import dimension
    from permsym.dynamics.eigenvalues import eigenvalues

    if any(values.charge):
        unknowns = dimension(values.model, values.basis)
        if unknowns > _SEARCHED:
            return None, f"not searched for among the {unknowns:,} unknowns of charge 0; ask for it with --charge 0"
        values = eigenvalues(values.model, k=1, basis=values.basis)
    return values.slowest, str(values.searched)


def charges(text: str) -> int | tuple[int, ...]:
    """The value of ``--charge``: one number, or one for each U(1) symmetry."""
    numbers = tuple(_whole(part, "--charge") for part in text.split(","))
    return numbers[0] if len(numbers) == 1 else numbers


def _whole(text: str, option: str) -> int:
    number = number_or_text(text.strip())
    if not isinstance(number, int):
        raise InputError(f"{option} must be a whole number, but is {text!r}")
    return number
