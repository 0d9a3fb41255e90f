"""Models for the conformance suites: a name -> function of the number of satellites (and a seed where it is random)."""

from __future__ import annotations

import numpy as np

import permsym as ps


def random_matrix(rng, levels=2):
    return rng.standard_normal((levels, levels)) + 1j * rng.standard_normal((levels, levels))


def random_hermitian(rng, levels=2):
    matrix = random_matrix(rng, levels)
    return (matrix + matrix.conj().T) / 2


def central_spin(N):
    return ps.models.central_spin(
        N=N, omega=1.3, epsilon=0.8, g=0.6, kappa=0.7, gamma_up=1.2, gamma_down=0.5, gamma_phi=0.2, kappa_up=0.15, kappa_phi=0.1
    )


def resonant_central_spin(N):
    return ps.models.central_spin(N=N)


def nine_pairs(N, seed=0):
    """Individual jumps with arbitrary complex matrices: all nine products s_q . s_r^dag and the identity."""
    rng = np.random.default_rng(seed)
    c, s = ps.Spin(), ps.Ensemble(N)
    mixed = c.operator(random_matrix(rng)) * s.operator(random_matrix(rng))
    return ps.Model(
        c,
        s,
        hamiltonian=c.operator(random_hermitian(rng)) + s.operator(random_hermitian(rng)) + 0.5 * (mixed + mixed.dag()),
        jumps=[
            ps.Central(0.8, c.operator(random_matrix(rng))),
            ps.Individual(0.6, s.operator(random_matrix(rng))),
            ps.Individual(0.4, s.operator(random_matrix(rng))),
        ],
    )


def conditional_jumps(N, seed=1):
    """Individual jumps sum_k C_k (x) s_k, coherent sums over k included."""
    rng = np.random.default_rng(seed)
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(
        c,
        s,
        hamiltonian=0.4 * c.z + 0.3 * (c.p * s.m + c.m * s.p) + 0.2 * s.x,
        jumps=[
            ps.Individual(0.7, c.operator(random_matrix(rng)) * s.operator(random_matrix(rng)) + 0.5j * c.z * s.p + s.m),
            ps.Individual(0.3, c.m * s.p),
            ps.Central(0.5, c.m + 0.2 * c.z),
        ],
    )


def collective_jumps(N):
    """Collective jumps: an ensemble's sum, one mixed with the centre, with products, with numbers."""
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(
        c,
        s,
        hamiltonian=0.7 * c.z + 0.4 * s.z + (0.3 + 0.2j) * c.p * s.m + (0.3 - 0.2j) * c.m * s.p,
        jumps=[
            ps.Collective(0.5, s.m + (0.4 - 0.3j) * c.m),
            ps.Collective(0.2, c.p * s.m),
            ps.Collective(0.1, s.z + 0.3),
            ps.Individual(0.6, s.p),
            ps.Central(0.2, c.p),
        ],
    )


def products(N):
    """Products of collective operators (n = m included) in the Hamiltonian and in a jump."""
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(
        c,
        s,
        hamiltonian=0.3 * s.x * s.x + 0.2 * s.p * s.m + 0.15 * c.x * (s.z * s.x + s.x * s.z) + 0.4 * c.z + 0.1j * (s.p * s.p - s.m * s.m),
        jumps=[
            ps.Collective(0.1, s.z * s.m + 0.5 * c.p * s.x),
            ps.Individual(0.7, s.m),
            ps.Individual(0.4, s.y),
            ps.Central(0.5, c.m),
        ],
    )


def charged_products(N):
    """The same kind of terms with the U(1) symmetry kept."""
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(
        c,
        s,
        hamiltonian=0.2 * s.z * s.z + 0.3 * s.p * s.m + 0.25 * c.z * s.z + 0.5 * (c.p * s.m + c.m * s.p),
        jumps=[ps.Collective(0.3, s.m), ps.Individual(0.7, s.p), ps.Individual(0.2, c.p * s.m), ps.Central(0.5, c.m)],
    )


def two_ensembles(N):
    """N satellites in one ensemble, two in another; exchange, a common reservoir, a direct coupling."""
    c, a, b = ps.Spin(), ps.Ensemble(N, "A"), ps.Ensemble(2, "B")
    return ps.Model(
        c,
        [a, b],
        hamiltonian=0.5 * c.z + 0.3 * a.z - 0.2 * b.z + 0.4 * (c.p * a.m + c.m * a.p) + 0.3j * (c.p * b.m - c.m * b.p) + 0.2 * a.x * b.x,
        jumps=[
            ps.Collective(0.3, a.m + 0.6 * b.m),
            ps.Individual(0.8, a.p),
            ps.Individual(0.5, b.m),
            ps.Individual(0.2, c.z * b.p),
            ps.Central(0.4, c.m),
        ],
    )


def charged_two_ensembles(N):
    c, a, b = ps.Spin(), ps.Ensemble(N, "A"), ps.Ensemble(2, "B")
    return ps.Model(
        c,
        [a, b],
        hamiltonian=0.5 * c.z + 0.3 * a.z - 0.2 * b.z + 0.4 * (c.p * a.m + c.m * a.p) + 0.3 * (c.p * b.m + c.m * b.p),
        jumps=[ps.Collective(0.3, a.m + 0.6 * b.m), ps.Individual(0.8, a.p), ps.Individual(0.5, b.m), ps.Central(0.4, c.m)],
    )


