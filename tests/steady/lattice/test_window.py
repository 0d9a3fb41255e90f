"""Windows on the Dicke lattice: against the full basis, at every edge of the triangle, and where they must not be trusted."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from oracles.lattices import SYSTEMS, bistable, excess, solve
from sampled import sampled

import permsym as ps
from permsym.basis.representations import build
from permsym.basis.window import Window
from permsym.liouvillian import Liouvillian
from permsym.rotating import in_rotating_frame
from permsym.steady import planning
from permsym.steady.state import State


@pytest.fixture
def always_windowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "CROSSOVER", 0)


@pytest.fixture(scope="module")
def full() -> Callable[[str, int], State]:
    known: dict[tuple[str, int], State] = {}

    def find(name: str, N: int) -> State:
        if (name, N) not in known:
            known[name, N] = solve(SYSTEMS[name](N), window="full")
        return known[name, N]

    return find


# -- the adaptive window ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("always_windowed")
@pytest.mark.parametrize("name", sampled([(name,) for name in SYSTEMS], 3))
@pytest.mark.quick("default", "only pump")
def test_adapted_window_equals_the_full_basis(name: str, full: Callable[[str, int], State]) -> None:
    N = 60 if name == "qutrit centre" else 91
    state, reference = solve(SYSTEMS[name](N)), full(name, N)
    assert state.certificate.certified
    assert excess(state, reference) <= 1
    assert np.max([abs(state.moment(label) - reference.moment(label)) for label in reference.labels(2)]) < 1e-13
    assert state.window_error < 1e-13


@pytest.mark.usefixtures("always_windowed")
@pytest.mark.parametrize("N", sampled([(N,) for N in (1, 2, 3, 4, 5, 12, 41, 80, 81, 82, 83)], 2))
def test_every_parity_and_the_smallest_systems(N: int) -> None:
    for model in (ps.models.central_spin(N=N), ps.models.central_spin(N=N, gamma_up=1, gamma_down=1)):
        state, reference = solve(model), solve(model, window="full")
        assert excess(state, reference) <= 1
        assert state.certificate.error_estimate < 1e-12


def test_fig_3b_and_its_populations() -> None:
    lines: list[str] = []
    state = ps.steady_state(ps.models.central_spin(N=1000), progress=lines.append)
    assert abs(state.derived["p0_up"] - 0.443048221849860) < 1e-13
    assert abs(state.derived["p0_up"] - 0.443048221849860) <= state.error("z0") / 2 + 5e-16  # the reference has 15 digits
    found = state.populations()
    assert found.probability.sum() == pytest.approx(1, abs=1e-13)
    assert len(found.j) < 0.1 * 251001  # of the sites of the full triangle
    # <sz> of a satellite from P(j, m) and from the correlator
    assert 2 * (found.m @ found.probability) / 1000 == pytest.approx(state.moment("z1").real, abs=1e-13)
    assert lines
    assert "N=1,000" in lines[-1]


@pytest.mark.slow
@pytest.mark.parametrize(("N", "value"), [(3000, 0.441816668374326), (10000, 0.441386190433778)])
def test_fig_3b_references(N: int, value: float) -> None:
    state = ps.steady_state(ps.models.central_spin(N=N))
    assert abs(state.derived["p0_up"] - value) < 1e-13
    assert abs(state.derived["p0_up"] - value) <= state.error("z0") / 2 + 5e-16


@pytest.mark.slow
@pytest.mark.parametrize("name", sampled([(name,) for name in SYSTEMS if name != "qutrit centre"], 3))
def test_larger_systems(name: str, full: Callable[[str, int], State]) -> None:
    state, reference = solve(SYSTEMS[name](500)), full(name, 500)
    assert excess(state, reference) <= 1
    assert state.window_error < 1e-13


@pytest.mark.slow
@pytest.mark.parametrize("name", ["default", "thin", "threshold", "below threshold", "dephased"])
def test_a_larger_window_changes_nothing(name: str) -> None:
    model = SYSTEMS[name](3001)
    state = solve(model)
    sites = state.basis.labels[2:4, state.basis.population]
    larger = solve(model, window=Window.at_sites(3001, sites).dilated(20))
    assert larger.basis.dimension > 1.1 * state.basis.dimension
    assert excess(state, larger) <= 1


# -- what it must not hide ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sampled([(name,) for name in SYSTEMS if name != "qutrit centre"], 3))
@pytest.mark.quick("default", "only pump", "superradiant")
def test_narrow_windows_stay_below_their_bound(name: str, full: Callable[[str, int], State]) -> None:
    reference = full(name, 91)
    for deviations in (3, 6):
        state = solve(reference.model, window=deviations)
        assert excess(state, reference) <= 1, deviations


@pytest.mark.parametrize("name", ["default", "thin", "below threshold", "only pump", "superradiant", "collective"])
@pytest.mark.parametrize("steps", [(3, 0), (0, 3), (-3, -3), (6, 6), (-6, 0)])
def test_displaced_windows_are_flagged(name: str, steps: tuple[int, int], full: Callable[[str, int], State]) -> None:
    reference = full(name, 91)
    found = reference.populations()
    peak = int(np.argmax(found.probability))
    sites, centre = np.stack([found.j, found.m]), np.array([found.j[peak], found.m[peak]])
    width = np.sqrt((sites - centre[:, None]) ** 2 @ found.probability) + 1
    inside = (np.abs(sites - centre[:, None] - (np.array(steps) * width)[:, None]) < 5 * width[:, None]).all(axis=0)
    if not inside.any():
        pytest.skip("beyond the triangle")
    state = solve(reference.model, window=Window.at_sites(91, (2 * sites[:, inside]).astype(np.int64)))
    assert excess(state, reference) <= 1
    wrong = not np.max([abs(state.moment(label) - reference.moment(label)) for label in reference.labels(2)]) <= 1e-9
    assert not (wrong and state.certificate.certified)


@pytest.mark.usefixtures("always_windowed")
def test_an_empty_level_of_the_centre_does_not_make_a_window_grow() -> None:
    """Satellites that radiate together beside a spin that only decays: its upper level is empty, and no window gives a zero digits."""
    c, s = ps.Spin(), ps.Ensemble(150)
    jumps = [ps.Central(1.0, c.m), ps.Individual(2.0, s.p), ps.Individual(0.3, s.m), ps.Collective(10 / 150, s.m)]
    model = ps.Model(c, s, 0.3 * c.z, jumps)
    state, reference = solve(model), solve(model, window="full")
    assert state.derived["p0_up"] == 0
    assert state.basis.dimension < reference.basis.dimension
    assert excess(state, reference) <= 1


@pytest.mark.usefixtures("always_windowed")
@pytest.mark.parametrize(("bias", "mixing"), sampled(list(itertools.product([0.0, 1e-3, 0.1], [0.02, 0.05, 0.1, 0.2])), 3))
@pytest.mark.quick("0.0-0.02", "0.001-0.1")
def test_two_wells_are_joined_or_flagged(mixing: float, bias: float) -> None:
    N = 100
    try:
        state = solve(bistable(N, bias, mixing))
    except ps.DegenerateSteadyState:
        if mixing > 0.02:
            raise
        pytest.skip("refused as not unique, which is right too")
    reference = solve(bistable(N, bias, mixing), window="full")
    assert excess(state, reference) <= 1
    found = state.populations()
    if bias == 0:  # both wells are there, of equal weight to within the bound
        assert found.m.min() < -N / 4 < N / 4 < found.m.max()
        assert abs(state.moment("z1")) <= state.error("z1")
    if state.algebraic_error > 1e-6:
        assert any("metastable" in reason for reason in state.certificate.reasons)
    if mixing in (0.02, 0.2):  # in between the bound is about the tolerance
        assert state.certificate.certified == (mixing == 0.2)


# -- far out -------------------------------------------------------------------------------------------------------------


def test_no_full_product_is_ever_made() -> None:
    """A million satellites have 2.5e11 sites; a window of 30 by 30 is solved at once."""
    N = 10**6
    J, M = np.meshgrid(np.arange(500_000, 500_060, 2), np.arange(470_000, 470_060, 2), indexing="ij")
    state = solve(ps.models.central_spin(N=N), window=Window.at_sites(N, np.stack([J.ravel(), M.ravel()])), moments=["z0"])
    assert state.basis.size < 3000
    assert not state.certificate.certified


def test_the_rotating_frame_keeps_resonance_when_rescaled() -> None:
    model = ps.models.central_spin(N=200)  # omega = epsilon = 1
    framed = in_rotating_frame(model)
    matrices = [Liouvillian(build(each)).matrix() for each in (model, framed)]
    assert abs(matrices[0] - matrices[1]).max() < 1e-10  # the neutral sector does not know the frame
    detuned, resonant = (Liouvillian(build(each.rescaled(0.05))).matrix() for each in (model, framed))
    assert resonant.nnz < detuned.nnz  # without the frame the centre would be detuned by omega/20 - epsilon


# -- the interface ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", ["large", 0, -3, float("nan"), True])
def test_bad_windows_are_refused(window: object) -> None:
    with pytest.raises(ps.InputError, match="window"):
        ps.steady_state(ps.models.central_spin(N=5), window=window)  # type: ignore[arg-type]


def test_a_window_needs_its_symmetry_and_its_representation() -> None:
    c, s = ps.Spin(), ps.Ensemble(6)
    unsymmetric = ps.Model(c, s, hamiltonian=c.x * s.x, jumps=[ps.Individual(1.0, s.m), ps.Central(1.0, c.m)])
    for model, basis in ((unsymmetric, "auto"), (ps.models.central_spin(N=6), "occupation")):
        with pytest.raises(ps.InputError, match="window='full'"):
            ps.steady_state(model, basis=basis, window=6)
    with pytest.raises(ps.InputError, match="N=9"):
        ps.steady_state(ps.models.central_spin(N=8), window=Window.full(9))


def test_what_does_not_fit_is_refused_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERMSYM_MEMORY", "150M")
    with pytest.raises(ps.TooLarge, match="would fit"):
        ps.steady_state(ps.models.central_spin(N=1500))


def test_deviations_are_the_users_choice() -> None:
    model = ps.models.central_spin(N=120)
    sizes, errors = [], []
    for deviations in (4, 6, 9):
        state = solve(model, window=deviations)
        sizes.append(state.basis.dimension)
        errors.append(state.certificate.error_estimate)
    assert sizes[0] < sizes[1] < sizes[2]
    assert errors[0] > errors[1] > errors[2]
    assert state.certificate.edge_mass > 0
