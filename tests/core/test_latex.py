"""What models and operators print is their equation."""

import numpy as np

import permsym as ps


def test_terms_and_adjoints_are_written_together():
    c, s = ps.Boson(4), ps.Ensemble(3)
    drive = 0.5j * (c.ad - c.a)
    other = (0.3 + 0.1j) * c.a * s.p + (0.3 - 0.1j) * c.ad * s.m
    model = ps.Model(c, s, drive + other - 2 * c.ad**2 * c.a**2, [ps.Individual(0.25, s.m), ps.Collective(1, s.m)])
    lines = model._repr_latex_().splitlines()
    assert lines[2] == (
        r"H &= 0.5 i\, \left(a^{\dagger} - a\right) + \left((0.3 + 0.1 i) \sum_{n} a \sigma_{n}^{+} + \mathrm{h.c.}\right)"
        r" - 2\, a^{\dagger 2} a^{2} \\"
    )
    assert lines[3] == (
        r"\dot\rho &= -i\left[H, \rho\right] + 0.25\, \sum_{n} \mathcal{L}\left[\sigma_{n}^{-}\right]"
        r" + \mathcal{L}\left[\sum_{n} \sigma_{n}^{-}\right] \\"
    )


def test_a_model_prints_the_equation_of_info():
    model = ps.models.central_spin(N=16)
    assert [line.strip() for line in repr(model).splitlines()[1:]] == model.equation.splitlines()
    assert r"\gamma_{\mathrm{up}} = 1.5" in model._repr_latex_()


def test_operators_print_their_terms():
    c, s, t = ps.Spin(), ps.Ensemble(3), ps.Ensemble(2, name="B", levels=3)
    assert repr(0.5 * c.z - 1j * c.p * s.m + t.unit(0, 2)) == "0.5 [z0] - 1i [+0 -] + 1 [|0><2|@B]"
    assert repr(0 * c.z + 0.0) in ("0 [z0] + 0 [1]",)
    many = sum((t.operator(np.full((3, 3), k + 1.0)) for k in range(20)), start=0 * c.z)
    assert repr(many).endswith("(21 terms)")
