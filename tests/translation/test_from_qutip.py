"""Models from QuTiP scripts and back: the Liouvillian of the whole product space stays what it was."""

import numpy as np
import pytest
import qutip
from oracles.brute_force import BruteForce

import permsym as ps


class Sites:
    """Operators of a product space: the script's side."""

    def __init__(self, *dims):
        self.dims = dims

    def at(self, site, operator):
        return qutip.tensor(*[operator if i == site else qutip.qeye(d) for i, d in enumerate(self.dims)])


def same(model, H, c_ops, tolerance=1e-13):
    """The model's Liouvillian, made by the oracle from the model's data, is the script's."""
    script = qutip.liouvillian(H, list(c_ops)).full()
    assert np.abs(_oracle(model) - script).max() < tolerance * np.abs(script).max()


def _oracle(model):
    return BruteForce(model).liouvillian()


RNG = np.random.default_rng(7)


def driven_spins(N=3):
    """A driven centre, Ising and flip-flop couplings, jumps of every kind, with phases and identity parts."""
    s = Sites(*[2] * (N + 1))
    up, z, down = qutip.sigmap(), qutip.sigmaz(), qutip.sigmam()
    each = range(1, N + 1)
    total = sum(s.at(n, down) for n in each)
    H = 0.3 * s.at(0, z) + 0.4 * s.at(0, qutip.sigmay()) + 0.2 * sum(s.at(n, qutip.sigmax()) for n in each)
    H += sum((0.5 + 0.2j) * s.at(0, up) * s.at(n, down) + (0.5 - 0.2j) * s.at(0, down) * s.at(n, up) for n in each)
    H += 0.7 * sum(s.at(n, z) * s.at(m, z) for n in each for m in each if n < m)
    H += sum(1j * (s.at(n, up) * s.at(m, z) - s.at(n, down) * s.at(m, z)) for n in each for m in each if n != m)
    c_ops = [0.6 * s.at(0, down) + 0.3, np.exp(0.4j) * (total + 0.5j * s.at(0, z)), s.at(0, z) * total]
    for n in each:
        c_ops += [0.5 * s.at(n, down) + 0.2j * s.at(n, z) + 0.1j, 0.3 * s.at(0, z) * s.at(n, up)]
    return H, c_ops


def test_a_script_with_everything():
    H, c_ops = driven_spins()
    same(ps.Model.from_qutip(H, c_ops), H, c_ops)


def test_jumps_are_read_as_what_they_do_together():
    """A unitary mixture of collapse operators is the same equation."""
    H, c_ops = driven_spins()
    mix = np.linalg.qr(RNG.normal(size=(len(c_ops),) * 2) + 1j * RNG.normal(size=(len(c_ops),) * 2))[0]
    mixed = [sum(mix[k, i] * c for i, c in enumerate(c_ops)) for k in range(len(c_ops))]
    same(ps.Model.from_qutip(H, mixed), H, c_ops)


def test_simple_jumps_stay_simple():
    s = Sites(2, 2, 2, 2)
    c_ops = [np.sqrt(0.5) * s.at(0, qutip.sigmam())]
    c_ops += [np.sqrt(1.5) * s.at(n, x) for n in (1, 2, 3) for x in (qutip.sigmam(), qutip.sigmap())]
    c_ops += [np.sqrt(0.2) * sum(s.at(n, qutip.sigmaz()) for n in (1, 2, 3))]
    H = sum(s.at(0, qutip.sigmap()) * s.at(n, qutip.sigmam()) for n in (1, 2, 3))
    model = ps.Model.from_qutip(H + H.dag(), c_ops)
    assert {str(term) for term in model.terms} == {
        "H[+0 -]", "H[-0 +]", "L[-0] central", "L[+] individual", "L[-] individual", "L[z] collective"
    }  # fmt: skip
    assert sorted(jump.rate for jump in model.jumps) == pytest.approx([0.2, 0.5, 1.5, 1.5], abs=1e-14)
    assert model.charges == ((1, 1),)


def cavity(levels=5, N=2):
    s = Sites(levels, *[2] * N)
    a = s.at(0, qutip.destroy(levels))
    H = 0.3 * a.dag() * a + 0.1 * a.dag() * a.dag() * a * a + 0.2j * (a.dag() - a)
    H += sum(0.9 * (a * s.at(n, qutip.sigmap()) + a.dag() * s.at(n, qutip.sigmam())) for n in range(1, N + 1))
    return H, [np.sqrt(0.7) * a, *[np.sqrt(0.4) * s.at(n, qutip.sigmap()) for n in range(1, N + 1)]], s


