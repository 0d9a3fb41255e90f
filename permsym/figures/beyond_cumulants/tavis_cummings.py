"""The Tavis-Cummings model of P1 Fig. 4(b): photons, pairs of emitters, and g2(0)."""

from __future__ import annotations

from typing import Any

from permsym.figures.beyond_cumulants.shared import Beyond, Shown

LIGHT = (
    Shown("photons", "photons", r"$\langle a^\dagger a\rangle/N$", "<a^dag a>", share=True),
    Shown("pair", "+1 -2", r"$\langle\sigma_1^+\sigma_2^-\rangle$", "<+1 -2>, correlation of two emitters"),
    Shown("g2", "g2", r"$g^{(2)}(0)$", "<a^dag a^dag a a> / <a^dag a>^2"),
)
MOMENTS = ("ad a", "+1 -2")


def lit(title: str, reach: int, **fixed: Any) -> Beyond:
    """A figure of a Tavis-Cummings model with these parameters."""
    return Beyond("tavis-cummings", {"omega": 1.0, "epsilon": 1.0, "kappa": 1.0, **fixed}, title, MOMENTS, LIGHT, reach)


TAVIS_CUMMINGS = lit(r"$g\sqrt{N}=0.9\,\kappa,\ \Gamma_\uparrow=3\kappa/8$", 50, g="0.9/sqrt(N)", gamma_up=0.375, gamma_down=0.125)
