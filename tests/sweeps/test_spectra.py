"""Spectra and lines in a sweep: every method's against the whole product space, files, stores, and what goes wrong."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from oracles.spectra import Dense
from oracles.two_time import TwoTime

import permsym as ps
from permsym import dataset
from permsym.compare.tables import table_of
from permsym.dataset.status import Status
from permsym.errors import InputError, Mistakes
from permsym.sweeps.bench import Bench
from permsym.sweeps.definition import make
from permsym.sweeps.file.sweep_file import read_sweep_file
from permsym.sweeps.rerun import rerun
from permsym.sweeps.spectra import SpectrumRequest
from permsym.sweeps.store.record import packed, unpacked
from permsym.sweeps.task import compute

W = (-1.0, 0.0, 0.5, 1.0, 2.25)
SPECTRUM = {"frequencies": W, "linewidth": True, "near": 1.6}
FILE = """
[model]
name = "central-spin"
kappa = "N/16"
[sweep]
N = [2, 3]
[methods]
exact = true
cumulants = [1, 2]
[moments]
order = 1
[spectrum]
frequencies = "-1:1:4"
linewidth = true
near = 1.6
"""


@pytest.fixture(scope="module")
def data():
    methods = ("exact", "mf", "c2", "c4")
    return ps.sweep("central-spin", {"N": [2, 3]}, methods=methods, moments=["z0"], spectrum=SPECTRUM, gamma_phi=0.1)


@pytest.mark.parametrize("N", [2, 3])
def test_exact_values_are_those_of_the_whole_space(data, N):
    dense = Dense(ps.models.central_spin(N=N, gamma_phi=0.1))
    here = data.sel(N=N, approach="exact")
    assert here["power_spectrum"].dims == ("frequency",)
    error = np.abs(here["power_spectrum"].values - dense.power("+0", "-0", W))
    assert error.max() < 1e-12
    assert (error <= here["power_spectrum_error"].values).all()
    values, _ = dense.lines("+0", "-0")
    line = values[np.argmin(np.abs(values - 1.6j))]
    assert abs(float(here["linewidth"]) + 2 * line.real) < min(1e-11, float(here["linewidth_error"]))
    assert abs(float(here["line_frequency"]) - line.imag) < 1e-11
    assert (str(here["status"].values), int(here["certified"])) == ("ok", 1)


def test_an_order_is_exact_where_it_should_be(data):
    """Operators counted as one: exact for N <= M - 2."""
    for N, exact in ((2, True), (3, False)):
        one, other = (data.sel(N=N, approach=name) for name in ("c4", "exact"))
        difference = np.abs(one["power_spectrum"] - other["power_spectrum"]).max()
        assert (float(difference) < 1e-9) is exact
        assert (abs(float(one["linewidth"] - other["linewidth"])) < 1e-9) is exact
    assert np.isnan(data["power_spectrum_error"].sel(approach="c4").values).all()


def test_the_jacobian_is_an_option():
    spectrum = {"frequencies": [0.0, 1.0]}
    data = ps.sweep("central-spin", {"N": [2]}, methods=("exact", "c3"), spectrum=spectrum, options={"c3": {"regression": "jacobian"}})
    assert np.abs(data["power_spectrum"].sel(approach="c3") - data["power_spectrum"].sel(approach="exact")).max() < 1e-9
    assert "linewidth" not in data


def test_what_a_method_does_not_have_is_left_out(data):
    here = data.sel(N=2, approach="mf")
    assert np.isnan(here["power_spectrum"].values).all()
    assert np.isnan(float(here["linewidth"]))
    assert float(here["moment_real"].sel(moment="z0")) == float(here["moment_real"].sel(moment="z0"))
    assert str(here["reason"].values).endswith("no spectrum: mean field has no fluctuations")
    beyond = ps.sweep("central-spin", {"N": [2]}, methods=("c2", "c3"), spectrum=SPECTRUM | {"of": "+0 z", "right": "-0"})
    assert np.isnan(beyond["power_spectrum"].sel(approach="c2").values).all()
    assert not np.isnan(beyond["power_spectrum"].sel(approach="c3").values).any()
    assert "order 2, no spectrum: <" in str(beyond["reason"].sel(approach="c2").values[0])


def test_a_growing_line_is_marked():
    words = {"N": [1000], "methods": ("c3",), "spectrum": {"linewidth": True}, "options": {"c3": {"regression": "jacobian"}}}
    N = words.pop("N")
    data = ps.sweep("central-spin", {"N": N}, kappa="N/16", **words)
    assert data["status"].values.tolist() == ["unstable"]
    assert "fluctuations grow with a rate of" in str(data["reason"].values[0])


@pytest.mark.slow
def test_files_repeat_themselves_to_the_bit(data, tmp_path):
    for suffix in (".nc", ".csv", ".parquet"):
        path = dataset.save(data, tmp_path / f"x{suffix}")
        xr.testing.assert_identical(ps.open_dataset(path), data)
        assert dataset.check_dataset(path) == ""
    again, compared = rerun(ps.open_dataset(path))
    assert compared.equal
    assert again.attrs["definition"] == data.attrs["definition"]
    changed = data.copy(deep=True)
    changed["power_spectrum"].loc[{"N": 3, "approach": "exact", "frequency": 0.5}] += 1e-6
    _, compared = rerun(changed)
    assert (compared.variable, compared.at) == ("power_spectrum", {"N": 3, "approach": "exact", "frequency": 0.5})
    assert compared.beyond == 1


def test_a_long_file_has_a_row_for_each_moment_and_each_frequency(data, tmp_path):
    rows = dataset.save(data, tmp_path / "x.csv").read_text().splitlines()
    assert len(rows) == 1 + data.sizes["N"] * data.sizes["approach"] * (1 + len(W))
    names = rows[0].split(",")
    moment, frequency, value = (names.index(name) for name in ("moment", "frequency", "power_spectrum"))
    first, second = (row.split(",") for row in rows[1:3])
    assert (first[moment], first[frequency], first[value]) == ("z0", "nan", "nan")
    assert (second[moment], float(second[frequency])) == ("", W[0])
    assert float(second[value]) == float(data["power_spectrum"][0, 0, 0])


def test_a_record_gives_back_its_spectrum():
    sweep = make("central-spin", {"N": [2]}, fixed={}, methods=("exact", "c2"), spectrum=SPECTRUM)
    for task in sweep.tasks():
        point = compute(task, Bench()).point
        assert len(point.power) == len(W)
        assert unpacked(packed(point)) == point


def test_a_key_knows_the_spectrum():
    plain, lined = (next(make("central-spin", {"N": [2]}, fixed={}, spectrum=s).tasks()) for s in (None, {"linewidth": True}))
    assert plain.key == replace(lined, spectrum=None).key != lined.key != replace(lined, spectrum=None)


@pytest.mark.slow
def test_a_sweep_file(here, tmp_path):
    (tmp_path / "x.toml").write_text(FILE)
    assert read_sweep_file(tmp_path / "x.toml").sweep.spectrum.frequencies == (-1, -0.5, 0, 0.5, 1)
    code, out, _ = here("run", "x.toml", "--dry-run")
    assert code == 0
    assert "spectrum 5 frequencies and the line nearest to 1.6" in out
    code, out, _ = here("run", "x.toml")
    assert code == 0
    assert "(0 from the store, 6 computed)" in out
    first = ps.open_dataset(tmp_path / "x.nc")
    assert first["power_spectrum"].dims == ("N", "approach", "frequency")
    assert "(6 from the store, 0 computed)" in here("run", "x.toml", "-o", "x.nc")[1]
    assert here("check", "x.nc", "x.nc.store")[0] == 0
    assert "largest difference 0 " in here("rerun", "x.nc")[1]
    code, out, _ = here("compare", "x.nc", "x.nc")
    assert code == 0
    assert "linewidth" in out
    assert "power_spectrum" in out
    (tmp_path / "x.toml").write_text(FILE.replace("near = 1.6", "near = 1.0"))
    assert "(0 from the store, 6 computed)" in here("run", "x.toml")[1]


@pytest.mark.parametrize(
    ("table", "line", "fragment"),
    [
        ("linewidht = true", 5, "'linewidht'"),
        ("near = 1", 4, "a spectrum needs frequencies"),
        ('frequencies = "0:1:4"\nnear = 1', 4, "it needs linewidth = true"),
        ('frequencies = "0:1"', 4, "'frequencies' must be W0:W1:STEPS"),
        ("frequencies = 3", 5, "or a list of numbers"),
        ("frequencies = [1, 1]", 4, "appears twice"),
        ('frequencies = [1, "a"]', 4, "must be a finite number"),
        ('linewidth = true\nof = "+0"', 4, "come together"),
        ('delays = "0:1"', 4, "'delays' must be T0:T1:STEPS"),
        ("delays = [-1, 0]", 4, "a delay must be a finite number >= 0"),
        ("delays = [1, 0]", 4, "must increase"),
        ("delays = 3", 5, "or a list of numbers"),
        ('linewidth = true\nof = "b"\nright = "a"', 4, "'b' in operator 'b'"),
    ],
)
def test_mistakes_in_a_sweep_file(tmp_path, table, line, fragment):
    (tmp_path / "x.toml").write_text(f'[model]\nname = "central-spin"\nN = 2\n[spectrum]\n{table}\n')
    with pytest.raises(Mistakes) as caught:
        read_sweep_file(tmp_path / "x.toml").check()
    assert any(text.startswith(f"{tmp_path / 'x.toml'}:{line}: ") and fragment in text for text in caught.value.lines)


@pytest.mark.parametrize(
    ("spectrum", "fragment"),
    [
        ({"frequency": [1]}, "has no 'frequency'"),
        ({"frequencies": [np.inf]}, "finite"),
        ({"linewidth": True, "of": "ad", "right": "a"}, "'ad'"),
        ({"delays": [0, np.nan]}, "finite"),
    ],
)
def test_mistakes_in_python(spectrum, fragment):
    with pytest.raises(InputError, match=fragment):
        ps.sweep("central-spin", {"N": [2]}, spectrum=spectrum)


@pytest.mark.slow
def test_a_cut_off_grows_until_the_spectrum_has_it():
    data = ps.sweep("dicke", {"N": [3]}, g=0.3, spectrum={"frequencies": [0.0, 1.0]})
    model = ps.models.dicke(N=3, g=0.3)
    alone = ps.spectrum(model, [0.0, 1.0])
    assert data["status"].values.tolist() == [Status.OK]
    assert data.attrs["levels"] == alone.state.model.centre.levels > ps.steady_state(model).model.centre.levels
    assert np.abs(data["power_spectrum"].values[0] - alone.power).max() < 1e-12


TAU = (0.0, 0.5, 2.0)


@pytest.fixture(scope="module")
def later():
    return ps.sweep("central-spin", {"N": [2, 3]}, methods=("exact", "mf", "c2", "c3"), moments=["z0"], spectrum={"delays": TAU})


def test_delays_give_g2_of_the_whole_space(later):
    for N in (2, 3):
        whole = TwoTime(ps.models.central_spin(N=N))
        here = later.sel(N=N, approach="exact")
        assert here["g2_delayed"].dims == ("delay",)
        population = (1 + float(here["moment_real"].sel(moment="z0"))) / 2
        expected = [value.real / population**2 for value in whole.correlation("+0 -0", "-0", TAU, left="+0")]
        error = np.abs(here["g2_delayed"].values - expected)
        assert error.max() < 1e-10
        assert (error <= here["g2_delayed_error"].values + 1e-13).all()
        assert str(here["status"].values) == "ok"


def test_what_has_no_g2_leaves_it_out(later):
    assert np.isnan(later["g2_delayed"].sel(approach="mf").values).all()
    assert str(later["reason"].sel(approach="mf").values[0]).endswith("no spectrum: mean field has no fluctuations")
    assert np.isfinite(later["g2_delayed"].sel(approach="c3").values).all()
    assert np.isnan(later["g2_delayed_error"].sel(approach="c3").values).all()


def test_g2_in_stores_files_and_comparisons(later, tmp_path):
    task = next(make("central-spin", {"N": [2]}, fixed={}, spectrum={"delays": TAU}).tasks())
    point = compute(task, Bench()).point
    assert tuple(point.coherence) == TAU
    assert unpacked(packed(point)) == point
    path = dataset.save(later, tmp_path / "x.csv")
    xr.testing.assert_identical(ps.open_dataset(path), later)
    table = table_of(later, "x")
    at = [k for k, point in enumerate(table.points) if point.get("delay") == 0.5 and point["N"] == 3]
    assert table.values[at[0], "exact", "g2_delayed"] == float(later["g2_delayed"].sel(N=3, approach="exact", delay=0.5))


def test_a_request_without_delays_is_what_it_was():
    """Keys of stored points do not change: they have no word about delays."""
    assert "delays" not in SpectrumRequest(linewidth=True).to_dict()
    assert SpectrumRequest.of_table(SpectrumRequest(delays=TAU).to_dict()) == SpectrumRequest(delays=TAU)
