"""Coherently driven Tavis-Cummings model of M. Zens, D. O. Krimer, S. Rotter, Phys. Rev. A 100, 013856 (2019), eqs. (1)-(3).

The only library model in that paper's convention, in which ``kappa`` and ``gamma_h`` decay amplitudes: the rates of L[a]
and L[sigma^-] are 2 kappa and 2 gamma_h.
"""

from __future__ import annotations

from collections.abc import Mapping

from permsym.errors import InputError
from permsym.jumps import Central, Individual
from permsym.model import Model
from permsym.models.parameters import AUTO, Number, resolved
from permsym.models.semiclassics import coupling, critical_drives
from permsym.sites import Boson, Ensemble


def driven_tavis_cummings(
    N: Number,
    *,
    kappa: Number = "2*gamma_h",
    gamma_h: Number = 1.0,
    gamma_p: Number = 0.0,
    g: Number | None = None,
    C: Number | None = None,
    eta: Number | None = None,
    drive: Number | None = None,
    Delta_c: Number = 0.0,
    Delta: Number = 0.0,
    levels: Number = AUTO,
) -> Model:
    """A driven cavity mode that exchanges excitations with N two-level spins, in the drive's frame; the arguments are its parameters.

        H = Delta_c a^dag a + sum_n [ Delta/2 snz + g (a sn+ + a^dag sn-) ] + i eta (a^dag - a)

        d rho/dt = -i [H, rho] + 2 kappa L[a] + sum_n ( 2 gamma_h L[sn-] + gamma_p L[snz] )

    with L[x] rho = x rho x^dag - {x^dag x, rho}/2.  The coupling is given as g, or as C = N g^2 / (kappa gamma_h); the drive as eta, or
    as ``drive`` = eta / eta_crit+ of this model's own semiclassical curve (see ``permsym.models.semiclassics``).
    ``levels`` is the number of Fock states 0..levels-1, ``"auto"`` leaves it to the solver.

    Raises InputError where g and C, or eta and drive, are both given or both missing, and for values out of range.
    """
    _one_of("g", g, "C", C)
    _one_of("eta", eta, "drive", drive)
    values: dict[str, Number | None] = {
        "N": N, "kappa": kappa, "gamma_h": gamma_h, "gamma_p": gamma_p, "g": g, "C": C, "eta": eta, "drive": drive,
        "Delta_c": Delta_c, "Delta": Delta, "levels": levels,
    }  # fmt: skip
    present = {name: value for name, value in values.items() if value is not None}
    p = _primary(resolved(present, rates=("kappa", "gamma_h", "gamma_p", "C")))
    c, s = Boson(p.get("levels")), Ensemble(p["N"])
    return Model(
        c,
        s,
        hamiltonian=p["Delta_c"] * c.n + p["Delta"] / 2 * s.z + p["g"] * (c.a * s.p + c.ad * s.m) + 1j * p["eta"] * (c.ad - c.a),
        jumps=[Central(2 * p["kappa"], c.a), Individual(2 * p["gamma_h"], s.m), Individual(p["gamma_p"], s.z)],
        name="driven-tavis-cummings",
        parameters=p,
    )


def _one_of(first: str, one: Number | None, second: str, other: Number | None) -> None:
    if one is not None and other is not None:
        raise InputError(f"`{first}` and `{second}` say the same twice; give one of them", parameter=first)
    if one is None and other is None:
        raise InputError(
            f"driven-tavis-cummings needs `{first}` or `{second}`; give one of them, such as {second}={14 if second == 'C' else 1.05}",
            parameter=first,
        )


def _primary(p: Mapping[str, float]) -> dict[str, float]:
    """Parameters with C and drive replaced by the g and eta that they stand for."""
    values = dict(p)
    if "C" in values:
        values["g"] = coupling(p["kappa"], p["gamma_h"], values.pop("C"), p["N"])
    if "drive" in values:
        critical = critical_drives(p["kappa"], p["gamma_h"], p["gamma_p"], values["g"], p["N"], p["Delta_c"], p["Delta"])
        values["eta"] = values.pop("drive") * critical.upper
    order = ("N", "kappa", "gamma_h", "gamma_p", "g", "eta", "Delta_c", "Delta", "levels")
    return {name: values[name] for name in order if name in values}
