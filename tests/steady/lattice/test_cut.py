"""Cut lattices of several ensembles: errors are what is said of them, and the tolerance decides how much is cut."""

import json

import pytest

import permsym as ps
from permsym.basis.several import Cut
from permsym.cli import main
from permsym.errors import InputError, TooLarge
from permsym.steady import several
from permsym.steady.lattice import cut as cutting
from permsym.steady.solve import plan_of

pytestmark = pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")
ENSEMBLES = "".join(f'[[ensembles]]\nname = "{name}"\nN = "N"\n' for name in "AB")
COUPLINGS = "".join(f'[[hamiltonian]]\ncoefficient = 0.6\noperator = "{one}"\n' for one in ("+0 -@A", "-0 +@A", "+0 -@B", "-0 +@B"))
RATES = [("central", 1.0, "-0"), *(("individual", rate, sign + e) for e in ("@A", "@B") for rate, sign in ((1.2, "+"), (0.5, "-")))]
LABELS = ["z0", "z1@B", "+1@A -1@B"]


def ensembles(*sizes, detuning=0.3, kappa=None):
    """A lossy spin between pumped ensembles of different couplings."""
    c = ps.Spin()
    hamiltonian, jumps = 0 * c.z, [ps.Central(sum(sizes) / 16 if kappa is None else kappa, c.m)]
    for i, N in enumerate(sizes):
        s = ps.Ensemble(N, "ABC"[i])
        hamiltonian = hamiltonian + (0.75 - 0.2 * i) * (c.p * s.m + c.m * s.p) + detuning * i * s.z
        jumps += [ps.Individual(1.5 - 0.5 * i, s.p), ps.Individual(0.5, s.m)]
    return ps.Model(c, [ps.Ensemble(N, "ABC"[i]) for i, N in enumerate(sizes)], hamiltonian, jumps)


@pytest.fixture(scope="module")
def whole():
    return ps.steady_state(ensembles(7, 5), moments=LABELS, window="full")


@pytest.mark.parametrize("cut", [Cut(2), Cut(4), Cut(12, 1e-4), Cut(4, 1e-6)], ids=str)
@pytest.mark.slow
def test_the_error_is_the_one_that_is_said(whole, cut):
    state = ps.steady_state(ensembles(7, 5), moments=LABELS, window=cut)
    assert state.plan.window == cut
    assert state.plan.unknowns == state.basis.dimension
    for label in LABELS:
        difference = abs(state.moment(label) - whole.moment(label))
        assert 1e-13 < difference <= state.error(label) < 1e3 * difference
    assert not state.certificate.certified
    assert state.certificate.to_dict()["errors_are"] == "estimates"
    assert whole.certificate.to_dict()["errors_are"] == "bounds"


def test_three_ensembles_cut_at_the_order_of_the_smallest():
    """Nothing is cut, in fact."""
    whole = ps.steady_state(ensembles(3, 2, 2), moments=LABELS, window="full")
    state = ps.steady_state(ensembles(3, 2, 2), moments=LABELS, window=Cut(3))
    assert state.certificate.certified
    for label in LABELS:
        assert abs(state.moment(label) - whole.moment(label)) < 1e-13


def test_the_tolerance_decides(monkeypatch):
    monkeypatch.setattr(several, "MOST", 1000)
    monkeypatch.setattr(cutting, "_SMALLEST", 3000)
    state = ps.steady_state(ensembles(6, 6), moments=["z0"], tolerance=1e-3)
    assert state.plan.window == Cut(3, 1e-5)
    assert "too long" in state.plan.why
    assert plan_of(ensembles(6, 6)).window == Cut(8, 1e-11)
    monkeypatch.setattr(cutting, "MANY", 2000)
    assert plan_of(ensembles(6, 6), solver="bicgstab").window != Cut(8, 1e-11)
    assert plan_of(ensembles(6, 6), solver="superlu").window == "full"


def test_too_little_memory_is_refused(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "10M")
    with pytest.raises(TooLarge, match=r"unknowns\), but 10"):
        ps.steady_state(ensembles(8, 8), window=Cut(4, 1e-6))


@pytest.mark.slow
def test_a_cut_is_written_in_files_and_on_the_command_line(tmp_path, capsys):
    """As ORDER/SHARE, and computed again from the file."""
    path, out = tmp_path / "two.toml", tmp_path / "cut.nc"
    jumps = "".join(f'[[jumps]]\nkind = "{k}"\nrate = {r}\noperator = "{o}"\n' for k, r, o in RATES)
    path.write_text(f'[parameters]\nN = 4\n[centre]\nkind = "spin"\n{ENSEMBLES}{COUPLINGS}{jumps}')
    assert main(["solve", str(path), "--window", "4/1e-6", "--moment", "z0", "--json", "--tolerance", "0.1", "-o", str(out)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["plan"]["window"] == str(Cut(4, 1e-6))
    assert main(["rerun", str(out)]) == 0
    assert main(["solve", str(path), "--window", "4/2"]) == 1
    assert "4/2" in capsys.readouterr().err


def test_a_state_on_a_cut_comes_back_from_a_file(tmp_path):
    state = ps.steady_state(ensembles(4, 3), moments=["z0"], window=Cut(2, 1e-4))
    state.save(tmp_path / "cut.state")
    again = ps.load_state(tmp_path / "cut.state")
    assert (again.basis.cut, again.basis.dimension) == (Cut(2, 1e-4), state.basis.dimension)
    for label in ("z0", "+1@A -1@B"):
        assert again.moment(label) == state.moment(label)
    assert again.error("z0") == state.error("z0")


def test_what_cannot_be_cut():
    c, s = ps.Boson(6), ps.Ensemble(3)
    b = ps.Ensemble(3, "B")
    cavity = ps.Model(
        c, [s, b], c.a * s.p + c.ad * s.m + c.a * b.p + c.ad * b.m, [ps.Central(1, c.a), ps.Individual(1, s.m), ps.Individual(1, b.m)]
    )
    for model in (cavity, ps.models.central_spin(N=5)):
        with pytest.raises(InputError, match="a cut needs several ensembles"):
            ps.steady_state(model, window=Cut(4))
    with pytest.raises(InputError, match="a cut needs"):
        ps.steady_state(ensembles(3, 3), window=Cut(4), solver="superlu")


def test_a_coarse_cut_is_solved_as_well():
    """Its equations are solved to less than its share, and not to less than an iteration that has failed."""
    state = ps.steady_state(ensembles(5, 5), moments="z0", window=Cut(5, 1e-2))
    whole = ps.steady_state(ensembles(5, 5), moments="z0", window="full")
    assert 1e-5 < abs(state.moment("z0") - whole.moment("z0")) <= state.error("z0")


@pytest.mark.slow
def test_the_reference_of_20_and_20():
    c, a, b = ps.Spin(), ps.Ensemble(20, "A"), ps.Ensemble(20, "B")
    hamiltonian = 0.75 * (c.p * (a.m + b.m) + c.m * (a.p + b.p))
    jumps = [ps.Central(2.5, c.m), *(ps.Individual(rate, x) for e in (a, b) for rate, x in ((1.5, e.p), (0.5, e.m)))]
    state = ps.steady_state(ps.Model(c, [a, b], hamiltonian, jumps), moments="z0", window=Cut(6, 1e-9))
    assert 1e-10 < abs(state.derived["p0_up"] - 0.53159719187125) <= state.derived_errors["p0_up"] < 1e-6
