"""Signed errors of approximations at the samples of a map, from the dataset of its sweep.

    e = (approximation - exact) / |exact|

with the sign of the real part of what is above; of several quantities the worst one.  What error bars leave open is no error: |e| is
made smaller by those of both sides, in the same unit.  Proved bounds as an approximation are off by the far end of their interval.

Where proved bounds are the reference, the middle of the interval stands for the exact value and half the width for its error: |e| is the
distance from the interval, relative to its far end, and an approximation is off by so much at least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from permsym.dataset.columns import column
from permsym.dataset.status import BOUNDS, EXACT, Status
from permsym.errors import InputError
from permsym.validity.axes import Axis, Real

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Scale:
    """What errors are relative to: the exact value (``size`` None), or a number; 1 makes them absolute."""

    size: float | None = None

    def spelled(self, error: float) -> str:
        """An error in words: per cent of the exact value, or the number itself."""
        return percent(error) if self.size is None else f"{error * self.size:.3g}"

    @property
    def words(self) -> str:
        """What errors are."""
        return "|error|, relative to the exact value" if self.size is None else "|error|"

    def unit(self, largest: Real) -> Real:
        """(...) the unit where an exact value has this size at most; nan where that is zero and is the unit itself."""
        return np.where(largest == 0, np.nan, largest) if self.size is None else np.full(largest.shape, self.size)


def percent(share: float) -> str:
    """A share in words.

    >>> percent(0.4786), percent(0.004), percent(0.0)
    ('48 %', '0.4 %', '0 %')
    """
    return f"{100 * share:.0f} %" if share >= 0.01 or share == 0 else f"{100 * share:.1g} %"


@dataclass(frozen=True)
class Errors:
    """Of every approximation at every sample.

    axes, samples   the axes and their sampled values
    reference       what errors are against: EXACT, or BOUNDS
    exact           (quantities, *samples) exact values, nan in holes
    exact_error     (quantities, *samples) their error estimates, in the unit of e
    signed          approach -> (*samples) e; nan where there is no value
    status          approach -> (*samples) :class:`Status` codes; of the exact values under the reference
    values, bars    approach -> (quantities, *samples) values and their error bars
    """

    axes: tuple[Axis, ...]
    samples: tuple[Real, ...]
    quantities: tuple[str, ...]
    scale: Scale
    exact: NDArray[np.complex128]
    exact_error: Real
    signed: dict[str, Real]
    status: dict[str, NDArray[np.str_]]
    values: dict[str, NDArray[np.complex128]]
    bars: dict[str, Real]
    reference: str = EXACT

    @property
    def methods(self) -> list[str]:
        """The approximations."""
        return list(self.signed)

    @property
    def holes(self) -> NDArray[np.bool_]:
        """(*samples) where no certified exact value, or no proved interval, is."""
        return (self.status[self.reference] != Status.OK) | np.isnan(self.exact).any(axis=0)


def of_dataset(data: xr.Dataset, axes: Sequence[Axis], quantities: Sequence[str], scale: Scale, reference: str = EXACT) -> Errors:
    """The errors in a sweep's dataset against one of its approaches; InputError for a quantity that it does not have."""
    names = [axis.name for axis in axes]
    approaches = [str(name) for name in data["approach"].values]
    columns = {name: _columns(data.sel(approach=name), quantities, names) for name in approaches}
    values = {name: one for name, (one, _) in columns.items()}
    bars = {name: one for name, (_, one) in columns.items()}
    status = {name: data["status"].sel(approach=name).transpose(*names).values for name in approaches}
    exact, own = values[reference], np.nan_to_num(bars[reference])
    unit = scale.unit(np.abs(exact) + (own if reference == BOUNDS else 0.0))
    signed = {}
    for name in approaches:
        if name != reference:
            e, bar = values[name] - exact, np.nan_to_num(bars[name])
            size = np.abs(e) + bar if name == BOUNDS else np.maximum(np.abs(e) - bar - own, 0.0)
            size /= unit
            signed[name] = _worst(np.where(e.real < 0, -size, size))
    samples = tuple(np.asarray(data[name].values, dtype=float) for name in names)
    return Errors(tuple(axes), samples, tuple(quantities), scale, exact, bars[reference] / unit, signed, status, values, bars, reference)


def _worst(errors: Real) -> Real:
    """(quantities, ...) -> (...) the one of largest modulus, nan where one of them is."""
    missing = np.isnan(errors).any(axis=0)
    largest = np.abs(np.nan_to_num(errors)).argmax(axis=0)
    return np.where(missing, np.nan, np.take_along_axis(errors, largest[None], axis=0)[0])


def _columns(data: xr.Dataset, quantities: Sequence[str], names: Sequence[str]) -> tuple[NDArray[np.complex128], Real]:
    """(quantities, *samples) values and their error bars; InputError for a quantity that is not there."""
    missing = next((name for name in quantities if name not in data and name not in data["moment"].values), None)
    if missing is not None:
        raise InputError(f"the file has no quantity {missing!r}; it has {', '.join(map(str, data['moment'].values))} and derived ones")
    pairs = [column(data, quantity) for quantity in quantities]
    values, bars = (np.array([each[k].transpose(*names).values for each in pairs]) for k in (0, 1))
    return values.astype(complex), bars.astype(float)
