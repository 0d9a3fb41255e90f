"""H and collapse operators of the whole product space, as a model's parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym.errors import InputError, TooLarge
from permsym.jumps import Collective, Jump
from permsym.operators import ComplexArray, Operator
from permsym.several_sites import SeveralSites
from permsym.sites import Boson, Ensemble, Levels, NoCentre, Site, Spin, as_count
from permsym.translation.one_site import EXACT, OneSite, centre_of, expanded, joint, level_site, mode_site, satellite_sites, spin_site
from permsym.translation.rates import Kind, Rates
from permsym.translation.tensors import ROUNDING, Layout, bodies, check_symmetric, collective, without_constants

if TYPE_CHECKING:
    import qutip

LARGEST = 1024
"""Dimension of the product space: a matrix has 16 MB, and three satellites show all that a model has."""


@dataclass(frozen=True)
class Parts:
    """What a model is made of."""

    centre: Site
    ensembles: tuple[Ensemble, ...]
    hamiltonian: Operator
    jumps: tuple[Jump, ...]


@dataclass(frozen=True)
class Reading:
    """How the sites of the product space are to be read; fields as in :meth:`permsym.model.Model.from_qutip`."""

    centre: bool | tuple[str, ...]
    ensembles: Sequence[int] | None
    mode: bool | None
    lone: Kind | None
    symmetric: bool


def parts_of(H: qutip.Qobj, c_ops: Sequence[qutip.Qobj], reading: Reading) -> Parts:
    """Centre, ensembles, Hamiltonian and jumps of these operators; InputError where no model has them."""
    if reading.lone not in (None, "individual", "collective"):
        raise InputError(f"`lone` must be 'individual' or 'collective', but is {reading.lone!r}", parameter="lone")
    if hasattr(c_ops, "full") or not isinstance(c_ops, Sequence):
        raise InputError("`c_ops` must be a list of QuTiP operators, [c] for one", parameter="c_ops")
    dims = _dims(H)
    hamiltonian = _matrix(H, dims, "H")
    if np.abs(hamiltonian - hamiltonian.conj().T).max() > EXACT * np.abs(hamiltonian).max():
        raise InputError("H is not hermitian; rates of loss belong into c_ops, as np.sqrt(rate) * operator")
    jumps = [_matrix(each, dims, f"c_ops[{number}]") for number, each in enumerate(c_ops)]
    matrices = [(hamiltonian + hamiltonian.conj().T) / 2, *jumps]
    levels = _levels(dims, reading.centre)
    names, sites = _ensembles(levels, reading)
    adjoints = [matrix.conj().T for matrix in jumps]
    if isinstance(reading.centre, tuple):
        centre, layout, tensors = _of_several([*matrices, *adjoints], dims, reading.centre, names, sites, reading)
        tensors, backwards = tensors[: len(matrices)], tensors[len(matrices) :]
    else:
        layout, tensors = _tensors(matrices, levels[:1], levels, names, sites, reading.mode)
        centre, layout, tensors = _recognised(layout, tensors, reading)
        backwards = [_cleared(expanded(matrix, layout.bases)) for matrix in adjoints]
    energy = tensors[0]
    for tensor, backward in zip(tensors[1:], backwards, strict=True):
        energy = energy + _shift(tensor, backward)
    check_symmetric(energy, layout, "H")
    read = tuple(_jumps(tensors[1:], layout, reading.lone))
    mixed = {key.satellites[0][0] for jump in read if jump.kind == "individual" for key in jump.operator.terms}
    if reading.symmetric and mixed.issuperset(names):
        raise InputError("individual jumps change the total spin of every ensemble; leave symmetric out", parameter="symmetric")
    fixed = reading.symmetric  # of an ensemble with individual jumps no spin is
    ensembles = tuple(
        Ensemble(len(each), name, levels[each[0]], len(each) / 2 if fixed and name not in mixed else None)
        for name, each in zip(names, sites, strict=True)
    )
    return Parts(centre, ensembles, without_constants(collective(energy, layout, "H")), read)


def _levels(dims: list[int], centre: bool | tuple[str, ...]) -> list[int]:
    """Levels of the whole centre, 1 where there is none, then of the satellites."""
    if isinstance(centre, tuple):
        if not 1 < len(centre) < len(dims) or len(set(centre)) < len(centre):
            raise InputError(
                f"`centre` must be True, False or different names of the first sites, such as ['x', 'y'], but is {list(centre)}; "
                f"H has {len(dims)} sites",
                parameter="centre",
            )
        return [int(np.prod(dims[: len(centre)])), *dims[len(centre) :]]
    return dims if centre else [1, *dims]


def _of_several(
    matrices: list[ComplexArray], dims: list[int], own: tuple[str, ...], names: tuple[str, ...], sites: tuple[range, ...], reading: Reading
) -> tuple[Site, Layout, list[ComplexArray]]:
    """A centre of several sites: each is read on its own, then their axes are made one."""
    width = len(own)
    shifted = tuple(range(each.start + width - 1, each.stop + width - 1) for each in sites)
    layout, tensors = _tensors(matrices, dims[:width], dims, names, shifted, reading.mode)
    recognised, bases = [], []
    for axis, name in enumerate(own):
        turned = [np.moveaxis(tensor, axis, 0) for tensor in tensors]
        site, one, turned = _recognised(Layout(names, shifted, layout.bases[axis:]), turned, reading)
        tensors = [np.moveaxis(tensor, 0, axis) for tensor in turned]
        recognised.append(site.renamed(name))
        bases.append(one.bases[0])
    merged = [tensor.reshape(-1, *tensor.shape[width:]) for tensor in tensors]
    return SeveralSites(recognised), Layout(names, sites, (joint(own, bases), *layout.bases[width:])), merged


def _shift(tensor: ComplexArray, adjoint: ComplexArray) -> ComplexArray:
    """Takes the identity part c out of a jump x + c, in place; returns its energy (i/2) (c^* x - c x^dag)."""
    origin = (0,) * tensor.ndim
    c, tensor[origin], adjoint[origin] = tensor[origin], 0, 0
    return np.asarray(0.5j * (c.conjugate() * tensor - c * adjoint))


def _dims(H: qutip.Qobj) -> list[int]:
    """Levels of the sites; refused where H is no operator of sites."""
    if not hasattr(H, "full") or not hasattr(H, "dims"):
        raise InputError(
            f"H must be a QuTiP operator, but is of type {type(H).__name__}; functions of time go into evolve(modulate=...)", parameter="H"
        )
    dims = H.dims[0]
    if H.type != "oper" or H.dims[1] != dims or not all(isinstance(each, int) for each in dims):
        raise InputError(f"H must be an operator of a tensor product of sites, but has dims {H.dims}", parameter="H")
    size = int(np.prod(dims))
    if size > LARGEST:
        raise TooLarge(f"H has {size} states, but at most {LARGEST} are read; give fewer satellites, then model.resized(N=...)")
    return [int(each) for each in dims]


def _matrix(operator: Any, dims: list[int], name: str) -> ComplexArray:
    if not hasattr(operator, "full") or getattr(operator, "type", "") != "oper":
        kind = getattr(operator, "type", type(operator).__name__)
        raise InputError(f"{name} must be a constant QuTiP operator, but is {kind!r}; functions of time go into evolve(modulate=...)")
    if operator.dims != [dims, dims]:
        raise InputError(f"{name} has dims {operator.dims}, but H has {[dims, dims]}; write both with tensor() over the same sites")
    matrix = np.asarray(operator.full(), dtype=complex)
    if not np.isfinite(matrix).all():
        raise InputError(f"{name} must be finite, but holds nan or infinity")
    return matrix


def _ensembles(levels: list[int], reading: Reading) -> tuple[tuple[str, ...], tuple[range, ...]]:
    """Names and axes of the ensembles: as asked, else neighbours with as many levels."""
    satellites = levels[1:]
    if not satellites:
        raise InputError("there are no satellites beside the centre; say centre=False where all sites are satellites", parameter="centre")
    sizes = [len(list(group)) for _, group in groupby(satellites)]
    if reading.ensembles is not None:
        sizes = [as_count("ensembles", size, 1) for size in reading.ensembles]
        if sum(sizes) != len(satellites):
            raise InputError(f"`ensembles` must add up to {len(satellites)} satellites, but are {sizes}", parameter="ensembles")
    names, sites, start = [], [], 1
    for number, size in enumerate(sizes):
        sites.append(range(start, start + size))
        names.append(chr(ord("A") + number) if number < 26 else f"A{number}")
        if len({levels[site] for site in sites[-1]}) > 1:
            raise InputError(f"satellites of one ensemble need as many levels, but have {[levels[site] for site in sites[-1]]}")
        start += size
    return tuple(names), tuple(sites)


def _tensors(
    matrices: list[ComplexArray], own: list[int], levels: list[int], names: tuple[str, ...], sites: tuple[range, ...], mode: bool | None
) -> tuple[Layout, list[ComplexArray]]:
    """All operators over one-site bases, of each ensemble the one with fewest terms.

    own   levels of the centre's sites, whose axes come first

    A constant that a satellite's operator has beside \\|1><1\\| or sigma^z would enter other terms with a factor N; the basis that
    the operators were written in has none.
    """
    bases = [spin_site() if one == 2 and not mode else level_site(one) for one in own]
    bases += [satellite_sites(levels[site])[0] for each in sites for site in each]
    for each in sites:
        choices: list[tuple[int, int, list[OneSite]]] = []
        for basis in satellite_sites(levels[each[0]]):
            tried = [basis if axis in each else other for axis, other in enumerate(bases)]
            choices.append((sum(_terms(expanded(matrix, tried)) for matrix in matrices), len(choices), tried))
        bases = min(choices)[2]
    tensors = [_cleared(expanded(matrix, bases)) for matrix in matrices]
    return Layout(names, sites, tuple(bases)), tensors


def _cleared(tensor: ComplexArray, floor: float = ROUNDING) -> ComplexArray:
    return np.where(np.abs(tensor) > floor * np.abs(tensor).max(initial=0.0), tensor, 0)


def _terms(tensor: ComplexArray) -> int:
    return int(np.count_nonzero(_cleared(tensor, EXACT).ravel()[1:]))


def _recognised(layout: Layout, tensors: list[ComplexArray], reading: Reading) -> tuple[Site, Layout, list[ComplexArray]]:
    """The centre: a mode where asked for, or where all matrices are polynomials in a and ad."""
    levels = layout.bases[0].matrices.shape[1]
    if not reading.centre:
        if reading.mode:
            raise InputError("a mode is a centre; leave mode out, or say centre=True", parameter="mode")
        return NoCentre(), layout, tensors
    site: Site = Spin() if levels == 2 else Levels(levels)
    if reading.mode is False or (reading.mode is None and levels == 2):
        return site, layout, tensors
    basis = mode_site(levels, asked=bool(reading.mode))
    read = [centre_of(tensor, layout.bases[0], basis) for tensor in tensors]
    tensors_of_mode = [each for each in read if each is not None]
    if len(tensors_of_mode) < len(tensors):
        if reading.mode:
            which = "H" if read[0] is None else f"c_ops[{[each is None for each in read].index(True) - 1}]"
            raise InputError(
                f"{which} is no polynomial in a and ad of at most {len(basis.names)} terms on {levels} Fock states; write products in "
                "normal order (a * a.dag() is cut, a.dag() * a + 1 is not), take more states, or leave mode out"
            )
        return site, layout, tensors
    if not reading.mode and not any(_moves(tensor, basis) for tensor in tensors_of_mode):
        return site, layout, tensors
    bases = (basis, *layout.bases[1:])
    return Boson(levels), Layout(layout.names, layout.sites, bases), [_cleared(tensor) for tensor in tensors_of_mode]


def _moves(tensor: ComplexArray, basis: OneSite) -> bool:
    """Whether a term creates or destroys quanta."""
    odd = [i for i, name in enumerate(basis.names) if name.split().count("a") != name.split().count("ad")]
    return bool(np.abs(tensor[odd]).max(initial=0.0) > EXACT * np.abs(tensor).max(initial=0.0))


def _jumps(tensors: list[ComplexArray], layout: Layout, lone: Kind | None) -> list[Jump]:
    """Jumps with products of satellites as they are, all others by their matrix of rates."""
    single, result = [], []
    for number, tensor in enumerate(tensors):
        counts = bodies(tensor)
        if np.abs(np.where(counts > 1, tensor, 0)).max(initial=0.0) > EXACT * np.abs(tensor).max(initial=0.0):
            check_symmetric(tensor, layout, f"c_ops[{number}], a product of satellites' operators,")
            result.append(Collective(1.0, collective(tensor, layout, f"c_ops[{number}]")))
        else:
            single.append(tensor)
    if not single:
        return result
    rates = Rates(single, layout)
    rates.check()
    return [*rates.jumps(lone), *result]
