"""Bounds of every class of models: the exact value is inside, and the verifier agrees."""

import json

import pytest

import permsym as ps
from permsym.bounding.relaxed.relaxation import Relaxation
from permsym.bounding.verify import verify
from permsym.errors import NotApplicable


def detuned():
    return ps.models.central_spin(N=5, omega=6, gamma_phi=0.3, kappa_phi=0.2), "z0", (0, 1)


def two_ensembles():
    c, a, b = ps.Spin(), ps.Ensemble(3, "A"), ps.Ensemble(2, "B")
    hamiltonian = 0.75 * (c.p * a.m + c.m * a.p) + 0.6 * (c.p * b.m + c.m * b.p)
    jumps = [ps.Central(0.3, c.m), ps.Individual(1.5, a.p), ps.Individual(0.5, a.m), ps.Individual(1.1, b.p), ps.Collective(0.7, b.m)]
    return ps.Model(c, [a, b], hamiltonian, jumps), "z1@B", (0, 1, 1)


def three_levels():
    c, s = ps.Levels(3), ps.Ensemble(4)
    hamiltonian = 0.5 * c.unit(1, 1) + 1.1 * c.unit(2, 2) + 0.4 * (c.unit(1, 0) * s.m + c.unit(0, 1) * s.p)
    hamiltonian += 0.3 * (c.unit(2, 1) * s.m + c.unit(1, 2) * s.p)
    jumps = [ps.Central(0.3, 0.3 * c.unit(0, 1) + 0.9 * c.unit(1, 2)), ps.Individual(1.5, s.p), ps.Individual(0.5, s.m)]
    return ps.Model(c, s, hamiltonian, [*jumps, ps.Individual(0.2, c.unit(0, 0) * s.m)]), "|1><1|0", None


def levels_of_satellites():
    c, s = ps.Spin(), ps.Ensemble(3, levels=3)
    hamiltonian = 0.4 * (c.p * s.unit(0, 1) + c.m * s.unit(1, 0))
    jumps = [ps.Central(0.3, c.m), ps.Individual(0.7, s.unit(2, 1)), ps.Individual(0.9, s.unit(0, 2)), ps.Individual(0.6, s.unit(1, 0))]
    return ps.Model(c, s, hamiltonian, jumps), "|1><1|1", None


def without_symmetry():
    c, s = ps.Spin(), ps.Ensemble(5)
    jumps = [ps.Central(0.5, c.m), ps.Individual(0.4, s.m), ps.Individual(0.3, 0.2 * s.p + 0.1j * s.z)]
    return ps.Model(c, s, 0.7 * c.x + 0.4 * s.x + 0.5 * c.z + 0.3 * c.z * s.z, jumps), "z0", None


def cavity():
    return ps.models.tavis_cummings(N=5), "ad a", None


def crystal(N=8, w=1.5):
    """The boundary time crystal: a drive, and collective losses of a fixed total spin."""
    s = ps.Ensemble(N, j=N / 2)
    return ps.Model(None, s, w / 2 * s.x, [ps.Collective(2 / N, s.m)]), "z1", None


def satellites_alone():
    s = ps.Ensemble(5)
    return ps.Model(None, s, 0.3 * s.x, [ps.Collective(0.2, s.m), ps.Individual(0.5, s.m), ps.Individual(0.1, s.p)]), "z1", None


@pytest.mark.parametrize(
    "case",
    [crystal, satellites_alone, detuned, two_ensembles, three_levels, levels_of_satellites, without_symmetry, cavity],
    ids=lambda case: case.__name__,
)
@pytest.mark.quick("crystal", "satellites_alone", "cavity")
def test_the_exact_value_is_inside_and_the_verifier_agrees(case):
    model, label, _ = case()
    b = ps.bounds(model, label, degree=2 if case in (cavity, crystal) else 1)
    exact = ps.steady_state(model).moment(label).real
    assert b.lower < exact < b.upper
    assert verify(b.certificate) == []


def test_resonant_models_are_real_and_others_are_not():
    """The phases that make all moments real: those of the centre's excitations on resonance, none with a detuning."""
    assert Relaxation(ps.models.central_spin(N=5), 2).unknowns.gauge == (0, 1)
    assert Relaxation(detuned()[0], 2).unknowns.gauge is None
    assert Relaxation(two_ensembles()[0], 2).unknowns.gauge == (0, 1, 1)


def test_imaginary_parts():
    model, _, _ = detuned()
    state = ps.steady_state(model)
    value = state.moment("+0 -1").imag
    b = ps.bounds(model, "Im +0 -1", degree=2)
    assert b.lower < value < b.upper
    assert b.width < 0.1
    assert not b.excludes(state)
    assert b.excludes(-value)
    assert verify(b.certificate) == []


def test_half_degrees_are_between_whole_ones():
    model = ps.models.central_spin(N=10)
    widths = [ps.bounds(model, "z0", degree=d).width for d in (1, 1.5, 2)]
    assert widths[0] > widths[1] > widths[2]


