"""Wigner and Husimi functions of modes and spins: closed forms, QuTiP, normalisation, covariance."""

from decimal import Decimal, getcontext

import numpy as np
import pytest
import qutip
from scipy.special import gammaln, roots_legendre, xlogy

import permsym as ps

X, P = np.linspace(-5, 5, 41), np.linspace(-4.3, 4.5, 37)
PLANE = (X[None, :] + 1j * P[:, None]) / np.sqrt(2)
STATES = {
    "random": qutip.rand_dm(12, seed=1),
    "Fock": qutip.fock_dm(20, 7),
    "coherent": qutip.coherent_dm(60, 1 + 2j, method="analytic"),
    "thermal": qutip.thermal_dm(30, 1.5),
    "cat": (qutip.coherent(40, 1.5j) + qutip.coherent(40, -1.5j)).unit().proj(),
}


def coherent(amplitude, levels):
    n = np.arange(levels)
    return np.exp(-(abs(amplitude) ** 2) / 2 + n * np.log(abs(amplitude)) - gammaln(n + 1) / 2 + 1j * n * np.angle(amplitude))


@pytest.mark.parametrize("name", STATES)
def test_mode_against_qutip(name):
    rho = STATES[name]
    assert np.abs(ps.wigner(rho.full(), X, P) - qutip.wigner(rho, X, P)).max() < 1e-14
    # QuTiP's Q is a density over (x, p), with d^2 alpha = dx dp / 2
    assert np.abs(ps.husimi(rho.full(), PLANE) / 2 - qutip.qfunc(rho, X, P)).max() < 1e-14


@pytest.mark.parametrize("photons", [0.0, 0.7, 8.0])
def test_thermal_light(photons):
    levels = 2 if photons == 0 else 500
    rho = np.diag((photons / (1 + photons)) ** np.arange(levels) / (1 + photons))
    radius = X[None, :] ** 2 + P[:, None] ** 2
    width = 2 * photons + 1
    assert np.abs(ps.wigner(rho, X, P) - np.exp(-radius / width) / (np.pi * width)).max() < 1e-13
    assert np.abs(ps.husimi(rho, PLANE) - np.exp(-(np.abs(PLANE) ** 2) / (photons + 1)) / (np.pi * (photons + 1))).max() < 1e-13


@pytest.mark.parametrize(("amplitude", "levels"), [(2.0 - 1.0j, 50), (10.0j, 210), (14.0, 340)])
def test_coherent_light_far_out(amplitude, levels):
    """Up to 196 photons, and far beyond where the state is."""
    amplitudes = coherent(amplitude, levels)
    rho = np.outer(amplitudes, amplitudes.conj())
    x = np.concatenate([np.linspace(-45, 45, 7), np.sqrt(2) * np.real(amplitude) + np.array([-1.0, 0.3])])
    p = np.concatenate([[-50.0, 0.0, 30.0], np.sqrt(2) * np.imag(amplitude) + np.array([-0.4, 1.1])])
    found = ps.wigner(rho, x, p)
    exact = np.exp(-((x[None, :] - np.sqrt(2) * np.real(amplitude)) ** 2) - (p[:, None] - np.sqrt(2) * np.imag(amplitude)) ** 2) / np.pi
    assert np.abs(found - exact).max() < 1e-13
    alpha = (x[None, :] + 1j * p[:, None]) / np.sqrt(2)
    assert np.abs(ps.husimi(rho, alpha) - np.exp(-(np.abs(alpha - amplitude) ** 2)) / np.pi).max() < 1e-12


@pytest.mark.parametrize("n", [1, 100, 400])
def test_fock_states_in_high_precision(n):
    """W = (-1)^n / pi L_n(2 r^2) exp(-r^2), with 200 digits."""
    getcontext().prec = 200
    x = np.array([0.0, 0.13, 1.1, 7.3, 13.9, 14.3, 28.1, 29.0, 33.0, 40.0])

    def exact(value):
        r2 = Decimal(float(value)) ** 2
        before, last = Decimal(1), 1 - 2 * r2
        for k in range(1, n):
            before, last = last, ((2 * k + 1 - 2 * r2) * last - k * before) / (k + 1)
        return float((-1) ** n * last * (-r2).exp()) / np.pi

    rho = np.zeros((n + 1, n + 1))
    rho[n, n] = 1
    assert np.abs(ps.wigner(rho, x, [0.0])[0] - [exact(value) for value in x]).max() < 1e-12
    assert ps.wigner(rho, [0.0], [0.0])[0, 0] == pytest.approx((-1) ** n / np.pi, abs=1e-12)
    poisson = np.exp(xlogy(n, x**2 / 2) - x**2 / 2 - gammaln(n + 1)) / np.pi
    assert np.abs(ps.husimi(rho, x / np.sqrt(2)) - poisson).max() < 1e-13


