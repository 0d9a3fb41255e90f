"""What commands print: JSON documents and tables."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from permsym.basis.basis import choose
from permsym.dataset.build import versions
from permsym.errors import TooLarge
from permsym.model import Model
from permsym.models.registry import ModelSource
from permsym.models.registry import names as model_names
from permsym.moments.labels import MomentLabel
from permsym.steady import memory
from permsym.steady.solve import SOLVERS, estimate, lattice, with_likely_levels
from permsym.steady.state import State


def solve_report(state: State, labels: Iterable[MomentLabel], source: ModelSource, given: dict[str, float | str]) -> dict[str, Any]:
    """The JSON document of ``permsym solve``."""
    keys = list(labels)
    return {
        "model": source.name,
        "parameters": state.model.parameters,
        "defaults": sorted(source.defaulted(given)),
        "representation": state.basis.representation,
        "dimension": state.dimension,
        "moments": {str(key): _pair(state.moment(key)) for key in keys},
        "cumulants": {str(key): _pair(state.cumulant(key)) for key in keys},
        "derived": state.derived,
        "certificate": state.certificate.to_dict(),
        "solver": state.solver,
        "timings": state.timings,
        "versions": versions(),
    }


def solve_table(report: dict[str, Any]) -> str:
    """The same for people."""
    certificate = report["certificate"]
    rows: list[Sequence[str]] = [("moment", "value", "error bound", "cumulant")]
    for label, value in report["moments"].items():
        bound = certificate["errors"][label]
        rows.append((label, _complex(value), "not finite" if bound is None else f"{bound:.0e}", _complex(report["cumulants"][label])))
    derived = "\n".join(f"{name} = {value:.12f}" for name, value in report["derived"].items())
    shown = {name: certificate[name] for name in ("error_estimate", "residual", "balance", "edge_mass", "min_population")}
    lines = ", ".join(f"{name} {value:.1e}" if value is not None else f"{name} not finite" for name, value in shown.items())
    verdict = "certified" if certificate["certified"] else "NOT CERTIFIED"
    if "verification" in certificate:
        found = certificate["verification"]
        lines += f"\n{found['representation']} representation: largest difference {found['largest_difference']:.1e}"
    head = f"{report['model']}, {report['representation']} representation, {report['dimension']:,} unknowns"
    return f"{head}\n\n{table(rows)}\n\n{derived}\n\n{verdict}: {lines}"


def info_report() -> dict[str, Any]:
    """Versions, back ends, and what this machine offers."""
    optional = {
        name: importlib.util.find_spec(name) is not None for name in ("qutip", "numba", "pypardiso", "xarray", "h5netcdf", "matplotlib")
    }
    return {
        **versions(),
        "models": list(model_names()),
        "solvers": [*SOLVERS, "hermite"],
        "installed": [name for name, there in optional.items() if there],
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_available": memory.readable(memory.available_bytes()),
    }


def model_report(model: Model, representation: str, window: Literal["auto", "full"] | float) -> dict[str, Any]:
    """What solving a model takes, before anything runs (a window is predicted from smaller systems)."""
    name = choose(model) if representation == "auto" else representation
    model = with_likely_levels(model)
    report: dict[str, Any] = {
        "model": model.name,
        "parameters": model.parameters,
        "terms": [term.name for term in model.terms],
        "charges": [list(charge) for charge in model.charges],
        "representation": name,
        "dimension_full": lattice(model, name)[0],
    }
    if model.centre.kind == "boson":
        report["levels"] = model.centre.levels
    try:
        size, needed, seconds, solver = estimate(model, name, window)
    except TooLarge as error:
        return report | {"fits": False, "reason": str(error)}
    sizes = {"dimension": size, "memory": memory.readable(needed), "memory_bytes": needed, "time_seconds": round(seconds, 3)}
    return report | sizes | {"solver": solver, "fits": True}


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _pair(value: complex) -> list[float]:
    return [value.real, value.imag]


def _complex(pair: Sequence[float]) -> str:
    real, imaginary = pair
    return f"{real:+.12f}" if not imaginary else f"{real:+.12f} {imaginary:+.12f}i"
