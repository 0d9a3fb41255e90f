"""The photon-number distribution of a bosonic centre, as a dimension of its own in the dataset of one state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from permsym.dataset.schema import PHOTON, PHOTON_ERROR, PHOTON_PROBABILITY

if TYPE_CHECKING:
    import xarray as xr

    from permsym.moments.mode import PhotonDistribution


def with_photons(dataset: xr.Dataset, photons: PhotonDistribution) -> xr.Dataset:
    """A single state's dataset with P(n) and its error estimates over the dimension ``photon``."""
    errors = np.full(len(photons.n), np.nan) if photons.error is None else photons.error
    columns = ((PHOTON_PROBABILITY, photons.probability), (PHOTON_ERROR, errors))
    variables = {v.name: (("photon",), values, {"units": v.units, "long_name": v.long_name}) for v, values in columns}
    coordinate = (("photon",), photons.n, {"units": PHOTON.units, "long_name": PHOTON.long_name})
    return dataset.assign(variables).assign_coords(photon=coordinate)
