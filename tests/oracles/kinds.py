"""Models of every kind, small enough for the whole product space: the one list that all capabilities are held against."""

from __future__ import annotations

import numpy as np
import qutip

import permsym as ps
from oracles import atoms, systems
from permsym.models.file import read_model_text

SQUARES = """
name = "file"
[parameters]
N = ""
phi = 0.4
[centre]
kind = "spin"
[[ensembles]]
name = "B"
N = "N"
[[hamiltonian]]
coefficient = "0.4*exp(1i*phi)"
operator = "+0 -"
[[hamiltonian]]
coefficient = "0.4*exp(-1i*phi)"
operator = "-0 +"
[[hamiltonian]]
coefficient = "0.2/N"
operator = "x x"
[[hamiltonian]]
coefficient = 0.3
operator = "y0"
[[jumps]]
kind = "individual"
rate = 0.7
operator = [{coefficient = 1, operator = "-"}, {coefficient = "0.3i", operator = "z"}]
name = "loss"
[[jumps]]
kind = "central"
rate = 0.5
operator = "-0"
"""


def dicke(N):
    """Parity alone is conserved."""
    return ps.models.dicke(N=N, omega=0.9, epsilon=1.1, g=0.4, kappa=0.8, gamma_up=0.1, gamma_down=0.6, levels=4)


def lasing(N):
    """The library's laser on resonance."""
    return ps.models.tavis_cummings(N=N, levels=4)


def open_levels(N):
    """A weak drive; the cut-off is open."""
    return ps.models.driven_tavis_cummings(N=N, kappa=1.0, gamma_h=0.7, g=0.4, eta=0.2)


def displaced(N):
    return ps.models.driven_tavis_cummings(N=N, kappa=1.0, gamma_h=0.7, g=0.4, eta=0.5, levels=14).displaced(0.4)


def alone(N):
    """No centre, driven."""
    s = ps.Ensemble(N)
    return ps.Model(None, s, 0.7 * s.z + 0.4 * s.x + 0.3 / N * s.x * s.x, [ps.Individual(1.0, s.m), ps.Collective(0.4, s.m)])


def fluorescence(N):
    """No centre, pumped one by one, radiating together."""
    s = ps.Ensemble(N)
    return ps.Model(None, s, 0.3 * s.z, [ps.Individual(0.9, s.p), ps.Individual(0.2, s.z), ps.Collective(0.4, s.m)])


def crystal(N):
    s = ps.Ensemble(N, j=N / 2)
    return ps.Model(None, s, 0.7 * s.x, [ps.Collective(2 / N, s.m)])


def lower_spin(N):
    """A total spin below N/2, with twisting."""
    s = ps.Ensemble(N, j=N / 2 - 1)
    return ps.Model(None, s, 0.4 * s.x + 0.2 * s.z * s.z, [ps.Collective(0.5, s.m), ps.Collective(0.1, s.z)])


def fixed_beside_spin(N):
    c, s = ps.Spin(), ps.Ensemble(N, j=N / 2)
    exchange = 0.5 * (c.p * s.m + c.m * s.p)
    return ps.Model(c, s, 0.3 * c.z + exchange, [ps.Central(0.6, c.m), ps.Central(0.4, c.p), ps.Collective(0.3, s.m)])


def fixed_in_cavity(N):
    c, s = ps.Boson(4), ps.Ensemble(N, j=N / 2)
    h = 0.3 * c.n + 0.5 * (c.a * s.p + c.ad * s.m) + 0.2 * (c.a + c.ad)
    return ps.Model(c, s, h, [ps.Central(1.0, c.a), ps.Collective(0.3, s.m)])


def fixed_and_free(N):
    a, b = ps.Ensemble(N, "A", j=N / 2), ps.Ensemble(1, "B")
    h = 0.4 * (a.p * b.m + a.m * b.p) + 0.2 * a.z
    return ps.Model(None, [a, b], h, [ps.Collective(0.4, a.m), ps.Individual(0.7, b.p), ps.Individual(0.2, b.m)])


def synchronisation(N):
    """Two ensembles without a centre, detuned, in one bad cavity."""
    a, b = ps.Ensemble(N, "A"), ps.Ensemble(2, "B")
    jumps = [ps.Individual(0.8, a.p), ps.Individual(0.8, b.p), ps.Collective(0.5, a.m + b.m)]
    return ps.Model(None, [a, b], 0.4 * a.z - 0.4 * b.z, jumps)


