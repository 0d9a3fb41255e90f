"""Fits against closed forms: a driven spin, and what its data say nothing of."""

import numpy as np
import pytest

import permsym as ps
from permsym.errors import InputError
from permsym.gradients.fitting import fit
from permsym.gradients.fitting.measured import Measured
from permsym.models.registry import source

DELTA = np.array([-1.5, -0.4, 0.3, 1.0])


def driven_spin(Omega=0.5, gamma=1.0, Delta=0.0):
    """H = Delta sz / 2 + Omega sx / 2, L[s-] with rate gamma."""
    s = ps.Ensemble(1)
    hamiltonian = Delta / 2 * s.z + Omega / 2 * s.x
    return ps.Model(None, s, hamiltonian, [ps.Individual(gamma, s.m)], parameters={"Omega": Omega, "gamma": gamma, "Delta": Delta})


def excited(Omega, gamma, Delta):
    """(Omega/2)^2 / (Delta^2 + (gamma/2)^2 + Omega^2/2)."""
    return Omega**2 / 4 / (Delta**2 + gamma**2 / 4 + Omega**2 / 2)


def slopes(Omega, gamma, Delta, h=1e-5):
    p = (excited(Omega + h, gamma, Delta) - excited(Omega - h, gamma, Delta)) / (2 * h)
    return np.stack([p, (excited(Omega, gamma + h, Delta) - excited(Omega, gamma - h, Delta)) / (2 * h)], axis=1)


def test_parameters_are_recovered_from_exact_points():
    data = {"Delta": DELTA, "p_up": excited(0.8, 1.3, DELTA), "p_up_sigma": np.full(4, 0.01)}
    fit = ps.fit(driven_spin, data, ["Omega", "gamma"])
    assert fit.values == pytest.approx({"Omega": 0.8, "gamma": 1.3}, abs=1e-9)
    J = slopes(0.8, 1.3, DELTA) / 0.01
    np.testing.assert_allclose(fit.covariance, np.linalg.inv(J.T @ J), rtol=1e-6)
    assert fit.correlation[0, 1] == pytest.approx(fit.covariance[0, 1] / np.prod(list(fit.errors.values())))
    assert fit.freedom == 2
    assert fit.chi2 < 1e-14
    assert fit.findings == ()
    assert "gamma" in str(fit)


def test_scatter_stands_for_errors_that_are_not_told():
    noise = 0.01 * np.array([1, -1, 1, 1])
    data = {"Delta": DELTA, "p_up": excited(0.8, 1.3, DELTA) + noise}
    plain = ps.fit(driven_spin, data, {"Omega": 0.75, "gamma": 1.2})
    told = ps.fit(driven_spin, {**data, "p_up_sigma": np.ones(4)}, {"Omega": 0.75, "gamma": 1.2})
    np.testing.assert_allclose(plain.covariance, told.covariance * told.chi2 / 2, rtol=1e-7)


def test_what_the_data_say_nothing_of_is_named():
    """On resonance there is the ratio alone."""
    data = {"p_up": [excited(0.8, 1.0, 0.0)] * 3, "p_up_sigma": [0.01] * 3}
    fit = ps.fit(driven_spin, data, {"Omega": 0.5, "gamma": 1.0})
    assert fit.values["Omega"] / fit.values["gamma"] == pytest.approx(0.8, rel=1e-9)
    assert np.isinf(list(fit.errors.values())).all()
    (sentence,) = fit.findings
    assert sentence.startswith("not determined: 0.71 d")
    assert "the data say nothing of it" in sentence
    assert np.abs(fit.directions[-1]) == pytest.approx([np.sqrt(0.5)] * 2, abs=1e-6)


def test_files_missing_points_and_complex_moments(tmp_path):
    rows = ["# measured in May", "Delta,Re(-1),Re(-1)_sigma,p_up,p_up_sigma"]
    for delta in DELTA:
        dipole = -0.8 * delta / 2 / (delta**2 + 1.3**2 / 4 + 0.8**2 / 2)
        rows.append(f"{delta},{dipole},0.01,{'' if delta == 0.3 else excited(0.8, 1.3, delta)},0.01")
    path = tmp_path / "points.csv"
    path.write_text("\n".join(rows))
    fit = ps.fit(driven_spin, path, ["Omega", "gamma"], bounds={"gamma": (0.1, 5)})
    assert fit.values == pytest.approx({"Omega": 0.8, "gamma": 1.3}, abs=1e-8)
    assert fit.freedom == 4 + 3 - 2


@pytest.mark.parametrize(
    ("data", "free", "said"),
    [
        ({"Delta": [0.1]}, ["Omega"], "no measured quantity"),
        ({"p_up": [0.1, 0.2], "Delta": [0.1]}, ["Omega"], "unequal lengths"),
        ({"p_up": [0.1], "p_up_sigma": [0]}, ["Omega"], "must be positive"),
        ({"p_up": [0.1], "z1": [1], "z1_sigma": [1]}, ["Omega"], "'p_up' has no column 'p_up_sigma'"),
        ({"p_up": ["x"]}, ["Omega"], "must be a list of numbers"),
        ({"photons": [1]}, ["Omega"], "'photons' is no parameter, no derived quantity and no moment"),
        ({"-1": [1]}, ["Omega"], r"complex; call the column Re\(-1\) or Im\(-1\)"),
        ({"p_up": [0.1], "Omega": [1]}, ["Omega"], "is free, but the data have a column of it"),
        ({"p_up": [0.1]}, ["omega"], "omega"),
        ({"p_up": [0.1]}, [], "must name the parameters"),
        ("nowhere.csv", ["Omega"], "cannot read 'nowhere.csv'"),
        ({"gamma": [1.0, -1.0], "p_up": [0.1, 0.2]}, ["Omega"], "rate .* negative|must be .*>= 0|-1"),
    ],
)
def test_mistakes_are_named(data, free, said):
    with pytest.raises(InputError, match=said) as caught:
        ps.fit(driven_spin, data, free)
    assert "\n" not in str(caught.value)


