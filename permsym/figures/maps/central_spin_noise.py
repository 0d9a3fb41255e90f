"""The map of the central spin with linear noise and truncated Wigner, which need no closure, beside second and third order."""

from __future__ import annotations

from permsym.figures.maps.central_spin import FIXED
from permsym.figures.maps.row import Map

NOISE = Map(
    "map-central-spin-noise", "central spin, N x g: linear noise and truncated Wigner beside cumulants", "central-spin",
    {"g": (0.05, 3.0, "log")}, FIXED, largest=300, smallest=10, within=0.03, methods=("mf", "ln", "c2", "c3", "c4", "twa"), points=7,
    options={"twa": {"target": 1e-2, "seed": 1}},
)  # fmt: skip
