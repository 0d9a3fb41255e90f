"""What solves with a shifted Liouvillian need, in any charge sector; refused where that is not free."""

from __future__ import annotations

from dataclasses import replace

from permsym import machine
from permsym.basis.window import Window
from permsym.errors import TooLarge
from permsym.linear.assembled.solver import BiCGStab
from permsym.linear.contract import DirectSolver
from permsym.linear.factorisation import QUICKER, Factorisation
from permsym.linear.superlu import SuperLU
from permsym.model import Model
from permsym.steady.needs import check_iteration, double_solver, fills, lattice
from permsym.text import readable

_QUICKER = 20_000
"""The same on lattices of more than two dimensions: 41,558 unknowns of a cavity with N = 20 took 6.5 s instead of 20, and 8 instead of 4
for the solves."""

_MANY_SOLVES = 20_000
"""Unknowns up to which factors that fill still serve many solves sooner than as many iterations: a line of two ensembles of 10, 6,076
unknowns, took factors 3.6 s and iterations 18.5 s; one of 14, 25,872 unknowns, factors 69 s and iterations more than 100 s."""


def factors_of(
    model: Model, representation: str, unknowns: int, charge: tuple[int, ...], window: Window | None = None, real: bool = False
) -> DirectSolver:
    """The solver for L - sigma of a sector: by iteration where factors would fill.  TooLarge where it does not fit.

    real   whether the unknowns of a charged sector are real: half the bytes
    """
    if window is None and unknowns > _MANY_SOLVES and fills(model, representation, unknowns):
        check_iteration(unknowns * (1 if real else 2))
        return BiCGStab()
    sides = window.sides if window is not None else lattice(model, representation)[1]
    solver = SuperLU() if window is not None else double_solver(model, representation)
    quicker = QUICKER if len(sides) <= 2 else _QUICKER
    single = [replace(solver, precision="single")] if real else []
    free = machine.available_bytes()
    for each in (*single, solver) if unknowns > quicker else (solver, *single):
        needed = Factorisation.of(unknowns, sides, each).bytes * (1 if real else 2)
        if needed <= free:
            return each
    raise TooLarge(
        f"factors of the {unknowns:,} unknowns of charge {', '.join(map(str, charge)) or '0'} need about {readable(needed)}, but "
        f"{readable(free)} are available; use fewer satellites or levels, or raise PERMSYM_MEMORY if there is more",
        needed=needed,
        available=free,
    )
