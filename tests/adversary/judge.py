"""Whether an answer is right within its error, and whether it should have come at all.  Long: a function a question.

A deviation counts only beyond the oracle's own error.  Four things can be wrong:

violated   an error above its bound, certified or not
wrong      certified, and an error above what that word promises: tolerance x max(1, |value|) of a moment, 1e-6 |value| of a derived
           quantity
crashed    an exception that is none of permsym's own
refused    refused or not certified, though the answer hardly depends on its parameters' last digits
"""

from __future__ import annotations

import math
import traceback
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from oracles.high_precision import HighPrecision
from oracles.product_states import density_matrices
from oracles.whole_numbers import NoTruth

import permsym as ps
from adversary import proved, two_times
from adversary.generator import Case
from adversary.verdict import EASY, EPS, LARGEST, TOLERANCE, Verdict, apart
from permsym.errors import NotApplicable, UnsuitedModel
from permsym.moments.labels import enumerate_labels
from permsym.steady.certificate import Shortfall

DERIVED = 1e-6
_GRADIENT = 1e-6  # of a gradient, relative to max(1, |value|): it has no error estimate of its own
_SMALL = 1e3 * EPS / DERIVED  # derived quantities below it an iteration cannot certify: it rounds to its largest numbers
_LEVELS = (6, 9, 13, 19, 27)
_SETTLED = 1e-15  # change of every moment with more levels, relative to max(1, |value|), from which they are enough


def judge(case: Case) -> Verdict:
    """The verdict on a case."""
    verdict = Verdict()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            QUESTIONS[case.question](case, verdict)
        except NoTruth as reason:
            verdict.untold = str(reason) or "no truth"
        except ps.PermsymError as error:
            verdict.refused.append(f"{type(error).__name__}: {error}")
        except Exception:
            verdict.crashed.append(traceback.format_exc(limit=-3))
    if not verdict.sharp and not verdict.faults:
        verdict.untold = verdict.untold or "the oracle's own error is too large"
    return verdict


# -- the truth --------------------------------------------------------------------------------------------------------------


class Truth:
    """A steady state's moments with the oracle's own errors: of a boson, on so many levels that more change nothing."""

    def __init__(self, model: ps.Model, labels: list[str]) -> None:
        self.values: dict[str, tuple[Fraction, Fraction]] = {}
        self.own: dict[str, float] = dict.fromkeys(labels, 0.0)
        if model.centre.kind != "boson":
            self.system = HighPrecision(model)
            self.values = {label: self.system.value(label) for label in labels}
            return
        for levels in _LEVELS:
            before, self.system = self.values, HighPrecision(model, levels)
            self.values = {label: self.system.value(label) for label in labels}
            if before:
                self.own = {label: 2 * apart(self.values[label], before[label]) for label in labels}
                if all(self.own[label] <= _SETTLED * max(1.0, self.size(label)) for label in labels):
                    return
        raise NoTruth(f"{levels} levels are not enough")

    def size(self, label: str) -> float:
        return math.hypot(*map(float, self.values[label]))

    def derived(self) -> dict[str, tuple[Fraction, float]]:
        """Values of derived quantities and the oracle's own errors, from moments."""
        model, rows = self.system.model, {}
        if model.centre.kind == "boson":
            n, pairs = self.values["ad a"][0], self.values["ad ad a a"][0]
            rows["photons"] = (n, self.own["ad a"])
            rows["coherent_photons"] = (sum(part**2 for part in self.values["a"]), 2 * self.own["a"] * self.size("a") + self.own["a"] ** 2)
            if n > 0:
                r = self.own["ad a"] / float(n)
                rows["g2"] = (pairs / n**2, self.own["ad ad a a"] / float(n) ** 2 + 3 * r * float(pairs / n**2))
        several = len(model.ensembles) > 1
        spins = {f"p_up@{e.name}" if several else "p_up": f"z1@{e.name}" if several else "z1" for e in model.ensembles if e.kind == "spin"}
        if model.centre.kind == "spin":
            spins["p0_up"] = "z0"
        return rows | {name: ((1 + self.values[label][0]) / 2, self.own[label] / 2) for name, label in spins.items()}


def _labels(model: ps.Model) -> list[str]:
    """Moments that are compared: all of order 2, and what derived quantities need."""
    extra = ["ad ad a a"] if model.centre.kind == "boson" else []
    return list(dict.fromkeys([*(str(label) for label in enumerate_labels(model, 2)), *extra]))


# -- questions --------------------------------------------------------------------------------------------------------------


