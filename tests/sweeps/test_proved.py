"""Proved bounds as a method of sweeps, and as a reference: outside is wrong, inside is undecided."""

import numpy as np
import pytest

import permsym as ps
from permsym.compare import compare, table_of
from permsym.errors import InputError

ASKED = {"moments": ["z0", "+0 -1"], "options": {"bounds": {"degree": 1.5}}}


@pytest.mark.slow
def test_bounds_stand_beside_exact_values():
    ds = ps.sweep("central-spin", {"N": [4, 6]}, methods=["exact", "bounds"], **ASKED)
    exact, proved = (ds.sel(approach=name) for name in ("exact", "bounds"))
    assert (np.abs(exact.p0_up - proved.p0_up) <= proved.p0_up_error).all()
    assert (proved.p0_up_error > 1e-3).all()
    off = (exact.moment_real - proved.moment_real) ** 2 + (exact.moment_imag - proved.moment_imag) ** 2
    assert (np.sqrt(off) <= proved.moment_error).all()
    assert np.abs(exact.moment_imag.sel(moment="+0 -1")).min() > 1e-3
    assert (proved.status == "ok").all()
    assert "proved, degree 1.5" in str(proved.reason.values)


def test_what_lies_outside_is_wrong_and_what_lies_inside_undecided():
    table = {name: table_of(ps.sweep("central-spin", {"N": [20]}, methods=[name], moments=["z0"], options=options), name)
             for name, options in (("bounds", {"bounds": {"degree": 3}}), ("mf", None), ("c3", None), ("c4", None))}  # fmt: skip
    rows = {name: next(row for row in compare(table["bounds"], table[name]).rows if row.quantity == "p0_up") for name in ("mf", "c3", "c4")}
    assert rows["mf"].beyond > 0.01
    assert rows["c3"].beyond > 0.01
    assert rows["c4"].beyond == 0


def test_options_are_checked():
    with pytest.raises(InputError, match="whole or half number"):
        ps.sweep("central-spin", {"N": [4]}, methods=["bounds"], options={"bounds": {"degree": 0.2}})
    ds = ps.sweep("central-spin", {"N": [4]}, methods=["bounds"], moments=["z1 z2 z3"], options={"bounds": {"degree": 1}})
    assert ds.status == "beyond-order"