def test_a_mode_is_recognised():
    H, c_ops, _ = cavity()
    model = ps.Model.from_qutip(H, c_ops)
    assert model.centre == ps.Boson(5)
    same(model, H, c_ops)
    levels = ps.Model.from_qutip(H, c_ops, mode=False)
    assert levels.centre == ps.Levels(5)
    same(levels, H, c_ops)


def test_what_was_multiplied_in_the_cut_space_is_no_mode():
    H, c_ops, s = cavity()
    a = s.at(0, qutip.destroy(5))
    assert ps.Model.from_qutip(H + a * a.dag(), c_ops).centre == ps.Levels(5)
    same(ps.Model.from_qutip(H + a * a.dag(), c_ops), H + a * a.dag(), c_ops)
    with pytest.raises(ps.InputError, match=r"^H is no polynomial in a and ad .* normal order"):
        ps.Model.from_qutip(H + a * a.dag(), c_ops, mode=True)
    with pytest.raises(ps.InputError, match=r"^c_ops\[3\] is no polynomial"):
        ps.Model.from_qutip(H, [*c_ops, s.at(0, qutip.basis(5, 4).proj())], mode=True)


def test_two_levels_are_a_mode_where_one_says_so():
    H, c_ops, _ = cavity(levels=2)
    assert ps.Model.from_qutip(H, c_ops).centre == ps.Spin()
    model = ps.Model.from_qutip(H, c_ops, mode=True)
    assert model.centre == ps.Boson(2)
    same(model, H, c_ops)


def test_coefficients_do_not_learn_the_number_of_satellites():
    """Blockade, V sum n_k n_l, and a dispersive shift, chi a^dag a sum n_k: the basis that has fewest terms leaves N out."""

    def script(N):
        s = Sites(4, *[2] * N)
        n, a = qutip.basis(2, 1).proj(), s.at(0, qutip.destroy(4))
        each = range(1, N + 1)
        H = 0.3 * sum(s.at(k, qutip.sigmax()) for k in each) + sum(s.at(k, n) * s.at(m, n) for k in each for m in each if k < m)
        H += 0.2 * a.dag() * a * sum(s.at(k, n) for k in each)
        return H, [a, *[a.dag() * a * s.at(k, n) for k in each], *[s.at(k, n) for k in each]]

    same(ps.Model.from_qutip(*script(2)).resized(3), *script(3))


@pytest.mark.parametrize("distinct", [False, True], ids=["products of sums", "pairs"])
def test_constants_beside_the_centre_do_not_learn_it_either(distinct):
    def script(N):
        s = Sites(*[2] * (N + 1))
        z, p = (sum(s.at(n, x) for n in range(1, N + 1)) for x in (qutip.sigmaz(), qutip.sigmap()))
        z0, x0 = s.at(0, qutip.sigmaz()), s.at(0, qutip.sigmax())
        return 0.2 * z0 * (z * z - (N if distinct else 0)) + (0 if distinct else 0.3 * z0 * p * p.dag()) + 0.1 * x0, [
            s.at(0, qutip.sigmam())
        ]

    again, _ = ps.Model.from_qutip(*script(3)).resized(4).to_qutip()
    difference = (again - script(4)[0]).full()
    assert np.abs(difference - np.trace(difference) / 32 * np.eye(32)).max() < 1e-14


def test_atoms_of_several_levels_and_two_ensembles():
    s = Sites(2, 3, 3, 2)
    unit = lambda i, j: qutip.basis(3, i) * qutip.basis(3, j).dag()  # noqa: E731
    H = sum(s.at(0, qutip.sigmap()) * s.at(n, unit(0, 2)) for n in (1, 2)) + s.at(1, unit(1, 1)) * s.at(2, unit(1, 1))
    H += s.at(3, qutip.sigmap()) * (s.at(1, unit(0, 1)) + s.at(2, unit(0, 1)))
    c_ops = [s.at(n, unit(0, 2) + 0.3 * unit(1, 2)) for n in (1, 2)] + [s.at(3, qutip.sigmam()) + s.at(1, unit(0, 1)) + s.at(2, unit(0, 1))]
    model = ps.Model.from_qutip(H + H.dag(), c_ops, lone="individual")
    assert [(each.name, each.N, each.levels) for each in model.ensembles] == [("A", 2, 3), ("B", 1, 2)]
    same(model, H + H.dag(), c_ops)


def test_pair_jumps():
    s = Sites(2, 2, 2)
    total = sum(s.at(n, qutip.sigmam()) for n in range(3))
    c_ops = [0.5 * total * total, 0.3 * total * total.dag(), *[s.at(n, qutip.sigmap()) for n in range(3)]]
    same(ps.Model.from_qutip(0 * total, c_ops, centre=False), 0 * total, c_ops)


