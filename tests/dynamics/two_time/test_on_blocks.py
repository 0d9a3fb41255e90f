"""Two-time functions of cavities by products alone: beside the whole product space, the assembled sectors, and larger cuts."""

import itertools
import warnings
from functools import cache

import numpy as np
import pytest
from core.test_charged_blocks import cavity
from oracles import systems
from oracles.two_time import TwoTime
from sampled import sampled

import permsym as ps
from permsym.basis.charged_blocks import window
from permsym.dynamics.two_time import of_state
from permsym.dynamics.two_time.asked import Asked
from permsym.dynamics.two_time.of_state import WrittenOut, way
from permsym.dynamics.two_time.on_blocks import OnBlocks
from permsym.errors import TooLarge
from permsym.steady.cavity.matrix_free import MatrixFree

TIMES = np.array([0.0, 0.3, 1.1, 4.0])
MODELS = {
    "resonant": ps.models.tavis_cummings(N=3, levels=10),
    "detuned": ps.models.tavis_cummings(N=3, omega=1.5, levels=10),
    "driven": ps.models.driven_tavis_cummings(2, C=4, eta=1, levels=6),
    "displaced": ps.models.driven_tavis_cummings(2, C=4, drive=1.5),
    "squeezed": systems.MODELS["squeezed_cavity"](2),
    "two photons": cavity(2),
    "two ensembles": cavity(1),
}
WORDS = [
    ("ad", "a", None),
    ("ad a", "a", "ad"),  # hermitian
    ("ad a", "ad a", None),  # neutral, and not hermitian
    ("a", "ad a a", "a"),
    ("ad ad a", "a a", "ad"),
]


