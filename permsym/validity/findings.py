"""What a validity map says, in sentences with their numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from permsym.dataset.status import Status
from permsym.plot import called
from permsym.validity.errors import percent
from permsym.validity.regions import Mask, ValidityMap

_MENTIONED = 0.005  # share of the map from which something is said
_WORDS = {
    Status.UNSTABLE: "unstable",
    Status.UNPHYSICAL: "unphysical",
    Status.NO_FIXED_POINT: "without a fixed point",
    Status.FAILED: "without a result",
    Status.REFUSED: "refused",
}


def findings(judged: ValidityMap) -> list[str]:
    """Sentences, the most useful ones first."""
    return [*_regions(judged), *_ends(judged), *_exact_only(judged), *_orders(judged), *_outcomes(judged), *_accuracy(judged)]


def _regions(judged: ValidityMap) -> Iterator[str]:
    for k, (name, region) in enumerate(judged.regions.items()):
        share, alone = judged.share(region.within), judged.share(judged.cheapest == k)
        words = f"{called(name)} is within {judged.within} on {percent(share)} of the map"
        if alone:
            words += f", and the cheapest that is on {percent(alone)}"
        off = region.fit & ~region.within & ~region.accident
        if off.any():
            above = float((region.t[off] > 0).mean())
            side = "above" if above > 0.9 else "below" if above < 0.1 else f"above in {percent(above)} of it"
            words += f"; elsewhere it lies {side}"
        yield words + "."


def _ends(judged: ValidityMap) -> Iterator[str]:
    """From where on along the first axis each method is within for good, at the ends of the second one."""
    if len(judged.grid.lines) == 1:
        for name, region in judged.regions.items():
            yield f"{called(name)} is within {_stretch(judged, region.within)}."
        return
    second = judged.grid.lines[1]
    for name, region in judged.regions.items():
        if not region.within.any():
            yield f"{called(name)} is within nowhere."
            continue
        parts = [f"{_stretch(judged, region.within[:, k])} at {second.axis.name} = {second.spelled(k)}" for k in (0, -1)]
        somewhere: Mask = np.asarray(region.within.any(axis=0))
        if somewhere.any() and not somewhere.all():
            lowest, highest = map(second.spelled, np.flatnonzero(somewhere)[[0, -1]])
            if not somewhere[0]:
                parts[0] = f"nowhere below {second.axis.name} = {lowest}"
            if not somewhere[-1]:
                parts[1] = f"nowhere above {second.axis.name} = {highest}"
        yield f"{called(name)} is within " + " and ".join(dict.fromkeys(parts)) + "."


def _stretch(judged: ValidityMap, within: Mask) -> str:
    """Where along the first axis, in words."""
    line = judged.grid.lines[0]
    name = line.axis.name
    if within.all():
        return f"at every {name}"
    if not within.any():
        return f"at no {name}"
    edges = np.flatnonzero(np.diff(within))
    if within[-1] and len(edges) == 1:
        return f"from {name} = {line.spelled(edges[0] + 1)} on"
    if within[0] and len(edges) == 1:
        return f"up to {name} = {line.spelled(edges[0])}"
    starts = [0, *edges + 1] if within[0] else (edges + 1).tolist()[::2]
    spans = []
    for start in [s for s in starts if within[s]]:
        after = np.flatnonzero(~within[start:])
        stop = start + after[0] - 1 if len(after) else len(within) - 1
        spans.append(f"from {line.spelled(start)} to {line.spelled(stop)}")
    return f"for {name} " + " and ".join(dict.fromkeys(spans))


def _exact_only(judged: ValidityMap) -> Iterator[str]:
    nothing = judged.cheapest == -1
    share = judged.share(nothing)
    if not share >= _MENTIONED:
        return
    known = nothing & np.isfinite(judged.best)
    words = f"On {percent(share)} of the map no approximation is within {judged.within}"
    if known.any():
        worst = np.unravel_index(int(np.where(known, judged.best, -1).argmax()), judged.best.shape)
        at = ", ".join(f"{line.axis.name} = {line.spelled(int(i))}" for line, i in zip(judged.grid.lines, worst, strict=True))
        least = "at least" if judged.proved else "up to"
        words += f"; the best of them is off by {least} {judged.errors.scale.spelled(float(judged.best[worst]))}, at {at}"
    yield words + "."


def _orders(judged: ValidityMap) -> Iterator[str]:
    share = judged.share(judged.overtaken)
    orders = [name for name in judged.methods if name[0] == "c" and name[1:].isdigit()]
    if share >= _MENTIONED:
        yield f"A lower order has a smaller error than {called(orders[-1])} on {percent(share)} of the map."


def _outcomes(judged: ValidityMap) -> Iterator[str]:
    """Shares of samples that came out otherwise than in order."""
    for name in judged.methods:
        codes = judged.errors.status[name]
        for status, words in _WORDS.items():
            share = float((codes == status).mean())
            if share:
                yield f"{called(name)} is {words} on {percent(share)} of the samples."
    holes = float(judged.errors.holes.mean())
    if holes:
        seen = sorted({str(code) for code in judged.errors.status[judged.errors.reference][judged.errors.holes]})
        missing = "a proved interval" if judged.proved else "a certified exact value"
        yield f"{percent(holes)} of the samples are holes, without {missing} ({', '.join(seen)})."
    for name, region in judged.regions.items():
        share = judged.share(region.accident)
        if share >= _MENTIONED:
            yield f"{called(name)} is right by accident on {percent(share)} of the map, where its error changes sign; this does not count."


def _accuracy(judged: ValidityMap) -> Iterator[str]:
    samples = " x ".join(str(len(known)) for known in judged.errors.samples)
    words = f"The map has {samples} samples"
    if not np.isnan(judged.changed):
        words += f"; the last refinement changed {percent(judged.changed)} of it"
    largest = float(np.nanmax(judged.errors.exact_error)) if not np.isnan(judged.errors.exact_error).all() else float("nan")
    if largest > judged.tolerance / 100:
        uncertain = "proved intervals are as wide as plus or minus" if judged.proved else "exact values are uncertain by up to"
        words += f"; {uncertain} {judged.errors.scale.spelled(largest)}"
    yield words + "."
