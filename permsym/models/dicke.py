"""Dicke model: a cavity mode coupled to N two-level emitters, counter-rotating terms included.

Open form with individual emission, as in P. Kirton, J. Keeling, Phys. Rev. Lett. 118, 123602 (2017).
"""

from __future__ import annotations

from permsym.model import Model
from permsym.models.parameters import AUTO, Number
from permsym.models.tavis_cummings import emitters_in_a_cavity


def dicke(
    N: Number,
    *,
    omega: Number = 1.0,
    epsilon: Number = 1.0,
    g: Number = "0.9/sqrt(N)",
    kappa: Number = 1.0,
    gamma_up: Number = 0.375,
    gamma_down: Number = 0.125,
    gamma_phi: Number = 0.0,
    levels: Number = AUTO,
) -> Model:
    """A cavity mode with the full dipole coupling to N two-level emitters; the arguments are the model's parameters.

        H = omega a^dag a + sum_n [ epsilon/2 snz + g (a + a^dag) snx ],    snx = sn+ + sn-

        d rho/dt = -i [H, rho] + kappa L[a] + sum_n ( gamma_up L[sn+] + gamma_down L[sn-] + gamma_phi L[snz] )

    with L[x] rho = x rho x^dag - {x^dag x, rho}/2, rates and defaults as in ``tavis_cummings``.  Excitations are not
    conserved: there is no U(1) symmetry.

    Raises InputError for negative rates, values that are not finite, and counts that are no whole numbers.
    """
    return emitters_in_a_cavity(
        "dicke", lambda c, s: (c.a + c.ad) * s.x,
        N=N, omega=omega, epsilon=epsilon, g=g, kappa=kappa, gamma_up=gamma_up, gamma_down=gamma_down, gamma_phi=gamma_phi, levels=levels,
    )  # fmt: skip
