"""N two-level systems alone: collective and individual gain and loss, a drive, and both kinds of twisting.

The models of superradiance, of the boundary time crystal and of spin squeezing are special cases (the gallery has one each).
"""

from __future__ import annotations

from permsym.jumps import Collective, Individual
from permsym.model import Model
from permsym.models.parameters import Number, resolved
from permsym.sites import Ensemble

_RATES = ("Gamma_down", "Gamma_up", "gamma_down", "gamma_up", "gamma_phi")


def collective_spins(
    N: Number,
    *,
    j: Number | None = None,
    drive: Number = 0.0,
    twist: Number = 0.0,
    counter_twist: Number = 0.0,
    delta: Number = 0.0,
    Gamma_down: Number = 0.0,
    Gamma_up: Number = 0.0,
    gamma_down: Number = 0.0,
    gamma_up: Number = 0.0,
    gamma_phi: Number = 0.0,
) -> Model:
    """N two-level systems without a centre; the arguments are the model's parameters, and what is not named is not there.

        H = drive Jx + twist Jz^2 - i counter_twist (J+^2 - J-^2) + delta Jz

        d rho/dt = -i [H, rho] + Gamma_down L[J-] + Gamma_up L[J+] + sum_n ( gamma_down L[sn-] + gamma_up L[sn+] + gamma_phi L[snz] )

    with Jx = sum_n snx / 2, Jz = sum_n snz / 2, J- = sum_n sn-, and L[x] rho = x rho x^dag - {x^dag x, rho}/2: capital rates are
    collective.  ``j`` fixes the total spin, N/2 for instance; purely collective models have no unique steady state without it.

    Raises InputError for negative rates, values that are not finite, an N that is no whole number, a ``j`` that N spins do not have,
    and individual rates beside a fixed ``j``.
    """
    values = {
        "N": N, "j": j, "drive": drive, "twist": twist, "counter_twist": counter_twist, "delta": delta, "Gamma_down": Gamma_down,
        "Gamma_up": Gamma_up, "gamma_down": gamma_down, "gamma_up": gamma_up, "gamma_phi": gamma_phi,
    }  # fmt: skip
    p = resolved({name: value for name, value in values.items() if value is not None}, rates=_RATES)
    s = Ensemble(p["N"], j=p.get("j"))
    return Model(
        None,
        s,
        hamiltonian=p["drive"] / 2 * s.x
        + p["twist"] / 4 * (s.z * s.z)
        - 1j * p["counter_twist"] * (s.p * s.p - s.m * s.m)
        + p["delta"] / 2 * s.z,
        jumps=[
            Collective(p["Gamma_down"], s.m),
            Collective(p["Gamma_up"], s.p),
            Individual(p["gamma_down"], s.m),
            Individual(p["gamma_up"], s.p),
            Individual(p["gamma_phi"], s.z),
        ],
        name="collective-spins",
        parameters=p,
    )
