"""Windows of a large cavity's blocks: predicted from a small cavity, judged by the certificate, equal to all blocks."""

import numpy as np
import pytest

import permsym as ps
from permsym import machine
from permsym.basis.blocks import Blocks
from permsym.errors import TooLarge
from permsym.matrixfree import BlockLiouvillian
from permsym.progress import silent
from permsym.steady import needs
from permsym.steady.cavity import window as block_window
from permsym.steady.cavity.beyond import Beyond
from permsym.steady.cavity.checkpoint import Checkpoint
from permsym.steady.cavity.iterate import solve_blocks
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.steady.cavity.window import on_window
from permsym.steady.plan import Request
from permsym.steady.scaling import blocks as predictions
from permsym.steady.scaling.blocks import BlockPrediction
from permsym.steady.solve import answer

N = 24
LABELS = ("ad a", "z1", "ad -1", "z1 z2", "+1 -2", "ad ad a a", "ad a z1")
CASES = {
    "resonant": {},
    "detuned": {"omega": 1.3},
    "dephased": {"gamma_phi": 0.2},
    "weakly coupled": {"g": 0.05},
    "strongly pumped": {"gamma_up": 1.0, "kappa": 0.5},
    "hardly pumped": {"gamma_up": 0.1, "gamma_down": 0.4},
}
SLOW = ("dephased", "strongly pumped")


def whole(model, levels):
    """The state on all blocks."""
    cut = model.with_levels(levels)
    return solve_blocks(Blocks.of(cut), cut, MatrixFree(), 1e-9, silent)


def prediction_of(small, N):
    return BlockPrediction(small.solution.blocks, small.x, small.solution.dual_sizes, N)


def windowed(model, tolerance, labels=LABELS):
    """The state on the window that :func:`permsym.steady.cavity.window.on_window` finds, and how many it tried."""
    lines = []
    state = on_window(Request.of(model, labels, tolerance=tolerance), model, MatrixFree(), lines.append, answer)
    return state, sum("of which the window" in line for line in lines)


@pytest.mark.parametrize("case", [pytest.param(case, marks=[pytest.mark.slow] * (case in SLOW)) for case in CASES])
@pytest.mark.quick("weakly coupled", "hardly pumped")
def test_a_window_is_certified_and_equals_all_blocks(case):
    model = ps.models.tavis_cummings(N=N, **CASES[case])
    state, tried = windowed(model, 1e-8)
    assert state.certificate.certified
    assert tried <= 3
    reference = whole(model, state.model.centre.levels + 6)
    assert state.dimension < reference.dimension
    assert not state.x[state.basis.populations[0]].imag.any()
    for label in LABELS:
        assert abs(state.moment(label) - reference.moment(label)) < state.error(label) < 1e-8


@pytest.mark.slow
def test_a_conserved_parity_is_predicted():
    """Coherences beyond the small system's are as of their own parity; the other parity's are zero, and left out."""
    model = ps.models.dicke(N=14, g=0.5 / np.sqrt(14), gamma_up=0, gamma_down=0.5)
    few = ps.steady_state(model.rescaled(5 / 14), moments=["ad a"], solver="matrix-free")
    prediction = prediction_of(few, 14)
    assert prediction.log_sizes((2, 6), 20).min() > -100
    assert prediction.log_sizes((1, 6), 20).max() == -np.inf
    state, tried = windowed(model, 1e-4, ["ad ad -1 -2", "ad a"])
    assert state.certificate.certified
    assert tried <= 2
    assert state.basis.numbers < 9500
    reference = whole(model, state.model.centre.levels + 6)
    for label in ("ad ad -1 -2", "ad a"):
        assert abs(state.moment(label) - reference.moment(label)) < state.error(label)


def test_a_driven_window_stays_small():
    """What leaves a window by conjugation is weighed by its neighbour's dual vector as well, not by the largest of all."""
    model = ps.models.driven_tavis_cummings(N=12, C=3, drive=0.2, kappa=4, gamma_p=0.2)
    state, tried = windowed(model, 1e-8, ["ad a", "a z1", "-1 -2"])
    assert state.certificate.certified
    assert tried <= 3  # g2 of 0.02 photons asks for more than the moments
    assert state.basis.numbers < 2500
    reference = whole(model, state.model.centre.levels + 6)
    for label in ("ad a", "a z1", "-1 -2"):
        assert abs(state.moment(label) - reference.moment(label)) < state.error(label)


