"""What a steady state needs, counted before anything is allocated: unknowns, bytes, seconds; refused where it does not fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from permsym import machine
from permsym.basis.basis import Basis
from permsym.basis.representations import choose, dimension, parts_of, populated_dimension
from permsym.basis.window import Window
from permsym.errors import TooLarge
from permsym.linear.assembled.solver import BiCGStab
from permsym.linear.factorisation import Factorisation, FactorSolver, first_that_fits
from permsym.linear.superlu import SuperLU
from permsym.model import Model
from permsym.several_sites import modes_of_centre
from permsym.sites import Boson, Ensemble
from permsym.steady.cavity.matrix_free import SECONDS, MatrixFree
from permsym.steady.scaling.decoupling import Decoupling
from permsym.text import readable

_FACTORED = 5_000  # unknowns up to which factors take less time than loading compiled loops (measured: 0.3 s)
_FEW = 5_000  # unknowns up to which fewer are not counted: that takes 3 ms, a solve 100
_COUNTABLE = 10**10  # unknowns of a cavity up to which they are counted, one block at a time


# -- factors on a lattice ---------------------------------------------------------------------------------------------------


def lattice(model: Model, representation: str = "auto") -> tuple[int, list[int]]:
    """Unknowns of the steady state (beyond all memories only their order of magnitude) and the sides of the lattice they live on."""
    name = choose(model) if representation == "auto" else representation
    sides = _sides(model, name)
    if isinstance(model.centre, Boson) and name != "full":
        box = model.centre.levels * math.prod(sides) // 2 if model.charges else math.prod(sides) // 2
        if all(each.levels == 2 for each in model.ensembles) and box > _COUNTABLE:
            return box, sides
    return populated_dimension(model, name), sides


def _sides(model: Model, name: str) -> list[int]:
    """Of the lattice of a representation; none are known of the full space."""
    if name == "full":
        return []
    sides: list[int] = []
    counted = 0 in model.symmetry.modulus
    modes = modes_of_centre(model.centre)
    for _, mode in modes:  # one of all differences n - n' is tied by a charge
        sides += [mode.levels] * 2
    sides = sides[1:] if modes and counted else sides
    for ensemble, alive in zip(model.ensembles, model.symmetry.alive[len(model.centre_sites) :], strict=True):
        if ensemble.symmetric:
            sides += [ensemble.N + 1] * max(1, 2 * (ensemble.levels - 1) - counted)
        elif ensemble.levels > 2:
            sides += [ensemble.N + 1] * max(1, len(alive) - 1 - counted)
        else:
            sides += _sides_of_spins(ensemble, model)
    if model.charges and all(ensemble.levels == 2 for ensemble in model.ensembles):  # coherences that no charge ties
        sides += sorted(ensemble.N + 1 for ensemble in model.ensembles)[: max(0, len(model.ensembles) - len(model.charges))]
    return sides


def _sides_of_spins(ensemble: Ensemble, model: Model) -> list[int]:
    """Of the sites (j, m), a triangle: its length and mean width, as of a window; beside a mode and without a charge those of a box."""
    N = ensemble.N
    if ensemble.j is not None:  # m and m' alone
        return [round(2 * ensemble.j) + 1] * (1 if model.charges else 2)
    if not model.charges:
        return [N // 2 + 1, N + 1, N + 1]
    return [N // 2 + 1, N + 1] if modes_of_centre(model.centre) else [N // 4 + 1, N + 1]


def fills(model: Model, representation: str, unknowns: int) -> bool:
    """Whether factors of so many unknowns fill so much that an iteration with the matrix is faster, and needs less memory.

    Two ensembles of 8 on a spin centre (14,500 unknowns) took factors 4 to 9 s and an iteration 0.2 s.  A mode with ensembles of
    spins has long blocks, on which an iteration needs no matrix: :mod:`permsym.steady.cavity`.
    """
    name = choose(model) if representation == "auto" else representation
    if name == "full" or (isinstance(model.centre, Boson) and all(each.levels == 2 for each in model.ensembles)):
        return False
    return len(_sides(model, name)) > 2 and unknowns > _FACTORED


def double_solver(model: Model, basis: str | Basis) -> SuperLU:
    """Nested dissection on lattices of two dimensions; with more, its separators are thick and minimum degree fills less."""
    name = basis if isinstance(basis, str) else basis.representation
    return SuperLU() if len(_sides(model, name)) <= 2 else SuperLU(ordering="MMD_AT_PLUS_A")


def unrefused(model: Model, basis: str | Basis, solver: FactorSolver | None = None) -> Factorisation:
    """How a full basis is factored, whether or not that fits; in double precision where no solver is asked for."""
    name = basis if isinstance(basis, str) else basis.representation
    unknowns, sides = lattice(model, name)
    return Factorisation.of(unknowns, sides, solver or double_solver(model, basis), _eliminated(model, name, unknowns))


def on_full_basis(model: Model, representation: str, solver: FactorSolver | None = None) -> Factorisation:
    """How a full basis is factored (None: the first solver that fits); TooLarge where that needs more than is free now."""

    def of(unknowns: int, sides: Sequence[int]) -> Factorisation:
        chosen = BiCGStab() if solver is None and filling else solver
        if chosen is None:
            return first_that_fits(unknowns, sides, double, share)
        return Factorisation.of(unknowns, sides, chosen, share)

    double = double_solver(model, representation)
    whole = lattice(model, representation)
    share = _eliminated(model, representation, whole[0])  # of a smaller system about the same
    filling = fills(model, representation, round(share * whole[0]))
    factors = of(*whole)
    if not factors.fits:
        fits = _largest(model, lambda smaller: of(*lattice(smaller, representation)).fits)
        raise _refusal(factors.bytes, f"({factors.unknowns:,} unknowns)", fits)
    return factors


def check_iteration(unknowns: int) -> None:
    """TooLarge where an iteration with so many unknowns does not fit into what is free now."""
    needed, free = Factorisation.of(unknowns, [], BiCGStab()).bytes, machine.available_bytes()
    if needed > free:
        raise _refusal(needed, f"({unknowns:,} unknowns)", None)


def on_window(model: Model, window: Window, per_site: float | None = None, solver: FactorSolver | None = None) -> Factorisation:
    """How a window is factored, and TooLarge where that needs more than is free now.

    per_site   unknowns a site that take part in the solve, where a smaller system has shown it
    """
    unknowns = populated_dimension(model, "dicke", window)
    if per_site is not None:
        unknowns = min(unknowns, round(per_site * window.size))
    factors = factored(unknowns, window.sides, solver)
    if not factors.fits:
        raise window_refusal(model, factors, window.sides, solver)
    return factors


def factored(unknowns: int, sides: Sequence[int], solver: FactorSolver | None) -> Factorisation:
    """How a window's unknowns are factored; None: by the first solver that fits."""
    return first_that_fits(unknowns, sides) if solver is None else Factorisation.of(unknowns, sides, solver)


