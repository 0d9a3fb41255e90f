"""Brute force of centres of several sites: Kronecker products of numpy in the whole space, nothing of the package."""

import numpy as np

UP = np.array([[0.0, 1.0], [0.0, 0.0]])  # sigma^+, level 0 is up
Z = np.diag([1.0, -1.0])


def ladder(levels):
    """a on so many Fock states."""
    return np.diag(np.sqrt(np.arange(1, levels)), 1)


class Whole:
    """Sites one after another: those of the centre, then every satellite."""

    def __init__(self, *dims):
        self.dims = dims

    def at(self, site, matrix):
        result = np.eye(1)
        for k, d in enumerate(self.dims):
            result = np.kron(result, matrix if k == site else np.eye(d))
        return result

    def steady(self, hamiltonian, jumps):
        """rho with L rho = 0, tr rho = 1, by least squares; jumps: (rate, operator)."""
        size = len(hamiltonian)
        one = np.eye(size)
        generator = -1j * (np.kron(hamiltonian, one) - np.kron(one, hamiltonian.T))
        for rate, x in jumps:
            square = x.conj().T @ x
            generator = generator + rate * (np.kron(x, x.conj()) - 0.5 * np.kron(square, one) - 0.5 * np.kron(one, square.T))
        rows = np.vstack([generator, one.reshape(1, -1)])
        target = np.zeros(len(rows), dtype=complex)
        target[-1] = 1
        self.generator = generator
        return np.linalg.lstsq(rows, target, rcond=None)[0].reshape(size, size)
