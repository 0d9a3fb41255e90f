"""Slow modes of a driven mode without a factorisation: those of the assembled matrix, of the 2^N space, and in closed form."""

import numpy as np
import pytest
from oracles.brute_force import BruteForce
from sampled import sampled

import permsym as ps
from permsym.basis.blocks import Blocks
from permsym.dynamics import sector, slow_modes
from permsym.matrixfree import BlockLiouvillian
from permsym.progress import silent

GAPS = {3: 0.71093895, 5: 0.47441812, 10: 0.26453075}
"""In units of gamma_h: N = 3 by shift-invert; 5 and 10 by an Arnoldi iteration on inverses to 1e-9, which this one replaced."""


def driven(N, **given):
    return ps.models.driven_tavis_cummings(N, **{"kappa": 1, "gamma_h": 0.5, "C": 14, "drive": 1.05} | given)


def squeezed():
    """A parity, which is no charge: the slowest modes are of either kind."""
    c, s = ps.Boson(12), ps.Ensemble(2)
    return ps.Model(
        c,
        s,
        hamiltonian=0.3 * (c.a * s.p + c.ad * s.m) + 0.3j * (c.ad * c.ad - c.a * c.a),
        jumps=[ps.Central(0.01, c.a), ps.Central(1.0, c.a * c.a), ps.Individual(0.6, s.m)],
    )


def found(model, k, known=None, progress=silent):
    return slow_modes.slowest(BlockLiouvillian(Blocks.of(model)), k, progress, known)


MODELS = {
    "real": (driven(2, levels=16), 1),
    "real, pairs": (driven(2, levels=16), 5),  # more than the subspace has room for on the way: it is cut back
    "displaced": (driven(2).displaced(0.5).with_levels(14), 1),
    "complex": (driven(2, Delta=0.4, levels=14), 1),
    "complex, pairs": (driven(2, Delta=3.0, Delta_c=-2.0, drive=0.8, levels=14), 7),
    "strong coupling": (driven(2, C=None, g=3.0, drive=None, eta=0.5, levels=14), 4),
    "parity, pairs": (squeezed(), 3),
    "slow": (driven(2, gamma_h=1e-3, drive=0.8, gamma_p=1e-3, levels=14), 4),
}


@pytest.mark.parametrize("name", sampled([(name,) for name in MODELS], 3))
def test_slow_modes_are_those_of_a_factorisation(name):
    model, k = MODELS[name]
    reference = ps.eigenvalues(model, k=3 * k + 3, solver=ps.ShiftInvert()).eigenvalues
    modes = found(model, k)
    assert modes.values.shape == modes.residuals.shape == (k,)
    assert (np.diff(modes.values.real) <= 0).all()
    for value, residual in zip(modes.values, modes.residuals, strict=True):
        assert np.abs(reference - value).min() < 5e-8 * abs(value)
        assert 0 < residual < 2e-8 * abs(value)
    assert abs(modes.values[0].real - np.sort(reference.real)[-2]) < 1e-7  # the gap
    assert (np.abs(modes.values.imag).max() > 0.1) == ("pairs" in name)
    if modes.vectors.shape[1] > Blocks.of(model).numbers:  # complex numbers: nothing is left out
        nearest = np.sort(np.abs(reference))[1 : k + 1]
        assert np.abs(np.sort(np.abs(modes.values)) - nearest).max() < 1e-6


def test_slow_modes_are_those_of_the_whole_space():
    """Every one of three is an eigenvalue of the 2^N Liouvillian, a complex pair among them."""
    model = driven(2, kappa=0.4, gamma_h=2, C=None, g=0.5, drive=None, eta=0.1, Delta_c=-0.3, levels=4)
    full = np.linalg.eigvals(BruteForce(model).liouvillian())
    modes = found(model, 3)
    assert np.max([np.abs(full - value).min() for value in modes.values]) < 1e-7
    assert np.abs(modes.values.imag).max() > 0.4


