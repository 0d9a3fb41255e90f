"""A driven cavity with inhomogeneously broadened spins, eqs. (1)-(3) and (22) of M. Zens et al., Phys. Rev. A 100, 013856 (2019).

The Gaussian distribution of spin frequencies is cut into clusters of identical spins, one ensemble each.  Used by the sweep
file `sweeps/p2-fig6.toml`:  permsym run examples/sweeps/p2-fig6.toml
"""

import math

import numpy as np

import permsym as ps
from permsym.models.broadening import gaussian_clusters


def broadened_cavity(N=1000, width=0.5, clusters=7, C=18.0, eta=10.0, kappa=1.0, gamma_h=0.5, levels=2):
    """H = i eta (ad - a) + sum over clusters mu and their spins n of [Delta_mu/2 snz + g (a sn+ + ad sn-)].

    Losses 2 kappa L[a] and 2 gamma_h L[sn-]; C = N g^2 / (kappa gamma_h) is that of the ensemble without broadening.
    ``levels`` has no meaning for mean field, which this model is made for.
    """
    detunings, sizes = gaussian_clusters(N, width, int(clusters))
    edges = np.rint(np.concatenate([[0.0], np.cumsum(sizes)])).astype(int)  # whole spins, N of them in all
    g = math.sqrt(C * kappa * gamma_h / N)
    c = ps.Boson(int(levels))
    hamiltonian, jumps, ensembles = 1j * eta * (c.ad - c.a), [ps.Central(2 * kappa, c.a)], []
    for mu, (detuning, count) in enumerate(zip(detunings, np.diff(edges), strict=True)):
        if count == 0:
            continue
        s = ps.Ensemble(int(count), f"E{mu}")
        hamiltonian += detuning / 2 * s.z + g * (c.a * s.p + c.ad * s.m)
        jumps.append(ps.Individual(2 * gamma_h, s.m))
        ensembles.append(s)
    parameters = {"N": N, "width": width, "C": C, "eta": eta, "kappa": kappa, "gamma_h": gamma_h}
    return ps.Model(c, ensembles, hamiltonian, jumps, name="broadened-cavity", parameters=parameters)
