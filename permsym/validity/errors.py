"""Signed errors of approximations at the samples of a map, from the dataset of its sweep.

    e = (approximation - exact) / |exact|

with the sign of its real part; of several quantities the worst one.  What error bars leave open is no error: |e| is made smaller by
those of both sides, in the same unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from permsym.dataset.schema import error_name
from permsym.dataset.status import EXACT, LEFT, Status
from permsym.errors import InputError
from permsym.validity.axes import Axis, Real

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Scale:
    """What errors are relative to: the exact value (``size`` None), or a number; 1 makes them absolute."""

    size: float | None = None

    def unit(self, exact: NDArray[np.complex128]) -> Real:
        """(...) the unit at each exact value; nan where that is zero and is the unit itself."""
        return np.where(exact == 0, np.nan, np.abs(exact)) if self.size is None else np.full(exact.shape, self.size)


@dataclass(frozen=True)
class Errors:
    """Of every approximation at every sample.

    axes, samples   the axes and their sampled values
    exact           (quantities, *samples) exact values, nan in holes
    exact_error     (quantities, *samples) their error estimates, in the unit of e
    signed          approach -> (*samples) e; nan where there is no value
    status          approach -> (*samples) :class:`Status` codes; of the exact values under "exact"
    values, bars    approach -> (quantities, *samples) values and their error bars
    """

    axes: tuple[Axis, ...]
    samples: tuple[Real, ...]
    quantities: tuple[str, ...]
    exact: NDArray[np.complex128]
    exact_error: Real
    signed: dict[str, Real]
    status: dict[str, NDArray[np.str_]]
    values: dict[str, NDArray[np.complex128]]
    bars: dict[str, Real]

    @property
    def methods(self) -> list[str]:
        """The approximations."""
        return list(self.signed)

    @property
    def holes(self) -> NDArray[np.bool_]:
        """(*samples) where no certified exact value is."""
        return (self.status[EXACT] != Status.OK) | np.isnan(self.exact).any(axis=0)


def of_dataset(data: xr.Dataset, axes: Sequence[Axis], quantities: Sequence[str], scale: Scale) -> Errors:
    """The errors in a sweep's dataset; InputError for a quantity that it does not have."""
    names = [axis.name for axis in axes]
    approaches = [str(name) for name in data["approach"].values]
    values = {name: np.array([_values(data, quantity, name, names) for quantity in quantities]) for name in approaches}
    bars = {name: np.array([_bars(data, quantity, name, names) for quantity in quantities]) for name in approaches}
    status = {name: data["status"].sel(approach=name).transpose(*names).values for name in approaches}
    exact, own = values[EXACT], bars[EXACT]
    unit = scale.unit(exact)
    signed = {}
    for name in approaches:
        if name != EXACT:
            e = values[name] - exact
            size = np.maximum(np.abs(e) - np.nan_to_num(bars[name]) - np.nan_to_num(own), 0.0) / unit
            each = np.where((e * exact.conj()).real < 0, -size, size) if scale.size is None else np.where(e.real < 0, -size, size)
            signed[name] = _worst(each)
    samples = tuple(np.asarray(data[name].values, dtype=float) for name in names)
    return Errors(tuple(axes), samples, tuple(quantities), exact, own / unit, signed, status, values, bars)


def _worst(errors: Real) -> Real:
    """(quantities, ...) -> (...) the one of largest modulus, nan where one of them is."""
    missing = np.isnan(errors).any(axis=0)
    largest = np.abs(np.nan_to_num(errors)).argmax(axis=0)
    return np.where(missing, np.nan, np.take_along_axis(errors, largest[None], axis=0)[0])


def _values(data: xr.Dataset, quantity: str, approach: str, names: Sequence[str]) -> NDArray[np.complex128]:
    one = data.sel(approach=approach)
    if quantity in one:
        return np.asarray(one[quantity].transpose(*names).values, dtype=complex)
    if quantity not in one["moment"].values:
        raise InputError(f"the file has no quantity {quantity!r}; it has {', '.join(map(str, one['moment'].values))} and derived ones")
    moment = one.sel(moment=quantity)
    return np.asarray((moment["moment_real"] + 1j * moment["moment_imag"]).transpose(*names).values)


def _bars(data: xr.Dataset, quantity: str, approach: str, names: Sequence[str]) -> Real:
    one = data.sel(approach=approach)
    if quantity in one:
        name = error_name(quantity)
        bars = one[name] if name in one else one["error_estimate"]
    else:
        bars = one.sel(moment=quantity)["moment_error"]
    return np.asarray(bars.transpose(*names).values, dtype=float)


def computed(status: NDArray[np.str_]) -> bool:
    """Whether every sample has been computed."""
    return bool((status != LEFT).all())
