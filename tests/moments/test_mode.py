"""What one reads off a solved state: photon statistics, entanglement, the whole state's entropy, QuTiP in and out."""

import json
import math

import numpy as np
import pytest
import qutip
from oracles import systems
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.cli import main
from permsym.sweeps.rerun import rerun

UP, DOWN = qutip.basis(2, 0), qutip.basis(2, 1)
pytestmark = pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")  # few Fock states: the oracle is cut as they are


def thermal(photons, levels=60):
    """A mode in contact with a bath of that many photons, emitters apart."""
    base = ps.models.tavis_cummings(N=2, g=0, kappa=1 + photons, levels=levels)
    return ps.steady_state(ps.Model(base.centre, base.ensembles, base.hamiltonian, [*base.jumps, ps.Central(photons, base.centre.ad)]))


def test_thermal_light():
    photons = 1.3
    mode = thermal(photons, 80).mode
    n = np.arange(80)
    found = mode.photon_distribution()
    exact = (photons / (1 + photons)) ** n / (1 + photons)
    assert np.abs(found.probability - exact).max() < 1e-13
    assert (np.abs(found.probability - exact) <= found.error + 1e-15).all()
    assert found.error.max() < 1e-11
    assert list(found.peaks) == [0]
    for k in (1, 2, 3, 4):
        assert mode.g(k) == pytest.approx(math.factorial(k), rel=1e-10)
    assert mode.mandel_q == pytest.approx(photons, rel=1e-10)
    assert mode.purity == pytest.approx(1 / (2 * photons + 1), abs=1e-12)
    assert mode.entropy == pytest.approx((photons + 1) * math.log(photons + 1) - photons * math.log(photons), abs=1e-10)
    assert (mode.quadratures.smallest, mode.quadratures.largest) == pytest.approx((photons + 0.5, photons + 0.5), rel=1e-11)
    assert mode.wigner([0.0], [0.0])[0, 0] == pytest.approx(1 / (math.pi * (2 * photons + 1)), abs=1e-12)


def test_coherent_light():
    """A driven empty cavity: <a> = eta / (kappa + i Delta_c) in paper 2's units."""
    state = ps.steady_state(
        ps.models.driven_tavis_cummings(1, g=0, kappa=1.0, gamma_h=0.3, gamma_p=0.0, eta=1.6, Delta_c=0.5, Delta=0.0, levels=26), moments=1
    )
    alpha = 1.6 / (1 + 0.5j)
    mode = state.mode
    n = np.arange(26)
    poisson = np.exp(-(abs(alpha) ** 2)) * abs(alpha) ** (2 * n) / [float(math.factorial(k)) for k in n]
    assert np.abs(mode.photon_distribution(errors=False).probability - poisson).max() < 1e-9
    assert mode.photon_distribution(errors=False).error is None
    assert mode.g(2) == pytest.approx(1, abs=1e-8)
    assert mode.mandel_q == pytest.approx(0, abs=1e-7)
    assert mode.quadratures.squeezing == pytest.approx(0, abs=1e-7)
    assert mode.entropy == pytest.approx(0, abs=1e-6)
    assert mode.husimi(alpha) == pytest.approx(1 / math.pi, abs=1e-9)
    x, p = np.sqrt(2) * alpha.real, np.sqrt(2) * alpha.imag
    assert mode.wigner([x, x + 1], [p])[0] == pytest.approx(np.array([1, math.exp(-1)]) / math.pi, abs=1e-8)