def test_what_leaves_a_rough_window_is_not_underestimated():
    """Two-photon coupling on a window for a loose tolerance: dual vectors change much across its edge."""
    c, s = ps.Boson(), ps.Ensemble(13)
    jumps = [ps.Central(0.77, c.a), ps.Individual(1.0, s.p), ps.Individual(0.1, s.m), ps.Individual(0.3, s.z)]
    model = ps.Model(c, s, hamiltonian=0.4 * c.n + 0.6 / 13 * (c.a * c.a * s.p + c.ad * c.ad * s.m), jumps=jumps)
    labels = ("ad a", "z1", "+1 -2", "ad a z1", "ad ad a a", "ad ad -1")
    state, _ = windowed(model, 1e-4, labels)
    reference = whole(model, state.model.centre.levels + 8)
    for label in labels:
        assert abs(state.moment(label) - reference.moment(label)) < state.error(label)


@pytest.mark.slow
def test_moments_of_more_satellites_than_a_third_of_all():
    label = "+1 +2 +3 -4 -5 -6"
    model = ps.models.tavis_cummings(N=12)
    state, _ = windowed(model, 1e-8, [label])
    assert state.certificate.certified
    assert abs(state.moment(label) - whole(model, state.model.centre.levels + 6).moment(label)) < state.error(label)
    everyone = " ".join(f"z{n}" for n in range(1, 15))
    driven = ps.models.driven_tavis_cummings(N=14, C=1, drive=0.2)
    assert needs.may_cut_blocks(driven, "auto")
    assert ps.steady_state(driven, moments=[everyone], tolerance=1e-6).basis.boundary == "closed"


@pytest.mark.slow
def test_the_larger_the_tolerance_the_smaller_the_window():
    model = ps.models.tavis_cummings(N=N)
    sizes = [windowed(model, tolerance, ["ad a"])[0].dimension for tolerance in (1e-10, 1e-7, 1e-4)]
    assert sizes[0] > 1.2 * sizes[1] > 1.4 * sizes[2]
    assert 0.3 * sizes[2] < windowed(model, 1e9, ["ad a"])[0].dimension < sizes[2]  # and never empty


@pytest.fixture(scope="module")
def small():
    return ps.steady_state(ps.models.tavis_cummings(N=N).rescaled(1 / 3), moments=["ad a"], solver="matrix-free")