def steady(model, **options):
    """Flagged where a test gives it too few levels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        return ps.steady_state(model, window="full", **options)


@cache
def state(name):
    return steady(MODELS[name], solver="matrix-free")


@pytest.fixture
def by_products(monkeypatch):
    """Small sectors, too."""
    monkeypatch.setattr(of_state, "_WRITTEN", 0)


@pytest.mark.parametrize(("name", "words"), sampled(list(itertools.product(MODELS, WORDS)), 12))
def test_equals_the_assembled_sectors(name, words, monkeypatch):
    of, right, left = words
    rho = state(name)
    written = rho.correlation(of, right, TIMES, left=left, tolerance=1e-11)
    monkeypatch.setattr(of_state, "_WRITTEN", 0)
    products = rho.correlation(of, right, TIMES, left=left, tolerance=1e-11)
    size = max(1.0, np.abs(written.values).max())
    assert np.abs(products.values - written.values).max() < 1e-11 * size
    assert abs(products.coherent - written.coherent) < 1e-12 * size


@pytest.mark.parametrize("words", [*WORDS, ("+ a", "z", None), ("ad", "- ad a", "z"), ("y", "x a", "ad")])
@pytest.mark.parametrize("name", ["cavity", "squeezed_cavity", "driven_cavity"])
@pytest.mark.quick("cavity-words0", "cavity-words5", "squeezed_cavity-words3", "driven_cavity-words1", "driven_cavity-words7")
def test_equals_the_whole_product_space(name, words, by_products):
    model = systems.MODELS[name](2)
    of, right, left = words
    rho = steady(model, solver="matrix-free")
    asked = Asked.checked(of, right, TIMES, left, 1e-12)
    assert isinstance(way(rho, asked, 0), OnBlocks)
    values = rho.correlation(of, right, TIMES, left=left, tolerance=1e-12).values
    expected = TwoTime(model).correlation(of, right, TIMES, left)
    assert np.abs(values - expected).max() < 2e-11 * max(1.0, np.abs(expected).max())


@pytest.mark.parametrize("words", WORDS[:3])
@pytest.mark.quick("words0")
def test_the_error_of_the_state_is_carried_along(words, by_products):
    model = systems.cavity(3).with_levels(12)
    exact = ps.steady_state(model, solver="superlu", tolerance=1e-3)
    rough = ps.steady_state(model, solver=MatrixFree(tolerance=1e-7), tolerance=1e-3)
    of, right, left = words
    fine, coarse = (each.correlation(of, right, TIMES, left=left, tolerance=1e-11) for each in (exact, rough))
    off = np.abs(coarse.values - fine.values)
    assert off.max() > 1e-12
    assert (off <= coarse.errors + fine.errors).all()
    assert off.max() < coarse.certificate.state < 10 * off.max()


def test_a_ratio_counts_the_error_of_its_unit(by_products):
    model = systems.cavity(3).with_levels(12)
    exact, rough = steady(model, solver="superlu").g2(TIMES), steady(model, solver=MatrixFree(tolerance=1e-6)).g2(TIMES)
    off = np.abs(rough.values - exact.values).max()
    assert off > 1e-11
    assert rough.certificate.state == pytest.approx(2 * off, rel=0.1)  # to first order, and twice that


@pytest.mark.parametrize("name", ["resonant", "driven"])
@pytest.mark.parametrize("words", [("ad", "a", None), ("a", "ad", None), ("ad a", "a", "ad")])
@pytest.mark.quick("words0-resonant", "words2-driven")
def test_a_low_cut_off_knows_what_it_leaves_out(name, words, by_products):
    of, right, left = words
    few, many = (steady(MODELS[name].with_levels(n), solver="matrix-free") for n in (5, 24))
    cut, whole = (each.correlation(of, right, TIMES, left=left) for each in (few, many))
    off = np.abs(cut.values - whole.values)
    assert off.max() > 1e-7
    assert (off <= cut.errors).all()
    assert not cut.certificate.certified


@pytest.mark.parametrize("eps", [1e-4, 1e-8])
@pytest.mark.quick("1e-08")
def test_a_window_knows_what_it_leaves_out(eps, by_products, monkeypatch):
    rho = steady(ps.models.tavis_cummings(N=12, levels=26), solver="matrix-free")
    whole = rho.correlation("ad", "a", TIMES)
    rho.basis.boundary = "reflecting"  # as if the state lived on a window, which is what has the charged blocks cut
    monkeypatch.setattr("permsym.dynamics.two_time.block_source.window", lambda *args: window(*args, eps=eps))
    monkeypatch.setattr("permsym.dynamics.two_time.on_blocks.defect", lambda state: (state.basis, np.zeros_like(state.x)))
    cut = rho.correlation("ad", "a", TIMES)
    off = np.abs(cut.values - whole.values)
    assert cut.dimension < 0.9 * whole.dimension
    assert (off <= cut.errors + whole.errors).all()
    assert 1e-3 * cut.certificate.cut < off.max()


@pytest.mark.slow
@pytest.mark.parametrize(("of", "right", "left"), [("ad", "a", None), ("ad a", "a", "ad"), ("ad a", "ad a", None)])
def test_a_state_on_a_window_has_functions_within_their_errors(of, right, left):
    model = ps.models.tavis_cummings(N=50, kappa=40, g=1, gamma_down=0.1, gamma_up=2.5)
    rho, whole = ps.steady_state(model), ps.steady_state(model, window="full")
    assert rho.basis.boundary == "reflecting"
    cut, full = (each.correlation(of, right, [0.0, 0.5, 2.0], left=left) for each in (rho, whole))
    off = np.abs(cut.values - full.values)
    assert (off <= cut.errors + full.errors).all()
    assert off.max() > 1e-12
    assert cut.dimension < 0.6 * full.dimension
    assert cut.certificate.certified


def test_large_sectors_are_propagated_by_products():
    rho = ps.steady_state(ps.models.tavis_cummings(N=15))
    asked = Asked.checked("ad", "a", TIMES, None, 1e-9)
    assert isinstance(way(rho, asked, 0), OnBlocks)
    single = Asked.checked("+1", "-1", TIMES, None, 1e-9)  # one satellite is not like the others
    assert isinstance(way(rho, single, 0), WrittenOut)
    pairs = rho.g2([0.0, 1.0])
    assert pairs.certificate.certified
    assert pairs.values[0].real == pytest.approx(rho.derived["g2"], rel=1e-9)


def test_too_large_is_refused_before_anything_is_made(monkeypatch, by_products):
    rho = state("resonant")
    monkeypatch.setenv("PERMSYM_MEMORY", "10k")
    monkeypatch.setattr("permsym.dynamics.two_time.block_source.Blocks.of", None)
    with pytest.raises(TooLarge, match="numbers of X") as refused:
        rho.correlation("ad", "a", TIMES)
    assert refused.value.needed > refused.value.available == 10 * 2**10
