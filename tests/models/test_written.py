"""A model written as a file's text is an equal model when it is read."""

import numpy as np
import pytest

import permsym as ps
from permsym.errors import InputError
from permsym.sites import Continuous

LIBRARY = [
    ps.models.central_spin(N=7, g=1 / 3),
    ps.models.driven_tavis_cummings(N=4, g=1, eta=0.3),
    ps.models.two_ensembles(N=3),
    ps.models.three_level_laser(N=5),
    ps.models.collective_spins(N=6),
]


def odd_model():
    """Sites with names, matrices without letters, complex coefficients, products of sums, an offset in a jump, named jumps."""
    a, q, d = ps.Boson(5, name="x"), ps.Spin(name="q"), ps.Levels(3, name="d")
    s, t = ps.Ensemble(3, name="A"), ps.Ensemble(4, name="B", levels=3)
    energy = q.operator([[0.1, 0.2 - 0.3j], [0.2 + 0.3j, 0]]) + d.operator(np.diag([0.0, 1 / 3, 2.5e-7])) + a.n
    mixing = s.p * s.m + (0.3 + 0.1j) * a.a * s.p + (0.3 - 0.1j) * a.ad * s.m
    jumps = [
        ps.Central(1 / 7, a.a + 0.25j, name="leak"),
        ps.Individual(0.5, s.m),
        ps.Collective(0.3, t.operator([[0, 1j, 0], [0, 0, 0.5], [0, 0, 0]])),
    ]
    return ps.Model([a, q, d], [s, t], energy + mixing, jumps, name='an "odd" one', parameters={"g": 0.1})


@pytest.mark.parametrize("model", [*LIBRARY, odd_model()], ids=lambda model: model.name)
def test_text_and_back_is_equal(model):
    again = ps.models.from_toml(ps.models.to_toml(model))
    assert again == model
    assert again.hash == model.hash
    assert hash(again) == hash(model)


def test_a_changed_digit_is_another_model():
    model = LIBRARY[0]
    text = ps.models.to_toml(model)
    assert ps.models.from_toml(text.replace("0.3333333333333333", "0.3333333333333334")) != model
    assert model != model.resized(8)


def test_what_a_file_cannot_say_is_refused():
    cavity = ps.models.driven_tavis_cummings(N=4, g=1, eta=0.3)
    with pytest.raises(InputError, match="displaced"):
        ps.models.to_toml(cavity.displaced(1.0))
    with pytest.raises(InputError, match="whole numbers"):
        ps.models.to_toml(LIBRARY[0].resized(Continuous(7.5)))
    with pytest.raises(InputError, match="matrix units of one site"):
        ps.models.from_toml(ps.models.to_toml(cavity).replace('"a +"', '"(a + |0><1|)"'))