def test_populations_are_predicted(small):
    state = whole(ps.models.tavis_cummings(N=N), 30)
    place, block, n = state.basis.populations
    J, M = state.basis.outer[1:3, block]
    actual = state.x[place] * state.basis.population_traces
    predicted = prediction_of(small, N).log_populations(30)
    assert abs(np.exp(predicted).sum() - 1) < 1e-12
    likely = actual > 1e-14
    off = predicted[J // 2, (J + M) // 2, n][likely] - np.log(actual[likely])
    assert np.abs(off).max() < 0.2 * -np.log(1e-14)
    assert np.abs(off[actual[likely] > 1e-4]).max() < 3


def test_one_move_reaches_no_more_than_said(small):
    """The residual on the reached labels is that on all labels: nothing of L x lies elsewhere."""
    model = ps.models.tavis_cummings(N=N)
    prediction = prediction_of(small, N)
    every = Blocks.of(model.with_levels(prediction.levels))
    ranges = prediction.ranges(every, 1e-7)
    cut = model.with_levels(int((ranges.high + np.abs(every.difference[every.find(ranges.outer)[0]])).max()))
    blocks = Blocks.of(cut, ranges=ranges)
    operator = BlockLiouvillian(blocks)
    y = np.random.default_rng(0).standard_normal(blocks.numbers)
    reached = Beyond.of(operator, y)
    assert reached.wider.wide.numbers < 0.7 * Blocks.of(cut).numbers
    x = np.zeros(every.numbers)
    for e, label in zip(every.find(blocks.outer)[0], range(len(blocks.low)), strict=True):
        start = every.offset[e] + blocks.low[label]
        x[start : start + blocks.high[label] - blocks.low[label]] = y[blocks.offset[label] : blocks.offset[label + 1]]
    residual = BlockLiouvillian(every).matvec(x)
    assert np.abs(reached.residual).sum() == pytest.approx(np.abs(residual).sum(), rel=1e-12)


@pytest.mark.slow
def test_large_cavities_are_solved_on_windows(monkeypatch):
    """The automatic choice, against all blocks; of a cavity that is called large before it is."""
    assert needs.may_cut_blocks(ps.models.tavis_cummings(N=50), "auto")
    model = ps.models.tavis_cummings(N=32)
    assert not needs.may_cut_blocks(model, "auto")
    monkeypatch.setattr(needs, "block_crossover", lambda model: 32)
    state = ps.steady_state(model, moments=["ad a"], tolerance=1e-6)
    assert state.basis.boundary == "reflecting"
    assert state.certificate.certified
    assert 0 < state.certificate.edge_mass < 1e-9
    assert state.basis.numbers < 0.6 * Blocks.of(state.model).numbers  # below one half from N = 50 on
    monkeypatch.undo()
    every = ps.steady_state(state.model, moments=["ad a"], tolerance=1e-6)
    assert every.basis.boundary == "closed"
    assert abs(state.moment("ad a") - every.moment("ad a")) < state.error("ad a") < 1e-6


@pytest.mark.slow
def test_an_interrupted_solve_goes_on_with_its_window(tmp_path):
    model, path = ps.models.tavis_cummings(N=N), tmp_path / "iterate.npz"
    asked = []

    def counted(request):
        asked.append(request.model)
        return answer(request)

    def run(products, model=model):
        request = Request.of(model, ["ad a"], checkpoint=Checkpoint(path, every=0.0), tolerance=1e-8)
        return on_window(request, model, MatrixFree(products=products), silent, counted)

    first = run(400)  # not enough
    assert not first.solution.outcome.converged
    resumed = run(10_000)
    assert len(asked) == 1  # the window is that of the file
    assert resumed.certificate.certified
    assert resumed.dimension == first.dimension
    afresh, _ = windowed(model, 1e-8, ["ad a"])
    assert resumed.solution.outcome.products < 0.8 * afresh.solution.outcome.products
    assert abs(resumed.moment("ad a") - afresh.moment("ad a")) < resumed.error("ad a")
    with pytest.raises(ps.InputError, match="another model"):
        run(10_000, ps.models.tavis_cummings(N=N, kappa=2))


@pytest.mark.slow
def test_a_solve_killed_after_its_window_grew_goes_on_with_the_larger_one(tmp_path, monkeypatch):
    model, path = ps.models.tavis_cummings(N=N), tmp_path / "iterate.npz"
    sizes = []

    def run():
        return on_window(Request.of(model, ["ad a"], checkpoint=Checkpoint(path), tolerance=1e-8), model, MatrixFree(), silent, answer)

    def killed(blocks, *given):
        sizes.append(blocks.numbers)
        if len(sizes) == 2:
            raise KeyboardInterrupt
        return solve_blocks(blocks, *given)

    with monkeypatch.context() as patched:
        patched.setattr(predictions, "_AIM", 20.0)  # the first window is too small
        patched.setattr(block_window, "solve_blocks", killed)
        with pytest.raises(KeyboardInterrupt):
            run()
    resumed = run()
    assert resumed.basis.numbers == sizes[1] > sizes[0]
    assert resumed.certificate.certified
    assert resumed.solution.outcome.products < windowed(model, 1e-8, ["ad a"])[0].solution.outcome.products


@pytest.mark.slow
def test_a_window_beyond_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(machine, "available_bytes", lambda: 2.3e8)
    with pytest.raises(TooLarge, match=r"window needs about .* numbers"):
        windowed(ps.models.tavis_cummings(N=100), 1e-9)
