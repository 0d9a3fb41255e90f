"""Rounding inside matrix entries and covectors: large energies, and moments that vanish by cancellation, against whole numbers."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from oracles.high_precision import HighPrecision

import permsym as ps
from permsym.basis.dicke import DickePart
from permsym.basis.occupation import OccupationPart
from permsym.operators import as_matrix
from permsym.steady.cavity import iterate
from permsym.steady.lattice import direct


def three_levels(W, N=1):
    """Energies of size W, and a resonance of order one that is left of them."""
    c, s = ps.Spin(), ps.Ensemble(N, levels=3)
    energy = 0.5 * (1.1 * W - W / 3 + 0.3) * c.z + W / 3 * s.unit(1, 1) + 1.1 * W * s.unit(2, 2)
    jumps = [ps.Central(0.5, c.m), *(ps.Individual(rate, s.unit(*to)) for rate, to in ((1.0, (0, 1)), (0.8, (2, 0)), (0.2, (1, 2))))]
    return ps.Model(c, s, energy + 0.7 * (c.p * s.unit(1, 2) + c.m * s.unit(2, 1)), jumps)


def cavity(W):
    return ps.models.tavis_cummings(N=1, omega=W + 0.3, epsilon=W / 3 + W * 2 / 3, g=0.6, kappa=0.9, gamma_up=0.4, gamma_down=0.7, levels=3)


def error(state, exact, label):
    """Distance of a moment to the exact one."""
    re, im = exact.value(label)
    value = state.moment(label)
    return float(np.hypot(float(Fraction(value.real) - re), float(Fraction(value.imag) - im)))


@pytest.mark.parametrize("W", [1.0, 1e3, 1e6, 1e9, 1e12])
def test_large_energies(W):
    model = three_levels(W)
    exact, state = HighPrecision(model), ps.steady_state(model)
    for label, bound in state.certificate.errors.items():
        assert error(state, exact, label) <= bound < 1e-13
    assert abs(state.moment("z0").real + 0.30094275775223206) < 1e-6 * max(1, W / 1e9)


@pytest.mark.parametrize("basis", ["occupation", "full"])
def test_what_cancels_in_an_entry_counts(basis, monkeypatch):
    """The same without a rotating frame: many digits are lost, and the estimates know."""
    model = three_levels(1e9)
    monkeypatch.setattr(direct, "in_rotating_frame", lambda model: model)
    exact, state = HighPrecision(model), ps.steady_state(model, basis=basis, tolerance=1e-3)
    errors = {label: error(state, exact, label) for label in state.certificate.errors}
    assert max(errors.values()) > 1e-10
    assert all(errors[label] <= bound < 1e-4 for label, bound in state.certificate.errors.items())


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")
@pytest.mark.parametrize("framed", [True, False])
def test_what_cancels_in_a_product_without_a_matrix_counts(framed, monkeypatch):
    model = cavity(1e9)
    if not framed:
        monkeypatch.setattr(iterate, "in_rotating_frame", lambda model: model)
    exact, state = HighPrecision(model), ps.steady_state(model, solver="matrix-free", tolerance=1)
    for label in ("z1", "ad a"):
        algebraic = max(part.algebraic for part in state.solution.estimates([state.label(label)])[0])
        assert error(state, exact, label) <= algebraic
        assert (algebraic < 1e-11) == framed


@pytest.mark.parametrize("basis", ["dicke", "occupation", "full"])
@pytest.mark.parametrize("gamma_up", [1e-12, 1e-9, 0.1])
def test_rare_excitations(basis, gamma_up):
    """<+1 -2> is what nearly cancels between j(j+1) and m(m-1)."""
    model = ps.models.central_spin(N=2, g=1, kappa=1, gamma_down=1, gamma_up=gamma_up)
    exact, state = HighPrecision(model), ps.steady_state(model, basis=basis)
    for label, bound in state.certificate.errors.items():
        assert error(state, exact, label) <= bound
    value = float(exact.value("+1 -2")[0])
    assert abs(state.moment("+1 -2") - value) <= state.certificate.errors["+1 -2"] < 1e-12 * abs(value)


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
@pytest.mark.parametrize("N", [2, 7, 30])
def test_a_dark_state_has_no_coherence(basis, N):
    state = ps.steady_state(ps.models.central_spin(N=N, gamma_up=0), basis=basis, moments=["+1 -2", "z1"])
    assert abs(state.moment("+1 -2")) <= state.certificate.errors["+1 -2"]
    assert abs(state.moment("z1") + 1) <= state.certificate.errors["z1"]


@pytest.mark.parametrize("part", [DickePart, OccupationPart])
def test_sums_in_a_covector_know_what_they_cancel(part):
    """One-site operators with thirds: entries are off by rounding, and by less than a part of their summands."""
    N, third = 9, 1 / 3
    one = part(ps.Ensemble(N))
    labels = one.labels(0)
    labels = labels[:, one.population(labels)]
    spins, thirds = as_matrix([[1, 0], [0, -1]]), as_matrix([[third, 0], [0, -third]])
    for sites in (1, 2, 3):
        assert one.summands([spins] * sites) is None
        summands = one.summands([thirds] * sites)(labels)
        values, reference = one.correlator([thirds] * sites)(labels), one.correlator([spins] * sites)(labels)
        scaled = [float(Fraction(third) ** sites * Fraction(float(value))) for value in reference]
        assert (np.abs(values - scaled) <= 4 * 2.0**-52 * summands).all()
        assert (summands >= np.abs(values) * (1 - 1e-14)).all()
        assert sites == 1 or (summands > 1.5 * np.abs(values)).any()


def test_pairs_of_spins_are_whole_numbers():
    """N (N-1) <+1 -2> of |j, m> is j(j+1) - m(m-1) - (N/2 + m), to the last bit."""
    part = DickePart(ps.Ensemble(51))
    labels = part.labels(0)
    labels = labels[:, part.population(labels)]
    plus, minus = as_matrix([[0, 1], [0, 0]]), as_matrix([[0, 0], [1, 0]])
    J, M = labels[0].astype(object), labels[1].astype(object)
    exact = [Fraction(int(j * (j + 2) - m * (m - 2)), 4) - Fraction(int(51 + m), 2) for j, m in zip(J, M, strict=True)]
    values = part.correlator([plus, minus])(labels) * (51 * 50)
    assert np.abs(values - np.array([float(each) for each in exact])).max() <= 2.0**-52 * np.abs(values).max()
    assert (values[np.array([each == 0 for each in exact])] == 0).all()
    assert sum(each == 0 for each in exact) >= 2


def test_traces_of_the_occupation_basis_have_all_digits():
    N = 300
    labels = np.stack([np.arange(N + 1), *np.zeros((2, N + 1), dtype=int), N - np.arange(N + 1)])
    traces = OccupationPart(ps.Ensemble(N)).trace(labels)
    ratios = [Fraction(float(trace)) ** 2 / comb(N, n) - 1 for n, trace in enumerate(traces)]
    assert max(map(abs, ratios)) < 4 * 2.0**-52
