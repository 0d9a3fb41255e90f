"""Two ensembles of two-level systems that share a collective loss, as two clouds of atoms in one bad cavity.

With repumping they are two superradiant lasers that synchronise: M. Xu, D. A. Tieri, E. C. Fine, J. K. Thompson, M. J. Holland,
Phys. Rev. Lett. 113, 154101 (2014).
"""

from __future__ import annotations

from permsym.jumps import Collective, Individual
from permsym.model import Model
from permsym.models.parameters import Number, resolved
from permsym.sites import Ensemble

_RATES = ("Gamma_down", "Gamma_up", "gamma_down", "gamma_up", "gamma_phi", "gamma_down_B", "gamma_up_B", "gamma_phi_B")
_COUNTS = {"N": 1, "N_B": 1}


def two_ensembles(
    N: Number,
    *,
    N_B: Number = "N",
    delta: Number = 0.0,
    exchange: Number = 0.0,
    Gamma_down: Number = 1.0,
    Gamma_up: Number = 0.0,
    gamma_down: Number = 0.0,
    gamma_up: Number = "N",
    gamma_phi: Number = 0.0,
    gamma_down_B: Number = "gamma_down",
    gamma_up_B: Number = "gamma_up",
    gamma_phi_B: Number = "gamma_phi",
) -> Model:
    """Two ensembles, A of ``N`` and B of ``N_B`` two-level systems, without a centre; the arguments are the model's parameters.

        H = delta/2 (Jz_A - Jz_B) + exchange (J+_A J-_B + J-_A J+_B)

        d rho/dt = -i [H, rho] + Gamma_down L[J-_A + J-_B] + Gamma_up L[J+_A + J+_B]
                   + sum_(n in A) ( gamma_down L[sn-] + gamma_up L[sn+] + gamma_phi L[snz] ) + the same of B with its own rates

    with J-_A = sum_n sn- over A and L[x] rho = x rho x^dag - {x^dag x, rho}/2.  ``delta`` is the difference of the two transition
    frequencies.  Rates whose name ends in ``_B`` are those of B, by default those of A.  The defaults are those of synchronised lasers:
    loss into a common mode, and pumping at N times its rate.

    Raises InputError for negative rates, values that are not finite, and counts that are no whole numbers.
    """
    values = {
        "N": N, "N_B": N_B, "delta": delta, "exchange": exchange, "Gamma_down": Gamma_down, "Gamma_up": Gamma_up,
        "gamma_down": gamma_down, "gamma_up": gamma_up, "gamma_phi": gamma_phi,
        "gamma_down_B": gamma_down_B, "gamma_up_B": gamma_up_B, "gamma_phi_B": gamma_phi_B,
    }  # fmt: skip
    p = resolved(values, rates=_RATES, counts=_COUNTS)
    a, b = Ensemble(p["N"], "A"), Ensemble(p["N_B"], "B")
    individual = [
        Individual(p[f"{rate}{of}"], operator)
        for s, of in ((a, ""), (b, "_B"))
        for rate, operator in (("gamma_down", s.m), ("gamma_up", s.p), ("gamma_phi", s.z))
    ]
    return Model(
        None,
        [a, b],
        hamiltonian=p["delta"] / 4 * (a.z - b.z) + p["exchange"] * (a.p * b.m + a.m * b.p),
        jumps=[Collective(p["Gamma_down"], a.m + b.m), Collective(p["Gamma_up"], a.p + b.p), *individual],
        name="two-ensembles",
        parameters=p,
    )
