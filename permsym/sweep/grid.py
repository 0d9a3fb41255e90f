"""A sweep: a model function over the product of some parameter axes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from permsym.basis.basis import build
from permsym.dataset.build import Point, build_dataset
from permsym.errors import InputError, PermsymError
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.models.registry import LIBRARY, ModelSource, lookup, source_of
from permsym.steady.solve import automatic_levels, check_memory, uses_window
from permsym.sweep.methods import METHODS, Moments, exact_point, failed_point, mean_field_point

if TYPE_CHECKING:
    import xarray as xr

Progress = Callable[[int, int], None]
"""Called with (points done, points in all)."""


def sweep(
    model: str | Callable[..., Model] | ModelSource,
    axes: Mapping[str, Sequence[float]],
    *,
    methods: Sequence[str] = ("exact",),
    moments: Moments = 2,
    command: str = "",
    progress: Progress | None = None,
    **fixed: float | str,
) -> xr.Dataset:
    """Steady states of a model over the product of parameter axes, as a labelled dataset.

    model     a library name, a model function, or a ModelSource
    axes      parameter -> values; the order is that of the dataset's dimensions
    methods   "exact" and/or "mf" (mean field)
    moments   an order, or labels
    fixed     other parameters; numbers or expressions such as kappa="N/16", evaluated at each point

    A point's numbers depend on that point alone.  A point that fails is recorded with its reason in ``status``; all
    parameters are checked before anything is computed.
    """
    source = _source(model)
    unknown = [method for method in methods if method not in METHODS]
    if unknown or not methods or len(set(methods)) < len(methods):
        raise InputError(f"`methods` must be different ones of {', '.join(METHODS)}, but is {list(methods)!r}")
    for name, values in axes.items():
        if name in fixed:
            raise InputError(f"{name!r} is both an axis and fixed; leave one of them out")
        if not len(values):
            raise InputError(f"the axis {name!r} must have at least one value, but is empty")
    indices = list(itertools.product(*(range(len(values)) for values in axes.values())))
    models = {index: source.model({**fixed, **{name: axes[name][i] for name, i in zip(axes, index, strict=True)}}) for index in indices}
    points: dict[tuple[tuple[int, ...], str], Point] = {}
    liouvillian: Liouvillian | None = None
    for index, each in models.items():
        for method in methods:
            try:
                if method == "mf":
                    points[index, method] = mean_field_point(each, moments)
                    continue
                shared = None
                if not uses_window(each) and not automatic_levels(each):  # a window and a cut-off are found anew at each point
                    if liouvillian is None or not liouvillian.fits(each):
                        check_memory(each)
                        liouvillian = Liouvillian(build(each), keep_terms=len(models) > 1)
                    shared = liouvillian
                points[index, method] = exact_point(each, moments, shared)
            except InputError:
                raise
            except PermsymError as error:
                points[index, method] = failed_point(each, error)
            finally:
                if progress is not None:
                    progress(len(points), len(models) * len(methods))
    definition = {
        "name": source.name,
        "fixed": dict(fixed),
        "defaults": source.defaulted({**fixed, **dict.fromkeys(axes, 0.0)}),
        "first_point": models[indices[0]].to_dict(),
    }
    return build_dataset(axes, methods, points, model=source.name, definition=definition, command=command)


def _source(model: str | Callable[..., Model] | ModelSource) -> ModelSource:
    if isinstance(model, ModelSource):
        return model
    if isinstance(model, str):
        return lookup(model)
    name = next((name for name, function in LIBRARY.items() if function is model), getattr(model, "__name__", "user-defined"))
    return source_of(name, model)
