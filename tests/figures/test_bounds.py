"""bounds-central-spin: what the picture calls proved wrong."""

from permsym.figures.proved import central_spin


def test_exclusions_are_those_of_the_interval(monkeypatch):
    monkeypatch.setattr(central_spin, "DEGREE", 2)
    monkeypatch.setattr(central_spin, "APPROXIMATIONS", ("mf", "c2"))
    data = central_spin.compute(10, "", None)
    lower, upper = central_spin.ends(data)
    exact = data["p0_up"].sel({"approach": "exact"})
    assert (lower <= exact + 1e-12).all()
    assert (exact <= upper + 1e-12).all()
    for name in ("mf", "c2"):
        value = data["p0_up"].sel({"approach": name, "N": 10})
        assert bool(central_spin.excluded(data, name).sel(N=10)) == bool((value < lower.sel(N=10)) | (value > upper.sel(N=10)))
    assert not central_spin.excluded(data, "exact").any()
    rows = central_spin.table(data)
    assert [row[0] for row in rows] == ["N", "2", "4", "7", "10"]
    assert "mf" in rows[-1][-1]
