"""What commands print: JSON documents and tables."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from permsym import machine
from permsym.basis.representations import choose
from permsym.cli import counting, gradient, quantities
from permsym.dataset.versions import versions
from permsym.errors import DegenerateSteadyState, TooLarge
from permsym.models.registry import names as model_names
from permsym.steady.needs import lattice
from permsym.steady.plan import NAMES
from permsym.steady.solve import plan_of
from permsym.text import finite, pair, readable, table

if TYPE_CHECKING:
    from permsym.basis.several import Cut
    from permsym.dynamics.evolved.evolution import Evolution
    from permsym.model import Model
    from permsym.models.registry import ModelSource
    from permsym.moments.labels import MomentLabel
    from permsym.moments.mode import PhotonDistribution
    from permsym.steady.state import State


def solve_report(
    state: State,
    labels: Iterable[MomentLabel],
    source: ModelSource,
    parameters: dict[str, float | str],
    photons: PhotonDistribution | None = None,
) -> dict[str, Any]:
    """The JSON document of ``permsym solve``."""
    keys = list(labels)
    extra: dict[str, Any] = {}
    if photons is not None:
        errors = None if photons.error is None else [finite(value) for value in photons.error.tolist()]
        extra["photon_distribution"] = {"probability": photons.probability.tolist(), "error": errors}
    return {
        "model": source.name,
        "parameters": state.model.parameters,
        "defaults": sorted(source.defaulted(parameters)),
        "representation": state.basis.representation,
        "dimension": state.dimension,
        "moments": {str(key): pair(state.moment(key)) for key in keys},
        "cumulants": {str(key): pair(state.cumulant(key)) for key in keys},
        "derived": state.derived,
        "derived_errors": {name: finite(value) for name, value in state.derived_errors.items()},
        **extra,
        "certificate": state.certificate.to_dict(),
        "plan": None if state.plan is None else state.plan.to_dict(),
        "solver": state.solver,
        "timings": state.timings,
        "versions": versions(),
    }


def solve_table(report: dict[str, Any]) -> str:
    """The report of ``permsym solve`` as text."""
    certificate = report["certificate"]
    rows: list[Sequence[str]] = [("moment", "value", "error bound", "cumulant")]
    vanishing = []
    for label, value in report["moments"].items():
        bound = certificate["errors"][label]
        if bound == 0 and not any(value):
            vanishing.append(label)
        else:
            rows.append((label, _complex(value), _bound(math.hypot(*value), bound), _complex(report["cumulants"][label])))
    moments = [table(rows)] if len(rows) > 1 else []
    moments += [f"zero by symmetry: {', '.join(vanishing)}"] if vanishing else []
    errors = report["derived_errors"]
    derived = "\n".join(f"{name} = {_real(value)} +- {_bound(abs(value), errors[name])}" for name, value in report["derived"].items())
    derived += quantities.rows(report) + counting.rows(report)
    derived += _photon_rows(report.get("photon_distribution")) + gradient.rows(report)
    shown = {name: certificate[name] for name in ("error_estimate", "residual", "balance", "edge_mass", "min_population")}
    lines = ", ".join(f"{name} {value:.1e}" if value is not None else f"{name} not finite" for name, value in shown.items())
    verdict = "certified" if certificate["certified"] else "NOT CERTIFIED"
    if "verification" in certificate:
        other = certificate["verification"]
        lines += f"\n{other['representation']} representation: largest difference {other['largest_difference']:.1e}"
    head = f"{report['model']}, {report['representation']} representation, {report['dimension']:,} unknowns"
    middle = "\n\n".join(moments)
    return f"{head}\n\n{middle}\n\n{derived}\n\n{verdict}: {lines}"


def cumulant_table(report: dict[str, Any]) -> str:
    """The report of ``permsym cumulants`` as text."""
    rows: list[Sequence[str]] = [("moment", "value", "cumulant")]
    rows += [(label, _complex(value), _complex(report["cumulants"][label])) for label, value in report["moments"].items()]
    derived = "\n".join([*(f"{name} = {value:z.12f}" for name, value in report["derived"].items()), *report["notes"]])
    verdict = "stable" if report["stable"] else f"UNSTABLE, the equations go to: {report['attractor']}"
    how = f"{report['counting']}, {report['closure']}"
    head = f"{report['model']}, cumulants of order {report['order']} ({how}), {report['dimension']:,} unknowns"
    residual = report["certificate"]["residual"]
    foot = f"{verdict}: largest real part of the spectrum {report['stability']:.4g}, residual {residual:.1e}"
    return f"{head}\n\n{table(rows)}\n\n{derived}\n\n{foot}"


def branch_table(report: dict[str, Any]) -> str:
    """The report of ``permsym continue`` as text."""
    name = report["over"]
    shown = list(report["points"][0]["derived"])
    rows: list[Sequence[str]] = [(name, *shown, "stability", "")]
    for point in report["points"]:
        values = [f"{point['derived'].get(key, float('nan')):z.10f}" for key in shown]
        rows.append((f"{point[name]:.8g}", *values, f"{point['stability']:+.3e}", "" if point["stable"] else "unstable"))
    lines = [f"fold at {name}={event[name]:.10g}" for event in report["folds"]]
    lines += [f"Hopf point at {name}={event[name]:.10g}, angular frequency {event['omega']:.8g}" for event in report["hopf"]]
    lines += [f"a real eigenvalue crosses zero at {name}={event[name]:.10g}" for event in report["crossings"]]
    return "\n".join([table(rows), *lines])


def evolve_report(evolution: Evolution, source: ModelSource, parameters: dict[str, float | str]) -> dict[str, Any]:
    """The JSON document of ``permsym evolve``: that of ``solve``, with lists over ``times`` as moments and derived quantities."""
    return {
        "model": source.name,
        "parameters": evolution.model.parameters,
        "defaults": sorted(source.defaulted(parameters)),
        "initial": str(evolution.initial),
        **({"modulate": dict(evolution.modulation)} if evolution.modulation else {}),
        "representation": evolution.representation,
        "dimension": evolution.dimension,
        "times": evolution.times.tolist(),
        "moments": {label: [pair(complex(value)) for value in values] for label, values in evolution.moments.items()},
        "derived": {name: list(map(finite, values.tolist())) for name, values in evolution.derived.items()},
        "derived_errors": {name: list(map(finite, values.tolist())) for name, values in evolution.derived_errors.items()},
        "certificate": evolution.certificate.to_dict(),
        "solver": evolution.solver,
        "timings": evolution.timings,
        "versions": versions(),
    }


def evolve_table(report: dict[str, Any], asked: Sequence[str] = ()) -> str:
    """The report of ``permsym evolve`` as text: the moments that were asked for and derived quantities over time."""
    certificate, derived = report["certificate"], report["derived"]
    rows: list[Sequence[str]] = [("time", *asked, *derived)]
    for k, t in enumerate(report["times"]):
        moments = (_complex(report["moments"][label][k]) for label in asked)
        rows.append((f"{t:.6g}", *moments, *("-" if values[k] is None else f"{values[k]:z.12f}" for values in derived.values())))
    largest = [f"{label} {certificate['errors'][label]:.0e}" for label in asked]
    largest += [f"{name} {_largest(values, derived[name])}" for name, values in report["derived_errors"].items()]
    shown = ("error_estimate", "trace_defect", "min_population", "top_population")
    lines = ", ".join(f"{name} {certificate[name]:.1e}" if certificate[name] is not None else f"{name} not finite" for name in shown)
    verdict = "certified" if certificate["certified"] else "NOT CERTIFIED"
    head = f"{report['model']} from {report['initial']!r}, {report['representation']} representation, {report['dimension']:,} unknowns"
    head += "".join(f"\n{name} = {rule}" for name, rule in report.get("modulate", {}).items())
    also = quantities.series(report) + counting.series(report)
    return f"{head}\n\n{table(rows)}{also}\n\nlargest errors: {', '.join(largest)}\n\n{verdict}: {lines}"


def _largest(errors: Sequence[float | None], values: Sequence[float | None]) -> str:
    """The largest error of the values that are there; the others are counted."""
    certain = [error for error, value in zip(errors, values, strict=True) if error is not None and value is not None]
    missing = len(errors) - len(certain)
    words = [f"{max(certain):.0e}"] if certain else []
    return " ".join([*words, *([f"(not certain at {missing} times, left out)"] if missing else [])])


def info_report() -> dict[str, Any]:
    """Versions, back ends, and what this machine offers."""
    optional = {
        name: importlib.util.find_spec(name) is not None for name in ("qutip", "numba", "pypardiso", "xarray", "h5netcdf", "matplotlib")
    }
    return {
        **versions(),
        "models": list(model_names()),
        "solvers": list(NAMES),
        "installed": [name for name, installed in optional.items() if installed],
        "cores": machine.cores(),
        "memory_available": readable(machine.available_bytes()),
    }


def model_report(model: Model, representation: str, window: Literal["auto", "full"] | float | Cut) -> dict[str, Any]:
    """What solving a model takes, before anything runs (a window is predicted from smaller systems)."""
    name = choose(model) if representation == "auto" else representation
    report: dict[str, Any] = {
        "model": model.name,
        "parameters": model.parameters,
        "equation": model.equation.splitlines(),
        "terms": [str(term) for term in model.terms],
        "charges": [list(charge) for charge in model.charges],
        "symmetry": model.symmetry.lines(),
        "representation": name,
    }
    try:
        plan = plan_of(model, basis=representation, window=window)
    except (TooLarge, DegenerateSteadyState) as error:
        return report | {"fits": False, "reason": str(error)}
    cut = model if plan.levels is None else plan.model.with_levels(plan.levels)
    report["dimension_full"] = plan.unknowns if cut.centre.automatic else lattice(cut, name)[0]
    if cut.centre.kind == "boson":
        report["levels"] = cut.centre.levels
    sizes = {"dimension": plan.unknowns, "memory": readable(plan.bytes), "memory_bytes": plan.bytes, "time_seconds": round(plan.seconds, 3)}
    report |= sizes | {"solver": plan.solver_name, "plan": plan.to_dict()}
    free = machine.available_bytes()
    if plan.bytes > free:
        return report | {"fits": False, "reason": f"this needs about {readable(plan.bytes)}, but {readable(free)} are available"}
    return report | {"fits": True}


def _photon_rows(photons: dict[str, Any] | None) -> str:
    """P(n) as lines of a table; "" where it was not asked for."""
    if photons is None:
        return ""
    rows: list[Sequence[str]] = [("n", "P(n)", "error bound")]
    errors = photons["error"] or [None] * len(photons["probability"])
    for n, (value, error) in enumerate(zip(photons["probability"], errors, strict=True)):
        rows.append((str(n), f"{value:.10e}", _bound(value, error)))
    return "\n\n" + table(rows)


def _bound(size: float, bound: float | None) -> str:
    """An error bound beside a value of this size."""
    if bound is None:
        return "not finite, no digit is certain"
    return f"{bound:.0e}" if bound <= size or bound == 0 else f"{bound:.0e}, no digit is certain"


def _real(value: float) -> str:
    """Twelve decimals, or as many digits of a small number."""
    return f"{value:z.12f}" if abs(value) >= 1e-3 or not value else f"{value:.12g}"


def _complex(pair: Sequence[float]) -> str:
    real, imaginary = pair
    return f"{real:+z.12f}" if not imaginary else f"{real:+z.12f} {imaginary:+z.12f}i"
