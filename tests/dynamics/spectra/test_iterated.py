"""Where factors would fill, spectra, lines and eigenvalues iterate, and are what factors give."""

import numpy as np
import pytest
from oracles import systems

import permsym as ps
from permsym.dynamics import factors
from permsym.dynamics.factors import factors_of
from permsym.steady import needs


@pytest.mark.slow
@pytest.mark.parametrize("name", ["charged_two_ensembles", "two_ensembles"])
def test_iterations_give_what_factors_give(name, monkeypatch):
    model = systems.MODELS[name](2)
    state = ps.steady_state(model, moments="z0", solver="superlu")
    frequencies = [-0.6, 0.1, 0.8]

    def everything():
        line = ps.linewidth(state)
        assert line.certified
        power, near = ps.spectrum(state, frequencies), ps.eigenvalues(model, k=3)
        return [line.eigenvalue, line.weight, line.half_maximum, *power.power, *near.eigenvalues], power.errors, near.solver.direct

    before, _, direct = everything()
    assert isinstance(direct, ps.SuperLU)
    monkeypatch.setattr(needs, "_FACTORED", 10)
    monkeypatch.setattr(factors, "_MANY_SOLVES", 10)
    after, errors, direct = everything()
    assert isinstance(direct, ps.BiCGStab)
    assert np.abs(np.array(after) - before).max() < 1e-10
    assert errors.max() < 1e-11


def test_what_does_not_fit_is_refused(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "10MB")
    with pytest.raises(ps.TooLarge, match="unknowns"):
        factors_of(systems.charged_two_ensembles(12), "dicke", 100_000, (1,))
