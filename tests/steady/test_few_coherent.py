"""Cut of the number of coherent atoms: what is left out, and what the certificate says of it."""

import numpy as np
import pytest
from oracles import atoms

import permsym as ps
from permsym.basis.coherent import FewCoherent
from permsym.basis.representations import populated_dimension


@pytest.mark.parametrize(("N", "order", "unknowns"), [(12, 6, 269_000), (20, 4, 296_000)])
def test_unknowns(N, order, unknowns):
    """Of a design page, to three digits; and of small ones those that are made."""
    assert abs(FewCoherent(atoms.driven_lambda(N, 10), order).count() / unknowns - 1) < 2e-3
    small = FewCoherent(atoms.driven_lambda(3, 4), 2)
    assert small.count() == small.dimension < populated_dimension(atoms.driven_lambda(3, 4))
    coherences = [t for t in range(9) if t % 4]
    assert small.labels[2:][coherences].sum(axis=0).max() == 2
    assert FewCoherent(atoms.driven_lambda(3, 4), 3).count() == populated_dimension(atoms.driven_lambda(3, 4))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")
def test_errors_fall_with_every_order_and_are_estimated(tmp_path):
    model = atoms.driven_lambda(6, 6)
    exact = ps.steady_state(model, moments=["ad a", "|2><2|1"])
    errors, before = [], None
    for order in (2, 3, 4):
        state = ps.steady_state(model, moments=["ad a", "|2><2|1"], window=ps.Cut(order))
        assert abs(sum(state.moment(f"|{k}><{k}|1") for k in range(3)) - 1) < 1e-12
        for label in ("ad a", "|2><2|1"):
            off = abs(state.moment(label) - exact.moment(label))
            assert off < state.certificate.errors[label]
            left_out = abs(state.moment(label) - before.moment(label)) if before else np.inf
            assert off < left_out
        before = state
        errors.append(abs(state.moment("ad a") - exact.moment("ad a")))
    assert np.all(np.array(errors[1:]) < np.array(errors[:-1]) / 4)
    assert state.certificate.errors["ad a"] < 5e-4  # most of it the cut-off's; what moves that are left out would feed is 1.3e-3
    state.save(tmp_path / "state.h5")
    assert ps.load_state(tmp_path / "state.h5").moment("ad a") == state.moment("ad a")


def test_refusals():
    with pytest.raises(ps.InputError, match="window=Cut"):
        ps.steady_state(atoms.driven_lambda(3, 4), window=ps.Cut(3, 1e-9))