@pytest.mark.parametrize("name", systems.CAVITIES)
@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_modes_equal_brute_force(name, basis):
    model = systems.CAVITIES[name](2)
    brute = BruteForce(model)
    rho = qutip.Qobj(brute.reduced(brute.steady_state(), [0]))
    state = ps.steady_state(model, basis=basis)
    mode = state.mode
    found = mode.photon_distribution()
    assert np.abs(found.probability - rho.diag().real).max() < 1e-13
    assert (np.abs(found.probability - rho.diag().real) <= found.error + 1e-15).all()
    a = qutip.destroy(4)
    assert mode.g(3) == pytest.approx((a.dag() ** 3 * a**3 * rho).tr().real / (a.dag() * a * rho).tr().real ** 3, abs=1e-11)
    # the principal quadratures by their definition, symmetrised in the cut space as the label's normal order says
    angle = mode.quadratures.angle
    for phi, expected in ((angle, mode.quadratures.smallest), (angle + np.pi / 2, mode.quadratures.largest)):
        mean = qutip.expect((a * np.exp(-1j * phi) + a.dag() * np.exp(1j * phi)) / np.sqrt(2), rho)
        normal = (a * a * np.exp(-2j * phi) + a.dag() * a.dag() * np.exp(2j * phi) + 2 * a.dag() * a + 1) / 2
        assert qutip.expect(normal, rho) - mean**2 == pytest.approx(expected, abs=1e-12)
    assert mode.purity == pytest.approx(rho.purity(), abs=1e-13)
    assert mode.entropy == pytest.approx(qutip.entropy_vn(rho), abs=1e-12)
    assert np.abs(state.to_qutip().full() - rho.full()).max() < 1e-13


SINGLE = ("central_spin", "nine_pairs", "collective_jumps", "three_level_centre", *systems.CAVITIES)


@pytest.mark.parametrize("name", SINGLE)
def test_the_whole_state_equals_brute_force(name):
    model = systems.MODELS[name](3)
    brute = BruteForce(model)
    rho = brute.steady_state()
    whole = qutip.Qobj(rho, dims=[brute.dims, brute.dims])
    state = ps.steady_state(model, basis="dicke")
    assert np.abs(state.full() - rho).max() < 1e-13
    assert state.to_qutip(satellites=None).dims == [brute.dims, brute.dims]
    assert np.abs((state.to_qutip(satellites=None) - whole).full()).max() < 1e-13
    assert state.purity == pytest.approx(whole.purity(), abs=1e-13)
    assert state.entropy == pytest.approx(qutip.entropy_vn(whole), abs=1e-11)
    for satellites, part in ((None, whole), (1, whole.ptrace([0, 1]))):
        values = np.linalg.eigvalsh(qutip.partial_transpose(part, [1] + [0] * (len(part.dims[0]) - 1)).full())
        assert state.negativity(satellites) == pytest.approx(-values[values < 0].sum(), abs=1e-12)
    assert state.concurrence() == pytest.approx(qutip.concurrence(whole.ptrace([1, 2])), abs=1e-7)  # it takes roots of rounding errors
    assert sum(block.copies * (2 * block.j + 1) for block in state.blocks()) == pytest.approx(8)


@pytest.mark.parametrize("N", [2, 5])
def test_one_excitation_shared_by_the_centre_and_all_satellites(N):
    """(|1, 0...0> + |0, W>) / sqrt(2): maximally entangled with all of them, little with each."""
    states = [qutip.tensor(*[UP if n == site else DOWN for n in range(N + 1)]) for site in range(N + 1)]
    psi = (states[0] + sum(states[1:], 0 * states[0]) / np.sqrt(N)) / np.sqrt(2)
    state = ps.from_qutip(psi, ps.models.central_spin(N=N))
    assert state.negativity() == pytest.approx(0.5, abs=1e-13)
    assert state.entropy == pytest.approx(0, abs=1e-12)
    assert state.purity == pytest.approx(1, abs=1e-13)
    empty, shared = (N - 1) / (2 * N), 1 / (2 * np.sqrt(N))  # |00> and the coherence of |10>, |01> of the centre and one satellite
    assert state.negativity(1) == pytest.approx((np.hypot(empty, 2 * shared) - empty) / 2, abs=1e-13)
    assert state.concurrence() == pytest.approx(1 / N, abs=1e-12)


