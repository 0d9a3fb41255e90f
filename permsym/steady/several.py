"""Plans for several ensembles of spins, and for atoms with several levels: all of their lattice, or a cut one.

A cut is as fine as the tolerance asks for and the memory allows.
"""

from __future__ import annotations

import itertools
import math

from permsym import machine
from permsym.basis.coherent import FewCoherent
from permsym.basis.representations import choose
from permsym.basis.several import Cut
from permsym.errors import InputError
from permsym.linear.assembled.solver import BiCGStab
from permsym.linear.factorisation import Factorisation
from permsym.model import Model
from permsym.progress import Progress
from permsym.steady import needs
from permsym.steady.lattice.cut import fitting, predict_joint
from permsym.steady.plan import Plan, Request, Route

MOST = 1_500_000  # unknowns of several ensembles up to which nothing is cut: a minute
CUTS = (Cut(10, 1e-13), Cut(8, 1e-11), Cut(6, 1e-9), Cut(4, 1e-7), Cut(4, 1e-6), Cut(3, 1e-5))
"""What is left out of several ensembles: the first that is fine enough and fits.  Errors are 15 to 150 shares (measured)."""
_ATOMS = 500_000  # unknowns of atoms with few coherent ones that are chosen unasked: ten seconds
_FINER = 0.99e-2  # of the tolerance: the share to begin with
_SOLVED = 1e-4  # of the share: residual up to which equations with that much left out are solved
_COARSE = Cut(4, 1e-9)  # of smaller systems, of which only the populations are looked at


def cuts(request: Request) -> bool:
    """Whether several ensembles are solved on a cut lattice: asked for, or left to permsym where all of it takes too long."""
    model, asked = request.model, isinstance(request.window, Cut)
    free = len(model.ensembles) > 1 and all(each.j is None for each in model.ensembles)  # of a total spin that may change
    if any(each.levels > 2 for each in model.ensembles):
        return _of_atoms(request, asked)
    able = free and model.centre.kind not in ("boson", "several") and bool(model.charges) and choose(model) == "dicke"
    left = request.basis in ("auto", "dicke") and request.liouvillian is None and (request.solver == "auto" or _iterated(request.solver))
    if asked and not (able and left):
        raise InputError(
            "a cut needs several ensembles of two-level satellites, a centre with few levels, a U(1) symmetry, and the "
            "solver bicgstab; use window='full'"
        )
    return asked or (able and left and request.window == "auto" and not request.verify and _too_many(model))


def _of_atoms(request: Request, asked: bool) -> bool:
    """The same for atoms of several levels: where few of them are coherent."""
    model = request.model
    able = not request.open_levels and all(each.levels > 2 and not each.symmetric for each in model.ensembles)
    left = (
        request.basis in ("auto", "occupation") and request.liouvillian is None and (request.solver == "auto" or _iterated(request.solver))
    )
    if asked and (not (able and left) or request.window.share):  # type: ignore[union-attr]
        raise InputError(
            "a cut of atoms with several levels needs ensembles of three or more levels, a fixed number of levels of a boson, share=0 and "
            "the solver bicgstab; use window='full', or window=Cut(4)"
        )
    if asked or not (able and left and request.window == "auto" and not request.verify and _too_many(model)):
        return asked
    return _finest(model) is not None


def _finest(model: Model) -> int | None:
    """How many coherent atoms so few unknowns allow that an iteration takes seconds; None where it is not even three."""
    populations = math.prod(math.comb(each.N + each.levels - 1, each.levels - 1) for each in model.ensembles)
    if populations > _ATOMS:  # they alone are too many; counting with coherences takes a while
        return None
    orders = itertools.takewhile(lambda order: FewCoherent(model, order).count() <= _ATOMS, range(3, max(model.sizes) + 1))
    return max(orders, default=None)


def _plan_of_atoms(request: Request) -> Plan:
    """With the cut that was given, or the finest with so few unknowns that it takes seconds."""
    model = request.model
    if isinstance(request.window, Cut):
        cut, why = request.window, "the cut was given"
    else:
        finest = _finest(model)
        assert finest is not None  # else nothing was cut
        cut, why = Cut(finest), f"all {needs.lattice(model)[0]:,} unknowns would take too long"
    unknowns = FewCoherent(model, cut.order).count()
    solver = request.solver if isinstance(request.solver, BiCGStab) else BiCGStab()
    factors = Factorisation.of(unknowns, [], solver)
    return Plan(Route.LATTICE, model, "occupation", cut, solver, unknowns, factors.bytes, factors.seconds, why)


def _iterated(solver: object) -> bool:
    return isinstance(solver, BiCGStab)


def _too_many(model: Model) -> bool:
    unknowns = needs.lattice(model, choose(model))[0]
    return unknowns > MOST or Factorisation.of(unknowns, [], BiCGStab()).bytes > machine.available_bytes()


def plan_cut(request: Request, say: Progress) -> Plan:
    """On the lattice that is cut as little as memory allows, and no less than the tolerance needs."""
    model = request.model
    if any(each.levels > 2 for each in model.ensembles):
        return _plan_of_atoms(request)
    if isinstance(request.window, Cut):
        choices: tuple[Cut, ...] = (request.window,)
        why = "the cut was given"
    else:
        choices = tuple(each for each in CUTS if each.share >= request.tolerance * _FINER) or CUTS[-1:]
        why = f"all {needs.lattice(model, 'dicke')[0]:,} unknowns would take too long"
    cloud = predict_joint(model, choices[0] if len(choices) == 1 else _COARSE, say)
    cut, unknowns = fitting(model, cloud, choices)
    solver = request.solver if isinstance(request.solver, BiCGStab) else BiCGStab(tolerance=min(max(1e-14, _SOLVED * cut.share), 1e-10))
    factors = Factorisation.of(unknowns, [], solver)
    return Plan(Route.LATTICE, model, "dicke", cut, solver, unknowns, factors.bytes, factors.seconds, why, joint=cloud)
