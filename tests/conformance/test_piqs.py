"""Against qutip.piqs, which works in the Dicke space of the satellites and knows nothing of a centre.

piqs computes in single precision, dephases with sigma^z/2 (its rate is four times ours) and keeps coherences between
different total spins, which never couple to the rest and make the Liouvillian singular: they are cut out here.
"""

import numpy as np
import pytest
import qutip
from qutip import piqs

import permsym as ps


def piqs_state(N, omega, epsilon, g, kappa, up, down, phi, collective):
    """Steady state on (Dicke space of N spins) x (centre), as a dense matrix; and the operators J+, J-, Jz there."""
    size = piqs.num_dicke_states(N)
    ensemble = piqs.Dicke(N=N, emission=down, pumping=up, dephasing=4 * phi, collective_emission=collective)
    jz, jp, jm = (piqs.jspin(N, name) for name in ("z", "+", "-"))
    one = qutip.qeye(jz.dims[0])
    sp, sm, sz = qutip.sigmap(), qutip.sigmam(), qutip.sigmaz()
    h = qutip.tensor(one, omega / 2 * sz) + qutip.tensor(epsilon * jz, qutip.qeye(2))
    h += g * (qutip.tensor(jm, sp) + qutip.tensor(jp, sm))
    loss = qutip.liouvillian(h, [np.sqrt(kappa) * qutip.tensor(one, sm)]).full()
    d = 2 * size
    # columns are stacked: indices (bra', ket', bra, ket) of the ensemble; the centre's bra (s, t) and ket (u, v) stay as they are
    local = ensemble.lindbladian().full().reshape(size, size, size, size)
    inexact = np.abs(np.eye(size).ravel() @ local.reshape(size**2, size**2)).max()  # its trace is preserved to single precision only
    identity = np.eye(2)
    whole = np.einsum("bacd,st,uv->bsauctdv", local, identity, identity)
    matrix = loss + whole.reshape(d * d, d * d)
    # levels are ordered by j, from N/2 down
    spin = np.concatenate([np.full(int(2 * j + 1), j) for j in np.arange(N / 2, -0.1, -1)])
    block = np.repeat(spin, 2)
    kept = np.flatnonzero((block[:, None] == block[None, :]).ravel())
    inner = matrix[np.ix_(kept, kept)]
    trace = np.eye(d).ravel()[kept]
    inner[0] = trace
    right = np.zeros(len(kept), dtype=complex)
    right[0] = 1
    vector = np.zeros(d * d, dtype=complex)
    vector[kept] = np.linalg.solve(inner, right)
    rho = vector.reshape(d, d, order="F")
    pairs = {"jp": (jp, qutip.qeye(2)), "jm": (jm, qutip.qeye(2)), "jz": (jz, qutip.qeye(2)), "sz": (one, sz), "sp": (one, sp)}
    return rho, {name: qutip.tensor(a, b).full() for name, (a, b) in pairs.items()}, inexact


@pytest.mark.parametrize(
    ("N", "phi", "collective", "omega"),
    [(4, 0, 0, 1.0), (5, 0.25, 0.5, 1.4), (6, 0.125, 0, 1.0), (7, 0, 0.25, 0.6), (8, 0.5, 0.125, 1.2)],
)  # fmt: skip
def test_central_spin_with_collective_emission(N, phi, collective, omega):
    epsilon, g, kappa, up, down = 1.0, 0.625, 0.5, 1.25, 0.375  # exact in single precision
    rho, ops, inexact = piqs_state(N, omega, epsilon, g, kappa, up, down, phi, collective)
    c, s = ps.Spin(), ps.Ensemble(N)
    model = ps.Model(
        c,
        s,
        omega / 2 * c.z + epsilon / 2 * s.z + g * (c.p * s.m + c.m * s.p),
        [ps.Central(kappa, c.m), ps.Individual(up, s.p), ps.Individual(down, s.m), ps.Individual(phi, s.z), ps.Collective(collective, s.m)],
    )
    state = ps.steady_state(model)
    assert inexact < 1e-6

    def expect(*names):
        product = rho
        for name in reversed(names):
            product = ops[name] @ product
        return complex(np.trace(product))

    for ours, theirs in [
        (c.z, ("sz",)),
        (0.5 * s.z, ("jz",)),
        (s.p * s.m, ("jp", "jm")),
        (c.p * s.m, ("sp", "jm")),
        (0.25 * s.z * s.z, ("jz", "jz")),
        (0.5 * c.z * s.z, ("sz", "jz")),
    ]:
        assert abs(state.expect(ours) - expect(*theirs)) < 3 * max(inexact, np.finfo(np.float32).eps)
