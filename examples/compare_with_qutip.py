"""Compare a model with brute force before trusting it: the same central spin, written down twice.

permsym gets the model as it is; QuTiP gets tensor products of 2 x 2 matrices, with no symmetry used, so that a slip in
a rate, a sign or a factor of two shows as a difference.  2^(N+1) levels limit this to a few satellites.

    pip install "permsym[qutip]"
    python examples/compare_with_qutip.py
"""

from __future__ import annotations

import qutip

import permsym as ps

PARAMETERS = {"omega": 1.0, "epsilon": 1.3, "g": 0.75, "kappa": 0.4, "gamma_up": 1.5, "gamma_down": 0.5, "gamma_phi": 0.2}
ONE_SITE = {"z": qutip.sigmaz(), "+": qutip.sigmap(), "-": qutip.sigmam()}  # sigmap = |up><down|, up is basis(2, 0)


def brute_force(N: int, omega: float, epsilon: float, g: float, kappa: float, gamma_up: float, gamma_down: float, gamma_phi: float):  # type: ignore[no-untyped-def]
    """Steady state in the full space of 1 + N spins; site 0 is the centre."""

    def at(symbol: str, site: int) -> qutip.Qobj:
        return qutip.tensor([ONE_SITE[symbol] if i == site else qutip.qeye(2) for i in range(N + 1)])

    satellites = range(1, N + 1)
    hamiltonian = omega / 2 * at("z", 0) + sum(epsilon / 2 * at("z", n) for n in satellites)
    hamiltonian += sum(g * (at("+", 0) * at("-", n) + at("-", 0) * at("+", n)) for n in satellites)
    jumps = [kappa**0.5 * at("-", 0)]
    for n in satellites:
        jumps += [gamma_up**0.5 * at("+", n), gamma_down**0.5 * at("-", n), gamma_phi**0.5 * at("z", n)]
    return qutip.steadystate(hamiltonian, jumps), at


def main() -> None:
    """Largest difference of all moments up to order 3, for N = 1..4."""
    print(" N  moments  largest difference")
    for N in (1, 2, 3, 4):
        state = ps.steady_state(ps.models.central_spin(N=N, **PARAMETERS))
        rho, at = brute_force(N, **PARAMETERS)
        worst, labels = 0.0, state.labels(3)
        for label in labels:
            operator = qutip.tensor([qutip.qeye(2)] * (N + 1))
            for word in str(label).split():  # "z0 +1 -2": symbol and site
                operator = operator * at(word[0], int(word[1:]))
            worst = max(worst, abs(state.moment(label) - qutip.expect(operator, rho)))
        print(f"{N:2}  {len(labels):7}  {worst:.1e}")


if __name__ == "__main__":
    main()
