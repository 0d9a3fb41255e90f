"""Photon numbers of a bosonic centre from its moments."""

from __future__ import annotations

from collections.abc import Callable


def photon_numbers(moment: Callable[[str], complex]) -> dict[str, float]:
    """Quantities people plot of a mode.

    photons            <ad a>
    g2                 <ad ad a a> / <ad a>^2, the second-order coherence at zero delay; left out where there are no photons
    coherent_photons   |<a>|^2

    moment   value of a moment by its label
    """
    photons = moment("ad a").real
    numbers = {"photons": photons, "coherent_photons": abs(moment("a")) ** 2}
    if photons > 0:
        numbers["g2"] = moment("ad ad a a").real / photons**2
    return numbers