def steady(case: Case, verdict: Verdict) -> None:
    model = case.namespace()["model"]
    truth = Truth(model, _labels(model))
    try:
        state = ps.steady_state(model, tolerance=TOLERANCE, **case.options)
    except (NotApplicable, UnsuitedModel) as error:
        verdict.untold = str(error)
        return
    except ps.PermsymError as error:
        if _easy(truth):
            verdict.refused.append(f"{type(error).__name__}: {error}")
        return
    certified = state.certificate.certified
    for label in state.certificate.errors:
        allowed = TOLERANCE * max(1.0, truth.size(label)) if certified else None
        verdict.compare(label, apart(state.moment(label), truth.values[label]), state.error(label), truth.own[label], allowed)
    rows = truth.derived()
    for name, value in state.derived.items():
        if name not in rows:  # there is no light to have a g2
            if certified:
                verdict.wrong.append(f"{name} = {value:.3g} of the dark, certified")
            continue
        right, own = rows[name]
        allowed = DERIVED * abs(float(right)) if certified else None
        verdict.compare(name, abs(float(Fraction(value) - right)), state.derived_errors[name], own, allowed)
    right = all(apart(state.moment(label), truth.values[label]) <= EASY * TOLERANCE * max(1.0, truth.size(label)) for label in truth.values)
    if not certified and right and _easy(truth) and not _drowned(case, state, rows):
        verdict.refused.append("; ".join(state.certificate.reasons))


def _drowned(case: Case, state: ps.State, rows: dict[str, tuple[Fraction, float]]) -> bool:
    """Whether all that is uncertain are small derived quantities of an iteration that was asked for."""
    parts = {name: abs(value) for name, (value, _) in rows.items()}
    if "g2" in parts:
        parts["g2"] *= parts["photons"] ** 2
    uncertain = state.certificate.uncertain
    iterated = case.options.get("solver") == "matrix-free"
    return iterated and state.certificate.shortfalls.keys() == {Shortfall.DERIVED} and all(parts[name] < _SMALL for name in uncertain)


def closed(case: Case, verdict: Verdict) -> None:
    """Against a closed form, as fractions."""
    expected, wells = case.options["expected"], case.options.get("wells", False)
    try:
        state = ps.steady_state(case.namespace()["model"], moments=list(expected), tolerance=TOLERANCE)
    except ps.PermsymError as error:
        if not wells:  # their exchange may be slower than rounding
            verdict.refused.append(f"{type(error).__name__}: {error}")
        return
    certified = state.certificate.certified
    right = True
    for label, value in expected.items():
        error, size = apart(state.moment(label), value), max(1.0, math.hypot(*map(float, value)))
        right = right and error <= EASY * TOLERANCE * size
        verdict.compare(label, error, state.error(label), 0.0, TOLERANCE * size if certified else None)
    if right and not certified and not wells:
        verdict.refused.append("; ".join(state.certificate.reasons))


def _easy(truth: Truth) -> bool:
    """Whether rounding every parameter changes no moment by what matters."""
    return all(EPS * truth.system.condition(label) <= EASY * TOLERANCE * max(1.0, truth.size(label)) for label in truth.values)


def evolve(case: Case, verdict: Verdict) -> None:
    model = case.namespace()["model"]
    labels = [str(label) for label in enumerate_labels(model, 2)]
    truth = list(_followed(model, case.options, labels))
    answer = ps.evolve(model, case.options["times"], initial=case.options["initial"], method=case.options["method"], tolerance=TOLERANCE)
    certificate = answer.certificate
    for t, values in truth:
        at = case.options["times"].index(t)
        for label, (right, own) in values.items():
            error = float(abs(np.clongdouble(answer.moment(label)[at]) - right))
            allowed = TOLERANCE * max(1.0, float(abs(right))) if certificate.certified else None
            verdict.compare(f"{label} at t={t:.4g}", error, certificate.errors[label], own, allowed)


def _followed(model: ps.Model, options: dict[str, Any], labels: list[str]) -> Iterator[tuple[float, dict[str, tuple[Any, float]]]]:
    """Times, and each moment with the oracle's own error."""
    cuts = (10, 14) if model.centre.kind == "boson" else (None,)
    runs = []
    for levels in cuts:
        system = HighPrecision(model, levels)
        if system.n > LARGEST:
            raise NoTruth("too large")
        start = system.density(*density_matrices(model, options["initial"], levels))
        run = []
        for t in options["times"]:
            state, rounding = system.evolved(start, t)
            run.append({label: (system.expected(label, state), rounding * system.weight(label)) for label in labels})
        runs.append(run)
    for t, rough, fine in zip(options["times"], runs[0], runs[-1], strict=True):
        yield t, {label: (value, own + 2 * float(abs(value - rough[label][0]))) for label, (value, own) in fine.items()}