def test_collective_spin_over_the_sphere():
    """Three spins along one direction are spin 3/2 along it; three maximally mixed ones are flat."""
    c, s = ps.Spin(), ps.Ensemble(3)
    model = ps.Model(c, s, 0.3 * c.z, [ps.Central(1.0, c.m), ps.Individual(1.0, s.p)])
    state = ps.steady_state(model)
    theta = np.linspace(0, np.pi, 7)
    q = state.spin_husimi(theta, 0.3, collective=True)
    assert np.abs(q - 4 / (4 * np.pi) * np.cos(theta / 2) ** 6).max() < 1e-14
    assert np.abs(state.spin_husimi(theta, 0.3) - np.sin(theta / 2) ** 2 * 2 / (4 * np.pi)).max() < 1e-14
    up = np.zeros((4, 4))
    up[0, 0] = 1
    assert np.abs(state.spin_wigner(theta, 0.3, collective=True) - ps.spin_wigner(up, theta, 0.3)).max() < 1e-13
    flat = ps.steady_state(ps.Model(c, s, 0.3 * c.z, [ps.Central(1.0, c.m), ps.Individual(1.0, s.p), ps.Individual(1.0, s.m)]))
    for function in (flat.spin_husimi, flat.spin_wigner):
        assert np.abs(function(theta, 1.0, collective=True) - 1 / (4 * np.pi)).max() < 1e-14


def test_collective_spin_points_where_the_moments_say():
    """int Q (sin theta e^{i phi}, cos theta) = sum over j of <J>_j / (j + 1), by P(j, m) and by coherences, at broken symmetry."""
    state = ps.steady_state(systems.nine_pairs(3), basis="dicke")
    cosine, weight = np.polynomial.legendre.leggauss(12)
    theta, phi = np.arccos(cosine)[:, None], np.arange(12)[None, :] * np.pi / 6
    q = state.spin_husimi(theta, phi, collective=True) * weight[:, None] * np.pi / 6
    found = state.populations()
    assert q.sum() == pytest.approx(1, abs=1e-13)
    assert (q * np.cos(theta)).sum() == pytest.approx((found.probability * found.m / (found.j + 1)).sum(), abs=1e-13)
    plus = 0.0
    for block in state.blocks():
        m = block.j - np.arange(1, round(2 * block.j) + 1)
        rise = np.diag(np.sqrt((block.j - m) * (block.j + m + 1)), 1)
        plus += np.trace(rise @ np.einsum("kmkn->mn", block.matrix)) / (block.j + 1)
    assert abs(plus) > 1e-3
    assert (q * np.sin(theta) * np.exp(1j * phi)).sum() == pytest.approx(plus, abs=1e-13)


# -- QuTiP in -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", ["dicke", "occupation", "full"])
def test_from_qutip(basis):
    model = systems.driven_cavity(2)
    brute = BruteForce(model)
    psi = qutip.tensor(qutip.coherent(4, 0.4 + 0.3j), *[(0.6 * qutip.basis(2, 0) + 0.8j * qutip.basis(2, 1))] * 2)
    state = ps.from_qutip(psi, model, basis)
    for label in state.labels(3):
        assert abs(state.moment(label) - brute.moment(psi.proj().full(), str(label))) < 1e-14
    assert np.abs((state.to_qutip(satellites=None) - psi.proj()).full()).max() < 1e-15
    assert state.derived["p_up"] == pytest.approx(0.36, abs=1e-15)
    assert state.mode.photon_distribution().error is None  # nothing was solved, nothing to estimate


def test_from_qutip_takes_the_cut_off_of_what_comes_in():
    vacuum = qutip.tensor(qutip.basis(7, 0), qutip.basis(2, 1), qutip.basis(2, 1))
    assert ps.from_qutip(vacuum, ps.models.tavis_cummings(N=2)).model.centre == ps.Boson(7)


@pytest.mark.parametrize(
    ("rho", "fragment"),
    [
        (qutip.tensor(UP, UP, DOWN), "symmetric under exchange of satellites"),
        (qutip.tensor((UP + DOWN).unit(), UP, UP), "coherences between states of different conserved charge"),
        (qutip.tensor(UP, UP), r"must have dims \[2, 2, 2\]"),
        (qutip.tensor(UP, UP, UP).dag(), "of type 'bra'"),
        (2 * qutip.tensor(UP, UP, UP).proj(), "must have trace 1"),
        (2 * qutip.tensor(UP, UP, UP).proj() - qutip.tensor(UP, DOWN, DOWN).proj(), "must be positive"),
        (np.eye(8) / 8, "takes a QuTiP object"),
    ],
)
def test_from_qutip_refuses(rho, fragment):
    with pytest.raises(ps.InputError, match=fragment):
        ps.from_qutip(rho, systems.central_spin(2))


