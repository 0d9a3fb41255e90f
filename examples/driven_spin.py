"""A model of one's own: a coherently driven central spin with two species of satellites.

    H = drive/2 s0x + sum over species S in {A, B} of  delta/2 Sz + g_S (s0+ S- + s0- S+)
    kappa L[s0-] + sum over all satellites of  gamma L[sn-]

The drive excites the centre from outside, so that no excitation number is conserved: permsym finds that by itself and
keeps all coherences.  Run it with ``python examples/driven_spin.py``, or from the command line:

    permsym solve examples.driven_spin:driven_spin N=3
"""

from __future__ import annotations

import permsym as ps


def driven_spin(
    N: int, drive: float = 1.0, delta: float = 0.5, g_a: float = 0.2, g_b: float = 0.6, kappa: float = 1.0, gamma: float = 0.2
) -> ps.Model:
    """N satellites of each species, detuned from the drive by delta and coupled by g_a and g_b."""
    c = ps.Spin()
    a, b = ps.Ensemble(N, "A"), ps.Ensemble(N, "B")
    hamiltonian = drive / 2 * c.x + delta / 2 * (a.z + b.z)
    for species, g in ((a, g_a), (b, g_b)):
        hamiltonian += g * (c.p * species.m + c.m * species.p)
    jumps = [ps.Central(kappa, c.m), ps.Individual(gamma, a.m), ps.Individual(gamma, b.m)]
    parameters = {"N": N, "drive": drive, "delta": delta, "g_a": g_a, "g_b": g_b, "kappa": kappa, "gamma": gamma}
    return ps.Model(c, [a, b], hamiltonian, jumps, name="driven-spin", parameters=parameters)


def main() -> None:
    """Solve for a few sizes and print what the centre and the two species do."""
    print(" N  unknowns   <z0>        <z1@A>      <z1@B>      error estimate")
    for N in (1, 2, 3, 4):
        state = ps.steady_state(driven_spin(N), moments=["z0", "z1@A", "z1@B"])
        values = "  ".join(f"{state.moment(label).real:+.7f}" for label in ("z0", "z1@A", "z1@B"))
        print(f"{N:2}  {state.basis.dimension:8}  {values}  {state.certificate.error_estimate:.1e}")


if __name__ == "__main__":
    main()
