"""The rows of the gallery."""

from __future__ import annotations

from permsym.figures.gallery.cavities import (
    blockade_breakdown,
    dicke_time_crystal,
    dicke_transition,
    photon_blockade,
    rabi_splitting,
    weak_drive_antibunching,
)
from permsym.figures.gallery.lasers import counter, lambda_atoms, single_atom, superradiant, threshold
from permsym.figures.gallery.row import Row
from permsym.figures.gallery.spectra import dicke_emission, mollow
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
        # cavities
        rabi_splitting.ROW,
        weak_drive_antibunching.ROW,
        photon_blockade.ROW,
        blockade_breakdown.ROW,
        dicke_transition.ROW,
        dicke_time_crystal.ROW,
        # lasers
        threshold.ROW,
        single_atom.ROW,
        superradiant.ROW,
        counter.ROW,
        lambda_atoms.ROW,
        # spectra
        mollow.ROW,
        dicke_emission.ROW,
    )
}
