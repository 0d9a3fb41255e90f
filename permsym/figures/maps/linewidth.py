"""The linewidth of a bad-cavity laser over size and coupling; ``linewidth-laser`` is the line g = 1."""

from __future__ import annotations

from permsym.figures.maps.row import Map

LINEWIDTH = Map(
    "map-linewidth", "bad-cavity laser, N x g: cheapest approximation of the linewidth within 5 %", "tavis-cummings",
    {"g": (0.3, 3.0, "log")}, {"kappa": 40.0, "gamma_up": "N/20", "gamma_down": 0.1}, largest=12, quantity="linewidth",
    methods=("c2", "c3", "c4", "c5"), points=7, within=0.05,
)  # fmt: skip