def three_ensembles(N):
    c, a, b, d = ps.Spin(), ps.Ensemble(N, "A"), ps.Ensemble(1, "B"), ps.Ensemble(1, "D")
    h = 0.4 * c.z + 0.5 * (c.p * a.m + c.m * a.p) + 0.3 * (c.p * b.m + c.m * b.p) + 0.2 * (c.p * d.m + c.m * d.p)
    jumps = [ps.Central(0.6, c.m), *(ps.Individual(rate, each.p) for rate, each in zip((0.5, 0.3, 0.9), (a, b, d), strict=True))]
    return ps.Model(c, [a, b, d], h, [*jumps, ps.Individual(0.4, a.m)])


def three_alone(N):
    """Three ensembles in a chain, driven at one end: no symmetry."""
    a, b, d = ps.Ensemble(N, "A"), ps.Ensemble(1, "B"), ps.Ensemble(1, "D")
    h = 0.3 * a.x + 0.4 * (a.p * b.m + a.m * b.p) + 0.5 * b.z * d.z + 0.2 * d.x
    return ps.Model(None, [a, b, d], h, [ps.Individual(0.6, each.m) for each in (a, b, d)])


def two_in_cavity(N):
    c, a, b = ps.Boson(4), ps.Ensemble(N, "A"), ps.Ensemble(1, "B")
    h = 0.2 * c.n + 0.3 * b.z + 0.5 * (c.a * a.p + c.ad * a.m) + 0.4 * (c.a * b.p + c.ad * b.m)
    return ps.Model(c, [a, b], h, [ps.Central(1.0, c.a), ps.Individual(0.4, a.p), ps.Individual(0.3, a.m), ps.Individual(0.5, b.m)])


def correlated(N):
    """One-site cross terms of a Kossakowski matrix, individual and collective."""
    c, s = ps.Spin(), ps.Ensemble(N)
    jumps = [ps.Individual(0.6, s.m + 0.4j * s.p), ps.Collective(0.3, s.m + 0.5j * s.z), ps.Central(0.5, c.m), ps.Individual(0.1, s.z)]
    return ps.Model(c, s, 0.4 * c.z + 0.3 * (c.p * s.m + c.m * s.p), jumps)


def negative(N):
    """A collective rate below zero that the individual one makes up for."""
    c, s = ps.Spin(), ps.Ensemble(N)
    jumps = [ps.Individual(0.9, s.m), ps.Collective(-0.2, s.m), ps.Individual(0.3, s.p), ps.Central(0.5, c.m)]
    return ps.Model(c, s, 0.5 * s.z + 0.4 * (c.p * s.m + c.m * s.p), jumps)


def satellite_pairs(N):
    """Jumps of the centre with one satellite, or with all of them."""
    c, s = ps.Spin(), ps.Ensemble(N)
    jumps = [ps.Individual(0.6, c.p * s.m), ps.Individual(0.5, s.p), ps.Collective(0.2, c.z * s.m), ps.Central(0.8, c.m)]
    return ps.Model(c, s, 0.3 * c.x, jumps)


def lone(N):
    """One satellite, whatever N."""
    c, s = ps.Spin(), ps.Ensemble(1)
    return ps.Model(
        c, s, 0.4 * c.x + 0.3 * (c.p * s.m + c.m * s.p), [ps.Central(0.5, c.m), ps.Individual(0.4, s.p), ps.Individual(0.1, s.m)]
    )


def lone_qutrit(N):
    s = ps.Ensemble(1, levels=3)
    h = 0.5 * s.unit(1, 1) + 0.4 * (s.unit(0, 1) + s.unit(1, 0))
    return ps.Model(None, s, h, [ps.Individual(0.6, s.unit(0, 1)), ps.Individual(0.3, s.unit(2, 0)), ps.Individual(0.5, s.unit(1, 2))])


def five_levels(N):
    """A large finite centre, pumped around."""
    c, s = ps.Levels(5), ps.Ensemble(N)
    up = sum((c.unit(k + 1, k) for k in range(1, 4)), c.unit(1, 0))
    h = 0.4 * (up * s.m + up.dag() * s.p) + 0.2 * c.unit(2, 2)
    return ps.Model(c, s, h, [ps.Central(0.6, up.dag()), ps.Individual(0.5, s.p), ps.Individual(0.3, s.m)])


