"""Two-time functions, spectra and lines of random models: whether the answers are within their errors.  Long: three questions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from oracles.product_states import density_matrices
from oracles.regression import Regression, Response
from oracles.whole_numbers import NoTruth
from scipy import optimize

import permsym as ps
from adversary.verdict import EASY, EPS, LARGEST, TOLERANCE, Verdict
from permsym.errors import InputError

_CUTS = ((6, 9), (9, 13), (13, 18))  # levels of a boson: few and more, whose difference is the oracle's own error
_CURVED = 150  # unknowns up to which S is computed at many frequencies
_WIDTH = 1e-6  # of a width: what a certified line may be off by, and a share or a width of S by a hundred times that


def system_of(model: ps.Model, texts: list[str | None], levels: int | None = None) -> Regression:
    """The oracle of a model and of texts, whose digits are satellites that are told from the others."""
    alone: dict[str, int] = {}
    for digit, name in re.findall(r"[+\-zxy|]([1-9])(?![\d>])(?:@(\w+))?", " ".join(text or "" for text in texts)):
        name = name or model.ensembles[0].name
        alone[name] = max(alone.get(name, 0), int(digit))
    size = levels or model.centre.levels
    orbits = size**2
    for each in model.ensembles:
        k, d = alone.get(each.name, 0), each.levels**2
        orbits *= d**k * math.comb(each.N - k + d - 1, d - 1)
    if orbits > 3 * LARGEST:
        raise NoTruth("too large")
    return Regression(model, levels, alone)


def _cuts(model: ps.Model) -> tuple[tuple[int | None, ...], ...]:
    return _CUTS if model.centre.kind == "boson" else ((None,),)


def _settled(model: ps.Model, compute: Callable[[int | None], list[tuple[complex, float]]]) -> list[tuple[complex, float]]:
    """Values with own errors: of a boson, on so many levels that more change little."""
    for cuts in _cuts(model):
        fine = compute(cuts[-1])
        if len(cuts) == 1:
            return fine
        rough = compute(cuts[0])
        both = [(value, own + 2 * abs(value - other)) for (value, own), (other, _) in zip(fine, rough, strict=True)]
        if all(own <= 1e-3 * TOLERANCE * max(1.0, abs(value)) for value, own in both):
            return both
    return both


def _whole(texts: list[str | None]) -> str:
    """The product at equal times, which says how the state's own errors weigh."""
    return " ".join(text for text in texts if text)


# -- delays -------------------------------------------------------------------------------------------------------------------


def correlations(case: Any, verdict: Verdict) -> None:
    """A two-time function at some delays; g1 and g2 against the functions they are made of."""
    model, o = case.namespace()["model"], case.options
    texts, easy = [o["left"], o["of"], o["right"]], [True]

    def truth(levels: int | None) -> list[tuple[complex, float]]:
        system = system_of(model, texts, levels)
        rho = None
        if o["initial"] is not None:
            start = system.density(*density_matrices(model, o["initial"], levels))
            rho = system.evolved(start, o["start"])[0] if o["start"] else start
        else:
            easy[0] = easy[0] and EPS * system.condition(_whole(texts)) <= EASY * TOLERANCE
        far = float(abs(system.matrix()).sum(axis=0).max()) * (o["times"][-1] + o["start"])
        easy[0] = easy[0] and EPS * far <= EASY * TOLERANCE
        values = system.correlation(o["of"], o["right"], o["times"], o["left"], rho)
        if not o["order"]:
            return values
        number = system.correlation(f"{o['up']} {o['right']}", "", [0.0, *o["times"]], None, rho)
        return _over(values, number, o["order"])

    right = _settled(model, truth)
    try:
        answer = _asked(model, o)
    except InputError as error:
        if all(math.isfinite(abs(value)) for value, _ in right):
            raise
        verdict.untold = str(error)  # the dark has no g1 and no g2
        return
    size = max(1.0, *(abs(value) for value, _ in right))
    certified = answer.certificate.certified
    for t, value, bound, (exact, own) in zip(o["times"], answer.values, answer.errors, right, strict=True):
        allowed = TOLERANCE * size if certified else None
        verdict.compare(f"{answer.name} at tau={t:.4g}", abs(value - exact), bound, own, allowed)
    fine = all(abs(value - exact) <= EASY * TOLERANCE for value, (exact, _) in zip(answer.values, right, strict=True))
    if not certified and fine and easy[0] and not _cut(case):
        verdict.refused.append("; ".join(answer.certificate.reasons))


