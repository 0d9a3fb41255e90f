"""N_sc of paper 2: its definition, its scaling, two solvers that share no code."""

import numpy as np
import pytest

from permsym.cumulants.continuation import follow
from permsym.cumulants.equations import Truncation
from permsym.cumulants.path import over_parameter
from permsym.driven_cavity.boundary import boundary
from permsym.driven_cavity.cluster_solve import evolve, semiclassical_start, steady_state
from permsym.driven_cavity.clusters import ClusterEquations
from permsym.driven_cavity.families import ClusterFamily, HomogeneousFamily
from permsym.errors import InputError
from permsym.models.semiclassics import coupling, critical_drives

KAPPA, GAMMA_H = 1.0, 0.5


def homogeneous(C, drive, **more):
    return HomogeneousFamily({"C": C, "drive": drive, "kappa": KAPPA, "gamma_h": GAMMA_H, **more})


def one_cluster(C, drive, sizes=(1.0,), gamma_p=0.0):
    """The same spins as clusters, through the other solver; ``sizes`` are the clusters' shares."""

    def make(order, N):
        g, shares = coupling(KAPPA, GAMMA_H, C, N), np.array(sizes)
        eta = drive * critical_drives(KAPPA, GAMMA_H, gamma_p, g, N).upper
        return ClusterEquations.of(order, kappa=KAPPA, gamma_h=GAMMA_H, gamma_p=gamma_p, eta=eta, g=g, N=N * shares)

    return make


def n_sc(C, drive, threshold=0.01, **more):
    return boundary(lambda: homogeneous(C, drive, **more), threshold)


def test_definition():
    found = n_sc(14, 0.95)
    assert found.reason == "threshold"
    assert found.point.largest == pytest.approx(0.01, rel=1e-7)
    assert {point.largest < 0.01 for point in found.path[:-2] if point.N / found.N_sc > 1 + 1e-9} == {True}
    assert {point.largest > 0.01 for point in found.path if point.N / found.N_sc < 1 - 1e-9} == {True}
    a = found.point.coherent_photons
    assert found.point.deviations["2-3"] == abs(a[2] - a[3]) / a[3]
    assert found.point.deviations["1-3"] == abs(a[1] - a[3]) / a[3]
    assert found.point.deviations["1-2"] == abs(a[1] - a[2]) / a[2]


@pytest.mark.parametrize(("C", "drive", "sizes", "gamma_p"), [(14, 0.95, (1.0,), 0.0), (5, 1.03, (0.3, 0.7), 0.1)])
@pytest.mark.quick("5-1.03-sizes1-0.1")
def test_both_solvers_agree(C, drive, sizes, gamma_p):
    engine = n_sc(C, drive, gamma_p=gamma_p)
    clusters = boundary(lambda: ClusterFamily(one_cluster(C, drive, sizes, gamma_p)))
    assert clusters.N_sc == pytest.approx(engine.N_sc, rel=1e-7)


@pytest.mark.parametrize(("C", "drive"), [(14, 1.05), (14, 0.9), (4, 1.0)])
def test_deviations_fall_as_1_over_N(C, drive):
    assert n_sc(C, drive, 1e-4).N_sc / n_sc(C, drive, 1e-5).N_sc == pytest.approx(0.1, rel=0.01)


def test_divergence_at_the_lower_branchs_end_alone():
    """Paper 2, Fig. 5(c): N_sc diverges as eta_crit+ is approached from below, not from above."""
    below = [n_sc(14, drive).N_sc for drive in (0.9, 0.97, 0.99, 0.999)]
    above = [n_sc(14, drive).N_sc for drive in (1.0001, 1.01, 1.05)]
    assert below[0] < below[1] < below[2] < below[3]
    assert below[3] > 30 * below[1]
    assert max(above) < 1000


