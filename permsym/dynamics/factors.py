"""What factors of a shifted Liouvillian need, in any charge sector; refused where that is not free."""

from __future__ import annotations

from permsym import machine
from permsym.basis.representations import dimension
from permsym.basis.window import Window
from permsym.errors import TooLarge
from permsym.linear.factorisation import Factorisation
from permsym.linear.superlu import SuperLU
from permsym.model import Model
from permsym.steady.needs import double_solver, lattice
from permsym.text import readable


def factors_of(model: Model, representation: str, charge: tuple[int, ...], window: Window | None = None, real: bool = False) -> SuperLU:
    """The solver for L - sigma; TooLarge where its factors do not fit.

    real   whether the unknowns of a charged sector are real: half the bytes
    """
    unknowns = dimension(model, representation, charge, window)
    sides = window.sides if window is not None else lattice(model, representation)[1]
    solver = SuperLU() if window is not None else double_solver(model, representation)
    needed = Factorisation.of(unknowns, sides, solver).bytes * (1 if real else 2)
    free = machine.available_bytes()
    if needed > free:
        raise TooLarge(
            f"factors of the {unknowns:,} unknowns of charge {', '.join(map(str, charge)) or '0'} need about {readable(needed)}, but "
            f"{readable(free)} are available; use fewer satellites or levels, or raise PERMSYM_MEMORY if there is more",
            needed=needed,
            available=free,
        )
    return solver
