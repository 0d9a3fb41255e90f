"""What can be bounded: moments by label, populations and photon numbers, g2 and the photon-number Fano factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flint import fmpq

from permsym.bounding.relaxed.equations import Gaussian
from permsym.cumulants.equations.alphabet import Alphabet, Counts
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import parse
from permsym.states.derived import inversion, suffix

Terms = dict[Counts, Gaussian]
IMAGINARY = "Im "
"""Before a label: its imaginary part."""
RATIOS = ("g2", "fano")
"""Quantities that are no sums of moments, see :mod:`permsym.bounding.ratios`."""
CUMULANT = "cumulant "
"""Before a label of two factors: their connected correlation, see :mod:`permsym.bounding.connected`."""


@dataclass(frozen=True)
class Observable:
    """Re sum number * <moment>.

    name    canonical
    terms   none where a U(1) symmetry makes it vanish
    needs   order of moments that it takes
    """

    name: str
    terms: Mapping[Counts, Gaussian]
    needs: int


def number(value: int, below: int = 1) -> Gaussian:
    """A real fraction."""
    return fmpq(value, below), fmpq(0)


def observable(model: Model, text: str) -> Observable:
    """The observable of a label such as ``z0``, or of a name such as ``p0_up``; InputError for other texts."""
    alphabet = Alphabet(model)
    names = _populations(model)
    if text in names:
        label = parse(names[text], model)
        return Observable(
            text, {alphabet.empty: number(1, 2), alphabet.counts(label): number(1, 2)}, order(alphabet, alphabet.counts(label))
        )
    if text == "photons" and alphabet.boson:
        text = "ad a"
    part = text.startswith(IMAGINARY)
    label = parse(text.removeprefix(IMAGINARY), model)
    name, counts = f"{IMAGINARY * part}{label}", alphabet.counts(label)
    if any(label.charge(model)):
        return Observable(name, {}, 0)
    return Observable(name, {counts: (fmpq(0), fmpq(-1)) if part else number(1)}, order(alphabet, counts))


def linear(text: str) -> bool:
    """Whether a quantity is a sum of moments."""
    return text not in RATIOS and not text.startswith(CUMULANT)


def canonical(model: Model, text: str) -> str:
    """Name of a quantity that is no sum of moments."""
    return f"{CUMULANT}{parse(text.removeprefix(CUMULANT), model)}" if text.startswith(CUMULANT) else text


def factors(model: Model, text: str) -> tuple[Observable, Observable]:
    """Both factors of a connected correlation; InputError where there are not two, or where they have complex mean values."""
    label = parse(text.removeprefix(CUMULANT), model)
    if label.order != 2:
        raise InputError(f"bounds of cumulants are those of two factors, such as 'cumulant z1 z2', but {label} has {label.order}")
    first, second = (label.of((factor,)) for factor in label.factors)
    for each in (first, second):
        if not any(each.charge(model)) and each.conjugate() != each:
            raise InputError(f"bounds of cumulants are those of factors with real mean values, but <{each}> of {text!r} is complex")
    return observable(model, str(first)), observable(model, str(second))


def needed(model: Model, text: str) -> int:
    """Order of the moments that a quantity takes."""
    if text.startswith(CUMULANT):
        factors(model, text)
        return observable(model, text.removeprefix(CUMULANT)).needs
    if text not in RATIOS:
        return observable(model, text).needs
    if model.centre.kind != "boson":
        raise InputError(f"{text} belongs to a mode, but the centre is {model.centre!r}")
    return 4


def order(alphabet: Alphabet, counts: Counts) -> int:
    """What counts in the order of moments: operators with a boson, else satellites."""
    return alphabet.operators(counts) if alphabet.boson else sum(alphabet.satellites(counts))


def _populations(model: Model) -> dict[str, str]:
    """Name of each population -> label of its inversion."""
    names = {"p0_up": "z0"} if model.centre.kind == "spin" else {}
    return names | {f"p_up{suffix(model, e)}": inversion(model, e) for e in model.ensembles if e.kind == "spin"}
