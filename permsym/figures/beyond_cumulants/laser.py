"""A laser well above its threshold: the same model as :mod:`permsym.figures.beyond_cumulants.tavis_cummings`, pumped harder."""

from __future__ import annotations

from permsym.figures.beyond_cumulants.tavis_cummings import lit

LASER = lit(r"$g\sqrt{N}=2\kappa,\ \Gamma_\uparrow=3\kappa$", 20, g="2/sqrt(N)", gamma_up=3.0, gamma_down=0.5)
