"""Photons of paper 2's driven cavity over size and drive, through its bistable region."""

from __future__ import annotations

from permsym.figures.maps.row import Map

DRIVE = Map(
    "map-driven-cavity", "driven cavity, N x drive: cheapest approximation of the photons within 10 %", "driven-tavis-cummings",
    {"drive": (0.3, 1.5)}, {"C": 14.0}, largest=7, smallest=1, methods=("mf", "c2", "c3", "c4"), within=0.1,
)  # fmt: skip
