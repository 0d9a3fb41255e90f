"""Single satellites at two times: each that has to be told from the others becomes an ensemble of its own.

In <C(0) A(tau) B(0)> a digit means the same satellite in all three operators.  The state is symmetric, so that a marked satellite
needs no new solution: :meth:`permsym.basis.part.Part.one_out` splits its elements.  One satellite of each ensemble may stay among the
others if only one operator acts on it, and does so once: the mean over all others is as good.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import mul

import numpy as np
from scipy import sparse

from permsym.basis.basis import Basis
from permsym.basis.moves import Labels
from permsym.basis.part import Part
from permsym.errors import InputError, TooFewSatellites
from permsym.jumps import Jump
from permsym.model import Model
from permsym.models.operator_text import Factor, factors
from permsym.operators import Operator, Product, as_array, as_matrix
from permsym.sites import Ensemble

Names = Mapping[str, Sequence[str]]
"""Ensemble -> names of the satellites that were taken out of it."""
NO_CHARGE = "zero: no state carries this charge"
NOTHING_SEEN = "zero: the state has nothing that these operators see"


@dataclass(frozen=True)
class Marked:
    """A model whose marked satellites are ensembles of their own, after the others, and operators on its sites.

    taken   for each mark, in order, the position of the ensemble it was taken from
    """

    model: Model
    operators: tuple[Operator, ...]
    taken: tuple[int, ...]

    def elements(self, basis: Basis) -> tuple[Labels, sparse.csr_array, list[Part]]:
        """Labels of all elements of a basis of the unmarked model, rows (elements, dimension) of their coefficients, and the parts."""
        labels, rows = basis.written_out()
        parts = list(basis.parts)
        for position in self.taken:
            labels, rows = _split(labels, rows, parts, basis.width + position)
        return labels, rows, parts


def marked(model: Model, operators: Sequence[Operator | str]) -> Marked:
    """The model and operators with satellites marked as texts such as ``"-1"`` or ``"+1 -2@B"`` need it; texts without digits need none.

    Raises InputError for texts that spell no operator, TooFewSatellites where an ensemble has fewer than the texts name.
    """
    spelled = [_spelled(model, operator) for operator in operators]
    names, taken, apart = dict[tuple[str, int], str](), list[int](), dict[str, list[str]]()
    among: dict[str, int] = {}
    for position, ensemble in enumerate(model.ensembles):
        marks, among[ensemble.name] = _marks(ensemble, spelled)
        for digit in marks:
            name = f"{ensemble.name}_{digit}"
            while name in {each.name for each in model.ensembles} | set(names.values()):
                name += "_"
            names[ensemble.name, digit] = name
            apart.setdefault(ensemble.name, []).append(name)
            taken.append(position)

    def on_sites(factor: Factor) -> Operator:
        if not factor.digit:
            return _spread(factor.operator, apart)
        name = names.get((factor.ensemble, factor.digit))
        others = next(each.size for each in model.ensembles if each.name == factor.ensemble) - len(apart.get(factor.ensemble, ()))
        return _renamed(factor.operator, name) if name else factor.operator * (1 / others)

    products = tuple(reduce(mul, map(on_sites, each), Operator({Product(): 1})) for each in spelled)
    return Marked(_apart(model, apart) if taken else model, products, tuple(taken))


def charges(model: Model, operator: Operator | str) -> set[tuple[int, ...]]:
    """What an operator, or a text, adds to each charge of the model."""
    return model.charges_of(collective(model, operator))


def why_zero(model: Model, operators: Sequence[Operator | str]) -> str:
    """Why a two-time function of a steady state has no part to follow: by charge, or because nothing is there."""
    sums = {(0,) * len(model.charges)}
    for operator in operators:
        sums = {tuple(x + y for x, y in zip(a, b, strict=True)) for a in sums for b in charges(model, operator)}
    return NO_CHARGE if (0,) * len(model.charges) not in sums else NOTHING_SEEN


def collective(model: Model, operator: Operator | str) -> Operator:
    """An operator, or what a text spells with sums over satellites in place of single ones."""
    return reduce(mul, (factor.operator for factor in _spelled(model, operator)))


def _spelled(model: Model, operator: Operator | str) -> list[Factor]:
    """Factors with neighbours on the same satellite multiplied."""
    if not isinstance(operator, str):
        return [Factor(model.own(operator))]
    result: list[Factor] = []
    for factor in factors(operator, model.centre, model.ensembles):
        if result and factor.digit and factor[1:] == result[-1][1:]:
            ((_, first),), ((_, second),) = (next(iter(each.operator.terms)).satellites for each in (result[-1], factor))
            product = as_matrix(as_array(first) @ as_array(second))
            result[-1] = factor._replace(operator=Operator({Product(None, ((factor.ensemble, product),)): 1}))
        else:
            result.append(factor)
    if not result:
        raise InputError("an operator is empty; write one such as 'a', '-' or '-1'")
    return result


def _marks(ensemble: Ensemble, spelled: Sequence[Sequence[Factor]]) -> tuple[list[int], int]:
    """Digits that need a mark, and the one that does not (0: none)."""
    uses = Counter(factor.digit for each in spelled for factor in each if factor.digit and factor.ensemble == ensemble.name)
    if len(uses) > ensemble.size:
        message = (
            f"these operators act on {len(uses)} distinct satellites of ensemble {ensemble.name}, but N={ensemble.size:g}; use fewer digits"
        )
        raise TooFewSatellites(message, needed=len(uses), available=int(ensemble.size))
    once = [digit for digit, count in uses.items() if count == 1]
    among = once[0] if once else 0
    marks = [digit for digit in uses if digit != among]
    return marks[: math.ceil(ensemble.size) - 1], among  # with all others marked, the last satellite is told apart by itself


def _apart(model: Model, apart: Names) -> Model:
    """The same physics with marked satellites as ensembles of their own."""
    ensembles = [Ensemble(each.size - len(apart.get(each.name, ())), each.name, each.levels) for each in model.ensembles]
    ensembles += [Ensemble(1, name, each.levels) for each in model.ensembles for name in apart.get(each.name, ())]
    return Model(
        model.centre,
        ensembles,
        _spread(model.hamiltonian, apart),
        [each for jump in model.jumps for each in _jumps(jump, apart)],
        name=model.name,
        parameters=model.parameters,
    )


def _jumps(jump: Jump, apart: Names) -> Iterator[Jump]:
    if jump.kind != "individual":
        yield Jump(jump.kind, jump.rate, _spread(jump.operator, apart))
        return
    (name,) = {key.satellites[0][0] for key in jump.operator.terms}
    yield jump
    for mark in apart.get(name, ()):
        yield Jump(jump.kind, jump.rate, _renamed(jump.operator, mark))


def _spread(operator: Operator, apart: Names) -> Operator:
    """The same operator where a sum over an ensemble is one over the rest and its marked satellites."""
    total = Operator()
    for key, value in operator.terms.items():
        product = Operator({Product(key.centre): value})
        for name, matrix in key.satellites:
            product = product * Operator({Product(None, ((each, matrix),)): 1 for each in (name, *apart.get(name, ()))})
        total += product
    return total


def _renamed(operator: Operator, name: str) -> Operator:
    """An operator of one satellite as one of the ensemble ``name``."""
    return Operator({Product(key.centre, ((name, key.satellites[0][1]),)): value for key, value in operator.terms.items()})


def _split(labels: Labels, rows: sparse.csr_array, parts: list[Part], position: int) -> tuple[Labels, sparse.csr_array]:
    """Elements with one satellite of a part taken out; ``parts`` becomes what their labels are of."""
    starts = np.cumsum([0] + [part.columns for part in parts])
    mine = slice(int(starts[position]), int(starts[position + 1]))
    pieces, weights = [], []
    for rest, one, weight in parts[position].one_out(labels[mine]):
        some = np.flatnonzero(weight)
        pieces.append(np.concatenate([labels[: mine.start], rest, labels[mine.stop :], one])[:, some])
        weights.append(sparse.csr_array((weight[some], (np.arange(len(some)), some)), shape=(len(some), labels.shape[1])))
    rest_part, one_part = parts[position].without_one()
    parts[position] = rest_part
    parts.append(one_part)
    return np.concatenate(pieces, axis=1), (sparse.vstack(weights, format="csr") @ rows).tocsr()
