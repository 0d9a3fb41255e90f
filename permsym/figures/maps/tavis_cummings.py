"""Photons of a pumped cavity over size and coupling; P1 Fig. 4(b) is the line g sqrt(N) = 0.9."""

from __future__ import annotations

from permsym.figures.maps.row import Map

COUPLING = Map(
    "map-tavis-cummings", "Tavis-Cummings model, N x g: cheapest approximation of the photons within 1 %", "tavis-cummings",
    {"g": (0.05, 1.0, "log")}, {"gamma_up": 0.375, "gamma_down": 0.125}, largest=20,
)  # fmt: skip
