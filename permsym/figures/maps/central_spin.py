"""The central spin over size and coupling; the other parameters are those of P1 Fig. 3(b)."""

from __future__ import annotations

from collections.abc import Mapping

from permsym.figures.maps.row import Map

FIXED: Mapping[str, float | str] = {"kappa": "N/16", "gamma_up": 1.5, "gamma_down": 0.5}
COUPLING = Map(
    "map-central-spin", "central spin, N x g: cheapest approximation of p0_up within 1 %", "central-spin",
    {"g": (0.05, 3.0, "log")}, FIXED, largest=1000,
)  # fmt: skip