def test_every_point_is_looked_at_before_anything_is_solved(monkeypatch):
    """The second point has too few satellites for the moment."""

    def pairs(N, g=0.3):
        s = ps.Ensemble(N)
        return ps.Model(None, s, g * s.x, [ps.Individual(1.0, s.m)], parameters={"N": N, "g": g})

    monkeypatch.setattr(fit, "steady_state", lambda *_, **__: pytest.fail("solved too early"))
    with pytest.raises(InputError, match="needs 2 distinct satellites, but N=1"):
        ps.fit(pairs, {"N": [2, 1], "z1 z2": [0.5, 0.5]}, ["g"])


def test_a_doubt_is_of_the_values_that_were_settled_on():
    """What the search passed on its way is no matter."""
    problem = fit._Problem(
        source(driven_spin), Measured.of({"p_up": [0.2]}, ["Omega", "gamma", "Delta"], {"Omega": 0.5}), ["Omega"], {}, print
    )
    solved = problem._state

    def doubtful(model, wanted):
        state = solved(model, wanted)
        if model.parameters["Omega"] > 1:
            problem.uncertified = "a state is not certified: too bright"
        return state

    problem._state = doubtful
    problem.residuals(np.array([2.0]))
    assert problem.uncertified
    problem.residuals(np.array([0.5]))
    assert not problem.uncertified


def test_bounds_that_cannot_be():
    with pytest.raises(InputError, match="outside its bounds"):
        ps.fit(driven_spin, {"p_up": [0.1]}, ["Omega"], bounds={"Omega": (1, 2)})


@pytest.mark.slow
def test_the_covariance_is_that_of_replicas():
    rng, sigma = np.random.default_rng(7), 0.003
    fits = []
    for _ in range(100):
        data = {"Delta": DELTA, "p_up": excited(0.8, 1.3, DELTA) + sigma * rng.normal(size=4), "p_up_sigma": np.full(4, sigma)}
        fits.append(ps.fit(driven_spin, data, ["Omega", "gamma"]))
    points = np.array([list(fit.values.values()) for fit in fits])
    pulls = (points - [0.8, 1.3]) / np.sqrt(np.diag(fits[0].covariance))
    assert np.abs(pulls.mean(axis=0)).max() < 0.3  # three standard deviations of a mean of 100
    np.testing.assert_allclose(pulls.std(axis=0), 1, atol=0.22)
    assert np.corrcoef(points.T)[0, 1] == pytest.approx(fits[0].correlation[0, 1], abs=0.1)


def test_what_is_given_twice_is_refused():
    data = {"kappa": [1.0, 2.0], "photons": [0.4, 0.3]}
    for fixed, words in ({"gamma_up": 0.3}, "is free, too"), ({"kappa": 1.0}, "a column of the data"):
        with pytest.raises(InputError, match=words):
            ps.fit("tavis-cummings", data, ["gamma_up"], N=1, **fixed)
    with pytest.raises(InputError, match="must be \\(least, most\\)"):
        ps.fit("tavis-cummings", data, {"g": 0.4}, N=1, bounds={"g": 1.0})


def test_tables_of_spreadsheets_and_their_mistakes(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes("\ufeffkappa;photons\n1;0.15\n2;0.1\n".encode())
    fitted = ps.fit("tavis-cummings", path, {"g": 0.4}, N=1)
    assert fitted.values["g"] > 0
    for text, words in ("kappa,kappa,photons\n1,1,2\n", "appears twice"), ("kappa,photons\n1,\n", "only empty cells"):
        path.write_text(text)
        with pytest.raises(InputError, match=words):
            ps.fit("tavis-cummings", path, {"g": 0.4}, N=1)


def test_without_a_point_to_spare_errors_are_unknown_and_said_so():
    fitted = ps.fit("tavis-cummings", {"photons": [0.15]}, {"g": 0.4}, N=1)
    assert np.isinf(fitted.errors["g"])
    assert any("no point is left over" in words for words in fitted.findings)


def test_each_point_is_asked_for_what_was_measured_there_alone():
    """One satellite has no pairs; where pairs are measured at another size, and single spins at this one, there is nothing wrong."""
    states = {N: ps.steady_state(ps.models.central_spin(N=N, g=0.4)) for N in (1, 2)}
    rows = {"N": [1, 2], "z1": [states[1].moment("z1").real, np.nan], "z1 z2": [np.nan, states[2].moment("z1 z2").real]}
    fitted = ps.fit("central-spin", rows, {"g": 0.5})
    assert abs(fitted.values["g"] - 0.4) < 1e-6
    with pytest.raises(InputError, match="z1 z2"):  # in a later row of the same point
        ps.fit("central-spin", {"N": [1, 1], "z1": [0.4, np.nan], "z1 z2": [np.nan, 0.1]}, {"g": 0.5})
