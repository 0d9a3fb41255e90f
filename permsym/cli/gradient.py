"""``solve --gradient``: derivatives of moments and derived quantities, their errors, and how they are printed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from permsym.text import finite, table

if TYPE_CHECKING:
    from permsym.moments.labels import MomentLabel
    from permsym.steady.gradient import Family
    from permsym.steady.state import State

Table = dict[str, dict[str, Any]]
"""By label and parameter."""


def gradients(
    state: State, labels: Iterable[MomentLabel], family: Family, names: Sequence[str], squeezing: bool = False
) -> tuple[Table, Table, list[str]]:
    """d<label>/d parameter: numbers for Hermitian operators and derived quantities, else [re, im]; their errors; why they fall short."""
    from permsym.gradients.gradient import Derivatives
    from permsym.states.derived import suffix
    from permsym.states.squeezing import squeezed_ensembles
    from permsym.steady.certificate import derived_tolerance

    derivatives, allowed = Derivatives(state, family, names), derived_tolerance(state.tolerance)
    values: Table = {}
    errors: Table = {}
    short = []
    asked = {str(key): (derivatives.of(key), key == key.conjugate()) for key in labels}
    asked |= {name: (derivatives.of(name), True) for name in state.derived}
    for ensemble in squeezed_ensembles(state.model) if squeezing else []:
        end = suffix(state.model, ensemble)
        asked |= {f"{name}{end}": (slopes, True) for name, slopes in derivatives.squeezing(ensemble.name).items()}
    for quantity, (gradient, real) in asked.items():
        values[quantity] = {name: finite(x.real) if real else [finite(x.real), finite(x.imag)] for name, x in gradient.items()}
        errors[quantity] = {name: finite(error) for name, error in gradient.errors.items()}
        short += [
            f"d {quantity}/d {name} has the error {error:.0e}"
            for name, error in gradient.errors.items()
            if not error <= allowed * max(1.0, abs(gradient[name]))
        ]
    return values, errors, short


def rows(report: Mapping[str, Any]) -> str:
    """Derivatives as lines of a table, a column for each parameter; "" where they were not asked for."""
    if "gradient" not in report:
        return ""
    gradient, errors = report["gradient"], report["gradient_errors"]
    names = list(next(iter(gradient.values()), {}))
    lines: list[Sequence[str]] = [("d/d", *names)]
    vanishing = []
    for label, row in gradient.items():
        if any(error != 0 for error in errors[label].values()) or any(_number(x) for x in row.values()):
            lines.append((label, *(_cell(_number(row[name]), errors[label][name]) for name in names)))
        else:
            vanishing.append(label)
    return "\n\n" + table(lines) + (f"\nderivatives zero by symmetry: {', '.join(vanishing)}" if vanishing else "")


def _number(x: Any) -> complex:
    """A number of the report, in which None is none."""
    parts = x if isinstance(x, list) else [x]
    return complex(*(math.nan if part is None else part for part in parts))


def _cell(x: complex, error: float | None) -> str:
    spelled = f"{x:+.8g}" if x.imag else f"{x.real:+.8g}"
    return spelled if error == 0 else f"{spelled} +- {'unknown' if error is None else f'{error:.0e}'}"