def test_rates_that_only_a_negative_collective_one_explains():
    """Jumps that leave out the uniform combination: g = 1, h = -1/N."""
    s = Sites(2, 2, 2)
    m = [s.at(n, qutip.sigmam()) for n in range(3)]
    c_ops = [(m[0] - m[1]) / np.sqrt(2), (m[0] + m[1] - 2 * m[2]) / np.sqrt(6), sum(s.at(n, qutip.sigmap()) for n in range(3))]
    model = ps.Model.from_qutip(0.3 * (m[0] + m[1] + m[2] + m[0].dag() + m[1].dag() + m[2].dag()), c_ops, centre=False)
    assert [jump.rate for jump in model.jumps if jump.rate < 0] == pytest.approx([-1 / 3], abs=1e-14)
    H, back = model.to_qutip()
    target = qutip.liouvillian(H, back).full()
    assert np.abs(target - qutip.liouvillian(H, c_ops).full()).max() < 1e-13


@pytest.mark.parametrize("N", [1, 3])
def test_round_trips(N):
    c, s = ps.Boson(3), ps.Ensemble(N)
    model = ps.Model(
        c,
        s,
        0.3 * c.n + 0.4 * (c.a + c.ad) * s.x,
        [ps.Central(0.5, c.a), ps.Individual(0.3, c.n * s.m), ps.Individual(0.2, s.p + 0.5j * s.z)],
    )
    H, c_ops = model.to_qutip()
    again = ps.Model.from_qutip(H, c_ops, mode=True, lone="individual")
    assert (again.centre, again.ensembles) == (model.centre, model.ensembles)
    same(again, H, c_ops)
    assert np.abs(_oracle(again) - _oracle(model)).max() < 1e-13


def test_back_without_a_centre():
    s, t = ps.Ensemble(2, levels=3), ps.Ensemble(1, "B")
    model = ps.Model(None, [s, t], s.unit(0, 1) * t.m + s.unit(1, 0) * t.p, [ps.Collective(0.5, s.unit(0, 2) + 2 * t.m)])
    H, c_ops = model.to_qutip()
    assert H.dims == [[3, 3, 2]] * 2
    again = ps.Model.from_qutip(H, c_ops, centre=False, lone="collective")
    assert np.abs(_oracle(again) - _oracle(model)).max() < 1e-14


def refused(words, H, c_ops=(), **options):
    with pytest.raises(ps.PermsymError, match=words) as caught:
        ps.Model.from_qutip(H, c_ops, **options)
    assert "\n" not in str(caught.value)


def test_what_no_model_has_is_refused():
    s = Sites(2, 2, 2, 2)
    z = [s.at(n, qutip.sigmaz()) for n in range(4)]
    m = [s.at(n, qutip.sigmam()) for n in range(4)]
    refused(r"^H changes when satellites 1 and 2 .* 'z1' is 0\.3, that of 'z2' 0;.*ensembles", 0.3 * z[1])
    refused(r"^H changes when satellites 2 and 3 .* 'z0 z2' is 0\.5, that of 'z0 z3' 0\.2", z[0] * (0.5 * (z[1] + z[2]) + 0.2 * z[3]))
    refused(r"^H acts on three satellites at once, as in 'z1 z2 z3'", z[1] * z[2] * z[3])
    refused(r"^H is not hermitian", m[0])
    refused(r"^the jumps change when satellites 1 and 3 .* rate of '-' is 1 .* 0\.25", z[0], [m[1], m[2], 0.5 * m[3]])
    refused(r"^the jumps change when", z[0], [m[1] + m[2], m[3]])
    refused(r"^c_ops\[0\], a product .* changes when satellites 2 and 3", z[0], [m[1] * m[2]])
    refused(r"^H must be a QuTiP operator", np.eye(4))
    refused(r"^`c_ops` must be a list", z[0], m[1])
    refused(r"^c_ops\[0\] must be a constant", z[0], [[m[1], "cos(t)"]])
    refused(r"^c_ops\[0\] has dims", z[0], [qutip.sigmam()])
    refused(r"^H must be an operator of a tensor", qutip.basis(2, 0))
    refused(r"^there are no satellites", qutip.sigmaz())
    refused(r"^`ensembles` must add up to 3", z[0], ensembles=[1, 1])
    refused(r"^one satellite in ensemble 'B' cannot tell", z[0], [m[3]], ensembles=[2, 1])
    refused(r"^`lone` must be", z[0], lone="both")
    refused(r"^H has 2048 states", qutip.qeye([2] * 11))
    refused(r"^a mode is a centre", z[0], centre=False, mode=True)


def test_too_large_or_open_for_qutip():
    with pytest.raises(ps.TooLarge, match=r"try model.resized\(N=3\)"):
        ps.models.central_spin(N=30).to_qutip()
    with pytest.raises(ps.InputError, match="with_levels"):
        ps.models.tavis_cummings(N=2).to_qutip()
