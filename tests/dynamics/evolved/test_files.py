"""States in files: the same numbers to the bit and the same errors, whatever the basis; what needs a solver says so."""

import numpy as np
import pytest

import permsym as ps


def written(state, path):
    state.save(path)
    again = ps.load_state(path)
    assert type(again) is type(state)
    return again


def same(state, again, labels):
    for label in labels:
        assert again.moment(label) == state.moment(label)
        assert again.error(label) == state.error(label)


STEADY = {
    "dicke": lambda: ps.steady_state(ps.models.central_spin(N=6)),
    "occupation": lambda: ps.steady_state(ps.models.tavis_cummings(N=2, levels=8), basis="occupation", tolerance=1e-2),
    "blocks": lambda: ps.steady_state(ps.models.tavis_cummings(N=1, levels=6), solver="matrix-free", tolerance=1e-1, moments=["z1"]),
    "weak": lambda: ps.steady_state(ps.models.driven_tavis_cummings(N=3, g=0.8, eta=0.001)),
}


@pytest.mark.parametrize("kind", STEADY)
def test_a_steady_state_comes_back_with_its_certificate(kind, tmp_path):
    state = STEADY[kind]()
    again = written(state, tmp_path / "state.h5")
    same(state, again, state.certificate.errors)
    assert again.certificate == state.certificate
    assert again.derived_errors == state.derived_errors
    assert again.basis.representation == state.basis.representation
    assert again.model.hash == state.model.hash


def test_new_questions_to_a_file_have_errors_that_hold(tmp_path):
    """A window of 4 standard deviations leaves 1e-4 out: what was not asked for before is off by less than the file says."""
    model = ps.models.central_spin(N=30)
    with pytest.warns(ps.UncertifiedWarning):
        state = ps.steady_state(model, window=4)
    exact, again = ps.steady_state(model), written(state, tmp_path / "state.h5")
    assert not again.certificate.certified
    for label in ("z1 z2 z3", "z0 +1 -2 z3", "z0 z1 z2 z3"):
        off = abs(again.moment(label) - exact.moment(label))
        assert 1e-8 < off < again.error(label) < 1


def test_what_needs_solves_says_that_the_state_is_from_a_file(tmp_path):
    again = written(STEADY["dicke"](), tmp_path / "state.h5")
    for question in (lambda: again.counting("L[-0]"), lambda: again.gradient("z0")):
        with pytest.raises(ps.InputError, match="this state comes from 'file'"):
            question()
    assert again.solver["written"]["name"] == "superlu"


def test_two_time_functions_and_evolutions_go_on_from_a_file(tmp_path):
    state = STEADY["dicke"]()
    again = written(state, tmp_path / "state.h5")
    expected, actual = (each.correlation("+0", "-0", [0, 1.5]) for each in (state, again))
    assert np.abs(actual.values - expected.values).max() < 1e-13
    assert (actual.errors >= np.abs(actual.values - expected.values)).all()
    assert abs(ps.evolve(state.model, [2], initial=again).moment("z0")[0] - state.moment("z0")) < 1e-12


def test_a_state_on_its_way_comes_back_with_all_its_sectors(tmp_path):
    model = ps.models.tavis_cummings(N=2, g=0.7)
    first = ps.evolve(model, [0, 0.5], initial="coherent=0.4 up", keep="all", moments=["a", "ad a"]).state(0.5)
    again = written(first, tmp_path / "state.h5")
    same(first, again, ["a", "ad a", "-1", "a a", "ad -1", "+1 +2"])
    assert again.origin == first.origin or again.origin._replace(model=first.origin.model) == first.origin
    assert (again.time, again.deviation(), again.lacking) == (first.time, first.deviation(), first.lacking)
    assert again.certificate == first.certificate
    later, same_later = (ps.evolve(model, [1.0], initial=state, moments=["a"]).moment("a")[0] for state in (first, again))
    assert later == same_later


def test_coherences_that_were_not_followed_are_lacking_in_the_file_too(tmp_path):
    state = ps.evolve(ps.models.central_spin(N=40), [0.1], initial="up bloch=pi/2,0", moments=["z0"]).state(0.1)
    again = written(state, tmp_path / "state.h5")
    assert again.lacking
    with pytest.raises(ps.InputError, match="lacks its coherences of charge 1"):
        again.moment("+1")


def test_density_operators_have_no_errors_in_files_either(tmp_path):
    model = ps.models.central_spin(N=2)
    density = ps.evolve(model, [0.3], initial="up down", keep="all").state(0.3).rotated("y", 0.3)
    plain = ps.DensityOperator(density.model, density.basis, density.x, coherences=density.coherences, deviation=1e-3)
    again = written(plain, tmp_path / "state.h5")
    assert np.array_equal(again.full(), plain.full())
    assert again.deviation() == 1e-3


def test_a_hermite_series_is_refused_by_name(tmp_path):
    state = ps.hermite_state(ps.models.central_spin(N=100_000, kappa=100_000 / 16), degree=12, tolerance=1e-3)
    with pytest.raises(ps.InputError, match="a Hermite series lists no coefficients"):
        state.save(tmp_path / "state.h5")
    assert not list(tmp_path.iterdir())


def test_a_header_that_makes_no_sense_is_refused(tmp_path):
    from permsym.archive import Archive

    for header in ({}, {"models": [], "bases": [], "state": {}}, {"models": [{}], "bases": [], "state": 3}):
        Archive("state", header).write(tmp_path / "state.h5")
        with pytest.raises(ps.InputError):
            ps.load_state(tmp_path / "state.h5")
