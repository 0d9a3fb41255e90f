"""permsym correlate: the document, the table, the file, mistakes."""

import json

import numpy as np
import pytest
from command_line import run

import permsym as ps

CENTRAL_SPIN = ("central-spin", "N=2")


def correlated(capsys, *words):
    code, out, _ = run(capsys, "correlate", *words, "--json")
    assert code == 0
    return json.loads(out)


def test_the_published_numbers(capsys):
    pairs = correlated(capsys, *CENTRAL_SPIN, "--g2", "--times", "0:1:2")
    assert pairs["times"] == [0, 0.5, 1]
    assert pairs["values"][1] == pytest.approx([0.239217104, 0], abs=1e-9)
    assert pairs["coherent"] == pytest.approx([1, 0], abs=1e-12)
    assert pairs["certificate"]["certified"]
    assert len(pairs["errors"]) == 3
    assert max(pairs["errors"]) == pairs["certificate"]["error_estimate"] < 1e-12
    assert pairs["plan"]["route"] == "lattice"
    field = correlated(capsys, *CENTRAL_SPIN, "--g1", "--times", "0:1:2")
    assert field["values"][0] == pytest.approx([1, 0], abs=1e-14)
    same = correlated(capsys, *CENTRAL_SPIN, "--of", "+1", "--right", "-1", "--times", "0:1:2")
    other = correlated(capsys, *CENTRAL_SPIN, "--of", "+2", "--right", "-1", "--times", "0:1:2")
    assert same["values"][1] == pytest.approx([0.361410326, 0.197439361], abs=1e-9)
    assert other["values"][1] == pytest.approx([0.003586403, 0.001959261], abs=1e-9)


@pytest.mark.parametrize("spelled", [("+", "-"), ("+@A", "-@A"), ("+1@A", "-1@A"), ("+0 z", "-0")])
def test_operators_may_begin_with_a_minus(capsys, spelled):
    of, right = spelled
    left = ("--left", "-1@A") if of == "+@A" else ()
    data = correlated(capsys, *CENTRAL_SPIN, "--of", of, "--right", right, *left, "--times", "0:1:1")
    state = ps.steady_state(ps.models.central_spin(N=2))
    expected = state.correlation(of, right, [0, 1], left="-1@A" if left else None)
    assert np.allclose(np.array(data["values"]) @ [1, 1j], expected.values, rtol=0, atol=1e-13)
    assert data["of"] == of


def test_from_an_initial_state(capsys):
    model = ("tavis-cummings", "N=2")
    words = ("--times", "0:2:2", "--initial", "coherent=0.5 up", "--from", "0.7")
    data = correlated(capsys, *model, "--of", "ad a", "--right", "a", "--left", "ad", *words)
    assert data["initial"] == "coherent=0.5 up"
    assert data["from"] == 0.7
    assert data["plan"] is None
    moving = ps.evolve(ps.models.tavis_cummings(N=2), [0.7, 1.7, 2.7], initial="coherent=0.5 up", moments=["ad a", "ad ad a a"])
    assert data["values"][0] == pytest.approx([moving.moment("ad ad a a")[0].real, 0], abs=1e-8)
    pairs = correlated(capsys, *model, "--g2", *words)
    n = moving.derived["photons"]
    assert np.allclose(np.array(pairs["values"])[:, 0], np.array(data["values"])[:, 0] / (n[0] * n), rtol=0, atol=1e-7)
    field = correlated(capsys, *model, "--g1", *words)
    assert field["values"][0] == pytest.approx([1, 0], abs=1e-9)
    assert abs(np.array(field["values"])[1] @ [1, 1j]) < 1


def test_the_file_and_the_table(capsys, tmp_path):
    file = tmp_path / "x.nc"
    words = (*CENTRAL_SPIN, "--g2", "--times", "0:3:6", "-o", str(file))
    code, out, _ = run(capsys, "correlate", *words)
    assert code == 0
    assert "g2(tau)" in out
    assert "+0.239217104164" in out
    assert "certified: error_estimate" in out
    saved = ps.open_dataset(file)
    assert saved["moment_real"].dims == ("delay", "moment")
    assert saved["delay"].values.tolist() == np.linspace(0, 3, 7).tolist()
    data = correlated(capsys, *words[:-2])
    assert saved["moment_real"].sel(moment="g2(tau)").values.tolist() == [value[0] for value in data["values"]]
    assert saved["moment_error"].sel(moment="g2(tau)").values == pytest.approx(data["errors"], rel=1e-6)
    assert json.loads(saved.attrs["definition"])["order"] == 2


def test_what_is_not_certified_says_so(capsys):
    code, out, err = run(capsys, "correlate", "tavis-cummings", "N=2", "levels=5", "--g2", "--times", "0:1:1")
    assert code == 3
    assert "NOT CERTIFIED" in out
    assert "not certified: the error estimate is" in err


