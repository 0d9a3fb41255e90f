"""From QuTiP to `permsym compare`: a small central-spin model in QuTiP's full space, written as a CSV of moments.

python examples/qutip_to_csv.py && permsym compare p1-fig3b qutip.csv
"""

import csv

import qutip as qt

with open("qutip.csv", "w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["N", "moment", "value", "approach"])
    for N in (2, 3, 4):
        # site 0 is the centre; basis(2, 0) is up, as in QuTiP's sigmaz and sigmap
        p, z = (
            [qt.tensor([op if i == n else qt.qeye(2) for i in range(N + 1)]) for n in range(N + 1)] for op in (qt.sigmap(), qt.sigmaz())
        )
        H = sum(z) / 2 + 0.75 * sum(p[0] * p[n].dag() + p[0].dag() * p[n] for n in range(1, N + 1))
        jumps = [(N / 16) ** 0.5 * p[0].dag()]  # kappa L[s0-]: the square root of the rate
        jumps += [rate**0.5 * op for n in range(1, N + 1) for rate, op in ((1.5, p[n]), (0.5, p[n].dag()))]
        rho = qt.steadystate(H, jumps)
        for label, operator in (("z0", z[0]), ("+0 -1", p[0] * p[1].dag()), ("+1 -2", p[1] * p[2].dag())):
            rows.writerow([N, label, complex(qt.expect(operator, rho)), "qutip"])
