"""Negative collective rates: valid exactly where the Lindblad equation is one, and then as exact as others."""

import numpy as np
import pytest
import qutip

import permsym as ps
from permsym.errors import UnsuitedModel
from permsym.sites import Continuous

SM, SZ, SP = qutip.sigmam(), qutip.sigmaz(), qutip.sigmap()


def at(n, operator, N):
    return qutip.tensor(*[operator if i == n else qutip.qeye(2) for i in range(N)])


def steady_spins(N, H, rates):
    """Steady state of N spins with sum of rate * L[x], negative rates too: D^2 equations, by hand."""
    liouvillian = qutip.liouvillian(H)
    for rate, x in rates:
        liouvillian += rate * qutip.lindblad_dissipator(x)
    matrix = liouvillian.full()
    matrix[0] = np.eye(2**N).ravel()
    rho = np.linalg.solve(matrix, np.eye(4**N)[0]).reshape(2**N, 2**N, order="F")
    assert np.linalg.eigvalsh(rho)[0] > -1e-13
    return rho


def driven(N, individual, collective):
    s = ps.Ensemble(N)
    jumps = [ps.Individual(individual, s.m), ps.Individual(0.2, s.p), ps.Collective(collective, s.m)]
    return ps.Model(None, s, 0.4 * s.x + 0.1 * s.z * s.z, jumps)


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
@pytest.mark.parametrize("collective", [-0.2, -0.25], ids=["inside", "at the edge"])
def test_negative_collective_rate(collective, basis):
    N = 4
    m = sum(at(n, SM, N) for n in range(N))
    z = sum(at(n, SZ, N) for n in range(N))
    rates = [(collective, m), *[(1.0, at(n, SM, N)) for n in range(N)], *[(0.2, at(n, SP, N)) for n in range(N)]]
    rho = steady_spins(N, 0.4 * (m + m.dag()) + 0.1 * z * z, rates)
    state = ps.steady_state(driven(N, 1.0, collective), basis=basis)
    assert state.certificate.certified
    for label, x in (("z1", at(0, SZ, N)), ("+1", at(0, SP, N)), ("+1 -2", at(0, SP, N) * at(1, SM, N))):
        assert abs(state.moment(label) - np.trace(x.full() @ rho)) < 1e-12


@pytest.mark.parametrize("scale", [0.999, 1.001])
def test_the_edge(scale):
    """g + N h >= 0, checked for each size anew, also where N is real or large."""
    valid = driven(10, 1.0, -0.1 * scale) if scale < 1 else None
    if valid is None:
        with pytest.raises(ps.InputError, match=r"of all satellites together at N=10 has the eigenvalue -0.001; .* g \+ N h >= 0"):
            driven(10, 1.0, -0.1 * scale)
        return
    assert valid.resized(4).sizes == (4,)
    with pytest.raises(ps.InputError, match="at N=11 has the eigenvalue"):
        valid.resized(11)
    with pytest.raises(ps.InputError, match=r"at N=10\.5 has"):
        driven(Continuous(10.5), 1.0, -0.1 * scale)
    for factor in (0.37, 0.5, 3.33):  # sizes are rounded
        assert driven(10, 1.0, -0.1).rescaled(factor).jumps[2].rate < 0
    for N in (49, 50, 93):  # one operator, whose rates cancel to rounding
        s = ps.Ensemble(N)
        assert len(ps.Model(None, s, s.x, [ps.Individual(0.3, s.m), ps.Collective(-0.3 / N, s.m)]).jumps) == 2
    assert driven(10**6, 0.3, -0.3e-6).jumps[2].rate < 0


def combined(N, h, sign=1):
    """Jumps that mix operators, the centre's among them."""
    c, s = ps.Spin(), ps.Ensemble(N)
    jumps = [
        ps.Central(0.3, c.m),
        ps.Individual(0.5, s.m + 0.3j * s.z),
        ps.Individual(0.4, s.p + 0.2 * s.z),
        ps.Individual(0.2, s.z),
        ps.Collective(h, s.m + 0.5 * s.z + sign * 0.2 * c.m),
        ps.Collective(0.05, c.m - 0.3 * s.z),
    ]
    return ps.Model(c, s, 0.3 * (c.p * s.m + c.m * s.p), jumps)


def rates_of(h, N):
    """The Kossakowski matrix of ``combined`` over orthonormal traceless operators of all sites, by hand."""
    paulis = [at(n, x / np.sqrt(2 ** (N + 1)) * (1 if x is SZ else np.sqrt(2)), N + 1) for n in range(N + 1) for x in (SM, SP, SZ)]
    m, p, z = ([at(n, x, N + 1) for n in range(1, N + 1)] for x in (SM, SP, SZ))
    c = at(0, SM, N + 1)
    jumps = [(0.3, c), (h, sum(m) + 0.5 * sum(z) + 0.2 * c), (0.05, c - 0.3 * sum(z))]
    jumps += [(rate, x) for n in range(N) for rate, x in ((0.5, m[n] + 0.3j * z[n]), (0.4, p[n] + 0.2 * z[n]), (0.2, z[n]))]
    vectors = [(rate, np.array([(b.dag() * x).tr() for b in paulis])) for rate, x in jumps]
    return sum(rate * np.outer(v, v.conj()) for rate, v in vectors)


