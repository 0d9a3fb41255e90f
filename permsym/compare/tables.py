"""What a comparison reads: files of permsym, reference datasets by name, and anybody's CSV.

A CSV of others is long (columns: parameters, ``moment``, ``value``, perhaps ``approach``, also called ``method``) or wide
(columns: parameters, then one for each moment or derived quantity, such as ``z0``, ``+1 -2`` or ``p0_up``).
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym.dataset import open_dataset, open_reference, reference_names
from permsym.dataset.checks import needed
from permsym.dataset.schema import CERTIFICATE, DERIVED_NAMES, error_name, is_error
from permsym.dataset.status import EXACT, LEFT, Status
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import parse
from permsym.operators import Operator
from permsym.reading import check, csv_rows
from permsym.sites import Ensemble, Spin
from permsym.sweeps.definition import grammar
from permsym.text import grouped_digits

if TYPE_CHECKING:
    import xarray as xr

Entry = tuple[int, str, str]
"""(point, method, quantity); a quantity is a canonical label or the name of a derived quantity."""

_LONG_NAMES = ("moment", "quantity", "label")
_VALUE_NAMES = ("value", "moment_real")
_IMAGINARY_NAMES = ("value_imag", "imag", "moment_imag")
_APPROACH_NAMES = ("approach", "method")
_SPINS = Model(Spin(), Ensemble(1000), Operator())


@dataclass
class Table:
    """Values by point, method and quantity.

    points    parameters of each point; values over ``frequency`` or ``delay`` have points of their own, with that parameter
    errors    error estimates, where there are any
    sites     a model whose sites say which labels are the same moment
    doubtful  (point, method) whose certificate fell short
    """

    name: str
    points: list[dict[str, float]]
    methods: list[str]
    values: dict[Entry, complex]
    errors: dict[Entry, float] = field(default_factory=dict)
    sites: Model | None = None
    doubtful: set[tuple[int, str]] = field(default_factory=set)

    @property
    def quantities(self) -> list[str]:
        """Every quantity, in the order of the file."""
        return list(dict.fromkeys(quantity for _, _, quantity in self.values))

    @property
    def parameters(self) -> list[str]:
        """Names of the points' parameters."""
        return list(dict.fromkeys(name for point in self.points for name in point))


def read_table(name: str, sites: Model | None = None) -> Table:
    """The table in a file of permsym, a reference dataset, or anybody's CSV.

    sites   of the reference, for the labels of a CSV
    """
    path = Path(name)
    if not path.exists() and name in reference_names():
        return table_of(open_reference(name), name)
    if not path.exists():
        raise InputError(f"there is no file {name!r}; give a file, or a reference dataset of {', '.join(reference_names())}")
    check(path)
    if path.suffix == ".csv" and not _ours(path):
        return _foreign(path, sites)
    return table_of(open_dataset(path), path.name)


def table_of(dataset: xr.Dataset, name: str) -> Table:
    """The table of a dataset; values that are not numbers are left out.  InputError for the data of some figures, which has no moments."""
    try:
        needed(dataset, "moment", "moment_real", "moment_imag", "error_estimate")
    except InputError as missing:
        raise InputError(f"{name} cannot be compared: {missing}") from None
    outer = [str(dim) for dim in dataset["status"].dims]
    axes = [dim for dim in outer if dim != "approach"]
    methods = list(map(str, dataset["approach"].values)) if "approach" in outer else [str(dataset.attrs.get("approach", EXACT))]
    shape = tuple(dataset.sizes[dim] for dim in axes)
    table = Table(name, _points(dataset, axes, shape), methods, {}, sites=_sites(dataset))

    def numbers(variable: str, *tail: str) -> Any:
        full = [*axes, *(["approach"] if "approach" in outer else []), *tail]
        return dataset[variable].transpose(*full).values.reshape(math.prod(shape), len(methods), -1)

    labels = [str(label) for label in dataset["moment"].values]
    moments = numbers("moment_real", "moment") + 1j * numbers("moment_imag", "moment")
    errors = numbers("moment_error", "moment") if "moment_error" in dataset else np.full(moments.shape, np.nan)
    names = [name for name in map(str, dataset.data_vars) if dataset[name].dtype.kind == "f" and not _certifies(name)]
    quantities = [name for name in names if set(dataset[name].dims) <= set(outer)]
    derived = {quantity: numbers(quantity)[:, :, 0] for quantity in quantities}
    estimates = {q: numbers(error_name(q) if error_name(q) in dataset else "error_estimate")[:, :, 0] for q in quantities}
    status = numbers("status")[:, :, 0]
    for i, (m, method) in itertools.product(range(len(table.points)), enumerate(methods)):
        if status[i, m] != LEFT and Status(status[i, m]).falls_short:
            table.doubtful.add((i, method))
        entries = [(quantity, complex(values[i, m]), float(estimates[quantity][i, m])) for quantity, values in derived.items()]
        entries += [(label, complex(moments[i, m, k]), float(errors[i, m, k])) for k, label in enumerate(labels)]
        for quantity, value, error in entries:
            if not np.isnan(value):
                table.values[i, method, quantity] = value
                if not np.isnan(error):
                    table.errors[i, method, quantity] = error
    own = len(table.points)
    for name, along in (("power_spectrum", "frequency"), ("g2_delayed", "delay")):
        if name in dataset:
            _add_curves(table, own, name, dataset[along], numbers(name, along), numbers(error_name(name), along))
    return table


