"""The maps of the gallery."""

from __future__ import annotations

from permsym.figures.maps import (
    central_spin,
    central_spin_noise,
    central_spin_pump,
    driven_cavity,
    linewidth,
    proved,
    tavis_cummings,
    tavis_cummings_pump,
)
from permsym.figures.maps.row import Map

MAPS: dict[str, Map] = {
    row.name: row
    for row in (
        central_spin.COUPLING,
        central_spin_pump.PUMP,
        central_spin_noise.NOISE,
        tavis_cummings.COUPLING,
        tavis_cummings_pump.PUMP,
        driven_cavity.DRIVE,
        linewidth.LINEWIDTH,
        proved.PROVED,
    )
}