def test_mixed_operators_and_the_centre():
    """The largest negative rate agrees with the whole product space's matrix of rates."""
    N, low, high = 3, -1.0, 0.0
    assert np.linalg.eigvalsh(rates_of(low, N))[0] < -1e-3 < -1e-12 < np.linalg.eigvalsh(rates_of(high, N))[0]
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if np.linalg.eigvalsh(rates_of(middle, N))[0] > -1e-13 else (middle, high)
    assert combined(N, high + 1e-6).jumps[4].rate < 0
    with pytest.raises(ps.InputError, match="together at N=3 has the eigenvalue"):
        combined(N, low - 1e-6)


def test_identity_parts_do_not_count():
    """L[x + c] differs from L[x] by an energy alone: the constant of a projector neither saves a rate nor spoils it."""
    s = ps.Ensemble(4)
    up = s.operator([[1, 0], [0, 0]])
    assert ps.Model(None, s, s.x, [ps.Individual(1.0, s.z), ps.Collective(-0.999, up)]).jumps
    with pytest.raises(ps.InputError, match="together at N=4"):
        ps.Model(None, s, s.x, [ps.Individual(1.0, s.z), ps.Collective(-1.001, up)])
    c = ps.Spin()  # but a constant beside an operator of the centre is one
    assert ps.Model(c, s, s.x, [ps.Central(4.0, c.z), ps.Individual(1.0, c.z * s.z), ps.Collective(-0.2, c.z * (s.z + 1))]).jumps
    with pytest.raises(ps.InputError, match="together at N=4"):
        ps.Model(c, s, s.x, [ps.Individual(1.0, c.z * s.z), ps.Collective(-0.2, c.z * (s.z + 1))])


def test_refused():
    s, t = ps.Ensemble(3), ps.Ensemble(2, "B")
    with pytest.raises(ps.InputError, match="rate of this individual jump must be >= 0"):
        ps.Individual(-1, s.m)
    with pytest.raises(ps.InputError, match="product of sums; only sums may have that"):
        ps.Model(None, s, s.x, [ps.Individual(1, s.m), ps.Collective(-0.1, s.m * s.m)])
    with pytest.raises(ps.InputError, match=r"together at N=3 of 'A', N=2 of 'B' has the eigenvalue"):
        ps.Model(None, [s, t], s.x, [ps.Individual(1, s.m), ps.Collective(-0.1, s.m + t.m)])
    model = driven(4, 1.0, -0.2)
    with pytest.raises(UnsuitedModel, match="no noise of the negative rate of 'L"):
        ps.twa.steady_state(model, target=0.1, seed=1)
    with pytest.raises(UnsuitedModel, match="no jumps at the negative rate of 'L"):
        ps.trajectories(model, target=0.1, seed=1)
    with pytest.raises(ps.InputError, match="negative rate, so that it does not happen"):
        ps.steady_state(model).counting("L[-] collective")


def test_to_qutip_writes_positive_rates():
    model = combined(2, -0.1)
    H, c_ops = model.to_qutip()
    N = 2
    m, z = (sum(at(n, x, N + 1) for n in (1, 2)) for x in (SM, SZ))
    c = at(0, SM, N + 1)
    target = qutip.liouvillian(0.3 * (c.dag() * m + c * m.dag()))
    target += 0.3 * qutip.lindblad_dissipator(c) - 0.1 * qutip.lindblad_dissipator(m + 0.5 * z + 0.2 * c)
    target += 0.05 * qutip.lindblad_dissipator(c - 0.3 * z)
    for n in (1, 2):
        for rate, x in ((0.5, SM + 0.3j * SZ), (0.4, SP + 0.2 * SZ), (0.2, SZ)):
            target += rate * qutip.lindblad_dissipator(at(n, x, N + 1))
    assert np.abs((qutip.liouvillian(H, c_ops) - target).full()).max() < 1e-13
    again = ps.Model.from_qutip(H, c_ops)
    back = qutip.liouvillian(*again.to_qutip())
    assert np.abs((back - target).full()).max() < 1e-13


def test_to_qutip_moves_constants_of_jumps_into_the_hamiltonian():
    s = ps.Ensemble(2)
    up = s.operator([[1, 0], [0, 0]])
    jumps = [ps.Individual(1, s.m), ps.Collective(-0.3, s.m), ps.Individual(0.4, s.p + 0.5j * up)]
    H, c_ops = ps.Model(None, s, 0.2 * s.z, jumps).to_qutip()
    target = qutip.liouvillian(0.2 * (at(0, SZ, 2) + at(1, SZ, 2))) - 0.3 * qutip.lindblad_dissipator(at(0, SM, 2) + at(1, SM, 2))
    for n in range(2):
        target += qutip.lindblad_dissipator(at(n, SM, 2)) + 0.4 * qutip.lindblad_dissipator(at(n, SP + 0.5j * SP * SM, 2))
    assert np.abs((qutip.liouvillian(H, c_ops) - target).full()).max() < 1e-13
