"""Files of permsym 0.1 before ``approach`` and the codes of ``status``: they open as if they were written today."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from permsym.dataset.schema import OUTCOME
from permsym.dataset.status import Outcome, Status
from permsym.errors import OlderFile

if TYPE_CHECKING:
    import xarray as xr

_RENAMED = {"method": "approach", "curve_method": "curve_approach"}
_HEADS = {
    "certified": Status.OK,
    "steady": Status.OK,
    "uncertified": Status.UNCERTIFIED,
    "failed": Status.FAILED,
    "omitted": Status.NOT_APPLICABLE,
    "": Status.NOT_APPLICABLE,
}
_UNPHYSICAL = ("the population ", "the photon number ")  # how reasons of approximations begin that no density matrix has


def parsed(text: str) -> Outcome:
    """Status and reason of a text that earlier versions wrote as a status; what failed and what was refused read alike there.

    Figures of paper 2 also wrote ``omitted: reason`` where a quantity does not exist, nothing where no point was asked for, and the bare
    outcome of a time evolution.

    >>> parsed("approximation: order 3, unstable, beyond the fold at N=12")
    (<Status.UNSTABLE: 'unstable'>, 'order 3, unstable, beyond the fold at N=12')
    """
    head, _, reason = text.partition(": ")
    if head == "approximation":
        flags = reason.split(", ")
        if any(flag.startswith(_UNPHYSICAL) for flag in flags):
            return Status.UNPHYSICAL, reason
        return (Status.UNSTABLE if "unstable" in flags else Status.OK), reason
    if head in _HEADS:
        return _HEADS[head], reason
    return Status.NO_FIXED_POINT, text


def renewed(dataset: xr.Dataset, name: str) -> xr.Dataset:
    """The dataset with today's names: the dimension ``approach``, codes in ``status``, their reasons in ``reason``.

    A dataset that has them already is returned as it is; another one warns with :class:`OlderFile`.

    name   of the file, for the warning
    """
    if "status" not in dataset or "reason" in dataset or dataset["status"].dtype.kind not in "UTO":
        return dataset
    if set(map(str, dataset["status"].values.flat)) & set(map(str, Status)):  # no file of an earlier version, but a damaged one
        return dataset
    used = {*map(str, dataset.variables), *map(str, dataset.dims)}
    new = dataset.rename({old: now for old, now in _RENAMED.items() if old in used})
    for variable in [text for text in map(str, new.data_vars) if text.partition("_")[0] == "status" or text.endswith("_status")]:
        outcomes = [parsed(str(text)) for text in new[variable].values.flat]
        for part, column in zip(OUTCOME, zip(*outcomes, strict=True), strict=True):
            array = np.array(list(map(str, column)), dtype=str).reshape(new[variable].shape)
            attributes = {"units": part.units, "long_name": part.long_name}
            new[variable.replace("status", part.name)] = (new[variable].dims, array, attributes)
    new.attrs = {_RENAMED.get(str(key), str(key)): value for key, value in dataset.attrs.items()}
    warnings.warn(
        f"{name} has the names of an earlier version; it is read with `approach` for `method`, and with the codes of `status`",
        OlderFile,
        stacklevel=3,
    )
    return new
