"""The maps of the gallery."""

from __future__ import annotations

from permsym.figures.maps import central_spin, central_spin_pump, proved, tavis_cummings, tavis_cummings_pump
from permsym.figures.maps.row import Map

MAPS: dict[str, Map] = {
    row.name: row
    for row in (
        central_spin.COUPLING,
        central_spin_pump.PUMP,
        tavis_cummings.COUPLING,
        tavis_cummings_pump.PUMP,
        proved.PROVED,
    )
}
