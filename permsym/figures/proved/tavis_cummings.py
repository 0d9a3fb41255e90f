"""Proved bounds of the photons per emitter of a Tavis-Cummings model, default parameters, and the approximations that they exclude."""

from __future__ import annotations

from permsym.figures.proved.shared import Proved

TAVIS_CUMMINGS = Proved(
    model="tavis-cummings",
    fixed={},
    moment="ad a",
    source="photons",
    axis=r"\langle a^\dagger a\rangle/N",
    words="photons per emitter",
    degree=3,
    gap=1e-7,
    approximations=("mf", "c2", "c3", "c4", "c5", "twa", "ln"),
    beside=("mf", "c2", "c3", "c4"),
    reach=50,
    numbers=(2, 4, 10, 20, 50, 100, 300, 1000, 10_000, 100_000, 1_000_000),
    share=True,
)
