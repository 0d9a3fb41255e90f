"""A problem in words and numbers for somebody without permsym: equation, convention of every rate, points, code for QuTiP."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from permsym.dataset.schema import CONVENTION, derived
from permsym.model import Model
from permsym.models.parameters import Number
from permsym.reference.problems import SET, Problem
from permsym.reference.qutip_code import qutip_code
from permsym.terms import Term

_CONVENTIONS = {
    "rate": "a rate r of x is r L[x], with L[x] rho = x rho x^dag - x^dag x rho / 2 - rho x^dag x / 2; the collapse operator is sqrt(r) x",
    "twice": "texts that write gamma (2 x rho x^dag - x^dag x rho - rho x^dag x) mean r = 2 gamma here",
    "kinds": "central: of the mode or spin 0; individual: r sum_n L[x_n], each by itself; collective: r L[sum_n x_n], one jump",
    "spins": "sz has eigenvalues +1 and -1, sn+ = |up><down|, sn- = |down><up|, level 0 is up; there are no factors of 1/2 in them",
    "labels": "digits name different satellites: +1 -2 is <s1+ s2->, z1 is <s1z>, 0 is the centre; ad and a are a^dag and a, as they stand",
    "QuantumCumulants.jl": "`rates` of a MeanfieldEquations are the rates r here, with the jump operators x",
    "QuTiP": "c_ops are sqrt(r) x",
}
"""What rates and labels mean, beside the sentence that every file has."""

_DECAYS = {
    "a": "the mode's amplitude decays at r/2, its photon number at r",
    "-": "the upper population decays at r, the coherence at r/2",
    "+": "the lower population is pumped up at r, the coherence decays at r/2",
    "z": "the coherence decays at 2 r, populations stay",
}


def symbols(problem: Problem) -> str:
    """The model's equation in symbols, with what its parameters mean."""
    paragraphs = (inspect.getdoc(problem.sweep.source.function) or "").split("\n\n")[1:]
    return "\n\n".join(part for part in paragraphs if not part.startswith("Raises"))


def about(problem: Problem, points: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """JSON-ready: what a template of these points asks for.

    points   the parameters that vary, with times and delays, in the template's order
    """
    sweep = problem.sweep
    return {
        "name": problem.name,
        "title": problem.title,
        "set": SET,
        "physics": problem.physics,
        "hard": problem.hard,
        "symbols": symbols(problem),
        "equation": problem.sweep.model(problem.sweep.indices[0]).equation,
        "rates": [_rate(term) for term in sweep.model(sweep.indices[0]).terms if term.jump],
        "convention": CONVENTION,
        "conventions": _CONVENTIONS,
        "quantities": {quantity: _meaning(quantity) for quantity in problem.quantities},
        "initial": None if sweep.evolution is None else sweep.evolution.initial,
        "changes": {} if sweep.evolution is None else dict(sweep.evolution.modulate),
        "points": [{"point": number, **dict(point), **_numbers(problem, point)} for number, point in enumerate(points)],
        "model": problem.path.read_text(encoding="utf-8"),
        "qutip": qutip_code(problem),
        "command": f"permsym run {problem.path.name} -o {problem.name}.nc",
    }


def _rate(term: Term) -> dict[str, Any]:
    """A jump at the first point, with what its rate does."""
    letter = term.spelled[2 : term.spelled.index("]")].rstrip("0").partition("@")[0]
    decay = _DECAYS.get(letter) if term.kind != "collective" else None
    return {"jump": term.spelled, "rate": term.coefficient.real, **({} if decay is None else {"does": decay})}


def _meaning(quantity: str) -> str:
    if quantity in _SPELLED:
        return _SPELLED[quantity]
    variable = derived(quantity)
    return variable.long_name if variable.long_name != quantity else f"<{quantity}>"


_SPELLED = {
    "photons": "<a^dag a>",
    "g2": "<a^dag a^dag a a> / <a^dag a>^2",
    "coherent_photons": "|<a>|^2",
    "p0_up": "(1 + <z0>)/2",
    "p_up": "(1 + <z1>)/2",
    "linewidth": "full width at half maximum of the highest line, -2 Re lambda",
}


def _numbers(problem: Problem, point: Mapping[str, float]) -> dict[str, Number]:
    """All parameters of a point's model, but for those that vary; levels are the solver's choice."""
    sweep = problem.sweep
    varying: Mapping[str, Number] = {n: _whole(point[n]) for d in sweep.dimensions for n in d.columns}
    model: Model = sweep.source.model({**sweep.fixed, **varying})
    return {name: value for name, value in model.parameters.items() if name not in point}


def _whole(value: float) -> float:
    return int(value) if value == round(value) else value
