"""What terms do to the sites of a label: the one-site actions, as changes of ket and bra levels.

A site with few levels has types (ket, bra).  A term acts on one site as  left  (c, b) -> (r, b),  right  (k, r) -> (k, c), or, a jump,
on both sides at once; other sites are other factors.  Each factor of a product has a choice of such changes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from permsym.operators import Matrix, Monomial, Product, adjoint, as_matrix, entries, product
from permsym.sites import Boson, Ensemble, Site
from permsym.terms import Term

Type = tuple[int, int]
"""(ket level, bra level) of a site."""


class System(Protocol):
    """What is asked of a model."""

    @property
    def centre(self) -> Site: ...
    @property
    def ensembles(self) -> tuple[Ensemble, ...]: ...
    @property
    def terms(self) -> tuple[Term, ...]: ...
    def ensemble(self, name: str) -> int:
        """Position of an ensemble by its name."""


class Change(NamedTuple):
    """One factor's action on the site of one position (0: the centre): every ``ket`` change with every ``bra`` change.

    ket, bra   sets of (to, from); None: that side stays as it is.  Of a mode: sets of (quanta, 0)
    """

    position: int
    ket: frozenset[Type] | None
    bra: frozenset[Type] | None


Action = tuple[Change, ...]
"""A product of factors."""


def sites_of(model: System) -> tuple[Site, ...]:
    """The centre, then the ensembles."""
    return (model.centre, *model.ensembles)


def actions(model: System, term: Term) -> Iterator[Action]:
    """The products of one-site actions that a term is the sum of."""
    if term.kind == "hamiltonian":
        ((key, _),) = term.structure
        yield _left(model, key)
        yield _right(model, key)
        return
    for (k, _), (q, _) in itertools.product(term.structure, repeat=2):
        if term.kind == "individual":
            yield _individual(model, k, q)
            square = Product(None, ((k.satellites[0][0], product(adjoint(k.satellites[0][1]), q.satellites[0][1])),))
        else:
            yield (*_on_centre(model, k.centre, q.centre), *_left(model, k, False), *_right(model, q.adjoint, False))
            square = Product(None, k.adjoint.satellites + q.satellites)
        centre = _squared(model, k, q)
        yield (*centre[0], *_left(model, square, False))
        yield (*centre[1], *_right(model, square, False))


def _left(model: System, key: Product, centre: bool = True) -> Action:
    changes = [Change(0, _steps(model, key.centre), None)] if centre and key.centre is not None else []
    return (*changes, *(Change(1 + model.ensemble(name), _matrix_steps(matrix), None) for name, matrix in key.satellites))


def _right(model: System, key: Product, centre: bool = True) -> Action:
    """rho -> rho X: the bra moves by the adjoint of X."""
    adjoint_key = key.adjoint
    changes = [Change(0, None, _steps(model, adjoint_key.centre))] if centre and key.centre is not None else []
    return (*changes, *(Change(1 + model.ensemble(name), None, _matrix_steps(matrix)) for name, matrix in adjoint_key.satellites))


def _individual(model: System, k: Product, q: Product) -> Action:
    ((name, first),), ((_, second),) = k.satellites, q.satellites
    return (*_on_centre(model, k.centre, q.centre), Change(1 + model.ensemble(name), _matrix_steps(first), _matrix_steps(second)))


def _on_centre(model: System, first: Matrix | Monomial | None, second: Matrix | Monomial | None) -> Action:
    """C_k rho C_q^dag."""
    if first is None and second is None:
        return ()
    return (Change(0, None if first is None else _steps(model, first), None if second is None else _steps(model, second)),)


def _squared(model: System, k: Product, q: Product) -> tuple[Action, Action]:
    """C_k^dag C_q from the left and from the right."""
    if k.centre is None and q.centre is None:
        return (), ()
    if isinstance(model.centre, Boson):
        down, up = k.adjoint.centre, q.centre
        steps = frozenset((a + b, 0) for a, _ in _steps(model, down) or {(0, 0)} for b, _ in _steps(model, up) or {(0, 0)})
    else:
        one = as_matrix([[int(i == j) for j in range(model.centre.levels)] for i in range(model.centre.levels)])
        left = one if k.centre is None else adjoint(k.centre)
        steps = _matrix_steps(product(left, one if q.centre is None else q.centre))
    opposite = frozenset((-a, 0) for a, _ in steps) if isinstance(model.centre, Boson) else frozenset((c, r) for r, c in steps)
    return (Change(0, steps, None),), (Change(0, None, opposite),)


def _steps(model: System, operator: Matrix | Monomial | None) -> frozenset[Type]:
    if operator is None:
        return frozenset()
    if not isinstance(operator, Monomial):
        return _matrix_steps(operator)
    if isinstance(model.centre, Boson) and model.centre.displacement:  # a + alpha in the place of a
        return frozenset((i - k, 0) for i in range(operator.p + 1) for k in range(operator.q + 1))
    return frozenset({(operator.p - operator.q, 0)})


def _matrix_steps(matrix: Matrix) -> frozenset[Type]:
    return frozenset((row, column) for row, column, _ in entries(matrix))
