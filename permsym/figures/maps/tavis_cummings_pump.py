"""Photons of a pumped cavity over size and pump, through the threshold of P1 Fig. 4(b); gain and loss add to 1/2."""

from __future__ import annotations

from permsym.figures.maps.row import Map

PUMP = Map(
    "map-tavis-cummings-pump", "Tavis-Cummings model, N x pump: cheapest approximation of the photons within 1 %", "tavis-cummings",
    {"gamma_up": (0.02, 0.48)}, {"g": "0.9/sqrt(N)", "gamma_down": "1/2 - gamma_up"}, largest=20,
)  # fmt: skip