@pytest.mark.parametrize(
    ("words", "code", "fragment"),
    [
        (("--times", "0:1:2"), 2, "one of the arguments --g1 --g2 --of is required"),
        (("--g1", "--g2", "--times", "0:1:2"), 2, "not allowed with"),
        (("--of", "+", "--times", "0:1:2"), 2, "--of and --right go together"),
        (("--g2", "--left", "+0", "--times", "0:1:2"), 2, "--of and --right go together"),
        (("--g2", "--times", "0:1:2", "--from", "1"), 2, "give --initial"),
        (("--g2",), 2, "--times"),
        (("--g2", "--times", "1:0:2"), 1, "0 <= T0 <= T1"),
        (("--g2", "--times", "0:1:2", "--initial", "upp"), 1, "'upp' is no state"),
        (("--g2", "--times", "0:1:2", "--initial", "up up", "--from", "soon"), 1, "--from must be a time"),
        (("--of", "a", "--right", "-0", "--times", "0:1:2"), 1, "'a' in operator 'a' is not one"),
        (("--of", "+3", "--right", "z1 z2", "--times", "0:1:2"), 1, "3 distinct satellites"),
        (("--g2", "--times", "0:1:2", "--basis", "fock"), 1, "no representation 'fock'"),
        (("--g2", "--times", "0:1:2", "-o", "x.txt"), 1, "cannot tell the format"),
    ],
)
def test_mistakes_take_one_line(capsys, words, code, fragment):
    got, out, err = run(capsys, "correlate", *CENTRAL_SPIN, *words)
    assert got == code
    assert fragment in err
    assert out == ""


def test_an_order(capsys, tmp_path):
    """Order 4 is exact with two satellites; its file is compared with the exact one."""
    words = (*CENTRAL_SPIN, "--g2", "--times", "0:3:6", "-o")
    pairs = correlated(capsys, *words, str(tmp_path / "c5.nc"), "--order", "5")
    assert (pairs["order"], pairs["function"], pairs["failures"], pairs["errors"]) == (5, "g2(tau)", {}, [None] * 7)
    assert pairs["values"][1] == pytest.approx([0.239217104, 0], abs=1e-9)
    assert pairs["coherent"] == pytest.approx([1, 0], abs=1e-9)
    correlated(capsys, *words, str(tmp_path / "exact.nc"))
    code, out, _ = run(capsys, "compare", str(tmp_path / "exact.nc"), str(tmp_path / "c5.nc"))
    assert code == 0
    assert "g2(tau)   c5        7 " in out
    low = correlated(capsys, *CENTRAL_SPIN, "--of", "+0", "--right", "-0", "--times", "0:1:1", "--order", "2")
    exact = correlated(capsys, *CENTRAL_SPIN, "--of", "+0", "--right", "-0", "--times", "0:1:1")
    assert abs(low["values"][1][0] - exact["values"][1][0]) > 1e-3
    code, out, _ = run(capsys, "correlate", *CENTRAL_SPIN, "--g1", "--times", "0:1:1", "--order", "3")
    assert code == 0
    assert "order 3, regression by operators" in out


def test_a_growing_mode_leaves_with_3_and_is_marked(capsys, tmp_path):
    words = ("central-spin", "N=1000", "--g1", "--times", "0:1:2", "--order", "3", "--regression", "jacobian", "-o", str(tmp_path / "x.nc"))
    code, out, err = run(capsys, "correlate", *words, "--json")
    assert code == 3
    assert "the approximation fails here: fluctuations grow with a rate of" in err
    assert list(json.loads(out)["failures"]) == ["growing mode"]
    assert set(ps.open_dataset(tmp_path / "x.nc")["status"].values.tolist()) == {"unstable"}


@pytest.mark.parametrize("words", [("--initial", "up"), ("--tolerance", "1e-6"), ("--basis", "dicke")])
def test_an_order_takes_no_options_of_exact_answers(capsys, words):
    code, out, err = run(capsys, "correlate", *CENTRAL_SPIN, "--g1", "--times", "0:1:1", "--order", "2", *words)
    assert (code, out) == (1, "")
    assert f"{words[0]} is of exact answers" in err


def test_what_is_zero_says_why(capsys):
    words = ("correlate", "tavis-cummings", "N=2", "levels=4", "--of", "ad", "--right", "ad", "--times", "0:1:1")
    code, out, _ = run(capsys, *words)  # exactly, also of a state with too few levels
    assert code == 0
    assert "0 unknowns\nzero: no state carries this charge\n" in out
    data = json.loads(run(capsys, *words, "--json")[1])
    assert data["note"] == "zero: no state carries this charge"
    assert data["errors"] == [0, 0]
    dark = ("correlate", "tavis-cummings", "N=2", "gamma_up=0", "--of", "ad", "--right", "a", "--times", "0:1:1")
    assert "zero: the state has nothing that these operators see" in run(capsys, *dark)[1]
    moving = ("correlate", "central-spin", "N=2", "--of", "-", "--right", "-0", "--times", "0:1:1", "--initial", "up up")
    assert "zero: the state has nothing that these operators see" in run(capsys, *moving)[1]
    assert "zero" not in run(capsys, *CENTRAL_SPIN[:1], *("N=2", "--g2", "--times", "0:1:1"))[1]


def test_what_rounds_to_zero_has_no_minus_sign(capsys):
    from permsym.cli.report import solve_table

    data = json.loads(run(capsys, "solve", "central-spin", "N=2", "--moment", "z0", "--json")[1])
    data["moments"]["z0"], data["cumulants"]["z0"] = [-2.2e-13, -3e-14], [2.2e-13, 0.0]
    table = solve_table(data)
    assert "-0.000000000000" not in table
    assert "+0.000000000000 +0.000000000000i" in table