def eigenvalues(case: Case, verdict: Verdict) -> None:
    """Each eigenvalue within its error of a true one; the gap is the slowest rate of the neutral sector."""
    model, k = case.namespace()["model"], case.options["k"]
    system = HighPrecision(model)
    if system.n > LARGEST:
        raise NoTruth("too large")
    values, own = system.eigenvalues((0,) * len(model.charges))
    answer = ps.eigenvalues(model, k=k)
    size = float(np.abs(values).max())
    for value, bound in zip(answer.eigenvalues, answer.errors, strict=True):
        nearest = int(np.argmin(np.abs(values - value)))
        if own[nearest] < 1e-9 * size:
            verdict.compare(f"eigenvalue {value:.6g}", abs(value - values[nearest]), bound, own[nearest], _GRADIENT * size)
    others = np.delete(values, int(np.argmin(np.abs(values))))
    right = -float(others.real.max())
    if own.max() < 1e-9 * right:
        verdict.compare("gap", abs(answer.gap - right), answer.gap_error, own.max(), _GRADIENT * right)


def gradient(case: Case, verdict: Verdict) -> None:
    names = case.namespace()
    f, model = names["f"], names["model"]
    state = ps.steady_state(model, tolerance=TOLERANCE)
    system = HighPrecision(model)
    keys = [*model.hamiltonian.terms, *range(len(model.jumps))]

    def coefficients(**changed: float) -> list[complex]:
        other = f(**{**model.parameters, **changed})
        return [
            *(other.hamiltonian.terms.get(key, 0) for key in keys[: len(model.hamiltonian.terms)]),
            *(jump.rate for jump in other.jumps),
        ]

    middle = coefficients()
    for name, value in model.parameters.items():
        # coefficients are linear in parameters: one step is exact
        weights = [float(((b - a) / a).real) / (2 * value - value) for a, b in zip(middle, coefficients(**{name: 2 * value}), strict=True)]
        change = system.slope(weights)
        for label in case.options["moments"]:
            right = system.value(label, change)
            error = apart(state.gradient(label, family=f)[name], right)
            allowed = _GRADIENT * max(1.0, math.hypot(*map(float, right))) if state.certificate.certified else None
            verdict.compare(f"d{label}/d{name}", error, math.inf, 0.0, allowed)


def cumulants(case: Case, verdict: Verdict) -> None:
    model = case.namespace()["model"]
    truth = Truth(model, _labels(model))
    state = ps.cumulants.steady_state(model, case.options["order"])
    for label in truth.values:
        allowed = TOLERANCE if state.certified else None
        verdict.compare(label, apart(state.moment(label), truth.values[label]), state.error(label), 0.0, allowed)
    if not state.certified and _easy(truth):
        verdict.refused.append(f"residual {state.residual:.1e}")


def routes(case: Case, verdict: Verdict) -> None:
    """Against the full lattice in double precision, whose own bound counts as the oracle's error."""
    model = case.namespace()["model"]
    try:
        state = ps.steady_state(model, **case.options["options"])
    except ps.PermsymError as error:
        if not isinstance(error, NotApplicable | UnsuitedModel):
            raise
        verdict.untold = str(error)
        return
    full = ps.steady_state(model, window="full", solver="superlu", basis="dicke")
    for label in map(str, state.labels(2)):
        right, own = full.moment(label), full.error(label)
        allowed = TOLERANCE if state.certificate.certified else None
        verdict.compare(label, abs(state.moment(label) - right), state.error(label), own, allowed)


def limit(case: Case, verdict: Verdict) -> None:
    f = case.namespace()["f"]
    for quantity, right in case.options["expected"].items():
        answer = ps.limit(f, quantity, sizes=case.options["sizes"])
        verdict.compare(quantity, abs(answer.value - right), answer.error, 4 * EPS, None)


QUESTIONS: dict[str, Callable[[Case, Verdict], None]] = {
    "steady": steady,
    "closed": closed,
    "evolve": evolve,
    "eigenvalues": eigenvalues,
    "gradient": gradient,
    "cumulants": cumulants,
    "routes": routes,
    "limit": limit,
    "correlations": two_times.correlations,
    "spectra": two_times.spectra,
    "lines": two_times.lines,
    "bounds": proved.bounds,
}
