"""The cumulant equations: rows against the whole product space, the closure against explicit set partitions."""

import math

import numpy as np
import pytest
from oracles import systems
from oracles.brute_force import BruteForce

from permsym.cumulants.equations.alphabet import Alphabet
from permsym.cumulants.equations.structure import Rows


def symmetric_operator(oracle, rng):
    """A random operator that is symmetric in the satellites, scaled to be of order 1; it need be no density matrix."""
    total = 0
    for _ in range(3):
        centre = systems.random_matrix(rng, oracle.dims[0])
        if oracle.model.centre.kind == "boson":
            centre[3:] = centre[:, 3:] = 0  # so few photons that no product of operators reaches the cut-off
        factors = [centre]
        for each in oracle.model.ensembles:
            factors += [systems.random_matrix(rng, each.levels)] * each.N
        product = np.eye(1)
        for factor in factors:
            product = np.kron(product, factor / np.linalg.norm(factor))
        total = total + product
    return total


def flow(oracle, rho):
    """L rho, dense."""
    h = oracle.hamiltonian().full()
    result = -1j * (h @ rho - rho @ h)
    for x in (each.full() for each in oracle.collapse()):
        square = x.conj().T @ x
        result += x @ rho @ x.conj().T - 0.5 * (square @ rho + rho @ square)
    return result


@pytest.mark.parametrize("name", systems.MODELS)
def test_rows_equal_the_adjoint_lindbladian(name):
    model = systems.MODELS[name](2 if name in systems.QUTRITS | systems.CAVITIES else 3)
    if model.centre.kind == "boson":
        model = model.with_levels(9)
    oracle, alphabet = BruteForce(model), Alphabet(model)
    rho = symmetric_operator(oracle, np.random.default_rng(5))
    change = flow(oracle, rho)
    known = {alphabet.empty: complex(np.trace(rho))}

    def moment(counts):
        if counts not in known:
            known[counts] = oracle.moment(rho, str(alphabet.label(counts)))
        return known[counts]

    rows = [(Rows(alphabet, term), term.coefficient) for term in model.terms]
    for counts in alphabet.all_counts(3):
        taken = alphabet.satellites(counts)
        if any(m > n for m, n in zip(taken, model.sizes, strict=True)):
            continue
        found, size = 0, 1
        for row, coefficient in rows:
            for (other, fresh), value in row.of(counts).items():
                number = math.prod(n - m - i for n, m, f in zip(model.sizes, taken, fresh, strict=True) for i in range(f))
                if number:
                    found += coefficient * value * number * moment(other)
                    size += abs(coefficient * value * number)
        expected = oracle.moment(change, str(alphabet.label(counts)))
        assert abs(found - expected) < 1e-13 * size, str(alphabet.label(counts))
