"""Proved bounds of the central spin's population, and the approximations that they exclude; parameters of P1 Fig. 3(b)."""

from __future__ import annotations

from permsym.figures.paper1.fig3 import FIXED_KAPPA
from permsym.figures.proved.shared import Proved

CENTRAL_SPIN = Proved(
    model="central-spin",
    fixed=FIXED_KAPPA,
    moment="z0",
    source="p0_up",
    axis=r"p_0^\uparrow",
    words="central population",
    degree=4,
    gap=1e-9,
    approximations=("mf", "c2", "c3", "c4", "c5", "ln"),
    beside=("mf", "c2", "c3"),
    reach=10**6,
    numbers=(2, 4, 7, 10, 20, 50, 100, 200, 500, 1000, 3000, 10_000, 100_000, 1_000_000),
)
