"""The central spin of P1 Fig. 3(b): the inversion of the centre, pairs of satellites, and the centre with one of them."""

from __future__ import annotations

from permsym.figures.beyond_cumulants.shared import Beyond, Shown

CENTRAL_SPIN = Beyond(
    "central-spin",
    {"omega": 1.0, "epsilon": 1.0, "g": 0.75, "kappa": "N/16", "gamma_up": 1.5, "gamma_down": 0.5},
    r"$\kappa/N=1/16,\ g=3/4$",
    ("z0", "+1 -2", "z0 z1"),
    (
        Shown("centre", "z0", r"$\langle\sigma_0^z\rangle$", "<z0>, inversion of the central spin"),
        Shown("pair", "+1 -2", r"$\langle\sigma_1^+\sigma_2^-\rangle$", "<+1 -2>, correlation of two satellites"),
        Shown("centre_satellite", "z0 z1", r"$\langle\sigma_0^z\sigma_1^z\rangle$", "<z0 z1>, the centre with a satellite"),
    ),
    1000,
)