def _cut(case: Any) -> bool:
    """Whether the user gave the cut-off."""
    return re.search(r"Boson\(\d", case.text) is not None


def _over(values: list[tuple[complex, float]], number: list[tuple[complex, float]], order: int) -> list[tuple[complex, float]]:
    n = [value.real for value, _ in number]
    if min(n) <= 0:
        return [(complex(math.nan), 0.0) for _ in values]
    off = [own / each for (_, own), each in zip(number, n, strict=True)]
    result = []
    for (value, own), late, late_off in zip(values, n[1:], off[1:], strict=True):
        unit = (n[0] * late) ** (order / 2)
        result.append((value / unit, own / unit + order * abs(value) / unit * (off[0] + late_off)))
    return result


def _asked(model: ps.Model, o: dict[str, Any]) -> Any:
    whose = {"tolerance": TOLERANCE}
    if o["initial"] is not None:
        whose |= {"initial": o["initial"], "start": o["start"]}
    if o["order"]:
        return (ps.g1, ps.g2)[o["order"] - 1](model, o["times"], **whose)
    return ps.correlation(model, o["of"], o["right"], o["times"], left=o["left"], **whose)


# -- frequencies --------------------------------------------------------------------------------------------------------------


def spectra(case: Any, verdict: Verdict) -> None:
    """S at some frequencies, its integral and its coherent part; frequencies near a line are given as shares of its width."""
    model, o = case.namespace()["model"], case.options
    w = _frequencies(model, o)
    easy = [True]

    def truth(levels: int | None) -> list[tuple[complex, float]]:
        system = system_of(model, [o["of"], o["right"]], levels)
        response = system.response(o["of"], o["right"])
        if len(response.inside) > LARGEST:
            raise NoTruth("too large")
        rows = response.power(w)
        scale = max(abs(value) for value, _, _ in rows)
        easy[0] = easy[0] and all(EPS * sensitive <= EASY * TOLERANCE * scale for _, _, sensitive in rows)
        easy[0] = easy[0] and EPS * system.condition(_whole([o["of"], o["right"]])) <= EASY * TOLERANCE * scale
        rest = 1e-17 * (1 + abs(response.decaying))
        return [*((value, own) for value, own, _ in rows), (2 * math.pi * response.decaying.real, rest), (response.coherent, rest)]

    *right, rule, coherent = _settled(model, truth)
    answer = ps.spectrum(model, w, o["of"], o["right"], tolerance=TOLERANCE)
    certified, scale = answer.certificate.certified, max(abs(value) for value, _ in right)
    for at, value, bound, (exact, own) in zip(w, answer.power, answer.errors, right, strict=True):
        allowed = TOLERANCE * scale * (1 + 2 * TOLERANCE) if certified else None
        verdict.compare(f"S({at:.6g})", abs(value - exact), bound, own, allowed)
    if certified:
        near = 1e-8 * max(1.0, abs(rule[0]))
        verdict.compare("the sum rule", abs(answer.certificate.sum_rule - rule[0]), math.inf, rule[1], near)
        verdict.compare("the coherent part", abs(answer.coherent - coherent[0]), math.inf, coherent[1], near)
    fine = all(abs(value - exact) <= EASY * TOLERANCE * scale for value, (exact, _) in zip(answer.power, right, strict=True))
    if not certified and fine and easy[0] and not _cut(case):
        verdict.refused.append("; ".join(answer.reasons))


def _frequencies(model: ps.Model, o: dict[str, Any]) -> list[float]:
    """Random ones, and some near lines of the oracle's few levels."""
    w = [float(each) for each in o["frequencies"]]
    if o["near"]:
        response = system_of(model, [o["of"], o["right"]], _CUTS[0][0] if model.centre.kind == "boson" else None).response(
            o["of"], o["right"]
        )
        if not 0 < len(response.inside) <= LARGEST or abs(response.decaying) < 1e-12:
            return w
        values, _, shares, _ = response.lines()
        seen = values[np.abs(shares) > 1e-6]
        w += [float(seen[k % len(seen)].imag + share * seen[k % len(seen)].real) for k, share in o["near"] if len(seen)]
    return w


