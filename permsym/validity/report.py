"""A validity map as words, as JSON, and as files: pictures, and one HTML page with picture, findings and a table."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from permsym import dataset as datasets
from permsym.dataset.files import check_target
from permsym.plot import PICTURES, called, save_figure
from permsym.text import finite
from permsym.validity.errors import Errors
from permsym.validity.findings import findings
from permsym.validity.picture import draw
from permsym.validity.regions import ValidityMap
from permsym.writing import written_aside

FORMATS = (*datasets.FORMATS, ".html", *PICTURES)


def check(path: Path) -> Path:
    """The path; InputError where a map cannot be written there."""
    check_target(path, FORMATS)
    return path


def write(judged: ValidityMap, path: Path, small: bool = False) -> None:
    """The map in the format of a file's name."""
    if path.suffix in datasets.FORMATS:
        datasets.save(judged.data, path)
    elif path.suffix == ".html":
        text = page_of(judged, small)
        with written_aside(path) as aside:
            aside.write_text(text, encoding="utf-8")
    else:
        save_figure(draw(judged, small), path)


def page_of(judged: ValidityMap, small: bool = False) -> str:
    """One page that loads nothing from elsewhere."""
    from permsym.compare.html import bullets, embedded, page, section, table

    said, image = findings(judged), io.BytesIO()
    draw(judged, small).savefig(image, format="png", metadata={"Software": "permsym"})
    title = f"{judged.data.attrs['model']}: which approximation of {judged.errors.named} is within {judged.within}"
    command = str(judged.data.attrs.get("command", ""))
    made = f"<p><code>{escape(command)}</code></p>" if command else ""
    return page(
        title, made + embedded(image.getvalue(), " ".join(said)) + section("Findings", bullets(said)) + table("Every point", rows(judged))
    )


def rows(judged: ValidityMap) -> list[list[str]]:
    """Every sample: parameters, exact value, signed error of each approximation or its status."""
    errors = judged.errors
    several = len(errors.quantities) > 1
    exact = [f"{errors.reference} {name}" if several else errors.reference for name in errors.quantities]
    head = [*(axis.name for axis in errors.axes), *exact, *map(called, judged.methods)]
    body = []
    for index in itertools.product(*(range(len(known)) for known in errors.samples)):
        at = [f"{known[i]:.6g}" for known, i in zip(errors.samples, index, strict=True)]
        cells = []
        for name in judged.methods:
            e, status = float(errors.signed[name][index]), str(errors.status[name][index])
            number = "" if math.isnan(e) else f"{100 * e:+.3g} %" if errors.scale.size is None else f"{e * errors.scale.size:+.3g}"
            cells.append(" ".join(filter(None, [number, "" if status == "ok" else status])))
        values = [f"{value:.9g}" if value.imag else f"{value.real:.9g}" for value in _in_order(errors.exact, index)]
        body.append([*at, *values, *cells])
    return [head, *body]


def to_dict(judged: ValidityMap) -> dict[str, Any]:
    """JSON-ready: axes, points with values, errors and status codes, boundaries, findings; values of several quantities by their names."""
    errors = judged.errors
    names = [axis.name for axis in errors.axes]
    reference = errors.reference
    points = []
    for index in itertools.product(*(range(len(known)) for known in errors.samples)):
        points.append(
            {name: float(known[i]) for name, known, i in zip(names, errors.samples, index, strict=True)}
            | {
                reference: _by_quantity(errors, errors.exact, index, _plain),
                f"{reference}_error": _by_quantity(errors, errors.bars[reference], index, lambda bar: finite(float(bar))),
                "values": {name: _by_quantity(errors, errors.values[name], index, _plain) for name in judged.methods},
                "errors": {name: finite(float(errors.signed[name][index])) for name in judged.methods},
                "outcomes": {name: str(errors.status[name][index]) for name in [reference, *judged.methods]},
            }
        )
    return {
        "axes": {name: known.tolist() for name, known in zip(names, errors.samples, strict=True)},
        "quantity": errors.quantities[0] if len(errors.quantities) == 1 else list(errors.quantities),
        "within": judged.tolerance,
        "points": points,
        "boundaries": {name: list(itertools.chain(*lines)) for name, lines in judged.boundaries.items()},
        "shares": {name: finite(judged.share(region.within)) for name, region in judged.regions.items()},
        "changed": finite(judged.changed),
        "findings": findings(judged),
    }


def _in_order(values: NDArray[Any], index: tuple[int, ...]) -> list[Any]:
    """The value of every quantity at a sample."""
    return [values[(k, *index)] for k in range(len(values))]


def _by_quantity(errors: Errors, values: NDArray[Any], index: tuple[int, ...], plain: Callable[[Any], Any]) -> Any:
    """The value at a sample; of several quantities one for each."""
    one = [plain(value) for value in _in_order(values, index)]
    return one[0] if len(one) == 1 else dict(zip(errors.quantities, one, strict=True))


def _plain(value: complex) -> Any:
    """A real number, or a pair where there is an imaginary part; None for nan."""
    if math.isnan(value.real):
        return None
    return float(value.real) if value.imag == 0 else [float(value.real), float(value.imag)]
