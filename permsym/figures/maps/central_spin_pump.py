"""The central spin over size and pump: the rates of gain and loss add to 2 as in P1 Fig. 3(c), which is the column N = 50."""

from __future__ import annotations

from permsym.figures.maps.row import Map

PUMP = Map(
    "map-central-spin-pump", "central spin, N x pump: cheapest approximation of p0_up within 1 %", "central-spin",
    {"gamma_up": (0.05, 1.95)}, {"g": 0.75, "kappa": "N/16", "gamma_down": "2 - gamma_up"}, largest=1000,
)  # fmt: skip
