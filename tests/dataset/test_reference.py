"""The reference datasets: unchanged, certified, what the solver gives today, and there in an installed package too."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import permsym as ps
from permsym.dataset import reference, reference_names
from permsym.errors import InputError
from permsym.sweeps.file.sweep_file import read_sweep_file
from permsym.sweeps.rerun import sweep_of

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
SUMS = dict(reversed(line.split()) for line in (DATA / "SHA256SUMS").read_text().splitlines())
NAMES = [name.removesuffix(".nc") for name in SUMS]


def test_every_file_has_a_checksum_an_entry_and_a_recipe():
    assert set(SUMS) == {path.name for path in DATA.glob("*.nc")}
    text = (DATA / "README.md").read_text()
    assert all(f"`{name}`" in text for name in SUMS)
    assert {path.stem for path in DATA.glob("*.toml")} == set(NAMES)
    assert reference_names() == NAMES


@pytest.mark.parametrize("name", SUMS)
def test_checksum(name):
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == SUMS[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_exact_point_is_certified(name):
    exact = ps.open_reference(name).sel({"approach": "exact"})
    assert (exact["certified"] == 1).all()
    size = np.hypot(exact["moment_real"], exact["moment_imag"])
    assert float((exact["moment_error"] / np.maximum(size, 1)).max()) < 1e-11
    orders = {len(str(label).split()) for label in exact["moment"].values}
    assert orders == {1, 2, 3, 4}


@pytest.mark.parametrize("name", NAMES)
def test_the_recipe_beside_a_file_is_its_provenance(name):
    recipe, recorded = read_sweep_file(DATA / f"{name}.toml").sweep, sweep_of(ps.open_reference(name))
    assert recipe.definition() == recorded.definition()


@pytest.mark.parametrize(("name", "fixed"), [("p1-fig3a", {"g": "3/sqrt(N)", "kappa": 1.0}), ("p1-fig3b", {"g": 0.75, "kappa": "N/16"})])
@pytest.mark.parametrize("N", [3, 20, 60])
def test_points_are_reproduced_in_the_other_representation(name, fixed, N):
    data = ps.open_reference(name).sel({"N": N, "approach": "exact"})
    state = ps.steady_state(ps.models.central_spin(N=N, **fixed), basis="occupation")
    for label in data["moment"].values:
        if (N == 60 and len(label.split()) > 2) or np.isnan(data["moment_real"].sel(moment=label)):
            continue  # seconds; more satellites than there are
        found = complex(data["moment_real"].sel(moment=label), data["moment_imag"].sel(moment=label))
        assert abs(found - state.moment(str(label))) < 1e-12
        assert abs(found - state.moment(str(label))) <= float(data["moment_error"].sel(moment=label)) + state.error(str(label)) + 1e-16


def test_known_numbers_are_in_the_files():
    exact = ps.open_reference("p1-fig3b")["p0_up"].sel({"approach": "exact"})
    for N, value in ((10, 0.612914993686), (20, 0.575062236571), (150, 0.464014903754), (300, 0.449147778936238)):
        assert abs(float(exact.sel(N=N)) - value) < 1e-11
    # the same points in other files: N = 50, Gamma_up = 3/2 of Fig. 3(c), and both scalings of Fig. 5
    pump = ps.open_reference("p1-fig3c")["p0_up"].sel({"approach": "exact", "gamma_up": 1.5})
    assert float(pump) == pytest.approx(float(exact.sel(N=50)), abs=1e-13)
    both = ps.open_reference("p1-fig5")["p0_up"].sel({"approach": "exact"})
    first = ps.open_reference("p1-fig3a")["p0_up"].sel({"approach": "exact"})
    assert np.array_equal(both.sel(point=0).values, first.values)
    assert np.array_equal(both.sel(point=1).values, exact.values)


def test_one_emitter_in_a_cavity_by_hand():
    """P1 Fig. 4(b) at N = 1 in QuTiP, with 40 levels."""
    qt = pytest.importorskip("qutip")
    a, s = qt.tensor(qt.destroy(40), qt.qeye(2)), qt.tensor(qt.qeye(40), qt.sigmam())
    H = a.dag() * a + s.dag() * s - 0.5 + 0.9 * (a * s.dag() + a.dag() * s)
    rho = qt.steadystate(H, [a, 0.375**0.5 * s.dag(), 0.125**0.5 * s])
    data = ps.open_reference("p1-fig4b").sel({"N": 1, "approach": "exact"})
    assert float(data["photons"]) == pytest.approx(qt.expect(a.dag() * a, rho), abs=1e-10)
    label = data.sel(moment="ad -1")
    assert complex(label["moment_real"], label["moment_imag"]) == pytest.approx(qt.expect(a.dag() * s, rho), abs=1e-10)


def test_other_names_and_changed_files_are_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="did you mean 'p1-fig3b'"):
        ps.open_reference("p1-fig3bb")
    (tmp_path / "SHA256SUMS").write_text("0" * 64 + "  p1-fig3b.nc\n")
    (tmp_path / "p1-fig3b.nc").write_bytes((DATA / "p1-fig3b.nc").read_bytes())
    monkeypatch.setattr(reference, "reference_folder", lambda: tmp_path)
    with pytest.raises(InputError, match="not the one that was shipped"):
        ps.open_reference("p1-fig3b")


@pytest.mark.slow
def test_a_wheel_carries_them(tmp_path):
    pytest.importorskip("setuptools", "77")
    script = "import os, sys, setuptools.build_meta as backend\nos.chdir(sys.argv[1])\nprint(backend.build_wheel(sys.argv[2]))"
    copy = tmp_path / "source"
    names = ["pyproject.toml", "setup.py", "README.md", "LICENSE", "MANIFEST.in", "data", "permsym"]
    copy.mkdir()
    for name in names:
        subprocess.run(["cp", "-r", str(ROOT / name), str(copy / name)], check=True)
    built = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(copy), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ},
    )
    wheel = tmp_path / built.stdout.splitlines()[-1]
    with zipfile.ZipFile(wheel) as archive:
        inside = {name.removeprefix("permsym/_data/") for name in archive.namelist() if name.startswith("permsym/_data/")}
        assert {*SUMS, "SHA256SUMS"} <= inside
        archive.extractall(tmp_path / "site")
    code = (
        "import permsym as ps; print(ps.__file__); print(float(ps.open_reference('p1-fig3b')['p0_up'].sel({'approach': 'exact', 'N': 10})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
    )
    place, value = done.stdout.splitlines()
    assert place.startswith(str(tmp_path / "site"))
    assert float(value) == pytest.approx(0.612914993686, abs=1e-11)
