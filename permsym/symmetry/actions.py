"""What terms do to the sites of a label: the one-site actions, as changes of ket and bra levels.

A site with few levels has types (ket, bra).  A term acts on one site as  left  (c, b) -> (r, b),  right  (k, r) -> (k, c), or, a jump,
on both sides at once; other sites are other factors.  Each factor of a product has a choice of such changes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from permsym.operators import CentreOperator, Matrix, Monomial, Product, SiteOperator, adjoint, as_matrix, entries, product
from permsym.several_sites import on_each_site, sites_of_centre
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
    """The sites of the centre, then the ensembles."""
    return (*sites_of_centre(model.centre), *model.ensembles)


def names_of(model: System) -> tuple[str, ...]:
    """The same by name."""
    centre = sites_of_centre(model.centre)
    return (*(site.name if len(centre) > 1 else "the centre" for site in centre), *(each.name for each in model.ensembles))


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
        left, right = _squared(model, k, q)
        yield (*left, *_left(model, square, False))
        yield (*right, *_right(model, square, False))


def _left(model: System, key: Product, centre: bool = True) -> Action:
    changes = [Change(at, _steps(site, one), None) for at, site, one in _centre_factors(model, key.centre)] if centre else []
    return (*changes, *(Change(_position(model, name), _matrix_steps(matrix), None) for name, matrix in key.satellites))


def _right(model: System, key: Product, centre: bool = True) -> Action:
    """rho -> rho X: the bra moves by the adjoint of X."""
    back = key.adjoint
    changes = [Change(at, None, _steps(site, one)) for at, site, one in _centre_factors(model, back.centre)] if centre else []
    return (*changes, *(Change(_position(model, name), None, _matrix_steps(matrix)) for name, matrix in back.satellites))


def _individual(model: System, k: Product, q: Product) -> Action:
    ((name, first),), ((_, second),) = k.satellites, q.satellites
    return (*_on_centre(model, k.centre, q.centre), Change(_position(model, name), _matrix_steps(first), _matrix_steps(second)))


def _position(model: System, name: str) -> int:
    return len(sites_of_centre(model.centre)) + model.ensemble(name)


def _centre_factors(model: System, operator: CentreOperator | None) -> Iterator[tuple[int, Site, SiteOperator]]:
    """Position, site and operator of each site of the centre on which something acts."""
    for at, (site, one) in enumerate(zip(sites_of_centre(model.centre), on_each_site(model.centre, operator), strict=True)):
        if one is not None:
            yield at, site, one


def _on_centre(model: System, first: CentreOperator | None, second: CentreOperator | None) -> Action:
    """C_k rho C_q^dag."""
    kets = {at: _steps(site, one) for at, site, one in _centre_factors(model, first)}
    bras = {at: _steps(site, one) for at, site, one in _centre_factors(model, second)}
    return tuple(Change(at, kets.get(at), bras.get(at)) for at in sorted(kets | bras))


def _squared(model: System, k: Product, q: Product) -> tuple[Action, Action]:
    """C_k^dag C_q from the left and from the right."""
    left, right = [], []
    downs, ups = on_each_site(model.centre, k.adjoint.centre), on_each_site(model.centre, q.centre)
    for at, (site, down, up) in enumerate(zip(sites_of_centre(model.centre), downs, ups, strict=True)):
        if down is None and up is None:
            continue
        if isinstance(site, Boson):
            steps = frozenset((a + b, 0) for a, _ in _steps(site, down) or {(0, 0)} for b, _ in _steps(site, up) or {(0, 0)})
            opposite = frozenset((-a, 0) for a, _ in steps)
        else:
            one = as_matrix([[int(i == j) for j in range(site.levels)] for i in range(site.levels)])
            steps = _matrix_steps(product(one if down is None else down, one if up is None else up))
            opposite = frozenset((c, r) for r, c in steps)
        left.append(Change(at, steps, None))
        right.append(Change(at, None, opposite))
    return tuple(left), tuple(right)


def _steps(site: Site, operator: SiteOperator | None) -> frozenset[Type]:
    if operator is None:
        return frozenset()
    if not isinstance(operator, Monomial):
        return _matrix_steps(operator)
    if isinstance(site, Boson) and site.displacement:  # a + alpha in the place of a
        return frozenset((i - k, 0) for i in range(operator.p + 1) for k in range(operator.q + 1))
    return frozenset({(operator.p - operator.q, 0)})


def _matrix_steps(matrix: Matrix) -> frozenset[Type]:
    return frozenset((row, column) for row, column, _ in entries(matrix))
