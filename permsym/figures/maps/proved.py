"""What proved bounds alone exclude: no exact value is computed, and N goes beyond the reach of exact solutions."""

from __future__ import annotations

from permsym.dataset.status import BOUNDS
from permsym.figures.maps.central_spin import FIXED
from permsym.figures.maps.row import Map

PROVED = Map(
    "map-proved", "central spin, N x g: which approximations proved bounds exclude", "central-spin",
    {"g": (0.05, 3.0, "log")}, FIXED, largest=100_000, reference=BOUNDS, options={BOUNDS: {"degree": 3}},
)  # fmt: skip