def three_level_centre(N):
    """A ladder of three levels, excited by satellites, relaxing coherently."""
    c, s = ps.Levels(3), ps.Ensemble(N)
    lower = c.unit(0, 1) + 1.4 * c.unit(1, 2)
    return ps.Model(
        c,
        s,
        hamiltonian=0.7 * c.unit(1, 1) + 1.6 * c.unit(2, 2) + 0.5 * s.z + 0.4 * (lower.dag() * s.m + lower * s.p),
        jumps=[ps.Central(0.6, lower), ps.Individual(0.9, s.p), ps.Individual(0.3, s.m)],
    )


def driven_three_level_centre(N):
    """The same without any symmetry."""
    base = three_level_centre(N)
    c, s = base.centre, base.ensembles[0]
    return ps.Model(c, s, base.hamiltonian + 0.3 * (c.unit(0, 2) + c.unit(2, 0)) + 0.2 * s.y, base.jumps)


def qutrits(N):
    """Three-level satellites: a cascade |2> -> |1> -> |0>, pumped, coupled to a spin."""
    c, s = ps.Spin(), ps.Ensemble(N, levels=3)
    return ps.Model(
        c,
        s,
        hamiltonian=0.5 * c.z + 0.7 * s.unit(1, 1) + 1.5 * s.unit(2, 2) + 0.4 * (c.p * s.unit(0, 1) + c.m * s.unit(1, 0)),
        jumps=[
            ps.Individual(0.5, s.unit(0, 1)),
            ps.Individual(0.7, s.unit(1, 2) + 0.3 * s.unit(0, 1)),
            ps.Individual(0.9, s.unit(2, 0)),
            ps.Central(0.6, c.m),
        ],
    )


def random_qutrits(N, seed=2):
    """Three-level satellites without symmetry."""
    rng = np.random.default_rng(seed)
    c, s = ps.Spin(), ps.Ensemble(N, levels=3)
    mixed = c.m * s.operator(random_matrix(rng, 3))
    return ps.Model(
        c,
        s,
        hamiltonian=0.5 * c.z + s.operator(random_hermitian(rng, 3)) + 0.3 * (mixed + mixed.dag()),
        jumps=[ps.Individual(0.3, s.operator(random_matrix(rng, 3))), ps.Central(0.6, c.m), ps.Collective(0.1, s.unit(0, 2) + c.p)],
    )


def mixed_ensembles(N):
    """Spins and three-level satellites together."""
    c, a, b = ps.Spin(), ps.Ensemble(N, "A"), ps.Ensemble(1, "B", levels=3)
    return ps.Model(
        c,
        [a, b],
        hamiltonian=0.5 * c.z + 0.4 * (c.p * a.m + c.m * a.p) + 0.3 * (c.p * b.unit(0, 1) + c.m * b.unit(1, 0)) + b.unit(2, 2),
        jumps=[ps.Individual(0.8, a.p), ps.Individual(0.5, b.unit(1, 2)), ps.Individual(0.6, b.unit(2, 0)), ps.Central(0.7, c.m)],
    )


def cavity(N):
    """Tavis-Cummings, detuned, dephased, with thermal photons: the U(1) symmetry kept."""
    base = ps.models.tavis_cummings(N=N, omega=1.3, epsilon=0.8, g=0.6, kappa=0.9, gamma_up=0.4, gamma_down=0.7, gamma_phi=0.2, levels=4)
    return ps.Model(base.centre, base.ensembles, base.hamiltonian, [*base.jumps, ps.Central(0.1, base.centre.ad)])


def driven_cavity(N):
    """The driven model with detunings and dephasing: no symmetry."""
    return ps.models.driven_tavis_cummings(N=N, kappa=1.1, gamma_h=0.6, gamma_p=0.2, g=0.7, eta=0.8, Delta_c=0.3, Delta=-0.4, levels=4)


def squeezed_cavity(N):
    """Counter-rotating terms, a Kerr term, two-photon drive and loss, jumps on the mode and a satellite at once."""
    base = ps.models.dicke(N=N, omega=0.9, epsilon=1.2, g=0.4, kappa=0.8, gamma_up=0.3, gamma_down=0.6, levels=4)
    c, s = base.centre, base.ensembles[0]
    extra = 0.2 * c.ad * c.ad * c.a * c.a + 0.3j * (c.ad * c.ad - c.a * c.a) + 0.25 * c.n * s.z
    jumps = [ps.Central(0.2, c.a * c.a + 0.3 * c.ad), ps.Individual(0.3, c.a * s.p + 0.5 * s.m), ps.Collective(0.2, s.m + c.a)]
    return ps.Model(c, s, base.hamiltonian + extra, [*base.jumps, *jumps])


SPINS = {
    function.__name__: function
    for function in (
        central_spin,
        resonant_central_spin,
        nine_pairs,
        conditional_jumps,
        collective_jumps,
        products,
        charged_products,
        two_ensembles,
        charged_two_ensembles,
        three_level_centre,
        driven_three_level_centre,
    )
}
"""Two-level satellites: every representation serves them."""

QUTRITS = {function.__name__: function for function in (qutrits, random_qutrits, mixed_ensembles)}
"""Satellites with three levels: no Dicke representation."""

CAVITIES = {function.__name__: function for function in (cavity, driven_cavity, squeezed_cavity)}
"""A boson cut to few Fock states, too few for its own certificate, as the oracle is cut too."""

MODELS = SPINS | QUTRITS | CAVITIES


def size(name):
    """A number of satellites that keeps the oracle's D^2 at or below 1,600."""
    if name in ("two_ensembles", "charged_two_ensembles", "driven_three_level_centre", "three_level_centre"):
        return 2 if "ensembles" in name else 3
    return 2 if name in QUTRITS else 3 if name in CAVITIES else 4