def test_a_degenerate_steady_state_is_bounded_as_a_whole():
    """Satellites that only dephase retain <z1>, whatever it was: the interval holds all values."""
    c, s = ps.Spin(), ps.Ensemble(2)
    jumps = [ps.Central(1.0, c.m), ps.Central(0.5, c.p), ps.Individual(1.0, s.z)]
    b = ps.bounds(ps.Model(c, s, 0.5 * c.z * s.z, jumps), "z1", degree=1.5)
    assert b.lower == pytest.approx(-1, abs=1e-6)
    assert b.upper == pytest.approx(1, abs=1e-6)
    assert "degenerate" in b.notes[0]


def certain_centre():
    """The centre is down for certain, and the satellites only dephase."""
    c, s = ps.Spin(), ps.Ensemble(2)
    return ps.Model(c, s, 0.5 * c.z * s.z, [ps.Central(1.0, c.m), ps.Individual(1.0, s.z)])


def decaying():
    """Satellites of any total spin that decay together: all states without a photon to give are dark."""
    s = ps.Ensemble(20)
    return ps.Model(None, s, 0.3 * s.z, [ps.Collective(1.0, s.m)])


@pytest.mark.parametrize(
    ("model", "label", "degree", "interval"),
    [
        (certain_centre(), "z0", 1, (-1, -1)),
        (certain_centre(), "z1", 1, (-1, 1)),
        (ps.models.central_spin(N=10**6, gamma_up=0), "p0_up", 1, (0, 0)),
        (ps.models.tavis_cummings(N=5, gamma_up=0), "ad a", 1, (0, 0)),
        (ps.models.tavis_cummings(N=5, gamma_up=0), "z1", 2, (-1, -1)),
        (decaying(), "z1", 1, (-1, 0)),
    ],
    ids=["certain", "beside it", "spins", "vacuum", "emitters", "dark"],
)
@pytest.mark.quick("beside it", "vacuum")
def test_a_state_on_the_boundary_is_bounded_on_its_face(model, label, degree, interval):
    b = ps.bounds(model, label, degree=degree)
    assert (b.lower, b.upper) == pytest.approx(interval, abs=1e-6)
    assert b.certificate["null"]
    assert verify(b.certificate) == []
    assert (b.exact[0] == b.exact[1]) == (interval[0] == interval[1])


def test_rows_that_are_not_shown_to_vanish_are_refused():
    """Without the proof of the vacuum nothing that leans on it is proved; and a lossless mode does not prove it."""
    document = json.loads(json.dumps(ps.bounds(ps.models.tavis_cummings(N=5, gamma_up=0), "ad a", degree=1).certificate))
    assert verify(document) == []
    steps, document["null"] = document["null"], []
    assert verify(document) == ["ad a, lower: not proved", "ad a, upper: not proved"]
    document["null"] = steps
    next(jump for jump in document["model"]["jumps"] if jump["kind"] == "central")["rate"] = 0.0
    assert "null rows, 0: not proved" in verify(document)


def test_what_is_still_on_the_boundary_is_refused_in_words():
    """Satellites that decay together have dark states of every total spin, which no single square shows at this degree."""
    with pytest.raises(NotApplicable, match="no point inside"):
        ps.bounds(decaying(), "z1", degree=2)


def test_a_crystal_of_a_million_spins():
    """Its mean field, -sqrt(1 - w^2), is off by 1/N of it."""
    b = ps.bounds(crystal(10**6, 0.5)[0], "z1", degree=2)
    assert b.lower < -0.8660254 + 2e-6 < b.upper + 4e-6
    assert b.width < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "label", "degree", "lower", "upper"),
    [
        (ps.models.tavis_cummings(N=10), "ad a", 2.5, 0.78, 1.25),
        (ps.models.tavis_cummings(N=10), "ad a", 4, 0.98, 1.138),
        (ps.models.tavis_cummings(N=1000), "ad a", 3, 40.4, 86.84),
        (ps.models.central_spin(N=20, omega=6), "p0_up", 3, 0.33065, 0.35345),
        (crystal(100, 0.5)[0], "z1", 3, -0.865903942, -0.865903309),
        (crystal(100, 1.5)[0], "z1", 3, -0.01075, 0.00225),
        (crystal(10**6, 0.5)[0], "z1", 4, -0.86602541, -0.86602537),
        (crystal(10**6, 1.5)[0], "z1", 4, -0.0010136, 0.0010128),
    ],
    ids=[
        "cavity 10",
        "cavity 10 order 8",
        "cavity 1000",
        "detuned 20",
        "crystal 100",
        "crystal 100 melted",
        "crystal a million",
        "melted a million",
    ],
)
def test_intervals_are_as_narrow_as_the_prototypes(model, label, degree, lower, upper):
    b = ps.bounds(model, label, degree=degree, gap=1e-5 if label == "ad a" else 1e-7)
    assert lower <= b.lower < b.upper <= upper
