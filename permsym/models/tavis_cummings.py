"""Tavis-Cummings model with N identical emitters, Sec. V of P. Fowler-Wright et al., Phys. Rev. Research 5, 033148 (2023)."""

from __future__ import annotations

from collections.abc import Callable

from permsym.jumps import Central, Individual
from permsym.model import Model
from permsym.models.parameters import AUTO, Number, resolved
from permsym.operators import Operator
from permsym.sites import Boson, Ensemble


def tavis_cummings(
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
    """A cavity mode that exchanges excitations with N two-level emitters; the arguments are the model's parameters.

        H = omega a^dag a + sum_n [ epsilon/2 snz + g (a sn+ + a^dag sn-) ]

        d rho/dt = -i [H, rho] + kappa L[a] + sum_n ( gamma_up L[sn+] + gamma_down L[sn-] + gamma_phi L[snz] )

    with L[x] rho = x rho x^dag - {x^dag x, rho}/2, one unit of frequency for all parameters; the defaults are
    those of the paper's Fig. 4(b).  ``levels`` is the number of Fock states 0..levels-1, ``"auto"`` leaves it to the solver.

    Raises InputError for negative rates, values that are not finite, and counts that are no whole numbers.
    """
    return emitters_in_a_cavity(
        "tavis-cummings", lambda c, s: c.a * s.p + c.ad * s.m,
        N=N, omega=omega, epsilon=epsilon, g=g, kappa=kappa, gamma_up=gamma_up, gamma_down=gamma_down, gamma_phi=gamma_phi, levels=levels,
    )  # fmt: skip


def emitters_in_a_cavity(name: str, coupling: Callable[[Boson, Ensemble], Operator], **parameters: Number) -> Model:
    """The model above with another coupling of the mode and the emitters than sum_n (a sn+ + a^dag sn-)."""
    p = resolved(parameters, rates=("kappa", "gamma_up", "gamma_down", "gamma_phi"))
    c, s = Boson(p.get("levels")), Ensemble(p["N"])
    return Model(
        c,
        s,
        hamiltonian=p["omega"] * c.n + p["epsilon"] / 2 * s.z + p["g"] * coupling(c, s),
        jumps=[
            Central(p["kappa"], c.a),
            Individual(p["gamma_up"], s.p),
            Individual(p["gamma_down"], s.m),
            Individual(p["gamma_phi"], s.z),
        ],
        name=name,
        parameters=p,
    )
