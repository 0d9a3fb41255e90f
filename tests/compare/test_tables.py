"""Tables of numbers: anybody's CSV, and mistakes in it."""

import re
from functools import cache

import pytest

import permsym as ps
from permsym import dataset
from permsym.compare import compare, read_table
from permsym.errors import InputError
from permsym.sites import Ensemble


@cache
def published():
    return read_table("p1-fig3b")


def foreign(folder, text, name="mine.csv"):
    path = folder / name
    path.write_text(text)
    reference = published()
    return compare(reference, read_table(str(path), reference.sites))


@pytest.mark.parametrize(
    "text",
    [
        "N,moment,value\n10,p0_up,0.6\n10,-2 +1,0.05\n",
        "# from elsewhere\nN; kappa; moment; value; method\n10; 0.625; p0_up; 0.6; mine\n10; 0.625; +2 -1; 0.05+0.0im; mine\n",
        "N,p0_up,+1 -2\n10,0.6,0.05\n",
        "\ufeffmoment,N,value,imag\np0_up,1e1,0.6,0\n+1 -2,10,0.05,0\n",
    ],
)
def test_anybodys_csv(tmp_path, text):
    found = foreign(tmp_path, text)
    mine = {row.quantity: row for row in found.rows if row.method == "mine"}
    assert set(mine) == {"p0_up", "+1 -2"}
    assert mine["p0_up"].error == pytest.approx(0.6 - 0.612914993686, abs=1e-11)
    assert {row.method for row in found.rows} == {"mine", "mf"}  # the reference's own mean field beside it


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("N,moment,value\n11,z0,0.2\n", "no point of mine.csv is in p1-fig3b"),
        ("N,moment,value\n10,q0,0.2\n", "mine.csv:2: 'q0' is neither a moment label"),
        ("N,moment,value\n10,z0,zero\n", "mine.csv:2: 'zero' is not a number"),
        ("N,moment,value\nten,z0,0\n", "mine.csv:2: 'ten' is not a number"),
        ("N,moment,value\n10,z0\n", "mine.csv:2: 2 cells, but there are 3 columns"),
        ("N,moment,value\n10,z0,0.1\n10,z0,0.2\n", "mine.csv:3: a second value of 'z0'"),
        ("N,moment,number\n10,z0,0.1\n", "columns 'moment' and 'value'"),
        ("N,size\n10,0.1\n", "which column holds the values"),
        ("seed,N,moment,value\n1,10,z0,0.1\n2,10,z0,0.1\n", "'seed' is no parameter"),
        ("moment,value\nz0,0.1\n", "add a column"),
        ("N,moment,value\n", "at least one row"),
        ("N,moment,value\n10,z0,\n", "no value"),
        ("N,N,value\n10,10,1\n", "appears twice"),
    ],
)
def test_mistakes_in_a_csv(tmp_path, text, fragment):
    with pytest.raises(InputError, match=re.escape(fragment)):
        foreign(tmp_path, text)


def test_a_point_that_could_be_several_is_refused(tmp_path):
    dataset.save(ps.sweep("central-spin", {"N": [3], "g": [0.5, 0.7]}), tmp_path / "r.nc")
    (tmp_path / "a.csv").write_text("N,moment,value\n3,z0,0.1\n")
    reference = read_table(str(tmp_path / "r.nc"))
    with pytest.raises(InputError, match="add the column g"):
        compare(reference, read_table(str(tmp_path / "a.csv"), reference.sites))


def test_labels_of_a_csv_are_those_of_the_reference(tmp_path):
    c, a, b = ps.Spin(), Ensemble(2, "A"), Ensemble(3, "B")
    model = ps.Model(
        c, [a, b], 0.4 * (c.p * (a.m + b.m) + c.m * (a.p + b.p)), [ps.Central(0.5, c.m), ps.Individual(1.0, a.p), ps.Individual(1.0, b.m)]
    )
    dataset.save(ps.sweep(lambda x=1.0: model, {"x": [1.0]}), tmp_path / "r.nc")
    (tmp_path / "a.csv").write_text("moment,value\n-2@B +1@A,0.1\n")
    reference = read_table(str(tmp_path / "r.nc"))
    (row,) = compare(reference, read_table(str(tmp_path / "a.csv"), reference.sites)).rows
    assert row.quantity == "+1@A -1@B"