def test_marginal_of_the_wigner_function():
    """int W dp = <x| rho |x>, and everything is normalised."""
    rho = STATES["random"].full()
    p = np.linspace(-13, 13, 301)
    step = p[1] - p[0]
    hermite = np.zeros((12, len(p)))
    hermite[0] = np.pi**-0.25 * np.exp(-(p**2) / 2)
    hermite[1] = np.sqrt(2) * p * hermite[0]
    for n in range(1, 11):
        hermite[n + 1] = (np.sqrt(2) * p * hermite[n] - np.sqrt(n) * hermite[n - 1]) / np.sqrt(n + 1)
    density = np.einsum("nx,nm,mx->x", hermite, rho, hermite).real
    assert np.abs(ps.wigner(rho, p, p).sum(axis=0) * step - density).max() < 1e-12
    q = ps.husimi(rho, (p[None, :] + 1j * p[:, None]) / np.sqrt(2))
    assert q.min() >= 0
    assert q.sum() * step**2 / 2 == pytest.approx(1, abs=1e-12)


# -- spins ------------------------------------------------------------------------------------------------------------------


def sphere(polar=40, azimuthal=48):
    """Nodes (theta, phi) and weights that integrate over the sphere exactly, to degree 2 polar - 1."""
    cosine, weight = roots_legendre(polar)
    phi = np.arange(azimuthal) * 2 * np.pi / azimuthal
    return np.arccos(cosine)[:, None], phi[None, :], weight[:, None] * 2 * np.pi / azimuthal


@pytest.mark.parametrize("size", [2, 3, 6, 9])
def test_spins_against_qutip(size):
    rho = qutip.rand_dm(size, seed=size)
    theta, phi = np.linspace(0, np.pi, 13), np.linspace(0, 2 * np.pi, 17)
    theirs = qutip.spin_wigner(rho, theta, phi)[0].T * np.sqrt(size / (4 * np.pi))  # they leave this factor out
    assert np.abs(ps.spin_wigner(rho.full(), theta[:, None], phi) - theirs).max() < 1e-13
    theirs = qutip.spin_q_function(rho, theta, phi)[0].T * size / (4 * np.pi)
    assert np.abs(ps.spin_husimi(rho.full(), theta[:, None], phi) - theirs).max() < 1e-13


def test_a_spin_half_is_its_bloch_vector():
    bloch = np.array([0.3, -0.5, 0.6])
    rho = (np.eye(2) + sum(s * each.full() for s, each in zip(bloch, (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()), strict=True))) / 2
    theta, phi, _ = sphere(7, 9)
    along = np.sin(theta) * (bloch[0] * np.cos(phi) + bloch[1] * np.sin(phi)) + bloch[2] * np.cos(theta)
    assert np.abs(ps.spin_wigner(rho, theta, phi) - (1 + np.sqrt(3) * along) / (4 * np.pi)).max() < 1e-15
    assert np.abs(ps.spin_husimi(rho, theta, phi) - (1 + along) / (4 * np.pi)).max() < 1e-15


@pytest.mark.parametrize("size", [4, 41, 120])
def test_spin_coherent_states(size):
    """Q of the state along z is (2j+1)/(4 pi) cos^(4j)(theta/2); W is normalised and has <cos theta> = sqrt(j / (j+1))."""
    rho, j = np.zeros((size, size)), (size - 1) / 2
    rho[0, 0] = 1
    theta, phi, weight = sphere(size, 1)
    assert np.abs(ps.spin_husimi(rho, theta, phi) - size / (4 * np.pi) * np.cos(theta / 2) ** (4 * j)).max() < 1e-11
    w = ps.spin_wigner(rho, theta, phi) * weight
    rounding = 1e-13 * size / (2 * np.pi) * 4  # relative to the largest value of W
    assert w.sum() == pytest.approx(1, abs=rounding)
    assert (w * np.cos(theta)).sum() == pytest.approx(np.sqrt(j / (j + 1)), abs=rounding)
    # the singular values of the map: int W^2 = (2j+1)/(4 pi) tr rho^2
    assert (ps.spin_wigner(rho, theta, phi) * w).sum() == pytest.approx(size / (4 * np.pi), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "fragment"),
    [
        (lambda: ps.wigner(np.eye(3)[:2], X, P), "finite square matrix"),
        (lambda: ps.wigner([[0, 1], [0, 0]], X, P), "must be hermitian"),
        (lambda: ps.wigner(np.eye(2) / 2, X, [[0.0]]), "`p` must be a list of finite coordinates"),
        (lambda: ps.wigner(np.eye(2) / 2, [np.inf], P), "`x` must be a list of finite coordinates"),
        (lambda: ps.wigner(np.eye(700) / 700, X, P), "at most 600 Fock states"),
        (lambda: ps.husimi(np.eye(2) / 2, [np.nan]), "`alpha` must be finite"),
        (lambda: ps.spin_wigner(np.eye(2) / 2, np.nan, 0), "finite angles"),
    ],
)
def test_refusals(call, fragment):
    with pytest.raises(ps.InputError, match=fragment.replace("(", r"\(")):
        call()
