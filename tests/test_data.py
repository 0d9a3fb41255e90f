"""The reference datasets: unchanged, certified, and what the solver gives today."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

import permsym as ps

DATA = Path(__file__).parent.parent / "data"
SUMS = dict(reversed(line.split()) for line in (DATA / "SHA256SUMS").read_text().splitlines())


def test_every_file_has_a_checksum_and_an_entry():
    assert set(SUMS) == {path.name for path in DATA.glob("*.nc")}
    text = (DATA / "README.md").read_text()
    assert all(f"`{name}`" in text for name in SUMS)


@pytest.mark.parametrize("name", SUMS)
def test_checksum(name):
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == SUMS[name]


@pytest.mark.parametrize("name", SUMS)
def test_every_exact_point_is_certified(name):
    data = ps.open_dataset(DATA / name)
    assert (data["certified"].sel({"method": "exact"}) == 1).all()
    assert float(data["error_estimate"].sel({"method": "exact"}).max()) < 1e-12


@pytest.mark.parametrize(("name", "fixed"), [("p1-fig3a", {"g": "3/sqrt(N)", "kappa": 1.0}), ("p1-fig3b", {"g": 0.75, "kappa": "N/16"})])
@pytest.mark.parametrize("N", [3, 20, 60])
def test_points_are_reproduced_in_the_other_representation(name, fixed, N):
    data = ps.open_dataset(DATA / f"{name}.nc").sel({"N": N, "method": "exact"})
    state = ps.steady_state(ps.models.central_spin(N=N, **fixed), basis="occupation")
    for label in data["moment"].values:
        found = complex(data["moment_real"].sel(moment=label), data["moment_imag"].sel(moment=label))
        assert abs(found - state.moment(str(label))) < 1e-12
        assert abs(found - state.moment(str(label))) <= float(data["moment_error"].sel(moment=label)) + state.error(str(label)) + 1e-16


def test_known_numbers_are_in_the_files():
    exact = ps.open_dataset(DATA / "p1-fig3b.nc")["p0_up"].sel({"method": "exact"})
    for N, value in ((10, 0.612914993686), (20, 0.575062236571), (150, 0.464014903754)):
        assert abs(float(exact.sel(N=N)) - value) < 1e-11
    # the same point of two figures: N = 50, Gamma_up = 3/2 lies between two of the 200 pump ratios of Fig. 3(c)
    pump = ps.open_dataset(DATA / "p1-fig3c.nc")["p0_up"].sel({"method": "exact"})
    assert np.interp(1.5, pump["gamma_up"], pump) == pytest.approx(float(exact.sel(N=50)), abs=1e-5)
