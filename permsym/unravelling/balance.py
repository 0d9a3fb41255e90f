"""Balance laws: in a steady state <L^dag O> = 0 for every operator O, so that L^dag O is a control of the averages over a trajectory."""

from __future__ import annotations

from collections.abc import Iterator

from permsym.cumulants.equations.alphabet import Alphabet, Counts
from permsym.cumulants.equations.structure import Rows, falling
from permsym.errors import TooFewSatellites
from permsym.model import Model
from permsym.moments.labels import MomentLabel, enumerate_labels, parse
from permsym.operators import Operator
from permsym.unravelling.engine import operator_of

_OF_CAVITIES = ("ad a z1",)
"""Beside all moments of a centre and one satellite of two operators: the flow of photons in each state of a satellite."""


def balanced(model: Model) -> list[MomentLabel]:
    """Operators O whose balance laws are controls, without those that a charge makes vanish and without adjoints.

    Pairs of satellites are none: their laws repeat those of one satellite and take longer to read.
    """
    labels = [label for label in enumerate_labels(model, 2) if max(map(len, label.satellites)) < 2]
    if model.centre.kind == "boson":
        labels += [parse(text, model) for text in _OF_CAVITIES]
    chosen: list[MomentLabel] = []
    for label in labels:
        if not any(label.charge(model)) and label.conjugate() not in chosen:
            chosen.append(label)
    return chosen


def laws(model: Model) -> list[tuple[Operator, complex]]:
    """L^dag O as an operator and a constant, for every O of :func:`balanced`; those that vanish identically are left out."""
    alphabet = Alphabet(model)
    result = []
    for label in balanced(model):
        try:
            operator, constant = _law(model, alphabet, alphabet.counts(label))
        except TooFewSatellites:
            continue
        if operator.terms:
            result.append((operator, constant))
    return result


def rates(model: Model) -> list[float]:
    """How fast each O of :func:`balanced` decays by itself, -Re of its own coefficient in d<O>/dt; of any charge."""
    alphabet = Alphabet(model)
    own = [alphabet.counts(label) for label in enumerate_labels(model, 1)]
    return [-value.real for counts in own for moment, value in _row(model, alphabet, counts) if moment == counts]


def _law(model: Model, alphabet: Alphabet, counts: Counts) -> tuple[Operator, complex]:
    operator, constant = Operator({}), 0j
    for moment, value in _row(model, alphabet, counts):
        if any(moment):
            operator = operator + value * operator_of(model, alphabet.label(moment))
        else:
            constant += value
    return operator, constant


def _row(model: Model, alphabet: Alphabet, counts: Counts) -> Iterator[tuple[Counts, complex]]:
    """d<O>/dt = sum of value <moment>; moments come once."""
    row: dict[Counts, complex] = {}
    sizes = [ensemble.size for ensemble in model.ensembles]
    for term in model.terms:
        for (moment, new), value in Rows.of_term(alphabet, term).of(counts).items():
            row[moment] = row.get(moment, 0) + value * term.coefficient * falling(sizes, alphabet.satellites(counts), new)
    yield from ((moment, value) for moment, value in row.items() if value != 0)
