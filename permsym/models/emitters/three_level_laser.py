"""Laser of N three-level emitters: pumped to the top level, which feeds the upper level of the lasing transition."""

from __future__ import annotations

from permsym.jumps import Central, Individual
from permsym.model import Model
from permsym.models.parameters import AUTO, Number, resolved
from permsym.sites import Boson, Ensemble


def three_level_laser(
    N: Number,
    *,
    omega: Number = 0.0,
    epsilon: Number = 0.0,
    g: Number = "1/sqrt(N)",
    kappa: Number = 1.0,
    pump: Number = 1.0,
    feed: Number = 10.0,
    gamma: Number = 0.1,
    gamma_phi: Number = 0.0,
    levels: Number = AUTO,
) -> Model:
    """A cavity mode and N emitters of three levels, 0 lowest; the arguments are the model's parameters.

        H = omega a^dag a + sum_n [ epsilon |1><1|_n + g (a |1><0|_n + a^dag |0><1|_n) ]

        d rho/dt = -i [H, rho] + kappa L[a] + sum_n ( pump L[|2><0|_n] + feed L[|1><2|_n] + gamma L[|0><1|_n] + gamma_phi L[zn] ),

    zn = |1><1|_n - |0><0|_n, and L[x] rho = x rho x^dag - {x^dag x, rho}/2.  Where ``feed`` is fast, level 2 is empty, and the emitters
    are those of ``tavis_cummings`` with gamma_up = pump.  Slower feeding leaves emitters waiting in level 2.

    Raises InputError for negative rates, values that are not finite, and counts that are no whole numbers.
    """
    values = {
        "N": N, "omega": omega, "epsilon": epsilon, "g": g, "kappa": kappa, "pump": pump, "feed": feed, "gamma": gamma,
        "gamma_phi": gamma_phi, "levels": levels,
    }  # fmt: skip
    p = resolved(values, rates=("kappa", "pump", "feed", "gamma", "gamma_phi"))
    c, s = Boson(p.get("levels")), Ensemble(p["N"], levels=3)
    return Model(
        c,
        s,
        hamiltonian=p["omega"] * c.n + p["epsilon"] * s.unit(1, 1) + p["g"] * (c.a * s.unit(1, 0) + c.ad * s.unit(0, 1)),
        jumps=[
            Central(p["kappa"], c.a),
            Individual(p["pump"], s.unit(2, 0), name="pump"),
            Individual(p["feed"], s.unit(1, 2), name="feed"),
            Individual(p["gamma"], s.unit(0, 1), name="loss"),
            Individual(p["gamma_phi"], s.unit(1, 1) - s.unit(0, 0)),
        ],
        name="three-level-laser",
        parameters=p,
    )
