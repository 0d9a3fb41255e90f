"""The cut-off found at each model, and the models that have none."""

import pytest

import permsym as ps


def driven(**given):
    return ps.models.driven_tavis_cummings(**{"N": 3, "C": 6, "eta": 1.5} | given)


@pytest.mark.parametrize(
    "model",
    [
        ps.models.tavis_cummings(N=2, kappa=0),
        ps.models.tavis_cummings(N=1, kappa=0, gamma_up=0.2, gamma_down=0.2, gamma_phi=0.1),
    ],
    ids=["inverted", "infinite temperature"],
)
def test_no_normalisable_state_is_refused(model):
    with pytest.raises(ps.InputError, match=r"no normalisable steady state.*nothing takes photons out"):
        ps.steady_state(model)


def test_a_drive_without_loss_is_refused_from_one_satellite(monkeypatch):
    def small(model, *_):
        assert sum(model.sizes) == 1, "the search went on with the large system"
        return model, None

    monkeypatch.setattr("permsym.steady.planning.displaced", small)
    with pytest.raises(ps.InputError, match=r"no normalisable steady state.*nothing takes photons out"):
        ps.steady_state(ps.models.driven_tavis_cummings(10, g=1.0, eta=5.0, kappa=0.0))


@pytest.mark.parametrize("N", [1000, 10**6])
def test_a_cavity_beyond_the_memory_is_refused_at_once(monkeypatch, N):
    monkeypatch.setenv("PERMSYM_MEMORY", "2G")

    def beginning(model, _):
        assert max(model.sizes) <= 8, "larger systems are solved on the way"
        return 8

    monkeypatch.setattr("permsym.steady.fock_cutoff.predict_levels", beginning)
    with pytest.raises(ps.TooLarge, match=r"levels, but 2.15 GB are available; N=\d+ would fit"):
        ps.steady_state(ps.models.tavis_cummings(N))


def test_growth_stops_at_the_memory(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "70M")
    with pytest.raises(ps.TooLarge, match="the cut-off has grown to levels="):
        ps.steady_state(driven(N=3, eta=4.0))
