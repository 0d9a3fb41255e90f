"""Eigenvalues of the Liouvillian in any charge sector, and the slowest rate."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from permsym.assembly import Assembly
from permsym.basis.basis import Basis
from permsym.basis.representations import build, choose, dimension
from permsym.dynamics.factors import factors_of
from permsym.dynamics.gap import AT_ONCE, Everything, Searched, Slowest, classes, slowest_mode
from permsym.dynamics.sector import block_by_block
from permsym.errors import InputError
from permsym.linear.assembled.solver import BiCGStab
from permsym.linear.eigenpairs import Eigenpairs, improved
from permsym.linear.shift_invert import ShiftInvert
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.progress import Progress, silent
from permsym.several_sites import modes_of_centre
from permsym.sites import Boson
from permsym.steady import needs
from permsym.steady.scaling.levels import START
from permsym.steady.solve import on_displaced_states

if TYPE_CHECKING:
    from permsym.dynamics.slow_modes import Modes

_ATTEMPTS = 24  # cut-offs, a third larger from one to the next
_FEWER = 0.75  # of the levels that the steady state's moments start from: enough for the driven cavity's gap at N = 5 to 20
_TOP = 1e-6  # of an eigenvector's norm that a boson's last two levels may hold: eigenvalues then are good to about 1e-8


@dataclass(frozen=True)
class Eigenvalues:
    """Eigenvalues of one charge sector, in the model's unit of frequency, largest real part first.

        L v = lambda v,      L^T w = lambda w

    eigenvalues  (k,); exp(eigenvalue t) is how such a disturbance evolves
    errors       (k,) bounds of what rounding moves them by, from left and right vectors; nan where there are no left ones
    charge       the sector
    residuals    (k,) |L v - lambda v| / |v|
    right, left  (dimension, k) vectors v, w of unit length on the unknowns of the basis; None where iterations saw but a part of them
    model        whose boson has the cut-off that was needed
    basis        the representation
    solver       shift-invert settings of the search for the slowest rate
    computed     the slowest rate where it came with the eigenvalues
    """

    eigenvalues: NDArray[np.complex128]
    errors: NDArray[np.float64]
    charge: tuple[int, ...]
    residuals: NDArray[np.float64]
    model: Model
    basis: str
    solver: ShiftInvert
    computed: Slowest | None = None
    right: NDArray[np.complex128] | None = None
    left: NDArray[np.complex128] | None = None

    @cached_property
    def slowest(self) -> Slowest:
        """The eigenvalue with the slowest rate that is not zero, at any frequency; of a large sector searched for when it is asked for."""
        if self.computed is not None:
            return self.computed
        space = build(self.model, self.basis, self.charge)
        liouvillian = Liouvillian(space)
        trace = liouvillian.trace() if space.hermitian else np.zeros(space.dimension)
        slowest = slowest_mode(liouvillian.assembled(), space.coordinates, space.log_norms, trace, self.solver)
        top = _top_weight(space, slowest.vector[:, None])
        if not top > _TOP:
            return slowest
        note = f"the last two levels of {self.model.centre!r} hold {top:.0e} of its vector, and a cut-off so low moves it"
        return replace(slowest, searched=replace(slowest.searched, note=note))

    @property
    def gap(self) -> float:
        """Slowest rate of relaxation that is not zero, of the permutation-symmetric sector: -Re of :attr:`slowest`."""
        return -self.slowest.value.real

    @property
    def gap_error(self) -> float:
        """Bound of what rounding moves the gap by; nan where it is not known."""
        return self.slowest.error

    @property
    def searched(self) -> Searched:
        """What was searched for the gap: where nothing slower can be."""
        return self.slowest.searched


def eigenvalues(
    model: Model,
    k: int = 6,
    charge: int | tuple[int, ...] = 0,
    near: float | None = None,
    basis: str = "auto",
    solver: ShiftInvert | None = None,
    progress: Progress | None = None,
) -> Eigenvalues:
    """The ``k`` eigenvalues of the Liouvillian nearest to zero, or to i ``near``, in one charge sector.

    charge     ket minus bra excitations (one number for each U(1) symmetry of the model): 0 holds the steady state and the
               Liouvillian gap, -1 the lines of emission: lambda = i omega - half the width of the line at omega
    near       frequency, in the model's unit; a neutral sector holds every eigenvalue's conjugate too
    solver     shift-invert settings; None: the default ones, and for large driven modes iterations without a factorisation
    progress   called with a line of text now and then

    A boson's automatic cut-off grows until the eigenvectors' top levels are negligible.  Every eigenvalue of the permutation-symmetric
    Liouvillian is one of the full Liouvillian.  The iterations see the steady state's part of the neutral sector: on resonance they leave
    out coherences of the other quadrature.
    """
    say, wanted = progress or silent, _Wanted(k, charge, _charges(model, charge), _frequency(near), basis, solver)
    if not (isinstance(model.centre, Boson) and model.centre.automatic):
        return _of(model, wanted, say)[0]
    model, start = on_displaced_states(model, say)
    levels = START if start is None else math.ceil(_FEWER * start)
    modes: Modes | None = None
    for _ in range(_ATTEMPTS):
        result, top, modes = _of(model.with_levels(levels), wanted, say, modes)
        say(f"levels={levels}: the last two hold {top:.1e} of an eigenvector")
        if top < _TOP:
            return result
        levels += max(4, levels // 3)
    raise InputError(f"the eigenvectors reach beyond any cut-off tried, up to levels={levels}; give fixed levels to study the cut model")


@dataclass(frozen=True)
class _Wanted:
    """What is asked for: ``charge`` as the caller wrote it, ``sector`` with a charge for each symmetry."""

    k: int
    charge: int | tuple[int, ...]
    sector: tuple[int, ...]
    near: float | None
    basis: str
    solver: ShiftInvert | None


def _frequency(near: float | None) -> float | None:
    number = isinstance(near, int | float | np.integer | np.floating) and not isinstance(near, bool)
    if near is not None and not (number and math.isfinite(near)):
        raise InputError(f"`near` must be a frequency, or None for zero, but is {near!r}")
    return None if near is None else float(near)


def _charges(model: Model, charge: int | tuple[int, ...]) -> tuple[int, ...]:
    charges = tuple(charge) if isinstance(charge, tuple | list) else (charge,) * len(model.charges)
    if not all(isinstance(q, int | np.integer) for q in (charges or (charge,))):
        raise InputError(f"`charge` must be a whole number, or a tuple of them, but is {charge!r}")
    if not isinstance(charge, tuple | list) and charge and not model.charges:
        raise InputError(f"`charge` is {charge}, but this model has no U(1) symmetry; leave it out")
    if len(charges) != len(model.charges):
        raise InputError(f"`charge` must have {len(model.charges)} entries, one for each U(1) symmetry, but is {charge!r}")
    return tuple(int(q) for q in charges)


def _of(model: Model, wanted: _Wanted, say: Progress, earlier: Modes | None = None) -> tuple[Eigenvalues, float, Modes | None]:
    """The eigenvalues at the model's cut-off; the largest share of an eigenvector in a boson's last two levels; modes to go on from."""
    k, sector, solver = wanted.k, wanted.sector, wanted.solver
    name = choose(model) if wanted.basis == "auto" else wanted.basis
    if not dimension(model, name, sector):
        raise InputError(f"no state has `charge` {wanted.charge!r}; it is limited by the excitations that the sites can hold")
    if solver is None and wanted.near is None and k > 1 and block_by_block(model, name, sector):
        from permsym.basis.blocks import Blocks  # these three load the compiler
        from permsym.dynamics import slow_modes
        from permsym.matrixfree import BlockLiouvillian

        needs.on_blocks(model, name, beside=2 * slow_modes.capacity(k - 1))
        modes = slow_modes.slowest(BlockLiouvillian(Blocks.of(model, name)), k - 1, say, earlier)
        values, residuals = np.concatenate([[0], modes.values]), np.concatenate([[0], modes.residuals])
        near = math.sqrt(max(float(np.abs(modes.values).max()) ** 2 - modes.values[0].real ** 2, 0.0))
        note = f"iterations saw the {k - 1} eigenvalues nearest to zero that couple to the steady state's part of the sector"
        searched = Searched(modes.vectors.shape[1], (-near, near), 0, False, note)
        first = Slowest(complex(modes.values[0]), math.nan, searched, modes.vectors[0])
        unknown = np.full(k, math.nan)
        return Eigenvalues(values, unknown, sector, residuals, model, name, ShiftInvert(), first), modes.top_weight(), modes
    direct = factors_of(model, name, dimension(model, name, sector), sector)
    space = build(model, name, sector)
    if not 1 <= k < max(space.dimension, 2):
        raise InputError(f"the number of eigenvalues must be from 1 to {space.dimension - 1}, but is {k!r}")
    assembly = Liouvillian(space).assembled()
    shift_invert = solver or (ShiftInvert(direct=direct) if isinstance(direct, BiCGStab) else ShiftInvert())
    values, errors, pairs = _nearest(assembly, space, k, shift_invert, wanted.near)
    residuals = np.linalg.norm(assembly.matrix @ pairs.right - pairs.right * values, axis=0) / np.linalg.norm(pairs.right, axis=0)
    answer = Eigenvalues(values, errors, space.charge, residuals, model, name, shift_invert, right=pairs.right, left=pairs.left)
    return answer, _top_weight(space, pairs.right), None


def _nearest(
    assembly: Assembly, space: Basis, k: int, solver: ShiftInvert, near: float | None
) -> tuple[NDArray[np.complex128], NDArray[np.float64], Eigenpairs]:
    """The k eigenvalues nearest to a point of the imaginary axis by falling real part, their errors and vectors."""
    sigma = solver.sigma(assembly.matrix) + 1j * (near or 0.0)
    parts = classes(assembly.matrix, space.dimension if 2 * k > space.dimension else AT_ONCE)
    if parts is not None:
        every = Everything.of(assembly, parts)
        nearest = np.argsort(np.abs(every.values - sigma), kind="stable")[:k]
        values, errors = every.values[nearest], every.errors[nearest]
        pairs = every.pairs(nearest)
    else:
        pairs = solver.around(assembly.matrix, space.coordinates, k, sigma)
        values, errors = improved(assembly.matrix, assembly.rounding, pairs)
    order = np.lexsort((values.imag, -values.real.round(12)))
    return values[order], errors[order], pairs.chosen(order)


def _top_weight(space: Basis, vectors: NDArray[np.complex128]) -> float:
    tops = [space.labels[2 * k : 2 * k + 2].max(axis=0) >= mode.levels - 2 for k, mode in modes_of_centre(space.model.centre)]
    if not tops:
        return 0.0
    top = np.logical_or.reduce(tops)
    rows = np.concatenate([top, top[space.paired]]) if space.hermitian else top
    return float((np.linalg.norm(vectors[rows], axis=0) / np.linalg.norm(vectors, axis=0)).max())
