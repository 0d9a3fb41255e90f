"""Quasi-probabilities: Wigner and Husimi functions of a mode over its phase plane, and of a spin over its sphere.

A mode's coordinates are x = (a + a^dag) / sqrt(2), p = (a - a^dag) / (i sqrt(2)), alpha = (x + i p) / sqrt(2), so that the
vacuum has variances 1/2; these are QuTiP's defaults.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from permsym.errors import InputError
from permsym.factorials import log_factorial
from permsym.operators import ComplexArray

Real = NDArray[np.float64]

LARGEST_MODE = 600
"""Fock states up to which the damped sums below stay within the range of double precision."""
_BLOCK = 2**20  # numbers in a block of coherent-state amplitudes


def wigner(rho: ArrayLike, x: ArrayLike, p: ArrayLike) -> Real:
    """Wigner function W(x, p) of a mode, with integral 1 over dx dp; shape (len(p), len(x)), as QuTiP's.

        W(x, p) = 1/pi int dy <x - y\\| rho \\|x + y> exp(2 i p y)

    rho    (levels, levels) in the Fock basis, at most 600 levels
    x, p   (n,), (m,) grid of the phase plane

    Sums over each diagonal of rho by Clenshaw's recurrence for Laguerre polynomials, with half of the Gaussian in front
    of the sums so that neither factor leaves the range of numbers.  Rounding stays below 1e-12 for up to 600 levels.
    """
    matrix = _density(rho, "mode")
    if len(matrix) > LARGEST_MODE:
        raise InputError(f"a Wigner function takes at most {LARGEST_MODE} Fock states, but rho has {len(matrix)}; cut it to those occupied")
    across, up = _axis(x, "x"), _axis(p, "p")
    twice = math.sqrt(2) * (across[None, :] + 1j * up[:, None])  # 2 alpha
    y = np.abs(twice) ** 2
    damping = np.exp(-y / 4)
    total = np.zeros(y.shape, dtype=complex)
    highest = max((column - row for row, column in zip(*np.nonzero(matrix), strict=True)), default=0)
    for d in range(int(highest), -1, -1):
        # sum over d of (2 alpha)^d / sqrt(d!) S_d(y), by Horner's rule
        total = total * (twice / math.sqrt(d + 1))
        diagonal = matrix.diagonal(d) * (2 if d else 1)  # <n| rho |n + d>
        if diagonal.any():
            total = total + _laguerre_sum(diagonal if diagonal.imag.any() else diagonal.real, d, y, damping)
    # both triangles of rho: the real part
    return np.asarray(total.real * damping / math.pi)


def _laguerre_sum(coefficients: NDArray[Any], d: int, y: Real, damping: Real) -> NDArray[Any]:
    """sum_n c_n f_n(y) with f_n = (-1)^n sqrt(n! d! / (n+d)!) L_n^d(y), times a damping; Clenshaw's recurrence.

    f_(n+1) = -(2n + 1 + d - y) / sqrt((n+1)(n+d+1)) f_n - sqrt(n (n+d) / ((n+1)(n+d+1))) f_(n-1)
    """
    after = np.zeros(y.shape, dtype=coefficients.dtype)
    last = after
    for n in range(len(coefficients) - 1, -1, -1):
        first = -(2 * n + 1 + d - y) / math.sqrt((n + 1) * (n + d + 1))
        second = math.sqrt((n + 1) * (n + 1 + d) / ((n + 2) * (n + d + 2)))
        after, last = coefficients[n] * damping + first * after - second * last, after
    return after


def husimi(rho: ArrayLike, alpha: ArrayLike) -> Real:
    """Husimi function Q(alpha) = <alpha\\| rho \\|alpha> / pi of a mode, with integral 1 over the complex plane.

    rho     (levels, levels) in the Fock basis
    alpha   complex amplitudes of any shape, which is that of the result
    """
    matrix = _density(rho, "mode")
    points = np.asarray(alpha, dtype=complex)
    if not np.isfinite(points).all():
        raise InputError("`alpha` must be finite amplitudes, but holds nan or infinity")
    flat, n = points.ravel(), np.arange(len(matrix))
    result = np.empty(len(flat))
    step = max(1, _BLOCK // len(matrix))
    for start in range(0, len(flat), step):
        one = flat[start : start + step, None]
        # <n|alpha> = exp(-|alpha|^2 / 2) alpha^n / sqrt(n!), in logarithms: any number of photons
        with np.errstate(divide="ignore", invalid="ignore"):
            powers = np.where(n > 0, n * np.log(np.abs(one)), 0.0)
        amplitudes = np.exp(powers - np.abs(one) ** 2 / 2 - log_factorial(n) / 2 + 1j * n * np.angle(one))
        result[start : start + step] = np.einsum("in,nm,im->i", amplitudes.conj(), matrix, amplitudes, optimize=True).real
    return result.reshape(points.shape) / math.pi


# -- spins ----------------------------------------------------------------------------------------------------------------------


def spin_husimi(rho: ArrayLike, theta: ArrayLike, phi: ArrayLike) -> Real:
    """Husimi function of a spin j, Q = (2j+1)/(4 pi) <theta,phi\\| rho \\|theta,phi>, with integral 1 over the sphere.

    rho          (2j+1, 2j+1) in the states m = j, ..., -j
    theta, phi   polar and azimuthal angles, broadcast against each other; \\|theta,phi> points along them
    returns      the shape that they broadcast to
    """
    matrix = _density(rho, "spin")
    polar, azimuth = _angles(theta, phi)
    twice = len(matrix) - 1
    k = np.arange(twice + 1)  # j - m: so many of 2j spins-1/2 point down
    root = (log_factorial(k[-1]) - log_factorial(k) - log_factorial(twice - k)) / 2
    up, down = np.cos(polar / 2)[..., None], np.sin(polar / 2)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.where(k < twice, (twice - k) * np.log(np.abs(up)), 0.0) + np.where(k > 0, k * np.log(np.abs(down)), 0.0)
    signs = np.sign(up) ** (twice - k) * np.sign(down) ** k
    amplitudes = signs * np.exp(root + logarithm + 1j * k * azimuth[..., None])
    values = np.einsum("...n,nm,...m->...", amplitudes.conj(), matrix, amplitudes, optimize=True)
    return np.asarray(values.real * (twice + 1) / (4 * math.pi))


def spin_wigner(rho: ArrayLike, theta: ArrayLike, phi: ArrayLike) -> Real:
    """Wigner function of a spin j, W = sqrt((2j+1)/(4 pi)) sum_kq tr(rho T_kq^dag) Y_kq, with integral 1 over the sphere.

    J. P. Dowling, G. S. Agarwal, W. P. Schleich, Phys. Rev. A 49, 4101 (1994).  A spin-1/2 with Bloch vector s has
    W = (1 + sqrt(3) n . s) / (4 pi).  Arguments and shapes as in :func:`spin_husimi`.

    Evaluated as tr(rho R Delta R^dag): the kernel Delta of the north pole, diagonal in m, turned to each direction.
    Rounding is about 1e-13 of the largest value, (2j+1)/(2 pi), for spins up to j = 150.
    """
    matrix = _density(rho, "spin")
    polar, azimuth = _angles(theta, phi)
    size = len(matrix)
    j = (size - 1) / 2
    m = j - np.arange(size)
    kernel = _pole_kernel(size)
    rise = np.sqrt((j - m[1:]) * (j + m[1:] + 1))  # <m + 1| J_+ |m>
    _, modes = linalg.eigh(np.diag(-0.5j * rise, 1) + np.diag(0.5j * rise, -1))  # J_y, with eigenvalues -j, ..., j
    angles, which = np.unique(polar, return_inverse=True)
    which = which.reshape(polar.shape)
    phase = np.exp(-1j * azimuth[..., None] * m)  # exp(-i phi J_z)
    result = np.empty(polar.shape)
    for i, angle in enumerate(angles):
        turn = ((modes * np.exp(1j * angle * m)) @ modes.conj().T).real  # exp(-i theta J_y)
        turned = (turn * kernel) @ turn.T
        here = phase[which == i]
        result[which == i] = np.einsum("in,nm,im->i", here.conj(), matrix * turned.T, here, optimize=True).real
    return result


def _pole_kernel(size: int) -> Real:
    """sqrt((2j+1)/(4 pi)) sum_k T_k0 Y_k0(north pole), a diagonal over m = j, ..., -j.

    The diagonals of T_k0 are the polynomials in m orthonormal on -j..j.  Their recurrence is unstable for k ~ j; here
    they are eigenvectors of its matrix, whose eigenvalues are the values of m.
    """
    k = np.arange(1, size)
    off = k / 2 * np.sqrt((size**2 - k**2) / (4.0 * k**2 - 1))
    _, vectors = linalg.eigh_tridiagonal(np.zeros(size), off) if size > 1 else (None, np.ones((1, 1)))
    polynomials = vectors[:, ::-1] * np.sign(vectors[0, ::-1])  # (k, m): T_00 > 0
    weights = np.sqrt((2 * np.arange(size) + 1) / (4 * math.pi)) * math.sqrt(size / (4 * math.pi))
    return np.asarray(weights @ polynomials)


# -- arguments --------------------------------------------------------------------------------------------------------------------


def _density(rho: ArrayLike, what: str) -> ComplexArray:
    matrix = np.asarray(rho, dtype=complex)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size or not np.isfinite(matrix).all():
        raise InputError(f"the density matrix of a {what} must be a finite square matrix, but has shape {matrix.shape}")
    if np.abs(matrix - matrix.conj().T).max() > 1e-10 * np.abs(matrix).max():
        raise InputError(f"the density matrix of a {what} must be hermitian, but is not; take a state, not a product of operators")
    return matrix


def _axis(values: ArrayLike, name: str) -> Real:
    axis = np.atleast_1d(np.asarray(values, dtype=float))
    if axis.ndim != 1 or not np.isfinite(axis).all():
        raise InputError(f"`{name}` must be a list of finite coordinates, but has shape {axis.shape}")
    return axis


def _angles(theta: ArrayLike, phi: ArrayLike) -> tuple[Real, Real]:
    polar, azimuth = np.broadcast_arrays(np.asarray(theta, dtype=float), np.asarray(phi, dtype=float))
    if not (np.isfinite(polar).all() and np.isfinite(azimuth).all()):
        raise InputError("`theta` and `phi` must be finite angles in radians")
    return polar, azimuth
