"""Closed forms, derived from the master equation by hand."""

from __future__ import annotations


def exchange_pair(g, detuning, kappa, kappa_up, up, down, phi=0.0, kappa_phi=0.0):
    """Steady state of two spins with H = omega/2 z0 + epsilon/2 z1 + g (s0+ s1- + s0- s1+), detuning = omega - epsilon.

    With c = <s0+ s1->, n0 and n1 the probabilities of up, the equations close:

        dn0/dt = kappa_up - (kappa + kappa_up) n0 + 2 g Im c
        dn1/dt = up - (up + down) n1 - 2 g Im c
        dc/dt  = i detuning c + i g (n1 - n0) - Gamma c,    Gamma = (kappa + kappa_up + up + down)/2 + 2 (phi + kappa_phi)
        d<n0 n1>/dt = kappa_up n1 + up n0 - (kappa + kappa_up + up + down) <n0 n1>    (the exchange leaves |uu> alone)

    Returns the moments z0, z1, z0 z1, +0 -1.
    """
    losses, gains = kappa + kappa_up, up + down
    gamma = (losses + gains) / 2 + 2 * (phi + kappa_phi)
    rate = 2 * g**2 * gamma / (gamma**2 + detuning**2)
    # [losses + rate, -rate; -rate, gains + rate] (n0, n1) = (kappa_up, up)
    determinant = (losses + rate) * (gains + rate) - rate**2
    n0 = (kappa_up * (gains + rate) + rate * up) / determinant
    n1 = (up * (losses + rate) + rate * kappa_up) / determinant
    c = 1j * g * (n1 - n0) / (gamma - 1j * detuning)
    both = (kappa_up * n1 + up * n0) / (losses + gains)
    return {"z0": 2 * n0 - 1, "z1": 2 * n1 - 1, "z0 z1": 4 * both - 2 * n0 - 2 * n1 + 1, "+0 -1": c, "-0 +1": c.conjugate()}


def driven_spin(rabi, detuning, loss):
    """<s+> and <z> of one spin with H = rabi/2 x + detuning/2 z and loss L[s-] (optical Bloch equations).

    d<s->/dt = (-i detuning - loss/2) <s-> + i rabi/2 <z>,   d<z>/dt = -loss (1 + <z>) + i rabi (<s-> - <s+>)
    """
    up = (rabi**2 / 4) / (detuning**2 + loss**2 / 4 + rabi**2 / 2)
    z = 2 * up - 1
    minus = 1j * rabi / 2 * z / (loss / 2 + 1j * detuning)
    return minus.conjugate(), z
