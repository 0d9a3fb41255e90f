"""Blocks of a charged sector: products beside the assembled sector's matrix, element by element."""

import numpy as np
import pytest
from core.test_matrixfree import MODELS, shared
from oracles import systems

import permsym as ps
from permsym.basis.blocks import Blocks
from permsym.basis.representations import build
from permsym.liouvillian import Liouvillian
from permsym.matrixfree import BlockLiouvillian


def cavity(seed):
    """A mode and random exchange with one or two ensembles: couplings of one and of two photons, losses, pumps, dephasing."""
    rng = np.random.default_rng(seed)
    c, ensembles = ps.Boson(int(rng.integers(3, 6))), [ps.Ensemble(int(rng.integers(1, 4)), name) for name in "AB"[: 1 + seed % 2]]
    photons = 1 + (seed // 2) % 2
    raised, lowered = (c.ad, c.a) if photons == 1 else (c.ad * c.ad, c.a * c.a)
    strength = iter(rng.uniform(0.2, 1, 20))
    phases = iter(np.exp(2j * np.pi * rng.uniform(size=4)))
    H, jumps = next(strength) * c.n, [ps.Central(next(strength), c.a), ps.Central(0.1 * next(strength), c.ad)]
    for s in ensembles:
        phase = next(phases)
        H = H + next(strength) * s.z + next(strength) * (phase * lowered * s.p + phase.conjugate() * raised * s.m)
        jumps += [ps.Individual(next(strength), s.m), ps.Individual(next(strength), s.p), ps.Individual(next(strength), s.z)]
    return ps.Model(c, ensembles, hamiltonian=H, jumps=[*jumps, ps.Collective(next(strength), ensembles[0].m)])


CASES = [
    *((f"random {seed}", cavity(seed), charge, name) for seed in range(4) for charge in (-1, 2) for name in ("dicke", "occupation")),
    *((name, MODELS[name](2), charge, "occupation") for name in ("cavity", "resonant", "qutrits") for charge in (-1, 1)),
    ("resonant", MODELS["resonant"](3), -1, "dicke"),
    ("shared", shared(2), -2, "dicke"),
    ("central spin", systems.central_spin(3), 1, "dicke"),
]
CASES = [case for case in CASES if case[1].charges]


def sector(model, charge):
    """The value of the first charge; of others zero."""
    return (charge, *(0 for _ in model.charges[1:]))


@pytest.mark.parametrize(("name", "model", "charge", "representation"), CASES)
def test_equals_the_assembled_sector(name, model, charge, representation):
    q = sector(model, charge)
    basis, blocks = build(model, representation, q), Blocks.of(model, representation, charge=q)
    position, conjugated = basis.index(blocks.labels)
    assert not conjugated.any()
    assert sorted(position) == list(range(basis.dimension))  # the same labels, in another order
    assert (blocks.index(basis.labels[:, position])[0] == np.arange(blocks.numbers)).all()
    operator, matrix = BlockLiouvillian(blocks), Liouvillian(basis).matrix()[position][:, position].toarray()
    phase = blocks.phase[blocks.places[0]]
    expected = matrix * phase / phase[:, None]
    columns = np.stack([operator.matvec(row) for row in np.eye(blocks.numbers, dtype=complex)], axis=1)
    assert np.abs(columns - expected).max() < 1e-14 * np.abs(expected).max()
    rows = np.stack([operator.rmatvec(row) for row in np.eye(blocks.numbers, dtype=complex)], axis=1)
    assert np.abs(rows - expected.conj().T).max() < 1e-14 * np.abs(expected).max()
