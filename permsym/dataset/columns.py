"""One quantity of a dataset, a moment or a derived one, with its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from permsym.dataset.schema import error_name

if TYPE_CHECKING:
    import xarray as xr


def column(data: xr.Dataset, quantity: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Complex values of a quantity, and error estimates, over all dimensions but ``moment``; nan where the dataset does not have it."""
    if quantity in data:
        name = error_name(quantity)
        return data[quantity] + 0j, data[name] if name in data else data["error_estimate"]
    if quantity in data["moment"].values:
        at = data["moment"].values.tolist().index(quantity)
        real, imaginary, error = (data[f"moment_{part}"].isel(moment=at) for part in ("real", "imag", "error"))
        return real.copy(data=real.values + 1j * imaginary.values), error
    return data["error_estimate"] * complex(np.nan, np.nan), data["error_estimate"] * np.nan
