"""What a steady state will need, known before anything is allocated: unknowns, memory, time, and who solves it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from permsym import machine
from permsym.basis.basis import Basis
from permsym.basis.representations import choose, dimension, parts_of
from permsym.basis.window import Window
from permsym.errors import InputError, TooLarge
from permsym.linear import cost
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.sites import Boson, is_real
from permsym.steady import choice
from permsym.steady.cavity.matrix_free import SECONDS, MatrixFree
from permsym.steady.lattice import window as windows
from permsym.steady.small import Decoupling
from permsym.text import readable

# A factorisation of about 0.25 s and an iteration take the same time, certificate included; from there the iteration gains
# (2 s: fivefold), but loading its machine code takes 0.5 s once, and its error estimates of P(n) are one for all n.
PATIENCE = 0.5  # seconds of a factorisation above which a cavity is solved by iteration
_WHOLE = 2.0  # how much longer, at that size, a factorisation takes where no half of the unknowns decouples
_COUNTABLE = 10**10  # unknowns of a cavity up to which they are counted, one block at a time


def automatic_levels(model: Model) -> bool:
    """Whether the cut-off of the model's boson is still to be found."""
    return isinstance(model.centre, Boson) and model.centre.automatic


def lattice(model: Model, representation: str = "auto") -> tuple[int, list[int]]:
    """Unknowns of the steady state (beyond all memories only their order of magnitude) and the sides of the lattice they live on."""
    name = choose(model) if representation == "auto" else representation
    if name == "full":
        return dimension(model, name), []
    sides: list[int] = []
    if model.centre.kind == "boson":
        sides += [model.centre.levels] * (1 if model.charges else 2)
    for each in model.ensembles:
        if each.levels > 2:
            sides += [each.N + 1] * (each.levels**2 - 1 - bool(model.charges))
        else:
            sides += [each.N // 2 + 1, each.N + 1] if model.charges else [each.N // 2 + 1, each.N + 1, each.N + 1]
    if model.centre.kind == "boson":
        box = model.centre.levels * math.prod(sides) // 2 if model.charges else math.prod(sides) // 2
        if box > _COUNTABLE:
            return box, sides
    return dimension(model, name), sides


def prefers_iteration(model: Model, basis: str | Basis = "auto") -> bool:
    """Whether a cavity is too large for a factorisation."""
    if not isinstance(basis, str) or basis == "full" or model.centre.kind != "boson":
        return False
    size, sides = lattice(model, basis)
    seconds = cost.solve_seconds(size, sides)
    if seconds > PATIENCE or cost.solve_bytes(size, sides) > machine.available_bytes():
        return True
    return _WHOLE * seconds > PATIENCE and not Decoupling(model).halved


def stored(model: Model, representation: str, real: bool) -> int:
    """Real numbers that a matrix-free solve on all blocks stores: one (``real``) or two for each label, of conjugate pairs one label."""
    size, _ = lattice(model, representation)
    name = choose(model) if representation == "auto" else representation
    populations = model.centre.levels * math.prod(part.count(0) for part in parts_of(model, name)[1:])
    return (size + min(populations, size)) // 2 * (1 if real else 2)


def block_crossover(model: Model) -> int:
    """Satellites of a cavity up to which all blocks are as fast as a window of them."""
    return 50 if model.charges else 14


def uses_block_window(model: Model, basis: str | Basis) -> bool:
    """Whether the automatic choice cuts a cavity's blocks: of one large Dicke ensemble beside a mode."""
    if not isinstance(basis, str) or not isinstance(model.centre, Boson) or len(model.ensembles) != 1:
        return False
    name = choose(model) if basis == "auto" else basis
    exchanged = not model.charges or any(charge[0] and charge[1] for charge in model.charges)
    return name == "dicke" and exchanged and model.sizes[0] >= block_crossover(model)


def kept_share(model: Model, basis: str) -> float:
    """About the share of all blocks' numbers that a window keeps, an upper estimate.

    Measured: 0.49 and 0.37 of pumped cavities' with N = 60 and 100, 0.42 and 0.37 of driven ones' with N = 20 and 30.
    """
    if not uses_block_window(model, basis):
        return 1.0
    return min(1.0, ((40 if model.charges else 12) / model.sizes[0]) ** 0.7)


def estimate(
    model: Model, representation: str = "auto", window: str | float = "auto", open_levels: bool = False
) -> tuple[int, float, float, str]:
    """(dimension, bytes, seconds, solver) of what the automatic choice would do; TooLarge where the bytes are not free now.

    open_levels   whether the model's levels are a prediction, and its blocks may be cut
    """
    if window != "auto" or not prefers_iteration(model, representation):
        return *check_memory(model, representation, window), "superlu"
    size, needed = check_blocks(model, representation, open_levels=open_levels)
    # fitted to cavities with loss rates near their coupling; the certificate takes about as many as the state
    products = 2 * (60 * max(model.sizes) ** 0.7 + 200 if model.charges else 260 * max(model.sizes) ** 0.8)
    return size, needed, size * products * SECONDS, "matrix-free"


def check_memory(model: Model, representation: str = "auto", window: str | float = "auto") -> tuple[int, float, float]:
    """(dimension, bytes, seconds) of a direct solve; TooLarge where the bytes are not free now.

    window   as in :func:`steady_state`; a window is predicted by solving smaller systems
    """
    place = window_of(model, representation, None, window)
    if place != "full":
        found = windows.check_memory(model, *windows.predicted(model, None if place == "adapted" else place))
        return found.size, found.bytes_, found.seconds
    found = plan_of(model, representation, None)
    return found.size, found.bytes_, found.seconds


def check_blocks(
    model: Model, basis: str = "auto", settings: MatrixFree | None = None, beside: int = 0, open_levels: bool = False
) -> tuple[int, float]:
    """(dimension, bytes) of a matrix-free solve; TooLarge where the bytes are not free now.

    beside        vectors that are held besides those of the iteration
    open_levels   whether the model's levels are a prediction, and its blocks may be cut
    """

    real = Decoupling(model).real

    def of(each: Model) -> tuple[int, float]:
        numbers = int(stored(each, basis, real) * (kept_share(each, basis) if open_levels else 1))
        return numbers, (settings or MatrixFree.suited(each)).bytes(numbers) + 8.0 * numbers * beside

    (size, needed), free = of(model), machine.available_bytes()
    if needed > free:
        raise TooLarge(
            f"this needs about {readable(needed)} ({size:,} unknowns), but {readable(free)} are available; "
            f"{_advice(model, lambda each: of(each)[1] <= free)}"
        )
    return size, needed


def check_numbers(numbers: int, settings: MatrixFree) -> None:
    """TooLarge where the vectors of so many stored numbers do not fit into what is free now."""
    needed, free = settings.bytes(numbers), machine.available_bytes()
    if needed > free:
        raise TooLarge(
            f"this window needs about {readable(needed)} ({numbers:,} numbers), but {readable(free)} are available; "
            "take fewer satellites, or raise PERMSYM_MEMORY if there is more"
        )


def refuse_hopeless(model: Model, basis: str) -> None:
    """TooLarge where the most frugal solver needs twice what is free: of a cavity whose cut-off is a prediction."""

    real = Decoupling(model).real

    def needed(each: Model) -> float:
        numbers = stored(each, basis, real) * kept_share(each, basis)
        return min(MatrixFree.suited(each).bytes(numbers), cost.solve_bytes(*lattice(each, basis)))

    def like(each: Model) -> Model:  # levels grow as the satellites do
        factor = max(each.sizes) / max(model.sizes)
        return each.with_levels(max(2, math.ceil(factor * model.centre.levels)))

    bytes_, free = needed(model), machine.available_bytes()
    if bytes_ > 2 * free:
        raise TooLarge(
            f"this needs about {readable(bytes_)} on some {model.centre.levels} levels, "
            f"but {readable(free)} are available; {_advice(model, lambda each: needed(like(each)) <= free)}"
        )


def plan_of(model: Model, representation: str, solver: choice.Chosen | None) -> choice.Plan:
    """How a full basis is solved (None: the automatic choice); TooLarge where that needs more than is free now."""

    def of(each: Model) -> choice.Plan:
        size, sides = lattice(each, representation)
        return choice.automatic(size, sides, direct_solver(each, representation)) if solver is None else choice.plan(size, sides, solver)

    found = of(model)
    if not found.fits:
        raise TooLarge(
            f"this needs about {readable(found.bytes_)} ({found.size:,} unknowns), but "
            f"{readable(machine.available_bytes())} are available; {_advice(model, lambda each: of(each).fits)}"
        )
    return found


def _advice(model: Model, fits: Callable[[Model], bool]) -> str:
    """The largest system that would fit."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(model.rescaled(middle)) else (low, middle)
    sizes = [int(each.N * low) for each in model.ensembles]
    if min(sizes) < 1:
        return "free some memory or raise PERMSYM_MEMORY"
    return f"N={', '.join(map(str, sizes))} would fit, or raise PERMSYM_MEMORY if there is more"


def direct_solver(model: Model, basis: str | Basis) -> SuperLU:
    """Nested dissection on lattices of two dimensions; with more, its separators are thick and minimum degree fills less."""
    name = basis if isinstance(basis, str) else basis.representation
    return SuperLU() if len(lattice(model, name)[1]) <= 2 else SuperLU(ordering="MMD_AT_PLUS_A")


def uses_window(model: Model) -> bool:
    """Whether the automatic choice solves on a window instead of the whole basis."""
    return windows.applies(model, choose(model)) and model.sizes[0] > windows.CROSSOVER


def window_of(
    model: Model, basis: str | Basis, liouvillian: Liouvillian | None, window: str | float | Window
) -> Literal["full", "adapted"] | float | Window:
    """What to do about a window: nothing, adapt one, or use the one given."""
    if isinstance(window, str) and window not in ("auto", "full"):
        raise InputError(f"`window` must be auto, full or a number of standard deviations, but is {window!r}")
    if not isinstance(window, str | Window) and not (is_real(window) and math.isfinite(window) and window > 0):
        raise InputError(f"`window` must be auto, full or a positive number of standard deviations, but is {window!r}")
    if window == "full" or (window == "auto" and (liouvillian is not None or not isinstance(basis, str))):
        return "full"
    name = (choose(model) if basis == "auto" else basis) if isinstance(basis, str) and liouvillian is None else ""
    fits = windows.applies(model, name)
    if window == "auto":
        return "adapted" if fits and model.sizes[0] > windows.CROSSOVER else "full"
    if not fits:
        raise InputError(
            "a window needs one ensemble of two-level satellites, a U(1) symmetry that ties m' to m, and basis='dicke' (or 'auto'); "
            "use window='full'"
        )
    return window if isinstance(window, Window) else float(window)
