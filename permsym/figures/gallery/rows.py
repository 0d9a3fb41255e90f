"""The rows of the gallery."""

from __future__ import annotations

from permsym.figures.gallery.row import Row
from permsym.figures.gallery.superradiance import burst

ROWS: dict[str, Row] = {
    row.name: row
    for row in (
        burst.ROW,
    )
}  # fmt: skip