def test_refusals():
    spin, cavity = ps.steady_state(systems.central_spin(2)), ps.steady_state(systems.cavity(2), basis="occupation")
    with pytest.raises(ps.InputError, match="only a bosonic centre is a mode"):
        _ = spin.mode
    with pytest.raises(ps.InputError, match="no spin; ask for the satellites"):
        cavity.spin_wigner(0.0, 0.0)
    with pytest.raises(ps.InputError, match="needs one ensemble in the Dicke representation"):
        cavity.negativity()
    with pytest.raises(ps.InputError, match="two satellites in all"):
        spin.concurrence(1)
    with pytest.raises(ps.InputError, match="`order` must be an integer >= 1"):
        cavity.mode.g(0)
    dark = ps.steady_state(ps.models.tavis_cummings(N=1, gamma_up=0, levels=3))
    with pytest.raises(ps.InputError, match="without photons"):
        dark.mode.g(2)


# -- the command line ---------------------------------------------------------------------------------------------------------


def test_photons_on_the_command_line(capsys, tmp_path):
    words = ["solve", "tavis-cummings", "N=2", "--moment", "ad a", "--photons"]
    assert main([*words, "--json", "-o", str(tmp_path / "p.nc")]) == 0
    printed = json.loads(capsys.readouterr().out)["photon_distribution"]
    state = ps.steady_state(ps.models.tavis_cummings(N=2), moments=["ad a"])
    exact = state.mode.photon_distribution()
    assert printed["probability"] == pytest.approx(exact.probability.tolist(), abs=0)
    assert printed["error"] == pytest.approx(exact.error.tolist(), abs=1e-25)
    data = ps.open_dataset(tmp_path / "p.nc")
    assert data["photon_probability"].values.tolist() == printed["probability"]
    assert float((data["photon"] * data["photon_probability"]).sum()) == pytest.approx(float(data["photons"]), abs=1e-12)
    assert data["photon_probability_error"].attrs["units"] == "1"
    assert rerun(data)[1].equal  # P(n) is no part of a sweep, and no hindrance to computing the rest again
    assert main(words) == 0
    assert f"0   {exact.probability[0]:.10e}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["central-spin", "N=2", "--photons"], "--photons needs a bosonic centre"),
        (["tavis-cummings", "N=2", "--photons", "-o", "p.csv"], "P(n) is written to netCDF files only"),
    ],
)
def test_photons_refused(capsys, tmp_path, monkeypatch, words, fragment):
    monkeypatch.chdir(tmp_path)
    assert main(["solve", *words]) == 1
    printed = capsys.readouterr()
    assert fragment in printed.err
    assert not printed.out
    assert not list(tmp_path.iterdir())


# -- pictures -----------------------------------------------------------------------------------------------------------------


def test_pictures_show_the_numbers():
    """Bars are P(n); the maps hold W and Q on the same plane, with zero in the middle of the Wigner function's colours."""
    mode = thermal(0.4, 30).mode
    figure = ps.plot.mode_figure(mode)
    bars, wigner, husimi = figure.axes[:3]
    heights = [patch.get_height() for patch in bars.patches]
    assert heights == pytest.approx(mode.photon_distribution(errors=False).probability[: len(heights)], abs=0)
    maps = [axes.collections[0] for axes in (wigner, husimi)]
    assert maps[0].get_array().max() == pytest.approx(1 / (np.pi * 1.8), rel=1e-12)
    assert maps[1].get_array().max() == pytest.approx(1 / (np.pi * 1.4), rel=1e-12)
    assert maps[0].norm.vmin == -maps[0].norm.vmax
    assert wigner.get_xlim() == husimi.get_xlim()
    assert {axes.get_xlabel() for axes in (wigner, husimi)} == {"$x$"}
