"""The same steady state by permsym and by qutip.piqs + qutip.steadystate: ratios of time and memory, difference of answers.

    python benchmarks/bench_piqs.py [largest N, default 48] [seconds allowed for one piqs solve, default 600]

piqs keeps coherences between different j, and its Dicke basis is single precision inside: agreement to 1e-8 is all one
can ask for.  Each solve runs in a process of its own; the ratio is piqs over permsym.
"""

from __future__ import annotations

import sys

from measure import RATIOS, attempted, isolated, machine, ratios, show
from problems import check

PERMSYM = """
import time, permsym as ps
ps.steady_state(ps.models.central_spin(N=2))  # modules load on first use; qutip's are loaded before its clock starts, too
start = time.perf_counter()
state = ps.steady_state(ps.models.central_spin(N={n}))
result.update(seconds=time.perf_counter() - start, p=state.derived["p0_up"], unknowns=state.dimension)
"""

PIQS = """
import time, numpy as np, qutip, warnings
from qutip import piqs
warnings.simplefilter("ignore")
N = {n}
start = time.perf_counter()
ensemble = piqs.Dicke(N, emission=0.5, pumping=1.5)
jx, jy, jz = piqs.jspin(N)
jp, jm = piqs.jspin(N, "+"), piqs.jspin(N, "-")
one = qutip.qeye(jz.dims[0])
z0, p0, m0 = (qutip.tensor(op, one) for op in (qutip.sigmaz(), qutip.sigmap(), qutip.sigmam()))
up, down = qutip.tensor(qutip.qeye(2), jp), qutip.tensor(qutip.qeye(2), jm)
h = 0.5 * z0 + qutip.tensor(qutip.qeye(2), jz) + 0.75 * (p0 * down + m0 * up)
individual = qutip.super_tensor(qutip.to_super(qutip.qeye(2)), ensemble.liouvillian())
liouvillian = qutip.liouvillian(h, [np.sqrt(N / 16) * m0]) + individual
rho = qutip.steadystate(liouvillian, method="direct")
result.update(seconds=time.perf_counter() - start, p=float((1 + qutip.expect(z0, rho)) / 2), unknowns=liouvillian.shape[0])
"""

if __name__ == "__main__":
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 48
    allowed = float(sys.argv[2]) if len(sys.argv) > 2 else 600.0
    print(machine())
    rows: list[list[object]] = [["N", "unknowns", "piqs unknowns", *RATIOS, "difference", "answer"]]
    for n in (n for n in (10, 16, 20, 24, 32, 40, 48) if n <= largest):
        ours = isolated(PERMSYM.format(n=n))
        verdict = check(n, ours["p"])
        theirs = attempted(PIQS.format(n=n), allowed)
        if isinstance(theirs, str):
            rows.append([n, int(ours["unknowns"]), theirs, *ratios(ours, theirs), "-", verdict])
            break
        difference = f"{abs(ours['p'] - theirs['p']):.0e}"
        rows.append([n, int(ours["unknowns"]), int(theirs["unknowns"]), *ratios(ours, theirs), difference, verdict])
    show(rows)