def window_refusal(
    model: Model, factors: Factorisation, sides: Sequence[int], solver: FactorSolver | None, growth: float = 1.0, slack: float = 1.0
) -> TooLarge:
    """The error for a window, with the N that would fit.

    growth   sites grow as N^growth
    slack    how rough the estimate of the bytes is
    """
    free = machine.available_bytes()

    def fits(share: float) -> bool:
        sites = share**growth
        smaller = factored(round(factors.unknowns * sites), [round(side * sites**0.5) for side in sides], solver)
        return slack * smaller.bytes <= free

    N = int(model.sizes[0] * _bisected(fits, 40))
    advice = f"N={N} would fit, or a smaller window such as window=6, or" if N else "free some memory, or"
    return TooLarge(
        f"this needs about {readable(factors.bytes)} ({factors.unknowns:,} unknowns on the window), but {readable(free)} are "
        f"available; {advice} raise PERMSYM_MEMORY if there is more",
        needed=factors.bytes,
        available=free,
        fits=[N] if N else None,
    )


# -- blocks of a cavity -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BlockNeeds:
    """What an iteration on blocks needs: real numbers of the state, bytes, and seconds with the certificate."""

    numbers: int
    bytes: float
    seconds: float


_SMALL_BLOCKS = 1500  # bytes a number and further ensemble: lists of links between many small blocks (measured: 1,100 to 1,250 of two)


def block_numbers(model: Model, representation: str, real: bool) -> int:
    """Real numbers of a state on all blocks: one (``real``) or two for each label, of conjugate pairs one label."""
    name = choose(model) if representation == "auto" else representation
    unknowns = lattice(model, name)[0] if isinstance(model.centre, Boson) else dimension(model, name)
    return _labels(model, representation, unknowns) * (1 if real else 2)


def _labels(model: Model, representation: str, unknowns: int) -> int:
    """Labels of a hermitian sector, of conjugate pairs one."""
    name = choose(model) if representation == "auto" else representation
    own, width = model.centre.levels, len(model.centre_sites)
    for each, part, alive in zip(model.ensembles, parts_of(model, name)[width:], model.symmetry.alive[width:], strict=True):
        own *= (
            part.count(0) if each.levels == 2 else _self_conjugate(each, len(alive) if isinstance(model.centre, Boson) else each.levels**2)
        )
    return (unknowns + min(own, unknowns)) // 2


