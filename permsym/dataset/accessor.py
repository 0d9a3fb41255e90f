"""``data.permsym``: what a dataset of permsym can do beside what any of xarray's can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

import permsym

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@xr.register_dataset_accessor("permsym")  # type: ignore[no-untyped-call]
class Accessor:
    """Methods of datasets that permsym made or read."""

    def __init__(self, data: xr.Dataset) -> None:
        self._data = data

    def plot(self, quantity: str | None = None, over: str | None = None, ax: Axes | None = None) -> permsym.pictures.Picture | Axes:
        """A quantity along one axis, a line for every approach: see :func:`permsym.pictures.dataset`."""
        return permsym.pictures.dataset(self._data, quantity, over, ax)
