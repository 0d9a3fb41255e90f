"""A sweep in Python: a model function over the product of some parameter axes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from permsym.model import Model
from permsym.models.registry import ModelSource
from permsym.progress import Counter, on_terminal
from permsym.sweeps.definition import make
from permsym.sweeps.evolutions import EvolutionRequest
from permsym.sweeps.methods import Moments
from permsym.sweeps.quantities import Quantities
from permsym.sweeps.run import assembled, execute, prepare
from permsym.sweeps.spectra import SpectrumRequest
from permsym.sweeps.workers.pool import inline, pooled

if TYPE_CHECKING:
    import xarray as xr


def sweep(
    model: str | Callable[..., Model] | ModelSource,
    axes: Mapping[str, Sequence[float]],
    *,
    lists: Sequence[Mapping[str, Sequence[float | str]]] = (),
    methods: Sequence[str] = ("exact",),
    moments: Moments = 2,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    spectrum: Mapping[str, Any] | SpectrumRequest | None = None,
    quantities: Mapping[str, Any] | Quantities | None = None,
    evolution: Mapping[str, Any] | EvolutionRequest | None = None,
    jobs: int | None = None,
    command: str = "",
    progress: Counter | bool | None = None,
    **fixed: float | str,
) -> xr.Dataset:
    """Steady states over the product of parameter axes, as a labelled dataset; the parameters mirror the tables of a sweep file.

    model     a library name, a model function, or a ModelSource
    axes      parameter -> values, in the order of the dataset's dimensions
    lists     parameters that run together, such as [{"N": [10, 20], "g": [0.5, 0.4]}]: a dimension ``point``
    methods   "exact", "mf" (mean field), "c2" ... (cumulant expansions)
    moments   an order, or labels
    options   method -> its options, such as {"exact": {"solver": "superlu"}}
    spectrum  a spectrum of every state beside its moments: {"frequencies": numpy.linspace(-3, 3, 201)}, {"linewidth": True, "near": 1.0}
              or both, with "of" and "right" as :func:`permsym.spectrum` takes them in texts
    quantities   others: {"counting": ["L[a] central"]}, the statistics of how often these jumps happen (:func:`permsym.full_counting`);
                 {"squeezing": True}; {"fisher": ["g"]}, Fisher information about parameters (:func:`permsym.fisher`);
                 {"rotation_fisher": ["satellites", "joint"]}, that about rotations; with ``evolution`` all of these at every time
    evolution  moments over time instead of steady states: {"times": numpy.linspace(0, 10, 101), "initial": "vacuum up"},
              and with "modulate": {"g": "0.5*exp(-t)"} for what changes in that time
    jobs      worker processes; None: everything in this process
    progress  True shows a bar where one can be redrawn, on a terminal or in a notebook; or a function that takes (points done, all)
    fixed     other parameters; numbers or expressions such as kappa="N/16", evaluated at each point

    Exact points of 20,000 satellites and more come from the Hermite solver where it certifies itself; the option "solver":
    "auto" asks for windows there too.  A point's numbers depend on that point alone, to the last bit, whatever ``jobs`` is.
    A point that fails has its reason in ``status``, and the others go on.

    Raises InputError for mistakes in the parameters, before anything is computed.
    """
    more: dict[str, Any] = {"options": options, "spectrum": spectrum, "quantities": quantities, "evolution": evolution}
    wanted = make(model, axes, lists=lists, fixed=fixed, methods=methods, moments=moments, **more)
    done = itertools.count(1)
    shown = (on_terminal("sweep") if progress else None) if isinstance(progress, bool) else progress

    def count(*_: object) -> None:
        if shown is not None:
            shown(next(done), len(wanted))

    executor = inline if jobs is None else partial(pooled, workers=jobs)
    return assembled(wanted, execute(prepare(wanted), executor, report=count).points, command)