def two_modes(N):
    """Two cavities that share an ensemble and exchange photons."""
    a, b, s = ps.Boson(3, name="x"), ps.Boson(2, name="y"), ps.Ensemble(N)
    h = 0.3 * a.n - 0.4 * b.n + 0.9 * (a.a * s.p + a.ad * s.m) + 0.6 * (b.a * s.p + b.ad * s.m) + 0.25 * (a.ad * b.a + b.ad * a.a)
    jumps = [ps.Central(1, a.a), ps.Central(0.7, b.a + 0.3 * a.a), ps.Individual(0.6, s.p), ps.Individual(0.2, s.m)]
    return ps.Model([a, b], s, h, jumps)


def mode_and_spin(N):
    """A cavity, a driven central spin, and satellites that see the spin."""
    a, c, s = ps.Boson(3, name="x"), ps.Spin(name="q"), ps.Ensemble(N)
    h = 0.3 * a.n + 0.2 * c.z + 0.7 * (a.a * c.p + a.ad * c.m) + 0.5 * (c.p * s.m + c.m * s.p) + 0.2 * c.x
    jumps = [ps.Central(1, a.a), ps.Central(0.3, c.m * a.a), ps.Individual(0.6, s.p), ps.Individual(0.2, c.z * s.m)]
    return ps.Model([a, c], s, h, jumps)


def from_qutip(N):
    """A driven star, read from matrices of N satellites."""
    sites = 1 + N

    def at(k, one):
        return qutip.tensor([one if site == k else qutip.qeye(2) for site in range(sites)])

    h = 0.4 * at(0, qutip.sigmax()) + sum(0.3 * at(0, qutip.sigmaz()) * at(k, qutip.sigmax()) for k in range(1, sites))
    c_ops = [np.sqrt(0.5) * at(0, qutip.sigmam()), *(np.sqrt(0.7) * at(k, qutip.sigmam()) for k in range(1, sites))]
    c_ops.append(np.sqrt(0.2) * sum(at(k, qutip.sigmap()) for k in range(1, sites)))
    return ps.Model.from_qutip(h, c_ops)


def from_file(N):
    return read_model_text(SQUARES, "file.toml")[0](N=N, phi=0.4)


def from_piqs(N):
    from qutip import piqs

    _, jy, jz = piqs.jspin(N)
    h = 0.8 * jz + 0.5 * jy
    return ps.Model.from_piqs(piqs.Dicke(N, hamiltonian=h, emission=0.6, pumping=0.1, dephasing=0.2, collective_emission=0.3))


_HERE = (
    dicke, lasing, open_levels, displaced, alone, fluorescence, crystal, lower_spin, fixed_beside_spin, fixed_in_cavity, fixed_and_free,
    synchronisation, three_ensembles, three_alone, two_in_cavity, correlated, negative, satellite_pairs, lone, lone_qutrit, five_levels,
    two_modes, mode_and_spin, from_qutip, from_file, from_piqs,
)  # fmt: skip

MODELS = systems.MODELS | atoms.MODELS | {function.__name__: function for function in _HERE}
"""Name -> function of N."""

_SIZES = {
    **dict.fromkeys((*systems.QUTRITS, *systems.CAVITIES, *atoms.MODELS), 2),
    "two_ensembles": 2, "charged_two_ensembles": 2, "four_level_laser": 1, "driven_lambda": 2, "incoherent_lambda": 2, "open_levels": 1,
    "displaced": 1, "dicke": 2, "lasing": 2, "fixed_in_cavity": 2, "fixed_and_free": 2, "synchronisation": 2, "three_ensembles": 2,
    "three_alone": 2, "two_in_cavity": 2, "five_levels": 2, "from_qutip": 3, "lower_spin": 4, "crystal": 4,
    "two_modes": 2, "mode_and_spin": 2,
}  # fmt: skip


def size(name):
    """As many satellites as the whole space has room for, D <= 32."""
    return _SIZES.get(name, 3)


def model_of(name):
    """A model of the list at its :func:`size`."""
    return MODELS[name](size(name))
