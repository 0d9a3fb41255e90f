"""Central spin with N identical satellites, eqs. (1)-(2) of P. Fowler-Wright et al., Phys. Rev. Research 5, 033148 (2023)."""

from __future__ import annotations

from permsym.jumps import Central, Individual
from permsym.model import Model
from permsym.models.parameters import Number, resolved
from permsym.sites import Ensemble, Spin


def central_spin(
    N: Number,
    *,
    omega: Number = 1.0,
    epsilon: Number = 1.0,
    g: Number = 0.75,
    kappa: Number = "N/16",
    gamma_up: Number = 1.5,
    gamma_down: Number = 0.5,
    gamma_phi: Number = 0.0,
    kappa_up: Number = 0.0,
    kappa_phi: Number = 0.0,
) -> Model:
    """A spin-1/2 (site 0) that exchanges excitations with N satellites; the arguments are the model's parameters.

        H = omega/2 s0z + sum_n [ epsilon/2 snz + g (s0+ sn- + s0- sn+) ]

        d rho/dt = -i [H, rho] + kappa L[s0-] + kappa_up L[s0+] + kappa_phi L[s0z]
                   + sum_n ( gamma_up L[sn+] + gamma_down L[sn-] + gamma_phi L[snz] )

    with L[x] rho = x rho x^dag - {x^dag x, rho}/2.  All parameters share one unit of frequency; the defaults are those
    of the paper's Fig. 3(b), where kappa/N is fixed.  A value may be an expression, such as ``g="3/sqrt(N)"``.

    Raises InputError for negative rates, values that are not finite, and N that is no whole number >= 1.
    """
    p = resolved(
        {
            "N": N, "omega": omega, "epsilon": epsilon, "g": g, "kappa": kappa, "gamma_up": gamma_up,
            "gamma_down": gamma_down, "gamma_phi": gamma_phi, "kappa_up": kappa_up, "kappa_phi": kappa_phi,
        },
        rates=("kappa", "gamma_up", "gamma_down", "gamma_phi", "kappa_up", "kappa_phi"),
    )  # fmt: skip
    c, s = Spin(), Ensemble(p["N"])
    return Model(
        c,
        s,
        hamiltonian=p["omega"] / 2 * c.z + p["epsilon"] / 2 * s.z + p["g"] * (c.p * s.m + c.m * s.p),
        jumps=[
            Central(p["kappa"], c.m),
            Central(p["kappa_up"], c.p),
            Central(p["kappa_phi"], c.z),
            Individual(p["gamma_up"], s.p),
            Individual(p["gamma_down"], s.m),
            Individual(p["gamma_phi"], s.z),
        ],
        name="central-spin",
        parameters=p,
    )