def _add_curves(table: Table, own: int, name: str, along: xr.DataArray, values: Any, errors: Any) -> None:
    """A point for every frequency or delay beside the first ``own``; values and errors are (points, methods, frequencies or delays)."""
    for i, (k, x) in itertools.product(range(own), enumerate(along.values.tolist())):
        for m, method in enumerate(table.methods):
            if not np.isnan(values[i, m, k]):
                table.values[len(table.points), method, name] = complex(values[i, m, k])
                if not np.isnan(errors[i, m, k]):
                    table.errors[len(table.points), method, name] = float(errors[i, m, k])
                if (i, method) in table.doubtful:
                    table.doubtful.add((len(table.points), method))
        table.points.append(table.points[i] | {str(along.name): x})


def _points(dataset: xr.Dataset, axes: Sequence[str], shape: tuple[int, ...]) -> list[dict[str, float]]:
    """All numeric parameters at every point: attributes, and coordinates that do not just count the entries of a list."""
    fixed = {str(name): float(value) for name, value in dataset.attrs.items() if isinstance(value, float)}
    names = [name for name in map(str, dataset.coords) if set(dataset[name].dims) <= set(axes) and dataset[name].dtype.kind in "fi"]
    varying = {name: _over(dataset[name], axes, shape) for name in names if not _counts(dataset, name)}
    return [fixed | {name: float(values[i]) for name, values in varying.items()} for i in range(math.prod(shape))]


def _certifies(name: str) -> bool:
    return name in CERTIFICATE or is_error(name) or name.startswith(("time_", "moment_", "cumulant_"))


def _counts(dataset: xr.Dataset, name: str) -> bool:
    """Whether a coordinate only counts the entries of a list."""
    return name.partition("_")[0] == "point" and dataset[name].dims == (name,)


def _over(variable: Any, dims: Sequence[str], shape: tuple[int, ...]) -> Any:
    """A coordinate at every point."""
    own = [dim for dim in dims if dim in variable.dims]
    values = variable.transpose(*own).values.reshape([size if dim in own else 1 for dim, size in zip(dims, shape, strict=True)])
    return np.broadcast_to(values, shape).reshape(-1)


def _sites(dataset: xr.Dataset) -> Model | None:
    try:
        definition = json.loads(dataset.attrs["definition"])
        first = Model.from_dict((definition[0] if isinstance(definition, list) else definition)["first_point"])
    except (LookupError, ValueError, TypeError):
        return None
    return grammar(first)


# -- anybody's CSV --------------------------------------------------------------------------------------------------------


def _ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(9) == b"# permsym"


def _foreign(path: Path, sites: Model | None) -> Table:
    head, cells = csv_rows(path)
    reader = _Rows(path, sites or _SPINS, Table(path.name, [], [], {}, sites=sites))
    label = next((name for name in _LONG_NAMES if name in head), None)
    value = next((name for name in _VALUE_NAMES if name in head), None)
    if (label is None) != (value is None):
        raise InputError(f"{path}: a long table has the columns 'moment' and 'value', but one of them is missing; it has {', '.join(head)}")
    if label is not None and value is not None:
        reader.long(head, cells, label, value)
    else:
        reader.wide(head, cells)
    if not reader.table.values:
        raise InputError(f"{path}: there is no value in this table")
    return reader.table


