"""The rows of the gallery."""

from __future__ import annotations

from permsym.figures.gallery.row import Row
from permsym.figures.gallery.squeezing import one_axis, two_axis
from permsym.figures.gallery.superradiance import (
    burst,
    burst_correlations,
    burst_with_noise,
    cooperative_emission,
    dark_states,
    linewidth,
    steady,
    steady_g2,
    synchronisation,
    two_channels,
)
from permsym.figures.gallery.time_crystals import boundary, fluorescence, lipkin, noise

ROWS: dict[str, Row] = {
    row.name: row
    for row in (
        burst.ROW,
        burst_with_noise.ROW,
        burst_correlations.ROW,
        dark_states.ROW,
        two_channels.ROW,
        cooperative_emission.ROW,
        steady.ROW,
        linewidth.ROW,
        steady_g2.ROW,
        synchronisation.ROW,
        boundary.ROW,
        noise.ROW,
        fluorescence.ROW,
        lipkin.ROW,
        one_axis.ROW,
        two_axis.ROW,
    )
}  # fmt: skip