def lines(case: Any, verdict: Verdict) -> None:
    """A line against all eigenvalues that the function sees: its eigenvalue, its share, and whether another one was asked for."""
    model, o = case.namespace()["model"], case.options
    cuts = _cuts(model)[:2][-1]
    responses = [system_of(model, [o["of"], o["right"]], levels).response(o["of"], o["right"]) for levels in cuts]
    if any(len(each.inside) > LARGEST for each in responses):
        raise NoTruth("too large")
    response = responses[-1]
    if abs(response.decaying) < 1e-9:
        raise NoTruth("there is hardly a function")
    values, own, shares, sensitive = response.lines()
    own_shares = np.zeros(len(values))
    if len(responses) > 1:
        rough, _, rough_shares, _ = responses[0].lines()
        near = np.abs(values[:, None] - rough[None, :]).argmin(axis=1)
        own, own_shares = own + 2 * np.abs(values - rough[near]), 2 * np.abs(shares - rough_shares[near])
    size = float(np.abs(values).max())
    answer = ps.linewidth(model, o["near"], o["of"], o["right"])
    certified, value = answer.certified, answer.eigenvalue
    nearest = int(np.argmin(np.abs(values - value)))
    allowed = _WIDTH / 2 * answer.fwhm if certified else None
    verdict.compare(f"eigenvalue {value:.6g}", abs(value - values[nearest]), answer.error, own[nearest], allowed)
    if not certified:
        little = EASY * _WIDTH * answer.fwhm
        close = abs(value - values[nearest]) + own[nearest] <= little and EPS * sensitive[nearest] <= little
        if close and answer.state.certificate.certified and not _cut(case):
            verdict.refused.append("; ".join(answer.reasons))
        return
    if own[nearest] > 1e-9 * answer.fwhm:
        return
    apart = np.sort(np.abs(values - values[nearest]))[1] if len(values) > 1 else math.inf
    if apart > 1e-4 * size:
        allowed = 100 * _WIDTH * max(1.0, abs(shares[nearest]))
        verdict.compare("share", abs(answer.weight - shares[nearest].real), answer.weight_error, float(own_shares[nearest]), allowed)
    seen = (np.abs(shares) > 1e-6) & (own < 1e-9 * size)
    if not seen.any():
        return
    if o["near"] is not None:
        off = abs(value - 1j * o["near"]) - float(np.abs(values[seen] - 1j * o["near"]).min())
        verdict.compare("distance of the nearest line", max(0.0, off), math.inf, 0.0, 1e-6 * size)
    _shape(answer, response, values[seen], o["near"] is None, verdict)


def _shape(answer: Any, response: Response, values: np.ndarray, highest: bool, verdict: Verdict) -> None:
    """The maximum and the width of S itself."""

    def power(w: float) -> float:
        return response.power([w])[0][0]

    if answer.peak is None or len(response.inside) > _CURVED:
        return
    top = power(answer.peak)
    if answer.half_maximum is not None:
        guess = answer.half_maximum
        edges = []
        for side in (-1, 1):
            w = answer.peak + side * guess * np.linspace(0, 2, 41)
            below = np.flatnonzero(np.array([power(v) for v in w]) < top / 2)
            if not len(below):
                verdict.wrong.append(f"S does not fall to half at {answer.peak:.6g} within two widths {guess:.6g}")
                return
            low, high = w[below[0] - 1], w[below[0]]
            edges.append(optimize.brentq(lambda v: power(v) - top / 2, low, high, xtol=1e-14 * abs(high - low) + 4 * EPS * abs(low)))
        off = abs(edges[1] - edges[0] - answer.half_maximum)
        verdict.compare(
            "width at half maximum",
            off,
            answer.half_maximum_error + 1e3 * EPS * abs(answer.peak),
            0.0,
            100 * _WIDTH * answer.half_maximum + 1e3 * EPS * abs(answer.peak),
        )
    if highest:
        most = max(power(value.imag) for value in values)
        verdict.compare("how far below the highest", max(0.0, most - top), math.inf, 0.0, 1e-6 * abs(most))