@dataclass
class _Rows:
    """Rows of a CSV, collected in a table.

    indices   of the points by their parameters
    """

    path: Path
    sites: Model
    table: Table
    indices: dict[tuple[tuple[str, float], ...], int] = field(default_factory=dict)

    def long(self, head: Sequence[str], rows: Sequence[tuple[int, dict[str, str]]], label: str, value: str) -> None:
        imaginary = next((name for name in _IMAGINARY_NAMES if name in head), None)
        used = {label, value, *_APPROACH_NAMES, "error", *_IMAGINARY_NAMES}
        names = [name for name in head if name not in used]
        for number, row in rows:
            if not row[value]:
                continue
            z = self._complex(row[value], number)
            if imaginary is not None and row[imaginary]:
                z = complex(z.real, self._real(row[imaginary], number))
            entry = self._point(row, names, number), self._method(row), self._quantity(row[label], number)
            if entry in self.table.values:
                raise InputError(f"{self.path}:{number}: a second value of {row[label]!r} at the same point; give each once")
            self._add(entry, z)
            if row.get("error"):
                self.table.errors[entry] = self._real(row["error"], number)

    def wide(self, head: Sequence[str], rows: Sequence[tuple[int, dict[str, str]]]) -> None:
        quantities = {name: spelled for name in head if name not in _APPROACH_NAMES and (spelled := self._spelled(name)) is not None}
        if not quantities:
            raise InputError(
                f"{self.path}: which column holds the values? name columns 'moment' and 'value', or by the moments, such as z0 or p0_up"
            )
        names = [name for name in head if name not in quantities and name not in _APPROACH_NAMES]
        for number, row in rows:
            point = self._point(row, names, number)
            for name, quantity in quantities.items():
                if row[name]:
                    self._add((point, self._method(row), quantity), self._complex(row[name], number))

    def _add(self, entry: Entry, value: complex) -> None:
        if not np.isnan(value):
            self.table.values[entry] = value

    def _point(self, row: dict[str, str], names: Sequence[str], number: int) -> int:
        """Index of a row's point, a new one where needed."""
        if grouped_digits(row.get("N", "")):
            raise InputError(f"{self.path}:{number}: N={row['N']} may be a small number or one of thousands; write counts without a point")
        point = {name: self._real(row[name], number) for name in names}
        key = tuple(point.items())
        if key not in self.indices:
            self.indices[key] = len(self.table.points)
            self.table.points.append(point)
        return self.indices[key]

    def _method(self, row: dict[str, str]) -> str:
        name = next((row[name] for name in _APPROACH_NAMES if row.get(name)), self.path.stem)
        if name not in self.table.methods:
            self.table.methods.append(name)
        return name

    def _quantity(self, text: str, number: int) -> str:
        name = self._spelled(text)
        if name is None:
            raise InputError(f"{self.path}:{number}: {text!r} is neither a moment label, such as '+1 -2', nor a name such as p0_up")
        return name

    def _spelled(self, text: str) -> str | None:
        """The canonical name of a quantity; None for what is no quantity."""
        if text.partition("@")[0] in DERIVED_NAMES:
            return text
        try:
            return str(parse(text, self.sites))
        except InputError:
            return None

    def _real(self, text: str, number: int) -> float:
        try:
            return float(_plain(text))
        except ValueError:
            raise InputError(f"{self.path}:{number}: {text!r} is not a number; parameters and errors are numbers") from None

    def _complex(self, text: str, number: int) -> complex:
        try:
            return complex_number(text)
        except ValueError:
            raise InputError(f"{self.path}:{number}: {text!r} is not a number") from None


def complex_number(text: str) -> complex:
    """A number of a table, also as Python or Julia print complex ones; ValueError for what is none."""
    try:
        return complex(float(_plain(text)))
    except ValueError:
        return complex(_plain(text).replace(" ", "").replace("im", "j").replace("i", "j").strip("()"))


def _plain(text: str) -> str:
    """A number's text; ValueError for digits other than 0 to 9, and for ``_`` between them, which Python would read in silence."""
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return text