@pytest.mark.parametrize("drive", [0.95, pytest.param(1.05, marks=pytest.mark.slow)])
@pytest.mark.slow
def test_time_evolution_arrives_at_the_same_state(drive):
    """From the Maxwell-Bloch state, integrated until nothing changes."""
    found = n_sc(14, drive)
    equations = one_cluster(14, drive)(3, found.N_sc)
    late = evolve(equations, [0.0, 80.0], semiclassical_start(equations))
    assert late.outcome == "steady"
    assert late.coherent_photons[-1] == pytest.approx(found.point.coherent_photons[3], rel=1e-6)
    state = steady_state(equations)
    assert state.stable
    assert state.physical


@pytest.mark.slow
def test_a_branch_that_ends_says_so():
    found = n_sc(14, 0.995, 0.5)
    assert found.reason == "fold"
    assert found.point.largest < 0.5
    solver = homogeneous(14, 0.995)
    for size in np.geomspace(1e4, found.N_sc * (1 + 1e-5), 15):
        last = [solver.coherent_photons(order, size) / size for order in (2, 3)]
    assert last == pytest.approx([found.point.coherent_photons[order] / found.N_sc for order in (2, 3)], rel=0.02)
    # order 3 folds there, as pseudo-arclength continuation finds it too
    path = over_parameter(solver.source, solver.parameters, "N", Truncation.of(3, closure="no-three-spin"))
    start = homogeneous(14, 0.995).point(3, 1e4)
    branch = follow(path, start, 1e4, 200.0, watch=False)
    assert [fold.value for fold in branch.folds] == pytest.approx([found.N_sc], rel=1e-4)


def test_spins_that_do_not_matter():
    found = n_sc_uncoupled()
    assert found.reason == "smallest ensemble"
    assert found.N_sc == 1
    assert found.point.largest == 0


def n_sc_uncoupled():
    return boundary(lambda: HomogeneousFamily({"g": 0.0, "eta": 1.0, "kappa": KAPPA, "gamma_h": GAMMA_H}))


@pytest.mark.parametrize(
    ("given", "threshold", "message"),
    [
        ({"C": 14, "drive": 0.95, "N": 10}, 0.01, "`N` is what is sought"),
        ({"C": 14, "drive": 0.95}, 0, "`threshold` must be a positive number such as 0.01, but is 0"),
        ({"C": 14, "drive": 0.95}, float("nan"), "`threshold` must be a positive number"),
        ({"C": 14, "drive": 1.0}, 0.01, "is a turning point of the semiclassical curve"),
        ({"C": 14, "eta": 0.0}, 0.01, "without a drive the cavity is empty"),
        ({"C": 0, "drive": 1.0}, 0.01, "neither a turning point nor a steepest point"),
        ({"C": 14, "g": 1, "drive": 0.9}, 0.01, "`g` and `C` say the same twice"),
        ({"C": 14, "eta": 1, "drive": 0.9}, 0.01, "`eta` and `drive` say the same twice"),
        ({"C": 14, "drive": 0.9, "kappa": -1}, 0.01, "`kappa` must be a rate >= 0, but is -1.0"),
        ({"C": 14, "drive": 0.9, "kappa": 0}, 0.01, "`kappa` > 0"),
    ],
)
def test_bad_input(given, threshold, message):
    with pytest.raises(InputError) as caught:
        boundary(lambda: HomogeneousFamily(given), threshold)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


class Bump:
    """Deviations |a/N - b/N^2|: a maximum a^2/(4 b) at N = 2 b/a before they pass through zero."""

    def __init__(self, a, b):
        self.a, self.b = a, b

    def coherent_photons(self, order, N):
        return N * (1 + (self.a / N - self.b / N**2 if order == 1 else 0.0))


@pytest.mark.parametrize("share", [0.7, 0.9, 0.99])
@pytest.mark.parametrize("shift", [1.0, 1.3, 1.7, 2.2])
def test_a_maximum_above_the_threshold_is_not_stepped_over(share, shift):
    a, b = 10.0 * shift, 300.0
    threshold = share * a**2 / (4 * b)
    first = 2 * b / (a * (1 - (1 - share) ** 0.5))  # the larger root of a/N - b/N^2 = threshold
    assert boundary(lambda: Bump(a, b), threshold).N_sc == pytest.approx(first, rel=1e-6)
