"""``ps.validity_map``: an ordinary sweep on nested samples, judged."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.dataset.schema import COUNTING_NAMES, DERIVED_NAMES, METROLOGY_NAMES, SPECTRAL_NAMES
from permsym.dataset.status import BOUNDS, EXACT
from permsym.errors import InputError
from permsym.model import Model
from permsym.models import registry
from permsym.models.registry import ModelSource
from permsym.moments.labels import parse
from permsym.sweeps.definition import Sweep, grammar, make
from permsym.sweeps.methods import check_methods
from permsym.sweeps.run import Executor, assembled, execute, prepare
from permsym.sweeps.store.store import Store, opened
from permsym.sweeps.workers.pool import inline, pooled
from permsym.validity.axes import LEVELS, Axis, make_axis, of_mapping
from permsym.validity.errors import Scale, of_dataset
from permsym.validity.regions import ORDER, ValidityMap

if TYPE_CHECKING:
    import xarray as xr

METHODS = ("mf", "c2", "c3", "c4", "c5")
WITHIN = 0.01
_RESTLESS = 0.05  # share of a map that changes, above which a finer one is computed
_ATTRIBUTE = "validity"


def validity_map(
    model: str | Callable[..., Model] | ModelSource,
    over: Mapping[str, Sequence[Any]],
    *,
    quantity: str | Sequence[str] | None = None,
    within: float = WITHIN,
    scale: float | None = None,
    methods: Sequence[str] = METHODS,
    reference: str = EXACT,
    points: int | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    jobs: int | None = None,
    command: str = "",
    **fixed: float | str,
) -> ValidityMap:
    """Where over one or two parameters which approximation is within a tolerance of the exact value.  (Many parameters: those of a sweep.)

    over       one or two of parameter -> (low, high) or (low, high, "log")
    quantity   a moment's label or a derived quantity, or several, of which the worst error counts; None: the upper population of the
               centre, of the satellites where it has none, or the photons of a boson
    within     largest relative error that counts as within
    scale      errors are relative to the exact value; a number: to this number (1: absolute ones)
    methods    the approximations: "mf", "ln", "c2" ..., "twa", "trajectories", "bounds"
    reference  "exact", or "bounds": errors are distances from a proved interval, at any N, and what is not within is proved wrong
    points     samples of an axis, 7, 13 or 25; None: 13, and 25 where more than 5 % of the map changed from 7 to 13, or along one axis
    options    method -> its options
    jobs       worker processes; None: everything in this process
    fixed      other parameters; numbers or expressions in the others

    A strip in which an error changes sign does not count as within.  Raises InputError for mistakes, before anything is computed.
    """
    asked = request(model, of_mapping(over), quantity, methods, options or {}, fixed, reference)
    executor = inline if jobs is None else partial(pooled, workers=jobs)
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "map.store") as store:
        return run(asked, store, executor, within=within, scale=Scale(scale), points=points, command=command)


@dataclass(frozen=True)
class Request:
    """What a map is of.

    sweep_at   its sweep at a level of samples
    reference  what approximations are judged by: EXACT or BOUNDS
    """

    axes: tuple[Axis, ...]
    quantities: tuple[str, ...]
    sweep_at: Callable[[int], Sweep]
    reference: str = EXACT

    def levels(self, points: int | None) -> list[int]:
        """Levels to compute for certain; InputError for a number of samples that is none."""
        if points is not None and points not in LEVELS:
            raise InputError(f"`points` must be one of {', '.join(map(str, LEVELS))}, but is {points!r}", parameter="points")
        last = points or (LEVELS[-1] if len(self.axes) == 1 else LEVELS[1])
        return [level for level in LEVELS if level <= last and (level == LEVELS[0] or self._refined(level))]

    def _refined(self, level: int) -> bool:
        """Whether a level has samples that the one before has not."""
        before = LEVELS[LEVELS.index(level) - 1]
        return any(len(axis.samples(level)) > len(axis.samples(before)) for axis in self.axes)


def request(
    model: str | Callable[..., Model] | ModelSource,
    ends: Sequence[tuple[str, float, float, bool]],
    quantity: str | Sequence[str] | None,
    methods: Sequence[str],
    options: Mapping[str, Mapping[str, Any]],
    fixed: Mapping[str, float | str],
    reference: str = EXACT,
) -> Request:
    """A checked request; InputError for the first mistake."""
    if reference not in (EXACT, BOUNDS):
        raise InputError(f"`reference` must be {EXACT} or {BOUNDS}, but is {reference!r}", parameter="reference")
    source = registry.source(model)
    if len(ends) not in (1, 2) or len({name for name, *_ in ends}) < len(ends):
        raise InputError(f"a map has one or two different axes, but `over` has {len(ends)}", parameter="over")
    check_methods(methods)
    if reference in methods:
        raise InputError(f"{reference!r} is what the others are judged by; leave it out of `methods`", parameter="methods")
    if wrong := [name for name in methods if name not in ORDER]:
        raise InputError(f"a map compares {', '.join(ORDER)} with exact values, but not {wrong[0]!r}", parameter="methods")
    axes = tuple(make_axis(name, low, high, log, _counts(source, name, low, fixed, ends)) for name, low, high, log in ends)
    first = source.model(dict(fixed) | {axis.name: int(axis.low) if axis.whole else axis.low for axis in axes})
    quantities = [quantity] if isinstance(quantity, str) else list(quantity or [_usual(first)])
    sweep = partial(_sweep, source, axes, [reference, *methods], dict(options), dict(fixed), _wanted(quantities, first))
    names = tuple(name if name.partition("@")[0] in DERIVED_NAMES else str(parse(name, grammar(first))) for name in quantities)
    return Request(axes, names, sweep, reference)


def _counts(source: ModelSource, name: str, low: float, fixed: Mapping[str, float | str], ends: Sequence[Any]) -> bool:
    """Whether a parameter counts something: a model with a half of it cannot be made, one with the next whole number can."""
    whole = float(math.ceil(low))
    for rounded in (False, True):  # the other axis may count something, too
        others = dict(fixed) | {other: math.ceil(start) if rounded else start for other, start, *_ in ends if other != name}
        if _makes(source, others | {name: whole}):
            return not _makes(source, others | {name: whole + 0.5})
    return False


def _makes(source: ModelSource, parameters: Mapping[str, float | str]) -> bool:
    """Whether there is a model with these parameters."""
    try:
        source.model(parameters)
    except InputError:
        return False
    return True


def _usual(model: Model) -> str:
    """The derived quantity that a map is of where none is asked for."""
    if model.centre.kind == "boson":
        return "photons"
    return "p0_up" if model.centre.kind == "spin" else "p_up"


def _wanted(quantities: Sequence[str], model: Model) -> dict[str, Any]:
    """The keywords of a sweep that has these quantities; InputError for a name that is neither a label nor known."""
    asked: dict[str, Any] = {}
    labels: list[str] = []
    more: dict[str, Any] = {}
    for quantity in quantities:
        name, _, of = quantity.partition("@")
        if name in SPECTRAL_NAMES:
            asked["spectrum"] = {"linewidth": True}
        elif name in COUNTING_NAMES:
            more["counting"] = [*more.get("counting", []), of]
        elif name.startswith("squeezing_"):
            more["squeezing"] = True
        elif name in METROLOGY_NAMES:
            key = "rotation_fisher" if name.startswith("fisher_rotation") else "fisher"
            more[key] = [*more.get(key, []), of]
        elif name not in DERIVED_NAMES:
            labels.append(str(parse(quantity, grammar(model))))
    if more:
        asked["quantities"] = more
    return asked | {"moments": labels or 1}


def _sweep(
    source: ModelSource,
    axes: Sequence[Axis],
    methods: Sequence[str],
    options: Mapping[str, Mapping[str, Any]],
    fixed: Mapping[str, float | str],
    wanted: Mapping[str, Any],
    level: int,
) -> Sweep:
    columns = {axis.name: [int(v) if axis.whole else float(v) for v in axis.samples(level)] for axis in axes}
    return make(source, columns, fixed=fixed, methods=methods, options=options, **wanted)


def run(
    asked: Request,
    store: Store,
    executor: Executor = inline,
    *,
    within: float = WITHIN,
    scale: Scale = Scale(),  # noqa: B008  # it is frozen
    points: int | None = None,
    command: str = "",
    drawn: Callable[[ValidityMap], None] = lambda judged: None,
) -> ValidityMap:
    """The map on finer and finer samples; the points of coarser ones come from the store.

    drawn    called with the map at every level
    """
    check_judgement(within, scale)
    levels = asked.levels(points)
    judged: ValidityMap | None = None
    while levels:
        level = levels.pop(0)
        sweep = asked.sweep_at(level)
        outcome = execute(prepare(sweep, store), executor, store)
        data = assembled(sweep, outcome.points, command)
        data.attrs[_ATTRIBUTE] = json.dumps(
            {
                "axes": [axis.to_dict() for axis in asked.axes],
                "quantities": list(asked.quantities),
                "level": level,
                "reference": asked.reference,
            },
            sort_keys=True,
        )
        judged = replace(judge(data, within=within, scale=scale), coarser=judged)
        drawn(judged)
        if points is None and not levels and level < LEVELS[-1] and judged.changed > _RESTLESS:
            levels = [LEVELS[LEVELS.index(level) + 1]]
    assert judged is not None
    return judged


def is_map(data: xr.Dataset) -> bool:
    """Whether a dataset is that of a map."""
    return _ATTRIBUTE in data.attrs


def check_judgement(within: float, scale: Scale) -> None:
    """InputError for a tolerance or a scale that is none."""
    if not (math.isfinite(within) and within > 0):
        raise InputError(f"`within` must be a positive number, such as 0.01, but is {within!r}", parameter="within")
    if scale.size is not None and not (math.isfinite(scale.size) and scale.size > 0):
        raise InputError(f"`scale` must be a positive number, but is {scale.size!r}", parameter="scale")


def judge(data: xr.Dataset, *, within: float = WITHIN, scale: Scale = Scale()) -> ValidityMap:  # noqa: B008  # it is frozen
    """The map in a dataset of :func:`validity_map`; InputError for another file's, and for a tolerance that is none."""
    check_judgement(within, scale)
    try:
        written = json.loads(data.attrs[_ATTRIBUTE])
        axes = [Axis(**axis) for axis in written["axes"]]
        quantities = [str(name) for name in written["quantities"]]
        reference = str(written.get("reference", EXACT))
    except (KeyError, TypeError, ValueError):
        raise InputError("the file holds no validity map; give one that `permsym validity ... -o FILE.nc` wrote") from None
    return ValidityMap(of_dataset(data, axes, quantities, scale, reference), within, data)