def test_slow_modes_in_closed_form():
    """An empty mode on Fock states displaced by its field: -kappa (n + m) - i Delta_c (n - m), on however few levels."""
    kappa, detuning, eta = 1.0, 0.5, 2.0
    model = driven(2, kappa=kappa, gamma_h=5.0, C=None, g=0.0, drive=None, eta=eta, Delta_c=detuning)
    modes = found(model.displaced(eta / (kappa + 1j * detuning)).with_levels(5), 3)
    expected = np.array([-kappa + 1j * detuning, -kappa - 1j * detuning, -2 * kappa])
    assert np.max([np.abs(expected - value).min() for value in modes.values]) < 1e-7
    assert np.max([np.abs(modes.values - value).min() for value in expected]) < 1e-7


def products(lines):
    """Of the last line of progress."""
    return int(lines[-1].split()[0])


@pytest.mark.slow
def test_modes_on_fewer_levels_are_a_start():
    """The same eigenvalues, pairs among them; of a single one after fewer products."""
    for name in ("real", "complex", "real, pairs", "parity, pairs"):
        model, k = MODELS[name]
        wider, lines, continued = model.with_levels(18), [], []
        narrow, afresh = found(model, k), found(wider, k, progress=lines.append)
        modes = found(wider, k, narrow, continued.append)
        assert np.abs(modes.values - afresh.values).max() < 1e-7
        assert modes.residuals.max() < 2e-8 * np.abs(modes.values).max()
        assert modes.top_weight() < narrow.top_weight()
        if k == 1:
            assert products(continued) < 0.7 * products(lines)


def test_residuals_are_those_of_the_assembled_matrix():
    """|L v - lambda v| / |v| with the vector written out; a wrong eigenvalue shows."""
    model = driven(2, Delta=0.4, levels=14)
    operator = BlockLiouvillian(Blocks.of(model))
    modes = slow_modes.slowest(operator, 1, silent)
    x, value = modes.vectors[0], modes.values[0]
    assert not x.imag.any()
    y = operator.matvec(np.ascontiguousarray(x.real).view(complex)).view(float)
    by_hand = np.linalg.norm(y - value.real * x.real) / np.linalg.norm(x.real)
    assert abs(by_hand - modes.residuals[0]) < 1e-3 * by_hand


@pytest.mark.slow
def test_gap_with_an_automatic_cut_off(monkeypatch):
    """N = 2 both ways; every eigenvalue is one of the whole space's (N = 1)."""
    direct = ps.eigenvalues(driven(2), k=2)
    monkeypatch.setattr(sector, "LARGE", 1)
    iterated = ps.eigenvalues(driven(2), k=2)
    assert abs(direct.gap - iterated.gap) < 1e-8
    assert direct.model.centre.levels > 16
    assert abs(ps.eigenvalues(driven(3), k=2).gap / 0.5 - GAPS[3]) < 1e-8
    small = driven(1, levels=6)
    full = np.linalg.eigvals(BruteForce(small).liouvillian())
    for value in ps.eigenvalues(small, k=3, solver=ps.ShiftInvert()).eigenvalues:
        assert np.abs(full - value).min() < 1e-8


def test_gap_on_displaced_states():
    """The automatic choice at N = 5, with fewer levels than the steady state takes."""
    slow = ps.eigenvalues(driven(5), k=2)
    assert abs(slow.gap / 0.5 - GAPS[5]) < 1e-8
    assert slow.model.centre.displacement != 0
    assert slow.model.centre.levels < 19
    assert 0 < slow.residuals.max() < 1e-8


def test_too_large_is_said_at_once(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "200M")
    with pytest.raises(ps.errors.TooLarge, match="would fit"):
        ps.eigenvalues(driven(20, levels=36), k=2)


@pytest.mark.slow
def test_gap_of_a_larger_cavity():
    slow = ps.eigenvalues(driven(10), k=2)
    assert abs(slow.gap / 0.5 - GAPS[10]) < 1e-8
    assert slow.residuals.max() < 1e-8