def _self_conjugate(ensemble: Ensemble, types: int) -> int:
    """Occupations of so many types of d-level satellites in which coherences (k, b) and (b, k) occur equally often."""
    N, d, pairs = ensemble.N, ensemble.levels, (types - ensemble.levels) // 2
    if not pairs:
        return math.comb(N + d - 1, d - 1)
    return sum(math.comb(c + pairs - 1, pairs - 1) * math.comb(N - 2 * c + d - 1, d - 1) for c in range(N // 2 + 1))


def _eliminated(model: Model, representation: str, unknowns: int) -> float:
    """Share of the unknowns that populations couple to, from above; 1 of few, which need little."""
    if unknowns < _FEW or representation == "full" or not Decoupling(model).halved:
        return 1.0
    return _labels(model, representation, unknowns) / unknowns


def block_crossover(model: Model) -> int:
    """Satellites of a cavity up to which all blocks are as fast as a window of them."""
    return 50 if model.charges else 14


def may_cut_blocks(model: Model, basis: str | Basis) -> bool:
    """Whether a window of blocks pays: for one large Dicke ensemble beside a mode."""
    if not isinstance(basis, str) or not isinstance(model.centre, Boson) or len(model.ensembles) != 1:
        return False
    name = choose(model) if basis == "auto" else basis
    exchanged = not model.charges or any(charge[0] and charge[1] for charge in model.charges)
    return name == "dicke" and model.ensembles[0].j is None and exchanged and model.sizes[0] >= block_crossover(model)


def _window_share(model: Model, basis: str) -> float:
    """About the share of all blocks' numbers that a window takes, an upper estimate.

    Measured: 0.49 and 0.37 of pumped cavities' with N = 60 and 100, 0.42 and 0.37 of driven ones' with N = 20 and 30.
    """
    if not may_cut_blocks(model, basis):
        return 1.0
    return min(1.0, ((40 if model.charges else 12) / model.sizes[0]) ** 0.7)


def of_blocks(model: Model, basis: str = "auto", settings: MatrixFree | None = None, beside: int = 0, window: bool = False) -> BlockNeeds:
    """What a matrix-free solve needs.

    beside   vectors besides those of the iteration
    window   whether the blocks may be cut: the model's levels are a prediction
    """
    numbers = block_numbers(model, basis, Decoupling(model).real)
    numbers = int(numbers * (_window_share(model, basis) if window else 1))
    bytes_ = (settings or MatrixFree()).bytes(numbers) + numbers * (8.0 * beside + _SMALL_BLOCKS * (len(model.ensembles) - 1))
    # fitted to cavities with loss rates near their coupling, with the certificate of one moment: 699 and 951 products pumped with
    # N = 20 and 30, 1,014 and 1,722 driven with N = 5 and 10
    products = 72 * max(model.sizes) ** 0.76 if model.charges else 280 * max(model.sizes) ** 0.8
    return BlockNeeds(numbers, bytes_, numbers * products * SECONDS)


def on_blocks(model: Model, basis: str = "auto", settings: MatrixFree | None = None, beside: int = 0) -> BlockNeeds:
    """The same; TooLarge where the bytes are not free now."""
    needs, free = of_blocks(model, basis, settings, beside), machine.available_bytes()
    if needs.bytes > free:
        fits = _largest(model, lambda smaller: of_blocks(smaller, basis, settings, beside).bytes <= free)
        raise _refusal(needs.bytes, f"({needs.numbers:,} unknowns)", fits)
    return needs


def check_numbers(numbers: int, settings: MatrixFree) -> None:
    """TooLarge where the vectors of so many numbers do not fit into what is free now."""
    needed, free = settings.bytes(numbers), machine.available_bytes()
    if needed > free:
        raise TooLarge(
            f"this window needs about {readable(needed)} ({numbers:,} numbers), but {readable(free)} are available; "
            "take fewer satellites, or raise PERMSYM_MEMORY if there is more",
            needed=needed,
            available=free,
        )


def refuse_hopeless(model: Model, basis: str) -> None:
    """TooLarge where the most frugal solver needs twice what is free: of a cavity whose cut-off is a prediction."""
    real = Decoupling(model).real

    def needed(model: Model) -> float:
        numbers = block_numbers(model, basis, real) * _window_share(model, basis)
        return min(MatrixFree().bytes(numbers), Factorisation.of(*lattice(model, basis), SuperLU()).bytes)

    def like(smaller: Model) -> Model:  # levels grow as the satellites do
        factor = max(smaller.sizes) / max(model.sizes)
        return smaller.with_levels(max(2, math.ceil(factor * model.centre.levels)))

    bytes_, free = needed(model), machine.available_bytes()
    if bytes_ > 2 * free:
        fits = _largest(model, lambda smaller: needed(like(smaller)) <= free)
        raise _refusal(bytes_, f"on some {model.centre.levels} levels", fits)


# -- refusals ---------------------------------------------------------------------------------------------------------------


def _refusal(needed: float, size: str, fits: Sequence[int] | None) -> TooLarge:
    free = machine.available_bytes()
    advice = f"N={', '.join(map(str, fits))} would fit, or raise PERMSYM_MEMORY if there is more" if fits else _NOTHING_FITS
    return TooLarge(
        f"this needs about {readable(needed)} {size}, but {readable(free)} are available; {advice}",
        needed=needed,
        available=free,
        fits=fits,
    )


_NOTHING_FITS = "free some memory or raise PERMSYM_MEMORY"


def _largest(model: Model, fits: Callable[[Model], bool]) -> list[int] | None:
    """Satellites of the largest system that would fit, one number for each ensemble."""
    share = _bisected(lambda share: fits(model.rescaled(share)), 30)
    sizes = [int(ensemble.N * share) for ensemble in model.ensembles]
    return sizes if min(sizes) >= 1 else None


def _bisected(fits: Callable[[float], bool], steps: int) -> float:
    """The largest share of a system, from 0 to 1, that fits."""
    low, high = 0.0, 1.0
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
